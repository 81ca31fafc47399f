//! One cgroup per host: what makes killing and freezing a host mean all of its processes, and only them.
//!
//! A process is put into its host's cgroup before it becomes systemd-nspawn, so there is never a process of a lab that
//! the lab's cgroup does not hold. On machines with the hybrid layout systemd-nspawn wants the same place in the
//! `name=systemd` hierarchy too; killing and freezing need cgroup2 only.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::IoContext;
use crate::{Error, Result, names};

/// How long killed processes may take to end: a process in the middle of a disk write ends after it.
const DEATH: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(5);

/// The cgroups of a lab, or of one host in it.
#[derive(Clone, Debug)]
pub struct Cgroup {
    what: String,
    unified: PathBuf,
    /// The same place in the hierarchies that systemd-nspawn uses, the unified one among them.
    all: Vec<PathBuf>,
}

impl Cgroup {
    /// The cgroup of the lab with this bridge.
    pub fn of_lab(bridge: &str) -> Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").doing("cannot read", "/proc/self/mountinfo")?;
        let (unified, named) = hierarchies(&mounts).ok_or(Error::NoCgroup)?;
        let all = std::iter::once(&unified).chain(&named).map(|h| h.join(names::PREFIX).join(bridge)).collect();
        Ok(Self { what: format!("lab {bridge}"), unified: unified.join(names::PREFIX).join(bridge), all })
    }

    /// The bridges of all labs that have a cgroup on this machine.
    pub fn labs() -> Vec<String> {
        let Ok(lab) = Self::of_lab("") else { return Vec::new() };
        let dirs = lab.all.iter().filter_map(|d| fs::read_dir(d).ok()).flatten().flatten();
        dirs.filter(|e| e.path().is_dir()).filter_map(|e| e.file_name().into_string().ok()).collect()
    }

    /// The part of one host.
    pub fn host(&self, index: usize) -> Self {
        let name = format!("{index:03}");
        Self {
            what: format!("host {index}"),
            unified: self.unified.join(&name),
            all: self.all.iter().map(|d| d.join(&name)).collect(),
        }
    }

    /// Creates it, and returns the directories that a process joins to become part of it.
    pub fn create(&self) -> Result<&[PathBuf]> {
        for dir in &self.all {
            fs::create_dir_all(dir).doing("cannot create the cgroup", dir)?;
        }
        Ok(&self.all)
    }

    /// A cgroup beside the host's own processes, for a command that is run in the host from outside.
    pub fn visitors(&self) -> Result<PathBuf> {
        let dir = self.unified.join("visitors");
        fs::create_dir_all(&dir).doing("cannot create the cgroup", &dir)?;
        Ok(dir)
    }

    /// A cgroup beside the hosts', for processes that watch over this lab and end with it.
    pub fn supervisors(&self) -> Result<PathBuf> {
        let dir = self.unified.join("supervisors");
        fs::create_dir_all(&dir).doing("cannot create the cgroup", &dir)?;
        Ok(dir)
    }

    /// Whether any process is in it.
    pub fn populated(&self) -> bool {
        self.event("populated") == Some(true)
    }

    /// Whether every process in it is stopped.
    pub fn frozen(&self) -> bool {
        self.event("frozen") == Some(true)
    }

    fn event(&self, name: &str) -> Option<bool> {
        let events = fs::read_to_string(self.unified.join("cgroup.events")).ok()?;
        events.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' ').map(|v| v == "1"))
    }

    /// SIGKILLs all of its processes at once, frozen ones too, and waits until they are gone. Fine when there are none.
    pub fn kill(&self) -> Result<()> {
        if !self.unified.exists() {
            return Ok(());
        }
        let file = self.unified.join("cgroup.kill");
        fs::write(&file, "1").doing("cannot kill through", &file)?;
        self.wait(DEATH, |c| !c.populated())
    }

    /// Stops (or lets go on) all of its processes, and waits until that is so.
    pub fn freeze(&self, stop: bool) -> Result<()> {
        let file = self.unified.join("cgroup.freeze");
        fs::write(&file, if stop { "1" } else { "0" }).doing("cannot freeze through", &file)?;
        self.wait(DEATH, |c| c.frozen() == stop)
    }

    /// Removes it with all below; its processes must be gone.
    pub fn remove(&self) -> Result<()> {
        for dir in &self.all {
            remove_tree(dir)?;
        }
        Ok(())
    }

    /// Removes the parent of all labs when no lab is left.
    pub fn remove_parent_if_empty(&self) {
        for parent in self.all.iter().filter_map(|d| d.parent()) {
            let _ = fs::remove_dir(parent);
        }
    }

    /// The pid, as this machine sees it, of the host's own pid 1.
    pub fn leader(&self) -> Option<u32> {
        let payload = self.unified.join("payload");
        [payload.join("init.scope"), payload].iter().find_map(|dir| {
            let pids = fs::read_to_string(dir.join("cgroup.procs")).ok()?;
            pids.lines().filter_map(|p| p.parse().ok()).find(|pid| is_pid_one(*pid))
        })
    }

    /// The pid of the one process that an emulated host is to this machine.
    pub fn emulator(&self) -> Option<u32> {
        fs::read_to_string(self.unified.join("cgroup.procs")).ok()?.lines().next()?.parse().ok()
    }

    fn wait(&self, limit: Duration, done: impl Fn(&Self) -> bool) -> Result<()> {
        let start = Instant::now();
        while !done(self) {
            if start.elapsed() > limit {
                return Err(Error::StillAlive { what: self.what.clone(), waited: limit });
            }
            thread::sleep(STEP);
        }
        Ok(())
    }
}

/// Whether a process is pid 1 of a namespace directly below ours.
fn is_pid_one(pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return false };
    let Some(ids) = status.lines().find_map(|l| l.strip_prefix("NSpid:")) else { return false };
    let mut ids = ids.split_whitespace();
    ids.next().is_some() && ids.next() == Some("1") && ids.next().is_none()
}

/// Removes a tree of cgroups, leaves first. Its files vanish with their directories.
fn remove_tree(dir: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
    for entry in entries.flatten().filter(|e| e.path().is_dir()) {
        remove_tree(&entry.path())?;
    }
    // The kernel lets go of a cgroup a moment after its last process.
    let start = Instant::now();
    loop {
        match fs::remove_dir(dir) {
            Err(e) if e.raw_os_error() == Some(nix::libc::EBUSY) && start.elapsed() < DEATH => thread::sleep(STEP),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => return other.doing("cannot remove the cgroup", dir),
        }
    }
}

/// Where cgroup2 and, on hybrid machines, the `name=systemd` hierarchy are mounted.
fn hierarchies(mountinfo: &str) -> Option<(PathBuf, Option<PathBuf>)> {
    let mut unified = None;
    let mut named = None;
    for line in mountinfo.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let Some(point) = left.split(' ').nth(4).map(PathBuf::from) else { continue };
        let mut right = right.split(' ');
        match (right.next(), right.nth(1)) {
            (Some("cgroup2"), _) => unified = unified.or(Some(point)),
            (Some("cgroup"), Some(options)) if options.split(',').any(|o| o == "name=systemd") => named = Some(point),
            _ => {}
        }
    }
    Some((unified?, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_both_layouts_are_found() {
        let hybrid = "\
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
32 30 0:28 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
        assert_eq!(hierarchies(hybrid), Some(("/sys/fs/cgroup/unified".into(), Some("/sys/fs/cgroup/systemd".into()))));
        let unified = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(hierarchies(unified), Some(("/sys/fs/cgroup".into(), None)));
        assert_eq!(hierarchies("31 30 0:27 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer"), None);
    }
}
