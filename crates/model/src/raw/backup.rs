//! Backups of the database, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretSource;
use crate::yaml::At;

/// Backups of the database. They are encrypted; the key is made once and kept by the control hosts and by you.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Backup {
    /// Where they are kept: exactly one of directory and s3.
    pub to: At<BackupTo>,
    /// When they are made, in UTC: `hourly`, `every 6h`, `daily 02:30` or `weekly sun 02:30`. Default: daily 02:30.
    pub schedule: Option<At<String>>,
    /// How many stay.
    pub keep: Option<Keep>,
    /// Minutes between two times that binary logs are brought over, which is what may be lost with a host; 5 unless said
    /// otherwise.
    #[schemars(range(min = 1, max = 1440))]
    pub binlog_every: Option<At<i64>>,
}

/// Where backups are kept: exactly one of directory and s3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["directory"]}, {"required": ["s3"]}]))]
pub(crate) struct BackupTo {
    /// A directory of a database host: another machine's disk, mounted there.
    pub directory: Option<BackupDirectory>,
    /// A bucket of an S3-compatible store.
    pub s3: Option<BackupS3>,
}

/// A directory of a database host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BackupDirectory {
    /// The host that has it, and makes the backups. Default: the last host with the role database.
    pub host: Option<At<String>>,
    /// The absolute path. Quorate's, MariaDB's and the system's own directories are refused.
    pub path: At<String>,
}

/// A bucket of an S3-compatible store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BackupS3 {
    /// Where the store answers, such as https://s3.example.com:9000. Its certificate must be known to the hosts.
    pub endpoint: At<String>,
    /// The bucket; it must exist.
    pub bucket: At<String>,
    /// What names in the bucket begin with, before the cluster's name.
    pub prefix: Option<At<String>>,
    /// The store's region; us-east-1 unless said otherwise.
    pub region: Option<At<String>>,
    /// Where the access key comes from.
    pub access_key_from: At<SecretSource>,
    /// Where the secret key comes from.
    pub secret_key_from: At<SecretSource>,
}

/// How many backups stay. The latest and the latest that was restored for a trial stay in any case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Keep {
    /// Days of which the last stays; 7 unless said otherwise.
    #[schemars(range(min = 0, max = 366))]
    pub daily: Option<At<i64>>,
    /// Weeks of which the last stays; 4 unless said otherwise.
    #[schemars(range(min = 0, max = 520))]
    pub weekly: Option<At<i64>>,
}
