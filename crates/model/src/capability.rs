//! What a user of the platform notices: the words that rules, status and services of the file share.

use serde::{Deserialize, Serialize};

/// What a user of the platform notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Console and API answer.
    Control,
    /// etcd accepts a write.
    Coordination,
    /// A write is acknowledged.
    Database,
    /// A read is answered by a replica that is near enough, or by the primary where none is.
    Reads,
    /// Applications answer through the gateway.
    Ingress,
    /// Images, charts, files and packages are served.
    Artifacts,
    /// A shared file can be written.
    Storage,
    /// What runs keeps running.
    Workloads,
}

impl Capability {
    /// Every capability, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Control,
        Self::Coordination,
        Self::Database,
        Self::Reads,
        Self::Ingress,
        Self::Artifacts,
        Self::Storage,
        Self::Workloads,
    ];

    /// The identifier in files, messages and JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Coordination => "coordination",
            Self::Database => "database",
            Self::Reads => "reads",
            Self::Ingress => "ingress",
            Self::Artifacts => "artifacts",
            Self::Storage => "storage",
            Self::Workloads => "workloads",
        }
    }

    /// The capability of that identifier.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.id() == id)
    }
}
