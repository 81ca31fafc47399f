//! From a capability's rule to its fault tree.
//!
//! A rule says when something works, a tree when it does not: gates turn into their duals (all → or, any → and, at
//! least k of n → at least n−k+1). A component on a host is down when it has failed itself, or its host has, or a
//! failure domain that the host is in has failed or been cut off. All of these are shared: a host is one basic event
//! for everything that runs on it, a rack is one for all its hosts.

use std::collections::BTreeMap;

use components::{Losses, Rule};
use model::{Cluster, HostName};

use crate::fault_tree::{Builder, FaultTree, Input, TreeError};
use crate::loss::Loss;
use crate::rates;

/// Which basic events a tree has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Hosts alone: what `status` counts.
    Hosts,
    /// Hosts, failure domains, and what is outside.
    Sites,
    /// Components on hosts as well.
    Everything,
}

/// A capability's fault tree, and what its basic events are.
pub struct CapabilityTree {
    pub tree: FaultTree,
    /// By the place of the event in the tree.
    pub losses: Vec<Loss>,
}

/// Builds the tree of a rule, with the hosts of `without` lost already.
///
/// # Errors
/// None for a rule of a checked cluster; the tree's own check speaks otherwise.
pub fn capability_tree(
    cluster: &Cluster,
    name: &str,
    rule: &Rule,
    without: &[HostName],
    losses: Losses,
    grain: Grain,
) -> Result<CapabilityTree, TreeError> {
    // A house event: what is lost already happens no more.
    let hosts = without.iter().map(|h| (h.clone(), Input::Constant(true))).collect();
    let mut made = Making { cluster, losses, grain, builder: Builder::new(name), known: Vec::new(), hosts };
    let top = made.failure(rule);
    let tree = made.builder.finish(top)?;
    Ok(CapabilityTree { tree, losses: made.known })
}

struct Making<'a> {
    cluster: &'a Cluster,
    losses: Losses,
    grain: Grain,
    builder: Builder,
    known: Vec<Loss>,
    /// When a host is lost, for whatever reason.
    hosts: BTreeMap<HostName, Input>,
}

impl Making<'_> {
    /// When the rule does not hold.
    fn failure(&mut self, rule: &Rule) -> Input {
        if let Some((needs, of)) = rule.needs(self.losses) {
            let inputs: Vec<Input> = of.iter().map(|r| self.failure(r)).collect();
            return match (inputs.len(), needs) {
                (_, 0) => Input::Constant(false),
                (n, needs) if needs > n => Input::Constant(true),
                (n, needs) if needs == n => self.builder.or(inputs),
                (_, 1) => self.builder.and(inputs),
                (n, needs) => self.builder.at_least(n - needs + 1, inputs),
            };
        }
        match rule {
            Rule::Up { component, host } => self.down(component, host),
            Rule::Outside(what) if self.grain != Grain::Hosts => self.event(Loss::Outside(what.clone())),
            _ => Input::Constant(false),
        }
    }

    fn down(&mut self, component: &str, host: &HostName) -> Input {
        let lost = self.host(host);
        if self.grain != Grain::Everything {
            return lost;
        }
        let own = self.event(Loss::Component { component: component.to_owned(), host: host.clone() });
        self.builder.or([own, lost])
    }

    fn host(&mut self, name: &HostName) -> Input {
        if let Some(known) = self.hosts.get(name) {
            return *known;
        }
        let mut causes = vec![self.event(Loss::Host(name.clone()))];
        if self.grain != Grain::Hosts
            && let Some(host) = self.cluster.host(name)
        {
            for (kind, name) in &host.failure_domain {
                let (kind, name) = (kind.clone(), name.clone());
                causes.push(self.event(Loss::Domain { kind: kind.clone(), name: name.clone() }));
                causes.push(self.event(Loss::Cut { kind, name }));
            }
        }
        let lost = if let [only] = causes.as_slice() { *only } else { self.builder.or(causes) };
        self.hosts.insert(name.clone(), lost);
        lost
    }

    fn event(&mut self, loss: Loss) -> Input {
        let probability = rates::of(self.cluster, &loss).unavailability();
        let input = self.builder.event(loss.to_string(), probability);
        if let Input::Event(id) = input
            && id.0 == self.known.len()
        {
            self.known.push(loss);
        }
        input
    }
}
