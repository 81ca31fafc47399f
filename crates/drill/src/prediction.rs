//! What is promised before a fault is injected. A prediction is a value: once it is made and saved, the drill works from
//! it alone and never asks the rules again.

use components::{Capability, Losses, Rule};
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
}

/// Whether a capability serves while the fault lasts, once failovers are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Promise {
    pub capability: Capability,
    pub serves: bool,
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

/// Until a host that comes back hears its peer. Advertisements come five times a second (keepalived.conf); the rest is
/// for a machine that is busy coming back.
const HEARD_MS: u64 = 3000;

impl Prediction {
    /// What the rules say of a trial. `rules` are those of the cluster; a parameter so that a lie can be told, and caught.
    pub fn new(cluster: &Cluster, rules: &[(Capability, Rule)], trial: Trial) -> Self {
        let lost = Lost::new(cluster, &trial.losses);
        let up = |c: &str, h: &HostName| lost.leaves(c, h);
        let capabilities = rules
            .iter()
            .filter(|(c, _)| EXERCISED.contains(c))
            // Faults come in one moment.
            .map(|(capability, rule)| Promise { capability: *capability, serves: rule.holds(Losses::AtOnce, &up) })
            .collect();
        let holders =
            if trial.may_double_holders() { Holders::TwoUntilHeard { within_ms: HEARD_MS } } else { Holders::One };
        Self { trial, capabilities, holders }
    }

    /// Whether some capability is said to be lost: such a trial is run only on the operator's word.
    pub fn expects_loss(&self) -> bool {
        self.capabilities.iter().any(|p| !p.serves)
    }
}
