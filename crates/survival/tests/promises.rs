//! The promises of the source documents, as data: each claim of the requirements held against the margin and the
//! smallest fatal sets of the example file that it is about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, not only the tests themselves")]

use std::collections::BTreeSet;

use components::{Capability, Losses, Rule};
use model::{Cluster, HostName};
use survival::margin;

use Capability::{Artifacts, Control, Coordination, Database, Ingress, Reads, Storage, Workloads};

/// How many losses at once are tried: more than any claim is about.
const MOST: usize = 3;

/// A cluster that makes promises.
struct Plan {
    cluster: Cluster,
}

/// The text of an example file.
fn text(name: &str) -> String {
    let path = format!("{}/../../examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn plan(name: &str) -> Plan {
    of(&text(name))
}

fn of(text: &str) -> Plan {
    Plan { cluster: model::parse(text).unwrap_or_else(|problems| panic!("{problems}")) }
}

/// The example with one place changed: what if.
fn changed(name: &str, from: &str, to: &str) -> Plan {
    let text = text(name);
    assert_eq!(text.matches(from).count(), 1, "{from:?} must occur once in {name}");
    of(&text.replacen(from, to, 1))
}

impl Plan {
    fn rule(&self, capability: Capability) -> Rule {
        let rules = components::capabilities(&self.cluster);
        rules.into_iter().find(|(c, _)| *c == capability).unwrap_or_else(|| panic!("no {}", capability.id())).1
    }

    /// What it survives and what it does not, in one line: `1: a+b a+c` is a margin of one and the sets that end it.
    fn survives(&self, capability: Capability, losses: Losses) -> String {
        let hosts: Vec<HostName> = self.cluster.hosts.iter().map(|h| h.name.clone()).collect();
        let margin = margin(&self.rule(capability), &hosts, losses, &|_, _| true, MOST);
        assert!(margin.works, "{} works while nothing is lost", capability.id());
        let set = |s: &Vec<HostName>| s.iter().map(HostName::as_str).collect::<Vec<_>>().join("+");
        let sets: Vec<String> = margin.smallest.iter().map(set).collect();
        format!("{}: {}", margin.survives.map_or("all".to_owned(), |m| m.to_string()), sets.join(" "))
    }

    /// Whether a capability works without these hosts, lost at once.
    fn works_without(&self, capability: Capability, lost: &[&str]) -> bool {
        self.rule(capability).holds(Losses::AtOnce, &|_, host| !lost.contains(&host.as_str()))
    }

    /// What a capability needs from outside.
    fn outside(&self, capability: Capability) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.rule(capability), &mut found);
        found
    }

    /// What `apply` cannot deploy yet, and where.
    fn later(&self) -> String {
        let of = |(c, hosts): &(&dyn components::Component, Vec<&model::Host>)| {
            format!("{} {}", c.id(), hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(","))
        };
        components::later(&self.cluster).iter().map(of).collect::<Vec<_>>().join("; ")
    }

    fn hosts(&self) -> Vec<&str> {
        self.cluster.hosts.iter().map(|h| h.name.as_str()).collect()
    }
}

fn collect(rule: &Rule, into: &mut Vec<String>) {
    match rule {
        Rule::Outside(what) => into.push(what.clone()),
        Rule::Up { .. } => {}
        Rule::All(of)
        | Rule::Any(of)
        | Rule::AtLeast { of, .. }
        | Rule::Quorum { of, .. }
        | Rule::Succession { of, .. } => {
            of.iter().for_each(|r| collect(r, into));
        }
    }
}

/// Holds a capability's losses at once against what the requirement says.
#[track_caller]
fn claim(requirement: &str, plan: &Plan, capability: Capability, expected: &str) {
    assert_eq!(plan.survives(capability, Losses::AtOnce), expected, "{requirement}: {}", capability.id());
}

/// The same for losses that come one after another.
#[track_caller]
fn settled(requirement: &str, plan: &Plan, capability: Capability, expected: &str) {
    assert_eq!(plan.survives(capability, Losses::Settled), expected, "{requirement}: {} settled", capability.id());
}

#[test]
fn cloudpods_on_three_hosts() {
    let plan = plan("cloudpods-3");
    let vips: Vec<&str> = plan.cluster.vips().map(|(e, _)| e.name.as_str()).collect();
    assert_eq!(vips, ["platform", "database"], "CP-2: two VIPs");
    for (endpoint, vip) in plan.cluster.vips() {
        let holders: Vec<&str> = vip.candidates.iter().map(HostName::as_str).collect();
        assert_eq!(holders, ["node1", "node2"], "CP-2: node3 holds no VIP, here {}", endpoint.name);
    }
    for capability in [Control, Database, Ingress] {
        for lost in ["node1", "node2", "node3"] {
            assert!(plan.works_without(capability, &[lost]), "CP-2: survives {lost} alone");
        }
        assert!(!plan.works_without(capability, &["node1", "node2"]), "CP-2: losing node1 and node2 is an outage");
    }
    claim("CP-2", &plan, Ingress, "1: node1+node2");
    // The third vote of etcd is node3's: more than the document says.
    claim("CP-2", &plan, Control, "1: node1+node2 node1+node3 node2+node3");
    claim("CP-2", &plan, Database, "1: node1+node2 node1+node3 node2+node3");
    settled("CP-2", &plan, Control, "1: node1+node2 node1+node3 node2+node3");
    claim("CP-1", &plan, Artifacts, "2: node1+node2+node3");
    claim("CP-2", &plan, Workloads, "2: node1+node2+node3");
    assert_eq!(plan.later(), "", "CP-2 can be deployed today");
}

#[test]
fn cloudpods_on_four_hosts() {
    let plan = plan("cloudpods-4");
    assert_eq!(plan.cluster.vips().count(), 1, "CP-4: one VIP");
    assert_eq!(plan.cluster.etcd_members().len(), 3, "CP-6: three control hosts");
    for lost in ["node1", "node2", "node3"] {
        assert!(plan.works_without(Control, &[lost]), "CP-4: survives the control host {lost}");
    }
    claim("CP-4", &plan, Control, "0: node4");
    claim("CP-4", &plan, Database, "0: node4");
    claim("CP-4", &plan, Ingress, "2: node1+node2+node3");
    claim("CP-4", &plan, Coordination, "1: node1+node2 node1+node3 node2+node3");
    settled("CP-4", &plan, Control, "0: node4");
    claim("CP-1", &plan, Artifacts, "2: node1+node2+node3");
    claim("CP-4", &plan, Workloads, "2: node1+node2+node3");
    assert_eq!(plan.later(), "", "CP-4 can be deployed today");
}

#[test]
fn cloudpods_on_five_hosts() {
    let plan = plan("cloudpods-5");
    assert_eq!(plan.cluster.vips().count(), 2, "CP-5: two VIPs");
    for control in ["node1", "node2", "node3"] {
        for database in ["db1", "db2"] {
            for capability in [Control, Database, Ingress] {
                let held = plan.works_without(capability, &[control, database]);
                assert!(held, "CP-5: {} survives {control} and {database} at once", capability.id());
            }
        }
    }
    claim("CP-5", &plan, Control, "1: node1+node2 node1+node3 node2+node3 db1+db2");
    settled("CP-5", &plan, Control, "1: node1+node2 node1+node3 node2+node3 db1+db2");
    claim("CP-5", &plan, Database, "1: node1+node2 node1+node3 node2+node3 db1+db2");
    claim("CP-5", &plan, Ingress, "2: node1+node2+node3");
    claim("CP-1", &plan, Artifacts, "2: node1+node2+node3");
    claim("CP-5", &plan, Workloads, "2: node1+node2+node3");
    assert_eq!(plan.later(), "", "CP-5 can be deployed today");
}

#[test]
fn a_third_database_host_is_no_reason_to_promise_more_at_once() {
    let plan = changed(
        "cloudpods-5",
        "    - { name: db2, address: 10.88.0.15, roles: [database] }\n",
        "    - { name: db2, address: 10.88.0.15, roles: [database] }\n    - { name: db3, address: 10.88.0.16, roles: [database] }\n",
    );
    // Which two of the three are the primary and its synchronous replica is not known: any pair may hold the last
    // acknowledged write alone.
    claim("CP-5 with three", &plan, Database, "1: node1+node2 node1+node3 node2+node3 db1+db2 db1+db3 db2+db3");
    // One after another, the third has become synchronous in between, and the last one goes on alone.
    settled("CP-5 with three", &plan, Database, "1: node1+node2 node1+node3 node2+node3");
}

#[test]
fn writes_that_wait_for_a_replica_stop_with_the_last_one() {
    let block = ("replication: {}", "replication: { onReplicaLoss: block }");
    let plan = changed("cloudpods-5", block.0, block.1);
    claim("CP-5 with block", &plan, Database, "0: db1 db2");
    settled("CP-5 with block", &plan, Database, "0: db1 db2");
}

#[test]
fn rainbond_5_1_with_shared_roles() {
    let plan = plan("rainbond-5.1-shared");
    for manager in ["manage1", "manage2", "manage3"] {
        assert!(plan.works_without(Control, &[manager]), "R51-7: management works without {manager}");
    }
    claim("R51-1", &plan, Control, "1: manage1+manage2 manage1+manage3 manage2+manage3 compute1+compute2");
    claim("R51-1", &plan, Coordination, "1: manage1+manage2 manage1+manage3 manage2+manage3");
    claim("R51-2", &plan, Ingress, "2: manage1+manage2+manage3");
    claim("R51-3", &plan, Workloads, "1: compute1+compute2");
    claim("R51-4", &plan, Storage, "1: compute1+compute2");
    assert_eq!(plan.outside(Control), ["database: 10.88.0.201:3306"], "R51-5: the database's HA is its keeper's");
    assert_eq!(plan.cluster.vips().count(), 1, "R51-17: one VIP where managers and gateways share hosts");
    assert_eq!(plan.cluster.endpoint("platform").unwrap().names.len(), 6, "R51-19: six names on the VIP");
    assert_eq!(plan.later(), "glusterfs compute1,compute2");
}

#[test]
fn rainbond_5_1_with_split_roles() {
    let plan = plan("rainbond-5.1-split");
    let managers = "manage1+manage2 manage1+manage3 manage2+manage3";
    claim("R51-1", &plan, Control, &format!("1: {managers} compute1+compute2"));
    claim("R51-1", &plan, Coordination, &format!("1: {managers}"));
    claim("R51-2", &plan, Ingress, "2: gateway1+gateway2+gateway3");
    claim("R51-3", &plan, Workloads, "1: compute1+compute2");
    claim("R51-4", &plan, Storage, "1: storage1+storage2");
    for host in plan.hosts() {
        for capability in [Control, Ingress, Storage, Workloads, Coordination] {
            assert!(plan.works_without(capability, &[host]), "R51-6: {} without {host}", capability.id());
        }
    }
    assert!(plan.works_without(Control, &["gateway1", "gateway2", "gateway3"]), "R51-17: managers have their own VIP");
    assert_eq!(plan.outside(Control), ["database: 10.88.0.201:3306"], "R51-5");
    assert_eq!(plan.later(), "vip manage1,manage2,manage3; glusterfs storage1,storage2");
}

#[test]
fn rainbond_5_1_refuses_what_its_guide_forbids() {
    let shared = text("rainbond-5.1-shared");
    let codes = |from: &str, to: &str| -> Vec<&str> {
        assert_eq!(shared.matches(from).count(), 1, "{from}");
        model::parse(&shared.replacen(from, to, 1)).unwrap_err().0.iter().map(|p| p.code).collect()
    };
    let third = "    - { name: manage3, address: 10.88.0.13, roles: [control, gateway] }\n";
    assert_eq!(codes(third, ""), ["etcd-even"], "R51-1, R51-13: never two manage nodes");
    let fourth = format!("{third}    - {{ name: manage4, address: 10.88.0.16, roles: [control] }}\n");
    assert_eq!(codes(third, &fourth), ["etcd-even"], "R51-1: nor four");
    let second = "    - { name: compute2, address: 10.88.0.15, roles: [compute, storage] }\n";
    let lost = codes(second, "");
    assert!(lost.contains(&"compute-too-few"), "R51-3: {lost:?}");
    assert!(lost.contains(&"glusterfs-too-few"), "R51-4: {lost:?}");
    let from = shared.find("  database:\n").unwrap();
    let to = shared.find("  storage:\n").unwrap();
    let without = format!("{}{}", &shared[..from], &shared[to..]);
    let refused: Vec<_> = model::parse(&without).unwrap_err().0.iter().map(|p| p.code).collect();
    assert_eq!(refused, ["platform-without-database"], "R51-7: a database outside is mandatory");
    let inside = shared
        .replace(
            "    external: { host: 10.88.0.201, user: rainbond, passwordFrom: { env: RAINBOND_DB_PASSWORD } }",
            "    single: {}",
        )
        .replacen(
            "name: manage1, address: 10.88.0.11, roles: [",
            "name: manage1, address: 10.88.0.11, roles: [database, ",
            1,
        );
    let refused: Vec<_> = model::parse(&inside).unwrap_err().0.iter().map(|p| p.code).collect();
    assert_eq!(refused, ["platform-database-alone"], "R51-7: nor one that goes with the first manage host");
}

#[test]
fn storage_on_three_hosts_needs_two_of_them() {
    let text = text("rainbond-5.1-split");
    let third = "    - { name: storage3, address: 10.88.0.43, roles: [storage] }\n";
    let more = text.replacen("\n  endpoints:", &format!("{third}\n  endpoints:"), 1);
    let three = of(&more.replace("glusterfs: { replicas: 2 }", "glusterfs: {}"));
    claim("R51-4 with three", &three, Storage, "1: storage1+storage2 storage1+storage3 storage2+storage3");
    let nfs = of(&text
        .replace("glusterfs: { replicas: 2 }", "nfs: {}")
        .replace("    - { name: storage2, address: 10.88.0.42, roles: [storage] }\n", ""));
    claim("R51-4 with one", &nfs, Storage, "0: storage1");
}

#[test]
fn rainbond_5_17_with_its_own_services() {
    let plan = plan("rainbond-5.17");
    assert_eq!(plan.cluster.etcd_members().len(), 3, "R517-1: three hosts with shared roles");
    claim("R517-4", &plan, Ingress, "2: node1+node2+node3");
    claim("R517-6", &plan, Storage, "0: node1");
    claim("R517-9", &plan, Coordination, "0: node2");
    claim("R517-11", &plan, Artifacts, "0: node3");
    claim("R517-12", &plan, Database, "0: node2");
    claim("R517-13", &plan, Control, "0: node1 node2");
    claim("R517-1", &plan, Workloads, "2: node1+node2+node3");
    assert_eq!(plan.later(), "", "nothing of it is Quorate's to deploy later");

    let two = text("rainbond-5.17")
        .replace("    - { name: node3, address: 10.88.0.13, roles: [control, gateway, compute, build] }\n", "");
    let refused: Vec<_> = model::parse(&two).unwrap_err().0.iter().map(|p| p.code).collect();
    assert!(refused.contains(&"etcd-even"), "R517-1: two are refused: {refused:?}");
}

#[test]
fn rainbond_5_17_as_its_guide_wants_it() {
    let plan = plan("rainbond-5.17-external");
    let pairs = "1: node1+node2 node1+node3 node2+node3";
    claim("R517-13", &plan, Control, pairs);
    claim("R517-9", &plan, Coordination, pairs);
    claim("R517-4", &plan, Ingress, "2: node1+node2+node3");
    claim("R517-1", &plan, Workloads, "2: node1+node2+node3");
    for (requirement, capability) in [("R517-7", Storage), ("R517-11", Artifacts), ("R517-12", Database)] {
        claim(requirement, &plan, capability, "all: ");
    }
    let ports = &plan.cluster.endpoint("platform").unwrap().ports;
    assert_eq!(*ports, [80, 443, 6060, 7070, 8443], "R517-2");
    assert_eq!(plan.outside(Ingress), ["platform: 10.88.0.200:80"], "R517-2");
    assert_eq!(plan.outside(Storage), ["storage: nas.example.com"], "R517-7");
    assert_eq!(plan.outside(Artifacts), ["registry: registry.example.com"], "R517-11");
    assert_eq!(plan.outside(Database), ["database: mysql.example.com:3306"], "R517-12");
    assert_eq!(
        plan.outside(Control),
        ["database: mysql.example.com:3306", "platform: 10.88.0.200:80"],
        "R517-2, R517-12"
    );
    assert_eq!(plan.later(), "");
}

#[test]
fn rancher_1_6_with_one_maxscale() {
    let plan = plan("rancher-1.6");
    assert_eq!(plan.cluster.database_members().len(), 3, "RA16-2: three Galera hosts");
    claim("RA16-8", &plan, Database, "0: db1");
    claim("RA16-8", &plan, Control, "0: db1");
    claim("RA16-16", &plan, Ingress, "1: lvs1+lvs2 nginx1+nginx2");
    claim("RA16-10", &plan, Workloads, "1: worker1+worker2");
    for host in ["lvs1", "lvs2", "nginx1", "nginx2", "server1", "server2", "db2", "db3"] {
        assert!(plan.works_without(Control, &[host]), "RA16-12, RA16-16, RA16-19: {host} may be lost");
    }
    let all_but_workers: Vec<&str> = plan.hosts().into_iter().filter(|h| !h.starts_with("worker")).collect();
    assert!(plan.works_without(Workloads, &all_but_workers), "RA16-10: what runs needs neither database nor servers");
    let database = plan.cluster.endpoint("database").unwrap();
    assert_eq!(
        (database.names.as_slice(), database.ports.as_slice()),
        (&["cattledb".to_owned()][..], &[4105][..]),
        "RA16-7, RA16-13"
    );
    assert_eq!(plan.later(), "lvs lvs1,lvs2", "RA16-7: MaxScale where its package is");
}

#[test]
fn rancher_1_6_with_a_maxscale_pair() {
    let plan = changed("rancher-1.6", "host: db1, through", "vip: 10.88.0.101, candidates: [db1, db2], through");
    claim("RA16-8", &plan, Database, "1: db1+db2 db1+db3 db2+db3");
    settled("RA16-8", &plan, Database, "1: db1+db2 db1+db3 db2+db3");
    claim("RA16-8", &plan, Control, "1: lvs1+lvs2 nginx1+nginx2 server1+server2 db1+db2 db1+db3 db2+db3");
    assert_eq!(plan.later(), "lvs lvs1,lvs2");
}

/// Two data hosts and a vote: it counts like a member's, so any two of the three in one moment are too many.
#[test]
fn galera_on_two_hosts_with_an_arbitrator() {
    let plan = plan("galera-arbitrator");
    let pairs = "1: node1+node2 node1+node3 node2+node3";
    claim("RA16-2 with two", &plan, Database, pairs);
    claim("galera-arbitrator", &plan, Coordination, pairs);
    claim("galera-arbitrator", &plan, Ingress, "1: node1+node2");
    // One after another two votes stay, and two must: the last data host alone goes on in no case.
    settled("RA16-2 with two", &plan, Database, pairs);
    assert_eq!(plan.later(), "", "galera-arbitrator can be deployed today");

    // Of four members and an arbitrator any two votes may be lost, whichever they are.
    let hosts = "    - { name: db3, address: 10.88.0.16, roles: [database] }\n    - { name: db4, address: 10.88.0.17, roles: [database] }\n";
    let four = of(&text("galera-arbitrator").replacen("\n  endpoints:", &format!("{hosts}\n  endpoints:"), 1));
    for pair in [["db3", "db4"], ["db3", "node3"], ["node1", "db4"]] {
        assert!(four.works_without(Database, &pair), "{pair:?}");
    }
    assert!(!four.works_without(Database, &["node1", "db3", "db4"]));
}

/// The architectures that no document asks for, but `quorate init` offers.
#[test]
fn presets() {
    claim("single", &plan("single"), Database, "0: node1");
    claim("three-node", &plan("three-node"), Database, "1: node1+node2 node1+node3 node2+node3");
    claim("five-node", &plan("five-node"), Database, "1: node1+node2 node3+node4 node3+node5 node4+node5");
    claim("replication", &plan("replication"), Database, "1: node1+node2 node1+node3 node2+node3");
    let balanced = plan("replication-balanced");
    for capability in [Database, Reads] {
        claim("balanced", &balanced, capability, "1: node1+node2 node1+node3 node2+node3 node4+node5");
    }
    let direct = changed("replication-balanced", "0.101, through: haproxy", "0.101");
    claim("the primary's own address", &direct, Database, "1: node1+node2 node1+node3 node2+node3");
    claim("the primary's own address", &direct, Reads, "1: node1+node2 node1+node3 node2+node3 node4+node5");
    for name in ["single", "three-node", "five-node", "replication", "replication-balanced"] {
        assert_eq!(plan(name).later(), "", "{name} can be deployed today");
    }
}

/// An example that nobody holds to its promises would be prose again.
#[test]
fn no_example_is_forgotten() {
    let directory = format!("{}/../../examples", env!("CARGO_MANIFEST_DIR"));
    let there: BTreeSet<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(there.len() >= 11, "{there:?}");
    for name in there {
        assert!(include_str!("promises.rs").contains(&format!("plan(\"{name}\")")), "no test speaks of {name}.yaml");
    }
}
