//! How long a capability did not serve, as its clients saw it.
//!
//! A gap begins when the first operation that failed was sent, and ends with the first operation that was sent after
//! it and succeeded: what a user waits. Operations are samples; what lay between them is not known, so every gap has
//! bounds:
//!
//! - at most: from the sending of the last good operation before it, which the service saw at that moment or later, to
//!   the same end;
//! - at least: from when the first failed operation should have been served to when the last one was sent. It should
//!   have been served within the time in which 99 of 100 operations of the kind were before any failed; that a failed
//!   one took its client's whole patience says nothing about the service.
//!
//! An outage shorter than the time between two operations may pass unseen, and one that operations lived through by
//! waiting is no gap but shows in the slowest good operation and the longest silence.

use components::Capability;
use serde::{Deserialize, Serialize};

use super::percentile;
use crate::history::{Client, History, Kind, Operation, Outcome};

/// How the clients of one kind were served by a capability's stable endpoint. Times in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub capability: Capability,
    pub kind: Kind,
    pub good: usize,
    pub failed: usize,
    /// From one sample to the next, as the clients meant to take them: what is shorter can pass unseen.
    pub interval: u64,
    /// After which a client gives up.
    pub patience: u64,
    /// 99 of 100 good operations took no longer, before the first one failed.
    pub usual: u64,
    /// The slowest good operation.
    pub slowest: u64,
    /// The longest time between two successes.
    pub silence: u64,
    pub gaps: Vec<Gap>,
    /// The sum of all gaps.
    pub total: u64,
}

/// A time without service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    pub start: u64,
    /// `None`: it lasted until the history ended.
    pub end: Option<u64>,
    pub observed: u64,
    pub at_least: u64,
    pub at_most: u64,
    /// Operations that failed in it.
    pub failed: usize,
}

/// A client that was later than its own interval, or left operations out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    pub client: u16,
    pub operations: usize,
    /// Operations that were sent late by more than the interval.
    pub late: usize,
    /// By how much the latest one was.
    pub worst: u64,
    /// Operations that were due and not sent.
    pub unsent: usize,
}

impl Service {
    /// The longest gap.
    pub fn longest(&self) -> Option<&Gap> {
        self.gaps.iter().max_by_key(|g| g.observed)
    }

    /// The longest gap that lasted at this time or began after it: what a fault at that time caused.
    pub fn longest_since(&self, time: u64) -> Option<&Gap> {
        self.gaps.iter().filter(|g| g.end.is_none_or(|e| e > time)).max_by_key(|g| g.observed)
    }
}

/// What became of the operations that say whether a capability serves, in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub good: usize,
    pub failed: usize,
}

/// Counts the operations that were sent from `from` on and before `until`, by the clients that say whether the
/// capability serves. One that succeeded only after `until` is none of them: it may have waited for what came then. Both
/// numbers 0: nothing asked it.
///
/// What was asked while a question waited that failed in the end, and failed too, met the same silence and counts with it
/// as one: clients ask again before they know, so one moment of silence is always several questions. Refusals come at once
/// and count each.
pub fn tally(history: &History, capability: Capability, from: u64, until: u64) -> Tally {
    let (good, mut failed): (Vec<_>, Vec<_>) = history
        .speaking(capability)
        .filter(|o| (from..until).contains(&o.sent))
        .filter(|o| o.failed() || (o.good() && o.ended < until))
        .partition(|o| o.good());
    failed.sort_by_key(|o| o.sent);
    let (mut silences, mut over) = (0, None);
    for operation in failed {
        if over.is_none_or(|over| operation.sent >= over) {
            silences += 1;
            over = Some(operation.ended);
        }
    }
    Tally { good: good.len(), failed: silences }
}

pub(super) fn all(history: &History) -> Vec<Service> {
    let mut kinds: Vec<_> =
        history.clients.iter().filter(|c| c.member.is_none()).map(|c| (c.capability, c.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(|(capability, kind)| one(history, capability, kind)).collect()
}

fn one(history: &History, capability: Capability, kind: Kind) -> Service {
    let belongs = |c: &Client| c.capability == capability && c.kind == kind && c.member.is_none();
    let mut operations: Vec<&Operation> =
        history.of(capability).filter(|(c, o)| belongs(c) && o.outcome != Outcome::Unsent).map(|(_, o)| o).collect();
    operations.sort_by_key(|o| (o.sent, o.ended));

    let clients = || history.clients.iter().filter(|c| belongs(c));
    let good: Vec<&Operation> = operations.iter().copied().filter(|o| o.good()).collect();
    let took: Vec<u64> = good.iter().map(|o| o.ended.saturating_sub(o.sent)).collect();
    // Those that waited for the end of an outage say nothing about what is usual.
    let first_failed = operations.iter().find(|o| o.failed()).map_or(u64::MAX, |o| o.sent);
    let before: Vec<u64> =
        good.iter().filter(|o| o.ended <= first_failed).map(|o| o.ended.saturating_sub(o.sent)).collect();
    let usual = percentile(if before.is_empty() { &took } else { &before }, 99).unwrap_or(0);
    let mut ends: Vec<u64> = good.iter().map(|o| o.ended).collect();
    ends.sort_unstable();
    let gaps = gaps(&operations, usual, history.ended);
    // A gap that is still open is a silence too.
    let open = gaps
        .iter()
        .filter(|g| g.end.is_none())
        .map(|_| history.ended.saturating_sub(ends.last().copied().unwrap_or(0)))
        .max();
    Service {
        capability,
        kind,
        good: good.len(),
        failed: operations.len() - good.len(),
        interval: clients().map(|c| c.interval).min().unwrap_or(0) / clients().count().max(1) as u64,
        patience: clients().map(|c| c.patience).max().unwrap_or(0),
        usual,
        slowest: took.into_iter().max().unwrap_or(0),
        silence: ends.windows(2).map(|w| w[1] - w[0]).chain(open).max().unwrap_or(0),
        total: gaps.iter().map(|g| g.observed).sum(),
        gaps,
    }
}

/// The gaps in operations that are sorted by the time of sending.
fn gaps(operations: &[&Operation], usual: u64, until: u64) -> Vec<Gap> {
    // For each place: when the earliest success ends among the operations from there on.
    let mut next_good = vec![None; operations.len() + 1];
    for (index, operation) in operations.iter().enumerate().rev() {
        let later: Option<u64> = next_good[index + 1];
        let own = operation.good().then_some(operation.ended);
        next_good[index] = own.into_iter().chain(later).min();
    }
    let mut gaps: Vec<Gap> = Vec::new();
    let mut last_good = 0;
    let mut index = 0;
    while let Some(first) = operations.get(index) {
        if !first.failed() {
            last_good = last_good.max(first.sent);
            index += 1;
            continue;
        }
        let end = next_good[index];
        let within = operations[index + 1..].iter().take_while(|o| end.is_none_or(|e| o.sent < e));
        let (mut failed, mut last_failed, mut last_seen) = (1, first.sent, last_good);
        index += 1;
        for operation in within {
            index += 1;
            if operation.failed() {
                (failed, last_failed) = (failed + 1, operation.sent);
            } else {
                last_seen = last_seen.max(operation.sent);
            }
        }
        let last = end.unwrap_or(until).max(first.sent);
        let noticed = first.ended.min(first.sent.saturating_add(usual));
        gaps.push(Gap {
            start: first.sent,
            end,
            observed: last - first.sent,
            at_least: last_failed.saturating_sub(noticed),
            at_most: last - last_good.min(first.sent),
            failed,
        });
        last_good = last_seen;
    }
    gaps
}

pub(super) fn lags(history: &History) -> Vec<Lag> {
    let mut lags: Vec<Lag> = (0..history.clients.len())
        .map(|c| Lag { client: u16::try_from(c).unwrap_or(u16::MAX), operations: 0, late: 0, worst: 0, unsent: 0 })
        .collect();
    for operation in &history.operations {
        let place = usize::from(operation.client);
        if let (Some(client), Some(lag)) = (history.clients.get(place), lags.get_mut(place)) {
            lag.operations += 1;
            lag.late += usize::from(operation.late > client.interval);
            lag.worst = lag.worst.max(operation.late);
            lag.unsent += usize::from(operation.outcome == Outcome::Unsent);
        }
    }
    lags.retain(|l| l.late > 0 || l.unsent > 0);
    lags
}
