//! A whole run: observe, plan, confirm, lock, commit the file, execute, verify, and again where a first pass made a
//! second one possible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use planner::health::{Health, Seen, State, health, probes};
use planner::select::{Selection, select};
use planner::{Plan, Step, check, preflight};
use secret::Secret;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use wire::state::ClusterSecrets;
use wire::{ClusterState, Facts, LockRequest, Note, ProbeReport, Reply, Request};

use crate::execute::{Event, HoldAt, Run, StepOutcome, execute};
use crate::fleet::Fleet;
use crate::journal::{Journal, write_private};
use crate::lock::{Keeper, fence, give_back, granted, grants, next_token, release};
use crate::state::{Memory, Relation, keepers, relate};
use crate::{Error, observe, secrets};

/// Passes over the hosts: a step that had to wait for another pass's result gets its turn, an endless loop does not.
const PASSES: usize = 4;
/// How long the cluster may take to settle after the last step.
const SETTLE: Duration = Duration::from_secs(45);
/// The same where nothing was changed, or not everything that should be: what is missing would be waited for in vain.
const SETTLE_BRIEFLY: Duration = Duration::from_secs(10);
const SETTLE_PAUSE: Duration = Duration::from_millis(100);
/// The key that opens backups, beside the root's in the operator's directory.
pub const BACKUP_KEY: &str = "backup.key";
const FACTS_LIMIT: Duration = Duration::from_secs(30);

/// What a run is asked to do.
pub struct ApplyOptions {
    pub cluster: Cluster,
    /// The file's text, as it is committed to the control hosts.
    pub text: String,
    /// This machine's directory for the cluster.
    pub directory: PathBuf,
    pub selection: Selection,
    /// A plan that was saved earlier: carried out only if it is still what the hosts need.
    pub saved: Option<Plan>,
    pub from_generation: Option<u64>,
    /// The database member whose data shall count after a full outage.
    pub recover_with: Option<HostName>,
    /// Passwords of database accounts that the operator gives.
    pub passwords: BTreeMap<String, Secret>,
    /// Who runs, for others who find the lock taken.
    pub holder: String,
    pub hold: Option<HoldAt>,
    pub events: mpsc::UnboundedSender<Event>,
    pub stop: watch::Receiver<bool>,
}

/// What a run did and how it left the cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub run: String,
    pub directory: PathBuf,
    pub generation: u64,
    pub outcomes: BTreeMap<String, StepOutcome>,
    pub absent: BTreeMap<HostName, Note>,
    pub leftovers: BTreeMap<HostName, Vec<String>>,
    pub health: Health,
    pub round_trips: BTreeMap<HostName, u64>,
    pub elapsed_ms: u64,
    /// The operator declined the plan: nothing was done.
    pub declined: bool,
}

impl Report {
    /// Whether every step got done.
    pub fn complete(&self) -> bool {
        self.outcomes.values().all(|o| matches!(o, StepOutcome::Done { .. }))
    }
}

/// What planning alone found out.
pub struct Planned {
    pub plan: Plan,
    pub generation: u64,
    pub facts: BTreeMap<HostName, Facts>,
}

/// Observes and plans without changing anything.
pub async fn plan_only(options: &ApplyOptions, fleet: &mut Fleet) -> Result<Planned, Error> {
    let observation = observe::facts(&options.cluster, fleet, FACTS_LIMIT, |_| vec![]).await;
    let (state, _) = intended(options, &observation.facts)?;
    let (plan, _) = observe::compare(
        &options.cluster,
        fleet,
        &observation.facts,
        &state.secrets,
        options.recover_with.as_ref(),
        None,
    )
    .await;
    checked(&plan)?;
    Ok(Planned { plan: select(plan, &options.selection), generation: state.generation, facts: observation.facts })
}

/// The state that this run is to bring about, and the new root authority if the cluster is new.
fn intended(
    options: &ApplyOptions,
    facts: &BTreeMap<HostName, Facts>,
) -> Result<(ClusterState, Option<pki::Root>), Error> {
    let memory: Option<Memory> =
        std::fs::read(options.directory.join("memory.json")).ok().and_then(|b| serde_json::from_slice(&b).ok());
    let relation = relate(&options.cluster, &options.text, facts, memory.as_ref(), options.from_generation)?;
    let (mut state, root) = match relation {
        Relation::New => {
            let (secrets, root) = secrets::generate(&options.cluster, OffsetDateTime::now_utc())?;
            let state = ClusterState {
                cluster: options.cluster.name.clone(),
                generation: 1,
                file: options.text.clone(),
                secrets,
            };
            (state, Some(root))
        }
        Relation::Same(state) => (state, None),
        Relation::Next(mut state) => {
            state.generation += 1;
            state.file.clone_from(&options.text);
            (state, None)
        }
    };
    secrets::complete(&options.cluster, &mut state.secrets, &options.passwords);
    Ok((state, root))
}

/// Refuses to found a cluster on hosts that are not ready: a virtual IP that somebody else has, ports that are taken,
/// clocks that disagree. A host that is merely absent does not count: the rest can begin without it.
async fn ready(
    cluster: &Cluster,
    fleet: &mut Fleet,
    clocks: &observe::Observation,
    passwords: &BTreeMap<String, Secret>,
) -> Result<(), Error> {
    let looks = |host: &_| {
        preflight::looks(cluster, host).into_iter().map(|l| secrets::fill_look(l, passwords)).collect::<Vec<_>>()
    };
    let looked = observe::facts(cluster, fleet, FACTS_LIMIT, looks).await;
    let mut findings = preflight::preflight(cluster, &looked.facts, &BTreeMap::new(), &clocks.skew_ms);
    findings.retain(|f| f.severity == preflight::Severity::Error);
    if findings.is_empty() { Ok(()) } else { Err(Error::NotReady(findings)) }
}

fn checked(plan: &Plan) -> Result<(), Error> {
    let flaws = check::check(plan);
    if flaws.is_empty() {
        return Ok(());
    }
    Err(Error::Flawed(flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// Brings the cluster to its file. `confirm` sees the plan before anything is changed.
pub async fn apply(options: ApplyOptions, mut fleet: Fleet, confirm: impl Fn(&Plan) -> bool) -> Result<Report, Error> {
    let begun = Instant::now();
    let journal = Arc::new(Journal::begin(&options.directory, OffsetDateTime::now_utc())?);
    let keepers = keepers(&options.cluster);
    let passwords = &options.passwords;
    let mut observation = observe::facts(&options.cluster, &mut fleet, FACTS_LIMIT, |host| {
        components::external_look(&options.cluster, host)
            .map(|l| secrets::fill_look(l, passwords))
            .into_iter()
            .collect()
    })
    .await;
    for entry in observation.facts.values().flat_map(|f| f.unfinished.clone()) {
        journal.log(&format!("{} was cut off in run {}", entry.step, entry.run));
        let _ = options.events.send(Event::Resumed { entry });
    }
    let (state, root) = intended(&options, &observation.facts)?;
    let known = observation.facts.values().filter_map(|f| f.state.as_ref()).map(|s| s.generation).max();
    let refusals = preflight::external_refusals(&options.cluster, &observation.facts, known == Some(state.generation));
    if root.is_some() {
        ready(&options.cluster, &mut fleet, &observation, passwords).await?;
    } else if !refusals.is_empty() {
        return Err(Error::NotReady(refusals));
    }
    let token = next_token(&observation.facts);

    let acquire = |host: &HostName| LockRequest::Acquire {
        token,
        holder: options.holder.clone(),
        run: journal.run.clone(),
        control: keepers.contains(host),
    };
    let (full, granted_by) = observe::compare(
        &options.cluster,
        &mut fleet,
        &observation.facts,
        &state.secrets,
        options.recover_with.as_ref(),
        Some(&acquire),
    )
    .await;
    if let Err(note) = granted(&keepers, &granted_by) {
        give_back(&fleet.links, &granted_by, token).await;
        return Err(note.into());
    }
    fence(&fleet.links, &granted_by, token).await;
    let keeper = Keeper::start(fleet.links.clone(), keepers.clone(), token);
    let outcome = locked(
        &options,
        &mut fleet,
        &mut observation,
        Locked { state, root, token, keepers, keeper },
        full,
        &journal,
        confirm,
    )
    .await;
    match outcome {
        Ok(mut report) => {
            report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            journal.keep("report.json", &report)?;
            Ok(report)
        }
        Err(error) => {
            release(&fleet.links, token).await;
            Err(error)
        }
    }
}

/// What a run holds once it has the lock.
struct Locked {
    state: ClusterState,
    root: Option<pki::Root>,
    token: u64,
    keepers: Vec<HostName>,
    keeper: Keeper,
}

async fn locked(
    options: &ApplyOptions,
    fleet: &mut Fleet,
    observation: &mut observe::Observation,
    locked: Locked,
    full: Plan,
    journal: &Arc<Journal>,
    confirm: impl Fn(&Plan) -> bool,
) -> Result<Report, Error> {
    let Locked { state, root, token, keepers, keeper } = locked;
    checked(&full)?;
    let leftovers = full.leftovers.clone();
    let mut plan = select(full, &options.selection);
    if let Some(saved) = &options.saved
        && saved.steps != plan.steps
    {
        return Err(Note::new("plan-outdated").into());
    }
    journal.keep("plan.json", &plan)?;

    let mut outcomes = BTreeMap::new();
    let mut gone = BTreeSet::new();
    let mut declined = false;
    if !plan.is_empty() {
        declined = !confirm(&plan);
        if !declined {
            commit(options, fleet, observation, &state, root, &keepers, token).await?;
            let run = Arc::new(Run {
                cluster: options.cluster.clone(),
                links: fleet.links.clone(),
                absent: fleet.absent.clone(),
                secrets: state.secrets.clone(),
                token,
                journal: Arc::clone(journal),
                keeper,
                hold: options.hold.clone(),
                events: options.events.clone(),
                stop: options.stop.clone(),
            });
            for pass in 1..=PASSES {
                let done = execute(Arc::clone(&run), &plan).await;
                let progress = done.values().any(|o| matches!(o, StepOutcome::Done { .. }));
                // Also when a step did nothing but clear the way for what only another look can decide.
                let open = done.values().any(|o| !matches!(o, StepOutcome::Done { .. }))
                    || plan.steps.iter().any(Step::clears_the_way);
                outcomes.extend(done);
                let waited = outcomes.values().any(|o| matches!(o, StepOutcome::Failed(n) if n.code == "step-timeout"));
                if pass == PASSES || !(progress || waited) || !open || *options.stop.borrow() {
                    break;
                }
                // What was refused may have become possible by what was done.
                *observation = observe::facts(&options.cluster, fleet, FACTS_LIMIT, |_| vec![]).await;
                let (again, _) = observe::compare(
                    &options.cluster,
                    fleet,
                    &observation.facts,
                    &state.secrets,
                    options.recover_with.as_ref(),
                    None,
                )
                .await;
                checked(&again)?;
                // What failed on a host that has gone meanwhile stays said: nothing is planned for it any more.
                gone.extend(plan.steps.iter().filter(|s| fleet.absent.contains_key(&s.host)).map(|s| s.id.clone()));
                plan = select(again, &options.selection);
                outcomes.retain(|id, o| {
                    matches!(o, StepOutcome::Done { .. }) || gone.contains(id) || plan.step(id).is_some()
                });
                if plan.is_empty() {
                    break;
                }
            }
        }
    } else {
        // The file may have changed in a way that no host has to change for.
        commit(options, fleet, observation, &state, root, &keepers, token).await?;
    }
    let all_done = outcomes.values().all(|o| matches!(o, StepOutcome::Done { .. }));
    let patience = if all_done && !outcomes.is_empty() { SETTLE } else { SETTLE_BRIEFLY };
    // A part of a plan makes only its own components work: the rest is not waited for.
    let part = options.selection != Selection::default();
    let touched = part.then(|| outcomes.keys().filter_map(|id| id.split('/').next().map(str::to_owned)).collect());
    let health = settle(options, fleet, token, Settle { unchanged: outcomes.is_empty(), patience, touched }).await;
    Ok(Report {
        run: journal.run.clone(),
        directory: journal.directory.clone(),
        generation: state.generation,
        outcomes,
        absent: fleet.absent.clone(),
        leftovers,
        health,
        round_trips: fleet.round_trips(),
        elapsed_ms: 0,
        declined,
    })
}

/// Commits the file and the secrets to the keepers, and remembers the generation here.
async fn commit(
    options: &ApplyOptions,
    fleet: &mut Fleet,
    observation: &observe::Observation,
    state: &ClusterState,
    root: Option<pki::Root>,
    keepers: &[HostName],
    token: u64,
) -> Result<(), Error> {
    if let Some(root) = root {
        // Before any host trusts it: a key that is lost afterwards could not renew the intermediate.
        write_private(&options.directory.join("root-ca.crt"), root.certificate.as_bytes())?;
        write_private(&options.directory.join("root-ca.key"), root.key.expose().as_bytes())?;
    }
    let missing = keepers
        .iter()
        .any(|k| fleet.links.contains_key(k) && observation.facts.get(k).and_then(|f| f.state.as_ref()) != Some(state));
    if missing {
        observe::store(fleet, keepers, token, state).await?;
    }
    if let Some(backup) = &state.secrets.backup {
        // Backups outlive the hosts only with a key that does so too.
        let path = options.directory.join(BACKUP_KEY);
        if std::fs::read(&path).ok().as_deref() != Some(backup.identity.expose().as_bytes()) {
            write_private(&path, backup.identity.expose().as_bytes())?;
        }
    }
    let memory = Memory { generation: state.generation };
    let text = serde_json::to_vec(&memory).unwrap_or_default();
    if std::fs::read(options.directory.join("memory.json")).ok().as_deref() != Some(text.as_slice()) {
        write_private(&options.directory.join("memory.json"), &text)?;
    }
    Ok(())
}

/// What is waited for before a run ends.
struct Settle {
    unchanged: bool,
    patience: Duration,
    /// Only these components; `None` for everything.
    touched: Option<BTreeSet<String>>,
}

/// Sees the cluster work, and gives up the lock with the last look.
async fn settle(options: &ApplyOptions, fleet: &mut Fleet, token: u64, wanted: Settle) -> Health {
    let Settle { unchanged, patience, touched } = wanted;
    let deadline = Instant::now() + patience;
    let mut released = false;
    loop {
        // A run that changed nothing needs a single look: the lock goes with it.
        let finish = unchanged && !released;
        let answers = fleet
            .ask_all(Duration::from_secs(10), |name| {
                let probes = probes(&options.cluster, options.cluster.host(name)?);
                Some(if finish {
                    Request::Finish { probes, lock: LockRequest::Release { token } }
                } else {
                    Request::Probe { probes }
                })
            })
            .await;
        released |= finish && !grants(answers.clone()).is_empty();
        let seen = health_of(&options.cluster, fleet, answers);
        let others_well = seen.hosts.iter().all(|h| !h.reached || h.state == State::Healthy);
        let part_works = touched
            .as_ref()
            .is_some_and(|t| seen.components.iter().filter(|c| t.contains(&c.component)).all(|c| c.healthy == c.total));
        let works = seen.settled(&options.cluster) || (others_well && !fleet.absent.is_empty()) || part_works;
        if works || Instant::now() >= deadline || *options.stop.borrow() {
            if !released {
                release(&fleet.links, token).await;
            }
            return seen;
        }
        tokio::time::sleep(SETTLE_PAUSE).await;
    }
}

/// The health that a round of probes shows.
pub fn health_of(cluster: &Cluster, fleet: &Fleet, answers: BTreeMap<HostName, Result<Reply, Note>>) -> Health {
    let mut reports: BTreeMap<HostName, Vec<ProbeReport>> = BTreeMap::new();
    let mut absent = fleet.absent.clone();
    for (host, answer) in answers {
        match answer {
            Ok(Reply::Probed(seen) | Reply::Finished { reports: seen, .. }) => {
                reports.insert(host, seen);
            }
            Ok(_) => {}
            Err(note) => {
                absent.insert(host, note);
            }
        }
    }
    health(Seen { cluster, reports: &reports, absent: &absent })
}

/// The secrets that the control hosts keep, for an operator who must hand out an account.
pub async fn kept_secrets(cluster: &Cluster, fleet: &mut Fleet) -> Result<ClusterSecrets, Error> {
    let observation = observe::facts(cluster, fleet, FACTS_LIMIT, |_| vec![]).await;
    let newest = observation.facts.into_values().filter_map(|f| f.state).max_by_key(|s| s.generation);
    newest.map(|s| s.secrets).ok_or_else(|| Note::new("state-none").into())
}
