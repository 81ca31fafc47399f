//! Reads against what was known when they were sent. Each wrong read is told once, under the heaviest heading: what
//! nobody sent, what the reader itself had seen, what others had been told.

use std::collections::{HashMap, HashSet};

use components::Capability;
use serde::{Deserialize, Serialize};

use super::writes::Ledger;
use super::{Findings, Repeated, highest};
use crate::history::{Act, History, Operation, Outcome, Value};

/// A read that contradicts what was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misread {
    pub capability: Capability,
    /// The client that read.
    pub reader: u16,
    pub sent: u64,
    /// The host that answered, where it tells.
    pub by: Option<String>,
    /// The value that it should have seen, or saw and should not have.
    pub value: Value,
    /// What it saw of that writer instead: its highest sequence, or 0 for nothing.
    pub saw: u64,
}

pub(super) fn judge(history: &History, ledger: &Ledger<'_>, findings: &mut Findings) {
    let lost: HashSet<Value> = findings.lost.iter().map(|l| l.value).collect();
    let repeated: HashSet<Value> = findings.repeated.iter().map(|r| r.value).collect();
    let mut judge =
        Judge { ledger, lost, repeated, known: HashMap::new(), marks: HashMap::new(), seen: HashSet::new() };
    let mut reads: Vec<&Operation> = history.operations.iter().filter(|o| o.good()).collect();
    reads.sort_by_key(|o| o.sent);
    for read in reads {
        let Some(client) = history.client(read) else { continue };
        match &read.act {
            Act::Highest { about, saw } => {
                for writer in about {
                    judge.highest(client.capability, read, *writer, highest(saw, *writer), findings);
                }
            }
            Act::Times { value, saw } => judge.times(client.capability, read, *value, *saw, findings),
            Act::Write(_) | Act::Probe => {}
        }
    }
}

struct Judge<'l, 'h> {
    ledger: &'l Ledger<'h>,
    /// Told already, as lost: that reads miss them is the same fault.
    lost: HashSet<Value>,
    repeated: HashSet<Value>,
    /// Of each writer: when it was acknowledged that its values reach so far, in the order of time.
    known: HashMap<u16, Vec<(u64, u64)>>,
    /// The highest sequence that a reader has seen of a writer.
    marks: HashMap<(u16, u16), u64>,
    /// Single values that a reader has seen.
    seen: HashSet<(u16, Value)>,
}

impl Judge<'_, '_> {
    fn highest(&mut self, capability: Capability, read: &Operation, writer: u16, saw: u64, findings: &mut Findings) {
        let misread = |sequence| Misread { value: Value { writer, sequence }, saw, ..Misread::of(capability, read) };
        if saw > 0 && !self.could_be(Value { writer, sequence: saw }, read) {
            findings.phantoms.push(misread(saw));
            return;
        }
        let known = self.known_before(writer, read.sent);
        let mark = self.marks.entry((read.client, writer)).or_default();
        if saw < *mark {
            findings.went_back.push(misread(*mark));
        } else if saw < known {
            findings.stale.push(misread(known));
        }
        // From where it fell to, or every later read would be told again.
        *mark = saw;
        if saw > 0 {
            self.seen.insert((read.client, Value { writer, sequence: saw }));
        }
    }

    fn times(&mut self, capability: Capability, read: &Operation, value: Value, saw: u64, findings: &mut Findings) {
        let misread = || Misread { value, saw: 0, ..Misread::of(capability, read) };
        if saw == 0 {
            let write = self.ledger.get(value).filter(|w| w.good() && w.ended < read.sent);
            if self.seen.remove(&(read.client, value)) {
                findings.went_back.push(misread());
            } else if write.is_some() && !self.lost.contains(&value) {
                findings.stale.push(misread());
            }
            return;
        }
        if !self.could_be(value, read) {
            findings.phantoms.push(Misread { saw: value.sequence, ..misread() });
            return;
        }
        self.seen.insert((read.client, value));
        if saw > 1 && self.repeated.insert(value) {
            findings.repeated.push(Repeated { capability, value, times: saw });
        }
    }

    /// Whether the value could be there when the read ended.
    fn could_be(&self, value: Value, read: &Operation) -> bool {
        self.ledger.get(value).is_some_and(|w| w.sent <= read.ended && !matches!(w.outcome, Outcome::Refused(_)))
    }

    /// Up to which sequence a writer's values were acknowledged before this time.
    fn known_before(&mut self, writer: u16, time: u64) -> u64 {
        let known = self.known.entry(writer).or_insert_with(|| {
            let mut ends: Vec<_> = self
                .ledger
                .acknowledged(writer)
                .filter(|(v, _)| !self.lost.contains(v))
                .map(|(v, o)| (o.ended, v.sequence))
                .collect();
            ends.sort_unstable();
            let mut reach = 0;
            for (_, sequence) in &mut ends {
                reach = reach.max(*sequence);
                *sequence = reach;
            }
            ends
        });
        let before = known.partition_point(|(ended, _)| *ended < time);
        before.checked_sub(1).and_then(|last| known.get(last)).map_or(0, |(_, reach)| *reach)
    }
}

impl Misread {
    fn of(capability: Capability, read: &Operation) -> Self {
        let value = Value { writer: 0, sequence: 0 };
        let by = read.by().map(str::to_owned);
        Self { capability, reader: read.client, sent: read.sent, by, value, saw: 0 }
    }
}
