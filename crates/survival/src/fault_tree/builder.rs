//! Builds a tree from below: what a gate depends on exists before the gate does, so there are no cycles.

use std::collections::HashMap;

use super::{BasicEvent, EventId, FaultTree, Gate, GateId, GateKind, Input, TreeError};

/// Collects events and gates; [`Builder::finish`] makes the tree.
///
/// ```
/// use survival::fault_tree::{Builder, Input};
///
/// let mut tree = Builder::new("database");
/// let rack = tree.event("rack a", 1e-4);
/// let down: Vec<Input> = ["db1", "db2", "db3"].map(|host| tree.event(host, 1e-3)).map(|host| tree.or([host, rack])).into();
/// let top = tree.at_least(2, down);
/// let tree = tree.finish(top)?;
/// assert_eq!(tree.events.len(), 4);
/// # Ok::<(), survival::fault_tree::TreeError>(())
/// ```
#[derive(Debug, Default)]
pub struct Builder {
    name: String,
    events: Vec<BasicEvent>,
    by_name: HashMap<String, EventId>,
    gates: Vec<Gate>,
    /// Gates that were not given a name, by what they compute: the same question is asked once.
    alike: HashMap<(GateKind, Vec<Input>), Input>,
    /// The first event that was added with two different probabilities.
    conflict: Option<TreeError>,
}

impl Builder {
    /// A tree of that name, without anything in it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The event of that name; a name that is known is the same event. Its probability is 0 to 1, or `None` where it is
    /// not known; [`Builder::finish`] refuses another, and one name with two probabilities.
    pub fn event(&mut self, name: impl Into<String>, probability: impl Into<Option<f64>>) -> Input {
        let (name, probability) = (name.into(), probability.into());
        if let Some(known) = self.by_name.get(&name) {
            if self.events[known.0].probability != probability && self.conflict.is_none() {
                self.conflict = Some(TreeError::DuplicateEvent { event: name });
            }
            return Input::Event(*known);
        }
        let id = EventId(self.events.len());
        self.by_name.insert(name.clone(), id);
        self.events.push(BasicEvent { name, probability });
        Input::Event(id)
    }

    /// A gate that gets a name of its own, to be shown.
    pub fn gate(&mut self, name: impl Into<String>, kind: GateKind, inputs: impl IntoIterator<Item = Input>) -> Input {
        let id = GateId(self.gates.len());
        self.gates.push(Gate { name: name.into(), kind, inputs: inputs.into_iter().collect() });
        Input::Gate(id)
    }

    /// True when all inputs are.
    pub fn and(&mut self, inputs: impl IntoIterator<Item = Input>) -> Input {
        self.anonymous(GateKind::And, inputs)
    }

    /// True when some input is.
    pub fn or(&mut self, inputs: impl IntoIterator<Item = Input>) -> Input {
        self.anonymous(GateKind::Or, inputs)
    }

    /// True when at least `k` inputs are.
    pub fn at_least(&mut self, k: usize, inputs: impl IntoIterator<Item = Input>) -> Input {
        self.anonymous(GateKind::AtLeast(k), inputs)
    }

    /// True when the input is not.
    pub fn negation(&mut self, input: Input) -> Input {
        self.anonymous(GateKind::Not, [input])
    }

    fn anonymous(&mut self, kind: GateKind, inputs: impl IntoIterator<Item = Input>) -> Input {
        let key = (kind, inputs.into_iter().collect::<Vec<_>>());
        if let Some(known) = self.alike.get(&key) {
            return *known;
        }
        let gate = self.gate(format!("{} {}", kind.word(), self.gates.len() + 1), kind, key.1.iter().copied());
        self.alike.insert(key, gate);
        gate
    }

    /// The tree with that top event, checked.
    ///
    /// # Errors
    /// What [`FaultTree::check`] finds, and an event that was added with two probabilities.
    pub fn finish(self, top: Input) -> Result<FaultTree, TreeError> {
        if let Some(conflict) = self.conflict {
            return Err(conflict);
        }
        let tree = FaultTree { name: self.name, events: self.events, gates: self.gates, top };
        tree.check()?;
        Ok(tree)
    }
}
