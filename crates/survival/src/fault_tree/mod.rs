//! Fault trees in the terms of IEC 61025: a top event, gates between, basic events below.
//!
//! A tree is an arena: gates name their inputs by index, so a gate or an event that matters in several places is shared,
//! not copied. The fields are public and may hold anything; [`FaultTree::check`] says whether they make sense, and
//! [`crate::diagram::Analysis`] asks it first. [`Builder`] is the pleasant way to make one. A house event is an
//! [`Input::Constant`].

mod builder;
mod check;

pub use builder::Builder;
pub use check::TreeError;
pub(crate) use check::depth_first;

/// A basic event, by its place in [`FaultTree::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub usize);

/// A gate, by its place in [`FaultTree::gates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateId(pub usize);

/// What can fail by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct BasicEvent {
    /// Unique among the events of the tree.
    pub name: String,
    /// How probable the failure is, 0 to 1. `None`: not known; cut sets can still be computed, probabilities cannot.
    pub probability: Option<f64>,
}

/// What a gate depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    Event(EventId),
    Gate(GateId),
    /// A house event: what is known to be the case, or known not to be.
    Constant(bool),
}

impl From<EventId> for Input {
    fn from(event: EventId) -> Self {
        Self::Event(event)
    }
}

impl From<GateId> for Input {
    fn from(gate: GateId) -> Self {
        Self::Gate(gate)
    }
}

impl From<bool> for Input {
    fn from(constant: bool) -> Self {
        Self::Constant(constant)
    }
}

/// When a gate is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateKind {
    /// All inputs are; with no input, true.
    And,
    /// Some input is; with no input, false.
    Or,
    /// At least so many inputs are (K/N). An input that is listed twice counts twice.
    AtLeast(usize),
    /// At least `min` and at most `max` inputs are.
    Cardinality { min: usize, max: usize },
    /// Its one input is not.
    Not,
    /// An odd number of inputs is.
    Xor,
    /// Not all inputs are.
    Nand,
    /// No input is.
    Nor,
    /// Its two inputs are both true or both false.
    Iff,
    /// Its first input is false or its second is true.
    Imply,
}

impl GateKind {
    /// How many inputs it must have, where it is not any number.
    pub fn arity(self) -> Option<usize> {
        match self {
            Self::Not => Some(1),
            Self::Iff | Self::Imply => Some(2),
            _ => None,
        }
    }

    /// The word for messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::AtLeast(_) => "atleast",
            Self::Cardinality { .. } => "cardinality",
            Self::Not => "not",
            Self::Xor => "xor",
            Self::Nand => "nand",
            Self::Nor => "nor",
            Self::Iff => "iff",
            Self::Imply => "imply",
        }
    }
}

/// A combination of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Unique among the gates of the tree.
    pub name: String,
    pub kind: GateKind,
    pub inputs: Vec<Input>,
}

/// The causes of one top event.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultTree {
    pub name: String,
    pub events: Vec<BasicEvent>,
    pub gates: Vec<Gate>,
    pub top: Input,
}

impl FaultTree {
    /// The event of that name.
    pub fn event_named(&self, name: &str) -> Option<EventId> {
        self.events.iter().position(|e| e.name == name).map(EventId)
    }

    /// The same tree where some events are known to have happened (`true`) or to be impossible (`false`): the question
    /// "what if", and the margin that is left once something is down. Events keep their ids.
    pub fn given(&self, known: &[(EventId, bool)]) -> Self {
        let mut fixed = vec![None; self.events.len()];
        for (event, happened) in known {
            if let Some(slot) = fixed.get_mut(event.0) {
                *slot = Some(*happened);
            }
        }
        let mut tree = self.clone();
        let fix = |input: &mut Input| {
            if let Input::Event(event) = *input
                && let Some(Some(happened)) = fixed.get(event.0)
            {
                *input = Input::Constant(*happened);
            }
        };
        tree.gates.iter_mut().flat_map(|g| &mut g.inputs).for_each(fix);
        fix(&mut tree.top);
        tree
    }
}
