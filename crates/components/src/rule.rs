//! When a capability works: formulas over components on hosts.

pub use model::Capability;
use model::HostName;
use serde::{Deserialize, Serialize};

/// A formula; its leaves are components on hosts. A component on a host that is down is down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    Up {
        component: String,
        host: HostName,
    },
    All(Vec<Rule>),
    Any(Vec<Rule>),
    AtLeast {
        k: usize,
        of: Vec<Rule>,
    },
    /// More than half of the members, as votes are counted. Where the group `recounts`, members that are lost one after
    /// another, with time to settle in between, leave a smaller group of which again more than half must stay; where it
    /// does not, the members' number is fixed.
    Quorum {
        recounts: bool,
        of: Vec<Rule>,
    },
    /// Members of which one serves and another one is sure to have everything, so that it can take over; a third takes its
    /// place when it is lost. `alone`: the last one goes on by itself.
    Succession {
        alone: bool,
        of: Vec<Rule>,
    },
    /// Something outside the cluster's hosts that Quorate does not run, and of which it watches at most that it is there.
    Outside(String),
}

/// How losses come: what a group that recounts its votes makes a difference of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Losses {
    /// All in one moment.
    AtOnce,
    /// All in one moment, and of a succession those that did the least just then.
    AtOnceAtBest,
    /// One by one, each settled before the next.
    Settled,
}

/// How many of `members` votes must stay.
///
/// Source: etcd counts its configured members (Raft). Galera's primary component needs more than half of the members of
/// the one before, so losses that it had time to settle bring three to two, and two stay: one is not more than half.
pub fn quorum(members: usize, recounts: bool, losses: Losses) -> usize {
    match (losses, recounts) {
        (Losses::Settled, true) => members.min(2),
        _ => members / 2 + 1,
    }
}

/// How many of `members` of a succession must stay: of all but one of them nobody knows in advance that it is neither who
/// serves nor who can take over, so the loss of any two in one moment may be the loss of these two. At best, it is not.
pub fn succession(members: usize, alone: bool, losses: Losses) -> usize {
    match (losses, alone) {
        (Losses::Settled | Losses::AtOnceAtBest, true) => 1,
        (Losses::Settled | Losses::AtOnceAtBest, false) => members.min(2),
        (Losses::AtOnce, true) => members.saturating_sub(1).max(1),
        (Losses::AtOnce, false) => members.saturating_sub(1).max(2),
    }
}

impl Rule {
    /// A leaf.
    pub fn up(component: &str, host: &HostName) -> Self {
        Self::Up { component: component.to_owned(), host: host.clone() }
    }

    /// More than half of the leaves: what a quorum needs.
    pub fn majority(of: Vec<Rule>) -> Self {
        Self::Quorum { recounts: false, of }
    }

    /// How many of its inputs an inner rule needs, and the inputs; `None` for a leaf.
    pub fn needs(&self, losses: Losses) -> Option<(usize, &[Rule])> {
        match self {
            Self::Up { .. } | Self::Outside(_) => None,
            Self::All(of) => Some((of.len(), of)),
            Self::Any(of) => Some((1, of)),
            Self::AtLeast { k, of } => Some((*k, of)),
            Self::Quorum { recounts, of } => Some((quorum(of.len(), *recounts, losses), of)),
            Self::Succession { alone, of } => Some((succession(of.len(), *alone, losses), of)),
        }
    }

    /// Whether the formula holds where `up` says which leaves do; what is outside is taken to work.
    pub fn holds(&self, losses: Losses, up: &dyn Fn(&str, &HostName) -> bool) -> bool {
        self.holds_with(losses, up, &|_| true)
    }

    /// Whether the formula holds where `up` says which leaves do, and `outside` what works there.
    pub fn holds_with(
        &self,
        losses: Losses,
        up: &dyn Fn(&str, &HostName) -> bool,
        outside: &dyn Fn(&str) -> bool,
    ) -> bool {
        match (self, self.needs(losses)) {
            (Self::Up { component, host }, _) => up(component, host),
            (Self::Outside(what), _) => outside(what),
            (_, Some((needs, of))) => of.iter().filter(|r| r.holds_with(losses, up, outside)).count() >= needs,
            (_, None) => true,
        }
    }

    /// The rule for what comes next, where `up` says what has been so for a while: a group that recounts and still has
    /// its quorum consists of those that are there.
    pub fn as_settled(&self, up: &dyn Fn(&str, &HostName) -> bool) -> Self {
        let each = |of: &[Self]| of.iter().map(|r| r.as_settled(up)).collect();
        match self {
            Self::Up { .. } | Self::Outside(_) => self.clone(),
            Self::All(of) => Self::All(each(of)),
            Self::Any(of) => Self::Any(each(of)),
            Self::AtLeast { k, of } => Self::AtLeast { k: *k, of: each(of) },
            Self::Quorum { recounts, of } => {
                let mut members: Vec<Self> = each(of);
                if *recounts && self.holds(Losses::Settled, up) {
                    members.retain(|r| r.holds(Losses::Settled, up));
                }
                Self::Quorum { recounts: *recounts, of: members }
            }
            Self::Succession { alone, of } => {
                let mut members: Vec<Self> = each(of);
                if self.holds(Losses::Settled, up) {
                    members.retain(|r| r.holds(Losses::Settled, up));
                }
                Self::Succession { alone: *alone, of: members }
            }
        }
    }

    /// Every leaf on a host, in the order of the formula, with repetitions.
    pub fn leaves(&self) -> Vec<(&str, &HostName)> {
        match self {
            Self::Up { component, host } => vec![(component.as_str(), host)],
            Self::Outside(_) => vec![],
            Self::All(of)
            | Self::Any(of)
            | Self::AtLeast { of, .. }
            | Self::Quorum { of, .. }
            | Self::Succession { of, .. } => of.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// The hosts of which one is chosen to serve, and must then be reached by everybody. The members of a group that
    /// passes requests on, as etcd's do, are none.
    pub fn contenders(&self) -> Vec<&HostName> {
        match self {
            Self::Up { .. } | Self::Outside(_) => vec![],
            Self::Quorum { recounts: true, .. } | Self::Succession { .. } => {
                self.leaves().into_iter().map(|(_, host)| host).collect()
            }
            Self::All(of) | Self::Any(of) | Self::AtLeast { of, .. } | Self::Quorum { recounts: false, of } => {
                of.iter().flat_map(Self::contenders).collect()
            }
        }
    }

    /// Everything outside the cluster that the formula rests on, once each, in the order of the formula.
    pub fn outside(&self) -> Vec<&str> {
        let mut found: Vec<&str> = match self {
            Self::Outside(what) => vec![what.as_str()],
            Self::Up { .. } => vec![],
            Self::All(of)
            | Self::Any(of)
            | Self::AtLeast { of, .. }
            | Self::Quorum { of, .. }
            | Self::Succession { of, .. } => of.iter().flat_map(Self::outside).collect(),
        };
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|what| seen.insert(*what));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_of_three_needs_two() {
        let hosts: Vec<HostName> = ["a", "b", "c"].map(HostName::from).to_vec();
        let rule = Rule::majority(hosts.iter().map(|h| Rule::up("etcd", h)).collect());
        assert!(rule.holds(Losses::AtOnce, &|_, h| h.as_str() != "a"));
        assert!(!rule.holds(Losses::AtOnce, &|_, h| h.as_str() == "a"));
    }

    #[test]
    fn a_group_that_recounts_goes_down_to_two_and_no_further() {
        let needs = |n, recounts, losses| quorum(n, recounts, losses);
        assert_eq!([1, 2, 3, 5, 7].map(|n| needs(n, true, Losses::Settled)), [1, 2, 2, 2, 2]);
        assert_eq!([1, 2, 3, 5, 7].map(|n| needs(n, true, Losses::AtOnce)), [1, 2, 2, 3, 4]);
        assert_eq!([1, 2, 3, 5, 7].map(|n| needs(n, false, Losses::Settled)), [1, 2, 2, 3, 4]);
    }

    #[test]
    fn a_succession_goes_down_to_one_and_never_two_at_once() {
        let needs = |alone, losses| [2, 3].map(|n| succession(n, alone, losses));
        assert_eq!(needs(true, Losses::AtOnce), [1, 2]);
        assert_eq!(needs(true, Losses::Settled), [1, 1]);
        assert_eq!(needs(false, Losses::AtOnce), [2, 2]);
        assert_eq!(needs(false, Losses::Settled), [2, 2]);
        assert_eq!((needs(true, Losses::AtOnceAtBest), needs(false, Losses::AtOnceAtBest)), ([1, 1], [2, 2]));
        let hosts: Vec<HostName> = ["a", "b", "c"].map(HostName::from).to_vec();
        let rule = Rule::Succession { alone: true, of: hosts.iter().map(|h| Rule::up("replication", h)).collect() };
        let without = |lost: &'static [&str]| move |_: &str, h: &HostName| !lost.contains(&h.as_str());
        let settled = rule.as_settled(&without(&["a"]));
        assert!(settled.holds(Losses::AtOnce, &without(&["a", "b"])), "the third has taken the lost one's place");
        assert!(rule.as_settled(&without(&["a", "b"])).holds(Losses::AtOnce, &without(&["a", "b"])));
    }
}
