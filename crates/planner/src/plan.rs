//! The plan: what will be done, on which host, in which order, and why. Immutable data; carrying it out makes no
//! choices of its own.

use std::collections::BTreeMap;

use model::HostName;
use serde::{Deserialize, Serialize};
use wire::{Change, Note, Probe, Resource};

/// What to do to bring a cluster to its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub cluster: String,
    /// In an order in which every step comes after those that it needs.
    pub steps: Vec<Step>,
    /// Hosts that were not reached, and why: nothing is planned for them.
    pub absent: BTreeMap<HostName, Note>,
    /// What stays on hosts although the file no longer asks for it.
    pub leftovers: BTreeMap<HostName, Vec<String>>,
}

/// One thing to do on one host, as a whole: it either needs doing again or it does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Such as `etcd/node1/run`.
    pub id: String,
    /// The component's number, for `-j`.
    pub number: usize,
    pub component: String,
    pub host: HostName,
    pub stage: Stage,
    /// What is sent to the host: only what differs, in order.
    pub resources: Vec<Resource>,
    /// What changes, for the operator.
    pub changes: Vec<PlannedChange>,
    /// Identifiers of the steps that must be done before.
    pub needs: Vec<String>,
    /// Functions that must be seen performed before the step counts as done.
    pub awaits: Vec<Probe>,
    /// Whether the component stops serving on this host for a while: then the quorum guard is asked.
    pub disturbs: bool,
    /// Why the step cannot be carried out now.
    pub blocked: Option<Note>,
    /// Seconds.
    pub limit_s: u64,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Packages, files, certificates: nothing that runs is touched.
    Configure,
    /// Units are started, or made to take up a change.
    Run,
    /// State inside an engine, once for the cluster.
    Once,
}

impl Stage {
    pub fn id(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Run => "run",
            Self::Once => "once",
        }
    }
}

/// One difference between what is and what must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    /// [`wire::Resource::key`].
    pub key: String,
    pub kind: ChangeKind,
    pub changes: Vec<Change>,
    /// Quorate left it as it is wanted now: somebody else has changed it since.
    pub drift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    Create,
    Change,
    Start,
    Stop,
    Restart,
    Reload,
    /// Only whether it starts at boot.
    Enable,
}

impl Step {
    /// Whether it only clears the way, so that what follows can be decided by another look.
    pub fn clears_the_way(&self) -> bool {
        self.stage == Stage::Run && !self.resources.is_empty() && self.resources.iter().all(Resource::is_act)
    }
}

impl Plan {
    /// Whether the hosts are already as the file says.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step of that identifier.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// Number of steps that touch each host.
    pub fn hosts(&self) -> BTreeMap<&HostName, usize> {
        let mut hosts = BTreeMap::new();
        for step in &self.steps {
            *hosts.entry(&step.host).or_default() += 1;
        }
        hosts
    }
}
