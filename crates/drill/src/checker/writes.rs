//! Writes against what is there in the end.

use std::collections::{BTreeMap, BTreeSet};

use components::Capability;
use serde::{Deserialize, Serialize};

use super::{Findings, Unread};
use crate::history::{Copy, Final, History, Operation, Outcome, Value};

/// An acknowledged write that is missing in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    pub capability: Capability,
    pub value: Value,
    /// When the client knew that it was acknowledged.
    pub acknowledged: u64,
    /// The host that acknowledged it.
    pub by: Option<String>,
    /// The copies that lack it: hosts, and `None` for what an application sees.
    pub missing_in: Vec<Option<String>>,
}

/// A value that should not be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    pub capability: Capability,
    pub value: Value,
    /// It was sent, and the client was told that it was surely not done. Otherwise nobody ever sent it.
    pub refused: bool,
}

/// A value that is there more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    pub capability: Capability,
    pub value: Value,
    pub times: u64,
}

/// What became of a capability's writes of which the client did not know whether they were done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guess {
    pub capability: Capability,
    pub written: usize,
    pub not_written: usize,
}

/// All writes by their values.
pub(super) struct Ledger<'h> {
    history: &'h History,
    writes: BTreeMap<Value, &'h Operation>,
}

impl<'h> Ledger<'h> {
    pub fn new(history: &'h History) -> Self {
        let sent = history.operations.iter().filter(|o| o.outcome != Outcome::Unsent);
        Self { history, writes: sent.filter_map(|o| o.written().map(|v| (v, o))).collect() }
    }

    /// The write of a value, if it was sent.
    pub fn get(&self, value: Value) -> Option<&'h Operation> {
        self.writes.get(&value).copied()
    }

    /// Acknowledged writes of one writer.
    pub fn acknowledged(&self, writer: u16) -> impl Iterator<Item = (Value, &'h Operation)> {
        let all = Value { writer, sequence: 0 }..=Value { writer, sequence: u64::MAX };
        self.writes.range(all).map(|(v, o)| (*v, *o)).filter(|(_, o)| o.good())
    }

    pub fn compare(&self, last: &Final, findings: &mut Findings) {
        let capabilities: BTreeSet<Capability> =
            self.writes.values().filter_map(|o| self.history.client(o)).map(|c| c.capability).collect();
        for copy in &last.copies {
            if let Err(reason) = &copy.values {
                findings.unread.push(Unread {
                    capability: copy.capability,
                    host: copy.host.clone(),
                    reason: reason.clone(),
                });
            }
        }
        for capability in capabilities {
            let copies: Vec<_> = last.copies.iter().filter(|c| c.capability == capability).collect();
            if !copies.iter().any(|c| c.host.is_none()) {
                let reason = "it was not read back in the end".to_owned();
                findings.unread.push(Unread { capability, host: None, reason });
            }
            let read: Vec<_> = copies.into_iter().filter_map(Counted::new).collect();
            if !read.is_empty() {
                self.compare_one(capability, &read, findings);
            }
        }
    }

    fn compare_one(&self, capability: Capability, copies: &[Counted<'_>], findings: &mut Findings) {
        let mut guess = Guess { capability, written: 0, not_written: 0 };
        for (value, write) in &self.writes {
            if self.history.client(write).is_none_or(|c| c.capability != capability) {
                continue;
            }
            let lacking = || copies.iter().filter(|c| !c.values.contains_key(value));
            match &write.outcome {
                Outcome::Acknowledged { by } => {
                    let missing_in: Vec<_> = lacking().map(|c| c.host.map(str::to_owned)).collect();
                    if !missing_in.is_empty() {
                        let (value, acknowledged, by) = (*value, write.ended, by.clone());
                        findings.lost.push(Lost { capability, value, acknowledged, by, missing_in });
                    }
                }
                Outcome::Unknown(_) if lacking().count() < copies.len() => guess.written += 1,
                Outcome::Unknown(_) => guess.not_written += 1,
                Outcome::Refused(_) | Outcome::Unsent => {}
            }
        }
        findings.guesses.push(guess);

        let mut there: BTreeMap<Value, u64> = BTreeMap::new();
        for (value, times) in copies.iter().flat_map(|c| &c.values) {
            let most = there.entry(*value).or_default();
            *most = (*most).max(*times);
        }
        for (value, times) in there {
            let write = self.get(value).filter(|w| self.history.client(w).is_some_and(|c| c.capability == capability));
            let refused = write.is_some_and(|w| matches!(w.outcome, Outcome::Refused(_)));
            if write.is_none() || refused {
                findings.strangers.push(Stranger { capability, value, refused });
            }
            if times > 1 {
                findings.repeated.push(Repeated { capability, value, times });
            }
        }
    }
}

/// A copy that could be read.
struct Counted<'c> {
    host: Option<&'c str>,
    values: BTreeMap<Value, u64>,
}

impl<'c> Counted<'c> {
    fn new(copy: &'c Copy) -> Option<Self> {
        let mut values = BTreeMap::new();
        for (value, times) in copy.values.as_ref().ok()? {
            *values.entry(*value).or_default() += times;
        }
        Some(Self { host: copy.host.as_deref(), values })
    }
}
