//! A rule, compiled so that losing a host and taking the loss back cost no more than what they change.
//!
//! Every inner node counts its children that hold, and holds while the count reaches its threshold. `all`, `any` and
//! `at_least` differ in the threshold alone. Rules are monotone, so a loss can only make nodes stop holding, and a
//! change climbs no further than the first node that does not flip.

use std::collections::BTreeMap;

use components::{Losses, Rule};
use model::HostName;

struct Node {
    /// `None` at the top.
    parent: Option<usize>,
    /// How many children must hold.
    needs: usize,
    /// How many do.
    holding: usize,
}

/// A rule over the hosts that can be lost.
pub struct Formula {
    nodes: Vec<Node>,
    /// Per host of the list: the parents of its leaves that hold.
    leaves: Vec<Vec<usize>>,
}

impl Formula {
    /// Compiles a rule as things stand: `up` is asked once per leaf.
    pub fn new(rule: &Rule, hosts: &[HostName], losses: Losses, up: &dyn Fn(&str, &HostName) -> bool) -> Self {
        // A node above the rule, so that a rule of a single leaf needs no other treatment.
        let top = Node { parent: None, needs: 1, holding: 0 };
        let mut formula = Self { nodes: vec![top], leaves: vec![Vec::new(); hosts.len()] };
        let places = hosts.iter().enumerate().map(|(place, host)| (host, place)).collect();
        if formula.add(rule, 0, &places, losses, up) {
            formula.nodes[0].holding = 1;
        }
        formula
    }

    /// Adds a rule below a node; says whether it holds.
    fn add(
        &mut self,
        rule: &Rule,
        parent: usize,
        places: &BTreeMap<&HostName, usize>,
        losses: Losses,
        up: &dyn Fn(&str, &HostName) -> bool,
    ) -> bool {
        if let Rule::Up { component, host } = rule {
            let holds = up(component, host);
            if let (true, Some(place)) = (holds, places.get(host)) {
                self.leaves[*place].push(parent);
            }
            return holds;
        }
        // What is outside is taken to work.
        let Some((needs, rules)) = rule.needs(losses) else { return true };
        let here = self.nodes.len();
        self.nodes.push(Node { parent: Some(parent), needs, holding: 0 });
        let holding = rules.iter().filter(|r| self.add(r, here, places, losses, up)).count();
        self.nodes[here].holding = holding;
        holding >= needs
    }

    /// Whether the rule holds.
    pub fn holds(&self) -> bool {
        self.nodes[0].holding > 0
    }

    /// Whether losing the host changes any leaf.
    pub fn depends_on(&self, host: usize) -> bool {
        !self.leaves[host].is_empty()
    }

    /// All leaves of the host stop holding.
    pub fn lose(&mut self, host: usize) {
        for &leaf in &self.leaves[host] {
            let mut at = Some(leaf);
            while let Some(node) = at.map(|at| &mut self.nodes[at]) {
                node.holding -= 1;
                at = if node.holding + 1 == node.needs { node.parent } else { None };
            }
        }
    }

    /// Undoes [`Self::lose`] of a host that is lost.
    pub fn restore(&mut self, host: usize) {
        for &leaf in &self.leaves[host] {
            let mut at = Some(leaf);
            while let Some(node) = at.map(|at| &mut self.nodes[at]) {
                node.holding += 1;
                at = if node.holding == node.needs { node.parent } else { None };
            }
        }
    }
}
