//! What etcd keeps: who leads, which hosts hold every acknowledged write, and what each host last said of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Position;

/// Who may be primary. Changed only by compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The epoch whose primary wrote this record: the revision at which its leader key was created.
    pub epoch: u64,
    /// The primary of that epoch, with the data that it wrote to. It may always take the lead again.
    pub primary: Place,
    /// The epoch in which the primary was promoted. It stays when the same primary takes the lead again: as long as it
    /// does, what was copied from it before still is a beginning of its log.
    pub lineage: u64,
    /// How far its log went when it was promoted: what another log has beyond this without having copied it in this
    /// lineage, nobody acknowledged.
    pub begins: Position,
    /// The hosts of which one is sure to have whatever was acknowledged. Empty: writes are acknowledged by the primary
    /// alone, and only it may be primary. One: the usual. Two: while one takes the other's place.
    pub sync: Vec<Member>,
    /// The host that the primary asks to become synchronous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The host for which the primary stands back: for a moment nobody else takes the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<String>,
}

/// A host and its data directory. A directory that was made anew is another place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub host: String,
    pub data: String,
}

/// A host and one life of its server as a replica. A server that was started anew, or whose received log was thrown
/// away, is another instance: it may lack what it acknowledged before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    pub host: String,
    pub instance: String,
}

/// The leader key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leader {
    pub host: String,
    /// Its create revision: larger than that of every leader before.
    pub epoch: u64,
}

/// What a host says of its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub instance: String,
    /// Whose log it receives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether it is receiving.
    pub io: bool,
    /// Whether it applies what it received.
    pub sql: bool,
    /// Whether it *may* acknowledge commits. Said before it is switched on and taken back after it is off.
    pub semi: bool,
    /// How far what it received goes, applied or not.
    pub received: Position,
    pub applied: Position,
    /// The lineage that its log is a beginning of: the one that it last followed, or was copied from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<u64>,
    /// The epoch for whose sake it has stopped receiving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_for: Option<u64>,
}

/// One consistent read of all that etcd keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// etcd's revision at the read: of two views the one with the smaller is the older.
    pub revision: u64,
    pub leader: Option<Leader>,
    /// The record, and its modification revision for compare-and-swap.
    pub record: Option<(Record, u64)>,
    /// Each host's report and its modification revision.
    pub reports: BTreeMap<String, (Report, u64)>,
}

impl View {
    /// The record's revision; 0 when there is none, as etcd compares.
    pub fn record_revision(&self) -> u64 {
        self.record.as_ref().map_or(0, |(_, revision)| *revision)
    }

    /// The record itself.
    pub fn known(&self) -> Option<&Record> {
        self.record.as_ref().map(|(record, _)| record)
    }

    /// A host's report.
    pub fn report(&self, host: &str) -> Option<&Report> {
        self.reports.get(host).map(|(report, _)| report)
    }
}

impl Record {
    /// The member entry of a host.
    pub fn member(&self, host: &str) -> Option<&Member> {
        self.sync.iter().find(|m| m.host == host)
    }
}
