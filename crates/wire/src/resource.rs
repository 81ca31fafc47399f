//! What a host must look like, piece by piece.
//!
//! A resource is observed, compared and, where it differs, changed by the helper. The comparison holds nothing
//! volatile: applying a resource to its own result changes nothing.

use std::path::PathBuf;

use secret::Secret;
use serde::{Deserialize, Serialize};

use crate::external::ExternalServer;
use crate::probe::Probe;

/// One piece of a host's desired state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Resource {
    /// A distribution package, any version.
    Package {
        name: String,
    },
    /// A system account without login.
    User {
        name: String,
    },
    Directory {
        path: PathBuf,
        owner: String,
        group: String,
        mode: u32,
    },
    /// A whole file. `touches` names the units that must take up a change.
    File {
        path: PathBuf,
        content: String,
        owner: String,
        group: String,
        mode: u32,
        touches: Vec<Touch>,
    },
    /// A file that holds a secret, which programs on the host read.
    SecretFile {
        path: PathBuf,
        owner: String,
        group: String,
        mode: u32,
        /// The name among the cluster's secrets.
        secret: String,
        /// The whole file, with [`SECRET`] in the secret's place; `None`: it is the secret and nothing else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        around: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        touches: Vec<Touch>,
        /// Filled in on the way to a host; never part of a plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Secret>,
    },
    /// What a host that makes backups must know and nobody else may read, as JSON
    /// ([`crate::backup::Credentials`]); root only.
    BackupCredentials {
        path: PathBuf,
        /// Filled in on the way to a host; never part of a plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credentials: Option<crate::backup::Credentials>,
    },
    /// A marked block inside a file that others write too, such as `/etc/hosts`.
    Block {
        path: PathBuf,
        marker: String,
        content: String,
    },
    /// A kernel setting's live value; the file that keeps it over a reboot is a [`Resource::File`].
    Sysctl {
        key: String,
        value: String,
    },
    /// A private key and a certificate chain, issued by the cluster's intermediate authority.
    /// Renewed when it is missing, damaged, names other subjects, or has less than a third of its life left.
    Certificate(Certificate),
    /// The program itself, for units to run: [`crate::PROGRAM`], a copy of the running helper.
    Program {
        touches: Vec<Touch>,
    },
    /// Whether a unit is enabled and runs.
    Unit {
        name: String,
        enabled: bool,
        active: bool,
    },
    /// A unit that the agent starts and stops, each time in a role: never at boot, never by systemd itself. What must be is
    /// that it does not start at boot, that it runs, and that it runs with what its files say; a restart is asked of the
    /// agent, after the lead was handed over where it is here.
    Piloted {
        unit: String,
        /// The address, with its prefix length, that the agent puts on an interface; taken back with the unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A file under `/run` that tells the next start of a unit something once. Always written, never drift.
    Flag {
        path: PathBuf,
        content: String,
    },
    /// Ends a unit at once, without its consent. Only for servers that wait for peers and hold no data open: such a
    /// MariaDB ignores every polite request.
    Kill {
        unit: String,
    },
    /// Seeds a pristine MariaDB as a member of a new Galera cluster: it knows the cluster's identity and all its
    /// members before it first starts, and works only once all of them are connected.
    GaleraSeed {
        /// This host.
        member: String,
        /// Every member, this host included.
        members: Vec<String>,
        /// Filled in by the operator's program, once per run, the same for all members; never part of a plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<GaleraSeed>,
    },
    /// Lets a stopped member of a Galera cluster lead its recovery. Galera remembers who left last and refuses any
    /// other, also where all have the same position or where nobody left in order; the plan has compared positions.
    GaleraLead {
        /// This host.
        member: String,
    },
    /// A database (schema) with its character set.
    SqlSchema {
        name: String,
        charset: String,
        /// `None`: the server's own choice.
        collation: Option<String>,
    },
    /// The same on a server that somebody else keeps: made where it is missing, never changed.
    ExternalSchema {
        server: ExternalServer,
        name: String,
        charset: String,
        collation: Option<String>,
    },
    /// A database account and exactly these privileges.
    SqlAccount {
        user: String,
        host: String,
        auth: SqlAuth,
        grants: Vec<Grant>,
    },
    /// The table in which Galera's members agree on one writer, with its only row.
    SqlWriterTable,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Directory and stem: `<dir>/<name>.crt`, `<dir>/<name>.key`, and the root as `<dir>/ca.crt`.
    pub dir: PathBuf,
    pub name: String,
    pub owner: String,
    pub common_name: String,
    /// DNS names and IP addresses.
    pub subjects: Vec<String>,
    pub touches: Vec<Touch>,
    /// Filled in by the operator's program when the plan is carried out; never part of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Issued>,
    /// The root that the chain must end in, PEM.
    #[serde(default)]
    pub root: String,
}

/// Fresh identities of a Galera cluster and its members, as UUIDs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaleraSeed {
    pub cluster: String,
    pub members: std::collections::BTreeMap<String, String>,
}

/// A certificate on its way to a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// Leaf first, then the intermediate, PEM.
    pub chain: String,
    pub key: Secret,
}

/// A unit that uses a file, and what it needs to take up a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Touch {
    pub unit: String,
    pub effect: UnitEffect,
}

/// What brings a change into a running unit, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnitEffect {
    Reload,
    Restart,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SqlAuth {
    /// The operating system's account of the same name, over the local socket.
    Socket,
    /// The password of that name among the cluster's secrets; the value is filled in on the way to a host and is
    /// never part of a plan.
    Password {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Secret>,
    },
}

/// Privileges on one schema's tables, or on the server (`on` = `*.*`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// SQL privilege list, such as `SELECT, INSERT`.
    pub privileges: String,
    /// `schema.*` or `schema.table` or `*.*`.
    pub on: String,
}

/// Stands where a secret comes in [`Resource::SecretFile`].
pub const SECRET: &str = "@SECRET@";

impl Resource {
    /// What identifies the resource on its host, such as `file:/etc/hosts`.
    pub fn key(&self) -> String {
        match self {
            Self::Package { name } => format!("package:{name}"),
            Self::User { name } => format!("user:{name}"),
            Self::Directory { path, .. } => format!("directory:{}", path.display()),
            Self::File { path, .. } => format!("file:{}", path.display()),
            Self::BackupCredentials { path, .. } => format!("file:{}", path.display()),
            Self::Block { path, marker, .. } => format!("block:{}:{marker}", path.display()),
            Self::Sysctl { key, .. } => format!("sysctl:{key}"),
            Self::Certificate(c) => format!("certificate:{}", c.dir.join(&c.name).display()),
            Self::Program { .. } => format!("program:{}", crate::PROGRAM),
            Self::Unit { name, .. } | Self::Piloted { unit: name, .. } => format!("unit:{name}"),
            Self::Flag { path, .. } => format!("flag:{}", path.display()),
            Self::Kill { unit } => format!("kill:{unit}"),
            Self::GaleraSeed { member, .. } => format!("galeraSeed:{member}"),
            Self::GaleraLead { member } => format!("galeraLead:{member}"),
            Self::SecretFile { path, .. } => format!("file:{}", path.display()),
            Self::SqlSchema { name, .. } => format!("schema:{name}"),
            Self::ExternalSchema { server, name, .. } => format!("schema:{name}@{}", server.place()),
            Self::SqlAccount { user, host, .. } => format!("account:{user}@{host}"),
            Self::SqlWriterTable => "table:quorate.writer".to_owned(),
        }
    }

    /// Units that must take up a change of this resource.
    pub fn touches(&self) -> &[Touch] {
        match self {
            Self::File { touches, .. } | Self::SecretFile { touches, .. } | Self::Program { touches } => touches,
            Self::Certificate(c) => &c.touches,
            _ => &[],
        }
    }

    /// Whether it acts once and leaves no state to compare: such resources stand in steps, never in what a host must
    /// look like.
    pub fn is_act(&self) -> bool {
        matches!(self, Self::Flag { .. } | Self::Kill { .. } | Self::GaleraSeed { .. } | Self::GaleraLead { .. })
    }

    /// Whether it is about a unit running: such resources come last on their host.
    pub fn is_unit(&self) -> bool {
        matches!(self, Self::Unit { .. } | Self::Piloted { .. })
    }
}

/// How a host's piece compares with what it must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// [`Resource::key`].
    pub key: String,
    pub difference: Difference,
    /// Whether Quorate left it as it is wanted now, and somebody else has changed it since.
    pub drift: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    None,
    Missing,
    Differs(Vec<Change>),
    /// It could not be looked at; the text is the operating system's.
    Unknown(String),
}

impl Difference {
    /// Whether applying would change something.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// One aspect that differs. Contents of secret files are never carried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Such as `content`, `mode`, `enabled`, `restartOwed`.
    pub aspect: String,
    pub before: String,
    pub after: String,
}

/// A function to see performed before a step counts as done.
pub type Await = Vec<Probe>;
