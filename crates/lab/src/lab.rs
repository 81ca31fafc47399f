//! A lab that is up: looking at it, running commands in its hosts, breaking them.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ipnet::Ipv4Net;
use serde::Serialize;

use crate::cgroup::Cgroup;
use crate::command::{Output, capture, code};
use crate::faults::{self, Cut, OPERATOR};
use crate::names::Names;
use crate::state::{self, HostState, Kind, Power, State, lock_lab};
use crate::{Error, Result, Site, container, down, ready, vm};

/// How long a host that is started again may take.
const START: Duration = Duration::from_secs(60);

/// A lab. Any number of these, in any number of processes, may stand for the same lab: each change is made under the
/// lab's lock, on the state as it is on disk.
#[derive(Clone, Debug)]
pub struct Lab {
    pub(crate) site: Site,
    pub(crate) dir: PathBuf,
    pub(crate) names: Names,
    pub(crate) state: State,
}

/// How a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    Running,
    /// Its processes are stopped, and nobody reaches it.
    Paused,
    /// It runs, and nobody reaches it.
    Cut,
    /// Nothing of it runs: killed, or powered off from inside.
    Dead,
}

impl Health {
    /// The word that `quorate lab status` prints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cut => "cut",
            Self::Dead => "dead",
        }
    }
}

/// One line of a lab's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStatus {
    pub name: String,
    pub address: Ipv4Addr,
    pub health: Health,
    /// The host's pid 1, as this machine counts; of a virtual machine, the emulator's.
    pub pid: Option<u32>,
    /// The hosts (or the operator) that it is cut from by [`Cut::Between`].
    pub cut_from: Vec<String>,
}

impl Lab {
    /// A lab that is up already.
    pub fn open(site: &Site, name: &str) -> Result<Self> {
        let state = State::load(site, name)?;
        Ok(Self { site: site.clone(), dir: site.lab_dir(name), names: Names::new(&site.state, name), state })
    }

    /// The lab's name.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// The network that the hosts and the operator's machine share.
    pub fn subnet(&self) -> Ipv4Net {
        self.state.subnet
    }

    /// The address of the operator's machine on the bridge.
    pub fn operator(&self) -> Ipv4Addr {
        self.state.operator
    }

    /// The hosts, in the order in which they were given.
    pub fn hosts(&self) -> &[HostState] {
        &self.state.hosts
    }

    /// One host by its name.
    pub fn host(&self, name: &str) -> Result<&HostState> {
        self.state.host(name)
    }

    /// The directory of the lab: keys, disks, console logs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The private SSH key that root and `ops` accept on every host.
    pub fn key_file(&self) -> PathBuf {
        state::key_file(&self.dir)
    }

    /// The file with the password of the user `ops`, for SSH and sudo.
    pub fn password_file(&self) -> PathBuf {
        state::password_file(&self.dir)
    }

    /// What a host's console printed.
    pub fn console(&self, host: &str) -> Result<PathBuf> {
        Ok(crate::disk::Disk::of(&self.dir, self.host(host)?.index).console)
    }

    /// Runs a command as root in a host, and returns what it left, whatever its exit code.
    pub fn exec(&self, host: &str, argv: &[&str]) -> Result<Output> {
        self.exec_with_stdin(host, argv, &[])
    }

    /// The same, with something to read.
    pub fn exec_with_stdin(&self, host: &str, argv: &[&str], stdin: &[u8]) -> Result<Output> {
        let mut command = self.visit(host, argv)?;
        capture(&format!("running a command in host {host}"), &mut command, stdin)
    }

    /// The same, on this process's own terminal; returns the exit code.
    pub fn exec_attached(&self, host: &str, argv: &[&str]) -> Result<i32> {
        let mut command = self.visit(host, argv)?;
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let status = command.status().map_err(|e| Error::Command {
            doing: format!("running a command in host {host}"),
            program: "nsenter".to_owned(),
            status: e.to_string(),
            stderr: String::new(),
        })?;
        Ok(code(status))
    }

    /// Switches a host off without warning: nobody hears from it, then all its processes end at once. Its disk stays;
    /// of a virtual machine, what has reached the disk.
    pub fn kill(&mut self, host: &str) -> Result<()> {
        self.kill_all(&[host])
    }

    /// Switches hosts off at the same moment: all are silent before the first process ends.
    pub fn kill_all(&mut self, hosts: &[&str]) -> Result<()> {
        let (_held, cgroups) = self.set_power(hosts, Power::Off)?;
        cgroups.iter().try_for_each(Cgroup::kill)
    }

    /// Switches a host on again, with the disk it had, and waits until its sshd answers.
    pub fn start(&mut self, host: &str) -> Result<()> {
        self.start_all(&[host])
    }

    /// Switches hosts on at once and waits until all of them answer. One that runs already is left alone.
    pub fn start_all(&mut self, hosts: &[&str]) -> Result<()> {
        let paused = self.status()?.into_iter().find(|h| h.health == Health::Paused && hosts.contains(&&*h.name));
        if let Some(host) = paused {
            return Err(self.wrong_state(&host.name, "paused", "resume it instead"));
        }
        let (_held, cgroups) = self.set_power(hosts, Power::On)?;
        let started: Vec<HostState> = hosts.iter().map(|h| self.host(h).cloned()).collect::<Result<_>>()?;
        for (host, cgroup) in started.iter().zip(&cgroups) {
            if !cgroup.populated() {
                self.switch_on(host)?;
            }
        }
        ready::wait(self, &started, START)
    }

    /// Stops a host in the middle of whatever it does: nobody hears from it, not even ARP, and its time stands still.
    pub fn pause(&mut self, host: &str) -> Result<()> {
        self.pause_all(&[host])
    }

    /// Stops hosts at the same moment.
    pub fn pause_all(&mut self, hosts: &[&str]) -> Result<()> {
        self.require_alive(hosts, "start it first")?;
        let (_held, cgroups) = self.set_power(hosts, Power::Paused)?;
        cgroups.iter().try_for_each(|c| c.freeze(true))
    }

    /// Lets a paused host go on, and then puts it back on the network.
    pub fn resume(&mut self, host: &str) -> Result<()> {
        self.resume_all(&[host])
    }

    /// Lets paused hosts go on, and then puts all of them back on the network.
    pub fn resume_all(&mut self, hosts: &[&str]) -> Result<()> {
        for cgroup in self.require_alive(hosts, "start it instead")? {
            cgroup.freeze(false)?;
        }
        self.set_power(hosts, Power::On).map(drop)
    }

    /// Adds a network fault. Cuts add up until [`Lab::heal`] or [`Lab::heal_cut`].
    pub fn cut(&mut self, cut: Cut) -> Result<()> {
        let _held = self.refresh()?;
        for name in cut.names().filter(|n| matches!(cut, Cut::Host(_)) || *n != OPERATOR) {
            self.state.host(name)?;
        }
        if !self.state.cuts.contains(&cut) {
            self.state.cuts.push(cut);
        }
        self.state.save(&self.site)?;
        faults::apply(&self.names, &self.state.hosts, &self.state.cuts)
    }

    /// Undoes all cuts. Paused and dead hosts stay as they are.
    pub fn heal(&mut self) -> Result<()> {
        self.retain_cuts(|_| false)
    }

    /// Undoes this cut, and leaves all others. Fine when it is undone already.
    pub fn heal_cut(&mut self, cut: &Cut) -> Result<()> {
        self.retain_cuts(|c| c != cut)
    }

    fn retain_cuts(&mut self, stays: impl Fn(&Cut) -> bool) -> Result<()> {
        let _held = self.refresh()?;
        self.state.cuts.retain(stays);
        self.state.save(&self.site)?;
        faults::apply(&self.names, &self.state.hosts, &self.state.cuts)
    }

    /// How each host is, in order, as it is now.
    pub fn status(&self) -> Result<Vec<HostStatus>> {
        let state = State::load(&self.site, &self.state.name)?;
        let of_host = |host: &HostState| {
            let cgroup = self.cgroup(host.index)?;
            let pid = match host.kind {
                Kind::Container => cgroup.leader(),
                Kind::Vm => cgroup.emulator(),
            };
            let health = match (pid, host.power) {
                (None, _) | (_, Power::Off) => Health::Dead,
                (Some(_), Power::Paused) => Health::Paused,
                (Some(_), Power::On) if faults::isolated(host, &state.cuts) => Health::Cut,
                (Some(_), Power::On) => Health::Running,
            };
            let cut_from = faults::cut_from(&host.name, &state.cuts);
            Ok(HostStatus { name: host.name.clone(), address: host.address, health, pid, cut_from })
        };
        state.hosts.iter().map(of_host).collect()
    }

    /// Takes the lab down: nothing of it is left.
    pub fn down(self) -> Result<()> {
        down::down(&self.site, &self.state.name).map(drop)
    }

    /// Starts a host in the background.
    pub(crate) fn switch_on(&self, host: &HostState) -> Result<()> {
        match host.kind {
            Kind::Container => container::start(&self.dir, &self.names, &self.state, host),
            Kind::Vm => vm::start(&self.dir, &self.names, host),
        }
    }

    /// The command line that runs a command in a host.
    fn visit(&self, host: &str, argv: &[&str]) -> Result<Command> {
        let host = self.host(host)?;
        match host.kind {
            Kind::Container => container::visit(&self.names, &self.state, host, argv),
            Kind::Vm => vm::visit(&self.dir, &self.names, &self.state, host, argv),
        }
    }

    fn cgroup(&self, index: usize) -> Result<Cgroup> {
        Ok(self.cgroups()?.host(index))
    }

    pub(crate) fn cgroups(&self) -> Result<Cgroup> {
        Cgroup::of_lab(&self.names.bridge())
    }

    /// Takes the lab's lock and reads its state again: another process may have changed it.
    pub(crate) fn refresh(&mut self) -> Result<File> {
        let held = lock_lab(&self.site, &self.state.name)?;
        self.state = State::load(&self.site, &self.state.name)?;
        Ok(held)
    }

    /// Notes the hosts' power and makes the network follow. Returns the lab's lock, and the hosts' cgroups in order.
    fn set_power(&mut self, hosts: &[&str], power: Power) -> Result<(File, Vec<Cgroup>)> {
        let held = self.refresh()?;
        let mut cgroups = Vec::new();
        for name in hosts {
            let host = self.state.host_mut(name)?;
            host.power = power;
            let index = host.index;
            cgroups.push(self.cgroup(index)?);
        }
        self.state.save(&self.site)?;
        faults::apply(&self.names, &self.state.hosts, &self.state.cuts)?;
        Ok((held, cgroups))
    }

    /// Refuses if a host is dead; returns the hosts' cgroups in order.
    fn require_alive(&self, hosts: &[&str], hint: &'static str) -> Result<Vec<Cgroup>> {
        let alive = |name: &&str| {
            let cgroup = self.cgroup(self.host(name)?.index)?;
            if cgroup.populated() { Ok(cgroup) } else { Err(self.wrong_state(name, "dead", hint)) }
        };
        hosts.iter().map(alive).collect()
    }

    fn wrong_state(&self, host: &str, state: &'static str, hint: &'static str) -> Error {
        Error::WrongState { lab: self.state.name.clone(), host: host.to_owned(), state, hint }
    }
}
