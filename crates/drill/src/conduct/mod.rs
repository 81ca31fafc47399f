//! Carries trials out: looks for the steady state, starts the clients, saves the prediction, breaks, watches, undoes,
//! and looks at what is left.
//!
//! Everything that decides is elsewhere and pure ([`crate::trial`], [`crate::prediction`], [`crate::verdict`],
//! [`crate::checker`]); here is what must happen in time, on hosts that are being broken.

mod blow;
mod holders;
mod seen;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use planner::health::{Health, State};
use runner::Fleet;
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use wire::{Note, Reply, Request};

use crate::checker;
use crate::prediction::{Expected, Prediction};
use crate::report::{NotTested, Outcome, Report, Settings, TrialReport};
use crate::trial::EXERCISED;
use crate::verdict::{Observation, differences};
use crate::workload::{Pace, Targets, Traces, Workload};
use holders::Holders;

/// Makes connections to the hosts; a drill does so before each trial, for trials end connections.
pub trait Hosts {
    /// # Errors
    /// When no connection is to be had at all, in words for the operator.
    fn connect(&self) -> Result<(Runtime, Fleet), Note>;
}

/// What somebody who watches is told.
#[derive(Clone, Debug)]
pub enum Moment {
    /// The trial of this number, of so many.
    Begins {
        number: usize,
        of: usize,
        name: String,
    },
    Steady,
    Broken,
    Undone,
    Whole,
    Ended {
        outcome: Outcome,
    },
}

/// Everything that a drill needs to know.
pub struct Conductor<'a> {
    pub cluster: &'a Cluster,
    pub hosts: &'a dyn Hosts,
    /// The test hosts of this machine, if that is what is broken.
    pub lab: Option<lab::Lab>,
    pub settings: Settings,
    pub pace: Pace,
    /// Where predictions, histories and the report are kept.
    pub directory: PathBuf,
    /// Who runs this, for others who find the lock taken.
    pub holder: String,
    /// No trial begins after this; those that are left are nobody's loss.
    pub until: Option<Instant>,
    /// Set when the operator wants it to end: the fault under way is undone first.
    pub stop: Arc<AtomicBool>,
    pub tell: Box<dyn Fn(Moment) + 'a>,
}

/// What is asked of a host and takes no long work there.
const LIMIT: Duration = Duration::from_secs(20);
/// Undoing may wait for a database that copies its state anew.
const UNDO_LIMIT: Duration = Duration::from_secs(180);
/// A write that was on its way to a host that was cut off arrives so late at most, when the host has been back for a while.
const LATE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
/// For how long everything must have served before something is broken.
const STEADY: Duration = Duration::from_secs(2);
const STEADY_LIMIT: Duration = Duration::from_secs(60);
/// Nothing good for so long: it does not serve.
const SILENT: Duration = Duration::from_secs(1);
/// The clients go on for so long when everything is whole again.
const AFTERWARDS: Duration = Duration::from_secs(2);

impl Conductor<'_> {
    /// Makes every trial in turn, as often as there are rounds.
    pub fn drill(mut self, predictions: Vec<Prediction>, not_tested: Vec<NotTested>) -> Report {
        let now = OffsetDateTime::now_utc();
        let started = now.replace_nanosecond(0).unwrap_or(now);
        let mut report = Report {
            cluster: self.cluster.name.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            started: started.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
            settings: self.settings,
            versions: self.versions(),
            trials: Vec::new(),
            not_tested,
        };
        let of = predictions.len() * self.settings.rounds;
        'all: for round in 1..=self.settings.rounds {
            for prediction in &predictions {
                let number = report.trials.len() + 1;
                if self.stopped() || self.until.is_some_and(|end| Instant::now() >= end) {
                    break 'all;
                }
                (self.tell)(Moment::Begins { number, of, name: prediction.trial.name.clone() });
                let trial = self.trial(number, round, prediction.clone());
                (self.tell)(Moment::Ended { outcome: trial.outcome.clone() });
                // What is not whole is not broken further.
                let go_on = trial.observation.as_ref().is_some_and(|o| o.whole_after_ms.is_some());
                report.trials.push(trial);
                if !go_on {
                    break 'all;
                }
            }
        }
        if self.until.is_some_and(|end| Instant::now() >= end) {
            return report;
        }
        let done = report.trials.len();
        let left = (0..of).skip(done).map(|n| &predictions[n % predictions.len().max(1)]);
        report.not_tested.extend(left.map(|p| NotTested {
            what: p.trial.name.clone(),
            why: Note::new(if self.stopped() { "drill-stopped" } else { "drill-ended-early" }),
        }));
        report
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn versions(&self) -> BTreeMap<String, Vec<String>> {
        let Ok((runtime, mut fleet)) = self.hosts.connect() else { return Default::default() };
        let seen = runtime.block_on(runner::observe::facts(self.cluster, &mut fleet, LIMIT, |_| vec![])).facts;
        // The engines are what the plan would install.
        let mut engines: BTreeMap<HostName, Vec<String>> = BTreeMap::new();
        for part in planner::desired::parts(self.cluster, &seen, None) {
            let packages = part.resources.into_iter().filter_map(|r| match r {
                wire::Resource::Package { name } => Some(name),
                _ => None,
            });
            engines.entry(part.host).or_default().extend(packages);
        }
        let look =
            |host: &model::Host| engines.get(&host.name).cloned().map(wire::Look::Packages).into_iter().collect();
        let seen = runtime.block_on(runner::observe::facts(self.cluster, &mut fleet, LIMIT, look)).facts;
        seen.iter().map(|(host, facts)| (host.to_string(), versions_of(facts))).collect()
    }

    fn trial(&mut self, number: usize, round: usize, prediction: Prediction) -> TrialReport {
        let mut report = TrialReport {
            round,
            prediction,
            outcome: Outcome::Passed,
            observation: None,
            differences: vec![],
            timeline: Default::default(),
        };
        match self.broken(number, &report.prediction) {
            Ok((observation, timeline)) => {
                report.differences = differences(&report.prediction, &observation);
                if !report.differences.is_empty() {
                    report.outcome = Outcome::Failed;
                }
                (report.observation, report.timeline) = (Some(observation), timeline);
            }
            Err(note) => report.outcome = Outcome::NotRun(note),
        }
        report
    }

    /// One trial from the steady state to the steady state.
    fn broken(
        &mut self,
        number: usize,
        prediction: &Prediction,
    ) -> Result<(Observation, crate::report::Timeline), Note> {
        let (runtime, mut fleet) = self.hosts.connect()?;
        let facts = runtime.block_on(runner::observe::facts(self.cluster, &mut fleet, LIMIT, |_| vec![])).facts;
        let (holder, run) = (self.holder.clone(), format!("drill-{}-{number}", std::process::id()));
        let held = runtime.block_on(runner::lock::Held::take(self.cluster, &fleet, &facts, holder, run))?;
        self.steady(&runtime, &mut fleet)?;
        // On disk before anything is broken; from here on the rules are not asked again.
        self.keep(&format!("{number}-prediction.json"), &serde_json::to_vec_pretty(prediction).unwrap_or_default())?;

        let secrets = runtime
            .block_on(runner::apply::kept_secrets(self.cluster, &mut fleet))
            .map_err(|e| Note::new("drill-no-clients").with("error", e))?;
        let no_clients = |e: crate::workload::Error| Note::new("drill-no-clients").with("error", e);
        let targets = Targets::of(self.cluster, &secrets, OffsetDateTime::now_utc()).map_err(no_clients)?;
        let name = format!("d{}-{number}", OffsetDateTime::now_utc().unix_timestamp());
        let traces = Traces::new(&name, &targets).map_err(no_clients)?;
        let workload = match Workload::start(&name, &targets, &self.pace) {
            Ok(workload) => workload,
            Err(error) => {
                let _ = traces.clean_up();
                return Err(no_clients(error));
            }
        };
        let holders = Holders::start(&runtime, self.cluster, &fleet, workload.now());
        let asked = asked(&targets);
        let begun = self.warm(&workload, &asked).and_then(|()| {
            (self.tell)(Moment::Steady);
            workload.mark("inject");
            self.strike(&runtime, &fleet, &prediction.trial, held.token, &name)
        });
        let broken = match begun {
            Ok(broken) => broken,
            Err(note) => {
                workload.stop();
                let _ = traces.clean_up();
                runtime.block_on(held.release());
                return Err(note);
            }
        };
        (self.tell)(Moment::Broken);
        let injected = workload.now();
        let judged = self.hold(&workload, prediction, &asked, injected);

        workload.mark("undo");
        let undone = workload.now();
        let mut left = self.undo(&runtime, &fleet, broken);
        (self.tell)(Moment::Undone);
        let whole = self.whole(&holders);
        if whole.is_ok() {
            workload.mark("whole");
            (self.tell)(Moment::Whole);
            std::thread::sleep(AFTERWARDS);
        }
        let sampled = holders.stop();
        let history = workload.stop();
        let copies = traces.read_back();
        left.extend(self.residue(&traces));
        // Also where the cluster is not whole: the drill's run is over.
        runtime.block_on(held.release());

        let mut saved = Vec::new();
        let _ = history.save(&mut saved);
        self.keep(&format!("{number}-history.jsonl"), &saved)?;
        let findings = checker::check(&history, Some(&copies));
        self.keep(&format!("{number}-findings.json"), &serde_json::to_vec_pretty(&findings).unwrap_or_default())?;
        let span = seen::Moments { injected, judged, undone };
        let observation = Observation {
            capabilities: seen::capabilities(&history, &findings, &asked, &span),
            data: seen::data(&history, &findings),
            holders: sampled.observation(&span),
            whole_after_ms: whole.as_ref().ok().map(|w| u64::try_from(w.as_millis()).unwrap_or(u64::MAX)),
            not_well: whole.err().unwrap_or_default(),
            residue: left,
        };
        Ok((observation, seen::timeline(&history, &asked)))
    }

    /// Waits until every part of the cluster is well.
    fn steady(&self, runtime: &Runtime, fleet: &mut Fleet) -> Result<(), Note> {
        let deadline = Instant::now() + STEADY_LIMIT;
        loop {
            let health = runtime.block_on(runner::status::status(self.cluster, fleet, LIMIT));
            if health.state == State::Healthy {
                return Ok(());
            }
            if Instant::now() >= deadline || self.stopped() {
                return Err(Note::new("drill-not-steady").with("what", wrong(&health)));
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Waits until every client has been served for a while.
    fn warm(&self, workload: &Workload, asked: &[components::Capability]) -> Result<(), Note> {
        let deadline = Instant::now() + STEADY_LIMIT;
        let mut since = Instant::now();
        while since.elapsed() < STEADY {
            if let Some(silent) = asked.iter().find(|c| !workload.serves(**c, SILENT)) {
                if Instant::now() >= deadline {
                    return Err(Note::new("drill-not-served").with("capability", silent.id()));
                }
                since = Instant::now();
            }
            if self.stopped() {
                return Err(Note::new("drill-stopped"));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Lets the fault last; when the time to judge began, by the clients' clock.
    ///
    /// Where something that served falters in that time, it is judged by as much time again: a machine that is busy for a
    /// moment, the clients' or a host's, is not what was asked, and what does not serve in truth shows it again.
    fn hold(
        &self,
        workload: &Workload,
        prediction: &Prediction,
        asked: &[components::Capability],
        injected: u64,
    ) -> u64 {
        let mut judged = injected + self.settings.hold_ms.saturating_sub(self.settings.judged_ms) * 1000;
        let mut end = injected + self.settings.hold_ms * 1000;
        let mut once_more = true;
        let promised = |c: &components::Capability| {
            prediction.capabilities.iter().any(|p| p.capability == *c && p.expected == Expected::Serves)
        };
        loop {
            let now = workload.now();
            // Broken further than was promised: it is known now, and the cluster is not left so for longer than needed.
            let worse = now > judged + 1_000_000
                && asked.iter().any(|c| promised(c) && !workload.serves(*c, Duration::from_micros(now - judged)));
            if now >= end && !self.stopped() && !worse && once_more {
                once_more = false;
                let history = workload.snapshot();
                if asked.iter().any(|c| promised(c) && seen::faltered(&history, *c, judged, end)) {
                    judged = end;
                    end += self.settings.judged_ms * 1000;
                    continue;
                }
            }
            if now >= end || self.stopped() || worse {
                return judged.min(now.saturating_sub(1_000_000));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the cluster is whole; how long that took, or what was not well in the end. The hosts that were lost are
    /// connected to anew.
    fn whole(&self, holders: &Holders) -> Result<Duration, Vec<(String, Note)>> {
        let begun = Instant::now();
        let patience = Duration::from_millis(self.settings.patience_ms);
        let mut last = vec![];
        while begun.elapsed() < patience {
            match self.hosts.connect() {
                Ok((runtime, mut fleet)) => {
                    let health = runtime.block_on(runner::status::status(self.cluster, &mut fleet, LIMIT));
                    holders.look(&runtime, self.cluster, &fleet);
                    if health.state == State::Healthy {
                        return Ok(begun.elapsed());
                    }
                    last = not_well(&health);
                }
                Err(note) => last = vec![(String::new(), note)],
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Err(last)
    }

    /// What the drill left: in the database and etcd, on the hosts, beside the test hosts.
    fn residue(&self, traces: &Traces) -> Vec<String> {
        let mut left = traces.removed(LATE);
        match self.hosts.connect() {
            Ok((runtime, mut fleet)) => {
                let answers = runtime.block_on(fleet.ask_all(LIMIT, |_| Some(Request::Residue)));
                for (host, answer) in answers {
                    match answer {
                        Ok(Reply::Residue(notes)) => left.extend(notes.iter().map(|n| format!("{host}: {n}"))),
                        Ok(_) => {}
                        Err(note) => left.push(format!("{host}: {note}")),
                    }
                }
                left.extend(fleet.absent.iter().map(|(host, note)| format!("{host}: {note}")));
            }
            Err(note) => left.push(note.to_string()),
        }
        left.extend(self.lab.iter().flat_map(lab::Lab::undo_orders));
        left
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Note> {
        let path: &Path = &self.directory.join(name);
        runner::journal::write_private(path, bytes)
            .map_err(|e| Note::new("file-unwritable").with("path", path.display()).with("error", e))
    }
}

fn versions_of(facts: &wire::Facts) -> Vec<String> {
    let mut versions = vec![format!("{} {}", facts.os, facts.os_version), format!("Linux {}", facts.kernel)];
    for looked in facts.looks.values() {
        if let wire::Looked::Packages(packages) = looked {
            versions.extend(packages.iter().map(|(name, version)| format!("{name} {version}")));
        }
    }
    versions
}

/// The capabilities that the clients use.
fn asked(targets: &Targets) -> Vec<components::Capability> {
    use components::Capability;
    let there = |c: &Capability| match c {
        Capability::Database => targets.database.is_some(),
        Capability::Coordination => targets.coordination.is_some(),
        Capability::Ingress => targets.ingress.is_some(),
        _ => false,
    };
    EXERCISED.into_iter().filter(there).collect()
}

/// What is not well, in a few words.
fn wrong(health: &Health) -> String {
    let hosts = health.hosts.iter().filter(|h| h.state != State::Healthy).map(|h| h.host.to_string());
    let capabilities =
        health.capabilities.iter().filter(|c| c.state != State::Healthy).map(|c| c.capability.id().to_owned());
    hosts.chain(capabilities).collect::<Vec<_>>().join(", ")
}

/// What is not well, each with where that is.
fn not_well(health: &Health) -> Vec<(String, Note)> {
    let hosts = health.hosts.iter().flat_map(|h| h.notes.iter().map(|note| (h.host.to_string(), note.clone())));
    let services = health
        .components
        .iter()
        .flat_map(|c| c.notes.iter().map(|(host, note)| (format!("{} {host}", c.component), note.clone())));
    let capabilities = health
        .capabilities
        .iter()
        .flat_map(|c| c.notes.iter().map(|note| (c.capability.id().to_owned(), note.clone())));
    hosts.chain(services).chain(capabilities).collect()
}

/// Whether a host is among those of a fleet.
fn reached(fleet: &Fleet, host: &HostName) -> bool {
    fleet.links.contains_key(host)
}
