//! Backups: one target that is not the data's own place, a time, and how many stay.

use std::path::{Component, Path, PathBuf};

use super::hosts::Checked;
use super::{Findings, names, ssh};
use crate::backup::{Backup, BackupTo, Schedule};
use crate::suggest::nearest;
use crate::types::{HostName, Role};
use crate::yaml::At;
use crate::{codes, raw};

const SCHEDULE: Schedule = Schedule::Daily { hour: 2, minute: 30 };
const DAILY: u32 = 7;
const WEEKLY: u32 = 4;
const BINLOG_EVERY: u32 = 5;
const REGION: &str = "us-east-1";
/// What is lost together with what is backed up, what Quorate deletes, and what is not for files.
const NOT_BELOW: [&str; 10] =
    ["/var/lib/mysql", "/var/lib/quorate", "/etc", "/usr", "/proc", "/sys", "/dev", "/run", "/boot", "/tmp"];

pub(super) fn check(raw: &raw::Backup, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Backup> {
    let to = to(&raw.to, hosts, found);
    let schedule = raw.schedule.as_ref().map_or(Some(SCHEDULE), |at| {
        let schedule = Schedule::parse(&at.value);
        if schedule.is_none() {
            found.add(codes::BACKUP_SCHEDULE.at(at.span).arg("schedule", &at.value));
        }
        schedule
    });
    let mut number = |key, at: Option<&At<i64>>, default, min, max| {
        at.map_or(default, |at| found.number(key, at, min, max).unwrap_or(default))
    };
    let keep = raw.keep.as_ref();
    let daily = number("daily", keep.and_then(|k| k.daily.as_ref()), DAILY, 0, 366);
    let weekly = number("weekly", keep.and_then(|k| k.weekly.as_ref()), WEEKLY, 0, 520);
    let binlog_every = number("binlogEvery", raw.binlog_every.as_ref(), BINLOG_EVERY, 1, 1440);
    Some(Backup { to: to?, schedule: schedule?, daily, weekly, binlog_every })
}

fn to(at: &At<raw::BackupTo>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<BackupTo> {
    match (&at.value.directory, &at.value.s3) {
        (Some(directory), None) => self::directory(directory, hosts, found),
        (None, Some(s3)) => self::s3(s3, found),
        (directory, _) => {
            let count = if directory.is_some() { "2" } else { "0" };
            found.add(codes::BACKUP_TARGET.at(at.span).arg("count", count));
            None
        }
    }
}

fn directory(raw: &raw::BackupDirectory, hosts: &[Checked<'_>], found: &mut Findings) -> Option<BackupTo> {
    let path = Path::new(&raw.path.value);
    let plain = path.components().skip(1).all(|c| matches!(c, Component::Normal(_))) && path.components().count() > 1;
    let fine = path.is_absolute()
        && plain
        && !raw.path.value.chars().any(char::is_control)
        && !NOT_BELOW.iter().any(|d| path.starts_with(d));
    if !fine {
        found.add(codes::BACKUP_PATH.at(raw.path.span).arg("path", &raw.path.value));
    }
    if hosts.iter().any(|h| h.roles_unclear) {
        return None;
    }
    let members: Vec<&str> = hosts.iter().filter(|h| h.roles.contains(&Role::Database)).map(|h| h.name()).collect();
    let host = match &raw.host {
        Some(at) if !members.contains(&at.value.as_str()) => {
            let finding = codes::BACKUP_HOST.at(at.span).arg("name", &at.value);
            let nearest = nearest(&at.value, members.iter().copied()).unwrap_or("none");
            found.add(finding.arg("nearest", nearest).arg("expected", members.join(", ")));
            return None;
        }
        Some(at) => at.value.clone(),
        // Without a member the mode's own check has said so.
        None => (*members.last()?).to_owned(),
    };
    fine.then(|| BackupTo::Directory { host: HostName(host), path: PathBuf::from(&raw.path.value) })
}

fn s3(raw: &raw::BackupS3, found: &mut Findings) -> Option<BackupTo> {
    let endpoint = raw.endpoint.value.trim_end_matches('/');
    let server = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    if !server.is_some_and(is_server) {
        found.add(codes::BACKUP_ENDPOINT.at(raw.endpoint.span).arg("endpoint", &raw.endpoint.value));
    }
    // The rules for names of buckets, without the exceptions that older ones enjoy.
    let bucket = &raw.bucket.value;
    if !(3..=63).contains(&bucket.len()) || !names::is_dns_name(bucket) {
        found.add(codes::BACKUP_BUCKET.at(raw.bucket.span).arg("bucket", bucket));
    }
    let prefix = raw.prefix.as_ref().map(|p| p.value.trim_matches('/').to_owned()).unwrap_or_default();
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if let Some(at) = raw.prefix.as_ref().filter(|_| !prefix.chars().all(fine)) {
        found.add(codes::BACKUP_PREFIX.at(at.span).arg("prefix", &at.value));
    }
    Some(BackupTo::S3 {
        endpoint: endpoint.to_owned(),
        bucket: bucket.clone(),
        prefix,
        region: raw.region.as_ref().map_or_else(|| REGION.to_owned(), |r| r.value.clone()),
        access_key_from: ssh::secret(&raw.access_key_from, found)?,
        secret_key_from: ssh::secret(&raw.secret_key_from, found)?,
    })
}

/// A name or an address, with a port or without.
fn is_server(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (text, None),
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok();
    (address || names::is_dns_name(name)) && port.is_none_or(|p| p.parse::<u16>().is_ok_and(|p| p > 0))
}
