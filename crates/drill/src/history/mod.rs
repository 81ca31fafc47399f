//! What clients did to the cluster and what came of it: every operation, with the time it was sent and the time it
//! ended. The workload writes it, the checker judges it, the report draws it; it is kept as JSON lines, so that a
//! verdict can be checked again long after the drill.
//!
//! All times are microseconds of one monotonic clock, since the workload's start.

mod lines;

use components::Capability;
use serde::{Deserialize, Serialize};

pub use lines::Damaged;

/// All operations of all clients of one workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The drill's name; it is part of the names of everything that the workload makes in the cluster.
    pub drill: String,
    /// An operation names its client by the place in this list.
    pub clients: Vec<Client>,
    /// In the order in which they ended.
    pub operations: Vec<Operation>,
    /// What the drill did meanwhile, in the order of time.
    pub marks: Vec<Mark>,
    /// How long the workload ran; for a snapshot, up to now.
    pub ended: u64,
}

/// Somebody who uses the cluster, and what of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Such as `session-1`; unique in the history.
    pub name: String,
    pub capability: Capability,
    pub kind: Kind,
    /// The only host that it asks; `None` when it asks as applications do, through the capability's stable endpoint.
    /// Only such clients say whether the capability serves.
    pub member: Option<String>,
    /// Microseconds from one operation to the next, when none is waited for.
    pub interval: u64,
    /// Microseconds after which it gives an operation up.
    pub patience: u64,
}

/// How a client goes about it. Gaps of service are told for each kind by itself: what one that keeps its connection
/// notices of a failover is not what one that connects anew does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Writes one value after the other over a connection that is kept.
    Write,
    /// Writes each value over a connection of its own.
    WriteAnew,
    Read,
    /// Asks for a page, each time over a connection of its own.
    Http,
    /// Opens a connection and closes it.
    Connect,
}

impl Kind {
    /// The kind whose operations say whether a capability serves.
    ///
    /// For the database it is not the one that keeps its connection: after the loss of its server it learns of it only
    /// when its patience ends, so that its gaps measure the client as much as the cluster.
    pub fn of(capability: Capability) -> Self {
        match capability {
            Capability::Database => Self::WriteAnew,
            Capability::Ingress => Self::Http,
            _ => Self::Write,
        }
    }
}

/// One value of one writer: never written twice, also when nobody knows whether it was written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u16, u64)", into = "(u16, u64)")]
pub struct Value {
    /// The client that writes it.
    pub writer: u16,
    /// From 1; a later value of a writer has a higher one.
    pub sequence: u64,
}

impl From<(u16, u64)> for Value {
    fn from((writer, sequence): (u16, u64)) -> Self {
        Self { writer, sequence }
    }
}

impl From<Value> for (u16, u64) {
    fn from(value: Value) -> Self {
        (value.writer, value.sequence)
    }
}

/// One thing that a client asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    #[serde(rename = "c")]
    pub client: u16,
    #[serde(rename = "s")]
    pub sent: u64,
    #[serde(rename = "e")]
    pub ended: u64,
    /// By how much it was sent later than it was due, through the fault of the machine that runs the clients.
    #[serde(rename = "l", default, skip_serializing_if = "is_zero")]
    pub late: u64,
    #[serde(rename = "a")]
    pub act: Act,
    #[serde(rename = "o")]
    pub outcome: Outcome,
}

/// What was asked for, and of a read also what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    #[serde(rename = "w")]
    Write(Value),
    /// The highest value of each writer that there was; a writer of whom there was none is missing. `about` names the
    /// writers that were asked about.
    #[serde(rename = "h")]
    Highest { about: Vec<u16>, saw: Vec<Value> },
    /// How often one value was there.
    #[serde(rename = "t")]
    Times { value: Value, saw: u64 },
    #[serde(rename = "p")]
    Probe,
}

/// What became of it, as far as the client can know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was done. `by` names the host that said so, where it tells.
    #[serde(rename = "ok")]
    Acknowledged { by: Option<String> },
    /// It was surely not done: it never reached a server, or the server said so before it began.
    #[serde(rename = "no")]
    Refused(String),
    /// It was sent, and nobody knows whether it was done.
    #[serde(rename = "unknown")]
    Unknown(String),
    /// It was due, and not sent at all: too many were on their way already. Says nothing about the cluster.
    #[serde(rename = "unsent")]
    Unsent,
}

/// Something that happened while the workload ran, such as a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub at: u64,
    pub what: String,
}

/// What is in the cluster once it is whole again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Final {
    pub copies: Vec<Copy>,
}

/// All values as one place has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    pub capability: Capability,
    /// A host whose own data was read; `None` for what an application sees.
    pub host: Option<String>,
    /// The values, each with how often it is there; or why they could not be read.
    pub values: Result<Vec<(Value, u64)>, String>,
}

impl History {
    /// The client of an operation.
    pub fn client(&self, operation: &Operation) -> Option<&Client> {
        self.clients.get(usize::from(operation.client))
    }

    /// The operations of a capability, with their clients.
    pub fn of(&self, capability: Capability) -> impl Iterator<Item = (&Client, &Operation)> {
        self.operations
            .iter()
            .filter_map(|o| self.client(o).map(|c| (c, o)))
            .filter(move |(c, _)| c.capability == capability)
    }

    /// The operations that say whether a capability serves.
    pub fn speaking(&self, capability: Capability) -> impl Iterator<Item = &Operation> {
        let kind = Kind::of(capability);
        self.of(capability).filter(move |(c, _)| c.member.is_none() && c.kind == kind).map(|(_, operation)| operation)
    }
}

impl Operation {
    /// The value it wrote, if it is a write.
    pub fn written(&self) -> Option<Value> {
        match self.act {
            Act::Write(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it was acknowledged.
    pub fn good(&self) -> bool {
        matches!(self.outcome, Outcome::Acknowledged { .. })
    }

    /// Who acknowledged it.
    pub fn by(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Acknowledged { by } => by.as_deref(),
            _ => None,
        }
    }

    /// Whether it was asked and not done: surely, or as far as the client can know.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_) | Outcome::Unknown(_))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
fn is_zero(number: &u64) -> bool {
    *number == 0
}
