//! The local server, as one look shows it.

use crate::Position;

/// One look at this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    /// The identity of the data directory; `None` before it has one.
    pub data: Option<String>,
    pub server: Server,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Server {
    /// No process.
    #[default]
    Stopped,
    /// A process that does not answer. It may be starting, frozen, or hanging on its disk.
    Silent,
    Up(Box<Up>),
}

/// A server that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Up {
    /// This life as a replica; see [`crate::Member`].
    pub instance: String,
    /// Whether it takes writes from clients (`read_only=0`).
    pub writable: bool,
    /// Whose log it copies; `None` for a primary.
    pub source: Option<Source>,
    /// How far its own log goes: all that it has committed.
    pub written: Position,
    /// Whether commits here wait for an acknowledgement.
    pub semi_primary: bool,
    /// Whether it acknowledges what it receives.
    pub semi_replica: bool,
    /// How many connected replicas acknowledge.
    pub acknowledging: u32,
    /// Commits that wait for an acknowledgement now.
    pub waiting: u32,
    /// Acknowledged commits since it started.
    pub acknowledged: u64,
    /// Whether a write of the agent's own was completed lately; `None` while none was tried.
    pub canary: Option<bool>,
}

/// Where a replica's log comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Source {
    pub host: String,
    /// The receiving thread is connected, or tries to be.
    pub io: bool,
    /// The applying thread runs.
    pub sql: bool,
    /// How far what it received goes.
    pub received: Position,
    /// The source does not have what this server asks for (error 1236): their logs differ, or it was thrown away.
    pub diverged: bool,
}
