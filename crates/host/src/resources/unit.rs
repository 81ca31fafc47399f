//! systemd units: enabled, running, and running with what their files say now.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wire::{Difference, UnitEffect};

use super::{change, differs};
use crate::error::Error;
use crate::store::{Before, Store};
use crate::{command, looks};

/// A database that copies its state from another may take long; the step's own limit is shorter where it matters.
const START: Duration = Duration::from_secs(890);

pub fn observe(store: &Store, name: &str, enabled: bool, active: bool) -> Result<Difference, Error> {
    let unit = looks::unit(name);
    if !unit.exists {
        return Ok(if active || enabled { Difference::Missing } else { Difference::None });
    }
    let mut changes = Vec::new();
    if unit.enabled != enabled {
        changes.push(change("enabled", unit.enabled, enabled));
    }
    let runs = runs(&unit.active);
    if runs != active {
        changes.push(change("active", &unit.active, if active { "active" } else { "inactive" }));
    } else if active && let Some(effect) = store.debts()?.get(name) {
        let word = match effect {
            UnitEffect::Reload => "reload",
            UnitEffect::Restart => "restart",
        };
        changes.push(change("owes", word, ""));
    }
    Ok(differs(changes))
}

/// A unit that is still starting counts as not running: its step waits for it.
pub fn runs(active: &str) -> bool {
    matches!(active, "active" | "reloading" | "refreshing")
}

/// Whether nothing of a unit runs, comes or goes, as far as systemd says so.
pub fn at_rest(name: &str) -> bool {
    let shown = looks::show(name);
    let is = |property: &str, word: &str| shown.get(property).is_some_and(|s| s == word);
    is("LoadState", "not-found") || is("ActiveState", "inactive") || is("ActiveState", "failed")
}

/// Makes systemd know what the unit's files say, notes how it was, and has it start at boot or not.
pub fn prepare(store: &Store, cluster: &str, name: &str, enabled: bool) -> Result<(), Error> {
    // systemd reads its units anew for one caller at a time; later ones find it done.
    static RELOADING: Mutex<()> = Mutex::new(());
    let _one = RELOADING.lock().unwrap_or_else(PoisonError::into_inner);
    read_changed_units(name)?;
    let unit = looks::unit(name);
    store.own(cluster, &format!("unit:{name}"), || {
        Ok(Before::Unit { enabled: unit.enabled, active: runs(&unit.active) })
    })?;
    if unit.enabled != enabled && unit.exists { enable(name, enabled) } else { Ok(()) }
}

pub fn apply(store: &Store, cluster: &str, name: &str, enabled: bool, active: bool) -> Result<(), Error> {
    prepare(store, cluster, name, enabled)?;
    let unit = looks::unit(name);
    if !active {
        if unit.active != "inactive" && unit.exists {
            systemctl("stop", name)?;
        }
        return store.settle(name);
    }
    let owed = store.debts()?.get(name).copied();
    match (runs(&unit.active), owed) {
        (false, _) => {
            // A unit that failed too often lately must still be startable by hand.
            let _ = command::run("systemctl", &["reset-failed", name], command::SHORT);
            match systemctl("start", name) {
                // The hosts recover their database by themselves, and have stopped this member for it.
                Err(_) if crate::galera::is_held(name) && crate::galera::comes_back() => {}
                started => started?,
            }
        }
        (true, Some(UnitEffect::Restart)) => systemctl("restart", name)?,
        (true, Some(UnitEffect::Reload)) => systemctl("reload-or-restart", name)?,
        (true, None) => {}
    }
    store.came_up(name)
}

/// Where unit files and what is added to them are written.
pub const DIRECTORY: &str = "/etc/systemd/system";
/// Unit files were written that systemd has not read yet. It goes with a reboot, as what systemd knows does.
const CHANGED: &str = "/run/quorate/units-changed";
const TAKEN: &str = "/run/quorate/units-being-read";

/// Notes, before a unit file is written, that systemd must read its units anew. Its own `NeedDaemonReload` says nothing
/// of the first directory of additions to a unit that it has read already.
pub fn note_change() -> Result<(), Error> {
    super::file::write_flag(Path::new(CHANGED), "")
}

/// Makes systemd read its units anew if some were written, or if it does not know this one.
fn read_changed_units(name: &str) -> Result<(), Error> {
    // What is written while systemd reads is noted again; a helper that dies meanwhile leaves the other note.
    let noted = fs::rename(CHANGED, TAKEN).is_ok() || fs::exists(TAKEN).unwrap_or(false);
    let shown = looks::show(name);
    if noted
        || shown.get("NeedDaemonReload").is_some_and(|v| v == "yes")
        || shown.get("LoadState").is_none_or(|v| v == "not-found")
    {
        command::succeed("systemctl", &["daemon-reload"], command::SHORT)?;
        let _ = fs::remove_file(TAKEN);
    }
    Ok(())
}

/// Ends every process of a unit and sees it inactive.
pub fn kill(name: &str) -> Result<(), Error> {
    let _ = command::run("systemctl", &["kill", "-s", "KILL", name], command::SHORT);
    command::succeed("systemctl", &["stop", name], command::SHORT).map(|_| ())
}

/// Enables or disables without the detour over init scripts: every unit of ours is a native one.
pub fn enable(name: &str, enabled: bool) -> Result<(), Error> {
    let verb = if enabled { "enable" } else { "disable" };
    let arguments = ["SYSTEMCTL_SKIP_SYSV=1", "systemctl", "--no-reload", verb, name];
    command::succeed("env", &arguments, command::SHORT).map(|_| ())
}

/// Runs a verb; its failure carries the last lines of the unit's journal.
pub fn systemctl(verb: &str, name: &str) -> Result<(), Error> {
    let Err(error) = command::succeed("systemctl", &[verb, name], START) else { return Ok(()) };
    let log = command::run("journalctl", &["-u", name, "-n", "8", "--no-pager", "-o", "cat"], command::SHORT)
        .map(|o| o.stdout.trim().replace('\n', "; "))
        .unwrap_or_default();
    let note =
        wire::Note::new("unit-failed").with("unit", name).with("verb", verb).with("log", log).with("error", error);
    Err(Error::Noted(note))
}
