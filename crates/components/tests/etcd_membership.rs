//! How etcd's members start: what was seen on each host in, how each may start out.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use std::collections::BTreeMap;

use common::{cluster, facts};
use components::{Start, View};
use model::Preset;
use wire::facts::EtcdMember;
use wire::{Look, Looked, Resource};

/// What was seen of a member.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    /// Not reached.
    Absent,
    /// Reached, without data.
    Empty,
    /// With data, and nobody answers.
    Data,
    /// Without data, though it has come up before.
    Gone,
    /// With data, it has come up before, and nobody answers.
    Stopped,
    /// With data, and it tells which members have ever started.
    Tells(&'static [&'static str]),
}
use Host::{Absent, Data, Empty, Gone, Stopped, Tells};

/// The start of every reached member, in a word.
fn starts(preset: Preset, hosts: &[Host]) -> String {
    let cluster = cluster(preset);
    let etcd = components::by_id("etcd").unwrap();
    let members = etcd.hosts(&cluster);
    let mut facts: BTreeMap<_, _> = cluster.hosts.iter().map(|h| (h.name.clone(), facts(h))).collect();
    for (member, seen) in members.iter().zip(hosts) {
        let known = |started: &[&str]| {
            let one = |name: &str| EtcdMember {
                id: format!("id-{name}"),
                name: name.to_owned(),
                peer_urls: vec![format!("https://{name}:2380")],
                client_urls: started.contains(&name).then(|| format!("https://{name}:2379")).into_iter().collect(),
            };
            members.iter().map(|m| one(m.name.as_str())).collect()
        };
        for look in etcd.looks(&cluster, member) {
            let looked = match &look {
                Look::Exists(_) => Looked::Exists(!matches!(seen, Empty | Gone)),
                Look::EtcdMembers { .. } => Looked::EtcdMembers(match seen {
                    Tells(started) => Ok(known(started)),
                    _ => Err("connection refused".to_owned()),
                }),
                _ => continue,
            };
            facts.get_mut(&member.name).unwrap().looks.insert(look.key(), looked);
        }
        if matches!(seen, Gone | Stopped | Tells(_)) {
            facts.get_mut(&member.name).unwrap().came_up.push("etcd.service".to_owned());
        }
        if *seen == Absent {
            facts.remove(&member.name);
        }
    }
    let starts: BTreeMap<_, _> = etcd.membership(View { cluster: &cluster, facts: &facts, recover_with: None }).starts;
    let word = |start: &Start| match start {
        Start::Plain => "plain".to_owned(),
        Start::With { flags, after } => {
            assert!(after.is_empty(), "founders wait for each other inside etcd");
            assert!(matches!(flags.as_slice(), [Resource::Flag { content, .. }] if content.ends_with("STATE=new\n")));
            "founds".to_owned()
        }
        Start::Refused(note) => format!("({note})"),
        Start::Clear(_) => "clears".to_owned(),
    };
    starts.iter().map(|(host, start)| format!("{host} {}", word(start))).collect::<Vec<_>>().join(", ")
}

#[test]
fn three_members() {
    const ALL: &[&str] = &["node1", "node2", "node3"];
    let cases: &[(&str, [Host; 3], &str)] = &[
        ("new hosts", [Empty, Empty, Empty], "node1 founds, node2 founds, node3 founds"),
        (
            "new hosts, one not reached: it may have data",
            [Empty, Empty, Absent],
            "node1 (etcd-bootstrap-needs-all absent=node3), node2 (etcd-bootstrap-needs-all absent=node3)",
        ),
        ("new hosts, two not reached", [Absent, Empty, Absent], "node2 (etcd-bootstrap-needs-all absent=node1, node3)"),
        ("a cluster that runs", [Tells(ALL), Tells(ALL), Tells(ALL)], "node1 plain, node2 plain, node3 plain"),
        ("after a power cut", [Data, Data, Data], "node1 plain, node2 plain, node3 plain"),
        ("after a power cut, one still off", [Data, Absent, Data], "node1 plain, node3 plain"),
        ("alone after a power cut", [Absent, Data, Absent], "node2 plain"),
        ("a founding that got to one", [Data, Empty, Empty], "node1 plain, node2 founds, node3 founds"),
        (
            "a founding that got to two, which wait to be started",
            [Data, Data, Empty],
            "node1 plain, node2 plain, node3 (etcd-quorum-first host=node3)",
        ),
        (
            "a founding that got to two, which run",
            [Tells(&["node1", "node2"]), Tells(&["node1", "node2"]), Empty],
            "node1 plain, node2 plain, node3 founds",
        ),
        (
            "a founding that got to one, and one not reached: together they may have had a quorum",
            [Data, Absent, Empty],
            "node1 plain, node3 (etcd-quorum-first host=node3)",
        ),
        (
            "the rest of a founding while one is away",
            [Tells(&["node1", "node2"]), Absent, Empty],
            "node1 plain, node3 founds",
        ),
        (
            "a member that lost its disk",
            [Tells(ALL), Tells(ALL), Empty],
            "node1 plain, node2 plain, node3 (etcd-member-lost-data host=node3)",
        ),
        (
            "a member that lost its disk while the others are stopped",
            [Data, Data, Empty],
            "node1 plain, node2 plain, node3 (etcd-quorum-first host=node3)",
        ),
        (
            "two that lost their disks, and the third says that they had voted",
            [Tells(ALL), Empty, Empty],
            "node1 plain, node2 (etcd-member-lost-data host=node2), node3 (etcd-member-lost-data host=node3)",
        ),
        (
            "two whose hosts were replaced, while the third is stopped",
            [Stopped, Empty, Empty],
            "node1 plain, node2 (etcd-quorum-first host=node2), node3 (etcd-quorum-first host=node3)",
        ),
        (
            "two that lost their disks, while the third is stopped",
            [Stopped, Gone, Gone],
            "node1 plain, node2 (etcd-data-gone host=node2 path=/var/lib/etcd/quorate), \
             node3 (etcd-data-gone host=node3 path=/var/lib/etcd/quorate)",
        ),
        (
            "disks that are not mounted, beside a replaced host",
            [Gone, Gone, Empty],
            "node1 (etcd-data-gone host=node1 path=/var/lib/etcd/quorate), \
             node2 (etcd-data-gone host=node2 path=/var/lib/etcd/quorate), node3 (etcd-quorum-first host=node3)",
        ),
    ];
    for (case, hosts, expected) in cases {
        assert_eq!(starts(Preset::ThreeNode, hosts), *expected, "{case}");
    }
}

#[test]
fn one_member() {
    let cases = [
        ("a new host", Empty, "node1 founds"),
        ("with data", Data, "node1 plain"),
        ("a disk that is not mounted", Gone, "node1 (etcd-data-gone host=node1 path=/var/lib/etcd/quorate)"),
        ("not reached", Absent, ""),
    ];
    for (case, host, expected) in cases {
        assert_eq!(starts(Preset::Single, &[host]), expected, "{case}");
    }
}
