//! Two hosts that acknowledged writes at the same time.
//!
//! That the acknowledgements of two hosts follow one another is what a failover looks like, and the word may come back
//! to the first host later. But a host whose writes stand between two writes of another one, closer together than any
//! handover there and back can be, acknowledged while that one did: either an old primary acknowledged after a new one
//! had begun to, or both did all along.

use std::collections::BTreeMap;

use components::Capability;
use serde::{Deserialize, Serialize};

use crate::history::{History, Operation};

/// Microseconds that no handover to another host and back again is shorter than. The agents hand the word over in
/// seconds; the workload writes each few milliseconds.
pub const HANDOVER: u64 = 1_000_000;

/// Two hosts that both acknowledged writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// In the order of their names.
    pub hosts: (String, String),
    /// From the first such write of either host to the last one.
    pub from: u64,
    pub until: u64,
    /// How many writes stand between those of the other host.
    pub writes: usize,
}

pub(super) fn find(history: &History, handover: u64) -> Vec<Overlap> {
    let mut hosts: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for (_, write) in history.of(Capability::Database).filter(|(_, o)| o.written().is_some()) {
        if let Some(host) = write.by() {
            hosts.entry(host).or_default().push(write);
        }
    }
    let times: Vec<_> = hosts.iter().map(|(host, writes)| (*host, Times::new(writes))).collect();

    let mut found: BTreeMap<(&str, &str), Overlap> = BTreeMap::new();
    for (host, writes) in &hosts {
        for (other, times) in times.iter().filter(|(o, _)| o != host) {
            for write in writes.iter().filter(|w| times.silence_around(w).is_some_and(|s| s < handover)) {
                let pair = (*host.min(other), *host.max(other));
                let overlap = found.entry(pair).or_insert_with(|| Overlap {
                    hosts: (pair.0.to_owned(), pair.1.to_owned()),
                    from: write.sent,
                    until: write.ended,
                    writes: 0,
                });
                overlap.from = overlap.from.min(write.sent);
                overlap.until = overlap.until.max(write.ended);
                overlap.writes += 1;
            }
        }
    }
    found.into_values().collect()
}

/// When a host was sent writes that it acknowledged, and when it did; each in the order of time.
struct Times {
    sent: Vec<u64>,
    ended: Vec<u64>,
}

impl Times {
    fn new(writes: &[&Operation]) -> Self {
        let mut times =
            Self { sent: writes.iter().map(|w| w.sent).collect(), ended: writes.iter().map(|w| w.ended).collect() };
        times.sent.sort_unstable();
        times.ended.sort_unstable();
        times
    }

    /// From the last acknowledgement surely before a write to the first writing surely after it.
    fn silence_around(&self, write: &Operation) -> Option<u64> {
        let before = self.ended.partition_point(|e| *e <= write.sent).checked_sub(1)?;
        let after = self.sent.partition_point(|s| *s < write.ended);
        Some(self.sent.get(after)?.saturating_sub(*self.ended.get(before)?))
    }
}
