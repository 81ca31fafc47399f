//! Exact probabilities on the diagrams, and how much each event matters.
//!
//! Of every node both the probability and that of its negation are kept, each a sum of products of positive numbers:
//! taking one from 1 would lose the digits that matter when failures are rare.

use super::bdd::Edge;
use super::build::{Leaf, Module};
use crate::fault_tree::EventId;

/// How probable something is, and its contrary.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    pub yes: f64,
    pub no: f64,
}

impl Chance {
    pub fn of(probability: f64) -> Self {
        Self { yes: probability, no: 1.0 - probability }
    }

    fn negated_if(self, negate: bool) -> Self {
        if negate { Self { yes: self.no, no: self.yes } } else { self }
    }
}

/// How much an event matters for the top event. With P the probability of the top, p that of the event, and P₁ and P₀
/// those of the top when the event is certain and when it is impossible. The formulas are those of NUREG/CR-3385
/// (Vesely and others 1983) and of SCRAM's report, where `fussell_vesely` is called CIF and `diagnosis` DIF.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Importance {
    pub event: EventId,
    /// The event's own p.
    pub probability: f64,
    /// Birnbaum's marginal importance: P₁ − P₀, the probability that the event decides.
    pub birnbaum: f64,
    /// Fussell and Vesely's: p (P₁ − P₀) / P = (P − P₀) / P, the share of P that goes when the event does.
    pub fussell_vesely: f64,
    /// The diagnosis factor: p P₁ / P, the probability that the event has happened when the top has.
    pub diagnosis: f64,
    /// Risk achievement worth: P₁ / P.
    pub raw: f64,
    /// Risk reduction worth: P / P₀; infinite where the top cannot happen without the event.
    pub rrw: f64,
}

/// The chance of every module's root and, if `keep`, of every node. `event` gives those of the basic events.
fn evaluate(modules: &[Module], event: &dyn Fn(EventId) -> Chance) -> (Vec<Vec<Chance>>, Vec<Chance>) {
    let mut roots: Vec<Chance> = Vec::with_capacity(modules.len());
    let mut nodes = Vec::with_capacity(modules.len());
    for module in modules {
        let mut of = Vec::with_capacity(module.diagram.nodes.len());
        of.push(Chance { yes: 0.0, no: 1.0 });
        for node in &module.diagram.nodes[1..] {
            let variable = leaf(module.leaves[node.level as usize], event, &roots);
            let (high, low) = (at(&of, node.high), at(&of, node.low));
            of.push(Chance {
                yes: variable.yes * high.yes + variable.no * low.yes,
                no: variable.yes * high.no + variable.no * low.no,
            });
        }
        roots.push(at(&of, module.diagram.root.0));
        nodes.push(of);
    }
    (nodes, roots)
}

fn leaf(leaf: Leaf, event: &dyn Fn(EventId) -> Chance, roots: &[Chance]) -> Chance {
    match leaf {
        Leaf::Event(id) => event(id),
        Leaf::Module(module) => roots[module],
    }
}

fn at(of: &[Chance], edge: u32) -> Chance {
    let edge = Edge(edge);
    of[edge.node()].negated_if(edge.is_negated())
}

/// The chance of the last module's root.
pub fn top(modules: &[Module], event: &dyn Fn(EventId) -> Chance) -> Chance {
    evaluate(modules, event).1.pop().unwrap_or(Chance { yes: 0.0, no: 1.0 })
}

/// Below this share of P, P₁ and P₀ are computed anew instead of as differences that have no digits left.
const CANCELLED: f64 = 1e-6;

/// The importance of every event that the top depends on, by event; `negated` says that the top is the negation of the
/// last module's root. One walk up and one down over the diagrams, however many events there are.
pub fn importance(modules: &[Module], negated: bool, event: &dyn Fn(EventId) -> Chance) -> Vec<Importance> {
    let Some(last) = modules.len().checked_sub(1) else { return Vec::new() };
    let (nodes, roots) = evaluate(modules, event);
    let total = roots[last].negated_if(negated).yes;
    // The derivative of the top's probability by each module's, and by each event's.
    let mut by_module = vec![0.0; modules.len()];
    by_module[last] = if negated { -1.0 } else { 1.0 };
    let mut found = Vec::new();
    for (place, module) in modules.iter().enumerate().rev() {
        let of = &nodes[place];
        let mut by_node = vec![0.0; of.len()];
        let mut by_level = vec![0.0; module.leaves.len()];
        let root = module.diagram.root;
        by_node[root.node()] = if root.is_negated() { -by_module[place] } else { by_module[place] };
        for (number, node) in module.diagram.nodes.iter().enumerate().skip(1).rev() {
            let weight: f64 = by_node[number];
            let level = node.level as usize;
            let variable = leaf(module.leaves[level], event, &roots);
            by_level[level] += weight * (at(of, node.high).yes - at(of, node.low).yes);
            for (edge, share) in [(Edge(node.high), variable.yes), (Edge(node.low), variable.no)] {
                by_node[edge.node()] += if edge.is_negated() { -weight * share } else { weight * share };
            }
        }
        for (variable, derivative) in module.leaves.iter().zip(by_level) {
            match *variable {
                Leaf::Module(inner) => by_module[inner] += derivative,
                Leaf::Event(id) => found.push((id, derivative)),
            }
        }
    }
    found.sort_by_key(|(id, _)| *id);
    let given = |id, happened: bool| {
        let known = |other| if other == id { Chance::of(f64::from(u8::from(happened))) } else { event(other) };
        top(modules, &known).negated_if(negated).yes
    };
    let complete = |(id, birnbaum): (EventId, f64)| {
        let chance = event(id);
        let with = total + chance.no * birnbaum;
        let with = if with < total * CANCELLED { given(id, true) } else { with };
        let without = total - chance.yes * birnbaum;
        let without = if without < total * CANCELLED { given(id, false) } else { without };
        let share = |part: f64| if total > 0.0 { part / total } else { 0.0 };
        Importance {
            event: id,
            probability: chance.yes,
            birnbaum,
            fussell_vesely: share(chance.yes * birnbaum),
            diagnosis: share(chance.yes * with),
            raw: share(with),
            rrw: if without > 0.0 {
                total / without
            } else if total > 0.0 {
                f64::INFINITY
            } else {
                1.0
            },
        }
    };
    found.into_iter().map(complete).collect()
}

impl Chance {
    /// The probability of what is, or is not, the case.
    pub fn probability(self, negated: bool) -> f64 {
        self.negated_if(negated).yes
    }
}
