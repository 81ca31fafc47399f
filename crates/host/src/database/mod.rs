//! What the failover protocol's actions do to a host: the gate in front of the server's ports, the virtual IP, the
//! server's process, its replication, and copies of its data. As root.

mod accounts;
mod address;
mod copy;
mod gate;
mod instance;
mod look;
mod netlink;
mod place;
mod server;
mod stale;
mod tasks;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

pub use accounts::{beat, provide};
pub use address::{Vip, announce};
pub use copy::{Donor, Trust, give};
pub use gate::Gate;
pub use look::{Look, look};
pub use place::full;
pub use server::{kill, observe, runs, start, stop};
pub use stale::end_stale;
pub use tasks::Tasks;

/// Directory of everything that must not outlive a boot.
const RUN: &str = "/run/quorate";

/// A database host's own part in the replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// This host.
    pub me: String,
    /// Where each database host is reached by the others.
    pub addresses: BTreeMap<String, IpAddr>,
    /// Where clients reach the server.
    pub port: u16,
    /// Where replicas reach it.
    pub replication_port: u16,
    /// The server's unit.
    pub unit: String,
    pub data_dir: PathBuf,
}

impl Site {
    /// The host with this address.
    pub fn host_at(&self, address: IpAddr) -> Option<&str> {
        self.addresses.iter().find(|(_, a)| **a == address).map(|(host, _)| host.as_str())
    }

    /// The other database hosts' addresses.
    pub fn others(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().filter(|(host, _)| **host != self.me).map(|(_, address)| *address)
    }
}
