//! What a history proves about the cluster: what was acknowledged and is lost, what is there and should not be, reads
//! that contradict what was known before, two hosts that acknowledged at the same time, and how long nothing served.
//!
//! Pure, and it supposes nothing about the engines. Every verdict here rests on real time alone: an operation took
//! effect at some moment between the time it was sent and the time it ended, by one clock. Where an order cannot be
//! told from that, nothing is claimed.

mod overlap;
mod reads;
mod service;
mod spread;
mod writes;

use components::Capability;
use serde::{Deserialize, Serialize};

use crate::history::{Final, History, Value};

pub use overlap::{HANDOVER, Overlap};
pub use reads::Misread;
pub use service::{Gap, Lag, Service, Tally, tally};
pub use spread::{Spread, percentile};
pub use writes::{Guess, Lost, Repeated, Stranger};

/// Everything that was found. Lists that are empty are what one hopes for; [`Findings::faults`] sums them up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Acknowledged writes that are not there in the end, or not in every copy.
    pub lost: Vec<Lost>,
    /// Values that are there and were never sent, or were refused.
    pub strangers: Vec<Stranger>,
    /// Values that were sent once and are there more than once.
    pub repeated: Vec<Repeated>,
    /// What became of the writes of which nobody knew.
    pub guesses: Vec<Guess>,
    /// Reads that saw less than the same reader had seen before.
    pub went_back: Vec<Misread>,
    /// Reads that missed a write that was acknowledged before they were sent, and is there in the end.
    pub stale: Vec<Misread>,
    /// Reads that saw what nobody had sent by then.
    pub phantoms: Vec<Misread>,
    /// Hosts that acknowledged writes of the database while another one did.
    pub overlaps: Vec<Overlap>,
    /// How each kind of client was served.
    pub services: Vec<Service>,
    /// Clients that could not keep their pace, so that their gaps are known less exactly.
    pub lags: Vec<Lag>,
    /// What was not looked at in the end and so is not known to be there.
    pub unread: Vec<Unread>,
}

/// A place that was not read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    pub capability: Capability,
    /// A host; `None` for what an application sees.
    pub host: Option<String>,
    pub reason: String,
}

/// A kind of contradiction between what clients were told and what is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contradiction {
    Lost,
    Stranger,
    Repeated,
    WentBack,
    Stale,
    Phantom,
    TwoWriters,
}

/// Judges a history by itself and against what is there in the end. Without `last`, as while the workload still runs,
/// nothing is said about writes that were lost, repeated or never sent.
pub fn check(history: &History, last: Option<&Final>) -> Findings {
    let mut findings = Findings { overlaps: overlap::find(history, HANDOVER), ..Findings::default() };
    let ledger = writes::Ledger::new(history);
    if let Some(last) = last {
        ledger.compare(last, &mut findings);
    }
    reads::judge(history, &ledger, &mut findings);
    findings.services = service::all(history);
    findings.lags = service::lags(history);
    findings
}

impl Findings {
    /// Which kinds of contradiction there are. Empty: nothing that a client was told is untrue.
    pub fn faults(&self) -> Vec<Contradiction> {
        [
            (Contradiction::Lost, self.lost.is_empty()),
            (Contradiction::Stranger, self.strangers.is_empty()),
            (Contradiction::Repeated, self.repeated.is_empty()),
            (Contradiction::WentBack, self.went_back.is_empty()),
            (Contradiction::Stale, self.stale.is_empty()),
            (Contradiction::Phantom, self.phantoms.is_empty()),
            (Contradiction::TwoWriters, self.overlaps.is_empty()),
        ]
        .into_iter()
        .filter_map(|(kind, none)| (!none).then_some(kind))
        .collect()
    }

    /// How the clients were served that say whether a capability serves.
    pub fn service(&self, capability: Capability) -> Option<&Service> {
        let kind = crate::history::Kind::of(capability);
        self.services.iter().find(|s| s.capability == capability && s.kind == kind)
    }
}

/// The highest sequences, for lists of values of several writers.
fn highest(values: &[Value], writer: u16) -> u64 {
    values.iter().filter(|v| v.writer == writer).map(|v| v.sequence).max().unwrap_or(0)
}
