//! What the agent is told: the very probes that `status` uses, under the names of the verdicts.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde::{Deserialize, Serialize};
use wire::Probe;

use crate::Error;
use crate::replication::Replication;

/// The agent's configuration, as the component `agent` renders it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// This host's name.
    pub host: String,
    /// Where the agents, load balancers and operators of other hosts reach it; the loopback address is added.
    pub listen: SocketAddr,
    /// The local database's probe; empty where there is none.
    #[serde(default)]
    pub database: Vec<Probe>,
    /// The hosts among which one writer is agreed on, those first in the list sooner; empty without a group.
    #[serde(default)]
    pub writers: Vec<Candidate>,
    /// This host's part in a replicated database; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    #[serde(default)]
    pub gateway: Vec<Probe>,
    #[serde(default)]
    pub balancer: Vec<Probe>,
    /// Everything else that runs here, for the metrics that alerts rest on.
    #[serde(default)]
    pub others: Vec<Probe>,
}

/// A host whose database may become the writer, and the address under which Galera knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub name: String,
    pub address: IpAddr,
}

impl Config {
    /// Reads the configuration.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        serde_json::from_slice(&bytes).map_err(|source| Error::Damaged { path: path.to_owned(), source })
    }
}
