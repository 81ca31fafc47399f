//! Backups of the database, as they are spoken of between the operator's program, the helper and a host's own timers.

use std::path::PathBuf;

use secret::Secret;
use serde::{Deserialize, Serialize};

/// What a host is told about backups; the component `backup` writes it to [`CONFIG`]. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupConfig {
    pub cluster: String,
    /// This host.
    pub host: String,
    pub target: BackupTarget,
    pub keep: Keep,
    /// Seconds between two scheduled backups.
    pub interval_s: u64,
    /// Hosts that make backups, in the order in which they come forward; this one among them.
    pub makers: Vec<String>,
}

/// Where [`BackupConfig`] lies.
pub const CONFIG: &str = "/etc/quorate/backup/config.json";
/// Where [`Credentials`] lie; root only.
pub const CREDENTIALS: &str = "/etc/quorate/backup/credentials.json";
/// What the last look at the target said ([`BackupStatus`]); the agent reads it.
pub const STATUS: &str = "/var/lib/quorate/backup/status.json";

/// Where backups are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BackupTarget {
    /// A directory of this host.
    Directory { path: PathBuf },
    /// A bucket of an S3-compatible store, addressed by its path.
    S3 { endpoint: String, bucket: String, prefix: String, region: String },
}

/// How many backups stay: the last of each of the latest days and weeks that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keep {
    pub daily: u32,
    pub weekly: u32,
}

/// The secrets of a host that makes backups. The key that opens them is not among these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The public key that backups are encrypted to.
    pub recipient: String,
    /// With which this cluster's hosts mark what they wrote, so that nobody else's can pass for it.
    pub seal: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<Secret>,
}

/// What is known of a backup without opening it. Written last: a backup without one is not a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupRecord {
    pub name: String,
    /// The host that it was made on.
    pub host: String,
    /// Seconds since 1970.
    pub begun_s: i64,
    /// Seconds since 1970; the data are as of some moment shortly before.
    pub ended_s: i64,
    /// Bytes at the target.
    pub stored_bytes: u64,
    /// Bytes before compression: about what restoring needs on a disk.
    pub raw_bytes: u64,
    /// The server's version.
    pub server: String,
    /// The position in the binary logs that the data are as of; empty where the server writes none.
    #[serde(default)]
    pub gtid: String,
    /// Whether a row was written beforehand that must be there after restoring.
    pub canary: bool,
    /// Until when it stays whatever the schedule says, in seconds since 1970: it holds what was given up on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until_s: Option<i64>,
}

/// How restoring a backup for a trial went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The host that restored it.
    pub host: String,
    /// Seconds since 1970.
    pub at_s: i64,
    pub took_ms: u64,
    pub tables: u64,
    pub rows: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedBackup {
    pub record: BackupRecord,
    /// `None`: it has never been restored, so nobody knows whether it can be.
    pub verified: Option<Verification>,
}

/// What the hosts that make backups remember of the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupStatus {
    /// When backups were first asked for here, in seconds since 1970.
    pub since_s: i64,
    /// End of the latest backup.
    #[serde(default)]
    pub latest_s: Option<i64>,
    /// End of the latest backup that has been restored for a trial.
    #[serde(default)]
    pub verified_s: Option<i64>,
    /// Until when this host's binary logs are at the target.
    #[serde(default)]
    pub binlogs_s: Option<i64>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub trouble: Option<crate::Note>,
}

/// The moment to restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// As the backup is.
    Backup,
    /// Everything that the binary logs hold.
    Latest,
    /// Before this second since 1970.
    Time(i64),
    /// With this transaction as the last.
    Gtid(String),
}

/// What to do with one schema of a restored backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    pub schema: String,
    /// The name that it gets in the live database.
    pub under: String,
    /// A schema of that name goes first, after a fresh backup of everything.
    pub replace: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BackupRequest {
    /// Whether this host should be the one to make a backup now.
    Standing,
    /// Make one now. With the key that opens it, restore it for a trial as well.
    Take {
        identity: Option<Secret>,
    },
    List,
    /// Restore into a scratch instance of this host, look at it, take it away again.
    Restore {
        backup: String,
        until: Until,
        identity: Secret,
        load: Option<Load>,
    },
    /// What is under way.
    Progress,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BackupReply {
    Standing { serves: bool, writes: bool },
    Taken { backup: ListedBackup, removed: Vec<String> },
    Listed { backups: Vec<ListedBackup>, binlogs: Vec<BinlogSpan> },
    Restored(Restored),
    Progress { stage: String, bytes: u64 },
}

/// From when to when a host's binary logs are at the target without a gap, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BinlogSpan {
    pub host: String,
    pub from_s: i64,
    pub to_s: i64,
}

/// What a restored instance held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    pub backup: String,
    pub host: String,
    /// Tables per schema, with their rows.
    pub schemas: Vec<RestoredSchema>,
    /// Binary logs that were applied, and the host whose they are.
    pub binlogs: usize,
    pub binlogs_of: Option<String>,
    /// The last transaction that is in it.
    pub gtid: String,
    /// Time of that transaction in seconds since 1970, where binary logs were applied.
    pub reached_s: Option<i64>,
    /// Tables that were checked and found whole.
    pub checked: u64,
    /// The schema that was loaded into the live database.
    pub loaded: Option<String>,
    /// The backup that was made before a live schema was replaced.
    pub saved_as: Option<String>,
    pub took_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoredSchema {
    pub name: String,
    pub tables: u64,
    pub rows: u64,
}
