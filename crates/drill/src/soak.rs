//! What a soak breaks: faults drawn at random, the same for the same seed.

use model::{Cluster, HostName};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use wire::Fault;

use crate::trial::{Means, Trial, parse};

/// Of so many trials one breaks two things at once.
const DOUBLE: u32 = 3;

/// Draws so many trials. Two at once are two of those that are drawn alone.
pub fn soak(cluster: &Cluster, seed: u64, count: usize, means: Means) -> Vec<Trial> {
    let pool: Vec<Trial> = words(cluster).iter().filter_map(|w| parse(w, cluster, means).ok()).collect();
    if pool.is_empty() {
        return vec![];
    }
    let mut dice = StdRng::seed_from_u64(seed);
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let first = &pool[dice.random_range(0..pool.len())];
        if dice.random_range(0..DOUBLE) > 0 {
            drawn.push(first.clone());
            continue;
        }
        // Not every two go together; what does not is drawn anew.
        let second = &pool[dice.random_range(0..pool.len())];
        drawn.extend(parse(&format!("{} + {}", first.name, second.name), cluster, means));
    }
    drawn
}

/// Everything that can be broken alone, as an operator would write it. Disks are not filled: that needs filesystems
/// that nobody else uses.
fn words(cluster: &Cluster) -> Vec<String> {
    let names: Vec<&HostName> = cluster.hosts.iter().map(|h| &h.name).collect();
    let mut words = Vec::new();
    for name in &names {
        for whole in ["kill", "pause", "cut"] {
            words.push(format!("{whole} host {name}"));
        }
        words.push(format!("cut host {name} in"));
        words.push(format!("cut host {name} out"));
        let others: Vec<_> = names.iter().filter(|n| *n != name).map(|n| n.as_str()).collect();
        if !others.is_empty() {
            words.push(format!("cut {name} from {}", others.join(",")));
        }
    }
    for component in components::all() {
        for host in component.hosts(cluster) {
            for fault in component.failures(cluster, host) {
                let verb = match fault {
                    Fault::Kill { .. } => "kill",
                    Fault::Freeze { .. } => "freeze",
                    Fault::Stop { .. } => "stop",
                    Fault::Fill { .. } | Fault::Cut(_) | Fault::Reset => continue,
                };
                words.push(format!("{verb} {} {}", component.id(), host.name));
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Cluster {
        model::parse(model::preset(model::Preset::ThreeNode)).unwrap()
    }

    fn names(seed: u64, count: usize) -> Vec<String> {
        let means = Means { lab: true, power: false };
        soak(&cluster(), seed, count, means).into_iter().map(|t| t.name).collect()
    }

    #[test]
    fn a_seed_draws_the_same_again() {
        assert_eq!(names(7, 40), names(7, 40));
        assert_ne!(names(7, 40), names(8, 40));
        assert_eq!(names(7, 40)[..10], names(7, 10));
    }

    #[test]
    fn everything_is_drawn_sometime() {
        let drawn = names(1, 3000);
        assert_eq!(drawn.len(), 3000);
        for part in
            ["kill host node1", "pause host node2", "cut host node3 in", "freeze galera node2", "stop agent node1"]
        {
            assert!(drawn.iter().any(|n| n == part), "{part}");
        }
        assert!(drawn.iter().filter(|n| n.contains(" + ")).count() > 500);
    }
}
