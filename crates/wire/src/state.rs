//! What a cluster remembers of itself, kept on its control hosts, and the journal of what was done.

use std::collections::BTreeMap;

use secret::Secret;
use serde::{Deserialize, Serialize};

/// The cluster as its control hosts keep it: any operator's machine can take over from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterState {
    pub cluster: String,
    /// Grows by one with every changed cluster file.
    pub generation: u64,
    /// The cluster file's text.
    pub file: String,
    pub secrets: ClusterSecrets,
}

/// Generated once per cluster. Travels only inside frames, rests only in root's files of mode 0600.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSecrets {
    /// The root certificate, PEM; its key stays with the operator.
    pub root_certificate: String,
    pub intermediate_certificate: String,
    pub intermediate_key: Secret,
    /// Account name → password.
    pub passwords: BTreeMap<String, Secret>,
    /// Where the file asks for backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupSecrets>,
}

/// What backups need. Only the control hosts and the operators have the key that opens them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupSecrets {
    /// The private key (age, X25519).
    pub identity: Secret,
    /// Of an S3-compatible store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<Secret>,
}

/// One line of a journal: an intent, or the result of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    pub run: String,
    /// Such as `etcd/node1/run`.
    pub step: String,
    /// Milliseconds since 1970 by the writer's clock.
    pub at_ms: i64,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Intent,
    Done,
    Failed(String),
    /// A later run came to its end without needing the step again.
    Superseded,
}
