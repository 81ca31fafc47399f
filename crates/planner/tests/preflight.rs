//! Facts in, findings out: a sound set of hosts has none, and each thing that can be wrong is found by its name.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use std::collections::BTreeMap;

use model::{Cluster, HostName, Preset};
use planner::preflight::{Finding, Severity, external_refusals, looks, preflight};
use wire::facts::Listening;
use wire::{ExternalFacts, ExternalTrouble, Facts, Grant, Interface, Look, Looked, Note, SchemaFacts};

fn cluster() -> Cluster {
    model::parse(model::preset(Preset::ThreeNode)).unwrap()
}

/// Fresh hosts on which nothing is wrong, with idle addresses and a quiet segment.
fn sound(cluster: &Cluster) -> BTreeMap<HostName, Facts> {
    let facts = cluster.hosts.iter().enumerate().map(|(n, host)| {
        let looks = looks(cluster, host).into_iter().map(|look| {
            let seen = match look {
                Look::Answers(_) => Looked::Answers(None),
                Look::Replication => Looked::Replication(Box::default()),
                Look::External { .. } => Looked::External(Ok(Box::new(external()))),
                _ => Looked::Vrids(vec![]),
            };
            (look.key(), seen)
        });
        let facts = Facts {
            hostname: host.name.to_string(),
            machine_id: format!("machine{n}"),
            boot_id: format!("boot{n}"),
            os: "debian".to_owned(),
            os_version: "12".to_owned(),
            memory_mib: 8192,
            disk_free_mib: 51200,
            interfaces: vec![
                Interface { name: "lo".to_owned(), addresses: vec![("127.0.0.1".parse().unwrap(), 8)] },
                Interface { name: "host0".to_owned(), addresses: vec![(host.address, 24)] },
                Interface { name: "docker0".to_owned(), addresses: vec![("172.17.0.1".parse().unwrap(), 16)] },
            ],
            root: true,
            systemd: true,
            looks: looks.collect(),
            ..Facts::default()
        };
        (host.name.clone(), facts)
    });
    facts.collect()
}

/// A MySQL as Rainbond 5.17 wants it.
fn external() -> ExternalFacts {
    let schema = || SchemaFacts { charset: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() };
    ExternalFacts {
        version: "8.0.36".to_owned(),
        comment: "MySQL Community Server - GPL".to_owned(),
        read_only: false,
        encrypted: true,
        round_trip_us: 400,
        schemas: ["console", "region"].map(|s| (s.to_owned(), schema())).into(),
        grants: ["console.*", "region.*"]
            .map(|on| Grant { privileges: "ALL PRIVILEGES".to_owned(), on: on.to_owned() })
            .to_vec(),
        roles: false,
    }
}

fn listening(address: &str, port: u16, process: &str) -> Listening {
    Listening { address: address.parse().unwrap(), port, process: process.to_owned() }
}

fn line(finding: &Finding) -> String {
    let host = finding.host.as_ref().map_or("-", HostName::as_str);
    format!("{:?} {host} {}", finding.severity, finding.note)
}

type Facted = BTreeMap<HostName, Facts>;

/// What is found when one thing is wrong with the hosts, one line each.
fn found(wrong: &dyn Fn(&mut Facted)) -> Vec<String> {
    let cluster = cluster();
    let mut facts = sound(&cluster);
    wrong(&mut facts);
    let clocks = facts.keys().map(|h| (h.clone(), 0)).collect();
    preflight(&cluster, &facts, &BTreeMap::new(), &clocks).iter().map(line).collect()
}

fn at<'f>(facts: &'f mut Facted, host: &str) -> &'f mut Facts {
    facts.get_mut(&HostName::from(host)).unwrap()
}

#[test]
fn sound_hosts_have_no_findings() {
    assert_eq!(found(&|_| ()), Vec::<String>::new());
}

#[test]
fn each_thing_that_can_be_wrong() {
    type Case = (&'static str, fn(&mut Facted), &'static [&'static str]);
    let cases: &[Case] = &[
        ("no root", |f| at(f, "node2").root = false, &["Error node2 preflight-not-root user=root"]),
        ("another init", |f| at(f, "node2").systemd = false, &["Error node2 preflight-no-systemd"]),
        (
            "an older Debian",
            |f| at(f, "node1").os_version = "11".to_owned(),
            &["Warning node1 preflight-os-untested os=debian version=11"],
        ),
        (
            "an Ubuntu that is old enough",
            |f| {
                let n = at(f, "node1");
                n.os = "ubuntu".to_owned();
                n.os_version = "22.04".to_owned();
            },
            &[],
        ),
        (
            "an Ubuntu that is too old",
            |f| {
                let n = at(f, "node1");
                n.os = "ubuntu".to_owned();
                n.os_version = "20.04".to_owned();
            },
            &["Warning node1 preflight-os-untested os=ubuntu version=20.04"],
        ),
        (
            "a system without a number",
            |f| at(f, "node1").os_version = String::new(),
            &["Warning node1 preflight-os-untested os=debian version="],
        ),
        (
            "a full disk",
            |f| at(f, "node3").disk_free_mib = 2047,
            &["Error node3 preflight-disk-full free=2047 need=2048"],
        ),
        (
            "a disk that will do",
            |f| at(f, "node3").disk_free_mib = 2048,
            &["Warning node3 preflight-disk-tight free=2048 want=10240"],
        ),
        (
            "little memory",
            |f| at(f, "node3").memory_mib = 511,
            &["Error node3 preflight-memory-short memory=511 need=512"],
        ),
        (
            "memory that will do",
            |f| at(f, "node3").memory_mib = 512,
            &["Warning node3 preflight-memory-tight memory=512 want=2048"],
        ),
        (
            "another name",
            |f| at(f, "node2").hostname = "debian".to_owned(),
            &["Warning node2 preflight-hostname hostname=debian"],
        ),
        ("a full name", |f| at(f, "node2").hostname = "Node2.example.com".to_owned(), &[]),
        (
            "one name for two",
            |f| {
                at(f, "node2").hostname = "debian".to_owned();
                at(f, "node3").hostname = "debian".to_owned();
            },
            &[
                "Error - preflight-same-hostname hosts=node2, node3 value=debian",
                "Warning node2 preflight-hostname hostname=debian",
                "Warning node3 preflight-hostname hostname=debian",
            ],
        ),
        (
            "cloned disks",
            |f| {
                for n in ["node1", "node2", "node3"] {
                    at(f, n).machine_id = "m".to_owned()
                }
            },
            &["Error - preflight-same-machine-id hosts=node1, node2, node3 value=m"],
        ),
        (
            "one machine twice",
            |f| {
                let one = at(f, "node1").clone();
                let two = at(f, "node2");
                two.machine_id = one.machine_id;
                two.boot_id = one.boot_id;
                two.hostname = one.hostname;
                two.interfaces.extend(one.interfaces);
            },
            &["Error - preflight-same-machine hosts=node1, node2", "Warning node2 preflight-hostname hostname=node1"],
        ),
        (
            "one address on two hosts",
            |f| at(f, "node2").interfaces[1].addresses.push(("10.88.0.11".parse().unwrap(), 24)),
            &["Error - preflight-same-address hosts=node1, node2 value=10.88.0.11"],
        ),
        (
            "an address that the host does not have",
            |f| at(f, "node1").interfaces[1].addresses[0].0 = "10.88.0.77".parse().unwrap(),
            &["Error node1 preflight-no-interface address=10.88.0.11 found=10.88.0.77 (host0), 172.17.0.1 (docker0)"],
        ),
        (
            "another cluster's host",
            |f| at(f, "node1").cluster = Some("prod".to_owned()),
            &["Error node1 preflight-other-cluster cluster=prod"],
        ),
        ("SELinux", |f| at(f, "node1").selinux = "enforcing".to_owned(), &["Warning node1 preflight-selinux"]),
        ("permissive SELinux", |f| at(f, "node1").selinux = "permissive".to_owned(), &[]),
        (
            "a firewall that is shut",
            |f| at(f, "node1").firewalls = vec!["nftables".to_owned(), "ufw".to_owned()],
            &[
                "Warning node1 preflight-firewall-vrrp firewalls=nftables, ufw ports=80, 2379, 2380, 3306, 4444, 4567, 4568, 9346",
            ],
        ),
        (
            "some rules",
            |f| at(f, "node1").firewalls = vec!["nftables".to_owned()],
            &[
                "Info node1 preflight-firewall-vrrp firewalls=nftables ports=80, 2379, 2380, 3306, 4444, 4567, 4568, 9346",
            ],
        ),
        (
            "a web server that is none of ours",
            |f| at(f, "node1").listening.push(listening("::", 80, "apache2")),
            &["Error node1 preflight-port-taken port=80 process=apache2"],
        ),
        (
            "on both families",
            |f| at(f, "node1").listening.extend([listening("::", 80, "apache2"), listening("0.0.0.0", 80, "apache2")]),
            &["Error node1 preflight-port-taken port=80 process=apache2"],
        ),
        (
            "an engine on another's port",
            |f| at(f, "node1").listening.push(listening("0.0.0.0", 2379, "nginx")),
            &["Error node1 preflight-port-taken port=2379 process=nginx"],
        ),
        (
            "a listener of the kernel",
            |f| at(f, "node1").listening.push(listening("0.0.0.0", 4444, "")),
            &["Error node1 preflight-port-taken port=4444 process=?"],
        ),
        (
            "on an address that nobody needs",
            |f| at(f, "node1").listening.push(listening("172.17.0.1", 80, "apache2")),
            &[],
        ),
        ("on a port that nobody needs", |f| at(f, "node1").listening.push(listening("0.0.0.0", 22, "sshd")), &[]),
        (
            "the distribution's own start",
            |f| {
                at(f, "node1")
                    .listening
                    .extend([listening("127.0.0.1", 3306, "mariadbd"), listening("0.0.0.0", 80, "nginx")])
            },
            &[
                "Info node1 preflight-engine-runs ports=3306 process=mariadbd",
                "Info node1 preflight-engine-runs ports=80 process=nginx",
            ],
        ),
        (
            "a VIP that answers",
            |f| {
                drop(
                    at(f, "node1").looks.insert(
                        "answers:10.88.0.100".to_owned(),
                        Looked::Answers(Some("52:54:00:00:00:01".to_owned())),
                    ),
                )
            },
            &["Error node1 preflight-vip-taken endpoint=platform mac=52:54:00:00:00:01 vip=10.88.0.100"],
        ),
        (
            "a VIP that a host has",
            |f| at(f, "node3").interfaces[1].addresses.push(("10.88.0.101".parse().unwrap(), 24)),
            &["Error node3 preflight-vip-on-host endpoint=database interface=host0 vip=10.88.0.101"],
        ),
        (
            "VRIDs of others",
            |f| drop(at(f, "node1").looks.insert("vrids".to_owned(), Looked::Vrids(vec![51, 100, 101, 102]))),
            &[
                "Error - preflight-vrid-taken endpoint=platform free=103 network=lan vrid=100",
                "Error - preflight-vrid-taken endpoint=database free=104 network=lan vrid=101",
            ],
        ),
    ];
    for (case, wrong, expected) in cases {
        assert_eq!(found(wrong), *expected, "{case}");
    }
}

#[test]
fn what_a_running_cluster_does_is_no_finding() {
    let running = |facts: &mut Facted| {
        for host in ["node1", "node2", "node3"] {
            at(facts, host).cluster = Some("demo".to_owned());
            at(facts, host).listening = vec![
                listening("10.88.0.11", 2379, "etcd"),
                listening("10.88.0.11", 3306, "mariadbd"),
                listening("10.88.0.101", 3306, "haproxy"),
                listening("10.88.0.100", 80, "nginx"),
                listening("10.88.0.11", 9346, "quorate"),
                listening("0.0.0.0", 4444, ""),
            ];
        }
        at(facts, "node2").interfaces[1].addresses.push(("10.88.0.100".parse().unwrap(), 24));
        let looks = &mut at(facts, "node1").looks;
        looks.insert("answers:10.88.0.100".to_owned(), Looked::Answers(Some("52:54:00:00:00:02".to_owned())));
        looks.insert("vrids".to_owned(), Looked::Vrids(vec![100, 101]));
    };
    assert_eq!(found(&running), Vec::<String>::new());
}

#[test]
fn an_answer_may_come_from_any_candidate_that_is_ours() {
    let replaced = |facts: &mut Facted| {
        at(facts, "node3").cluster = Some("demo".to_owned());
        let mac = Some("52:54:00:00:00:02".to_owned());
        at(facts, "node1").looks.insert("answers:10.88.0.100".to_owned(), Looked::Answers(mac));
    };
    assert_eq!(found(&replaced), Vec::<String>::new());
}

#[test]
fn clocks() {
    let cluster = cluster();
    let facts = sound(&cluster);
    let found = |clocks: [i64; 3]| {
        let clocks = cluster.hosts.iter().map(|h| h.name.clone()).zip(clocks).collect();
        preflight(&cluster, &facts, &BTreeMap::new(), &clocks).iter().map(line).collect::<Vec<_>>()
    };
    let none = Vec::<String>::new();
    assert_eq!(found([0, 500, 250]), none);
    assert_eq!(found([0, 0, 501]), ["Warning - preflight-clocks-apart apart=501 clocks=node3 +501 ms"]);
    assert_eq!(found([-3000, 10, 0]), ["Error - preflight-clocks-apart apart=3010 clocks=node1 -3000 ms"]);
    // Only the operator's clock is off: a little does no harm, and ahead of it certificates are valid all the same.
    assert_eq!(found([90_000, 90_000, 90_000]), none);
    assert_eq!(found([3_600_000, 3_600_000, 3_600_000]), none);
    assert_eq!(found([-300_000, -300_000, -300_000]).len(), 3);
    assert_eq!(found([-300_000, -300_000, -300_000])[0], "Error node1 preflight-clock-behind seconds=300");
}

#[test]
fn everything_at_once_the_gravest_first() {
    let cluster = cluster();
    let mut facts = sound(&cluster);
    facts.remove(&HostName::from("node2"));
    at(&mut facts, "node1").selinux = "enforcing".to_owned();
    at(&mut facts, "node3").root = false;
    let unreachable = BTreeMap::from([(HostName::from("node2"), Note::new("ssh-timeout").with("seconds", 10))]);
    let findings = preflight(&cluster, &facts, &unreachable, &BTreeMap::new());
    let lines: Vec<_> = findings.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "Error node2 ssh-timeout seconds=10",
            "Error node3 preflight-not-root user=root",
            "Warning node1 preflight-selinux",
        ]
    );
    assert!(findings.iter().any(|f| f.severity == Severity::Error));
}

#[test]
fn one_host_asks_and_one_listens() {
    let cluster = cluster();
    let keys = |n: usize| looks(&cluster, &cluster.hosts[n]).iter().map(Look::key).collect::<Vec<_>>();
    assert_eq!(keys(0), ["answers:10.88.0.100", "answers:10.88.0.101", "vrids"]);
    assert_eq!(keys(1), Vec::<String>::new());
    let five = model::parse(model::preset(Preset::FiveNode)).unwrap();
    let asked = five.hosts.iter().flat_map(|h| looks(&five, h)).filter(|l| matches!(l, Look::Answers(_))).count();
    assert_eq!(asked, five.vips().count());
    assert_eq!(five.hosts.iter().filter(|h| looks(&five, h).contains(&Look::Vrids)).count(), 1);
}

#[test]
fn only_hosts_that_keep_data_need_much() {
    let five = model::parse(model::preset(Preset::FiveNode)).unwrap();
    let mut facts = sound(&five);
    for facts in facts.values_mut() {
        facts.memory_mib = 256;
        facts.disk_free_mib = 100;
    }
    let findings = preflight(&five, &facts, &BTreeMap::new(), &BTreeMap::new());
    let members = [five.etcd_members(), five.database_members()].concat();
    for host in &five.hosts {
        let count = findings.iter().filter(|f| f.host.as_ref() == Some(&host.name)).count();
        let keeps = members.iter().any(|m| m.name == host.name);
        assert_eq!(count, if keeps { 2 } else { 0 }, "{}", host.name);
    }
}

#[test]
fn data_in_the_way_of_a_replicated_database_are_found() {
    let cluster = model::parse(include_str!("../../../examples/replication.yaml")).unwrap();
    let mut facts = sound(&cluster);
    let clocks: BTreeMap<_, _> = facts.keys().map(|h| (h.clone(), 0)).collect();
    assert_eq!(preflight(&cluster, &facts, &BTreeMap::new(), &clocks), []);
    let shop = wire::facts::ReplicaFacts { foreign_schemas: vec!["shop".to_owned()], ..Default::default() };
    at(&mut facts, "node2").looks.insert(Look::Replication.key(), Looked::Replication(Box::new(shop)));
    at(&mut facts, "node3").listening.push(listening("0.0.0.0", 9347, "python3"));
    let lines: Vec<_> = preflight(&cluster, &facts, &BTreeMap::new(), &clocks).iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "Error node2 preflight-foreign-data schemas=shop",
            "Error node3 preflight-port-taken port=9347 process=python3"
        ]
    );
}

type Seen = Result<Box<ExternalFacts>, ExternalTrouble>;

/// What is found of an external database when every control host, or only the first, sees something wrong with it.
fn outside(hosts: &[&str], wrong: impl Fn(&mut Seen)) -> (Vec<String>, Vec<String>) {
    let cluster = model::parse(include_str!("../../../examples/rainbond-5.17-external.yaml")).unwrap();
    let mut facts = sound(&cluster);
    for host in hosts {
        let look = components::external_look(&cluster, cluster.host(&HostName::from(*host)).unwrap()).unwrap();
        let Some(Looked::External(seen)) = at(&mut facts, host).looks.get_mut(&look.key()) else { panic!("no look") };
        wrong(seen);
    }
    let found = preflight(&cluster, &facts, &BTreeMap::new(), &BTreeMap::new());
    let stands = external_refusals(&cluster, &facts, true);
    (found.iter().map(line).collect(), stands.iter().map(line).collect())
}

const ALL: [&str; 3] = ["node1", "node2", "node3"];

#[test]
fn an_external_database_as_it_should_be() {
    assert_eq!(outside(&[], |_| ()), (vec![], vec![]));
    let pattern = |seen: &mut Seen| {
        let seen = seen.as_mut().unwrap();
        seen.grants = vec![Grant { privileges: "CREATE, INSERT".to_owned(), on: "%".to_owned() + ".*" }];
        seen.schemas.get_mut("region").unwrap().collation = "utf8mb4_bin".to_owned();
    };
    assert_eq!(outside(&ALL, pattern).0, Vec::<String>::new());
}

#[test]
fn what_can_be_wrong_with_an_external_database() {
    type Case = (&'static str, fn(&mut ExternalFacts), &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "another version",
            |s| s.version = "5.6.50-log".to_owned(),
            &[
                "Error - preflight-external-version database=mysql.example.com:3306 named=MySQL 5.7, 8.0 platform=rainbond platform-version=5.17 user=rainbond version=5.6.50-log",
            ],
        ),
        (
            "MariaDB behind its prefix",
            |s| s.version = "5.5.5-10.11.6-MariaDB".to_owned(),
            &[
                "Warning - preflight-external-unnamed database=mysql.example.com:3306 named=MySQL 5.7, 8.0 platform=rainbond platform-version=5.17 user=rainbond version=5.5.5-10.11.6-MariaDB",
            ],
        ),
        (
            "a replica",
            |s| s.read_only = true,
            &["Error - preflight-external-read-only database=mysql.example.com:3306 user=rainbond"],
        ),
        (
            "no encryption",
            |s| s.encrypted = false,
            &["Info - preflight-external-plain database=mysql.example.com:3306 user=rainbond"],
        ),
        (
            "a schema that may be made",
            |s| {
                s.schemas.remove("region");
            },
            &[
                "Info - preflight-external-schema-created charset=utf8mb4 collate= database=mysql.example.com:3306 schema=region user=rainbond",
            ],
        ),
        (
            "a schema that may not",
            |s| {
                s.schemas.remove("region");
                s.grants.truncate(1);
            },
            &[
                "Error - preflight-external-schema-missing charset=utf8mb4 collate= database=mysql.example.com:3306 schema=region user=rainbond",
            ],
        ),
        (
            "no right to write in it",
            |s| s.grants[1].privileges = "SELECT, SHOW VIEW".to_owned(),
            &[
                "Error - preflight-external-schema-denied charset=utf8mb4 collate= database=mysql.example.com:3306 schema=region user=rainbond",
            ],
        ),
        (
            "rights that roles may give",
            |s| {
                s.grants.clear();
                s.roles = true;
            },
            &[],
        ),
        (
            "another character set",
            |s| s.schemas.get_mut("console").unwrap().charset = "utf8mb3".to_owned(),
            &[
                "Error - preflight-external-charset charset=utf8mb4 collate= collation=utf8mb4_0900_ai_ci database=mysql.example.com:3306 found=utf8mb3 schema=console user=rainbond",
            ],
        ),
    ];
    for (case, wrong, expected) in cases {
        let (found, stands) = outside(&ALL, |seen| wrong(seen.as_mut().unwrap()));
        assert_eq!(found, *expected, "{case}");
        assert_eq!(stands, Vec::<String>::new(), "{case}: no reason to leave a cluster unrepaired");
    }
}

#[test]
fn an_external_database_is_judged_from_each_host() {
    let far = |us| outside(&["node2"], move |seen| seen.as_mut().unwrap().round_trip_us = us).0;
    assert_eq!(far(5_000), Vec::<String>::new());
    assert_eq!(
        far(7_250),
        ["Warning node2 preflight-external-distant database=mysql.example.com:3306 limit=5 took=7.3 user=rainbond"]
    );
    assert_eq!(
        far(31_000),
        ["Error node2 preflight-external-far database=mysql.example.com:3306 limit=20 took=31.0 user=rainbond"]
    );
    let troubles: [(ExternalTrouble, &str, usize); 4] = [
        (ExternalTrouble::Unreachable("no".into()), "preflight-external-unreachable", 0),
        (ExternalTrouble::Denied("no".into()), "preflight-external-denied", 1),
        (ExternalTrouble::NotFromHere("no".into()), "preflight-external-not-from-here", 0),
        (ExternalTrouble::Refused("no".into()), "preflight-external-refuses", 0),
    ];
    for (trouble, code, refused) in troubles {
        let (found, stands) = outside(&["node3"], |seen| *seen = Err(trouble.clone()));
        assert_eq!(found, [format!("Error node3 {code} database=mysql.example.com:3306 error=no user=rainbond")]);
        assert_eq!(stands.len(), refused, "{code}");
    }
}
