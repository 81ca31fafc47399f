//! What Quorate knows of each engine: one folder per component. No I/O.
//!
//! A component answers the questions of [`Component`] as pure functions of the cluster file and of what was
//! observed; plan, status, guard, alerts and drills are derived from these answers and state nothing themselves.

mod agent;
mod arbitrator;
mod backup;
mod balancer;
mod component;
mod etcd;
mod external;
mod galera;
mod gateway;
mod identity;
mod kernel;
mod lvs;
mod mariadb;
mod maxscale;
mod names;
mod outside;
mod platform;
mod render;
mod replication;
mod rule;
mod services;
mod storage;
mod vip;

pub use component::{At, Component, Deployable, Membership, Once, Rollout, Start, View, Watch};
pub use galera::answers_late;
pub use rule::{Capability, Losses, Rule, quorum, succession};
pub use vip::{Held, kept_by_the_deaf};

use std::collections::{BTreeMap, BTreeSet};

use model::{Cluster, Endpoint, Host};

/// Every component, in the order of the work; the position is the number that `-j` selects by.
pub fn all() -> &'static [&'static dyn Component] {
    &[
        &names::Names,
        &kernel::Kernel,
        &identity::Identity,
        &etcd::Etcd,
        &galera::Galera,
        &mariadb::Mariadb,
        &agent::Agent,
        &balancer::Balancer,
        &gateway::Gateway,
        &vip::Vip,
        &replication::Replication,
        &backup::Backup,
        &arbitrator::Arbitrator,
        &maxscale::Maxscale,
        &lvs::Lvs,
        &storage::Glusterfs,
        &storage::Nfs,
        &platform::Platform,
        &platform::Compute,
        &services::Services,
        &outside::Outside,
        &external::External,
    ]
}

/// What must be seen of a database that somebody else keeps before anything is changed on a host that needs it.
pub fn external_look(cluster: &Cluster, host: &Host) -> Option<wire::Look> {
    external::look(cluster, host)
}

/// The events outside the cluster that are looked at all the same, each with the component whose probes see it.
pub fn watched_outside(cluster: &Cluster) -> Vec<(String, &'static str)> {
    outside::database(cluster).map(|event| (event, external::ID)).into_iter().collect()
}

/// The component of that identifier.
pub fn by_id(id: &str) -> Option<&'static dyn Component> {
    all().iter().copied().find(|c| c.id() == id)
}

/// The number under which `-j` knows the component, from 1.
pub fn number(id: &str) -> usize {
    all().iter().position(|c| c.id() == id).map_or(0, |p| p + 1)
}

/// The component that a leaf of a rule is about. Leaves are named like their component; those of services that the
/// file names are `service/NAME`.
pub fn of_leaf(leaf: &str) -> Option<&'static dyn Component> {
    by_id(leaf.split('/').next().unwrap_or(leaf))
}

/// What the file asks for and this version cannot deploy yet, with the hosts; `apply` must not begin.
pub fn later(cluster: &Cluster) -> Vec<(&'static dyn Component, Vec<&Host>)> {
    let of = |component: &'static dyn Component| {
        let mut hosts = component.hosts(cluster);
        hosts.retain(|h| component.deployable(cluster, h) == Deployable::Later);
        (component, hosts)
    };
    all().iter().copied().map(of).filter(|(_, hosts)| !hosts.is_empty()).collect()
}

/// Accounts of the database that components log in with by a password: it is made up, like those of the file's accounts.
pub fn logins(cluster: &Cluster) -> Vec<&'static str> {
    maxscale::chosen(cluster).then_some(maxscale::ACCOUNT).into_iter().collect()
}

/// What users of an endpoint come for.
pub fn behind(endpoint: &Endpoint) -> Capability {
    match endpoint.name.as_str() {
        model::DATABASE => Capability::Database,
        model::DATABASE_READ => Capability::Reads,
        model::CONTROL => Capability::Control,
        _ => Capability::Ingress,
    }
}

/// The capability and all those that it rests on, directly or through others.
pub fn foundation(cluster: &Cluster, capability: Capability) -> BTreeSet<Capability> {
    let pairs: Vec<_> = all().iter().flat_map(|c| c.rests_on(cluster)).collect();
    let mut found = BTreeSet::from([capability]);
    let mut open = vec![capability];
    while let Some(upper) = open.pop() {
        open.extend(pairs.iter().filter(|(u, _)| *u == upper).map(|(_, l)| *l).filter(|l| found.insert(*l)));
    }
    found
}

/// When each capability of this cluster works: all that its components contribute to it and to what it rests on.
pub fn capabilities(cluster: &Cluster) -> Vec<(Capability, Rule)> {
    let mut contributed: BTreeMap<Capability, Vec<Rule>> = BTreeMap::new();
    for (capability, rule) in all().iter().flat_map(|c| c.rules(cluster)) {
        contributed.entry(capability).or_default().push(rule);
    }
    let whole = |capability: Capability| {
        let mut foundation = foundation(cluster, capability);
        foundation.remove(&capability);
        let parts = std::iter::once(capability).chain(foundation);
        let mut rules: Vec<Rule> = parts.filter_map(|c| contributed.get(&c)).flatten().cloned().collect();
        if rules.len() == 1 { rules.remove(0) } else { Rule::All(rules) }
    };
    contributed.keys().map(|c| (*c, whole(*c))).collect()
}
