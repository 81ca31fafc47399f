//! How one sees that something works: a function performed, not a port that is open.
//!
//! The same probes serve `status`, the verification after `apply`, the quorum guard and the agent's verdicts.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::external::ExternalServer;
use crate::note::Note;

/// A probe with its name; it runs on the host that the name's component is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The component's identifier, such as `etcd`.
    pub component: String,
    /// What is looked at, unique in its component on its host.
    pub name: String,
    pub kind: ProbeKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProbeKind {
    /// The unit runs.
    Unit { unit: String },
    /// The local member answers a linearizable read, which needs the quorum, and knows exactly these members.
    Etcd { address: SocketAddr, ca: PathBuf, certificate: PathBuf, key: PathBuf, members: Vec<String> },
    /// The local server is a synced member of the primary component, of this many in all.
    Galera { members: usize },
    /// The unit runs, and a member that is in the primary component sees an arbitrator there, as the agents of the members
    /// tell.
    Arbitrator { unit: String, agents: Vec<SocketAddr> },
    /// The local server is the primary of a replicated database, or follows the present one; asked of its agent and of
    /// itself.
    Replication,
    /// The local server, alone, takes writes.
    Mariadb,
    /// An HTTP GET to `address` answers 200 and the body contains the text.
    Http { address: SocketAddr, path: String, contains: String },
    /// The agent on this host answers.
    Agent { address: SocketAddr },
    /// HAProxy answers on its socket.
    HaproxyAlive { socket: PathBuf },
    /// HAProxy's own view over its socket: exactly one server of the backend takes connections.
    HaproxyWriter { socket: PathBuf, backend: String },
    /// HAProxy's own view over its socket: some server of the backend takes connections.
    HaproxyReader { socket: PathBuf, backend: String },
    /// A database that somebody else keeps lets the account log in and takes writes; the file holds the password.
    External { server: ExternalServer, password_file: PathBuf },
    /// A MariaDB server greets at this address.
    SqlGreeting { address: SocketAddr },
    /// The latest backup that was restored for a trial is not older than twice the time between backups.
    Backup { status: PathBuf, interval_s: u64 },
    /// Whether this host holds the address: never a failure, the holders are counted over all hosts.
    Holds { address: IpAddr },
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    pub component: String,
    pub name: String,
    pub ok: bool,
    /// Why not, or what is noteworthy; `None` when all is as it should be.
    pub note: Option<Note>,
    /// Readings for those who look closer, such as `clusterSize` or `leader`.
    #[serde(default)]
    pub readings: BTreeMap<String, String>,
    /// How long the probe took, in milliseconds.
    pub took_ms: u64,
}
