//! What can be told of each host by itself.

use model::{Cluster, Database, DatabaseMode, Host};
use wire::{Facts, Look, Looked, Note};

use super::{Check, Severity};

/// Free disk and memory of hosts that keep data, in MiB: below the first it will fail, below the second it is tight.
/// etcd's store alone may grow to 4 GiB, and a Galera member that joins holds its data twice for a while.
const DISK_MIB: (u64, u64) = (2 * 1024, 10 * 1024);
const MEMORY_MIB: (u64, u64) = (512, 2 * 1024);

/// The systems that Quorate is tested on, each with the oldest version.
const TESTED: &[(&str, (u32, u32))] = &[("debian", (12, 0)), ("ubuntu", (22, 4))];

pub(super) fn check(check: &mut Check<'_>) {
    for (host, facts) in check.hosts() {
        membership(check, host, facts);
        system(check, host, facts);
        foreign_data(check, host, facts);
        if keeps_data(check.cluster, host) {
            let note = |code: &str| Note::new(code).with("free", facts.disk_free_mib);
            match facts.disk_free_mib {
                free if free < DISK_MIB.0 => {
                    check.on(Severity::Error, host, note("preflight-disk-full").with("need", DISK_MIB.0))
                }
                free if free < DISK_MIB.1 => {
                    check.on(Severity::Warning, host, note("preflight-disk-tight").with("want", DISK_MIB.1))
                }
                _ => {}
            }
            let note = |code: &str| Note::new(code).with("memory", facts.memory_mib);
            match facts.memory_mib {
                memory if memory < MEMORY_MIB.0 => {
                    check.on(Severity::Error, host, note("preflight-memory-short").with("need", MEMORY_MIB.0));
                }
                memory if memory < MEMORY_MIB.1 => {
                    check.on(Severity::Warning, host, note("preflight-memory-tight").with("want", MEMORY_MIB.1));
                }
                _ => {}
            }
        }
    }
}

/// Whom the host belongs to, and whether it is the host that the file means.
fn membership(check: &mut Check<'_>, host: &Host, facts: &Facts) {
    if let Some(other) = facts.cluster.as_ref().filter(|c| **c != check.cluster.name) {
        check.on(Severity::Error, host, Note::new("preflight-other-cluster").with("cluster", other));
    }
    let hostname = facts.hostname.to_ascii_lowercase();
    if hostname.split('.').next() != Some(host.name.as_str()) {
        check.on(Severity::Warning, host, Note::new("preflight-hostname").with("hostname", &facts.hostname));
    }
    if !facts.interfaces.iter().any(|i| i.addresses.iter().any(|(a, _)| *a == host.address)) {
        let found: Vec<_> = facts
            .interfaces
            .iter()
            .flat_map(|i| i.addresses.iter().map(move |(a, _)| (i, a)))
            .filter(|(_, a)| !a.is_loopback())
            .map(|(i, a)| format!("{a} ({})", i.name))
            .collect();
        let found = if found.is_empty() { "—".to_owned() } else { found.join(", ") };
        check.on(
            Severity::Error,
            host,
            Note::new("preflight-no-interface").with("address", host.address).with("found", found),
        );
    }
}

/// Whether somebody's data are in a replicated database's way.
pub(super) fn looks(cluster: &Cluster, host: &Host) -> Option<Look> {
    let replicated = matches!(cluster.database, Some(Database { mode: DatabaseMode::Replication(_), .. }));
    (replicated && cluster.database_members().iter().any(|m| m.name == host.name)).then_some(Look::Replication)
}

fn foreign_data(check: &mut Check<'_>, host: &Host, facts: &Facts) {
    if let Some(Looked::Replication(found)) = facts.looks.get(&Look::Replication.key())
        && !found.data
        && !found.foreign_schemas.is_empty()
    {
        let note = Note::new("preflight-foreign-data").with("schemas", found.foreign_schemas.join(", "));
        check.on(Severity::Error, host, note);
    }
}

/// Whether Quorate can work on this system at all.
fn system(check: &mut Check<'_>, host: &Host, facts: &Facts) {
    if !facts.root {
        check.on(Severity::Error, host, Note::new("preflight-not-root").with("user", &host.ssh.user));
    }
    if !facts.systemd {
        check.on(Severity::Error, host, Note::new("preflight-no-systemd"));
    }
    if !is_tested(&facts.os, &facts.os_version) {
        let note = Note::new("preflight-os-untested").with("os", &facts.os).with("version", &facts.os_version);
        check.on(Severity::Warning, host, note);
    }
    if facts.selinux == "enforcing" {
        check.on(Severity::Warning, host, Note::new("preflight-selinux"));
    }
}

fn is_tested(os: &str, version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let Some(Ok(major)) = numbers.next() else { return false };
    let minor = numbers.next().and_then(Result::ok).unwrap_or(0);
    TESTED.iter().any(|(id, oldest)| *id == os && (major, minor) >= *oldest)
}

fn keeps_data(cluster: &Cluster, host: &Host) -> bool {
    let members = [cluster.etcd_members(), cluster.database_members()].concat();
    members.iter().any(|m| m.name == host.name)
}
