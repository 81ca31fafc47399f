//! What should wake somebody: derived from the same rules and probes as everything else.
//!
//! Every component that is probed gets up to three levels: *reduced* (a member is missing), *no margin* (the next loss
//! takes a capability away) and *lost*. The thresholds are what the rules say of this very file. Members are counted by
//! `quorate_probe_ok`, which every agent exports; an agent that vanished counts as members that do not work, so silence
//! never looks like health.

use components::{Component, Losses, Rule};
use model::{Cluster, HostName};
use serde::Serialize;

use crate::margin::margin;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    Reduced,
    NoMargin,
    Lost,
}

impl Level {
    /// The name in alerts and messages.
    pub fn id(self) -> &'static str {
        match self {
            Self::Reduced => "Reduced",
            Self::NoMargin => "NoMargin",
            Self::Lost => "Lost",
        }
    }
}

/// One alert: it fires while fewer than `below` of `total` members work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub component: &'static str,
    pub level: Level,
    pub below: usize,
    pub total: usize,
    /// Seconds that it must last: a failover is no reason to wake anybody.
    pub hold_s: u64,
}

impl Alert {
    /// Whether it fires with so many members working.
    pub fn fires(&self, working: usize) -> bool {
        working < self.below
    }

    /// The name in Prometheus.
    pub fn name(&self) -> String {
        let mut name = String::from("Quorate");
        name.extend(self.component.chars().take(1).flat_map(char::to_uppercase));
        name.push_str(&self.component[1..]);
        name + self.level.id()
    }

    /// The expression in PromQL; without any series the sum is zero, not nothing.
    pub fn expression(&self) -> String {
        let working = format!("min by (instance) (quorate_probe_ok{{component=\"{}\"}})", self.component);
        format!("(sum({working}) or vector(0)) < {}", self.below)
    }
}

/// Every alert of a cluster, in the order of its components, mildest first.
pub fn alerts(cluster: &Cluster) -> Vec<Alert> {
    components::all().iter().flat_map(|c| of_component(cluster, *c)).collect()
}

fn of_component(cluster: &Cluster, component: &'static dyn Component) -> Vec<Alert> {
    let hosts: Vec<HostName> = component
        .hosts(cluster)
        .into_iter()
        .filter(|h| !component.probes(cluster, h).is_empty())
        .map(|h| h.name.clone())
        .collect();
    let total = hosts.len();
    if total == 0 {
        return vec![];
    }
    let needed = needed(cluster, component.id(), &hosts);
    let alert = |level, below, hold_s| Alert { component: component.id(), level, below, total, hold_s };
    let mut alerts = Vec::new();
    // An arbitrator that is lost takes nothing away by itself.
    if needed > 0 {
        alerts.push(alert(Level::Lost, needed, 5));
    }
    if needed < total {
        // One more than needed still survives a loss; exactly as many as needed does not.
        alerts.push(alert(Level::NoMargin, needed + 1, 60));
        if needed + 1 < total {
            alerts.push(alert(Level::Reduced, total, 300));
        }
    }
    alerts.reverse();
    alerts
}

/// How many members of a component must work, whichever they are, for every capability that rests on it; one, where none
/// does.
fn needed(cluster: &Cluster, id: &str, hosts: &[HostName]) -> usize {
    components::capabilities(cluster)
        .iter()
        .filter(|(_, rule)| rule.leaves().iter().any(|(c, _)| *c == id))
        .map(|(_, rule)| {
            let alone = only(rule, id);
            hosts.len()
                - margin(&alone, hosts, Losses::AtOnce, &|_, _| true, hosts.len()).survives.unwrap_or(hosts.len())
        })
        .max()
        .unwrap_or(1)
}

/// The rule as far as it rests on one component: all others are taken to work.
fn only(rule: &Rule, id: &str) -> Rule {
    let all = |rules: &[Rule]| rules.iter().map(|r| only(r, id)).collect();
    match rule {
        Rule::Up { component, .. } if component == id => rule.clone(),
        Rule::Up { .. } | Rule::Outside(_) => Rule::All(vec![]),
        Rule::All(rules) => Rule::All(all(rules)),
        Rule::Any(rules) => Rule::Any(all(rules)),
        Rule::AtLeast { k, of } => Rule::AtLeast { k: *k, of: all(of) },
        Rule::Quorum { recounts, of } => Rule::Quorum { recounts: *recounts, of: all(of) },
        Rule::Succession { alone, of } => Rule::Succession { alone: *alone, of: all(of) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(preset: model::Preset, component: &str) -> Vec<Alert> {
        let cluster = model::parse(model::preset(preset)).unwrap();
        alerts(&cluster).into_iter().filter(|a| a.component == component).collect()
    }

    /// The gravest level that fires, for every number of working members from none to all.
    fn levels(alerts: &[Alert]) -> Vec<Option<Level>> {
        (0..=alerts[0].total).map(|n| alerts.iter().filter(|a| a.fires(n)).map(|a| a.level).max()).collect()
    }

    #[test]
    fn a_quorum_of_three_is_lost_with_one_and_without_margin_with_two() {
        use Level::{Lost, NoMargin};
        for component in ["etcd", "galera"] {
            let levels = levels(&of(model::Preset::ThreeNode, component));
            assert_eq!(levels, [Some(Lost), Some(Lost), Some(NoMargin), None], "{component}");
        }
    }

    #[test]
    fn of_three_gateways_one_is_enough() {
        use Level::{Lost, NoMargin, Reduced};
        for component in ["gateway", "vip", "balancer"] {
            let levels = levels(&of(model::Preset::ThreeNode, component));
            assert_eq!(levels, [Some(Lost), Some(NoMargin), Some(Reduced), None], "{component}");
        }
    }

    #[test]
    fn a_single_database_is_either_there_or_lost() {
        assert_eq!(levels(&of(model::Preset::Single, "mariadb")), [Some(Level::Lost), None]);
    }

    #[test]
    fn two_members_and_an_arbitrator_have_no_margin_without_any_of_them() {
        use Level::{Lost, NoMargin};
        let cluster = model::parse(include_str!("../../../examples/galera-arbitrator.yaml")).unwrap();
        let of = |id: &str| alerts(&cluster).into_iter().filter(|a| a.component == id).collect::<Vec<_>>();
        assert_eq!(levels(&of("galera")), [Some(Lost), Some(NoMargin), None]);
        assert_eq!(levels(&of("arbitrator")), [Some(NoMargin), None]);
    }

    #[test]
    fn vanished_exporters_count_as_lost_members() {
        let alert = of(model::Preset::ThreeNode, "etcd").pop().unwrap();
        assert_eq!(alert.name(), "QuorateEtcdLost");
        assert_eq!(
            alert.expression(),
            "(sum(min by (instance) (quorate_probe_ok{component=\"etcd\"})) or vector(0)) < 2"
        );
    }
}
