//! Histories made by hand.

#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // helpers of tests; each test file uses some of them

use components::Capability;
use drill::history::{Act, Client, Copy, Final, History, Kind, Operation, Outcome, Value};

/// The places of the clients in [`history`].
pub const SESSION: u16 = 0;
pub const VISITOR: u16 = 1;
pub const READER: u16 = 2;
pub const PUTTER: u16 = 3;
pub const PAGE: u16 = 4;
pub const MEMBER: u16 = 5;

/// A history of these clients, without operations.
pub fn history() -> History {
    let client = |name: &str, capability, kind, interval| Client {
        name: name.to_owned(),
        capability,
        kind,
        member: None,
        interval,
        patience: 1_000_000,
    };
    let mut clients = vec![
        client("session", Capability::Database, Kind::Write, 20_000),
        client("visitor", Capability::Database, Kind::WriteAnew, 50_000),
        client("reader", Capability::Database, Kind::Read, 20_000),
        client("putter", Capability::Coordination, Kind::Write, 20_000),
        client("page", Capability::Ingress, Kind::Http, 20_000),
        client("member", Capability::Coordination, Kind::Write, 20_000),
    ];
    clients[usize::from(MEMBER)].member = Some("node2".into());
    History { drill: "d".into(), clients, ended: 1_000, ..History::default() }
}

pub fn value(writer: u16, sequence: u64) -> Value {
    Value { writer, sequence }
}

pub fn ok(by: &str) -> Outcome {
    Outcome::Acknowledged { by: Some(by.to_owned()).filter(|b| !b.is_empty()) }
}

pub fn no() -> Outcome {
    Outcome::Refused("no".into())
}

pub fn unknown() -> Outcome {
    Outcome::Unknown("late".into())
}

pub fn write(client: u16, sequence: u64, sent: u64, ended: u64, outcome: Outcome) -> Operation {
    Operation { client, sent, ended, late: 0, act: Act::Write(value(client, sequence)), outcome }
}

pub fn probe(sent: u64, ended: u64, outcome: Outcome) -> Operation {
    Operation { client: PAGE, sent, ended, late: 0, act: Act::Probe, outcome }
}

/// How far the reader saw the values of these writers reach.
pub fn highest(sent: u64, ended: u64, saw: &[(u16, u64)]) -> Operation {
    let about = saw.iter().map(|(writer, _)| *writer).collect();
    let saw = saw.iter().filter(|(_, s)| *s > 0).map(|(w, s)| value(*w, *s)).collect();
    Operation { client: READER, sent, ended, late: 0, act: Act::Highest { about, saw }, outcome: ok("a") }
}

pub fn times(sent: u64, ended: u64, value: Value, saw: u64) -> Operation {
    Operation { client: READER, sent, ended, late: 0, act: Act::Times { value, saw }, outcome: ok("a") }
}

pub fn of(operations: Vec<Operation>) -> History {
    let ended = operations.iter().map(|o| o.ended).max().unwrap_or(0);
    History { operations, ended, ..history() }
}

/// What applications see in the end: of the database these values, of etcd nothing.
pub fn there(values: &[(Value, u64)]) -> Final {
    let copy = |capability, values| Copy { capability, host: None, values: Ok(values) };
    Final { copies: vec![copy(Capability::Database, values.to_vec()), copy(Capability::Coordination, vec![])] }
}

/// Each value of one writer once.
pub fn once(writer: u16, sequences: &[u64]) -> Vec<(Value, u64)> {
    sequences.iter().map(|s| (value(writer, *s), 1)).collect()
}
