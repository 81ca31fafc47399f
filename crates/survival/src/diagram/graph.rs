//! The tree, simplified: what is left to decide once constants, repetitions and needless gates are gone.
//!
//! A directed acyclic graph of conjunctions, K/N gates and exclusive ors over signed edges. An or is a negated
//! conjunction of negations, so that structurally equal subtrees become one node, whichever way they were written, and
//! nested gates of one kind merge. Nodes come after what they depend on.

use std::collections::HashMap;
use std::ops::Not;

use crate::fault_tree::{EventId, FaultTree, GateKind, Input, TreeError};

/// A node or its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lit(u32);

impl Lit {
    pub const FALSE: Self = Self(0);
    pub const TRUE: Self = Self(1);

    pub fn positive(node: usize) -> Self {
        Self((node as u32) << 1)
    }

    pub fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    /// Negated if `negate`.
    pub fn negated_if(self, negate: bool) -> Self {
        Self(self.0 ^ u32::from(negate))
    }
}

impl Not for Lit {
    type Output = Self;

    fn not(self) -> Self {
        self.negated_if(true)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Node 0 alone.
    False,
    Event(EventId),
    And,
    AtLeast(u32),
    /// Of two inputs, neither negated.
    Xor,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    pub inputs: Box<[Lit]>,
}

#[derive(Debug)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub top: Lit,
    /// By operation and sorted inputs.
    known: HashMap<(Op, Box<[Lit]>), Lit>,
}

impl Graph {
    /// Simplifies a tree that [`FaultTree::check`] accepts.
    ///
    /// # Errors
    /// A cycle.
    pub fn new(tree: &FaultTree) -> Result<Self, TreeError> {
        let mut graph = Self::empty();
        let mut gates = vec![Lit::FALSE; tree.gates.len()];
        let top_gate = match tree.top {
            Input::Gate(gate) => Some(gate),
            _ => None,
        };
        let lit = |graph: &mut Self, gates: &[Lit], input: &Input| match *input {
            Input::Constant(value) => Lit::FALSE.negated_if(value),
            Input::Gate(gate) => gates[gate.0],
            Input::Event(event) => graph.node(Op::Event(event), Box::default()),
        };
        for gate in tree.evaluation_order(top_gate.into_iter())? {
            let gate_inputs = tree.gates[gate.0].inputs.iter();
            let inputs: Vec<Lit> = gate_inputs.map(|input| lit(&mut graph, &gates, input)).collect();
            gates[gate.0] = graph.gate(tree.gates[gate.0].kind, inputs);
        }
        graph.top = lit(&mut graph, &gates, &tree.top);
        Ok(graph.merged())
    }

    fn empty() -> Self {
        let nodes = vec![Node { op: Op::False, inputs: Box::default() }];
        Self { nodes, top: Lit::FALSE, known: HashMap::new() }
    }

    fn gate(&mut self, kind: GateKind, inputs: Vec<Lit>) -> Lit {
        match kind {
            GateKind::And => self.and(inputs),
            GateKind::Nand => !self.and(inputs),
            GateKind::Or => self.or(inputs),
            GateKind::Nor | GateKind::Not => !self.or(inputs),
            GateKind::AtLeast(k) => self.at_least(k, inputs),
            GateKind::Cardinality { min, max } => {
                let enough = self.at_least(min, inputs.clone());
                let too_many = self.at_least(max.saturating_add(1), inputs);
                self.and(vec![enough, !too_many])
            }
            GateKind::Xor => inputs.into_iter().fold(Lit::FALSE, |sum, input| self.xor(sum, input)),
            GateKind::Iff => !inputs.into_iter().fold(Lit::FALSE, |sum, input| self.xor(sum, input)),
            GateKind::Imply => match inputs[..] {
                [premise, conclusion] => self.or(vec![!premise, conclusion]),
                _ => Lit::TRUE,
            },
        }
    }

    fn node(&mut self, op: Op, inputs: Box<[Lit]>) -> Lit {
        let mut sorted = inputs.clone();
        sorted.sort_unstable();
        let fresh = Lit::positive(self.nodes.len());
        let lit = *self.known.entry((op, sorted)).or_insert(fresh);
        if lit == fresh {
            self.nodes.push(Node { op, inputs });
        }
        lit
    }

    fn or(&mut self, mut inputs: Vec<Lit>) -> Lit {
        inputs.iter_mut().for_each(|input| *input = !*input);
        !self.and(inputs)
    }

    fn and(&mut self, inputs: Vec<Lit>) -> Lit {
        let mut sorted = inputs.clone();
        sorted.sort_unstable();
        sorted.dedup();
        // A node and its negation are neighbours.
        if sorted.first() == Some(&Lit::FALSE) || sorted.windows(2).any(|pair| pair[0] == !pair[1]) {
            return Lit::FALSE;
        }
        let mut inputs = inputs;
        if sorted.len() < inputs.len() || sorted.first() == Some(&Lit::TRUE) {
            // Keeps the order, which the variable order is made from.
            let mut wanted: std::collections::HashSet<Lit> = sorted.into_iter().collect();
            wanted.remove(&Lit::TRUE);
            inputs.retain(|input| wanted.remove(input));
        }
        match inputs[..] {
            [] => Lit::TRUE,
            [only] => only,
            _ => self.node(Op::And, inputs.into_boxed_slice()),
        }
    }

    fn at_least(&mut self, k: usize, mut inputs: Vec<Lit>) -> Lit {
        let sure = inputs.iter().filter(|input| **input == Lit::TRUE).count();
        inputs.retain(|input| input.node() != 0);
        let k = k.saturating_sub(sure);
        match k {
            0 => Lit::TRUE,
            _ if k > inputs.len() => Lit::FALSE,
            1 => self.or(inputs),
            _ if k == inputs.len() => self.and(inputs),
            _ => self.node(Op::AtLeast(k as u32), inputs.into_boxed_slice()),
        }
    }

    fn xor(&mut self, a: Lit, b: Lit) -> Lit {
        let odd = a.is_negated() != b.is_negated();
        let (a, b) = (a.negated_if(a.is_negated()), b.negated_if(b.is_negated()));
        let plain = match (a, b) {
            _ if a == b => Lit::FALSE,
            (Lit::FALSE, other) | (other, Lit::FALSE) => other,
            _ => self.node(Op::Xor, Box::new([a, b])),
        };
        plain.negated_if(odd)
    }

    /// Without what the top does not depend on, and with nested conjunctions made one where nobody else needs the inner
    /// one.
    fn merged(self) -> Self {
        let uses = self.uses();
        let inner =
            |input: Lit| !input.is_negated() && uses[input.node()] == 1 && self.nodes[input.node()].op == Op::And;
        let mut absorbed = vec![false; self.nodes.len()];
        for node in self.nodes.iter().enumerate().filter(|(at, node)| uses[*at] > 0 && node.op == Op::And) {
            node.1.inputs.iter().filter(|input| inner(**input)).for_each(|input| absorbed[input.node()] = true);
        }
        let mut merged = Self::empty();
        let mut new = vec![Lit::FALSE; self.nodes.len()];
        let translate = |new: &[Lit], input: Lit| new[input.node()].negated_if(input.is_negated());
        for (at, node) in self.nodes.iter().enumerate().skip(1).filter(|(at, _)| uses[*at] > 0 && !absorbed[*at]) {
            let mut inputs = Vec::with_capacity(node.inputs.len());
            // A stack, since a chain of conjunctions may be longer than the program's own.
            let mut open: Vec<Lit> = node.inputs.iter().rev().copied().collect();
            while let Some(input) = open.pop() {
                if node.op == Op::And && inner(input) {
                    open.extend(self.nodes[input.node()].inputs.iter().rev());
                } else {
                    inputs.push(translate(&new, input));
                }
            }
            new[at] = match node.op {
                Op::False => Lit::FALSE,
                Op::Event(_) => merged.node(node.op, Box::default()),
                Op::And => merged.and(inputs),
                Op::AtLeast(k) => merged.at_least(k as usize, inputs),
                Op::Xor => inputs.into_iter().fold(Lit::FALSE, |sum, input| merged.xor(sum, input)),
            };
        }
        merged.top = translate(&new, self.top);
        merged.known = HashMap::new();
        merged
    }

    /// Per node, by how many edges the rest of the graph below the top reaches it; the top has one more.
    pub fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0u32; self.nodes.len()];
        uses[self.top.node()] = 1;
        for at in (1..self.nodes.len()).rev().filter(|at| *at <= self.top.node()) {
            if uses[at] > 0 {
                self.nodes[at].inputs.iter().for_each(|input| uses[input.node()] += 1);
            }
        }
        uses
    }

    /// Per node, whether the ways from the top reach it as itself, and negated.
    fn reached(&self) -> Vec<[bool; 2]> {
        let mut reached = vec![[false; 2]; self.nodes.len()];
        reached[self.top.node()][usize::from(self.top.is_negated())] = true;
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let [plain, negated] = reached[at];
            let both = node.op == Op::Xor && (plain || negated);
            for input in &node.inputs {
                let sign = usize::from(input.is_negated());
                reached[input.node()][sign] |= plain || both;
                reached[input.node()][1 - sign] |= negated || both;
            }
        }
        reached
    }

    /// Whether no event helps by not happening: negations cancel out on every way from the top down.
    pub fn is_coherent(&self) -> bool {
        let reached = self.reached();
        !self.nodes.iter().zip(&reached).any(|(node, [_, negated])| *negated && matches!(node.op, Op::Event(_)))
    }

    /// Per node of a coherent graph, whether it is its negation that matters: it is never both.
    pub fn negated(&self) -> Vec<bool> {
        self.reached().into_iter().map(|[_, negated]| negated).collect()
    }
}
