//! What the operator's program asks of a helper, and what it answers.

use serde::{Deserialize, Serialize};

use crate::backup::{BackupReply, BackupRequest};
use crate::facts::{Facts, Look};
use crate::fault::Injection;
use crate::lock::{LockGrant, LockRequest};
use crate::note::Note;
use crate::probe::{Probe, ProbeReport};
use crate::replication::{Ask, Told};
use crate::resource::{Observed, Resource};
use crate::state::ClusterState;

/// A message with the number that ties a reply to its request; several may be under way at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    pub id: u64,
    pub body: T,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Everything about the host, and what the components want to know.
    Facts {
        looks: Vec<Look>,
    },
    /// Compare; with `lock`, take the lock in the same round trip.
    Observe {
        resources: Vec<Resource>,
        lock: Option<LockRequest>,
    },
    Act(Act),
    Probe {
        probes: Vec<Probe>,
    },
    Lock(LockRequest),
    /// Run the probes once and give up the lock in the same round trip.
    Finish {
        probes: Vec<Probe>,
        lock: LockRequest,
    },
    /// Keep this state; refused when the host already has a later generation.
    Store {
        token: u64,
        state: Box<ClusterState>,
    },
    /// Take back everything in the manifest of this cluster.
    Withdraw {
        token: u64,
        cluster: String,
        delete_data: bool,
    },
    /// Break something, with the order to undo it given to the host first.
    Inject(Injection),
    /// Undo a fault now; fine when its own timer has undone it already.
    Undo {
        id: String,
    },
    /// What is left of any drill on this host.
    Residue,
    /// What this host's agent is asked about the replicated database.
    Database(Ask),
    /// Make, list or restore backups of the database.
    Backup(BackupRequest),
    /// Answers at once: keeps the connection known to be alive.
    Ping,
}

/// One step on one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    pub cluster: String,
    pub run: String,
    pub step: String,
    pub token: u64,
    pub resources: Vec<Resource>,
    /// Functions that must be seen performed before the step counts as done.
    pub awaits: Vec<Probe>,
    /// Milliseconds for the whole step.
    pub timeout_ms: u64,
    /// Where to stand still for a test that kills the helper from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// A point inside a step at which a test kills the process from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hold {
    /// After the intent was written, before the first change.
    BeforeAction,
    /// After the last change, before the result is written.
    BeforeResult,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reply {
    Facts(Box<Facts>),
    Observed {
        observed: Vec<Observed>,
        lock: Option<LockGrant>,
    },
    Acted(ActResult),
    Probed(Vec<ProbeReport>),
    Lock(LockGrant),
    Finished {
        reports: Vec<ProbeReport>,
        lock: LockGrant,
    },
    Stored,
    Withdrawn {
        removed: Vec<String>,
        kept: Vec<String>,
    },
    Injected,
    Undone,
    /// Empty: nothing is left.
    Residue(Vec<Note>),
    Database(Told),
    Backup(Box<BackupReply>),
    Pong,
    /// The request was not carried out.
    Refused(Note),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActResult {
    /// Keys of the resources that were changed, in order.
    pub changed: Vec<String>,
    /// `None`: done and seen to work.
    pub failure: Option<Note>,
    pub took_ms: u64,
}
