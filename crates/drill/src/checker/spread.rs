//! Figures over the rounds of a drill.

use serde::{Deserialize, Serialize};

/// The middle and the worst of several rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    pub p50: u64,
    pub max: u64,
    pub rounds: usize,
}

impl Spread {
    /// `None` without rounds.
    pub fn of(rounds: &[u64]) -> Option<Self> {
        Some(Self { p50: percentile(rounds, 50)?, max: percentile(rounds, 100)?, rounds: rounds.len() })
    }
}

/// The smallest of the values that at least `percent` of a hundred of them do not exceed (nearest rank); always one of
/// them. `None` for none.
pub fn percentile(values: &[u64], percent: u8) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * usize::from(percent.min(100))).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}
