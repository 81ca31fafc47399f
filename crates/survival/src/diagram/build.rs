//! From the simplified graph to one decision diagram per module.

use std::collections::HashMap;

use super::bdd::{Bdd, Edge, Extract};
use super::graph::{Graph, Lit, Op};
use super::order::{Heuristic, Weights, leaves};
use super::store::Full;
use crate::fault_tree::EventId;

/// What a variable of a module's diagram stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    Event(EventId),
    /// By place in the list of modules; a module comes after those it contains.
    Module(usize),
}

/// A module as its diagram.
#[derive(Clone, Debug)]
pub struct Module {
    /// By level.
    pub leaves: Vec<Leaf>,
    /// Its root is never negated: as a variable of the module above it is false when no event happens. What the tree
    /// meant is the negation if `negated`.
    pub diagram: Extract,
    pub negated: bool,
}

/// The rounds of budgets in which orders of variables are tried, as shares of the limit: an order that is far worse
/// than another costs little more than finding that out.
const ROUNDS: [usize; 4] = [1000, 100, 10, 1];

/// The least budget that is worth trying.
const LEAST: usize = 20_000;

/// One diagram per module of `modules`, which are in the order of [`super::modules::modules`].
pub fn diagrams(graph: &Graph, modules: &[usize], limit: usize) -> Result<Vec<Module>, Full> {
    let weights = Weights::new(graph);
    let mut place = vec![None; graph.nodes.len()];
    let mut built: Vec<Module> = Vec::with_capacity(modules.len());
    for (at, root) in modules.iter().enumerate() {
        let module = tried(graph, *root, &weights, &place, &built, limit)?;
        built.push(module);
        place[*root] = Some(at);
    }
    Ok(built)
}

fn tried(
    graph: &Graph,
    root: usize,
    weights: &Weights,
    place: &[Option<usize>],
    built: &[Module],
    limit: usize,
) -> Result<Module, Full> {
    let mut orders: Vec<Vec<usize>> = Vec::new();
    for heuristic in Heuristic::ALL {
        let order = leaves(graph, root, weights, heuristic, |node| place[node].is_some());
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    let mut last = 0;
    for share in ROUNDS {
        let budget = (limit / share).max(LEAST).min(limit);
        if budget == last {
            continue;
        }
        last = budget;
        let mut reached = Vec::with_capacity(orders.len());
        for order in orders {
            match module(graph, root, &order, place, built, budget) {
                Ok(module) => return Ok(module),
                Err(progress) => reached.push((progress, order)),
            }
        }
        // Whichever got furthest comes first in the next round; the others are given up.
        reached.sort_by_key(|(progress, _)| *progress);
        reached.truncate(reached.len().div_ceil(2));
        orders = reached.into_iter().map(|(_, order)| order).collect();
    }
    Err(Full)
}

/// How far an order got: the smaller the better. All orders take the gates one after the other in the same way.
type Progress = (std::cmp::Reverse<usize>, usize);

/// One order; without success, how many gates were done, and with how many nodes the last one of them.
fn module(
    graph: &Graph,
    root: usize,
    order: &[usize],
    place: &[Option<usize>],
    built: &[Module],
    budget: usize,
) -> Result<Module, Progress> {
    let mut bdd = Bdd::new(budget);
    let mut edges = HashMap::new();
    let mut variables = Vec::with_capacity(order.len());
    for (level, node) in order.iter().enumerate() {
        let mut edge = bdd.decide(level as u32, Edge::TRUE, Edge::FALSE).map_err(|_| Progress::default())?;
        variables.push(match (graph.nodes[*node].op, place[*node]) {
            (Op::Event(event), _) => Leaf::Event(event),
            (_, inner) => {
                let inner = inner.unwrap_or_default();
                edge = edge.negated_if(built[inner].negated);
                Leaf::Module(inner)
            }
        });
        edges.insert(*node, edge);
    }
    let mut nodes = 0;
    for (done, node) in inner_gates(graph, root, &edges).into_iter().enumerate() {
        let edge = gate(&mut bdd, graph, node, &edges).map_err(|_| (std::cmp::Reverse(done), nodes))?;
        edges.insert(node, edge);
        nodes = bdd.store.nodes.len();
    }
    let edge = signed(&edges, Lit::positive(root));
    let negated = edge.is_negated();
    Ok(Module { leaves: variables, diagram: bdd.extract(edge.negated_if(negated)), negated })
}

fn gate(bdd: &mut Bdd, graph: &Graph, node: usize, edges: &HashMap<usize, Edge>) -> Result<Edge, Full> {
    let mut inputs: Vec<Edge> = graph.nodes[node].inputs.iter().map(|input| signed(edges, *input)).collect();
    match (graph.nodes[node].op, &inputs[..]) {
        (Op::Xor, [a, b]) => bdd.xor(*a, *b),
        (Op::AtLeast(k), _) => at_least(bdd, k as usize, inputs),
        _ => {
            // From the bottom up, every step adds above what is there.
            inputs.sort_by_key(|edge| std::cmp::Reverse(bdd.level(*edge)));
            inputs.into_iter().try_fold(Edge::TRUE, |all, input| bdd.and(input, all))
        }
    }
}

fn signed(edges: &HashMap<usize, Edge>, lit: Lit) -> Edge {
    edges.get(&lit.node()).copied().unwrap_or(Edge::FALSE).negated_if(lit.is_negated())
}

/// The gates of a module, each after its inputs: by number, which is such an order.
pub fn inner_gates<T>(graph: &Graph, root: usize, leaves: &HashMap<usize, T>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::from([root]);
    let mut open = vec![root];
    let mut gates = Vec::new();
    while let Some(node) = open.pop() {
        if leaves.contains_key(&node) {
            continue;
        }
        gates.push(node);
        open.extend(graph.nodes[node].inputs.iter().map(|input| input.node()).filter(|child| seen.insert(*child)));
    }
    gates.sort_unstable();
    gates
}

/// `k` of the inputs: one row of functions "at least j of those below" per input, from the lowest variables up.
fn at_least(bdd: &mut Bdd, k: usize, mut inputs: Vec<Edge>) -> Result<Edge, Full> {
    inputs.sort_by_key(|edge| {
        let low = Edge(bdd.store.nodes[edge.node()].low);
        (bdd.level(*edge), bdd.level(low))
    });
    let count = inputs.len();
    let mut row = vec![Edge::FALSE; k + 1];
    row[0] = Edge::TRUE;
    for (above, input) in inputs.iter().enumerate().rev() {
        // Of the inputs above, `above` at most are true, and those below are too few for more.
        let least = k.saturating_sub(above).max(1);
        for j in (least..=k.min(count - above)).rev() {
            row[j] = bdd.monotone_choice(*input, row[j - 1], row[j])?;
        }
    }
    Ok(row[k])
}
