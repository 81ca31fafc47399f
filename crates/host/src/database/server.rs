//! The server's process: started in a role, ended at once, seen gone.

use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use failover::Role;
use nix::sys::signal::{Signal, kill as signal};
use nix::unistd::Pid;
use rustix::fs::inotify;
use wire::replication::ROLE_FILE;

use super::RUN;
use crate::error::Error;
use crate::faults::units;
use crate::{clock, command};

/// For the recovery of a large log.
const START: Duration = Duration::from_secs(600);
const SYSTEMCTL: Duration = Duration::from_secs(20);
/// For a clean end, which spares the next start a recovery.
const STOP: Duration = Duration::from_secs(30);
/// Before a group that is not there is looked for again: a start takes longer.
const UNOBSERVED: Duration = Duration::from_millis(300);

/// Whether the unit has a process.
pub fn runs(unit: &str) -> bool {
    match fs::read_to_string(group(unit).join("cgroup.events")) {
        Ok(events) => events.lines().any(|l| l == "populated 1"),
        Err(_) if root().is_some() => false,
        Err(_) => !units::processes(unit).unwrap_or_default().is_empty(),
    }
}

/// Tells whenever the unit's first process comes or its last one goes, at once where the kernel's control groups can; for
/// ever. Whoever is told looks for himself.
pub fn observe(unit: &str, mut tell: impl FnMut()) {
    let events = group(unit).join("cgroup.events");
    loop {
        // There is no such group while the unit is stopped, and its next one is another one.
        if until_gone(&events, &mut tell).is_ok() {
            tell();
        }
        sleep(UNOBSERVED);
    }
}

fn until_gone(events: &Path, tell: &mut impl FnMut()) -> rustix::io::Result<()> {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(&watch, events, inotify::WatchFlags::MODIFY)?;
    // It may have changed before.
    tell();
    let mut buffer = [MaybeUninit::uninit(); 512];
    let mut changes = inotify::Reader::new(watch, &mut buffer);
    while !changes.next()?.events().contains(inotify::ReadFlags::IGNORED) {
        tell();
    }
    Ok(())
}

/// Starts the stopped server in a role, and sees it answer.
///
/// As a replica it cuts off what it wrote and nobody acknowledged; as a primary it keeps that. The role goes with this
/// start alone: nothing else can start the server.
pub fn start(unit: &str, role: Role) -> Result<(), Error> {
    let word = match role {
        Role::Primary => "MASTER",
        Role::Replica => "SLAVE",
    };
    fs::create_dir_all(RUN)
        .and_then(|()| fs::write(ROLE_FILE, format!("MYSQLD_OPTS=--init-rpl-role={word}\n")))
        .map_err(Error::file("writing", ROLE_FILE))?;
    // What failed before, and how often it was started, is no reason to refuse.
    let _ = command::run("systemctl", &["reset-failed", unit], SYSTEMCTL);
    let started = command::succeed("systemctl", &["start", unit], START);
    let _ = fs::remove_file(ROLE_FILE);
    started.map(drop)
}

/// Ends the server's processes at once and sees them gone, however long that takes: whoever asks for it may go on only
/// then.
pub fn kill(unit: &str) {
    let mut told = clock::now();
    while runs(unit) {
        if fs::write(group(unit).join("cgroup.kill"), "1").is_err() {
            for process in units::processes(unit).unwrap_or_default() {
                let _ = i32::try_from(process.pid).map(|pid| signal(Pid::from_raw(pid), Signal::SIGKILL));
            }
        }
        sleep(Duration::from_millis(2));
        if clock::now().saturating_sub(told) > Duration::from_secs(5) {
            told = clock::now();
            tracing::warn!(unit, "was killed and is not gone yet");
        }
    }
}

/// Ends the server cleanly, or at once when that takes too long.
pub fn stop(unit: &str) {
    let since = Instant::now();
    let _ = command::run("systemctl", &["stop", "--no-block", unit], SYSTEMCTL);
    while runs(unit) && since.elapsed() < STOP {
        sleep(Duration::from_millis(20));
    }
    kill(unit);
}

/// The unit's control group: services lie in systemd's usual slice.
fn group(unit: &str) -> PathBuf {
    root().unwrap_or(Path::new(ROOTS[0])).join("system.slice").join(unit)
}

/// Where systemd keeps the groups of units that tell whether they are populated: everywhere, or beside the controllers of
/// the first version (systemd calls that hybrid).
const ROOTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

fn root() -> Option<&'static Path> {
    let told = |root: &&Path| root.join("cgroup.controllers").exists() && root.join("system.slice").exists();
    ROOTS.iter().map(Path::new).find(told)
}
