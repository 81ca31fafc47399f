//! When a capability works: formulas over components on hosts.

use model::HostName;
use serde::{Deserialize, Serialize};

/// What a user of the platform notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Console and API answer.
    Control,
    /// etcd accepts a write.
    Coordination,
    /// A write is acknowledged.
    Database,
    /// Applications answer through the gateway.
    Ingress,
    /// Images, charts, files and packages are served.
    Artifacts,
    /// A shared file can be written.
    Storage,
    /// What runs keeps running.
    Workloads,
}

impl Capability {
    /// The identifier in messages and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Coordination => "coordination",
            Self::Database => "database",
            Self::Ingress => "ingress",
            Self::Artifacts => "artifacts",
            Self::Storage => "storage",
            Self::Workloads => "workloads",
        }
    }
}

/// A formula; its leaves are components on hosts. A component on a host that is down is down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    Up { component: String, host: HostName },
    All(Vec<Rule>),
    Any(Vec<Rule>),
    AtLeast { k: usize, of: Vec<Rule> },
}

impl Rule {
    /// A leaf.
    pub fn up(component: &str, host: &HostName) -> Self {
        Self::Up { component: component.to_owned(), host: host.clone() }
    }

    /// More than half of the leaves: what a quorum needs.
    pub fn majority(of: Vec<Rule>) -> Self {
        Self::AtLeast { k: of.len() / 2 + 1, of }
    }

    /// Whether the formula holds where `up` says which leaves do.
    pub fn holds(&self, up: &dyn Fn(&str, &HostName) -> bool) -> bool {
        match self {
            Self::Up { component, host } => up(component, host),
            Self::All(rules) => rules.iter().all(|r| r.holds(up)),
            Self::Any(rules) => rules.iter().any(|r| r.holds(up)),
            Self::AtLeast { k, of } => of.iter().filter(|r| r.holds(up)).count() >= *k,
        }
    }

    /// Every leaf, in the order of the formula, with repetitions.
    pub fn leaves(&self) -> Vec<(&str, &HostName)> {
        match self {
            Self::Up { component, host } => vec![(component.as_str(), host)],
            Self::All(rules) | Self::Any(rules) | Self::AtLeast { of: rules, .. } => {
                rules.iter().flat_map(Self::leaves).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_of_three_needs_two() {
        let hosts: Vec<HostName> = ["a", "b", "c"].map(HostName::from).to_vec();
        let rule = Rule::majority(hosts.iter().map(|h| Rule::up("etcd", h)).collect());
        assert!(rule.holds(&|_, h| h.as_str() != "a"));
        assert!(!rule.holds(&|_, h| h.as_str() == "a"));
    }
}
