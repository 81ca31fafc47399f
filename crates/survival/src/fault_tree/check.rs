//! Whether a tree makes sense, and the order in which its gates can be evaluated.

use std::collections::HashSet;

use thiserror::Error;

use super::{FaultTree, GateId, Input};

/// Why a tree is none.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TreeError {
    #[error("the gate `{gate}` depends on the {what} number {index}, which does not exist")]
    Undefined { gate: String, what: &'static str, index: usize },
    #[error("the top event is the {what} number {index}, which does not exist")]
    UndefinedTop { what: &'static str, index: usize },
    #[error("a gate depends on itself: {}; break the circle", .path.join(" → "))]
    Cycle { path: Vec<String> },
    #[error("the basic event `{event}` is defined twice, or with two different probabilities")]
    DuplicateEvent { event: String },
    #[error("the gate `{gate}` is defined twice")]
    DuplicateGate { gate: String },
    #[error("the basic event `{event}` has the probability {probability}; it must be from 0 to 1")]
    Probability { event: String, probability: f64 },
    #[error("the gate `{gate}` is of the kind `{kind}`, which takes {needs} input(s), but has {has}")]
    Inputs { gate: String, kind: &'static str, needs: usize, has: usize },
}

impl FaultTree {
    /// Checks the whole tree, also what the top event does not depend on.
    ///
    /// # Errors
    /// The first thing that is wrong: see [`TreeError`].
    pub fn check(&self) -> Result<(), TreeError> {
        let mut names = HashSet::new();
        for event in &self.events {
            if !names.insert(event.name.as_str()) {
                return Err(TreeError::DuplicateEvent { event: event.name.clone() });
            }
            if let Some(probability) = event.probability.filter(|p| !(0.0..=1.0).contains(p)) {
                return Err(TreeError::Probability { event: event.name.clone(), probability });
            }
        }
        names.clear();
        for gate in &self.gates {
            if !names.insert(gate.name.as_str()) {
                return Err(TreeError::DuplicateGate { gate: gate.name.clone() });
            }
            let has = gate.inputs.len();
            if let Some(needs) = gate.kind.arity().filter(|needs| *needs != has) {
                return Err(TreeError::Inputs { gate: gate.name.clone(), kind: gate.kind.word(), needs, has });
            }
            for input in &gate.inputs {
                if let Some((what, index)) = self.missing(*input) {
                    return Err(TreeError::Undefined { gate: gate.name.clone(), what, index });
                }
            }
        }
        if let Some((what, index)) = self.missing(self.top) {
            return Err(TreeError::UndefinedTop { what, index });
        }
        self.evaluation_order((0..self.gates.len()).map(GateId)).map(|_| ())
    }

    fn missing(&self, input: Input) -> Option<(&'static str, usize)> {
        match input {
            Input::Event(event) if event.0 >= self.events.len() => Some(("event", event.0)),
            Input::Gate(gate) if gate.0 >= self.gates.len() => Some(("gate", gate.0)),
            _ => None,
        }
    }

    /// The gates that `starts` depend on, and `starts`, each after what it depends on.
    ///
    /// # Errors
    /// [`TreeError::Cycle`] with the way round. All ids must exist.
    pub(crate) fn evaluation_order(&self, starts: impl Iterator<Item = GateId>) -> Result<Vec<GateId>, TreeError> {
        depth_first(self.gates.len(), starts.map(|g| g.0), |gate, place| {
            let gates = self.gates[gate].inputs.iter().enumerate().skip(place);
            gates.into_iter().find_map(|(at, input)| match input {
                Input::Gate(next) => Some((at, next.0)),
                _ => None,
            })
        })
        .map(|order| order.into_iter().map(GateId).collect())
        .map_err(|path| TreeError::Cycle { path: path.into_iter().map(|g| self.gates[g].name.clone()).collect() })
    }
}

/// Post-order of a graph of `size` nodes from `starts`, without recursion. `next` gives the first successor of a node
/// at or after a place, and its place. A cycle comes back as the way round, its first node repeated at the end.
pub(crate) fn depth_first(
    size: usize,
    starts: impl Iterator<Item = usize>,
    next: impl Fn(usize, usize) -> Option<(usize, usize)>,
) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; size];
    let mut order = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in starts {
        if marks[start] == Mark::New {
            marks[start] = Mark::Open;
            path.push((start, 0));
        }
        while let Some((node, place)) = path.last_mut() {
            let Some((at, child)) = next(*node, *place) else {
                marks[*node] = Mark::Done;
                order.push(*node);
                path.pop();
                continue;
            };
            *place = at + 1;
            match marks[child] {
                Mark::Done => {}
                Mark::New => {
                    marks[child] = Mark::Open;
                    path.push((child, 0));
                }
                Mark::Open => {
                    let from = path.iter().position(|(n, _)| *n == child).unwrap_or(0);
                    return Err(path[from..].iter().map(|(n, _)| *n).chain([child]).collect());
                }
            }
        }
    }
    Ok(order)
}
