//! The checked cluster: what every other crate works with.
//!
//! Values of these types come from [`crate::parse`] only, so every invariant that validation promises
//! (unique names, addresses inside their networks, odd quorums, candidates that have the role) holds here.
//! Defaults that are derived from roles are already filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::availability::{Availabilities, Availability};
use crate::backup::Backup;
use crate::charset::Charset;
use crate::platform::{Platform, Service, Storage};

/// A host's name as the operator wrote it; unique in the cluster and a valid DNS label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(pub String);

impl HostName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for HostName {
    fn from(s: &str) -> Self {
        Self(s.to_owned())
    }
}

/// What a host is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Control plane; a member of etcd where no host has the role etcd.
    Control,
    /// Member of etcd.
    Etcd,
    /// Answers for the platform: applications and console come in here.
    Gateway,
    /// Balances connections to the database.
    Balancer,
    /// Runs workloads.
    Compute,
    /// Keeps shared files.
    Storage,
    /// Builds images.
    Build,
    /// Runs the database server.
    Database,
    /// Serves images, charts, files and packages to the other hosts.
    Bootstrap,
}

impl Role {
    /// Every role, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Control,
        Self::Etcd,
        Self::Gateway,
        Self::Balancer,
        Self::Compute,
        Self::Storage,
        Self::Build,
        Self::Database,
        Self::Bootstrap,
    ];

    /// The role as it is written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Etcd => "etcd",
            Self::Gateway => "gateway",
            Self::Balancer => "balancer",
            Self::Compute => "compute",
            Self::Storage => "storage",
            Self::Build => "build",
            Self::Database => "database",
            Self::Bootstrap => "bootstrap",
        }
    }

    /// The role that is written like this.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// A whole cluster, as one file describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// The cluster's name: the operator types it to confirm a `destroy`.
    pub name: String,
    pub networks: Vec<Network>,
    /// In the order of the file; the order breaks ties (bootstrap owner, VRRP priority), nothing else.
    pub hosts: Vec<Host>,
    pub endpoints: Vec<Endpoint>,
    pub etcd: Etcd,
    pub database: Option<Database>,
    pub storage: Option<Storage>,
    pub platform: Option<Platform>,
    /// What others run or keep, in file order.
    pub services: Vec<Service>,
    pub availability: Availabilities,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    pub name: String,
    pub cidr: IpNet,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub name: HostName,
    /// The address that the other hosts use; inside one of the networks.
    pub address: IpAddr,
    /// The address that the operator and clients outside use, where it differs.
    pub external_address: Option<IpAddr>,
    pub roles: BTreeSet<Role>,
    /// Kind of domain → name, such as rack → a. Hosts that share one may fail together.
    pub failure_domain: BTreeMap<String, String>,
    /// The cluster's settings with the host's own laid over them.
    pub ssh: Ssh,
    /// How often this very host fails, where the file says so.
    pub availability: Option<Availability>,
}

impl Host {
    /// Where the operator's machine connects to.
    pub fn ssh_address(&self) -> IpAddr {
        self.external_address.unwrap_or(self.address)
    }

    /// What tells this host's replicated database server from the others (MariaDB's `server_id`): the last 32 bits of its
    /// address, so that it stays when hosts are added or the file is sorted anew.
    pub fn server_id(&self) -> u32 {
        server_id(self.address)
    }
}

/// See [`Host::server_id`].
pub(crate) fn server_id(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => u32::from(v4),
        IpAddr::V6(v6) => {
            let [.., a, b] = v6.segments();
            u32::from(a) << 16 | u32::from(b)
        }
    }
}

/// How to log in, with nothing left to default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssh {
    pub user: String,
    pub port: u16,
    pub auth: SshAuth,
    /// Whether commands go through `sudo`; `None` when the user is root.
    pub sudo: Option<Sudo>,
    pub bastion: Option<Bastion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SshAuth {
    /// A private key; `~/` means the operator's home directory.
    KeyFile(PathBuf),
    Password(SecretSource),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sudo {
    /// `None`: sudo asks for no password (NOPASSWD).
    pub password: Option<SecretSource>,
}

/// A host that connections go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bastion {
    pub address: String,
    pub user: String,
    pub port: u16,
    pub auth: SshAuth,
}

/// Where a secret comes from; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretSource {
    /// An environment variable of the operator's shell.
    Env(String),
    /// A file on the operator's machine, its first line.
    File(PathBuf),
    /// Ask at the terminal, with this text.
    Prompt(String),
}

/// A stable endpoint: what clients are given instead of a host's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    pub name: String,
    pub kind: EndpointKind,
    /// What connections go through in front of what answers; `None`: the usual (HAProxy in front of the database).
    pub through: Option<Through>,
    /// Ports that clients use; never empty.
    pub ports: Vec<u16>,
    /// Names that every host resolves to this endpoint.
    pub names: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EndpointKind {
    Vip(Vip),
    /// An existing load balancer or address outside Quorate's care.
    External {
        address: String,
    },
    /// A DNS name outside Quorate's care.
    Dns {
        name: String,
    },
    /// The address of one host: a name that clients can keep, and nothing that could take over.
    Host {
        host: HostName,
    },
}

/// A balancer in front of an endpoint's servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Through {
    /// IPVS directors, which hold the virtual IP and spread connections over all gateways.
    Lvs,
    /// MaxScale in front of Galera.
    Maxscale,
    /// HAProxy: what stands in front of Galera anyway, and of a replicated database's primary where it is asked for.
    Haproxy,
}

impl Through {
    /// Every balancer that can be chosen.
    pub const ALL: [Self; 3] = [Self::Lvs, Self::Maxscale, Self::Haproxy];

    /// The balancer as it is written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lvs => "lvs",
            Self::Maxscale => "maxscale",
            Self::Haproxy => "haproxy",
        }
    }

    /// The balancer that is written like this.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vip {
    pub address: IpAddr,
    /// The network that contains the address.
    pub network: String,
    /// Prefix length of that network.
    pub prefix: u8,
    /// 1..=255, unique in the file; chosen from the address when the file names none.
    pub vrid: u8,
    /// Hosts that may hold the address, most preferred first; at least one.
    pub candidates: Vec<HostName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Etcd {
    /// Major and minor version, such as "3.4".
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    pub mode: DatabaseMode,
    /// Databases that applications use, each with its own account.
    pub schemas: Vec<Schema>,
    /// Further accounts, with what each may do; none where somebody else keeps the database.
    pub accounts: Vec<Account>,
    pub backup: Option<Backup>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DatabaseMode {
    /// One MariaDB server on the only host with the role `database`.
    Single,
    /// A Galera cluster on every host with the role `database`, and perhaps an arbitrator elsewhere.
    Galera(Galera),
    /// A primary and one synchronous replica (a third member follows asynchronously), on the two or three hosts with
    /// the role `database`.
    Replication(Replication),
    /// A database that somebody else keeps.
    External { host: String, port: u16, user: String, password_from: Option<SecretSource> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Galera {
    /// Memory for InnoDB's buffer pool, in MiB.
    pub buffer_pool_mib: u32,
    /// Write-set cache on disk, in MiB: how much a member may miss and still rejoin without a full copy.
    pub gcache_mib: u32,
    /// `max_connections` of each server.
    pub max_connections: u32,
    /// The host that has a vote and no data.
    #[serde(default)]
    pub arbitrator: Option<HostName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replication {
    /// Memory for InnoDB's buffer pool, in MiB.
    pub buffer_pool_mib: u32,
    /// `max_connections` of each server, for clients.
    pub max_connections: u32,
    pub timing: Timing,
    pub on_replica_loss: OnReplicaLoss,
    /// How far a replica may be behind that is still read from, in seconds.
    pub max_lag_s: u32,
}

/// How long a primary that fell silent is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Timing {
    /// A lease of five seconds: an election inside etcd does not stop a healthy primary.
    #[default]
    Safe,
    /// A lease of two seconds, for networks and disks that are known to be quick.
    Fast,
}

impl Timing {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Safe, Self::Fast];

    /// The choice as it is written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Fast => "fast",
        }
    }
}

/// What becomes of writes while no synchronous replica is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnReplicaLoss {
    /// They go on after a short pause, and until there is a replica again nobody else may be the primary.
    #[default]
    Degrade,
    /// They wait until there is a replica again: nothing is ever on one host alone.
    Block,
}

impl OnReplicaLoss {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Degrade, Self::Block];

    /// The choice as it is written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Degrade => "degrade",
            Self::Block => "block",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    pub name: String,
    pub charset: Charset,
    /// `None`: the server's own choice for the character set.
    pub collation: Option<String>,
    /// The account that owns it; may do everything inside the schema and nothing outside.
    pub user: String,
    /// `None`: generated once for the cluster.
    pub password_from: Option<SecretSource>,
}

/// An account of the database beside the owners of schemas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub user: String,
    /// `None`: generated once for the cluster.
    pub password_from: Option<SecretSource>,
    /// From where it may log in, as the server matches it; never empty. `%` is anywhere.
    pub hosts: Vec<String>,
    pub grants: Vec<AccountGrant>,
}

/// Privileges of an account on a schema, a table, or the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountGrant {
    /// In upper case; never empty.
    pub privileges: Vec<String>,
    /// `schema.*`, `schema.table` or `*.*`.
    pub on: String,
}

impl Database {
    /// The accounts whose passwords are the cluster's, each with where the operator keeps its password: owners of
    /// schemas, further accounts; or, where somebody else keeps the database, the one that it is used with.
    pub fn logins(&self) -> Vec<(&str, Option<&SecretSource>)> {
        if let DatabaseMode::External { user, password_from, .. } = &self.mode {
            return vec![(user, password_from.as_ref())];
        }
        let owners = self.schemas.iter().map(|s| (s.user.as_str(), s.password_from.as_ref()));
        owners.chain(self.accounts.iter().map(|a| (a.user.as_str(), a.password_from.as_ref()))).collect()
    }
}

impl Cluster {
    /// The host of that name.
    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.iter().find(|h| &h.name == name)
    }

    /// Hosts with the role, in file order.
    pub fn with_role(&self, role: Role) -> Vec<&Host> {
        self.hosts.iter().filter(|h| h.roles.contains(&role)).collect()
    }

    /// Members of etcd: the hosts with the role `etcd`, or the control hosts where none has it.
    pub fn etcd_members(&self) -> Vec<&Host> {
        let named = self.with_role(Role::Etcd);
        if named.is_empty() { self.with_role(Role::Control) } else { named }
    }

    /// Hosts that run a database server.
    pub fn database_members(&self) -> Vec<&Host> {
        match self.database.as_ref().map(|d| &d.mode) {
            Some(DatabaseMode::Single | DatabaseMode::Galera(_) | DatabaseMode::Replication(_)) => {
                self.with_role(Role::Database)
            }
            Some(DatabaseMode::External { .. }) | None => Vec::new(),
        }
    }

    /// The host that has a vote in Galera's group and no data.
    pub fn arbitrator(&self) -> Option<&Host> {
        match self.database.as_ref().map(|d| &d.mode) {
            Some(DatabaseMode::Galera(galera)) => self.host(galera.arbitrator.as_ref()?),
            _ => None,
        }
    }

    /// The endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|e| e.name == name)
    }

    /// The VIP endpoints with their names, in file order.
    pub fn vips(&self) -> impl Iterator<Item = (&Endpoint, &Vip)> {
        self.endpoints.iter().filter_map(|e| match &e.kind {
            EndpointKind::Vip(v) => Some((e, v)),
            EndpointKind::External { .. } | EndpointKind::Dns { .. } | EndpointKind::Host { .. } => None,
        })
    }

    /// The endpoints at whose virtual IPs HAProxy answers for the database. At the address of a replicated database it
    /// does only where it is asked for: otherwise whoever is the primary holds the address.
    pub fn balanced(&self) -> impl Iterator<Item = (&Endpoint, &Vip)> {
        let replicated = matches!(self.database, Some(Database { mode: DatabaseMode::Replication(_), .. }));
        self.vips().filter(move |(e, _)| match (e.name.as_str(), e.through) {
            (DATABASE, through) => through == Some(Through::Haproxy) || (through.is_none() && !replicated),
            (name, _) => name == DATABASE_READ,
        })
    }

    /// Hosts that balance connections to the database by HAProxy: the candidates of [`Self::balanced`].
    pub fn balancers(&self) -> Vec<&Host> {
        let mut seen = BTreeSet::new();
        let candidates = self.balanced().flat_map(|(_, vip)| &vip.candidates);
        candidates.filter(|c| seen.insert(*c)).filter_map(|c| self.host(c)).collect()
    }

    /// Hosts that run the platform's gateway.
    pub fn gateways(&self) -> Vec<&Host> {
        self.with_role(Role::Gateway)
    }
}

/// The endpoint in front of the gateways, and through them of the platform's control plane.
pub const PLATFORM: &str = "platform";
/// The endpoint in front of the control plane, where it has one of its own.
pub const CONTROL: &str = "control";
/// The endpoint in front of the database.
pub const DATABASE: &str = "database";
/// The endpoint in front of a replicated database's replicas, for those who only read.
pub const DATABASE_READ: &str = "database-read";

/// Where clients reach a database server of Quorate's.
pub const DATABASE_PORT: u16 = 3306;
/// Where the replicas reach a replicated database's server, apart from the clients.
pub const REPLICATION_PORT: u16 = 3307;
