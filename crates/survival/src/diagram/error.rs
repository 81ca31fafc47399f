//! What an analysis may take, and why it may fail.

use thiserror::Error;

use crate::fault_tree::TreeError;

/// Bounds of an analysis; what does not fit is an error, not a machine without memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most nodes of one decision diagram. A node takes about 30 bytes with its share of the tables.
    pub nodes: usize,
    /// Most numbers that counting cut sets by order may hold at once, of 16 bytes each.
    pub counts: usize,
}

impl Default for Limits {
    /// Stays below about 1 GB in the worst case; what is usual takes a few MB.
    fn default() -> Self {
        Self { nodes: 20_000_000, counts: 4_000_000 }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AnalysisError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(
        "the decision diagram of `{tree}` needs more than {limit} nodes: {}",
        if *.by_order {
            "ask for cut sets of a smaller order, or allow more nodes"
        } else {
            "ask for the cut sets up to an order only, split the tree, or allow more nodes"
        }
    )]
    TooLarge { tree: String, limit: usize, by_order: bool },
    #[error(
        "the cut sets of `{tree}` have too many different orders to count them all: ask for the smallest orders only"
    )]
    TooManyOrders { tree: String },
    #[error("the basic event `{event}` has no probability, so the top event has none: give it one")]
    UnknownProbability { event: String },
}
