//! Making a backup: mariabackup's stream, compressed and encrypted on its way, straight to the target.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use backup::BackupName;
use backup::seal::{Broken, Sealer};
use secret::Secret;
use time::OffsetDateTime;
use wire::backup::{BackupRecord, ListedBackup, Until, Verification};

use super::context::Context;
use super::progress::{self, Counted};
use super::{live, restore};
use crate::command::Running;
use crate::error::Error;

/// The copy's own description lies here for a moment; nothing of the data does.
const DESCRIPTION: &str = "/run/quorate/backup";

/// What was given up on purpose is missed within a month, or never.
const HELD_S: i64 = 30 * 86_400;

pub(super) fn now_s() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Makes a backup; with the key, restores it for a trial; then lets go what need not be kept any longer. What it is, and
/// the names of those that went.
pub(super) fn take(context: &Context, identity: Option<&Secret>) -> Result<(ListedBackup, Vec<String>), Error> {
    let listed = take_one(context, identity, None)?;
    progress::stage("remove");
    Ok((listed, tidy(context)?))
}

/// A backup of what is about to be given up: restored for a trial, and held.
pub(super) fn take_held(context: &Context, identity: &Secret) -> Result<String, Error> {
    Ok(take_one(context, Some(identity), Some(now_s() + HELD_S))?.record.name)
}

fn take_one(context: &Context, identity: Option<&Secret>, held_until_s: Option<i64>) -> Result<ListedBackup, Error> {
    let name = BackupName { begun_s: now_s(), host: context.config.host.clone() };
    progress::stage("copy");
    // Before anything is copied: says whether the target is there, and keeps other hosts from doing the same.
    context.target.put(&name.object("begun"), b"")?;
    let made = make(context, &name, held_until_s);
    let unmarked = context.target.remove(&name.object("begun"));
    let record = made?;
    unmarked?;
    let mut listed = ListedBackup { record, verified: None };
    if let Some(identity) = identity {
        listed.verified = Some(verify(context, &listed.record.name, identity)?);
    }
    Ok(listed)
}

/// Restores a backup for a trial and notes beside it how that went.
pub(super) fn verify(context: &Context, name: &str, identity: &Secret) -> Result<Verification, Error> {
    let restored = restore::restore(context, name, &Until::Backup, identity, None)?;
    let verification = Verification {
        host: context.config.host.clone(),
        at_s: now_s(),
        took_ms: restored.took_ms,
        tables: restored.schemas.iter().map(|s| s.tables).sum(),
        rows: restored.schemas.iter().map(|s| s.rows).sum(),
    };
    let (parsed, _) = context.backup(name)?;
    let bytes = serde_json::to_vec_pretty(&verification).map_err(|e| Error::Damaged(e.to_string()))?;
    context.target.put(&parsed.object("verified"), &bytes)?;
    Ok(verification)
}

fn make(context: &Context, name: &BackupName, held_until_s: Option<i64>) -> Result<BackupRecord, Error> {
    let mut session = live::session()?;
    let server = live::version(&mut session)?;
    let canary = live::write_canary(&mut session, &name.to_string())?;
    drop(session);
    let _ = fs::remove_dir_all(DESCRIPTION);
    fs::create_dir_all(DESCRIPTION).map_err(Error::file("cannot make the directory", DESCRIPTION))?;
    let object_name = name.object("age");
    let object = context.target.write(&object_name)?;
    let mut sealer = Sealer::new(object, &object_name, &context.credentials.recipient, &context.credentials.seal)
        .map_err(|e| broken(context, &object_name, e))?;
    let description = format!("--extra-lsndir={DESCRIPTION}");
    let socket = format!("--socket={}", crate::probes::SOCKET);
    let target = format!("--target-dir={DESCRIPTION}");
    let arguments = ["--backup", "--stream=mbstream", "--user=root", &socket, &description, &target];
    let mut copy = Running::start("mariabackup", &arguments, &[], Stdio::null(), Stdio::piped())?;
    let mut stream = copy.stdout().ok_or_else(|| Error::Damaged("mariabackup has no output".to_owned()))?;
    let copied = io::copy(&mut stream, &mut Counted(&mut sealer));
    // What it complains of is the cause, where it is the one that failed; a target that failed only breaks its pipe.
    drop(stream);
    match (copied, copy.end()) {
        (Ok(_), ended) => ended?,
        (Err(error), _) => return Err(context.target.failed(&error)),
    }
    let described = fs::read_to_string(Path::new(DESCRIPTION).join("xtrabackup_info")).unwrap_or_default();
    let _ = fs::remove_dir_all(DESCRIPTION);
    let (object, raw_bytes, stored_bytes) = sealer.finish().map_err(|e| broken(context, &object_name, e))?;
    object.finish().map_err(|e| context.target.failed(&e))?;
    let record = BackupRecord {
        name: name.to_string(),
        host: name.host.clone(),
        begun_s: name.begun_s,
        ended_s: now_s(),
        stored_bytes,
        raw_bytes,
        server,
        gtid: gtid(&described),
        canary,
        held_until_s,
    };
    let bytes = serde_json::to_vec_pretty(&record).map_err(|e| Error::Damaged(e.to_string()))?;
    if let Err(error) = context.target.put(&name.object("json"), &bytes) {
        let _ = context.target.remove(&object_name);
        return Err(error);
    }
    Ok(record)
}

/// Writes one sealed object from something that is read.
pub(super) fn seal_into(context: &Context, object_name: &str, source: &mut impl io::Read) -> Result<(), Error> {
    let credentials = &context.credentials;
    let object = context.target.write(object_name)?;
    let mut sealer = Sealer::new(object, object_name, &credentials.recipient, &credentials.seal)
        .map_err(|e| broken(context, object_name, e))?;
    io::copy(source, &mut sealer).and_then(|_| sealer.flush()).map_err(|e| context.target.failed(&e))?;
    let (object, _, _) = sealer.finish().map_err(|e| broken(context, object_name, e))?;
    object.finish().map_err(|e| context.target.failed(&e))
}

pub(super) fn broken(context: &Context, object: &str, error: Broken) -> Error {
    let note = |code: &str| {
        Error::Noted(wire::Note::new(code).with("object", object).with("target", context.target.to_string()))
    };
    match error {
        Broken::Io(error) => context.target.failed(&error),
        Broken::Tampered => note("backup-tampered"),
        Broken::Identity => note("backup-identity"),
        Broken::Recipient => note("backup-recipient"),
    }
}

/// The position in the binary logs, from mariabackup's description:
/// `binlog_pos = filename 'mariadb-bin.000003', position '790', GTID of the last change '0-1-6'`.
fn gtid(description: &str) -> String {
    let line = description.lines().find(|l| l.starts_with("binlog_pos"));
    line.and_then(|l| l.split_once("GTID of the last change '")?.1.split_once('\''))
        .map(|(g, _)| g.to_owned())
        .unwrap_or_default()
}

/// Lets go what retention says, and what this host left behind when it was cut off.
pub(super) fn tidy(context: &Context) -> Result<Vec<String>, Error> {
    let (backups, binlogs) = (context.backups()?, context.binlogs()?);
    let gone = backup::retention(context.config.keep, &backups, &binlogs, now_s());
    for name in gone.backups.iter().filter_map(|n| BackupName::parse(n)) {
        // The record first: what is left of an interrupted removal is no backup any more.
        for kind in ["json", "verified", "age"] {
            context.target.remove(&name.object(kind))?;
        }
    }
    for binlog in &gone.binlogs {
        context.target.remove(&binlog.object())?;
    }
    let whole: Vec<_> = backups.iter().map(|b| b.record.name.as_str()).collect();
    for object in context.target.list("base/")? {
        // This host makes one at a time, and this is it: what else of its own has no record is a wreck.
        if let Some((name, "age" | "begun")) = BackupName::of_object(&object)
            && name.host == context.config.host
            && !whole.contains(&name.to_string().as_str())
        {
            context.target.remove(&object)?;
        }
    }
    Ok(gone.backups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_is_read_as_mariabackup_describes_it() {
        let line = "binlog_pos = filename 'mariadb-bin.000003', position '790', GTID of the last change '0-1-6,1-2-3'";
        assert_eq!(gtid(&format!("uuid = x\n{line}\ninnodb_from_lsn = 0\n")), "0-1-6,1-2-3");
        assert_eq!(gtid("uuid = x\n"), "");
    }
}
