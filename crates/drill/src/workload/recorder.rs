//! Where all clients write down what they did, by one clock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use components::Capability;

use super::pace::micros;
use crate::history::{Act, Client, History, Kind, Mark, Operation, Outcome, Value};

pub(super) struct Recorder {
    origin: Instant,
    stop: AtomicBool,
    kept: Mutex<Kept>,
}

struct Kept {
    history: History,
    last_good: BTreeMap<Capability, u64>,
}

impl Recorder {
    pub fn new(drill: &str) -> Self {
        let history = History { drill: drill.to_owned(), ..History::default() };
        Self {
            origin: Instant::now(),
            stop: AtomicBool::new(false),
            kept: Mutex::new(Kept { history, last_good: BTreeMap::new() }),
        }
    }

    pub fn now(&self) -> u64 {
        micros(self.origin.elapsed())
    }

    /// Adds a client; its place in the history.
    pub fn client(&self, client: Client) -> u16 {
        let clients = &mut self.kept().history.clients;
        clients.push(client);
        u16::try_from(clients.len() - 1).unwrap_or(u16::MAX)
    }

    /// Carries out an operation of a client and writes it down; its outcome.
    pub fn run(&self, client: u16, late: u64, work: impl FnOnce() -> (Act, Outcome)) -> Outcome {
        let sent = self.now();
        let (act, outcome) = work();
        self.record(Operation { client, sent, ended: self.now(), late, act, outcome: outcome.clone() });
        outcome
    }

    pub fn record(&self, operation: Operation) {
        let mut kept = self.kept();
        let Kept { history, last_good } = &mut *kept;
        if operation.good()
            && let Some(client) = history.client(&operation)
            && client.member.is_none()
            && client.kind == Kind::of(client.capability)
        {
            let last = last_good.entry(client.capability).or_default();
            *last = (*last).max(operation.sent);
        }
        history.operations.push(operation);
    }

    pub fn mark(&self, what: &str) -> u64 {
        let at = self.now();
        self.kept().history.marks.push(Mark { at, what: what.to_owned() });
        at
    }

    pub fn snapshot(&self) -> History {
        let mut history = self.kept().history.clone();
        history.ended = self.now();
        history.operations.sort_by_key(|o| o.ended);
        history
    }

    pub fn last_good(&self, capability: Capability) -> Option<u64> {
        self.kept().last_good.get(&capability).copied()
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is one push: what a client that panicked left is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The values of one writer: which is next, and which is the highest that was acknowledged, for readers to ask for.
pub(super) struct Values {
    pub writer: u16,
    last: AtomicU64,
    acknowledged: AtomicU64,
}

impl Values {
    pub fn new(writer: u16) -> Self {
        Self { writer, last: AtomicU64::new(0), acknowledged: AtomicU64::new(0) }
    }

    /// A value that was never used.
    pub fn next(&self) -> Value {
        Value { writer: self.writer, sequence: self.last.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    pub fn ended(&self, value: Value, outcome: &Outcome) {
        if matches!(outcome, Outcome::Acknowledged { .. }) {
            self.acknowledged.fetch_max(value.sequence, Ordering::Relaxed);
        }
    }

    pub fn acknowledged(&self) -> Option<Value> {
        let sequence = self.acknowledged.load(Ordering::Relaxed);
        (sequence > 0).then_some(Value { writer: self.writer, sequence })
    }
}
