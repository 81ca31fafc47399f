//! What the helper and the operator's program ask of a database host's agent over its own socket, [`AGENT_SOCKET`]: one
//! JSON line there, one JSON line back.

use serde::{Deserialize, Serialize};

use crate::note::Note;

/// Where the agent of a replicated database listens; for root alone.
pub const AGENT_SOCKET: &str = "/run/quorate/agent.sock";
/// The role in which the agent starts the server, as the unit's environment. Without it nobody starts the server.
pub const ROLE_FILE: &str = "/run/quorate/mariadb-role.env";
/// Tells the agent of exactly one host that it founds the database: every host was looked at, and none has one.
pub const FOUND_FLAG: &str = "/run/quorate/database-found";
/// In the data directory: the identity of the data, written by the agent.
pub const DATA_FILE: &str = "quorate-data";
/// The agent's table of the packet filter: the gate in front of the server's ports.
pub const GATE: &str = "quorate_database";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    /// How the database is seen from this host.
    Status {},
    /// Hand the lead over: to this host, or to the synchronous one. Answered when it was accepted, not when it is done.
    Switchover { to: Option<String> },
    /// Let this host become primary although acknowledged writes may be missing here.
    Force {},
    /// Throw this host's data away and copy the primary's.
    Rebuild {},
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Told {
    Status(Box<Status>),
    /// The order was taken.
    Accepted,
    Refused(Note),
}

/// How the database is seen from a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    pub host: String,
    pub standing: Standing,
    /// The code of what it waits for or why it shuts itself off.
    pub why: Option<String>,
    /// Writes are acknowledged by this host alone. Only of a primary.
    pub asynchronous: bool,
    /// Whether etcd was read lately.
    pub coordinated: bool,
    /// Who holds the leader key now.
    pub leader: Option<String>,
    /// What etcd keeps of the database; `None`: it was never founded.
    pub record: Option<Kept>,
    /// The local server, as it was last seen.
    pub server: Server,
}

/// What a host is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nothing was read from etcd yet.
    #[default]
    Starting,
    Following,
    Promoting,
    Primary,
    HandingOver,
    Fencing,
}

/// The part of etcd's record that others need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    pub epoch: u64,
    pub primary: String,
    /// Hosts of which one is sure to have whatever was acknowledged; empty: the primary alone has it.
    pub sync: Vec<String>,
}

/// The local server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Server {
    /// It answers.
    pub up: bool,
    /// This life of it as a replica.
    pub instance: String,
    pub writable: bool,
    /// Whose log it receives.
    pub source: Option<String>,
    /// It is receiving.
    pub io: bool,
    /// It applies what it received.
    pub sql: bool,
    /// Its own log's end, as MariaDB writes it.
    pub position: String,
    /// How far what it received goes.
    pub received: String,
    /// Milliseconds by which it is behind, where that is known.
    pub lag_ms: Option<u64>,
}
