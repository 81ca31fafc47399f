//! What a host is, as its helper reports it in one go.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::external::{ExternalFacts, ExternalServer, ExternalTrouble};
use crate::lock::LockHolder;
use crate::replication::Status;
use crate::state::{ClusterState, JournalEntry};

/// A host as observed. Times are the host's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub protocol: u32,
    pub hostname: String,
    pub machine_id: String,
    pub boot_id: String,
    /// `ID` and `VERSION_ID` of /etc/os-release, such as `debian` and `12`.
    pub os: String,
    pub os_version: String,
    pub kernel: String,
    /// MiB.
    pub memory_mib: u64,
    /// MiB free on the filesystem of /var/lib.
    pub disk_free_mib: u64,
    /// Milliseconds since 1970 by the host's clock.
    pub clock_ms: i64,
    pub interfaces: Vec<Interface>,
    /// `enforcing`, `permissive`, `disabled` or empty where there is none.
    pub selinux: String,
    /// Names of active firewalls: `nftables`, `firewalld`, `ufw`, `iptables`.
    pub firewalls: Vec<String>,
    /// TCP ports that something listens on → the process' name. A wildcard address is shown as such.
    pub listening: Vec<Listening>,
    pub root: bool,
    /// Whether systemd is the host's init.
    pub systemd: bool,
    /// Answers to the looks that the request asked for, by their key.
    pub looks: BTreeMap<String, Looked>,
    /// The cluster that this host belongs to, by its ownership manifest.
    pub cluster: Option<String>,
    /// What the manifest says Quorate made: resource keys.
    pub owned: Vec<String>,
    /// Of the units among them, those that Quorate has seen come up at least once.
    #[serde(default)]
    pub came_up: Vec<String>,
    /// The cluster's state as this host keeps it (control hosts only).
    pub state: Option<ClusterState>,
    pub lock: Option<LockHolder>,
    /// Highest fencing token this host has seen.
    pub token: u64,
    /// Steps whose intent was written and whose result was not.
    pub unfinished: Vec<JournalEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub name: String,
    /// Addresses with their prefix lengths.
    pub addresses: Vec<(IpAddr, u8)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    pub address: IpAddr,
    pub port: u16,
    /// Empty when it could not be found out.
    pub process: String,
}

/// One thing that a component wants to know of a host before it can say what the host must look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Look {
    /// A unit's state.
    Unit(String),
    /// A small text file's content.
    File(PathBuf),
    /// Whether a path exists.
    Exists(PathBuf),
    /// Which of these distribution packages are installed, in which version.
    Packages(Vec<String>),
    /// Galera's position: from the running server, or from the files of a stopped one.
    Galera,
    /// Where a member of a replicated database stands, by its files and by its agent.
    Replication,
    /// The members that the local etcd knows, read over its client port.
    EtcdMembers { address: std::net::SocketAddr, ca: PathBuf, certificate: PathBuf, key: PathBuf },
    /// Whether anything on the segment answers for an address (asked by ARP), from this interface's network.
    Answers(IpAddr),
    /// VRRP router identifiers heard on the segment within a little more than a second.
    Vrids,
    /// A database that somebody else keeps, as it is seen from this host, and these schemas in it.
    External { server: ExternalServer, schemas: Vec<String> },
}

impl Look {
    /// The key under which [`Facts::looks`] holds the answer.
    pub fn key(&self) -> String {
        match self {
            Self::Unit(name) => format!("unit:{name}"),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Exists(path) => format!("exists:{}", path.display()),
            Self::Packages(names) => format!("packages:{}", names.join(",")),
            Self::Galera => "galera".to_owned(),
            Self::Replication => "replication".to_owned(),
            Self::EtcdMembers { address, .. } => format!("etcdMembers:{address}"),
            Self::Answers(address) => format!("answers:{address}"),
            Self::Vrids => "vrids".to_owned(),
            Self::External { server, .. } => format!("external:{}", server.place()),
        }
    }
}

/// What a look saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Looked {
    Unit(UnitFacts),
    /// `None`: there is no such file.
    File(Option<String>),
    Exists(bool),
    /// Name → version.
    Packages(BTreeMap<String, String>),
    Galera(GaleraPosition),
    Replication(Box<ReplicaFacts>),
    /// Name → client URLs, empty for a member that never started. `Err` text when nobody answered.
    EtcdMembers(Result<Vec<EtcdMember>, String>),
    /// The hardware address that answered.
    Answers(Option<String>),
    Vrids(Vec<u8>),
    External(Result<Box<ExternalFacts>, ExternalTrouble>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFacts {
    pub exists: bool,
    pub enabled: bool,
    /// systemd's ActiveState.
    pub active: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EtcdMember {
    pub id: String,
    pub name: String,
    pub peer_urls: Vec<String>,
    pub client_urls: Vec<String>,
}

/// Where a Galera member stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaleraPosition {
    /// The server runs and answers.
    pub running: bool,
    /// The unit is active or activating (a member that waits for its peers answers nothing yet).
    pub unit_active: bool,
    /// It is in a primary component.
    pub primary: bool,
    pub cluster_size: usize,
    /// Cluster UUID; `None` when the directory has never been a member.
    pub uuid: Option<String>,
    /// Last committed transaction; `None` when only a recovery run can tell.
    pub seqno: Option<i64>,
    /// The data directory holds a database at all.
    pub initialised: bool,
    /// It has been part of a primary component at least once: its data are a cluster's.
    pub formed: bool,
    /// Databases of somebody's own beside the server's: data that a founding must not overwrite.
    pub foreign_schemas: Vec<String>,
    /// How long the unit has been starting without coming up, in milliseconds: it waits for its peers.
    pub waiting_ms: u64,
}

/// Where a member of a replicated database stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaFacts {
    /// The data directory belongs to a replicated database that has been open: it was founded here, or follows it.
    pub data: bool,
    /// Databases of somebody's own beside the server's: data that must not be thrown away.
    pub foreign_schemas: Vec<String>,
    /// What the agent says; `None`: it does not answer.
    pub agent: Option<Status>,
}
