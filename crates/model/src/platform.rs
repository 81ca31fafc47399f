//! What stands on the foundation and beside it: the platform, its own services, and shared storage.
//!
//! Another installer brings most of it. The file names it all the same, for what users notice rests on it.

use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::types::HostName;

/// The platform that runs on the control hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    pub kind: PlatformKind,
    /// Its major and minor version; `None` where the file does not say.
    pub version: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlatformKind {
    /// Cloudpods, with the Kubernetes that its installer brings.
    Cloudpods,
    /// Rainbond, as of version 5.1 or on a Kubernetes of its own (5.17).
    Rainbond,
    /// Rancher 1.6: servers that keep everything in their database.
    Rancher,
    /// Kubernetes alone.
    Kubernetes,
}

impl PlatformKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Cloudpods, Self::Rainbond, Self::Rancher, Self::Kubernetes];

    /// The kind as it is written in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cloudpods => "cloudpods",
            Self::Rainbond => "rainbond",
            Self::Rancher => "rancher",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The kind that is written like this.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }

    /// Whether its control plane keeps its state in a database.
    pub const fn uses_database(self) -> bool {
        match self {
            Self::Cloudpods | Self::Rainbond | Self::Rancher => true,
            Self::Kubernetes => false,
        }
    }

    /// Whether its control plane keeps its state in etcd.
    pub const fn uses_etcd(self) -> bool {
        match self {
            Self::Cloudpods | Self::Rainbond | Self::Kubernetes => true,
            Self::Rancher => false,
        }
    }
}

/// A service that another installer runs, or that somebody else keeps: never deployed, and relied upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Unique in the file; a DNS label.
    pub name: String,
    pub place: ServicePlace,
    /// What does not work without it.
    pub capability: Capability,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServicePlace {
    /// On these hosts, of which `needs` suffice; 1 ≤ `needs` ≤ their number.
    Hosts { hosts: Vec<HostName>, needs: usize },
    /// Outside the cluster's hosts.
    External { address: String },
}

/// Where shared files are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Storage {
    /// On all hosts with the role `storage`, whose number `replicas` divides; 2 or more.
    Glusterfs { replicas: usize },
    /// One NFS server, on the only host with the role `storage`.
    Nfs,
    /// Storage that somebody else keeps.
    External { address: String },
}
