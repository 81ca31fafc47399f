//! Common-cause groups: one cause that fails several members at once, as events of their own.
//!
//! With n members and total probability Q of each, Qₖ is the probability of the event that fails exactly a given k of
//! them. The models and their formulas are those of NUREG/CR-4780 (Mosleh and others 1988) and the Open-PSA MEF.

/// How the probability is split over the numbers of members that fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    BetaFactor,
    /// Multiple Greek letters.
    Mgl,
    AlphaFactor,
    PhiFactor,
}

impl Split {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "beta-factor" => Self::BetaFactor,
            "MGL" => Self::Mgl,
            "alpha-factor" => Self::AlphaFactor,
            "phi-factor" => Self::PhiFactor,
            _ => return None,
        })
    }

    /// The number of members failing together that the first factor is of.
    pub fn first_level(self, members: usize) -> usize {
        match self {
            Self::BetaFactor => members,
            Self::Mgl => 2,
            Self::AlphaFactor | Self::PhiFactor => 1,
        }
    }

    /// Qₖ / Q for k = 1, 2, …; `factors` are those from [`Split::first_level`] on. Levels with 0 have no events.
    pub fn shares(self, members: usize, factors: &[f64]) -> Vec<f64> {
        let among = |k: usize| combinations(members - 1, k - 1);
        match self {
            Self::BetaFactor => {
                let beta = factors.first().copied().unwrap_or_default();
                let mut shares = vec![0.0; members];
                shares[0] = 1.0 - beta;
                shares[members - 1] += beta;
                shares
            }
            Self::Mgl => {
                let mut product = 1.0;
                let mut shares = Vec::new();
                for k in 1..=factors.len() + 1 {
                    let next = factors.get(k - 1).copied().unwrap_or_default();
                    shares.push(product * (1.0 - next) / among(k));
                    product *= next;
                }
                shares
            }
            Self::AlphaFactor => {
                let sum: f64 = factors.iter().zip(1u32..).map(|(alpha, k)| alpha * f64::from(k)).sum();
                factors.iter().enumerate().map(|(at, alpha)| (at + 1) as f64 * alpha / (among(at + 1) * sum)).collect()
            }
            Self::PhiFactor => factors.to_vec(),
        }
    }
}

fn combinations(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, at| product * (n - at) as f64 / (at + 1) as f64)
}

/// All sets of `size` out of `members`, in lexicographic order.
pub fn subsets(members: usize, size: usize) -> Vec<Vec<usize>> {
    let mut sets = Vec::new();
    let mut set: Vec<usize> = (0..size).collect();
    if size > members {
        return sets;
    }
    loop {
        sets.push(set.clone());
        let Some(place) = (0..size).rev().find(|place| set[*place] < members - size + place) else { return sets };
        set[place] += 1;
        for after in place + 1..size {
            set[after] = set[after - 1] + 1;
        }
    }
}
