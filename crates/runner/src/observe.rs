//! Looking at the hosts: facts in one round trip, the comparison with the file in a second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use planner::Plan;
use planner::steps::{Observations, plan};
use time::OffsetDateTime;
use wire::state::ClusterSecrets;
use wire::{ClusterState, Facts, LockGrant, LockRequest, Look, Note, Observed, Reply, Request};

use crate::fleet::Fleet;
use crate::{Error, secrets};

/// A host that has not answered by then is treated as lost.
const LIMIT: Duration = Duration::from_secs(60);

/// What one pass over all hosts saw.
pub struct Observation {
    pub facts: BTreeMap<HostName, Facts>,
    /// Clock of each host minus ours, in milliseconds, taken at the middle of the exchange.
    pub skew_ms: BTreeMap<HostName, i64>,
}

/// Asks every connected host for its facts; `more` adds looks of the caller's own.
pub async fn facts(
    cluster: &Cluster,
    fleet: &mut Fleet,
    limit: Duration,
    more: impl Fn(&model::Host) -> Vec<Look>,
) -> Observation {
    let (sent, clock) = (Instant::now(), now_ms());
    let answers = fleet
        .ask_all(limit, |name| {
            let host = cluster.host(name)?;
            let mut looks = planner::desired::looks(cluster, host);
            looks.extend(more(host));
            Some(Request::Facts { looks })
        })
        .await;
    // Looks may take a second, so the middle of the exchange is only a bound; preflight asks for nothing slow.
    let middle = clock + i64::try_from(sent.elapsed().as_millis() / 2).unwrap_or(0);
    let mut observation = Observation { facts: BTreeMap::new(), skew_ms: BTreeMap::new() };
    for (host, answer) in answers {
        match answer {
            Ok(Reply::Facts(facts)) => {
                observation.skew_ms.insert(host.clone(), facts.clock_ms - middle);
                observation.facts.insert(host, *facts);
            }
            Ok(_) => {}
            Err(note) => {
                fleet.links.remove(&host);
                fleet.absent.entry(host).or_insert(note);
            }
        }
    }
    observation
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// Compares every reached host with the file; with `lock`, takes the run lock in the same round trip.
pub async fn compare(
    cluster: &Cluster,
    fleet: &mut Fleet,
    facts: &BTreeMap<HostName, Facts>,
    secrets: &ClusterSecrets,
    recover_with: Option<&HostName>,
    lock: Option<&(dyn Fn(&HostName) -> LockRequest + Sync)>,
) -> (Plan, BTreeMap<HostName, LockGrant>) {
    let parts = planner::desired::parts(cluster, facts, recover_with);
    let wanted = planner::desired::per_host(&parts);
    let answers = fleet
        .ask_all(LIMIT, |host| {
            let resources = wanted.get(host).map(Vec::as_slice).unwrap_or_default();
            Some(Request::Observe {
                resources: resources.iter().map(|r| secrets::fill(r, secrets)).collect(),
                lock: lock.map(|l| l(host)),
            })
        })
        .await;
    let mut observed: BTreeMap<HostName, Vec<Observed>> = BTreeMap::new();
    let mut grants = BTreeMap::new();
    for (host, answer) in answers {
        if let Ok(Reply::Observed { observed: seen, lock }) = answer {
            grants.extend(lock.map(|l| (host.clone(), l)));
            observed.insert(host, seen);
        }
    }
    // A host lost between the two round trips is planned for as absent.
    let facts: BTreeMap<_, _> =
        facts.iter().filter(|(h, _)| observed.contains_key(*h)).map(|(h, f)| (h.clone(), f.clone())).collect();
    let plan = plan(cluster, Observations { facts: &facts, observed: &observed, absent: &fleet.absent, recover_with });
    (plan, grants)
}

/// Puts the cluster's state onto its keepers; a majority must have it before anything is built on it.
pub async fn store(fleet: &mut Fleet, keepers: &[HostName], token: u64, state: &ClusterState) -> Result<(), Error> {
    let answers = fleet
        .ask_all(LIMIT, |host| keepers.contains(host).then(|| Request::Store { token, state: Box::new(state.clone()) }))
        .await;
    let stored = answers.values().filter(|a| matches!(a, Ok(Reply::Stored))).count();
    if stored * 2 > keepers.len() {
        return Ok(());
    }
    let refusal = answers.into_values().find_map(Result::err);
    Err(Error::Noted(
        refusal.unwrap_or_else(|| Note::new("state-no-majority").with("stored", stored).with("keepers", keepers.len())),
    ))
}
