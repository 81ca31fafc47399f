//! Whether what happened is what was predicted. Pure: from a saved prediction and what was observed.

use components::Capability;
use serde::{Deserialize, Serialize};
use wire::Note;

use crate::prediction::{Holders, Holding, Prediction, Reads};

/// How a capability was while the fault lasted, after the time that a failover may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed {
    /// Operations succeeded all the time.
    Served,
    /// No operation succeeded.
    Lost,
    /// Some did, some did not, to the end.
    Unsteady,
    /// Nothing asked it.
    NotAsked,
}

/// What was seen of one capability in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityObservation {
    pub capability: Capability,
    pub observed: Observed,
    /// Milliseconds from the first failed operation to the first good one, of the longest gap. `None`: no gap was seen.
    pub gap_ms: Option<f64>,
    /// How long the outage can have been at most: from the last good operation to the next good one.
    pub gap_at_most_ms: Option<f64>,
}

/// What became of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataObservation {
    pub acknowledged: u64,
    /// Acknowledged and not there afterwards.
    pub lost: Vec<String>,
    /// There, and never sent.
    pub invented: Vec<String>,
    /// There twice.
    pub twice: Vec<String>,
    /// Reads that went back in time, or missed what was acknowledged before they were sent.
    pub back_in_time: Vec<String>,
    /// Two hosts that acknowledged writes at the same time.
    pub two_writers: Vec<String>,
    /// Sent, and nobody knew whether they were written: how many were, and how many were not.
    pub unknown_written: u64,
    pub unknown_not_written: u64,
    /// Copies that were not read back: nothing is known of them.
    #[serde(default)]
    pub unread: Vec<String>,
}

/// Who held the virtual IPs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderObservation {
    pub samples: u64,
    /// The longest time for which two hosts held the same address while they could hear each other, in milliseconds.
    pub two_ms: u64,
    /// The same while they could not.
    pub two_apart_ms: u64,
    /// When the fault came.
    pub at_fault: Holding,
}

/// Everything that was seen of one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    pub capabilities: Vec<CapabilityObservation>,
    pub data: DataObservation,
    pub holders: HolderObservation,
    /// Milliseconds until the cluster was whole again after the fault was undone; `None`: not within the time allowed.
    pub whole_after_ms: Option<u64>,
    /// What was not well when that time was over, and where.
    #[serde(default)]
    pub not_well: Vec<(String, Note)>,
    /// What the drill left behind, in words.
    pub residue: Vec<String>,
}

/// One thing that was not as predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Difference {
    Capability {
        capability: Capability,
        predicted_to_serve: bool,
        observed: Observed,
    },
    /// Asked by clients, and the prediction says nothing of it.
    NotPredicted {
        capability: Capability,
    },
    LostWrites {
        count: usize,
    },
    InventedWrites {
        count: usize,
    },
    DoubledWrites {
        count: usize,
    },
    BackInTime {
        count: usize,
    },
    TwoWriters {
        count: usize,
    },
    TwoHolders {
        ms: u64,
        allowed_ms: u64,
    },
    /// Nothing is known of what is there.
    Unread {
        what: Vec<String>,
    },
    NotWhole {
        what: Vec<(String, Note)>,
    },
    Residue {
        what: Vec<String>,
    },
}

/// Whether a capability was as it was promised; `None` promises one or the other.
pub fn as_promised(serves: Option<bool>, observed: Observed) -> bool {
    match observed {
        Observed::NotAsked => true,
        Observed::Served => serves != Some(false),
        Observed::Lost => serves != Some(true),
        Observed::Unsteady => false,
    }
}

/// Compares; empty: everything was as predicted, and nothing that was acknowledged is missing.
pub fn differences(prediction: &Prediction, observation: &Observation) -> Vec<Difference> {
    let mut found = Vec::new();
    for seen in &observation.capabilities {
        let Some(promise) = prediction.capabilities.iter().find(|p| p.capability == seen.capability) else {
            found.push(Difference::NotPredicted { capability: seen.capability });
            continue;
        };
        let (capability, observed) = (seen.capability, seen.observed);
        let serves = promise.expected.serves(&observation.holders.at_fault);
        if !as_promised(serves, observed) {
            found.push(Difference::Capability { capability, predicted_to_serve: serves.unwrap_or(true), observed });
        }
    }
    let data = &observation.data;
    let late = match prediction.reads {
        Reads::Current => data.back_in_time.len(),
        Reads::MayBeLate => 0,
    };
    let counted = [
        (data.lost.len(), Difference::LostWrites { count: data.lost.len() }),
        (data.invented.len(), Difference::InventedWrites { count: data.invented.len() }),
        (data.twice.len(), Difference::DoubledWrites { count: data.twice.len() }),
        (late, Difference::BackInTime { count: late }),
        (data.two_writers.len(), Difference::TwoWriters { count: data.two_writers.len() }),
    ];
    found.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, difference)| difference));
    if !data.unread.is_empty() {
        found.push(Difference::Unread { what: data.unread.clone() });
    }
    let seen = &observation.holders;
    let (ms, allowed_ms) = match prediction.holders {
        Holders::One => (seen.two_ms.max(seen.two_apart_ms), 0),
        Holders::TwoUntilHeard { within_ms } => (seen.two_ms, within_ms),
    };
    if ms > allowed_ms {
        found.push(Difference::TwoHolders { ms, allowed_ms });
    }
    if observation.whole_after_ms.is_none() {
        found.push(Difference::NotWhole { what: observation.not_well.clone() });
    }
    if !observation.residue.is_empty() {
        found.push(Difference::Residue { what: observation.residue.clone() });
    }
    found
}
