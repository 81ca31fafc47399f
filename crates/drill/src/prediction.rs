//! What is promised before a fault is injected. A prediction is a value: once it is made and saved, the drill works from
//! it alone and never asks the rules again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use components::{Capability, Held, Losses, Rule};
use model::{Cluster, HostName};
use serde::{Deserialize, Serialize};
use survival::Lost;

use crate::trial::{EXERCISED, Trial};

/// The promise for one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    pub trial: Trial,
    pub capabilities: Vec<Promise>,
    pub holders: Holders,
    #[serde(default)]
    pub reads: Reads,
}

/// What becomes of a capability while the fault lasts, once failovers are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Promise {
    pub capability: Capability,
    pub expected: Expected,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Expected {
    Serves,
    Lost,
    /// Lost if one of the addresses is held by one of its hosts when the fault comes; otherwise it serves.
    LostIfHeld(Vec<Held>),
    /// It may serve or be lost: that depends on what the hosts did just then, and no rule says who leads.
    Open,
}

/// Address → the hosts that held it.
pub type Holding = BTreeMap<IpAddr, BTreeSet<HostName>>;

impl Expected {
    /// Whether it is to serve, seen who held the addresses when the fault came; `None`: either will do.
    pub fn serves(&self, holding: &Holding) -> Option<bool> {
        match self {
            Self::Serves => Some(true),
            Self::Lost => Some(false),
            Self::LostIfHeld(held) => Some(!held.iter().any(|h| {
                holding.get(&h.address).is_some_and(|holders| h.by.iter().any(|host| holders.contains(host)))
            })),
            Self::Open => None,
        }
    }
}

/// How many hosts may hold a virtual IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holders {
    /// One at every moment, and none while it moves.
    One,
    /// Two, as long as one of them does not hear the other, and for so many milliseconds after that.
    TwoUntilHeard { within_ms: u64 },
}

/// Whether what was acknowledged is read by everybody from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reads {
    #[default]
    Current,
    /// Some may be as of before the fault; they are counted.
    MayBeLate,
}

/// Until a host that comes back hears its peer. Advertisements come five times a second (keepalived.conf); the rest is
/// for a machine that is busy coming back.
const HEARD_MS: u64 = 3000;

impl Prediction {
    /// What the rules say of a trial. `rules` are those of the cluster; a parameter so that a lie can be told, and caught.
    pub fn new(cluster: &Cluster, rules: &[(Capability, Rule)], trial: Trial) -> Self {
        let capabilities = rules
            .iter()
            .filter(|(c, _)| EXERCISED.contains(c))
            .map(|(capability, rule)| Promise {
                capability: *capability,
                expected: expected(cluster, *capability, rule, &trial),
            })
            .collect();
        let holders =
            if trial.may_double_holders() { Holders::TwoUntilHeard { within_ms: HEARD_MS } } else { Holders::One };
        let late = trial.going_on().any(|(host, unit)| components::answers_late(cluster, host, unit));
        let reads = if late { Reads::MayBeLate } else { Reads::Current };
        Self { trial, capabilities, holders, reads }
    }

    /// Whether some capability may be lost: such a trial is run only on the operator's word.
    pub fn expects_loss(&self) -> bool {
        self.capabilities.iter().any(|p| p.expected != Expected::Serves)
    }
}

fn expected(cluster: &Cluster, capability: Capability, rule: &Rule, trial: &Trial) -> Expected {
    let lost = Lost::new(cluster, &trial.losses);
    // Faults come in one moment.
    let holds_with = |losses, lost: &Lost<'_>| rule.holds(losses, &|c, h| lost.leaves(c, h));
    let holds = |lost: &Lost<'_>| holds_with(Losses::AtOnce, lost);
    if !holds(&lost) {
        return if holds_with(Losses::AtOnceAtBest, &lost) { Expected::Open } else { Expected::Lost };
    }
    // A host in neither group reaches both. Where either group could go on with it and only one may, the one that led
    // before goes on, and if it is the near one, the clients are without it.
    if let Some(cut) = &trial.partition {
        let near = beyond(cluster, &cut.far);
        let could_lead = rule.contenders().iter().any(|host| cut.near.contains(host));
        if near.len() > cut.near.len() && could_lead && holds(&Lost::beyond(cluster, &near)) {
            return Expected::Open;
        }
    }
    let captured: Vec<Held> = trial
        .deaf()
        .flat_map(|host| components::kept_by_the_deaf(cluster, host))
        .filter(|(c, _)| *c == capability)
        .map(|(_, held)| held)
        .collect();
    if captured.is_empty() {
        return Expected::Serves;
    }
    // Where something else happens in the same moment, who holds the address before says little of who does then.
    let more = trial.strikes.len() > 1 || trial.partition.is_some();
    if more { Expected::Open } else { Expected::LostIfHeld(captured) }
}

/// All hosts but these.
fn beyond(cluster: &Cluster, hosts: &[HostName]) -> BTreeSet<HostName> {
    cluster.hosts.iter().map(|h| &h.name).filter(|h| !hosts.contains(h)).cloned().collect()
}
