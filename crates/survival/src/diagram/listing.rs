//! Writes out the cut sets of the orders that were asked for, the smallest first.
//!
//! Of every node it is known which orders its sets have, so the walk never enters a branch without result: the time is
//! that of the sets that are listed, however many others there are.

use super::build::Leaf;
use super::cut_sets::ModuleSets;
use super::zbdd::{NONE, UNIT};
use crate::fault_tree::EventId;

/// The highest order of which sets are listed: nobody reads one that is longer.
pub const HIGHEST_ORDER: usize = 127;

/// A set of orders.
type Orders = u128;

/// What is still to be chosen after the module that is being walked.
struct Pending {
    module: usize,
    node: u32,
    /// The orders that it and what comes after it can have.
    orders: Orders,
    after: Option<usize>,
}

/// A place of the walk to come back to.
struct Branch {
    module: usize,
    node: u32,
    after: Option<usize>,
    missing: usize,
    chosen: usize,
    pending: usize,
}

/// Which sums of an order of one and of the other there are.
fn sums(a: Orders, b: Orders) -> Orders {
    let each = (0..=HIGHEST_ORDER).filter(|order| a >> order & 1 == 1);
    each.fold(0, |all, order| all | b << order)
}

fn has_sum(a: Orders, b: Orders, order: usize) -> bool {
    (0..=order).any(|part| a >> part & 1 == 1 && b >> (order - part) & 1 == 1)
}

/// At most `most` sets of up to `order` events, each sorted, ordered by size and then by their events. Where there are
/// more, those of the highest order that fits are the first in the diagram.
pub fn list(modules: &[ModuleSets], order: usize, most: usize) -> Vec<Vec<EventId>> {
    let Some(top) = modules.len().checked_sub(1) else { return Vec::new() };
    let orders = orders(modules);
    let top_orders = orders[top][modules[top].family.root as usize];
    let mut listed = Vec::new();
    for order in (0..=order.min(HIGHEST_ORDER)).filter(|order| top_orders >> order & 1 == 1) {
        let mut sets = of_order(modules, &orders, order, most - listed.len());
        sets.sort_unstable();
        listed.append(&mut sets);
    }
    listed
}

/// Per module and node.
fn orders(modules: &[ModuleSets]) -> Vec<Vec<Orders>> {
    let mut all: Vec<Vec<Orders>> = Vec::with_capacity(modules.len());
    for module in modules {
        let mut of: Vec<Orders> = vec![0, 1];
        for node in &module.family.nodes[2..] {
            let high = match module.leaves[node.level as usize] {
                Leaf::Event(_) => of[node.high as usize] << 1,
                Leaf::Module(inner) => {
                    let root = modules[inner].family.root as usize;
                    sums(all[inner][root], of[node.high as usize])
                }
            };
            of.push(high | of[node.low as usize]);
        }
        all.push(of);
    }
    all
}

fn of_order(modules: &[ModuleSets], orders: &[Vec<Orders>], order: usize, most: usize) -> Vec<Vec<EventId>> {
    let top = modules.len() - 1;
    let root = modules[top].family.root;
    let mut sets = Vec::new();
    let mut chosen: Vec<EventId> = Vec::new();
    let mut pending: Vec<Pending> = Vec::new();
    let mut open = vec![Branch { module: top, node: root, after: None, missing: order, chosen: 0, pending: 0 }];
    while let Some(mut here) = open.pop() {
        if sets.len() >= most {
            break;
        }
        chosen.truncate(here.chosen);
        pending.truncate(here.pending);
        loop {
            let rest = here.after.map_or(1, |after| pending[after].orders);
            if here.node == NONE || !has_sum(orders[here.module][here.node as usize], rest, here.missing) {
                break;
            }
            if here.node == UNIT {
                let Some(after) = here.after else {
                    let mut set = chosen.clone();
                    set.sort_unstable();
                    sets.push(set);
                    break;
                };
                here = Branch {
                    module: pending[after].module,
                    node: pending[after].node,
                    after: pending[after].after,
                    ..here
                };
                continue;
            }
            let node = modules[here.module].family.nodes[here.node as usize];
            open.push(Branch { node: node.low, chosen: chosen.len(), pending: pending.len(), ..here });
            match modules[here.module].leaves[node.level as usize] {
                Leaf::Event(event) => {
                    chosen.push(event);
                    here.node = node.high;
                    here.missing = here.missing.wrapping_sub(1);
                    if here.missing == usize::MAX {
                        break;
                    }
                }
                Leaf::Module(inner) => {
                    let orders = sums(orders[here.module][node.high as usize], rest);
                    pending.push(Pending { module: here.module, node: node.high, orders, after: here.after });
                    let after = Some(pending.len() - 1);
                    here = Branch { module: inner, node: modules[inner].family.root, after, ..here };
                }
            }
        }
    }
    sets
}
