//! What one host's part in the protocol is told by the cluster file.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One host's settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// This host.
    pub me: String,
    /// All database hosts, this one included, in the order of the file: earlier ones are preferred as synchronous.
    pub hosts: Vec<String>,
    pub timing: Timing,
    pub on_replica_loss: OnReplicaLoss,
}

/// What becomes of writes when no synchronous host is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnReplicaLoss {
    /// They wait until there is one again: nothing is ever on one host alone.
    Block,
    /// They go on after a pause, and until there is one again only this host may be the primary.
    #[default]
    Degrade,
}

/// All times of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Life of the leader's lease in etcd after its last renewal.
    pub ttl: Duration,
    /// Between two renewals.
    pub renew: Duration,
    /// So long after the last renewal that succeeded was *sent* the leader closes its door and ends its server. Shorter
    /// than `ttl` by what clocks that run at slightly different speeds, and the closing itself, may cost.
    pub fence: Duration,
    /// So long may commits wait for the synchronous host without any progress, or may it be missing, before it counts
    /// as lost.
    pub patience: Duration,
    /// So long may the server leave a look unanswered before it counts as dead.
    pub silence: Duration,
    /// So long the last primary waits before it takes the lead again, where another host could: that one is ready.
    pub courtesy: Duration,
    /// After this age a host's report counts as missing.
    pub report: Duration,
}

impl Timing {
    /// The safe default: an election of etcd's own leader, with its renewals refused meanwhile, does not fence a healthy
    /// primary.
    pub const SAFE: Self = Self {
        ttl: Duration::from_secs(5),
        renew: Duration::from_secs(1),
        fence: Duration::from_millis(3500),
        patience: Duration::from_millis(1500),
        silence: Duration::from_secs(2),
        courtesy: Duration::from_secs(4),
        report: Duration::from_secs(5),
    };

    /// For networks and disks that are known to be quick: two seconds is the shortest lease that etcd grants with its
    /// default election timeout (its minimum is 1.5 election timeouts, rounded up to seconds). An election of etcd's
    /// leader may fence the primary.
    pub const FAST: Self = Self {
        ttl: Duration::from_secs(2),
        renew: Duration::from_millis(400),
        fence: Duration::from_millis(1500),
        patience: Duration::from_secs(1),
        silence: Duration::from_secs(1),
        courtesy: Duration::from_secs(2),
        report: Duration::from_secs(5),
    };
}
