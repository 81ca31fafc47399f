//! A cluster that a cut has split in two: the formula is evaluated for each side.
//!
//! A capability works for the clients of a side when that side satisfies its rule. Where both sides do, two halves may
//! serve at the same time: harmless for what keeps no state, and never allowed for what does (its rule needs a quorum).

use std::collections::BTreeSet;

use components::{Capability, Losses};
use model::{Cluster, HostName};
use serde::Serialize;

use crate::loss::Lost;

/// What each side can do by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sides {
    /// What is cut off, in words for people: `rack a`, or the hosts.
    pub name: String,
    pub near: Vec<HostName>,
    pub far: Vec<HostName>,
    pub capabilities: Vec<CapabilitySides>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilitySides {
    pub capability: Capability,
    /// For clients on the side that is cut off.
    pub near: bool,
    /// For everybody else.
    pub far: bool,
}

/// Evaluates every capability on both sides of a cut around `near`.
pub fn sides(cluster: &Cluster, name: &str, near: &BTreeSet<HostName>) -> Sides {
    let far: BTreeSet<HostName> =
        cluster.hosts.iter().map(|h| &h.name).filter(|h| !near.contains(*h)).cloned().collect();
    // A cut comes in one moment.
    let of = |side: &BTreeSet<HostName>| Lost::beyond(cluster, side).capabilities(cluster, Losses::AtOnce);
    let capabilities = of(near)
        .into_iter()
        .zip(of(&far))
        .map(|((capability, near), (_, far))| CapabilitySides { capability, near, far })
        .collect();
    let order = |side: &BTreeSet<HostName>| {
        cluster.hosts.iter().map(|h| &h.name).filter(|h| side.contains(*h)).cloned().collect()
    };
    Sides { name: name.to_owned(), near: order(near), far: order(&far), capabilities }
}

/// The cuts around every failure domain that is not the whole cluster, in the order of their kinds and names.
pub fn domain_cuts(cluster: &Cluster) -> Vec<Sides> {
    let domains: BTreeSet<(&String, &String)> = cluster.hosts.iter().flat_map(|h| &h.failure_domain).collect();
    domains
        .into_iter()
        .map(|(kind, name)| {
            let members = cluster.hosts.iter().filter(|h| h.failure_domain.get(kind) == Some(name));
            (format!("{kind} {name}"), members.map(|h| h.name.clone()).collect::<BTreeSet<_>>())
        })
        .filter(|(_, members)| members.len() < cluster.hosts.len())
        .map(|(name, members)| sides(cluster, &name, &members))
        .collect()
}
