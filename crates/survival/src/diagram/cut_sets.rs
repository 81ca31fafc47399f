//! Minimal cut sets: as families of sets that are never written out, counted by order, listed as far as asked.
//!
//! Two ways lead to the families. From the binary diagram, by Rauzy's decomposition ("New algorithms for fault trees
//! analysis", Reliability Engineering and System Safety 40, 1993): the cut sets with a variable are those of its high
//! side that contain none of the low side. And directly from the gates, leaving out what exceeds the wanted order on the
//! way: for coherent trees whose whole diagram would be far larger than their small cut sets.
//!
//! What is a cut set of a tree that is *not* coherent: a minimal set of events such that the top event occurs when
//! exactly these happen and no other. Negations count as "does not happen" and are not listed (Rauzy, "Mathematical
//! foundations of minimal cutsets", IEEE Transactions on Reliability 50(4), 2001); prime implicants are not computed.

use std::collections::HashMap;

use super::bdd::Edge;
use super::build::{Leaf, Module, inner_gates};
use super::graph::{Graph, Lit, Op};
use super::order::{Heuristic, Weights, leaves};
use super::store::Full;
use super::zbdd::{ANY_ORDER, Family, NONE, UNIT, Zbdd};

/// The minimal cut sets of a module, over its own variables.
#[derive(Clone, Debug)]
pub struct ModuleSets {
    /// By level.
    pub leaves: Vec<Leaf>,
    pub family: Family,
}

/// From the diagrams of all modules: one family for each.
pub fn from_diagrams(modules: &[Module], order: Option<usize>, limit: usize) -> Result<Vec<ModuleSets>, Full> {
    let family = |module: &Module| match order {
        None => whole(module, limit),
        Some(order) => up_to(module, order, limit),
    };
    modules.iter().map(|module| Ok(ModuleSets { leaves: module.leaves.clone(), family: family(module)? })).collect()
}

/// The cut sets of an edge's function, from those of plain nodes: a negated edge is true without any event.
fn of_edge(edge: u32, of_node: impl Fn(usize) -> u32) -> u32 {
    let edge = Edge(edge);
    match (edge.is_negated(), edge.node()) {
        (true, _) => UNIT,
        (false, 0) => NONE,
        (false, node) => of_node(node),
    }
}

fn whole(module: &Module, limit: usize) -> Result<Family, Full> {
    let mut sets = Zbdd::new(limit);
    let mut of = vec![NONE; module.diagram.nodes.len()];
    for (at, node) in module.diagram.nodes.iter().enumerate().skip(1) {
        let low = of_edge(node.low, |n| of[n]);
        let high = of_edge(node.high, |n| of[n]);
        let high = sets.without(high, low)?;
        of[at] = sets.node(node.level, high, low)?;
    }
    let root = of_edge(module.diagram.root.0, |n| of[n]);
    Ok(sets.extract(root))
}

fn up_to(module: &Module, order: usize, limit: usize) -> Result<Family, Full> {
    let nodes = &module.diagram.nodes;
    // Beyond the number of variables there is nothing to leave out; and where keeping every order apart would take more
    // than the whole may, the whole is counted, and what exceeds the order is left out then.
    if order >= module.leaves.len() || nodes.len().saturating_mul(order + 1) > limit.saturating_mul(4) {
        return whole(module, limit);
    }
    // How many events it takes at least.
    let mut least = vec![u32::MAX; nodes.len()];
    for (at, node) in nodes.iter().enumerate().skip(1) {
        let through = |edge: u32| match (Edge(edge).is_negated(), Edge(edge).node()) {
            (true, _) => 0,
            (false, inner) => least[inner],
        };
        least[at] = through(node.low).min(through(node.high).saturating_add(1));
    }
    // Which remaining orders each node is asked for.
    let width = order + 1;
    let mut asked = vec![false; nodes.len().saturating_mul(width)];
    let ask = |asked: &mut [bool], edge: u32, order: usize| {
        let (edge, at) = (Edge(edge), Edge(edge).node());
        if !edge.is_negated() && at > 0 && least[at] as usize <= order {
            asked[at * width + order] = true;
        }
    };
    ask(&mut asked, module.diagram.root.0, order);
    for at in (1..nodes.len()).rev() {
        for order in 0..width {
            if asked[at * width + order] {
                ask(&mut asked, nodes[at].low, order);
                if order > 0 {
                    ask(&mut asked, nodes[at].high, order - 1);
                }
            }
        }
    }
    let mut sets = Zbdd::new(limit);
    let mut of = vec![NONE; nodes.len() * width];
    for (at, node) in nodes.iter().enumerate().skip(1) {
        for order in 0..width {
            if asked[at * width + order] {
                let low = of_edge(node.low, |n| of[n * width + order]);
                let high = if order == 0 { NONE } else { of_edge(node.high, |n| of[n * width + order - 1]) };
                let high = sets.without(high, low)?;
                of[at * width + order] = sets.node(node.level, high, low)?;
            }
        }
    }
    let root = of_edge(module.diagram.root.0, |n| of[n * width + order]);
    Ok(sets.extract(root))
}

/// Straight from the gates of a coherent graph.
pub fn from_gates(graph: &Graph, modules: &[usize], order: usize, limit: usize) -> Result<Vec<ModuleSets>, Full> {
    let weights = Weights::new(graph);
    let negated = graph.negated();
    let order = u32::try_from(order).unwrap_or(ANY_ORDER).min(ANY_ORDER);
    let mut place = vec![None; graph.nodes.len()];
    let mut found = Vec::with_capacity(modules.len());
    for (at, root) in modules.iter().enumerate() {
        let levels = leaves(graph, *root, &weights, Heuristic::Grouped, |node| place[node].is_some());
        let mut sets = Zbdd::new(limit);
        let mut of: HashMap<usize, u32> = HashMap::new();
        let mut variables = Vec::with_capacity(levels.len());
        for (level, node) in levels.iter().enumerate() {
            of.insert(*node, if order == 0 { NONE } else { sets.node(level as u32, UNIT, NONE)? });
            variables.push(match (graph.nodes[*node].op, place[*node]) {
                (Op::Event(event), _) => Leaf::Event(event),
                (_, inner) => Leaf::Module(inner.unwrap_or_default()),
            });
        }
        for node in inner_gates(graph, *root, &of) {
            let inputs = graph.nodes[node].inputs.iter().map(|input: &Lit| of.get(&input.node()).copied());
            let inputs: Vec<u32> = inputs.map(Option::unwrap_or_default).collect();
            let k = match graph.nodes[node].op {
                Op::AtLeast(k) => k as usize,
                _ => inputs.len(),
            };
            // Not at least k of n: at least n - k + 1 are not.
            let k = if negated[node] { inputs.len() + 1 - k } else { k };
            let family = combined(&mut sets, k, inputs, order)?;
            of.insert(node, family);
        }
        let family = of.get(root).copied().unwrap_or(NONE);
        found.push(ModuleSets { leaves: variables, family: sets.extract(family) });
        place[*root] = Some(at);
    }
    Ok(found)
}

/// The cut sets of "at least `k` of the inputs", up to an order.
fn combined(sets: &mut Zbdd, k: usize, mut inputs: Vec<u32>, order: u32) -> Result<u32, Full> {
    let place = |sets: &Zbdd, family: u32| {
        let node = sets.store.nodes[family as usize];
        (node.level, sets.store.nodes[node.low as usize].level)
    };
    inputs.sort_by_key(|family| place(sets, *family));
    let count = inputs.len();
    let mut row = vec![NONE; k + 1];
    row[0] = UNIT;
    // The most of the inputs below that sets of the wanted order reach; what needs more is empty.
    let mut reach = 0;
    for (above, input) in inputs.iter().enumerate().rev() {
        let least = k.saturating_sub(above).max(1);
        let most = k.min(count - above).min(reach + 1);
        for j in (least..=most).rev() {
            let with = sets.product(*input, row[j - 1], order)?;
            row[j] = sets.union(row[j], with)?;
        }
        // A row below `least` is not kept up and not asked for again.
        while reach < k && row[reach + 1] != NONE {
            reach += 1;
        }
    }
    Ok(row[k])
}
