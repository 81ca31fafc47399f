//! Everything that `quorate survive` says of a cluster, reckoned once and rendered by others.

use components::{Capability, Losses, Rule};
use model::{Cluster, HostName};
use serde::Serialize;

use crate::capability_tree::{CapabilityTree, Grain, capability_tree};
use crate::diagram::{Analysis, AnalysisError, Limits};
use crate::loss::Loss;
use crate::rates::Availability;
use crate::sides::{Sides, domain_cuts};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Cut sets up to this many losses are listed.
    pub order: usize,
    /// No more of them than this, per capability.
    pub most: usize,
    /// What is lost already: "what if".
    pub without: Vec<HostName>,
}

impl Default for Question {
    fn default() -> Self {
        Self { order: 2, most: 200, without: Vec::new() }
    }
}

/// What a cluster survives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    pub cluster: String,
    /// Hosts that are taken to be lost already.
    pub without: Vec<HostName>,
    pub capabilities: Vec<CapabilitySurvey>,
    pub single_points: Vec<SinglePoint>,
    /// What is left on each side when a failure domain is cut off.
    pub cuts: Vec<Sides>,
}

/// What one capability survives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilitySurvey {
    pub capability: Capability,
    /// Whether it works at all, with what is lost already.
    pub works: bool,
    /// Hosts that may be lost in one moment, whichever they are; `None`: four at least, or as many as the order that
    /// was asked for.
    pub margin: Option<usize>,
    /// The same for hosts lost one after another, with time to settle in between.
    pub margin_settled: Option<usize>,
    pub survives_any_one: bool,
    pub survives_any_two: bool,
    /// The smallest sets of losses that end it: hosts, failure domains, and what is outside.
    pub smallest: Vec<Vec<Loss>>,
    /// How many minimal cut sets there are of each order from 1, over every basic event; as text, for they may be many.
    pub cut_sets: Vec<String>,
    /// `None`: too large to be reckoned exactly; nothing else is said.
    pub availability: Option<Availability>,
    /// The events that matter most, by Fussell-Vesely; empty where there is no availability.
    pub importance: Vec<LossImportance>,
}

/// How much one basic event matters.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LossImportance {
    pub loss: Loss,
    pub birnbaum: f64,
    pub fussell_vesely: f64,
    /// Risk achievement worth.
    pub raw: f64,
    /// Risk reduction worth; `None` when without this event nothing is left to fear.
    pub rrw: Option<f64>,
}

/// One loss that ends a capability alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SinglePoint {
    pub capability: Capability,
    pub loss: Loss,
    /// For a host: what runs there and nowhere else that could stand in.
    pub components: Vec<String>,
}

/// Reckons everything. Exact.
///
/// # Errors
/// A tree too large for the memory that `Limits` allow.
pub fn survey(cluster: &Cluster, question: &Question) -> Result<Survey, AnalysisError> {
    within(cluster, question, Limits { nodes: MOST_NODES, ..Limits::default() })
}

fn within(cluster: &Cluster, question: &Question, limits: Limits) -> Result<Survey, AnalysisError> {
    let rules = components::capabilities(cluster);
    let mut capabilities = Vec::new();
    let mut single_points = Vec::new();
    for (capability, rule) in &rules {
        let (found, singles) = of_capability(cluster, *capability, rule, question, limits)?;
        capabilities.push(found);
        single_points.extend(singles);
    }
    Ok(Survey {
        cluster: cluster.name.clone(),
        without: question.without.clone(),
        capabilities,
        single_points,
        cuts: domain_cuts(cluster),
    })
}

/// How many hosts a margin is looked for; more than this is "many".
const MARGIN: usize = 4;
/// About 120 MB for a tree, and an end after seconds where one would take minutes; a thousand hosts need a hundredth.
const MOST_NODES: usize = 4_000_000;
/// How many events are named by importance.
const MOST_IMPORTANT: usize = 10;

fn of_capability(
    cluster: &Cluster,
    capability: Capability,
    rule: &Rule,
    question: &Question,
    limits: Limits,
) -> Result<(CapabilitySurvey, Vec<SinglePoint>), AnalysisError> {
    let left = |_: &str, host: &HostName| !question.without.contains(host);
    let works = rule.holds(Losses::AtOnce, &left);
    // A group that these losses end at once is not taken to have lived through them one by one.
    let rule = &if works { rule.as_settled(&left) } else { rule.clone() };
    let ask = |losses, grain| {
        Asked::new(Asking { cluster, capability, rule, without: &question.without, losses, grain, limits })
    };

    let margin = |losses| -> Result<Option<usize>, AnalysisError> {
        let mut hosts = ask(losses, Grain::Hosts)?;
        Ok(hosts
            .analysis
            .cut_set_counts(Some(question.order.max(MARGIN)))?
            .smallest()
            .map(|order| order.saturating_sub(1)))
    };
    let (at_once, settled) = (margin(Losses::AtOnce)?, margin(Losses::Settled)?);
    let mut smallest =
        ask(Losses::AtOnce, Grain::Sites)?.sets(question.order.max(MARGIN), question.order, question.most)?;
    // Hosts first: a rack for one of its hosts makes another set, and says nothing new.
    let not_hosts = |set: &[Loss]| set.iter().filter(|l| !matches!(l, Loss::Host(_))).count();
    smallest.sort_by_key(|set| (set.len(), not_hosts(set)));

    let mut all = ask(Losses::AtOnce, Grain::Everything)?;
    let counts = all.analysis.cut_set_counts(Some(question.order))?;
    let unavailability = match all.analysis.probability() {
        Err(AnalysisError::TooLarge { .. }) => None,
        other => Some(other?),
    };
    let importance = if unavailability.is_some() { all.analysis.importance()? } else { vec![] };
    let mut importance: Vec<LossImportance> = importance
        .into_iter()
        .map(|i| LossImportance {
            loss: all.losses[i.event.0].clone(),
            birnbaum: i.birnbaum,
            fussell_vesely: i.fussell_vesely,
            raw: i.raw,
            rrw: i.rrw.is_finite().then_some(i.rrw),
        })
        .collect();
    importance.sort_by(|a, b| b.fussell_vesely.total_cmp(&a.fussell_vesely).then_with(|| a.loss.cmp(&b.loss)));
    importance.truncate(MOST_IMPORTANT);
    let singles: Vec<Loss> = all.analysis.single_points()?.into_iter().map(|e| all.losses[e.0].clone()).collect();

    let survey = CapabilitySurvey {
        capability,
        works,
        margin: at_once,
        margin_settled: settled,
        survives_any_one: works && at_once.is_none_or(|m| m >= 1),
        survives_any_two: works && at_once.is_none_or(|m| m >= 2),
        smallest,
        cut_sets: counts.by_order.iter().skip(1).map(u128::to_string).collect(),
        availability: unavailability.map(Availability::new),
        importance,
    };
    Ok((survey, single_points(cluster, capability, &singles)))
}

/// Losses that end a capability alone, each told once: what runs on a host that does so is told with the host.
fn single_points(cluster: &Cluster, capability: Capability, losses: &[Loss]) -> Vec<SinglePoint> {
    // A rack is not worth naming where one of its hosts is enough.
    let by_a_member = |kind: &str, name: &str| {
        let members = cluster.hosts.iter().filter(|h| h.failure_domain.get(kind).is_some_and(|n| n == name));
        members.map(|h| Loss::Host(h.name.clone())).any(|l| losses.contains(&l))
    };
    let components_on = |host: &HostName| -> Vec<String> {
        let on_host = |l: &Loss| match l {
            Loss::Component { component, host: at } if at == host => Some(component.clone()),
            _ => None,
        };
        losses.iter().filter_map(on_host).collect()
    };
    losses
        .iter()
        .filter(|loss| match loss {
            Loss::Component { host, .. } => !losses.contains(&Loss::Host(host.clone())),
            Loss::Domain { kind, name } => !by_a_member(kind, name),
            Loss::Cut { kind, name } => {
                let whole = Loss::Domain { kind: kind.clone(), name: name.clone() };
                !by_a_member(kind, name) && !losses.contains(&whole)
            }
            Loss::Host(_) | Loss::Outside(_) => true,
        })
        .map(|loss| SinglePoint {
            capability,
            loss: loss.clone(),
            components: match loss {
                Loss::Host(host) => components_on(host),
                _ => vec![],
            },
        })
        .collect()
}

struct Asking<'a> {
    cluster: &'a Cluster,
    capability: Capability,
    rule: &'a Rule,
    without: &'a [HostName],
    losses: Losses,
    grain: Grain,
    limits: Limits,
}

/// A tree, ready to be asked, with its events as losses.
struct Asked {
    losses: Vec<Loss>,
    analysis: Analysis,
}

impl Asked {
    fn new(asking: Asking<'_>) -> Result<Self, AnalysisError> {
        let Asking { cluster, capability, rule, without, losses, grain, limits } = asking;
        let CapabilityTree { tree, losses } = capability_tree(cluster, capability.id(), rule, without, losses, grain)?;
        Ok(Self { losses, analysis: Analysis::new(&tree, limits)? })
    }

    /// The cut sets of the smallest order there is, and all others up to `order`.
    fn sets(&mut self, search: usize, order: usize, most: usize) -> Result<Vec<Vec<Loss>>, AnalysisError> {
        let smallest = self.analysis.cut_set_counts(Some(search))?.smallest().unwrap_or(0);
        let sets = self.analysis.cut_sets(Some(order.max(smallest)), most)?;
        Ok(sets.into_iter().map(|set| set.into_iter().map(|e| self.losses[e.0].clone()).collect()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty sets of three copies, over racks that are shared without order.
    fn sprawling() -> Cluster {
        let host = |n: usize| {
            let rack = n * n * n / 7 % 41;
            format!(
                "    - {{ name: s{n}, address: 10.0.1.{n}, roles: [storage], failureDomain: {{ rack: r{rack} }} }}\n"
            )
        };
        let hosts: String = (1..=90).map(host).collect();
        let preset = model::preset(model::Preset::ThreeNode);
        let text = preset
            .replacen("10.88.0.0/24", "10.0.0.0/8", 1)
            .replace("10.88.0.", "10.0.0.")
            .replacen("\n  endpoints:", &format!("\n{hosts}\n  endpoints:"), 1)
            .replacen("\n  database:", "\n  storage: { glusterfs: { replicas: 3 } }\n\n  database:", 1);
        model::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn a_tree_too_large_has_no_availability_and_everything_else() {
        let limits = Limits { nodes: 50_000, ..Limits::default() };
        let found = within(&sprawling(), &Question::default(), limits).unwrap();
        let of = |capability| found.capabilities.iter().find(|c| c.capability == capability).unwrap();
        let storage = of(Capability::Storage);
        assert_eq!((storage.availability, storage.importance.len()), (None, 0));
        assert_eq!((storage.works, storage.margin), (true, Some(1)));
        assert!(storage.cut_sets[1].parse::<u128>().unwrap() > 90);
        // The small ones are reckoned as ever.
        assert!(of(Capability::Coordination).availability.is_some());
    }
}
