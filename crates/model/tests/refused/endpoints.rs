//! Addresses, who may hold them, and what stands behind them.

use crate::{BASE, DATABASE, NODE1, PLATFORM, case, findings};

#[test]
fn endpoints() {
    case(&[(PLATFORM, "{ name: platform }")], &["12:15 endpoint-kind-missing endpoint=platform"]);
    case(
        &[(PLATFORM, "{ name: platform, dns: { name: a.b }, external: { address: 1.2.3.4 }, vrid: 3 }")],
        &[
            "12:15 endpoint-kind-several endpoint=platform kinds=external, dns",
            "12:83 only-with-vip endpoint=platform key=vrid",
        ],
    );
    case(&[("0.101", "0.100")], &["13:30 duplicate-vip endpoint=database other=platform vip=10.88.0.100"]);
    case(&[("0.101", "0.12")], &["13:30 vip-is-host host=node2 vip=10.88.0.12"]);
    case(&[("10.88.0.101", "10.88.1.101")], &["13:30 vip-outside-networks networks=10.88.0.0/24 vip=10.88.1.101"]);
    case(&[("0.101", "0.255")], &["13:30 address-reserved address=10.88.0.255 network=10.88.0.0/24"]);
    case(&[("10.88.0.101", "vip.example.com")], &["13:30 bad-address address=vip.example.com"]);
    case(
        &[(PLATFORM, "{ name: platform, vip: 10.88.0.100, network: wan }")],
        &["12:52 unknown-network expected=lan name=wan nearest=lan"],
    );
    case(
        &[
            ("/24 }]", "/24 }, { name: wan, cidr: 10.99.0.0/24 }]"),
            (PLATFORM, "{ name: platform, vip: 10.88.0.100, network: wan }"),
        ],
        &["12:30 vip-outside-its-network cidr=10.99.0.0/24 network=wan vip=10.88.0.100"],
    );
    case(
        &[("/24 }]", "/24 }, { name: wan, cidr: 10.99.0.0/24 }]"), ("10.88.0.101", "10.99.0.101, candidates: [node2]")],
        &["13:56 candidate-outside-network endpoint=database host=node2 network=wan"],
    );
    case(
        &[("0.100", "0.100, vrid: 7"), ("0.101", "0.101, vrid: 7")],
        &["13:49 duplicate-vrid endpoint=database other=platform vrid=7"],
    );
    case(
        &[("0.100", "0.100, vrid: 0"), ("0.101", "0.101, vrid: 256")],
        &["12:49 vrid-range vrid=0", "13:49 vrid-range vrid=256"],
    );
    case(
        &[("0.100", "0.100, candidates: [node1, nod2, node1]"), ("0.101", "0.101, candidates: []")],
        &[
            "12:63 unknown-candidate expected=node1, node2, node3 name=nod2 nearest=node2",
            "12:69 duplicate-candidate endpoint=platform name=node1",
            "13:55 candidates-missing endpoint=database",
        ],
    );
    case(
        &[
            ("  endpoints:", "    - { name: node4, address: 10.88.0.14, roles: [build] }\n  endpoints:"),
            ("0.100", "0.100, candidates: [node4]"),
            ("0.101", "0.101, candidates: [node4]"),
        ],
        &[
            "13:56 candidate-lacks-role endpoint=platform host=node4 roles=gateway, control",
            "14:56 candidate-lacks-role endpoint=database host=node4 roles=balancer, database",
        ],
    );
    case(
        &[(PLATFORM, "{ name: apps, vip: 10.88.0.100 }")],
        &["12:15 candidates-missing endpoint=apps", "12:15 ports-missing endpoint=apps"],
    );
    case(
        &[("0.100", "0.100, ports: [80, 80, 0], names: [node1, 10.0.0.1, Bad_Name]")],
        &[
            "12:55 duplicate-port endpoint=platform port=80",
            "12:59 out-of-range key=port max=65535 min=1 value=0",
            "12:71 name-is-host name=node1",
            "12:78 bad-dns-name name=10.0.0.1",
            "12:88 bad-dns-name name=Bad_Name",
        ],
    );
    case(
        &[("0.100", "0.100, ports: [], names: [a.b]"), ("0.101", "0.101, names: [a.b]")],
        &["12:50 ports-missing endpoint=platform", "13:51 duplicate-name line=12 name=a.b what=dnsName"],
    );
    case(
        &[(PLATFORM, "{ name: database, external: { address: lb.example.com }, names: [a.b] }")],
        &["12:72 names-need-address endpoint=database", "13:15 duplicate-name line=12 name=database what=endpoint"],
    );
    case(&[("  database: { galera: {} }\n", "")], &["13:30 endpoint-without-database"]);
    case(
        &[("galera: {}", "external: { host: db.example.com, user: u }")],
        &["13:30 endpoint-external-database host=db.example.com"],
    );
}

/// What a replicated database's own address needs: whoever is the primary holds it.
#[test]
fn holders_of_a_replicated_database() {
    let node4 = "    - { name: node4, address: 10.88.0.14, roles: [balancer] }\n  endpoints:";
    case(
        &[("  endpoints:", node4), ("galera: {}", "replication: {}"), ("0.101", "0.101, candidates: [node4]")],
        &["14:56 candidate-lacks-role endpoint=database host=node4 roles=database"],
    );
    case(
        &[("galera: {}", "replication: {}"), ("0.101", "0.101, candidates: [node3, node1]")],
        &["13:55 replication-candidates endpoint=database missing=node2"],
    );
    case(
        &[("galera: {}", "replication: {}"), ("0.101", "0.101, ports: [3307]")],
        &["13:51 out-of-range key=port max=3306 min=3306 value=3307"],
    );
}

#[test]
fn endpoints_on_one_host() {
    let single = [
        ("galera", "single"),
        (NODE1, "{ name: node1, address: 10.88.0.11, roles: [control, gateway] }"),
        (
            "{ name: node2, address: 10.88.0.12, roles: [control, gateway, database] }",
            "{ name: node2, address: 10.88.0.12, roles: [control, gateway] }",
        ),
    ];
    let with = |to: &'static str| [single[0], single[1], single[2], (DATABASE, to)];
    case(&with("{ name: database, host: node3, names: [db.example.com] }"), &[]);
    case(
        &with("{ name: database, host: nod3 }"),
        &["13:31 unknown-host expected=node1, node2, node3 name=nod3 nearest=node3"],
    );
    case(
        &with("{ name: database, host: node1 }"),
        &["13:31 endpoint-host-lacks-role endpoint=database host=node1 roles=database"],
    );
    // Nothing listens on another port.
    case(
        &with("{ name: database, host: node3, ports: [3307] }"),
        &["13:46 out-of-range key=port max=3306 min=3306 value=3307"],
    );
    case(
        &[(DATABASE, "{ name: database, host: node3 }")],
        &["13:31 endpoint-host-is-one-of-several endpoint=database host=node3"],
    );
    case(
        &[(DATABASE, "{ name: database, host: node3 }"), ("  database: { galera: {} }\n", "")],
        &["13:31 endpoint-without-database"],
    );
    case(
        &[(PLATFORM, "{ name: platform, host: node1, vip: 10.88.0.100, vrid: 3 }")],
        &["12:15 endpoint-kind-several endpoint=platform kinds=vip, host"],
    );
    case(&[(PLATFORM, "{ name: platform, host: node1 }")], &[]);
}

#[test]
fn balancers_in_front() {
    let lvs = "    - { name: lvs1, address: 10.88.0.21, roles: [balancer] }\n  endpoints:";
    case(
        &[
            ("  endpoints:", lvs),
            ("0.100", "0.100, through: lvs"),
            (DATABASE, "{ name: database, host: node3, through: maxscale, ports: [4105] }"),
        ],
        &[],
    );
    case(&[("0.100", "0.100, through: lvs")], &["12:15 no-candidates endpoint=platform roles=balancer"]);
    case(
        &[("0.100", "0.100, through: lsv")],
        &["12:52 unknown-through expected=lvs, maxscale, haproxy nearest=lvs through=lsv"],
    );
    case(
        &[("0.100", "0.100, through: maxscale"), ("0.101", "0.101, through: lvs")],
        &[
            "12:52 through-not-here endpoint=platform through=maxscale",
            "13:52 through-not-here endpoint=database through=lvs",
        ],
    );
    case(
        &[("galera: {}", "replication: {}"), ("0.101", "0.101, through: maxscale")],
        &["13:52 through-not-here endpoint=database through=maxscale"],
    );
    case(
        &[
            (PLATFORM, "{ name: control, vip: 10.88.0.100, ports: [6443], candidates: [node1, lvs1] }"),
            ("  endpoints:", lvs),
        ],
        &["13:77 candidate-lacks-role endpoint=control host=lvs1 roles=control"],
    );
}

#[test]
fn reading_from_replicas() {
    let replicated = ("galera: {}", "replication: { maxLagSeconds: 5 }");
    let read = |text: &'static str| (DATABASE, text);
    // At hosts that are no database hosts, HAProxy has the usual port.
    let balancers = "    - { name: lb1, address: 10.88.0.21, roles: [balancer] }\n  endpoints:";
    let with = |to: &str, expected: &[&str]| {
        let both = format!("{DATABASE}\n    - {to}");
        case(&[replicated, ("  endpoints:", balancers), (DATABASE, &both)], expected);
    };
    with("{ name: database-read, vip: 10.88.0.102 }", &[]);
    with("{ name: database-read, vip: 10.88.0.102, through: haproxy, ports: [3307] }", &[]);
    with(
        "{ name: database-read, vip: 10.88.0.102, through: maxscale }",
        &["15:57 through-not-here endpoint=database-read through=maxscale"],
    );
    with(
        "{ name: database-read, vip: 10.88.0.102, candidates: [node1, lb1], ports: [3306, 3307, 3308] }",
        &[
            "15:81 port-of-server endpoint=database-read host=node1 port=3306",
            "15:81 port-of-server endpoint=database-read host=node1 port=3307",
        ],
    );
    with(
        "{ name: database-read, host: node1 }",
        &["15:36 endpoint-host-is-one-of-several endpoint=database-read host=node1"],
    );
    // Beside the database servers it needs another one.
    case(
        &[replicated, read("{ name: database-read, vip: 10.88.0.102 }")],
        &["13:15 port-of-server endpoint=database-read host=node1 port=3306"],
    );
    case(&[replicated, read("{ name: database-read, vip: 10.88.0.102, ports: [3308] }")], &[]);
    case(
        &[replicated, read("{ name: database, vip: 10.88.0.101, through: haproxy }")],
        &["13:15 port-of-server endpoint=database host=node1 port=3306"],
    );
    case(&[replicated, read("{ name: database, vip: 10.88.0.101, through: haproxy, ports: [3309] }")], &[]);
    // Where HAProxy answers, the hosts that may hold the address need not be all that may become the primary.
    case(
        &[
            replicated,
            read("{ name: database, vip: 10.88.0.101, through: haproxy, ports: [3309], candidates: [node1] }"),
        ],
        &[],
    );
    // No replicas, no reads from them; who keeps the address otherwise keeps the promise.
    let galera = "{ name: database-read, vip: 10.88.0.102, ports: [3308] }";
    case(&[(DATABASE, galera)], &["13:15 read-needs-replication endpoint=database-read"]);
    case(&[(DATABASE, "{ name: database-read, external: { address: 192.0.2.9 } }")], &[]);
    case(&[("0.101", "0.101, through: haproxy")], &[]);
    case(
        &[("galera: {}", "replication: { maxLagSeconds: 0 }")],
        &["14:45 out-of-range key=maxLagSeconds max=86400 min=1 value=0"],
    );
}

#[test]
fn vrids_run_out() {
    let mut text = BASE.replace("  endpoints:\n", "  endpoints: &e\n").replace("10.88.0.0/24", "10.88.0.0/16");
    let more: String = (0..254)
        .map(|i| format!("    - {{ name: e{i}, vip: 10.88.1.{i}, candidates: [node1], ports: [80] }}\n"))
        .collect();
    text = text.replace("  database: {", &format!("{more}  database: {{"));
    let found = findings(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("vrids-exhausted endpoint=e253"), "{found:?}");
}
