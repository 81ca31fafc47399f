//! Carrying the steps of a plan out: each as soon as those that it needs are done, disruptive ones one at a time and
//! only when the quorum guard agrees.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use planner::guard::guard;
use planner::health::{Seen, probes};
use planner::{Plan, Step};
use time::OffsetDateTime;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use wire::message::Hold;
use wire::state::ClusterSecrets;
use wire::{Act, JournalEntry, Note, Outcome, ProbeReport, Reply, Request};

use crate::fleet::ask;
use crate::journal::Journal;
use crate::link::Link;
use crate::lock::Keeper;
use crate::secrets::{self, Identities};

/// How long the guard waits for a cluster that is still settling before it refuses.
const GUARD_PATIENCE: Duration = Duration::from_secs(45);
const GUARD_PAUSE: Duration = Duration::from_millis(500);
/// What the helper needs beyond a step's own limit to say that the limit was reached.
const GRACE: Duration = Duration::from_secs(5);

/// How a step ended.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StepOutcome {
    /// What was changed, and how long it took in milliseconds.
    Done {
        changed: Vec<String>,
        took_ms: u64,
    },
    Failed(Note),
    /// The plan or the guard refused it.
    Blocked(Note),
    /// A step that it needs did not get done.
    Skipped {
        needs: String,
    },
}

/// What is going on, for whoever shows it.
#[derive(Clone, Debug)]
pub enum Event {
    /// An earlier run was cut off in the middle of this step.
    Resumed {
        entry: JournalEntry,
    },
    Waiting {
        step: String,
        note: Note,
    },
    Started {
        step: String,
    },
    Ended {
        step: String,
        outcome: StepOutcome,
    },
}

/// Where to stand still, for tests that kill from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldAt {
    pub step: String,
    pub point: HoldPoint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldPoint {
    /// The operator's program, after its intent was written.
    Operator,
    Helper(Hold),
}

/// Everything that steps need to be carried out.
pub struct Run {
    pub cluster: Cluster,
    pub links: BTreeMap<HostName, Link>,
    pub absent: BTreeMap<HostName, Note>,
    pub secrets: ClusterSecrets,
    pub token: u64,
    pub journal: Arc<Journal>,
    pub keeper: Keeper,
    pub hold: Option<HoldAt>,
    pub events: mpsc::UnboundedSender<Event>,
    /// True once the operator wants to stop: steps under way are finished, none is begun.
    pub stop: watch::Receiver<bool>,
}

impl Run {
    /// To whoever watches, and to the run's log.
    fn tell(&self, event: Event) {
        self.journal.log(&match &event {
            Event::Resumed { entry } => format!("{} was cut off in run {}", entry.step, entry.run),
            Event::Waiting { step, note } => format!("{step} waits: {note}"),
            Event::Started { step } => format!("{step} begins"),
            Event::Ended { step, outcome } => match outcome {
                StepOutcome::Done { changed, took_ms } => {
                    format!("{step} done in {took_ms} ms, changed: {}", changed.join(", "))
                }
                StepOutcome::Failed(note) => format!("{step} failed: {note}"),
                StepOutcome::Blocked(note) => format!("{step} blocked: {note}"),
                StepOutcome::Skipped { needs } => format!("{step} skipped: {needs} did not get done"),
            },
        });
        let _ = self.events.send(event);
    }
}

/// Carries the whole plan out; the outcome of every step.
pub async fn execute(run: Arc<Run>, plan: &Plan) -> BTreeMap<String, StepOutcome> {
    let mut senders: BTreeMap<String, watch::Sender<Option<StepOutcome>>> = BTreeMap::new();
    let mut receivers: BTreeMap<String, watch::Receiver<Option<StepOutcome>>> = BTreeMap::new();
    for step in &plan.steps {
        let (sender, receiver) = watch::channel(None);
        senders.insert(step.id.clone(), sender);
        receivers.insert(step.id.clone(), receiver);
    }
    let turn = Arc::new(Mutex::new(()));
    let identities = Arc::new(Identities::default());
    let mut tasks = JoinSet::new();
    for step in &plan.steps {
        let needs: Vec<_> = step.needs.iter().filter_map(|n| Some((n.clone(), receivers.get(n)?.clone()))).collect();
        let Some(sender) = senders.remove(&step.id) else { continue };
        let (run, turn, step) = (Arc::clone(&run), Arc::clone(&turn), step.clone());
        let identities = Arc::clone(&identities);
        tasks.spawn(async move {
            let outcome = after_needs(&run, &step, needs, &turn, &identities).await;
            run.tell(Event::Ended { step: step.id.clone(), outcome: outcome.clone() });
            let _ = sender.send(Some(outcome.clone()));
            (step.id, outcome)
        });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((id, outcome)) = joined {
            outcomes.insert(id, outcome);
        }
    }
    outcomes
}

async fn after_needs(
    run: &Run,
    step: &Step,
    needs: Vec<(String, watch::Receiver<Option<StepOutcome>>)>,
    turn: &Mutex<()>,
    identities: &Identities,
) -> StepOutcome {
    for (id, mut receiver) in needs {
        let done = match receiver.wait_for(Option::is_some).await {
            Ok(outcome) => matches!(*outcome, Some(StepOutcome::Done { .. })),
            Err(_) => false,
        };
        if !done {
            return StepOutcome::Skipped { needs: id };
        }
    }
    if let Some(note) = &step.blocked {
        return StepOutcome::Blocked(note.clone());
    }
    // One disturbance at a time in the whole cluster: the guard's answer holds only while nothing else goes down.
    let _turn = if step.disturbs { Some(turn.lock().await) } else { None };
    if step.disturbs
        && let Err(note) = wait_for_guard(run, step).await
    {
        return StepOutcome::Blocked(note);
    }
    if *run.stop.borrow() {
        return StepOutcome::Blocked(Note::new("run-stopped"));
    }
    if run.keeper.is_lost() {
        return StepOutcome::Blocked(Note::new("run-lock-lost"));
    }
    carry_out(run, step, identities).await
}

/// Asks the guard with fresh probes until it agrees or patience ends.
async fn wait_for_guard(run: &Run, step: &Step) -> Result<(), Note> {
    let deadline = Instant::now() + GUARD_PATIENCE;
    loop {
        let (reports, absent) = probe_all(run).await;
        let seen = Seen { cluster: &run.cluster, reports: &reports, absent: &absent };
        match guard(seen, &step.component, &step.host) {
            Ok(()) => return Ok(()),
            // An absent host does not come back while we wait.
            Err(note) if Instant::now() >= deadline || !absent.is_empty() || *run.stop.borrow() => return Err(note),
            Err(note) => {
                run.tell(Event::Waiting { step: step.id.clone(), note });
            }
        }
        tokio::time::sleep(GUARD_PAUSE).await;
    }
}

async fn probe_all(run: &Run) -> (BTreeMap<HostName, Vec<ProbeReport>>, BTreeMap<HostName, Note>) {
    let answers = ask(&run.links, Duration::from_secs(4), |name| {
        Some(Request::Probe { probes: probes(&run.cluster, run.cluster.host(name)?) })
    })
    .await;
    let (mut reports, mut absent) = (BTreeMap::new(), run.absent.clone());
    for (host, answer) in answers {
        match answer {
            Ok(Reply::Probed(seen)) => {
                reports.insert(host, seen);
            }
            Ok(_) => {}
            Err(note) => {
                absent.insert(host, note);
            }
        }
    }
    (reports, absent)
}

async fn carry_out(run: &Run, step: &Step, identities: &Identities) -> StepOutcome {
    let Some(link) = run.links.get(&step.host) else {
        return StepOutcome::Failed(Note::new("host-absent").with("host", &step.host));
    };
    let now = OffsetDateTime::now_utc();
    let filled: Result<Vec<_>, _> =
        step.resources.iter().map(|r| secrets::fill_and_issue(r, &run.secrets, identities, now)).collect();
    let resources = match filled {
        Ok(resources) => resources,
        Err(note) => return StepOutcome::Failed(note),
    };
    if let Err(error) = run.journal.write(&step.id, Outcome::Intent) {
        return StepOutcome::Failed(Note::new("journal-failed").with("error", error));
    }
    let held = run.hold.as_ref().filter(|h| h.step == step.id).map(|h| h.point);
    run.tell(Event::Started { step: step.id.clone() });
    if held == Some(HoldPoint::Operator) {
        std::future::pending::<()>().await;
    }
    let limit = Duration::from_secs(step.limit_s);
    let act = Act {
        cluster: run.cluster.name.clone(),
        run: run.journal.run.clone(),
        step: step.id.clone(),
        token: run.token,
        resources,
        awaits: step.awaits.clone(),
        timeout_ms: step.limit_s * 1000,
        hold: match held {
            Some(HoldPoint::Helper(hold)) => Some(hold),
            _ => None,
        },
    };
    let outcome = match link.request(Request::Act(act), limit + GRACE).await {
        Ok(Reply::Acted(result)) => match result.failure {
            None => StepOutcome::Done { changed: result.changed, took_ms: result.took_ms },
            Some(note) => StepOutcome::Failed(note),
        },
        Ok(_) => StepOutcome::Failed(Note::new("host-answer").with("host", &step.host)),
        Err(note) => StepOutcome::Failed(note),
    };
    let entry = match &outcome {
        StepOutcome::Failed(note) => Outcome::Failed(note.to_string()),
        _ => Outcome::Done,
    };
    match run.journal.write(&step.id, entry) {
        Ok(()) => outcome,
        Err(error) => StepOutcome::Failed(Note::new("journal-failed").with("error", error)),
    }
}
