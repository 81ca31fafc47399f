//! The margin: how many more host losses, of the worst kind, a rule survives now.

use components::{Losses, Rule};
use model::HostName;
use serde::{Deserialize, Serialize};

use crate::formula::Formula;

/// How many of the smallest fatal sets are named: more than a reader takes in.
pub const MOST_SETS: usize = 20;

/// What a rule survives, as things stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Margin {
    /// Whether the rule holds now.
    pub works: bool,
    /// How many more hosts may be lost, whichever they are: 0 when some single loss ends it, and when it does not hold
    /// anyway. `None`: it survives every loss that was tried.
    pub survives: Option<usize>,
    /// The smallest sets of further hosts whose loss ends it, at most [`MOST_SETS`], in the order of the hosts given.
    pub smallest: Vec<Vec<HostName>>,
}

/// The margin of a rule where `up` says which leaves hold now. A host that is lost takes all its leaves with it.
///
/// Tries every set of up to `limit` hosts out of `hosts`, smaller sets first, so the answer is exact. Time grows with
/// the hosts of the rule to the power of `limit`; a hundred hosts and a limit of 3 take a few milliseconds.
pub fn margin(
    rule: &Rule,
    hosts: &[HostName],
    losses: Losses,
    up: &dyn Fn(&str, &HostName) -> bool,
    limit: usize,
) -> Margin {
    let mut formula = Formula::new(rule, hosts, losses, up);
    if !formula.holds() {
        return Margin { works: false, survives: Some(0), smallest: Vec::new() };
    }
    // Whoever has nothing to lose belongs to no smallest set.
    let candidates: Vec<usize> = (0..hosts.len()).filter(|h| formula.depends_on(*h)).collect();
    for size in 1..=limit.min(candidates.len()) {
        let mut fatal = Vec::new();
        search(&mut formula, &candidates, size, &mut Vec::new(), &mut fatal);
        if !fatal.is_empty() {
            let named = |set: Vec<usize>| set.into_iter().map(|h| hosts[h].clone()).collect();
            return Margin { works: true, survives: Some(size - 1), smallest: fatal.into_iter().map(named).collect() };
        }
    }
    Margin { works: true, survives: None, smallest: Vec::new() }
}

/// Collects the fatal sets that consist of `lost` and `more` further hosts of `candidates`, where no smaller set is
/// fatal.
fn search(
    formula: &mut Formula,
    candidates: &[usize],
    more: usize,
    lost: &mut Vec<usize>,
    fatal: &mut Vec<Vec<usize>>,
) {
    let Some(rest) = more.checked_sub(1) else {
        if !formula.holds() {
            fatal.push(lost.clone());
        }
        return;
    };
    for (place, &host) in candidates.iter().enumerate() {
        if fatal.len() >= MOST_SETS || candidates.len() - place < more {
            return;
        }
        formula.lose(host);
        lost.push(host);
        search(formula, &candidates[place + 1..], rest, lost, fatal);
        lost.pop();
        formula.restore(host);
    }
}
