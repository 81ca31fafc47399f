//! The cluster file as it is written: every key that exists, nothing checked yet.
//!
//! The JSON Schema for editors comes from these types, so their comments are the operator's documentation.
//! Values stay text or plain numbers here: a wrong one is then a finding with a position of its own, beside all
//! the others, instead of the first error that ends the reading. Positions are lost inside tagged, untagged and
//! flattened types, so alternatives are optional keys of which the checks want exactly one.

mod backup;
mod platform;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::charset::Charset;
use crate::types::{OnReplicaLoss, Role, Through, Timing};
use crate::yaml::At;

pub(crate) use backup::*;
pub(crate) use platform::*;

/// A Quorate cluster file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Cluster")]
pub(crate) struct File {
    /// Version of this format: quorate.dev/v1alpha1.
    #[schemars(extend("const" = "quorate.dev/v1alpha1"))]
    pub api_version: At<String>,
    /// What the file describes: Cluster.
    #[schemars(extend("const" = "Cluster"))]
    pub kind: At<String>,
    /// Names the cluster.
    pub metadata: Metadata,
    /// The cluster itself.
    pub spec: Spec,
}

/// Names the cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Metadata {
    /// The cluster's name: lower-case letters, digits and hyphens. `quorate destroy` asks for it.
    pub name: At<String>,
}

/// The cluster itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Spec {
    /// How to log in to the hosts; a host may override each setting.
    pub ssh: Option<Ssh>,
    /// The networks that the hosts' addresses and the virtual IPs belong to.
    pub networks: At<Vec<Network>>,
    /// The machines. Their order breaks ties (who bootstraps, VRRP priority), nothing else.
    pub hosts: At<Vec<Host>>,
    /// The stable endpoints that clients are given instead of hosts.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Settings of etcd. It runs on the hosts with the role etcd, or on the control hosts where none has it.
    pub etcd: Option<Etcd>,
    /// The database that the platform uses.
    pub database: Option<At<Database>>,
    /// Where shared files are kept.
    pub storage: Option<At<Storage>>,
    /// The platform that runs on the control hosts.
    pub platform: Option<At<Platform>>,
    /// Services that another installer runs on these hosts, or that somebody else keeps. Quorate never deploys them, and
    /// counts on them when it says what is survived.
    #[serde(default)]
    pub services: Vec<Service>,
    /// How often things fail and how long that lasts, where you know better than the defaults.
    pub availability: Option<Availabilities>,
}

/// How to log in to a host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ssh {
    /// Account to log in as; root unless said otherwise.
    pub user: Option<At<String>>,
    /// TCP port of sshd; 22 unless said otherwise.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<At<i64>>,
    /// The private key on this machine; `~/` is the home directory. Default: ~/.ssh/id_ed25519.
    pub key_file: Option<At<String>>,
    /// Where the login password comes from, instead of a key.
    pub password_from: Option<At<SecretSource>>,
    /// How to become root when the user is not root. Default: sudo without a password.
    pub sudo: Option<Sudo>,
    /// A host that connections go through.
    pub bastion: Option<Bastion>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
}

/// How to become root.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Sudo {
    /// Where sudo's password comes from; without it, sudo must ask for none (NOPASSWD).
    pub password_from: Option<At<SecretSource>>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
}

/// A host that connections go through.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Bastion {
    /// Name or address, as this machine reaches it.
    pub address: At<String>,
    /// Account on the bastion; that of the hosts unless said otherwise.
    pub user: Option<At<String>>,
    /// TCP port of its sshd; 22 unless said otherwise.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<At<i64>>,
    /// The private key for the bastion; the hosts' key unless said otherwise.
    pub key_file: Option<At<String>>,
    /// Where the bastion's password comes from, instead of a key.
    pub password_from: Option<At<SecretSource>>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
}

/// A network.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Network {
    /// Name by which endpoints refer to it.
    pub name: At<String>,
    /// Address range, such as 10.88.0.0/24.
    pub cidr: At<String>,
}

/// A machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Host {
    /// The host's name: a DNS label, unique in the cluster.
    pub name: At<String>,
    /// The address that the other hosts use; inside one of the networks.
    pub address: At<String>,
    /// The address that this machine uses, where it differs.
    pub external_address: Option<At<String>>,
    /// What the host is for.
    #[schemars(with = "Vec<Role>", length(min = 1))]
    pub roles: At<Vec<At<String>>>,
    /// What the host shares with others that may fail together: kind → name, such as rack: a.
    #[serde(default)]
    pub failure_domain: BTreeMap<String, At<String>>,
    /// Settings that differ from spec.ssh.
    pub ssh: Option<Ssh>,
    /// How often this host fails and how long that lasts.
    pub availability: Option<Availability>,
}

/// A stable endpoint: exactly one of vip, external, dns and host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["vip"]}, {"required": ["external"]}, {"required": ["dns"]}, {"required": ["host"]}]))]
pub(crate) struct Endpoint {
    /// `platform` stands in front of the gateways, `database` in front of the database, `database-read` in front of a
    /// replicated database's replicas, `control` in front of the control plane where it has an address of its own; others
    /// are yours.
    pub name: At<String>,
    /// A virtual IP that keepalived moves between the candidates; idle, inside one of the networks.
    pub vip: Option<At<String>>,
    /// A load balancer or address that somebody else keeps.
    pub external: Option<At<External>>,
    /// A DNS name that somebody else keeps.
    pub dns: Option<At<DnsName>>,
    /// Name of the one host that answers: clients get a name that they can keep, and nothing takes over.
    pub host: Option<At<String>>,
    /// What connections go through: `lvs` (directors that hold the virtual IP and spread over all gateways), `maxscale`
    /// (in front of Galera) or `haproxy`. Default for database: HAProxy, but with replication nothing, for the primary
    /// holds the virtual IP itself; for database-read: HAProxy.
    #[schemars(with = "Option<Through>")]
    pub through: Option<At<String>>,
    /// VRRP's virtual router ID, unique on the segment. Default: the last octet of the virtual IP.
    #[schemars(range(min = 1, max = 255))]
    pub vrid: Option<At<i64>>,
    /// Name of the virtual IP's network. Default: the one that contains it.
    pub network: Option<At<String>>,
    /// Hosts that may hold the virtual IP, most preferred first. Default for platform: the gateway hosts (the control
    /// hosts where there is no gateway); for database and database-read: the balancer hosts (the database hosts where
    /// there is none, or where the primary holds the address itself); for control: the control hosts; through lvs: the balancer hosts.
    pub candidates: Option<At<Vec<At<String>>>>,
    /// Ports that clients use. Default for platform: 80; for database and database-read: 3306.
    #[schemars(inner(range(min = 1, max = 65535)))]
    pub ports: Option<At<Vec<At<i64>>>>,
    /// DNS names that every host resolves to this endpoint.
    #[serde(default)]
    pub names: Vec<At<String>>,
}

/// A load balancer or address that somebody else keeps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct External {
    /// Its address or name.
    pub address: At<String>,
}

/// A DNS name that somebody else keeps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DnsName {
    /// The name.
    pub name: At<String>,
}

/// Settings of etcd.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Etcd {
    /// Major and minor version: "3.4", which is Debian's own.
    pub version: Option<At<String>>,
}

/// The platform's database: exactly one of single, galera, replication and external.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["single"]}, {"required": ["galera"]}, {"required": ["replication"]}, {"required": ["external"]}]))]
pub(crate) struct Database {
    /// One MariaDB server on the only host with the role database. Survives nothing.
    pub single: Option<At<Single>>,
    /// A Galera cluster on all hosts with the role database: three or more, an odd number; or an even number, also two,
    /// with an arbitrator on a further host.
    pub galera: Option<At<Galera>>,
    /// A database that somebody else keeps.
    pub external: Option<At<ExternalDatabase>>,
    /// A primary with one synchronous replica, on the two or three hosts with the role database: what was acknowledged
    /// is on both, and writes go on after one of them is lost. Fails over with the help of etcd.
    pub replication: Option<At<Replication>>,
    /// Databases that applications use. In an external database, those that are missing are created; their accounts are
    /// its keeper's.
    #[serde(default)]
    pub schemas: Vec<Schema>,
    /// Further accounts that the platform needs, with exactly these privileges. Not for an external database.
    #[serde(default)]
    pub accounts: Vec<At<Account>>,
    /// Backups, on a schedule, with binary logs in between. Not for an external database.
    pub backup: Option<At<Backup>>,
}

/// One MariaDB server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Single {}

/// A primary with one synchronous replica.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Replication {
    /// Memory for InnoDB's buffer pool, in MiB; 256 unless said otherwise. About half of a dedicated host's memory.
    #[schemars(range(min = 32, max = 1_048_576))]
    pub buffer_pool_mib: Option<At<i64>>,
    /// Connections that each server accepts; 500 unless said otherwise.
    #[schemars(range(min = 10, max = 100_000))]
    pub max_connections: Option<At<i64>>,
    /// `safe` (the default): a primary that fell silent is replaced after five seconds. `fast`: after two, for networks
    /// and disks that are known to be quick; an election inside etcd may then stop a healthy primary for a moment.
    #[schemars(with = "Option<Timing>")]
    pub timing: Option<At<String>>,
    /// What becomes of writes while no synchronous replica is left. `degrade` (the default): they go on after a short
    /// pause, and until there is a replica again nobody else may be the primary. `block`: they wait until there is one.
    #[schemars(with = "Option<OnReplicaLoss>")]
    pub on_replica_loss: Option<At<String>>,
    /// Seconds that a replica may be behind and still be read from through the endpoint database-read; 10 unless said
    /// otherwise. A replica of which that is not known is not read from.
    #[schemars(range(min = 1, max = 86_400))]
    pub max_lag_seconds: Option<At<i64>>,
}

/// A Galera cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Galera {
    /// Memory for InnoDB's buffer pool, in MiB; 256 unless said otherwise. About half of a dedicated host's memory.
    #[schemars(range(min = 32, max = 1_048_576))]
    pub buffer_pool_mib: Option<At<i64>>,
    /// Write-set cache on disk, in MiB; 128 unless said otherwise. It is what a member may miss and still rejoin
    /// without a full copy.
    #[schemars(range(min = 16, max = 1_048_576))]
    pub gcache_mib: Option<At<i64>>,
    /// Connections that each server accepts; 500 unless said otherwise.
    #[schemars(range(min = 10, max = 100_000))]
    pub max_connections: Option<At<i64>>,
    /// Name of a host without the role database that has a vote and no data, where the number of database hosts is even.
    /// It belongs into a failure domain of its own: lost together with a database host it takes the majority along.
    pub arbitrator: Option<At<String>>,
}

/// A database that somebody else keeps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExternalDatabase")]
pub(crate) struct ExternalDatabase {
    /// Name or address of the server.
    pub host: At<String>,
    /// TCP port; 3306 unless said otherwise.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<At<i64>>,
    /// Account to connect as.
    pub user: At<String>,
    /// Where its password comes from.
    pub password_from: Option<At<SecretSource>>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
}

/// A database that an application uses, with its own account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Schema {
    /// Name of the database.
    pub name: At<String>,
    /// Its character set; utf8mb4 unless said otherwise.
    #[schemars(with = "Option<Charset>")]
    pub charset: Option<At<String>>,
    /// Its collation, such as utf8mb4_unicode_ci; the server's own choice for the character set unless said otherwise.
    pub collation: Option<At<String>>,
    /// Account that owns it; named like the database unless said otherwise.
    pub user: Option<At<String>>,
    /// Where the account's password comes from; generated once for the cluster unless said otherwise.
    pub password_from: Option<At<SecretSource>>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
}

/// An account of the database, beside the owners of the schemas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Account {
    /// The account's name.
    pub user: At<String>,
    /// Where its password comes from; generated once for the cluster unless said otherwise.
    pub password_from: Option<At<SecretSource>>,
    #[schemars(skip)]
    pub password: Option<At<Hidden>>,
    /// From where it may log in: addresses, names, or patterns of them with %. From anywhere unless said otherwise.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub hosts: Option<At<Vec<At<String>>>>,
    /// What it may do; nothing but log in unless said otherwise.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// Privileges on a schema, a table, or the server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Grant {
    /// SQL privileges, such as SELECT or REPLICATION CLIENT.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub privileges: At<Vec<At<String>>>,
    /// What they are for: schema.*, schema.table, or *.* for the server as a whole.
    pub on: At<String>,
}

/// Something that must not be read further, such as a password: its presence and position are all that is kept.
#[derive(Debug)]
pub(crate) struct Hidden;

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Where a secret comes from: exactly one of env, file and prompt; or the mistake of writing the secret itself.
#[derive(Debug)]
pub(crate) enum SecretSource {
    /// Not a mapping: most likely the secret. Its value is not kept.
    Plain,
    From(SecretFrom),
}

/// Where a secret comes from: exactly one of env, file and prompt.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "SecretSource")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct SecretFrom {
    /// Name of an environment variable.
    pub env: Option<At<String>>,
    /// A file on this machine; its first line is the secret.
    pub file: Option<At<String>>,
    /// Ask at the terminal, with this text.
    pub prompt: Option<At<String>>,
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mapping with one of env, file and prompt")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretSource, A::Error> {
        SecretFrom::deserialize(MapAccessDeserializer::new(map)).map(SecretSource::From)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SecretSource, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(SecretSource::Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }

    fn visit_unit<E>(self) -> Result<SecretSource, E> {
        Ok(SecretSource::Plain)
    }
}

impl JsonSchema for SecretSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        SecretFrom::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SecretFrom::json_schema(generator)
    }
}

/// The part of the file that says what it is: read alone when the rest has another shape, since a file of another
/// format is better told apart by its header than by its first unknown key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    pub api_version: At<String>,
    pub kind: At<String>,
}
