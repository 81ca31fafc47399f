//! Agents that break one rule each: every rule of the protocol is worth a check that fails without it.

use failover::{Action, Event, Node};

/// The rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breakage {}

/// What such an agent believes to hear.
pub fn hears(broken: Breakage, _node: &Node, _event: &mut Event) {
    match broken {}
}

/// What such an agent does.
pub fn does(broken: Breakage, _node: &Node, _actions: &mut Vec<Action>) {
    match broken {}
}
