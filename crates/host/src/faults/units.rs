//! Units that are killed, frozen or stopped, and brought back.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use wire::Note;

use super::not_undone;
use crate::command::{self, SHORT};
use crate::error::Error;
use crate::looks;
use crate::resources::unit::systemctl;

/// How long processes may take to end or to stand still: one in the middle of a disk write does so after it.
const SETTLE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(5);
/// What the host is reached and healed through.
const PROTECTED: [&str; 5] = ["ssh", "systemd-", "dbus", super::PREFIX, "user@"];

/// Refuses a unit that does not run or must not be broken. Returns the units that must run again afterwards: itself,
/// and those that systemd stops along with it.
pub fn check(unit: &str) -> Result<Vec<String>, Error> {
    let named =
        unit.ends_with(".service") && unit.bytes().all(|b| b.is_ascii_alphanumeric() || b"@._:-\\".contains(&b));
    if !named || protected(unit) {
        return Err(Error::Noted(Note::new("fault-unit-refused").with("unit", unit)));
    }
    let state = active_state(unit);
    if !runs(&state) {
        return Err(Error::Noted(Note::new("fault-unit-not-running").with("unit", unit).with("state", state)));
    }
    let mut units = vec![unit.to_owned()];
    let shown = property(unit, "RequiredBy,BoundBy,ConsistsOf")?;
    let dependents = shown.split_whitespace().filter(|u| u.ends_with(".service") && runs(&active_state(u)));
    units.extend(dependents.map(str::to_owned));
    Ok(units)
}

fn protected(unit: &str) -> bool {
    PROTECTED.iter().any(|p| unit.starts_with(p))
}

/// The services that have files open on a filesystem, by its device: those that a full one may end.
pub fn using(device: u64) -> Result<Vec<String>, Error> {
    let on_it = |path: &Path| fs::metadata(path).is_ok_and(|m| m.dev() == device);
    let uses = |pid: &u32| {
        let process = Path::new("/proc").join(pid.to_string());
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        on_it(&process.join("cwd")) || files.into_iter().any(|f| on_it(&f.path()))
    };
    let services = pids()?.filter_map(|pid| uses(&pid).then(|| service_of(&groups(pid))).flatten());
    let services: BTreeSet<String> = services.filter(|s| !protected(s)).collect();
    Ok(services.into_iter().collect())
}

/// The service whose group `/proc/PID/cgroup` names.
fn service_of(groups: &str) -> Option<String> {
    let paths = groups.lines().filter_map(systemd_path);
    paths.filter_map(|p| p.split('/').find(|part| part.ends_with(".service"))).map(str::to_owned).next()
}

/// SIGKILL to every process of the unit; returns when they are gone. systemd may have started others by then.
pub fn kill(unit: &str) -> Result<(), Error> {
    let before = processes(unit)?;
    command::succeed("systemctl", &["kill", "--signal=KILL", "--", unit], SHORT)?;
    wait(unit, || Ok(before.iter().all(Process::gone)))
}

/// SIGSTOP to every process of the unit; returns when all of them stand still.
pub fn freeze(unit: &str) -> Result<(), Error> {
    wait(unit, || {
        // Again for those that were born while the first ones were being stopped.
        command::succeed("systemctl", &["kill", "--signal=STOP", "--", unit], SHORT)?;
        let processes = processes(unit)?;
        Ok(!processes.is_empty() && processes.iter().all(|p| p.stopped() || p.ended()))
    })
}

/// SIGCONT to every process of the unit; returns when none of them stands still.
pub fn thaw(unit: &str) -> Result<(), Error> {
    wait(unit, || {
        if !processes(unit)?.iter().any(Process::stopped) {
            return Ok(true);
        }
        // It fails when the last process has just gone.
        command::run("systemctl", &["kill", "--signal=CONT", "--", unit], SHORT)?;
        Ok(false)
    })
    .map_err(|_| not_undone(unit))
}

/// Stops the unit in order.
pub fn stop(unit: &str) -> Result<(), Error> {
    systemctl("stop", unit)
}

/// Brings units back that ran before, and sees them run.
pub fn start_all(units: &[String]) -> Result<(), Error> {
    for unit in units {
        let state = looks::unit(unit);
        if !runs(&state.active) && state.exists {
            start(unit)?;
        }
    }
    Ok(())
}

fn start(unit: &str) -> Result<(), Error> {
    // A unit that failed too often lately must still be startable.
    command::run("systemctl", &["reset-failed", "--", unit], SHORT)?;
    systemctl("start", unit)?;
    let state = looks::show(unit);
    let field = |name: &str| state.get(name).map(String::as_str).unwrap_or_default();
    // One whose conditions do not hold is started by somebody else, when its time has come: a replicated database's server
    // by the agent, in a role.
    if runs(field("ActiveState")) || field("ConditionResult") == "no" { Ok(()) } else { Err(not_undone(unit)) }
}

fn active_state(unit: &str) -> String {
    looks::show(unit).remove("ActiveState").unwrap_or_default()
}

fn runs(state: &str) -> bool {
    matches!(state, "active" | "reloading" | "refreshing")
}

fn property(unit: &str, names: &str) -> Result<String, Error> {
    Ok(command::succeed("systemctl", &["show", "-p", names, "--value", "--", unit], SHORT)?.stdout)
}

fn wait(unit: &str, mut done: impl FnMut() -> Result<bool, Error>) -> Result<(), Error> {
    let deadline = Instant::now() + SETTLE;
    while !done()? {
        if Instant::now() >= deadline {
            return Err(Error::Noted(Note::new("fault-no-effect").with("unit", unit)));
        }
        std::thread::sleep(STEP);
    }
    Ok(())
}

/// A process as the kernel tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    state: char,
    /// In ticks since boot: with the pid it names a process for good.
    began: u64,
}

impl Process {
    fn of(pid: u32) -> Option<Self> {
        parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Stopped by a signal; one that a debugger holds is not.
    pub fn stopped(&self) -> bool {
        self.state == 'T'
    }

    fn ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whether it has ended since it was looked at.
    pub fn gone(&self) -> bool {
        Self::of(self.pid).is_none_or(|now| now.began != self.began || now.ended())
    }
}

/// Reads `/proc/PID/stat`; the name in it may hold spaces and parentheses (proc(5)).
fn parse(pid: u32, stat: &str) -> Option<Process> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let began = fields.nth(18)?.parse().ok()?;
    Some(Process { pid, state, began })
}

/// The processes of a unit, those of its inner groups included.
pub fn processes(unit: &str) -> Result<Vec<Process>, Error> {
    let group = property(unit, "ControlGroup")?;
    let group = group.trim();
    if group.is_empty() {
        return Ok(vec![]);
    }
    let inside = |pid: &u32| groups(*pid).lines().any(|l| belongs(l, group));
    Ok(pids()?.filter(inside).filter_map(Process::of).collect())
}

fn pids() -> Result<impl Iterator<Item = u32>, Error> {
    let entries = fs::read_dir("/proc").map_err(Error::file("cannot list", "/proc"))?.flatten();
    Ok(entries.filter_map(|e| e.file_name().to_str()?.parse().ok()))
}

fn groups(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default()
}

/// The path in a line of `/proc/PID/cgroup`, if the line is of the hierarchy that systemd keeps.
fn systemd_path(line: &str) -> Option<&str> {
    let mut fields = line.splitn(3, ':');
    let (_, kind, path) = (fields.next()?, fields.next()?, fields.next()?);
    matches!(kind, "" | "name=systemd").then_some(path)
}

/// Whether a line of `/proc/PID/cgroup` names a unit's group or one within.
fn belongs(line: &str, group: &str) -> bool {
    let rest = systemd_path(line).and_then(|path| path.strip_prefix(group));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_stands_behind_the_last_parenthesis() {
        let stat = "7 (a) R (b)) T 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert_eq!(parse(7, stat), Some(Process { pid: 7, state: 'T', began: 4711 }));
        assert_eq!(parse(7, "7 (a"), None);
    }

    #[test]
    fn a_unit_has_its_own_processes_and_those_below() {
        let group = "/system.slice/a.service";
        for line in ["0::/system.slice/a.service", "1:name=systemd:/system.slice/a.service/inner"] {
            assert!(belongs(line, group), "{line}");
        }
        for line in ["0::/system.slice/a.service2", "0::/system.slice", "5:cpu:/system.slice/a.service", ""] {
            assert!(!belongs(line, group), "{line}");
        }
    }

    #[test]
    fn a_process_tells_its_service() {
        let hybrid = "9:cpu:/\n1:name=systemd:/system.slice/mariadb.service/inner\n0::/";
        assert_eq!(service_of(hybrid).as_deref(), Some("mariadb.service"));
        assert_eq!(service_of("0::/user.slice/user-0.slice/session-1.scope"), None);
    }

    #[test]
    fn what_the_host_is_healed_through_is_not_broken() {
        for unit in
            ["ssh.service", "systemd-journald.service", "dbus.service", "quorate-drill-1.service", "a.timer", "a b"]
        {
            let error = check(unit).unwrap_err().note();
            assert_eq!(error.code, "fault-unit-refused", "{unit}");
        }
    }
}
