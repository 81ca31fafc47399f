//! How the analysis grows with the cluster: `cluster_tree HOSTS [RACKS]` prints times for trees of that size as JSON.
//!
//! Five voters of which three must live, gateways of which any one must, and workloads that need half of the compute
//! hosts; every host is lost by itself or with its rack. Cut sets to order 3 and the probability of each.

use std::time::Instant;

use serde_json::json;
use survival::diagram::{Analysis, AnalysisError, Limits};
use survival::fault_tree::{Builder, FaultTree, Input, TreeError};

/// Hosts that control the cluster; the others compute.
const CONTROL: usize = 10;
const VOTERS: usize = 5;
const GATEWAYS: usize = 5;

fn tree(name: &str, hosts: usize, racks: usize) -> Result<FaultTree, TreeError> {
    let mut tree = Builder::new(name);
    let lost: Vec<Input> = (0..hosts)
        .map(|host| {
            let alone = tree.event(format!("host {host} down"), 2e-4);
            let rack = tree.event(format!("rack {} down", host % racks), 1e-5);
            tree.or([alone, rack])
        })
        .collect();
    let compute = &lost[CONTROL.min(hosts / 2)..];
    let top = match name {
        "database" => tree.at_least(VOTERS / 2 + 1, lost[..VOTERS.min(hosts)].iter().copied()),
        "ingress" => tree.and(lost[..GATEWAYS.min(hosts)].iter().copied()),
        _ => tree.at_least(compute.len() / 2 + 1, compute.iter().copied()),
    };
    tree.finish(top)
}

fn main() -> Result<(), AnalysisError> {
    let mut sizes = std::env::args().skip(1).filter_map(|n| n.parse::<usize>().ok());
    let (hosts, racks) = (sizes.next().unwrap_or(1000), sizes.next().unwrap_or(20));
    let start = Instant::now();
    let mut capabilities = Vec::new();
    for name in ["database", "ingress", "workloads"] {
        let before = Instant::now();
        let mut analysis = Analysis::new(&tree(name, hosts, racks)?, Limits::default())?;
        let sets = analysis.cut_sets(Some(3), 1000)?;
        let counts = analysis.cut_set_counts(Some(3))?;
        let counted = before.elapsed();
        let probability = analysis.probability();
        let probability_known = before.elapsed();
        let by_order: Vec<String> = counts.by_order.iter().map(ToString::to_string).collect();
        capabilities.push(json!({
            "name": name,
            "byOrder": by_order,
            "listed": sets.len(),
            "secondsToCutSets": counted.as_secs_f64(),
            "secondsToProbability": probability_known.as_secs_f64(),
            "probability": probability.as_ref().ok(),
            "error": probability.as_ref().err().map(ToString::to_string),
            "diagramSize": analysis.diagram_size().ok(),
        }));
    }
    println!(
        "{}",
        json!({ "hosts": hosts, "racks": racks, "seconds": start.elapsed().as_secs_f64(), "capabilities": capabilities })
    );
    Ok(())
}
