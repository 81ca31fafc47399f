//! What `quorate survive` says of presets and examples, held against what can be reckoned by hand or by trying
//! everything.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use std::collections::{BTreeMap, BTreeSet};

use components::Capability::{self, Coordination, Database, Ingress};
use components::{Losses, Rule};
use model::{Cluster, HostName};
use proptest::prelude::*;
use survival::diagram::{Analysis, Limits};
use survival::rates::{self, Rate};
use survival::survey::{CapabilitySurvey, Question, Survey, survey};
use survival::{CapabilitySides, Grain, Loss, Sides, capability_tree, domain_cuts, margin, sides};

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn example(name: &str) -> Cluster {
    model::parse(&text(name)).unwrap()
}

/// The example with one place changed.
fn changed(name: &str, from: &str, to: &str) -> Cluster {
    let text = text(name);
    assert_eq!(text.matches(from).count(), 1, "{from:?} must occur once in {name}");
    model::parse(&text.replacen(from, to, 1)).unwrap()
}

const EXAMPLES: [&str; 9] = [
    "single",
    "three-node",
    "five-node",
    "cloudpods-3",
    "cloudpods-4",
    "cloudpods-5",
    "rainbond-5.1-split",
    "rainbond-5.17-external",
    "rancher-1.6",
];

fn names(hosts: &[&str]) -> Vec<HostName> {
    hosts.iter().map(|h| HostName::from(*h)).collect()
}

fn without(cluster: &Cluster, lost: &[&str]) -> Survey {
    survey(cluster, &Question { without: names(lost), ..Question::default() }).unwrap()
}

fn of(survey: &Survey, capability: Capability) -> &CapabilitySurvey {
    survey.capabilities.iter().find(|c| c.capability == capability).unwrap()
}

/// Hosts that each do everything, one rack each.
fn alike(count: usize) -> Cluster {
    let host = |n: usize| {
        let rack = format!("failureDomain: {{ rack: r{n} }}");
        format!("    - {{ name: n{n}, address: 10.0.0.{n}, roles: [control, gateway, database], {rack} }}\n")
    };
    let hosts: String = (1..=count).map(host).collect();
    let text = format!(
        "apiVersion: quorate.dev/v1alpha1\nkind: Cluster\nmetadata: {{ name: alike }}\nspec:\n  \
         ssh: {{ user: root, keyFile: ~/.ssh/id_ed25519 }}\n  networks: [{{ name: lan, cidr: 10.0.0.0/24 }}]\n  \
         hosts:\n{hosts}  endpoints:\n    - {{ name: platform, vip: 10.0.0.100 }}\n    \
         - {{ name: database, vip: 10.0.0.101 }}\n  database: {{ galera: {{}} }}\n"
    );
    model::parse(&text).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

#[test]
fn margins_at_once_and_one_by_one() {
    let five = without(&alike(5), &[]);
    let margins = |s: &Survey, c| (of(s, c).margin, of(s, c).margin_settled);
    // Galera recounts its votes down to two; etcd never does.
    assert_eq!(margins(&five, Database), (Some(2), Some(3)));
    assert_eq!(margins(&five, Coordination), (Some(2), Some(2)));
    // Four and more are many, unless more is asked for.
    assert_eq!(margins(&five, Ingress), (None, None));
    let five = survey(&alike(5), &Question { order: 5, ..Question::default() }).unwrap();
    assert_eq!(margins(&five, Ingress), (Some(4), Some(4)));
    let three = without(&example("three-node"), &[]);
    assert_eq!(
        [Coordination, Database, Ingress].map(|c| margins(&three, c)),
        [(Some(1), Some(1)), (Some(1), Some(1)), (Some(2), Some(2))]
    );
    let single = without(&example("single"), &[]);
    assert_eq!([Coordination, Database, Ingress].map(|c| margins(&single, c)), [(Some(0), Some(0)); 3]);
}

#[test]
fn what_survives_any_one_and_any_two() {
    let cases = [
        ("single", Coordination, false, false),
        ("three-node", Database, true, false),
        ("three-node", Ingress, true, true),
        ("five-node", Coordination, true, false),
        ("cloudpods-4", Database, false, false),
        ("cloudpods-4", Coordination, true, false),
    ];
    for (name, capability, one, two) in cases {
        let survey = without(&example(name), &[]);
        let found = of(&survey, capability);
        assert_eq!((found.survives_any_one, found.survives_any_two), (one, two), "{name} {}", capability.id());
    }
}

#[test]
fn a_survey_agrees_with_the_margins_of_status() {
    for name in EXAMPLES {
        let cluster = example(name);
        let hosts: Vec<HostName> = cluster.hosts.iter().map(|h| h.name.clone()).collect();
        let survey = without(&cluster, &[]);
        for (capability, rule) in components::capabilities(&cluster) {
            let found = of(&survey, capability);
            for (losses, told) in [(Losses::AtOnce, found.margin), (Losses::Settled, found.margin_settled)] {
                let expected = margin(&rule, &hosts, losses, &|_, _| true, 3).survives;
                assert_eq!(told, expected, "{name} {} {losses:?}", capability.id());
            }
        }
    }
}

/// The single points of a capability in one line, each with what runs there.
fn single_points(survey: &Survey, capability: Capability) -> String {
    let points = survey.single_points.iter().filter(|p| p.capability == capability);
    let told = points.map(|p| match p.components.as_slice() {
        [] => p.loss.to_string(),
        components => format!("{} ({})", p.loss, components.join(", ")),
    });
    told.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_single_point_is_told_once() {
    let cloudpods = without(&example("cloudpods-4"), &[]);
    assert_eq!(single_points(&cloudpods, Database), "host node4 (mariadb)");
    assert_eq!(single_points(&cloudpods, Coordination), "");
    let three = without(&example("three-node"), &[]);
    assert_eq!(three.single_points, []);
    let single = without(&example("single"), &[]);
    assert_eq!(single_points(&single, Coordination), "host node1 (etcd)");
    assert_eq!(single_points(&single, Ingress), "host node1 (vip, gateway)");
}

#[test]
fn a_rack_is_named_where_no_host_of_it_is_enough() {
    // Two voters of three behind one switch.
    let shared = changed("three-node", "failureDomain: { rack: b }", "failureDomain: { rack: a }");
    let found = without(&shared, &[]);
    assert_eq!(single_points(&found, Coordination), "rack a");
    assert_eq!(single_points(&found, Database), "rack a");
    assert_eq!(single_points(&found, Ingress), "");
    // One host in one rack: the host says it all.
    let single = changed(
        "single",
        "roles: [control, gateway, database]",
        "roles: [control, gateway, database], failureDomain: { rack: a }",
    );
    assert_eq!(single_points(&without(&single, &[]), Coordination), "host node1 (etcd)");
}

#[test]
fn what_is_outside_is_a_single_point() {
    let found = without(&example("rainbond-5.17-external"), &[]);
    let points = single_points(&found, Database);
    assert!(points.starts_with("outside database: mysql.example.com"), "{points}");
    assert!(of(&found, Database).works);
    // No host of the cluster matters to it.
    assert_eq!((of(&found, Database).margin, of(&found, Database).survives_any_two), (None, true));
    let outside = Rate { mtbf_hours: 999.0, mttr_hours: 1.0 }.unavailability();
    assert_eq!(rates::of(&example("single"), &Loss::Outside("x".into())).unavailability(), outside);
    close(1.0 - of(&found, Database).availability.unwrap().availability, outside, "database");
}

#[test]
fn what_is_lost_already_happens_no_more() {
    let three = example("three-node");
    let one = without(&three, &["node2"]);
    assert_eq!(one.without, names(&["node2"]));
    assert!(of(&one, Coordination).works);
    assert_eq!(
        (of(&one, Coordination).margin, of(&one, Database).margin, of(&one, Ingress).margin),
        (Some(0), Some(0), Some(1))
    );
    assert_eq!(single_points(&one, Coordination), "host node1 (etcd); host node3 (etcd)");
    let hosts = |c: &CapabilitySurvey| c.smallest.iter().flatten().any(|l| *l == Loss::Host("node2".into()));
    assert!(!one.capabilities.iter().any(hosts));
}

#[test]
fn what_does_not_work_any_more_is_said_to_be_lost() {
    let two = without(&example("three-node"), &["node2", "node3"]);
    for (capability, works) in [(Coordination, false), (Database, false), (Ingress, true)] {
        let found = of(&two, capability);
        assert_eq!((found.works, found.margin), (works, Some(0)), "{}", capability.id());
        assert!(!found.survives_any_one);
        assert_eq!(found.availability.unwrap().availability > 0.0, works);
    }
}

#[test]
fn losses_in_the_past_leave_galera_a_smaller_group() {
    // Three of five are left, and they are the group now.
    let found = without(&alike(5), &["n1", "n2"]);
    assert_eq!((of(&found, Database).works, of(&found, Database).margin), (true, Some(1)));
    assert_eq!((of(&found, Coordination).works, of(&found, Coordination).margin), (true, Some(0)));
    // That three of five went one by one is not taken for granted: nothing about it is said to work.
    let found = without(&alike(5), &["n1", "n2", "n3"]);
    let database = of(&found, Database);
    assert_eq!((database.works, database.margin, database.margin_settled), (false, Some(0), Some(0)));
    assert_eq!(database.availability.unwrap().availability, 0.0);
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-12, "{what}: {found} is not {expected}");
}

/// The chance that a host is lost, for whatever reason.
fn host_down(cluster: &Cluster, host: &HostName) -> f64 {
    let domains = &cluster.host(host).unwrap().failure_domain;
    let of = |loss: &Loss| rates::of(cluster, loss).unavailability();
    let racks = domains.iter().flat_map(|(kind, name)| {
        let (kind, name) = (kind.clone(), name.clone());
        [Loss::Domain { kind: kind.clone(), name: name.clone() }, Loss::Cut { kind, name }]
    });
    1.0 - racks.chain([Loss::Host(host.clone())]).map(|l| 1.0 - of(&l)).product::<f64>()
}

/// The chance that a rule does not hold, by adding up every state of its hosts and components. No two hosts share a
/// failure domain.
fn enumerated(cluster: &Cluster, rule: &Rule) -> f64 {
    let leaves: BTreeSet<(&str, &HostName)> = rule.leaves().into_iter().collect();
    let mut parts: BTreeMap<(&str, &HostName), f64> = BTreeMap::new();
    for (component, host) in leaves {
        let own = Loss::Component { component: component.to_owned(), host: host.clone() };
        parts.insert((component, host), rates::of(cluster, &own).unavailability());
        parts.insert(("", host), host_down(cluster, host));
    }
    let places: BTreeMap<_, usize> = parts.keys().copied().zip(0..).collect();
    let chances: Vec<f64> = parts.values().copied().collect();
    let state = |down: u32| {
        let is_up = |part: (&str, &HostName)| places.get(&part).is_none_or(|p| down >> p & 1 == 0);
        let up = |c: &str, h: &HostName| is_up((c, h)) && is_up(("", h));
        let chance = |(p, chance): (usize, &f64)| if down >> p & 1 == 1 { *chance } else { 1.0 - chance };
        if rule.holds(Losses::AtOnce, &up) { 0.0 } else { chances.iter().enumerate().map(chance).product() }
    };
    (0..1_u32 << chances.len()).map(state).sum()
}

#[test]
fn availability_equals_the_sum_over_every_state() {
    for cluster in [example("three-node"), example("single")] {
        let survey = without(&cluster, &[]);
        for (capability, rule) in components::capabilities(&cluster) {
            let found = of(&survey, capability).availability.unwrap();
            let down = enumerated(&cluster, &rule);
            close(1.0 - found.availability, down, capability.id());
            close(found.minutes_per_year / 525_949.2, down, "minutes");
            close(found.nines.unwrap(), -down.log10(), "nines");
        }
    }
}

#[test]
fn the_availability_of_a_quorum_by_hand() {
    let of = |mtbf_hours, mttr_hours| mttr_hours / (mtbf_hours + mttr_hours);
    // Host, process, rack, way to the rack.
    let up = [of(3139.0, 4.0), of(4380.0, 0.5), of(89_352.0, 4.0), of(43_800.0, 1.0)].map(|p: f64| 1.0 - p);
    let p = 1.0 - up.iter().product::<f64>();
    let survey = without(&example("three-node"), &[]);
    let found = survey.capabilities.iter().find(|c| c.capability == Coordination).unwrap();
    close(1.0 - found.availability.unwrap().availability, 3.0 * p * p * (1.0 - p) + p.powi(3), "two of three");
}

#[test]
fn the_rates_of_the_file_are_used() {
    let general = "  availability: { host: { mtbfHours: 90, mttrHours: 10 }, cut: { mtbfHours: 999, mttrHours: 1 } }\n  database:";
    let text = text("three-node")
        .replacen(
            "failureDomain: { rack: a }",
            "failureDomain: { rack: a }, availability: { mtbfHours: 30, mttrHours: 10 }",
            1,
        )
        .replacen("  database:\n    galera", &format!("{general}\n    galera"), 1);
    let cluster = model::parse(&text).unwrap();
    let host = |name: &str| rates::of(&cluster, &Loss::Host(name.into())).unavailability();
    assert_eq!([host("node1"), host("node2"), host("node3")], [0.25, 0.1, 0.1]);
    let rack = ("rack".to_owned(), "a".to_owned());
    let cut = Loss::Cut { kind: rack.0.clone(), name: rack.1.clone() };
    assert_eq!(rates::of(&cluster, &cut).unavailability(), 0.001);
    assert_eq!(rates::of(&cluster, &Loss::Domain { kind: rack.0, name: rack.1 }), rates::DOMAIN);
    let survey = without(&cluster, &[]);
    for (capability, rule) in components::capabilities(&cluster) {
        let found = of(&survey, capability);
        close(1.0 - found.availability.unwrap().availability, enumerated(&cluster, &rule), capability.id());
        assert_eq!(found.importance[0].loss, Loss::Host("node1".into()), "{}", capability.id());
    }
}

#[test]
fn every_example_is_reckoned_and_nothing_is_said_twice() {
    for name in EXAMPLES {
        let found = without(&example(name), &[]);
        for capability in &found.capabilities {
            let what = format!("{name} {}", capability.capability.id());
            assert!(capability.works, "{what}");
            let availability = capability.availability.unwrap().availability;
            assert!((0.9..=1.0).contains(&availability), "{what}: {availability}");
            let sets: BTreeSet<_> = capability.smallest.iter().collect();
            assert_eq!(sets.len(), capability.smallest.len(), "{what}");
            let alone = found.single_points.iter().filter(|p| p.capability == capability.capability).count();
            let first = capability.cut_sets.first().map_or(0, |c| c.parse().unwrap());
            assert!(alone <= first && (alone > 0) == (first > 0), "{what}: {alone} of {first}");
        }
    }
}

#[test]
fn each_side_of_a_cut_is_judged_by_itself() {
    let lines = |cluster: &Cluster| -> Vec<String> {
        let line = |s: &Sides| {
            let works = s.capabilities.iter().map(|c| match (c.near, c.far) {
                (true, true) => "both",
                (true, false) => "near",
                (false, true) => "far",
                (false, false) => "none",
            });
            format!("{}: {} | {}: {}", s.name, s.near.len(), s.far.len(), works.collect::<Vec<_>>().join(" "))
        };
        domain_cuts(cluster).iter().map(line).collect()
    };
    // In the order of the capabilities: coordination, database, ingress.
    let order: Vec<_> = components::capabilities(&example("three-node")).iter().map(|(c, _)| *c).collect();
    assert_eq!(order, [Coordination, Database, Ingress]);
    assert_eq!(lines(&example("three-node")), ["a", "b", "c"].map(|r| format!("rack {r}: 1 | 2: far far both")));
    // Both voters of rack a are a majority, and the rest is none.
    let shared = changed("three-node", "failureDomain: { rack: b }", "failureDomain: { rack: a }");
    assert_eq!(lines(&shared), ["rack a: 2 | 1: near near both", "rack c: 1 | 2: far far both"]);
    // A domain that is the whole cluster cannot be cut from the rest.
    let single = changed(
        "single",
        "roles: [control, gateway, database]",
        "roles: [control, gateway, database], failureDomain: { rack: a }",
    );
    assert_eq!(lines(&single), Vec::<String>::new());
    assert_eq!(without(&shared, &[]).cuts, domain_cuts(&shared));
}

#[test]
fn what_needs_a_quorum_never_serves_on_both_sides() {
    for cluster in [example("three-node"), example("five-node"), alike(5)] {
        let hosts = &cluster.hosts;
        for near in 1..(1_u32 << hosts.len()) - 1 {
            let members = (0..hosts.len()).filter(|h| near >> h & 1 == 1).map(|h| hosts[h].name.clone()).collect();
            let found = sides(&cluster, "some", &members);
            let both = |c: &CapabilitySides| c.near && c.far && matches!(c.capability, Coordination | Database);
            assert!(!found.capabilities.iter().any(both), "{members:?}");
        }
    }
}

/// Rules over the hosts of the example with five.
fn rules() -> impl Strategy<Value = Rule> {
    let leaf = ("[ab]", 1..=5_usize).prop_map(|(c, n)| Rule::up(&c, &HostName(format!("node{n}"))));
    leaf.prop_recursive(3, 20, 4, |inner| {
        let several = proptest::collection::vec(inner, 0..5);
        prop_oneof![
            several.clone().prop_map(Rule::All),
            several.clone().prop_map(Rule::Any),
            (several.clone(), 0..5_usize).prop_map(|(of, k)| Rule::AtLeast { k, of }),
            (several.clone(), any::<bool>()).prop_map(|(of, recounts)| Rule::Quorum { recounts, of }),
            (several, any::<bool>()).prop_map(|(of, alone)| Rule::Succession { alone, of }),
        ]
    })
}

/// The minimal sets of losses after which a rule does not hold: all that are fatal, without those that contain another.
fn minimal(count: usize, fatal: impl Fn(u32) -> bool) -> BTreeSet<u32> {
    let all: Vec<u32> = (0..1 << count).filter(|set| fatal(*set)).collect();
    all.iter().copied().filter(|set| !all.iter().any(|other| other != set && other & set == *other)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_cut_sets_of_a_tree_are_those_of_its_rule(rule in rules(), lost in proptest::option::of(1..=5_usize)) {
        let cluster = example("five-node");
        let hosts: Vec<HostName> = cluster.hosts.iter().map(|h| h.name.clone()).collect();
        let without: Vec<HostName> = lost.into_iter().map(|n| hosts[n - 1].clone()).collect();
        let left = |h: &HostName| !without.contains(h);
        let candidates: Vec<&HostName> = hosts.iter().filter(|h| left(h)).collect();
        for losses in [Losses::AtOnce, Losses::Settled] {
            let made = capability_tree(&cluster, "t", &rule, &without, losses, Grain::Hosts).unwrap();
            let mut analysis = Analysis::new(&made.tree, Limits::default()).unwrap();
            let named = |set: Vec<survival::fault_tree::EventId>| -> u32 {
                let place = |l: &Loss| candidates.iter().position(|h| *l == Loss::Host((*h).clone())).unwrap();
                set.into_iter().map(|e| 1 << place(&made.losses[e.0])).sum()
            };
            let found: BTreeSet<u32> = analysis.cut_sets(None, usize::MAX).unwrap().into_iter().map(named).collect();
            let gone = |set: u32, h: &HostName| candidates.iter().position(|c| *c == h).is_some_and(|p| set >> p & 1 == 1);
            let expected =
                minimal(candidates.len(), |set| !rule.holds(losses, &|_, h| left(h) && !gone(set, h)));
            prop_assert_eq!(&found, &expected);

            // The margin that `status` tells is the smallest of them.
            let told = margin(&rule, &hosts, losses, &|_, h| left(h), 5);
            prop_assert_eq!(told.works, !expected.contains(&0));
            if told.works {
                let smallest = expected.iter().map(|s| s.count_ones() as usize).min();
                prop_assert_eq!(told.survives, smallest.map(|s| s - 1));
            }
        }
    }

    #[test]
    fn the_probability_of_a_tree_is_that_of_its_rule(rule in rules()) {
        let cluster = alike(5);
        // The same rule over hosts that share no rack.
        let rule = renamed(&rule);
        let made = capability_tree(&cluster, "t", &rule, &[], Losses::AtOnce, Grain::Everything).unwrap();
        let found = Analysis::new(&made.tree, Limits::default()).unwrap().probability().unwrap();
        let expected = enumerated(&cluster, &rule);
        prop_assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}

fn renamed(rule: &Rule) -> Rule {
    let each = |of: &[Rule]| of.iter().map(renamed).collect();
    match rule {
        Rule::Up { component, host } => Rule::up(component, &HostName(host.as_str().replace("node", "n"))),
        Rule::All(of) => Rule::All(each(of)),
        Rule::Any(of) => Rule::Any(each(of)),
        Rule::AtLeast { k, of } => Rule::AtLeast { k: *k, of: each(of) },
        Rule::Quorum { recounts, of } => Rule::Quorum { recounts: *recounts, of: each(of) },
        Rule::Succession { alone, of } => Rule::Succession { alone: *alone, of: each(of) },
        Rule::Outside(what) => Rule::Outside(what.clone()),
    }
}
