//! The order of the variables of one module: what makes a decision diagram small or impossible.
//!
//! Every order here is a depth-first walk, which keeps what belongs together together; they differ in which input of a
//! gate comes first. No rule of thumb is best for every tree, so [`super::build`] tries them under growing budgets.

use super::graph::{Graph, Op};

/// Which input of a gate is visited first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heuristic {
    /// Inputs that share a cause side by side, and the cause before them: hosts by their racks, whatever the order in
    /// which they are listed.
    Grouped,
    /// As written: whoever draws a tree puts related things side by side.
    Written,
    /// What most gates share first: common causes above what they are common to.
    SharedFirst,
    /// Small subtrees first.
    SmallFirst,
    /// Large subtrees first.
    LargeFirst,
}

impl Heuristic {
    pub const ALL: [Self; 5] = [Self::Grouped, Self::SharedFirst, Self::Written, Self::SmallFirst, Self::LargeFirst];
}

/// What the heuristics weigh, per node of the graph.
pub struct Weights {
    uses: Vec<u32>,
    /// Leaves of the subtree, counted as often as they occur.
    size: Vec<u64>,
    /// What is shared most in the subtree, with the node itself: its uses and its number.
    cause: Vec<(u32, usize)>,
}

impl Weights {
    pub fn new(graph: &Graph) -> Self {
        let mut size = vec![1u64; graph.nodes.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            if !node.inputs.is_empty() {
                size[at] = node.inputs.iter().fold(0, |sum: u64, input| sum.saturating_add(size[input.node()]));
            }
        }
        let uses = graph.uses();
        let mut cause: Vec<(u32, usize)> = uses.iter().copied().enumerate().map(|(at, uses)| (uses, at)).collect();
        for (at, node) in graph.nodes.iter().enumerate() {
            for input in &node.inputs {
                if cause[input.node()].0 > cause[at].0 {
                    cause[at] = cause[input.node()];
                }
            }
        }
        Self { uses, size, cause }
    }
}

/// The leaves of a module from the top of its diagram down. `is_leaf` says where the module ends: at other modules;
/// events are leaves anyway.
pub fn leaves(
    graph: &Graph,
    root: usize,
    weights: &Weights,
    heuristic: Heuristic,
    is_leaf: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    let mut order = Vec::new();
    let mut open = vec![root];
    let mut inputs: Vec<usize> = Vec::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        if matches!(graph.nodes[node].op, Op::Event(_)) || (node != root && is_leaf(node)) {
            order.push(node);
            continue;
        }
        inputs.clear();
        inputs.extend(graph.nodes[node].inputs.iter().map(|input| input.node()));
        match heuristic {
            Heuristic::Written => {}
            Heuristic::Grouped => inputs.sort_by_key(|n| {
                let (uses, cause) = weights.cause[*n];
                let group = if uses > 1 { cause } else { usize::MAX };
                (group, std::cmp::Reverse(weights.uses[*n]))
            }),
            Heuristic::SharedFirst => inputs.sort_by_key(|n| std::cmp::Reverse(weights.uses[*n])),
            Heuristic::SmallFirst => inputs.sort_by_key(|n| weights.size[*n]),
            Heuristic::LargeFirst => inputs.sort_by_key(|n| std::cmp::Reverse(weights.size[*n])),
        }
        open.extend(inputs.iter().rev());
    }
    order
}
