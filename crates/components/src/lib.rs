//! What Quorate knows of each engine: one folder per component. No I/O.
//!
//! A component answers the questions of [`Component`] as pure functions of the cluster file and of what was
//! observed; plan, status, guard, alerts and drills are derived from these answers and state nothing themselves.

mod agent;
mod balancer;
mod component;
mod etcd;
mod galera;
mod gateway;
mod identity;
mod kernel;
mod mariadb;
mod names;
mod render;
mod rule;
mod vip;

pub use component::{At, Component, Membership, Once, Rollout, Start, View};
pub use rule::{Capability, Losses, Rule, quorum};

use model::Cluster;

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
    ]
}

/// The component of that identifier.
pub fn by_id(id: &str) -> Option<&'static dyn Component> {
    all().iter().copied().find(|c| c.id() == id)
}

/// The number under which `-j` knows the component, from 1.
pub fn number(id: &str) -> usize {
    all().iter().position(|c| c.id() == id).map_or(0, |p| p + 1)
}

/// When each capability of this cluster works: all that its components contribute to it.
pub fn capabilities(cluster: &Cluster) -> Vec<(Capability, Rule)> {
    let mut found: Vec<(Capability, Vec<Rule>)> = Vec::new();
    for component in all() {
        for (capability, rule) in component.rules(cluster) {
            match found.iter_mut().find(|(c, _)| *c == capability) {
                Some((_, rules)) => rules.push(rule),
                None => found.push((capability, vec![rule])),
            }
        }
    }
    found.sort_by_key(|(c, _)| *c);
    found
        .into_iter()
        .map(|(c, mut rules)| match rules.pop() {
            Some(only) if rules.is_empty() => (c, only),
            Some(last) => {
                rules.push(last);
                (c, Rule::All(rules))
            }
            None => (c, Rule::All(rules)),
        })
        .collect()
}
