//! What is promised of a trial, reckoned by hand for the presets and examples.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use components::{Capability, Rule};
use drill::{EXERCISED, Expected, Holders, Means, Prediction, Reads, parse, trials};
use model::Cluster;

const ALL: Means = Means { lab: true, power: true };

fn example(name: &str) -> Cluster {
    let path = format!("{}/../../examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    model::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn predicted(cluster: &Cluster, fault: &str) -> Prediction {
    Prediction::new(cluster, &components::capabilities(cluster), parse(fault, cluster, ALL).unwrap())
}

/// The capabilities that are said to be lost, in one line.
fn lost(prediction: &Prediction) -> String {
    let lost = prediction.capabilities.iter().filter(|p| p.expected == Expected::Lost).map(|p| p.capability.id());
    lost.collect::<Vec<_>>().join(" ")
}

#[test]
fn losses_reckoned_by_hand() {
    let cases = [
        ("three-node", "kill host node1", ""),
        ("three-node", "kill host node1 + kill host node2", "coordination database"),
        ("three-node", "kill host node1 + kill host node2 + kill host node3", "coordination database ingress"),
        ("three-node", "stop etcd node1 + stop etcd node2", "coordination"),
        ("three-node", "fill galera node1 + freeze galera node2", "database"),
        ("three-node", "stop agent node1 + stop agent node2 + stop agent node3", "database"),
        ("three-node", "stop gateway node1 + stop gateway node2 + stop gateway node3", "ingress"),
        ("three-node", "stop vip node1 + stop gateway node2 + stop vip node3", "ingress"),
        ("three-node", "cut node1 from node2,node3", ""),
        ("three-node", "cut node1,node2 from node3", "coordination database"),
        ("single", "kill host node1", "coordination database ingress"),
        ("single", "stop mariadb node1", "database"),
        ("single", "stop balancer node1", "database"),
        ("single", "stop vip node1", "database ingress"),
        ("five-node", "kill host node3", ""),
        ("five-node", "kill host node1 + kill host node4", ""),
        ("five-node", "kill host node1 + kill host node2", "coordination database"),
        ("five-node", "kill host node4 + kill host node5", "database"),
        ("cloudpods-4", "kill host node4", "database"),
        ("cloudpods-4", "kill host node1", ""),
    ];
    for (name, fault, expected) in cases {
        let prediction = predicted(&example(name), fault);
        assert_eq!(lost(&prediction), expected, "{name}: {fault}");
        assert_eq!(prediction.expects_loss(), !expected.is_empty(), "{name}: {fault}");
    }
}

/// The conditions under which something is lost: capability and the hosts that must not hold its address; `*`: open.
fn conditions(prediction: &Prediction) -> String {
    let of = |promise: &drill::Promise| match &promise.expected {
        Expected::Serves | Expected::Lost => None,
        Expected::Open => Some(format!("{}:*", promise.capability.id())),
        Expected::LostIfHeld(held) => {
            let hosts: Vec<_> = held.iter().flat_map(|h| &h.by).map(|h| h.as_str()).collect();
            Some(format!("{}:{}", promise.capability.id(), hosts.join(",")))
        }
    };
    prediction.capabilities.iter().filter_map(of).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_host_that_hears_nobody_keeps_the_addresses_of_keepalived() {
    let cases = [
        ("three-node", "cut host node1 in", "database:node1,node2,node3 ingress:node1,node2,node3"),
        ("three-node", "cut host node3 in", "database:node3 ingress:node3"),
        ("three-node", "cut host node3", ""),
        ("three-node", "cut host node3 out", ""),
        // Who holds an address after two faults, nobody knows who sees the first moment.
        ("three-node", "cut host node3 in + kill vip node1", "database:* ingress:*"),
        // The primary of a replicated database loses its address with its lease.
        ("cloudpods-3", "cut host node1 in", "ingress:node1,node2"),
        ("cloudpods-3", "cut host node3 in", ""),
        ("five-node", "cut host node4 in", ""),
    ];
    for (name, fault, expected) in cases {
        let prediction = predicted(&example(name), fault);
        assert_eq!((conditions(&prediction).as_str(), lost(&prediction).as_str()), (expected, ""), "{name}: {fault}");
        assert_eq!(prediction.expects_loss(), !expected.is_empty(), "{name}: {fault}");
    }
}

#[test]
fn a_host_that_reaches_both_groups_leaves_open_who_leads() {
    let cases = [
        ("three-node", "cut node1 from node2", "database:*"),
        ("three-node", "cut node1 from node2,node3", ""),
        ("cloudpods-3", "cut node1 from node2", "database:*"),
        // It is none of those that may be the primary.
        ("cloudpods-3", "cut node3 from node1", ""),
        // Without etcd nobody leads, whoever else is reached.
        ("cloudpods-5", "cut db1 from node1,node2,node3", ""),
        ("cloudpods-5", "cut db1 from db2", "database:*"),
    ];
    for (name, fault, expected) in cases {
        let prediction = predicted(&example(name), fault);
        assert_eq!((conditions(&prediction).as_str(), lost(&prediction).as_str()), (expected, ""), "{name}: {fault}");
    }
}

/// Of three hosts with replication two may be lost that are not the primary and the one that confirms its writes; what
/// waits for a confirmation, or has no third host, does not serve in any case.
#[test]
fn what_depends_on_roles_is_told_from_what_is_lost_for_sure() {
    let mut cluster = example("replication");
    let said = |cluster: &Cluster, fault: &str| {
        let prediction = predicted(cluster, fault);
        let database = prediction.capabilities.iter().find(|p| p.capability == Capability::Database).unwrap();
        database.expected.clone()
    };
    let two = "freeze replication node1 + stop agent node3";
    assert_eq!(said(&cluster, "freeze replication node1"), Expected::Serves);
    assert_eq!(said(&cluster, two), Expected::Open);
    assert_eq!(said(&cluster, "kill host node1 + kill host node3"), Expected::Lost, "without etcd's quorum");
    let both = "freeze replication node1 + freeze replication node2";
    assert_eq!(said(&example("cloudpods-3"), both), Expected::Lost);
    assert_eq!(said(&example("three-node"), "freeze galera node1 + freeze galera node2"), Expected::Lost);
    let Some(model::DatabaseMode::Replication(settings)) = cluster.database.as_mut().map(|d| &mut d.mode) else {
        panic!("a replicated database");
    };
    settings.on_replica_loss = model::OnReplicaLoss::Block;
    assert_eq!(said(&cluster, two), Expected::Lost);
}

#[test]
fn a_unit_that_is_started_again_loses_nothing() {
    let single = example("single");
    for component in ["etcd", "mariadb", "agent", "balancer", "gateway", "vip"] {
        let prediction = predicted(&single, &format!("kill {component} node1"));
        assert_eq!((lost(&prediction).as_str(), prediction.expects_loss()), ("", false), "{component}");
    }
}

#[test]
fn every_component_of_a_single_host_is_needed() {
    let single = example("single");
    for trial in trials(&single, 1, true, ALL) {
        let name = trial.name.clone();
        assert!(Prediction::new(&single, &components::capabilities(&single), trial).expects_loss(), "{name}");
    }
}

#[test]
fn only_what_the_clients_can_ask_is_promised() {
    for name in ["three-node", "cloudpods-3", "cloudpods-4", "rainbond-5.1-split", "rancher-1.6"] {
        let cluster = example(name);
        let first = cluster.hosts[0].name.clone();
        let prediction = predicted(&cluster, &format!("kill host {first}"));
        let rules = components::capabilities(&cluster);
        let promised: Vec<Capability> = prediction.capabilities.iter().map(|p| p.capability).collect();
        let expected: Vec<Capability> = rules.iter().map(|(c, _)| *c).filter(|c| EXERCISED.contains(c)).collect();
        assert_eq!(promised, expected, "{name}");
    }
}

/// The door of a replicated database shuts by itself; a Galera member answers until it notices.
#[test]
fn only_galera_may_read_what_was_before() {
    for (fault, late) in [
        ("pause host node1", true),
        ("cut host node1", true),
        ("freeze galera node1", true),
        ("cut node1 from node2,node3", true),
        ("kill host node1", false),
        ("kill galera node1", false),
        ("freeze vip node1", false),
    ] {
        assert_eq!(predicted(&example("three-node"), fault).reads == Reads::MayBeLate, late, "{fault}");
        let replicated = predicted(&example("replication"), &fault.replace("galera", "replication"));
        assert_eq!(replicated.reads, Reads::Current, "{fault}");
    }
}

#[test]
fn two_holders_are_allowed_only_to_those_who_do_not_hear() {
    let three = example("three-node");
    for (fault, two) in [
        ("kill host node1", false),
        ("reset host node1", false),
        ("stop vip node1", false),
        ("kill vip node1", false),
        ("pause host node1", true),
        ("freeze vip node1", true),
        ("cut host node1", true),
        ("cut host node1 in", true),
        ("cut node1 from node2,node3", true),
        ("kill host node1 + cut host node2", true),
    ] {
        let holders = predicted(&three, fault).holders;
        assert_eq!(matches!(holders, Holders::TwoUntilHeard { within_ms: 1.. }), two, "{fault}");
        assert_eq!(holders == Holders::One, !two, "{fault}");
    }
}

#[test]
fn a_lie_about_the_rules_is_told_as_it_is() {
    let three = example("three-node");
    let rules = [(Capability::Database, Rule::Any(vec![]))];
    let trial = parse("stop gateway node1", &three, ALL).unwrap();
    assert_eq!(lost(&Prediction::new(&three, &rules, trial)), "database");
}

#[test]
fn a_saved_prediction_is_read_back_as_it_was() {
    for name in ["single", "three-node", "five-node", "cloudpods-4"] {
        let cluster = example(name);
        let rules = components::capabilities(&cluster);
        let mut all = trials(&cluster, 2, true, ALL);
        all.extend(trials(&cluster, 1, false, Means::default()));
        if cluster.hosts.len() > 1 {
            all.push(parse("cut node1 from node2", &cluster, ALL).unwrap());
        }
        for trial in all {
            let prediction = Prediction::new(&cluster, &rules, trial);
            let saved = serde_json::to_vec_pretty(&prediction).unwrap();
            assert_eq!(serde_json::from_slice::<Prediction>(&saved).unwrap(), prediction);
        }
    }
}
