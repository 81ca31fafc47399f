//! What every reached host must look like, by component.

use std::collections::BTreeMap;

use components::{At, Component, View};
use model::{Cluster, Host, HostName};
use wire::{Facts, Look, Resource};

/// A component's part of a host.
#[derive(Clone)]
pub struct Part {
    pub component: &'static dyn Component,
    pub host: HostName,
    pub resources: Vec<Resource>,
    /// State inside the engine, made through this host for the whole cluster.
    pub once: bool,
}

/// What must be known of a host before anything can be planned for it.
pub fn looks(cluster: &Cluster, host: &Host) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    for component in components::all() {
        if component.hosts(cluster).iter().any(|h| h.name == host.name) {
            for look in component.looks(cluster, host) {
                if !looks.contains(&look) {
                    looks.push(look);
                }
            }
        }
    }
    looks
}

/// Every part of every reached host, in the order of the components, hosts in file order.
pub fn parts(cluster: &Cluster, facts: &BTreeMap<HostName, Facts>, recover_with: Option<&HostName>) -> Vec<Part> {
    let view = View { cluster, facts, recover_with };
    let mut parts = Vec::new();
    for component in components::all().iter().copied() {
        for host in component.hosts(cluster) {
            let Some(facts) = facts.get(&host.name) else { continue };
            let resources = component.desired(At { cluster, host, facts });
            parts.push(Part { component, host: host.name.clone(), resources, once: false });
        }
        if let Some(once) = component.once(view) {
            parts.push(Part { component, host: once.through, resources: once.resources, once: true });
        }
    }
    parts
}

/// The resources to compare on each host: all parts, each resource once.
pub fn per_host(parts: &[Part]) -> BTreeMap<HostName, Vec<Resource>> {
    let mut hosts: BTreeMap<HostName, Vec<Resource>> = BTreeMap::new();
    for part in parts {
        let list = hosts.entry(part.host.clone()).or_default();
        for resource in &part.resources {
            if !list.contains(resource) {
                list.push(resource.clone());
            }
        }
    }
    hosts
}
