//! Independent modules: gates whose events matter nowhere else.
//!
//! A module is analysed once, on its own small diagram, and is a single variable for everything above it. They are found
//! in linear time by the dates of first and last visit of a depth-first walk (Dutuit and Rauzy, "A linear-time algorithm
//! to find modules of fault trees", IEEE Transactions on Reliability 45(3), 1996).

use super::graph::{Graph, Lit, Op};

/// The nodes that are modules, each after the modules below it; the last one is the top's. None if the top is constant.
pub fn modules(graph: &Graph) -> Vec<usize> {
    let top = graph.top.node();
    if top == 0 {
        return Vec::new();
    }
    let size = top + 1;
    let (mut first, mut last, mut done) = (vec![0u32; size], vec![0u32; size], vec![0u32; size]);
    let mut clock = 1;
    first[top] = 1;
    let mut path: Vec<(usize, usize)> = vec![(top, 0)];
    while let Some((node, place)) = path.last_mut() {
        clock += 1;
        let Some(input) = graph.nodes[*node].inputs.get(*place) else {
            done[*node] = clock;
            last[*node] = clock;
            path.pop();
            continue;
        };
        *place += 1;
        let child = input.node();
        last[child] = clock;
        if first[child] == 0 {
            first[child] = clock;
            path.push((child, 0));
        }
    }
    // The dates of everything below a node; children have smaller numbers.
    let (mut earliest, mut latest) = (vec![u32::MAX; size], vec![0u32; size]);
    let mut found = Vec::new();
    for node in (1..size).filter(|node| first[*node] > 0) {
        for child in graph.nodes[node].inputs.iter().map(|input: &Lit| input.node()) {
            earliest[node] = earliest[node].min(first[child]).min(earliest[child]);
            latest[node] = latest[node].max(last[child]).max(latest[child]);
        }
        let gate = !matches!(graph.nodes[node].op, Op::Event(_));
        if node == top || (gate && earliest[node] > first[node] && latest[node] < done[node]) {
            found.push(node);
        }
    }
    found
}
