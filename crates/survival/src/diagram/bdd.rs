//! Binary decision diagrams with complement edges (Bryant 1986; Brace, Rudell and Bryant 1990).
//!
//! An edge is a node's number and a bit that negates it. Low edges are never negated, which makes diagrams canonical and
//! has a use of its own: a plain edge is false when no event happens, a negated one true. In a coherent tree nothing but
//! the constant is ever negated, so sums of products of probabilities lose no digits.

use super::store::{BOTTOM, Full, Store};

/// A node, or its negation: twice the node's number, plus one if negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge(pub u32);

impl Edge {
    pub const FALSE: Self = Self(0);
    pub const TRUE: Self = Self(1);

    pub fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    pub fn negated_if(self, negate: bool) -> Self {
        Self(self.0 ^ u32::from(negate))
    }
}

impl std::ops::Not for Edge {
    type Output = Self;

    fn not(self) -> Self {
        self.negated_if(true)
    }
}

const AND: u32 = 0;
const XOR: u32 = 1;

/// An operation that waits for a part of its result.
struct Frame {
    f: Edge,
    g: Edge,
    level: u32,
    /// The result for the variable's being true, once it is known.
    high: Option<Edge>,
}

pub struct Bdd {
    pub store: Store,
    frames: Vec<Frame>,
}

impl Bdd {
    pub fn new(limit: usize) -> Self {
        Self { store: Store::new(1, limit), frames: Vec::new() }
    }

    pub fn level(&self, edge: Edge) -> u32 {
        self.store.nodes[edge.node()].level
    }

    /// What is left of a function when the variable at `level`, which is not below its top, is true and when it is false.
    fn cofactors(&self, edge: Edge, level: u32) -> (Edge, Edge) {
        let node = &self.store.nodes[edge.node()];
        if node.level != level {
            return (edge, edge);
        }
        (Edge(node.high).negated_if(edge.is_negated()), Edge(node.low).negated_if(edge.is_negated()))
    }

    /// If the variable, then `high`, else `low`; both depend on variables below it only.
    pub fn decide(&mut self, level: u32, high: Edge, low: Edge) -> Result<Edge, Full> {
        if high == low {
            return Ok(low);
        }
        let negate = low.is_negated();
        let node = self.store.node(level, high.negated_if(negate).0, low.negated_if(negate).0)?;
        Ok(Edge(node << 1).negated_if(negate))
    }

    pub fn and(&mut self, f: Edge, g: Edge) -> Result<Edge, Full> {
        self.apply(AND, f, g)
    }

    pub fn or(&mut self, f: Edge, g: Edge) -> Result<Edge, Full> {
        Ok(!self.apply(AND, !f, !g)?)
    }

    pub fn xor(&mut self, f: Edge, g: Edge) -> Result<Edge, Full> {
        let negate = f.is_negated() != g.is_negated();
        let plain = self.apply(XOR, f.negated_if(f.is_negated()), g.negated_if(g.is_negated()))?;
        Ok(plain.negated_if(negate))
    }

    /// If `f`, then `more`, else `less`, where `less` implies `more`.
    pub fn monotone_choice(&mut self, f: Edge, more: Edge, less: Edge) -> Result<Edge, Full> {
        let node = self.store.nodes[f.node()];
        let is_variable = !f.is_negated() && node.high == Edge::TRUE.0 && node.low == Edge::FALSE.0;
        if is_variable && node.level < self.level(more).min(self.level(less)) {
            return self.decide(node.level, more, less);
        }
        let both = self.and(f, more)?;
        self.or(less, both)
    }

    fn finished(operation: u32, f: Edge, g: Edge) -> Option<Edge> {
        if operation == XOR {
            return match (f, g) {
                _ if f == g => Some(Edge::FALSE),
                (Edge::FALSE, other) | (other, Edge::FALSE) => Some(other),
                _ => None,
            };
        }
        match (f, g) {
            _ if f == g => Some(f),
            _ if f == !g => Some(Edge::FALSE),
            (Edge::FALSE, _) | (_, Edge::FALSE) => Some(Edge::FALSE),
            (Edge::TRUE, other) | (other, Edge::TRUE) => Some(other),
            _ => None,
        }
    }

    /// On a stack of its own: diagrams may be deeper than the program's.
    fn apply(&mut self, operation: u32, f: Edge, g: Edge) -> Result<Edge, Full> {
        self.frames.clear();
        let (mut f, mut g) = (f, g);
        loop {
            // Down, until a result is known.
            let mut result = loop {
                let mut negate = false;
                if operation == XOR {
                    negate = f.is_negated() != g.is_negated();
                    (f, g) = (f.negated_if(f.is_negated()), g.negated_if(g.is_negated()));
                }
                if f > g {
                    (f, g) = (g, f);
                }
                let known =
                    Self::finished(operation, f, g).or_else(|| self.store.recall(operation, f.0, g.0).map(Edge));
                if let Some(known) = known {
                    break known.negated_if(negate);
                }
                let level = self.level(f).min(self.level(g));
                // An exclusive or of a negated function is computed of the plain ones and negated after: the frame
                // stands for the plain one, so the sign goes with the frame.
                let signed = Frame { f: f.negated_if(negate), g, level, high: None };
                self.frames.push(signed);
                (f, g) = (self.cofactors(f, level).0, self.cofactors(g, level).0);
            };
            // Up, as far as results are complete.
            loop {
                let Some(frame) = self.frames.last_mut() else { return Ok(result) };
                let negate = operation == XOR && frame.f.is_negated();
                let (plain, level) = (frame.f.negated_if(negate), frame.level);
                let Some(high) = frame.high else {
                    frame.high = Some(result);
                    let other = frame.g;
                    (f, g) = (self.cofactors(plain, level).1, self.cofactors(other, level).1);
                    break;
                };
                let other = frame.g;
                self.frames.pop();
                result = self.decide(level, high, result)?;
                self.store.remember(operation, plain.0, other.0, result.0);
                result = result.negated_if(negate);
            }
        }
    }
}

/// The reachable part of a diagram: all that is needed to evaluate it.
#[derive(Clone, Debug)]
pub struct Extract {
    /// Node 0 is the constant; children come before parents.
    pub nodes: Vec<super::store::Node>,
    pub root: Edge,
}

impl Bdd {
    pub fn extract(&self, root: Edge) -> Extract {
        let mut new = vec![u32::MAX; root.node() + 1];
        new[root.node()] = 0;
        for at in (1..=root.node()).rev().filter(|at| *at > 0) {
            if new[at] != u32::MAX {
                let node = &self.store.nodes[at];
                new[Edge(node.high).node()] = 0;
                new[Edge(node.low).node()] = 0;
            }
        }
        let mut nodes = vec![super::store::Node { level: BOTTOM, high: 0, low: 0 }];
        new[0] = 0;
        for at in 1..=root.node() {
            if new[at] != u32::MAX {
                let old = self.store.nodes[at];
                new[at] = nodes.len() as u32;
                let moved = |edge: u32| (new[Edge(edge).node()] << 1) | (edge & 1);
                nodes.push(super::store::Node { level: old.level, high: moved(old.high), low: moved(old.low) });
            }
        }
        Extract { nodes, root: Edge((new[root.node()] << 1) | (root.0 & 1)) }
    }
}
