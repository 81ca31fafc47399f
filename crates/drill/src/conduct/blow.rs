//! Injecting the faults of a trial and taking them back. Every one is undone by somebody else as well, if this process
//! should not live to do it: by the host's own timer, or by a supervisor beside the test host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use model::HostName;
use runner::Fleet;
use tokio::runtime::Runtime;
use wire::fault::{Cut, Direction};
use wire::{Fault, Injection, Note, Request};

use super::{Conductor, LIMIT, UNDO_LIMIT, reached};
use crate::trial::{How, Partition, Strike, Trial};

/// What is broken now.
pub(super) struct Broken {
    /// Test hosts that are off, and those that stand still.
    killed: Vec<String>,
    paused: Vec<String>,
    /// A cut between test hosts, outside them.
    cut: Option<lab::Cut>,
    supervisors: Vec<lab::Armed>,
    /// Faults that hosts have been told of: host and identifier.
    injected: Vec<(HostName, String)>,
}

impl Conductor<'_> {
    /// Breaks what the trial says, all in one moment.
    pub(super) fn strike(
        &mut self,
        runtime: &Runtime,
        fleet: &Fleet,
        trial: &Trial,
        token: u64,
        drill: &str,
    ) -> Result<Broken, Note> {
        let of = |wanted: &How| -> Vec<String> {
            trial.strikes.iter().filter(|s| s.how == *wanted).map(|s| s.host.to_string()).collect()
        };
        let (killed, paused) = (of(&How::Kill), of(&How::Pause));
        let cut = trial.partition.as_ref().filter(|_| self.lab.is_some()).map(outside_cut);
        let mut broken = Broken { killed, paused, cut, supervisors: vec![], injected: vec![] };
        let outcome =
            self.outside(&mut broken).and_then(|()| self.inside(runtime, fleet, trial, token, drill, &mut broken));
        match outcome {
            Ok(()) => Ok(broken),
            Err(note) => {
                let left = self.undo(runtime, fleet, broken);
                if left.is_empty() {
                    return Err(note);
                }
                let seconds = self.settings.undo_after_ms / 1000;
                Err(Note::new("drill-half-broken")
                    .with("error", note)
                    .with("left", left.join("; "))
                    .with("seconds", seconds))
            }
        }
    }

    /// Test hosts are killed and paused from outside.
    fn outside(&mut self, broken: &mut Broken) -> Result<(), Note> {
        if broken.killed.is_empty() && broken.paused.is_empty() && broken.cut.is_none() {
            return Ok(());
        }
        let after = Duration::from_millis(self.settings.undo_after_ms);
        let lab = self.lab.as_mut().ok_or_else(|| Note::new("drill-no-lab"))?;
        let failed = |e: lab::Error| Note::new("drill-not-broken").with("error", e);
        // Every undo is armed before anything is broken.
        if !broken.killed.is_empty() {
            broken.supervisors.push(lab.arm_undo(after, lab::Undo::Start(broken.killed.clone())).map_err(failed)?);
        }
        if !broken.paused.is_empty() {
            broken.supervisors.push(lab.arm_undo(after, lab::Undo::Resume(broken.paused.clone())).map_err(failed)?);
        }
        if let Some(cut) = &broken.cut {
            broken.supervisors.push(lab.arm_undo(after, lab::Undo::Heal(cut.clone())).map_err(failed)?);
            lab.cut(cut.clone()).map_err(failed)?;
        }
        if !broken.killed.is_empty() {
            lab.kill_all(&names(&broken.killed)).map_err(failed)?;
        }
        if !broken.paused.is_empty() {
            lab.pause_all(&names(&broken.paused)).map_err(failed)?;
        }
        Ok(())
    }

    /// Everything else is ordered from the hosts' own helpers.
    fn inside(
        &self,
        runtime: &Runtime,
        fleet: &Fleet,
        trial: &Trial,
        token: u64,
        drill: &str,
        broken: &mut Broken,
    ) -> Result<(), Note> {
        let mut orders = Vec::new();
        let mut strikes = trial.strikes.clone();
        if let (Some(partition), None) = (&trial.partition, &self.lab) {
            strikes.extend(self.inside_cut(partition));
        }
        for (place, strike) in strikes.iter().enumerate() {
            let How::Fault(fault) = &strike.how else { continue };
            if !reached(fleet, &strike.host) {
                let unknown =
                    || Note::new("host-unreachable").with("host", &strike.host).with("error", "no connection");
                return Err(fleet.absent.get(&strike.host).cloned().unwrap_or_else(unknown));
            }
            let injection = Injection {
                id: format!("{drill}-{place}"),
                cluster: self.cluster.name.clone(),
                token,
                fault: self.spare_us(fault, &strike.host),
                undo_after_ms: self.settings.undo_after_ms,
            };
            broken.injected.push((strike.host.clone(), injection.id.clone()));
            orders.push((strike.host.clone(), injection));
        }
        let answers = runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for (host, injection) in orders {
                let Some(link) = fleet.links.get(&host).cloned() else { continue };
                // A host that is reset does not answer any more.
                let silent = matches!(injection.fault, Fault::Reset);
                tasks.spawn(async move {
                    let answer = link.request(Request::Inject(injection), LIMIT).await;
                    if silent { Ok(()) } else { answer.map(|_| ()) }
                });
            }
            tasks.join_all().await
        });
        answers.into_iter().collect()
    }

    /// A cut leaves the connection that the drill sees and undoes by.
    fn spare_us(&self, fault: &Fault, host: &HostName) -> Fault {
        let mut fault = fault.clone();
        if let Fault::Cut(cut) = &mut fault {
            cut.except_ssh_of = self.cluster.host(host).and_then(|h| own_address_towards(h.ssh_address()));
        }
        fault
    }

    /// The same on real hosts, by their own packet filters: the near ones drop what comes from the far ones and from the
    /// clients, the far ones what comes from the near ones, for only a receiver can drop a broadcast.
    fn inside_cut(&self, partition: &Partition) -> Vec<Strike> {
        let addresses = |hosts: &[HostName]| -> Vec<IpAddr> {
            hosts.iter().filter_map(|h| self.cluster.host(h)).map(|h| h.address).collect()
        };
        let strike = |host: &HostName, from: Vec<IpAddr>| Strike {
            host: host.clone(),
            how: How::Fault(Fault::Cut(Cut { from, direction: Direction::Both, except_ssh_of: None })),
        };
        let near = partition.near.iter().map(|host| {
            let us = self.cluster.host(host).and_then(|h| own_address_towards(h.ssh_address()));
            strike(host, addresses(&partition.far).into_iter().chain(us).collect())
        });
        let far = partition.far.iter().map(|host| strike(host, addresses(&partition.near)));
        near.chain(far).collect()
    }

    /// Takes everything back; what could not be, in words.
    pub(super) fn undo(&mut self, runtime: &Runtime, fleet: &Fleet, broken: Broken) -> Vec<String> {
        let mut left = Vec::new();
        if let Some(lab) = self.lab.as_mut() {
            if !broken.paused.is_empty()
                && let Err(error) = lab.resume_all(&names(&broken.paused))
            {
                left.push(error.to_string());
            }
            if !broken.killed.is_empty()
                && let Err(error) = lab.start_all(&names(&broken.killed))
            {
                left.push(error.to_string());
            }
            if let Some(cut) = &broken.cut
                && let Err(error) = lab.heal_cut(cut)
            {
                left.push(error.to_string());
            }
        }
        if left.is_empty() {
            left.extend(broken.supervisors.into_iter().filter_map(|s| s.disarm().err()).map(|e| e.to_string()));
        }
        let answers = runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for (host, id) in broken.injected {
                let Some(link) = fleet.links.get(&host).cloned() else { continue };
                tasks.spawn(async move {
                    let answer = link.request(Request::Undo { id }, UNDO_LIMIT).await;
                    // A host that is gone undoes it by itself; whether it did is looked for at the end.
                    answer.err().filter(|n| n.code != "host-lost").map(|n| format!("{host}: {n}"))
                });
            }
            tasks.join_all().await
        });
        left.extend(answers.into_iter().flatten());
        left
    }
}

fn names(hosts: &[String]) -> Vec<&str> {
    hosts.iter().map(String::as_str).collect()
}

fn outside_cut(partition: &Partition) -> lab::Cut {
    let names = |hosts: &[HostName]| hosts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut far = names(&partition.far);
    far.push(lab::OPERATOR.to_owned());
    lab::Cut::Between(names(&partition.near), far)
}

/// This machine's address as a host sees it.
fn own_address_towards(host: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if host.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // Sends nothing; the kernel only chooses the way.
    socket.connect((host, 9)).ok()?;
    socket.local_addr().ok().map(|a| a.ip())
}
