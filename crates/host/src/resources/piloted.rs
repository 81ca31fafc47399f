//! A unit that the agent starts and stops: not at boot, not by systemd, only in a role.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use wire::replication::{Ask, DATA_FILE, Standing, Told};
use wire::{Difference, Note};

use super::{change, differs, unit};
use crate::error::Error;
use crate::faults::units::{self, Process};
use crate::store::{Before, Store};
use crate::{agent, looks};

/// For the lead to pass to another host before the server here is stopped.
const HANDOVER: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

pub fn observe(store: &Store, name: &str) -> Result<Difference, Error> {
    let unit = looks::unit(name);
    if !unit.exists {
        return Ok(Difference::Missing);
    }
    let mut changes = Vec::new();
    if unit.enabled {
        changes.push(change("enabled", true, false));
    }
    if !unit::runs(&unit.active) {
        changes.push(change("active", &unit.active, "active"));
    }
    if store.debts()?.contains_key(name) {
        changes.push(change("owes", "restart", ""));
    }
    Ok(differs(changes))
}

/// Ends a server that owes a restart, or that somebody else has started; the agent starts it again, in its role.
pub fn apply(store: &Store, cluster: &str, name: &str, address: Option<&str>) -> Result<(), Error> {
    let before = looks::unit(name);
    let ours = store.owns(&format!("unit:{name}"))?;
    unit::prepare(store, cluster, name, false)?;
    store.own(cluster, "gate:database", || Ok(Before::Nothing))?;
    if let Some(address) = address {
        store.own(cluster, &format!("address:{address}"), || Ok(Before::Nothing))?;
    }
    let owes = store.debts()?.contains_key(name);
    if unit::runs(&before.active) && (owes || !ours) {
        if ours {
            hand_over()?;
        }
        stop(name)?;
    }
    store.settle(name)
}

/// Ends the server that runs now. The agent starts it again as soon as its last process is gone, which may be before systemd
/// has noted the end: then systemd calls the stop cancelled, and it was done all the same.
fn stop(name: &str) -> Result<(), Error> {
    let before = units::processes(name)?;
    match unit::systemctl("stop", name) {
        Err(_) if !before.is_empty() && before.iter().all(Process::gone) => Ok(()),
        done => done,
    }
}

/// Gives the lead to another host, if it is here. Without an agent nobody has it here for long.
fn hand_over() -> Result<(), Error> {
    let leads = |standing| matches!(standing, Standing::Primary | Standing::Promoting | Standing::HandingOver);
    let Ok(status) = agent::status() else { return Ok(()) };
    if !leads(status.standing) {
        return Ok(());
    }
    let refused = |note: Note| Error::Noted(note.with("host", &status.host));
    match agent::ask(&Ask::Switchover { to: None }) {
        Ok(Told::Refused(why)) => return Err(refused(Note::new("replication-handover-refused").with("why", why))),
        Ok(_) => {}
        Err(silent) => return Err(refused(Note::new("replication-handover-refused").with("why", silent))),
    }
    let deadline = Instant::now() + HANDOVER;
    while Instant::now() < deadline {
        if agent::status().is_ok_and(|s| !leads(s.standing) && s.leader.is_some_and(|l| l != s.host)) {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    Err(refused(Note::new("replication-handover-late").with("seconds", HANDOVER.as_secs())))
}

/// Refuses to write into a server of a replicated database that is not its primary: root may write where `read_only` keeps
/// everybody else out, and a replica's own transactions would end its following.
pub fn only_primary() -> Result<(), Error> {
    if !Path::new(super::galera::DATA).join(DATA_FILE).exists() {
        return Ok(());
    }
    match agent::status() {
        Ok(status) if status.standing == Standing::Primary && status.server.writable => Ok(()),
        Ok(status) => {
            let leader = status.leader.unwrap_or_else(|| "-".to_owned());
            Err(Error::Noted(Note::new("replication-not-primary-here").with("leader", leader)))
        }
        Err(silent) => Err(Error::Noted(Note::new("replication-agent-silent").with("error", silent))),
    }
}
