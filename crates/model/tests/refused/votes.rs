//! Numbers of members that a quorum would not gain from.

use crate::{NODE1, NODE3, case};

#[test]
fn quorums() {
    case(
        &[(NODE3, "")],
        &[
            "9:50 etcd-even fewer=1 members=2 more=3 more-survives=1 need=2 survives=0",
            "13:23 galera-even count=2 fewer=1 more=3 need=2 survives=0",
        ],
    );
    case(
        &[("  endpoints:", "    - { name: node4, address: 10.88.0.14, roles: [control] }\n  endpoints:")],
        &["11:50 etcd-even fewer=3 members=4 more=5 more-survives=2 need=3 survives=1"],
    );
    case(
        &[(
            "  endpoints:",
            "    - { name: node4, address: 10.88.0.14, roles: [etcd, database] }\n    - { name: node5, address: 10.88.0.15, roles: [etcd] }\n  endpoints:",
        )],
        &[
            "12:50 etcd-even fewer=1 members=2 more=3 more-survives=1 need=2 survives=0",
            "16:23 galera-even count=4 fewer=3 more=5 need=3 survives=1",
        ],
    );
    let hosts = |n: usize, role: &str| -> String {
        (0..n).map(|i| format!("    - {{ name: x{i}, address: 10.88.0.{}, roles: [{role}] }}\n", i + 110)).collect()
    };
    case(&[("  endpoints:", &format!("{}  endpoints:", hosts(11, "etcd")))], &["21:49 etcd-too-many members=11"]);
    case(&[("  endpoints:", &format!("{}  endpoints:", hosts(1, "compute")))], &["11:48 compute-too-few count=1"]);
    case(&[("  endpoints:", &format!("{}  endpoints:", hosts(2, "compute")))], &[]);
    case(&[("  endpoints:", &format!("{}  endpoints:", hosts(100, "compute")))], &[]);
    case(
        &[("  endpoints:", &format!("{}  endpoints:", hosts(101, "compute")))],
        &["111:50 compute-too-many count=101"],
    );
    // A plan with one member of etcd claims nothing for workloads.
    let single = [
        (NODE3, ""),
        ("galera", "single"),
        (NODE1, "{ name: node1, address: 10.88.0.11, roles: [control, compute, gateway] }"),
    ];
    let node2 = (
        "node2, address: 10.88.0.12, roles: [control, gateway, database]",
        "node2, address: 10.88.0.12, roles: [database]",
    );
    case(&[single[0], single[1], single[2], node2], &[]);
    let roles = "{ name: node1, address: 10.88.0.11, roles: [gateway, database] }";
    case(
        &[
            (NODE3, ""),
            ("galera", "single"),
            (NODE1, roles),
            (
                "node2, address: 10.88.0.12, roles: [control, gateway, database]",
                "node2, address: 10.88.0.12, roles: [build]",
            ),
        ],
        &["8:5 etcd-none"],
    );
    case(&[("  database: {", "  etcd: { version: '3.5' }\n  database: {")], &["14:20 etcd-version version=3.5"]);
}

/// A vote without data makes an even number of database hosts odd; anywhere else it is refused.
#[test]
fn arbitrators() {
    let with = |name: &str| format!("galera: {{ arbitrator: {name} }}");
    let two = (
        "{ name: node3, address: 10.88.0.13, roles: [control, gateway, database] }",
        "{ name: node3, address: 10.88.0.13, roles: [control] }",
    );
    case(&[two, ("galera: {}", &with("node3"))], &[]);
    case(&[two, ("galera: {}", &with("node2"))], &["14:37 arbitrator-has-data name=node2"]);
    case(&[two, ("galera: {}", &with("nodo3"))], &["14:37 arbitrator-host expected=node3 name=nodo3 nearest=node3"]);
    let fourth = ("  endpoints:", "    - { name: node4, address: 10.88.0.14, roles: [build] }\n  endpoints:");
    case(
        &[fourth, ("galera: {}", &with("node4"))],
        &["15:37 arbitrator-odd count=3 need=3 survives=1 votes=4 without=1"],
    );
    let four = "    - { name: node4, address: 10.88.0.14, roles: [database] }\n    - { name: node5, address: 10.88.0.15, roles: [build] }\n  endpoints:";
    case(&[("  endpoints:", four), ("galera: {}", &with("node5"))], &[]);
    let one = (
        "node2, address: 10.88.0.12, roles: [control, gateway, database]",
        "node2, address: 10.88.0.12, roles: [control, gateway]",
    );
    case(&[two, one, ("galera: {}", &with("node3"))], &["14:23 galera-too-few count=1"]);
}
