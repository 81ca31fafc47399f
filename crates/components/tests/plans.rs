//! Plans that stand on more than Quorate deploys: what is left to others, what comes later, and what stays as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, not only the tests themselves")]

mod common;

use components::{At, Capability, Deployable};
use model::Cluster;
use wire::Resource;

const CLOUDPODS_4: &str = include_str!("../../../examples/cloudpods-4.yaml");
const CLOUDPODS_5: &str = include_str!("../../../examples/cloudpods-5.yaml");
const BALANCED: &str = include_str!("../../../examples/replication-balanced.yaml");
const RANCHER: &str = include_str!("../../../examples/rancher-1.6.yaml");
const RAINBOND: &str = include_str!("../../../examples/rainbond-5.17.yaml");

fn parse(text: &str) -> Cluster {
    model::parse(text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The hosts that a component runs on.
fn hosts(cluster: &Cluster, component: &str) -> String {
    let hosts = components::by_id(component).unwrap().hosts(cluster);
    hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// Every resource of every component.
fn resources(cluster: &Cluster) -> Vec<(&'static str, Resource)> {
    let mut found = Vec::new();
    for host in &cluster.hosts {
        let facts = common::facts(host);
        for component in components::all().iter().filter(|c| c.hosts(cluster).iter().any(|h| h.name == host.name)) {
            let desired = component.desired(At { cluster, host, facts: &facts });
            found.extend(desired.into_iter().map(|r| (component.id(), r)));
        }
    }
    found
}

#[test]
fn a_database_on_one_host_has_a_name_and_no_balancer() {
    let cluster = parse(CLOUDPODS_4);
    assert_eq!(hosts(&cluster, "mariadb"), "node4");
    assert_eq!(hosts(&cluster, "balancer"), "", "nothing stands between");
    assert_eq!(hosts(&cluster, "vip"), "node1 node2 node3", "the platform's address alone");
    assert_eq!(hosts(&cluster, "etcd"), "node1 node2 node3");
    let named = resources(&cluster).into_iter().find_map(|(_, r)| match r {
        Resource::Block { content, .. } => content.lines().find(|l| l.contains("db.example.com")).map(str::to_owned),
        _ => None,
    });
    assert_eq!(named.as_deref(), Some("10.88.0.14 database.cloudpods-4 db.example.com"));
}

#[test]
fn what_others_bring_is_never_deployed() {
    for text in [CLOUDPODS_4, RAINBOND] {
        let cluster = parse(text);
        assert!(components::later(&cluster).is_empty());
        for component in components::all() {
            let elsewhere = ["platform", "compute", "service", "outside"].contains(&component.id());
            for host in component.hosts(&cluster) {
                let expected = if elsewhere { Deployable::Elsewhere } else { Deployable::Now };
                assert_eq!(component.deployable(&cluster, host), expected, "{}", component.id());
            }
        }
        let others = resources(&cluster).into_iter().find(|(c, _)| ["platform", "compute", "service"].contains(c));
        assert_eq!(others, None);
    }
}

#[test]
fn kubernetes_comes_later() {
    let cluster = parse(&CLOUDPODS_4.replace("kind: cloudpods }", "kind: kubernetes }"));
    let later: Vec<_> = components::later(&cluster).iter().map(|(c, hosts)| (c.id(), hosts.len())).collect();
    assert_eq!(later, [("platform", 3), ("compute", 3)]);
}

#[test]
fn the_primary_holds_the_address_of_a_replicated_database_itself() {
    let cluster = parse(CLOUDPODS_5);
    assert_eq!(hosts(&cluster, "replication"), "db1 db2");
    assert_eq!(hosts(&cluster, "vip"), "node1 node2 node3");
    assert_eq!(
        (hosts(&cluster, "balancer"), hosts(&cluster, "galera"), hosts(&cluster, "mariadb")),
        Default::default()
    );
}

#[test]
fn balancers_stand_in_front_of_a_replicated_database_where_they_are_asked_for() {
    let cluster = parse(BALANCED);
    assert_eq!((hosts(&cluster, "balancer"), hosts(&cluster, "vip")), ("node4 node5".into(), "node4 node5".into()));
    let piloted = resources(&cluster).into_iter().any(|(_, r)| matches!(r, Resource::Piloted { address: Some(_), .. }));
    assert!(!piloted, "no agent holds the address of the database");
    let ports = components::by_id("balancer").unwrap().ports(&cluster, cluster.host(&"node4".into()).unwrap());
    assert_eq!(ports, [3306, 3306]);
    let probes = components::by_id("balancer").unwrap().probes(&cluster, cluster.host(&"node4".into()).unwrap());
    assert_eq!(probes.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["writer", "reader"]);
}

#[test]
fn what_a_capability_rests_on() {
    use Capability::{Control, Coordination, Database, Ingress, Reads, Workloads};
    let foundation =
        |text: &str, capability| components::foundation(&parse(text), capability).into_iter().collect::<Vec<_>>();
    assert_eq!(foundation(CLOUDPODS_5, Control), [Control, Coordination, Database, Ingress]);
    assert_eq!(foundation(CLOUDPODS_5, Database), [Coordination, Database], "replication needs etcd's quorum");
    assert_eq!(foundation(BALANCED, Reads), [Coordination, Reads], "whoever follows nobody is not read from");
    assert_eq!(foundation(CLOUDPODS_4, Database), [Database]);
    assert_eq!(foundation(RANCHER, Control), [Control, Database, Ingress], "Rancher 1.6 keeps nothing in etcd");
    assert_eq!(foundation(RANCHER, Workloads), [Workloads]);
    // With an address of its own, the control plane does not need the gateways.
    let own = CLOUDPODS_5.replace(
        "- { name: database,",
        "- { name: control, vip: 10.88.0.102, ports: [6443] }\n    - { name: database,",
    );
    assert_eq!(foundation(&own, Control), [Control, Coordination, Database]);
}

#[test]
fn leaves_lead_to_their_components() {
    for text in [CLOUDPODS_4, CLOUDPODS_5, BALANCED, RANCHER, RAINBOND] {
        let cluster = parse(text);
        for (capability, rule) in components::capabilities(&cluster) {
            for (leaf, host) in rule.leaves() {
                let component = components::of_leaf(leaf).unwrap_or_else(|| panic!("{leaf}"));
                let runs = component.hosts(&cluster).iter().any(|h| h.name == *host);
                assert!(runs, "{}: {leaf} does not run on {host}", capability.id());
            }
        }
    }
}
