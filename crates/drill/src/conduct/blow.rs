//! Injecting the faults of a trial and taking them back. Every one is undone by somebody else as well, if this process
//! should not live to do it: by the host's own timer, or by a supervisor beside the test host.

use std::time::Duration;

use model::HostName;
use runner::Fleet;
use tokio::runtime::Runtime;
use wire::{Fault, Injection, Note, Request};

use super::{Conductor, LIMIT, UNDO_LIMIT, reached};
use crate::trial::{How, Trial};

/// What is broken now.
pub(super) struct Broken {
    /// Test hosts that are off, and those that stand still.
    killed: Vec<String>,
    paused: Vec<String>,
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
        let mut broken =
            Broken { killed: of(&How::Kill), paused: of(&How::Pause), supervisors: vec![], injected: vec![] };
        let outcome =
            self.outside(&mut broken).and_then(|()| self.inside(runtime, fleet, trial, token, drill, &mut broken));
        match outcome {
            Ok(()) => Ok(broken),
            Err(note) => {
                let left = self.undo(runtime, fleet, broken);
                Err(if left.is_empty() { note } else { note.with("left", left.join("; ")) })
            }
        }
    }

    /// Test hosts are killed and paused from outside.
    fn outside(&mut self, broken: &mut Broken) -> Result<(), Note> {
        if broken.killed.is_empty() && broken.paused.is_empty() {
            return Ok(());
        }
        let after = Duration::from_millis(self.settings.undo_after_ms);
        let lab = self.lab.as_mut().ok_or_else(|| Note::new("drill-no-lab"))?;
        let failed = |e: lab::Error| Note::new("drill-not-broken").with("error", e);
        let names = |hosts: &[String]| hosts.to_vec();
        for (hosts, undo) in [
            (&broken.killed, lab::Undo::Start(names(&broken.killed))),
            (&broken.paused, lab::Undo::Resume(names(&broken.paused))),
        ] {
            if !hosts.is_empty() {
                broken.supervisors.push(lab.arm_undo(after, undo).map_err(failed)?);
            }
        }
        let words = |hosts: &'_ [String]| hosts.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let (killed, paused) = (words(&broken.killed), words(&broken.paused));
        if !killed.is_empty() {
            lab.kill_all(&killed.iter().map(String::as_str).collect::<Vec<_>>()).map_err(failed)?;
        }
        if !paused.is_empty() {
            lab.pause_all(&paused.iter().map(String::as_str).collect::<Vec<_>>()).map_err(failed)?;
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
        for (place, strike) in trial.strikes.iter().enumerate() {
            let How::Fault(fault) = &strike.how else { continue };
            if !reached(fleet, &strike.host) {
                return Err(Note::new("host-unreachable").with("host", &strike.host).with("error", "-"));
            }
            let injection = Injection {
                id: format!("{drill}-{place}"),
                cluster: self.cluster.name.clone(),
                token,
                fault: self.spare_us(fault),
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

    /// A cut from everybody leaves the connection that the drill sees and undoes by.
    fn spare_us(&self, fault: &Fault) -> Fault {
        let mut fault = fault.clone();
        if let Fault::Cut(cut) = &mut fault
            && cut.from.is_empty()
        {
            cut.except_ssh_of = self.lab.as_ref().map(|l| l.operator().into());
        }
        fault
    }

    /// Takes everything back; what could not be, in words.
    pub(super) fn undo(&mut self, runtime: &Runtime, fleet: &Fleet, broken: Broken) -> Vec<String> {
        let mut left = Vec::new();
        if let Some(lab) = self.lab.as_mut() {
            let words = |hosts: &[String]| hosts.to_vec();
            let (killed, paused) = (words(&broken.killed), words(&broken.paused));
            if !paused.is_empty()
                && let Err(error) = lab.resume_all(&paused.iter().map(String::as_str).collect::<Vec<_>>())
            {
                left.push(error.to_string());
            }
            if !killed.is_empty()
                && let Err(error) = lab.start_all(&killed.iter().map(String::as_str).collect::<Vec<_>>())
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
