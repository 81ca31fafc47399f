//! What can be lost in a cluster: the basic events of its fault trees, and what an arbitrary set of them leaves.

use std::collections::BTreeSet;

use components::{Capability, Losses};
use model::{Cluster, HostName};
use serde::{Deserialize, Serialize};

/// A basic event. What it takes down is in [`Lost`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Loss {
    /// The whole host.
    Host(HostName),
    /// One component on one host.
    Component { component: String, host: HostName },
    /// All hosts of a failure domain at once: a common cause, such as the power of a rack.
    Domain { kind: String, name: String },
    /// A failure domain is cut off from all other hosts and from the clients; within, everything runs on.
    Cut { kind: String, name: String },
    /// Something outside the cluster's hosts.
    Outside(String),
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(host) => write!(f, "host {host}"),
            Self::Component { component, host } => write!(f, "{component} {host}"),
            Self::Domain { kind, name } => write!(f, "{kind} {name}"),
            Self::Cut { kind, name } => write!(f, "cut {kind} {name}"),
            Self::Outside(what) => write!(f, "outside {what}"),
        }
    }
}

/// A set of losses, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Lost<'a> {
    hosts: BTreeSet<&'a str>,
    components: BTreeSet<(&'a str, &'a str)>,
    outside: BTreeSet<&'a str>,
}

impl<'a> Lost<'a> {
    /// What these losses take down, for clients that are on none of the sides that were cut off.
    pub fn new(cluster: &'a Cluster, losses: &'a [Loss]) -> Self {
        let mut lost = Self::default();
        for loss in losses {
            match loss {
                Loss::Host(host) => _ = lost.hosts.insert(host.as_str()),
                Loss::Component { component, host } => _ = lost.components.insert((component, host.as_str())),
                Loss::Domain { kind, name } | Loss::Cut { kind, name } => {
                    let members = cluster.hosts.iter().filter(|h| h.failure_domain.get(kind) == Some(name));
                    lost.hosts.extend(members.map(|h| h.name.as_str()));
                }
                Loss::Outside(what) => _ = lost.outside.insert(what),
            }
        }
        lost
    }

    /// Everything is reached but the hosts that are not on this side.
    pub fn beyond(cluster: &'a Cluster, side: &BTreeSet<HostName>) -> Self {
        let hosts = cluster.hosts.iter().filter(|h| !side.contains(&h.name)).map(|h| h.name.as_str()).collect();
        Self { hosts, ..Self::default() }
    }

    /// Whether a component on a host is left.
    pub fn leaves(&self, component: &str, host: &HostName) -> bool {
        !self.hosts.contains(host.as_str()) && !self.components.contains(&(component, host.as_str()))
    }

    /// Which capabilities are left, in their order.
    pub fn capabilities(&self, cluster: &Cluster, losses: Losses) -> Vec<(Capability, bool)> {
        components::capabilities(cluster)
            .into_iter()
            .map(|(capability, rule)| {
                let up = |c: &str, h: &HostName| self.leaves(c, h);
                (capability, rule.holds_with(losses, &up, &|what| !self.outside.contains(what)))
            })
            .collect()
    }
}
