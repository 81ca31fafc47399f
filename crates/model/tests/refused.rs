//! What is refused, where the finding points, and that no finding repeats a secret.

use model::{CODES, mask_secrets, parse};

/// A file without problems; each case changes a little of it. Lines are numbered for the cases below.
const BASE: &str = "\
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: demo }
spec:
  ssh: { user: root }
  networks: [{ name: lan, cidr: 10.88.0.0/24 }]
  hosts:
    - { name: node1, address: 10.88.0.11, roles: [control, gateway, database] }
    - { name: node2, address: 10.88.0.12, roles: [control, gateway, database] }
    - { name: node3, address: 10.88.0.13, roles: [control, gateway, database] }
  endpoints:
    - { name: platform, vip: 10.88.0.100 }
    - { name: database, vip: 10.88.0.101 }
  database: { galera: {} }
";

fn findings(text: &str) -> Vec<String> {
    let Err(problems) = parse(text) else { return Vec::new() };
    for p in &problems.0 {
        let code = CODES.iter().find(|c| c.id == p.code).expect("a known code");
        let (mut have, mut want): (Vec<&str>, Vec<&str>) = (p.args.keys().copied().collect(), code.args.to_vec());
        have.sort_unstable();
        want.sort_unstable();
        assert_eq!(have, want, "arguments of {}", p.code);
        assert!(text.is_char_boundary(p.span.offset) && p.span.offset + p.span.len <= text.len(), "span of {p}");
        assert!(!p.to_string().contains("hunter2"), "a secret is shown by {p}");
    }
    assert!(!problems.0.is_empty());
    problems.0.iter().map(ToString::to_string).collect()
}

/// Applies the changes (each must match exactly once) and compares what is found.
#[track_caller]
fn case(changes: &[(&str, &str)], expected: &[&str]) {
    let mut text = BASE.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from:?} must occur once");
        text = text.replacen(from, to, 1);
    }
    let found = findings(&text);
    assert_eq!(found, expected, "{text}");
    let shown = mask_secrets(&text);
    assert_eq!(shown.len(), text.len());
    // A misplaced word behind `env:` is a word like any other; everything else that stands for a password is hidden.
    assert!(!shown.contains("hunter2") || shown.contains("env: 'hunter2!'"), "a secret would be shown: {shown}");
}

const NODE1: &str = "{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }";
const NODE3: &str = "    - { name: node3, address: 10.88.0.13, roles: [control, gateway, database] }\n";
const PLATFORM: &str = "{ name: platform, vip: 10.88.0.100 }";
const DATABASE: &str = "{ name: database, vip: 10.88.0.101 }";

#[test]
fn the_base_is_fine() {
    case(&[], &[]);
}

#[test]
fn shape() {
    case(
        &[("networks:", "netwroks:")],
        &[
            "6:3 unknown-key expected=ssh, networks, hosts, endpoints, etcd, database, storage, platform, services, availability key=netwroks nearest=networks",
        ],
    );
    case(
        &[("address: 10.88.0.11", "adress: 10.88.0.11")],
        &[
            "8:22 unknown-key expected=name, address, externalAddress, roles, failureDomain, ssh, availability key=adress nearest=address",
        ],
    );
    case(
        &[("galera: {}", "galera: { colour: red }")],
        &["14:25 unknown-key expected=bufferPoolMib, gcacheMib, maxConnections, arbitrator key=colour nearest=none"],
    );
    case(&[("  database: {", "  hosts: []\n  database: {")], &["14:3 duplicate-key key=hosts"]);
    case(&[("user: root", "user: root, user: admin")], &["5:22 duplicate-key key=user"]);
    case(&[("metadata: { name: demo }\n", "")], &["3:1 missing-key key=metadata"]);
    case(&[("name: node2, ", "")], &["9:30 missing-key key=name"]);
    case(
        &[("[control, gateway, database] }\n  endpoints", "control }\n  endpoints")],
        &["10:50 wrong-type expected=list"],
    );
    case(&[("ssh: { user: root }", "ssh: root")], &["5:8 wrong-type expected=mapping"]);
    case(&[("ssh: { user: root }", "ssh: { user: [root] }")], &["5:16 wrong-type expected=text"]);
    case(&[("ssh: { user: root }", "ssh: { port: abc }")], &["5:16 wrong-type expected=number"]);
    case(
        &[("ssh: { user: root }", "ssh: { user: root")],
        &["6:11 yaml-syntax detail=while parsing a flow mapping, did not find expected ',' or '}'"],
    );
    case(&[("ssh: { user: root }", "ssh: *nothing")], &["5:8 yaml-alias"]);
    case(
        &[("kind: Cluster\n", "kind: Cluster\n\tname: x\n")],
        &["2:7 yaml-syntax detail=while scanning a plain scalar, found a tab"],
    );
    case(&[("database: { galera: {} }\n", "database: { galera: {} }\n---\na: b\n")], &["16:1 yaml-documents"]);
    assert_eq!(findings(""), ["1:1 yaml-empty"]);
    assert_eq!(findings("# only a comment\n"), ["2:1 yaml-empty"]);
    assert_eq!(findings("just text"), ["1:1 wrong-type expected=mapping"]);
    assert_eq!(findings("- 1\n- 2\n"), ["1:1 wrong-type expected=mapping"]);
    assert_eq!(findings(&format!("# {}", "x".repeat(2 << 20))), ["1:1 file-too-large limit=2097152 size=2097154"]);
}

#[test]
fn aliases_are_limited() {
    // Each list holds nine times the one before: three billion entries in a kilobyte.
    let mut bomb = String::from("x0: &x0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        bomb += &format!("    x{i}: &x{i} [{}]\n", vec![format!("*x{}", i - 1); 9].join(", "));
    }
    let text =
        BASE.replace("user: root }", &format!("user: root, password: {{\n    {} }} }}", bomb.replace('\n', ",\n")));
    assert_eq!(findings(&text), ["10:34 yaml-limit"]);
    let deep = format!("apiVersion: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(findings(&deep), ["1:13 wrong-type expected=text"]);
    let deep = BASE.replace("user: root", &format!("password: {}{}", "[".repeat(50), "]".repeat(50)));
    assert_eq!(findings(&deep), ["5:49 yaml-limit"]);
}

#[test]
fn header() {
    case(
        &[("v1alpha1", "v2"), ("spec:", "spec: { new: 1 }\nold:")],
        &["1:13 api-version expected=quorate.dev/v1alpha1 found=quorate.dev/v2"],
    );
    case(
        &[("kind: Cluster", "kind: Deployment"), ("apiVersion: quorate.dev/v1alpha1", "apiVersion: apps/v1")],
        &["1:13 api-version expected=quorate.dev/v1alpha1 found=apps/v1", "2:7 kind expected=Cluster found=Deployment"],
    );
    case(&[("name: demo", "name: Demo Cluster")], &["3:19 bad-name name=Demo Cluster what=cluster"]);
}

#[test]
fn networks() {
    case(&[("[{ name: lan, cidr: 10.88.0.0/24 }]", "[]")], &["6:13 no-networks"]);
    case(&[("10.88.0.0/24", "10.88.0.0/33")], &["6:33 bad-cidr cidr=10.88.0.0/33"]);
    case(&[("10.88.0.0/24", "10.88.0.7/24")], &["6:33 cidr-host-bits cidr=10.88.0.7/24 network=10.88.0.0/24"]);
    case(
        &[("/24 }]", "/24 }, { name: lan, cidr: 10.88.0.0/16 }, { name: B_x, cidr: 10.99.0.0/24 }]")],
        &[
            "6:57 duplicate-name line=6 name=lan what=network",
            "6:68 network-overlap first=10.88.0.0/24 second=10.88.0.0/16",
            "6:92 bad-name name=B_x what=network",
        ],
    );
}

#[test]
fn hosts() {
    case(&[("name: node2", "name: node1")], &["9:15 duplicate-name line=8 name=node1 what=host"]);
    case(&[("name: node2", "name: Node_2")], &["9:15 bad-name name=Node_2 what=host"]);
    case(&[("10.88.0.12", "10.88.0.11")], &["9:31 duplicate-address address=10.88.0.11 host=node2 other=node1"]);
    case(
        &[("10.88.0.12", "10.89.0.12")],
        &["9:31 address-outside-networks address=10.89.0.12 host=node2 networks=10.88.0.0/24"],
    );
    case(&[("10.88.0.12", "10.88.0.255")], &["9:31 address-reserved address=10.88.0.255 network=10.88.0.0/24"]);
    case(&[("10.88.0.12", "127.0.0.1")], &["9:31 bad-address address=127.0.0.1"]);
    case(&[("10.88.0.12", "node2.example.com")], &["9:31 bad-address address=node2.example.com"]);
    case(
        &[("0.11,", "0.11, externalAddress: 192.0.2.1,"), ("0.12,", "0.12, externalAddress: 192.0.2.1,")],
        &["9:60 duplicate-external-address address=192.0.2.1 host=node2 other=node1"],
    );
    case(
        &[(NODE1, "{ name: node1, address: 10.88.0.11, roles: [contrl, gateway, gateway, database] }")],
        &[
            "8:51 unknown-role expected=control, etcd, gateway, balancer, compute, storage, build, database, bootstrap nearest=control role=contrl",
            "8:68 duplicate-role host=node1 role=gateway",
        ],
    );
    case(
        &[(NODE1, "{ name: node1, address: 10.88.0.11, roles: [], failureDomain: { rack: '' } }")],
        &["8:50 no-roles host=node1", "8:77 bad-failure-domain name="],
    );
}

#[test]
fn ssh() {
    case(
        &[("user: root", "keyFile: ~/.ssh/id_rsa.pub")],
        &["5:19 public-key path=~/.ssh/id_rsa.pub private=~/.ssh/id_rsa"],
    );
    case(&[("user: root", "keyFile: ssh-ed25519 AAAAC3 me@host")], &["5:19 key-inline"]);
    case(&[("user: root", "keyFile: ''")], &["5:19 key-empty"]);
    case(&[("user: root", "keyFile: ~/k, passwordFrom: { env: A }")], &["5:38 auth-twice"]);
    case(
        &[("user: root", "port: 70000, user: -oProxy")],
        &["5:16 out-of-range key=port max=65535 min=1 value=70000", "5:29 bad-user"],
    );
    case(
        &[("user: root", "bastion: { address: 'a b', keyFile: ~/x.pub }")],
        &["5:30 bad-server value=a b", "5:46 public-key path=~/x.pub private=~/x"],
    );
    case(&[("0.12,", "0.12, ssh: { sudo: { password: hunter2 } },")], &["9:68 plain-password key=password"]);
}

#[test]
fn secrets() {
    case(&[("user: root", "password: hunter2")], &["5:20 plain-password key=password"]);
    case(&[("user: root", "passwordFrom: hunter2")], &["5:24 plain-password key=passwordFrom"]);
    case(&[("user: root", "passwordFrom: 123456")], &["5:24 plain-password key=passwordFrom"]);
    case(&[("user: root", "passwordFrom: [hunter2]")], &["5:24 plain-password key=passwordFrom"]);
    case(&[("user: root", "passwordFrom: 1e999")], &["5:24 wrong-type expected=other"]);
    case(&[("user: root", "passwordFrom:")], &[]);
    case(&[("user: root", "passwordFrom: {}")], &["5:24 secret-source found=none"]);
    case(&[("user: root", "passwordFrom: { env: A, file: b }")], &["5:24 secret-source found=env, file"]);
    case(&[("user: root", "passwordFrom: { env: 'hunter2!' }")], &["5:31 secret-env"]);
    case(&[("user: root", "passwordFrom: { file: '' }")], &["5:32 secret-empty key=file"]);
    case(
        &[("user: root", "passwordFrom: { value: hunter2 }")],
        &["5:26 unknown-key expected=env, file, prompt key=value nearest=none"],
    );
    case(&[("0.12,", "0.12, password: hunter2,")], &["9:43 plain-password key=password"]);
    case(
        &[("galera: {}", "galera: {}, schemas: [{ name: a, password: hunter2 }, { name: b, passwordFrom: hunter2 }]")],
        &["14:58 plain-password key=password", "14:94 plain-password key=passwordFrom"],
    );
    case(
        &[
            ("galera: {}", "external: { host: db, user: u, password: hunter2 }"),
            (DATABASE, "{ name: database, dns: { name: db } }"),
        ],
        &["14:56 plain-password key=password"],
    );
}

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

#[test]
fn databases() {
    case(&[("{ galera: {} }", "{}")], &["14:13 database-mode-missing"]);
    case(&[("galera: {}", "galera: {}, single: {}")], &["14:13 database-mode-several modes=single, galera"]);
    case(&[("galera: {}", "replication: {}")], &[]);
    case(
        &[
            ("  endpoints:", "    - { name: node4, address: 10.88.0.14, roles: [database] }\n  endpoints:"),
            ("galera: {}", "replication: {}"),
        ],
        &["15:28 replication-count count=4"],
    );
    case(
        &[("galera: {}", "replication: { mode: semi }")],
        &[
            "14:30 unknown-key expected=bufferPoolMib, maxConnections, timing, onReplicaLoss, maxLagSeconds key=mode nearest=none",
        ],
    );
    case(&[("galera: {}", "single: {}")], &["14:23 single-count count=3"]);
    let plain = (
        "{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }",
        "{ name: node1, address: 10.88.0.11, roles: [control, gateway] }",
    );
    case(&[plain], &["14:23 galera-even count=2 fewer=1 more=3 need=2 survives=0"]);
    case(
        &[
            plain,
            (
                "node2, address: 10.88.0.12, roles: [control, gateway, database]",
                "node2, address: 10.88.0.12, roles: [control, gateway]",
            ),
        ],
        &["14:23 galera-too-few count=1"],
    );
    case(
        &[("galera: {}", "galera: { bufferPoolMib: 1, gcacheMib: 99999999, maxConnections: -1 }")],
        &[
            "14:40 out-of-range key=bufferPoolMib max=1048576 min=32 value=1",
            "14:54 out-of-range key=gcacheMib max=1048576 min=16 value=99999999",
            "14:80 out-of-range key=maxConnections max=100000 min=10 value=-1",
        ],
    );
    case(
        &[(
            "galera: {}",
            "galera: {}, schemas: [{ name: a-b }, { name: ok, user: 'x y' }, { name: ok }, { name: mysql }, { name: z, user: root }]",
        )],
        &[
            "14:45 bad-database-name name=a-b",
            "14:70 bad-database-user name=x y",
            "14:87 duplicate-name line=14 name=ok what=schema",
            "14:101 reserved-database-name name=mysql",
            "14:127 reserved-database-name name=root",
        ],
    );
    case(
        &[
            ("galera: {}", "external: { host: 'a b', port: 0, user: '' }"),
            (DATABASE, "{ name: other, dns: { name: db }, ports: [1] }"),
        ],
        &[
            "14:33 bad-server value=a b",
            "14:46 out-of-range key=port max=65535 min=1 value=0",
            "14:55 bad-database-user name=",
        ],
    );
}

#[test]
fn schemas_and_accounts() {
    let judged = |rest: &str, expected: &[&str]| case(&[("galera: {}", &format!("galera: {{}}, {rest}"))], expected);
    judged(
        "schemas: [{ name: a, charset: utf8, collation: utf8_general_ci }, { name: b, charset: utf8mb3, collation: utf8mb3_bin }, { name: c }]",
        &[],
    );
    judged(
        "schemas: [{ name: a, charset: utf8mb5 }, { name: b, charset: koi8r }, { name: c, charset: latin1, collation: utf8_bin }, { name: d, collation: 'utf8mb4_;' }]",
        &[
            "14:57 unknown-charset charset=utf8mb5 expected=utf8mb4, utf8, latin1, gbk, ascii nearest=utf8mb4",
            "14:88 unknown-charset charset=koi8r expected=utf8mb4, utf8, latin1, gbk, ascii nearest=none",
            "14:136 bad-collation charset=latin1 collation=utf8_bin",
            "14:170 bad-collation charset=utf8mb4 collation=utf8mb4_;",
        ],
    );
    let account = |account: &str, expected: &[&str]| {
        judged(&format!("schemas: [{{ name: cattle }}], accounts: [{account}]"), expected);
    };
    account(
        "{ user: monitor, hosts: ['10.88.0.%', localhost], grants: [{ privileges: [replication client, REPLICATION SLAVE, SHOW DATABASES], on: '*.*' }, { privileges: [SELECT], on: mysql.user }, { privileges: [ALL], on: cattle.* }] }",
        &[],
    );
    account("{ user: watcher }", &[]);
    account(
        "{ user: cattle }, { user: root, hosts: [] }, { user: b, hosts: ['a b'], password: hunter2 }",
        &[
            "14:75 duplicate-name line=14 name=cattle what=databaseUser",
            "14:93 reserved-database-name name=root",
            "14:106 bad-account-host host=",
            "14:131 bad-account-host host=a b",
            "14:149 plain-password key=password",
        ],
    );
    let grant = |privileges: &str, on: &str, expected: &[&str]| {
        account(&format!("{{ user: a, grants: [{{ privileges: [{privileges}], on: '{on}' }}] }}"), expected);
    };
    for privilege in ["ALL", "SUPER", "GRANT OPTION", "READ ONLY ADMIN", "read_only admin", "FILE", "CREATE USER"] {
        let upper = privilege.to_ascii_uppercase();
        grant(privilege, "*.*", &[&format!("14:102 privilege-administers privilege={upper}")]);
    }
    grant("GRANT OPTION", "cattle.*", &["14:102 privilege-administers privilege=GRANT OPTION"]);
    grant("INSERT", "*.*", &["14:102 privilege-level on=*.* privilege=INSERT"]);
    grant("PROCESS", "cattle.*", &["14:102 privilege-level on=cattle.* privilege=PROCESS"]);
    grant("EXECUTE", "cattle.t", &["14:102 privilege-level on=cattle.t privilege=EXECUTE"]);
    grant("UPDATE", "mysql.user", &["14:102 privilege-on-system on=mysql.user privilege=UPDATE"]);
    grant("", "cattle.*", &["14:101 privileges-missing on=cattle.*"]);
    grant("SELECT", "catle.*", &["14:115 unknown-schema expected=cattle name=catle nearest=cattle"]);
    grant("SELECT", "cattle", &["14:115 bad-grant-object on=cattle"]);
    grant("SELECT", "*.t", &["14:115 bad-grant-object on=*.t"]);
    grant(
        "SELCT",
        "cattle.*",
        &[
            "14:102 unknown-privilege expected=ALL, SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER, CREATE TEM… nearest=SELECT privilege=SELCT",
        ],
    );
    case(
        &[
            ("galera: {}", "external: { host: db, user: u }, accounts: [{ user: a }]"),
            (DATABASE, "{ name: other, dns: { name: db }, ports: [1] }"),
        ],
        &["14:59 accounts-external"],
    );
}

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
fn settings_of_replication() {
    case(
        &[("galera: {}", "replication: { timing: quick, onReplicaLoss: blok, maxConnections: 1 }")],
        &[
            "14:38 unknown-choice expected=safe, fast key=timing nearest=none value=quick",
            "14:60 unknown-choice expected=degrade, block key=onReplicaLoss nearest=block value=blok",
            "14:82 out-of-range key=maxConnections max=100000 min=10 value=1",
        ],
    );
    case(
        &[
            ("10.88.0.0/24", "'fd00::/16'"),
            ("10.88.0.11", "'fd00:1::1'"),
            ("10.88.0.12", "'fd00:2::1'"),
            ("10.88.0.13", "'fd00:2::2'"),
            ("10.88.0.100", "'fd00::3'"),
            ("10.88.0.101", "'fd00::4'"),
            ("galera: {}", "replication: {}"),
        ],
        &["9:31 replication-server-ids host=node2 other=node1"],
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
fn storage() {
    let with = |storage: &'static str| ("  database: {", storage);
    case(&[with("  storage: {}\n  database: {")], &["14:12 storage-kind-missing"]);
    case(
        &[with("  storage: { nfs: {}, external: { address: nas } }\n  database: {")],
        &["14:12 storage-kind-several kinds=nfs, external"],
    );
    case(&[with("  storage: { external: { address: 'a b' } }\n  database: {")], &["14:35 bad-server value=a b"]);
    case(&[with("  storage: { nfs: {} }\n  database: {")], &["14:19 nfs-count count=0"]);
    case(&[with("  storage: { glusterfs: {} }\n  database: {")], &["14:25 glusterfs-too-few count=0"]);
    let hosts = |n: usize| -> String {
        let host = |i| format!("    - {{ name: s{i}, address: 10.88.0.{}, roles: [storage] }}\n", i + 20);
        (0..n).map(host).collect::<String>() + "  endpoints:"
    };
    let (two, three, four) = (hosts(2), hosts(3), hosts(4));
    case(&[("  endpoints:", &two), with("  storage: { glusterfs: {} }\n  database: {")], &[]);
    case(&[("  endpoints:", &three), with("  storage: { glusterfs: {} }\n  database: {")], &[]);
    case(
        &[("  endpoints:", &four), with("  storage: { glusterfs: { replicas: 3 } }\n  database: {")],
        &["18:37 glusterfs-replicas count=4 replicas=3"],
    );
    case(
        &[("  endpoints:", &two), with("  storage: { glusterfs: { replicas: 1 } }\n  database: {")],
        &["16:37 out-of-range key=replicas max=9 min=2 value=1"],
    );
    case(
        &[with("  storage: { ceph: {} }\n  database: {")],
        &["14:14 unknown-key expected=glusterfs, nfs, external key=ceph nearest=none"],
    );
}

#[test]
fn platforms() {
    let with = |platform: &'static str| ("  database: {", platform);
    case(&[with("  platform: { kind: cloudpods }\n  database: {")], &[]);
    case(
        &[with("  platform: { kind: cloudpod }\n  database: {")],
        &["14:21 unknown-platform expected=cloudpods, rainbond, rancher, kubernetes kind=cloudpod nearest=cloudpods"],
    );
    case(&[with("  platform: cloudpods\n  database: {")], &["14:13 wrong-type expected=mapping"]);
    let platform = |platform: &str, expected: &[&str]| {
        case(&[("  database: {", &format!("  platform: {{ {platform} }}\n  database: {{"))], expected);
    };
    platform("kind: rainbond, version: 5.17", &[]);
    platform("kind: rancher, version: v1.6.30", &[]);
    platform("kind: rancher, version: 2.8", &["14:39 platform-version expected=1.6 kind=rancher version=2.8"]);
    platform(
        "kind: rainbond, version: newest",
        &["14:40 platform-version expected=5.1, 5.17 kind=rainbond version=newest"],
    );
    let none = (DATABASE, "{ name: other, dns: { name: db }, ports: [1] }");
    case(
        &[none, ("database: { galera: {} }", "platform: { kind: rainbond }")],
        &["14:21 platform-without-database kind=rainbond"],
    );
    case(&[none, ("database: { galera: {} }", "platform: { kind: kubernetes }")], &[]);
    let built_in = "platform: { kind: rainbond }\n  services: [{ name: mysql, hosts: [node2], capability: database }]";
    case(&[none, ("database: { galera: {} }", built_in)], &[]);
    // R51-7: with several manage hosts, a database that one of them carries is refused.
    let old = built_in.replace("rainbond", "rainbond, version: 5.1");
    let alone = "14:21 platform-database-alone kind=rainbond version=5.1";
    case(&[none, ("database: { galera: {} }", &old)], &[alone]);
    case(&[none, ("database: { galera: {} }", &old.replace("[node2]", "[node2, node3]"))], &[]);
    let roles = BASE
        .replace("[control, gateway", "[etcd, gateway")
        .replace("database: {", "platform: { kind: rancher }\n  database: {");
    assert_eq!(findings(&roles), ["14:21 platform-without-control kind=rancher"]);
}

#[test]
fn services() {
    let services = |entries: &str| format!("  services: [{entries}]\n  database: {{");
    let judged = |entries: &str, expected: &[&str]| case(&[("  database: {", &services(entries))], expected);
    judged("{ name: hub, hosts: [node1, node2], needs: 2, capability: artifacts }", &[]);
    judged("{ name: hub, external: { address: hub.example.com }, capability: artifacts }", &[]);
    judged(
        "{ name: Hub, hosts: [nod1, node2, node2], needs: 4, capability: artefacts }",
        &[
            "14:22 bad-name name=Hub what=service",
            "14:35 unknown-host expected=node1, node2, node3 name=nod1 nearest=node1",
            "14:48 duplicate-service-host name=node2 service=Hub",
            "14:63 out-of-range key=needs max=3 min=1 value=4",
            "14:78 unknown-capability capability=artefacts expected=control, coordination, database, reads, ingress, artifacts, storage, workloads nearest=artifacts",
        ],
    );
    judged("{ name: hub, capability: artifacts }", &["14:22 service-place-missing service=hub"]);
    judged("{ name: hub, hosts: [], capability: artifacts }", &["14:34 service-place-missing service=hub"]);
    judged(
        "{ name: hub, hosts: [node1], external: { address: x }, capability: artifacts }",
        &["14:22 service-place-several service=hub"],
    );
    judged(
        "{ name: hub, external: { address: 'x y' }, needs: 1, capability: artifacts }",
        &["14:48 bad-server value=x y", "14:64 needs-without-hosts service=hub"],
    );
    judged(
        "{ name: hub, hosts: [node1], capability: artifacts }, { name: hub, hosts: [node2], capability: storage }",
        &["14:76 duplicate-name line=14 name=hub what=service"],
    );
    judged("{ name: hub, hosts: [node1] }", &["14:27 missing-key key=capability"]);
}

#[test]
fn availabilities() {
    let of_host = |value: &str| format!("0.12, availability: {value},");
    let judged = |value: &str, expected: &[&str]| case(&[("0.12,", &of_host(value))], expected);
    judged("{ mtbfHours: 4380, mttrHours: 0.5 }", &[]);
    judged(
        "{ mtbfHours: 0, mttrHours: -1 }",
        &["9:70 bad-hours key=mtbfHours value=0", "9:84 bad-hours key=mttrHours value=-1"],
    );
    judged(
        "{ mtbfHours: .inf, mttrHours: .nan }",
        &["9:70 bad-hours key=mtbfHours value=inf", "9:87 bad-hours key=mttrHours value=NaN"],
    );
    judged("{ mtbfHours: 4, mttrHours: 4 }", &["9:84 repair-too-long mtbf=4 mttr=4"]);
    judged("{ mtbfHours: 4 }", &["9:59 missing-key key=mttrHours"]);
    judged("{ mtbfHours: long, mttrHours: 4 }", &["9:70 wrong-type expected=number"]);
    let for_all = "  availability: { host: { mtbfHours: 1, mttrHours: 2 }, disk: {} }\n  database: {";
    case(
        &[("  database: {", for_all)],
        &["14:57 unknown-key expected=host, component, domain, cut, outside key=disk nearest=none"],
    );
    let for_all = "  availability: { outside: { mtbfHours: 1, mttrHours: 2 } }\n  database: {";
    case(&[("  database: {", for_all)], &["14:55 repair-too-long mtbf=1 mttr=2"]);
}

#[test]
fn nobody_is_there() {
    let none = BASE.split("  hosts:").next().unwrap_or_default().to_owned();
    assert_eq!(findings(&format!("{none}  hosts: []\n")), ["7:10 no-hosts"]);
    let hosts = "  hosts: [{ name: a, address: 10.88.0.11, roles: [etcd] }]\n";
    let endpoints = "  endpoints: [{ name: platform, vip: 10.88.0.100 }]\n";
    let expected = ["8:23 no-candidates endpoint=platform roles=gateway, control"];
    assert_eq!(findings(&format!("{none}{hosts}{endpoints}")), expected);
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

#[test]
fn every_kind_of_problem_has_a_case_here() {
    for code in CODES {
        assert!(include_str!("refused.rs").contains(code.id), "no case for {}", code.id);
    }
}

#[test]
fn backups() {
    let with = |backup: &str| format!("database: {{ galera: {{}}, backup: {backup} }}");
    let refused = |backup: &str, expected: &[&str]| case(&[("database: { galera: {} }", &with(backup))], expected);
    let s3 = |change: (&str, &str)| {
        let s3 = "{ to: { s3: { endpoint: 'https://s3.example.com:9000', bucket: db-backups, prefix: /a/b/, \
                  accessKeyFrom: { env: A }, secretKeyFrom: { env: B } } } }";
        assert!(s3.contains(change.0), "{}", change.0);
        s3.replacen(change.0, change.1, 1)
    };
    refused(
        "{ to: { directory: { path: /mnt/backup } }, schedule: weekly sun 02:30, keep: { daily: 0 }, binlogEvery: 1 }",
        &[],
    );
    refused(&s3(("x", "x")), &[]);
    let found = |backup: &str| {
        let text = BASE.replace("database: { galera: {} }", &with(backup));
        findings(&text)
            .iter()
            .map(|f| f.split_once(' ').map_or(f.clone(), |(_, rest)| rest.to_owned()))
            .collect::<Vec<_>>()
    };
    for (backup, code) in [
        ("{ to: {} }".to_owned(), "backup-target"),
        ("{ to: { directory: { path: /mnt/b } }, schedule: daily }".to_owned(), "backup-schedule"),
        ("{ to: { directory: { path: /mnt/b } }, binlogEvery: 0 }".to_owned(), "out-of-range"),
        ("{ to: { directory: { path: mnt/b } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /var/lib/mysql/b } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /mnt/../etc } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: / } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /mnt/b, host: node9 } } }".to_owned(), "backup-host"),
        (s3(("https://", "ftp://")), "backup-endpoint"),
        (s3(("https://", "https://user@")), "backup-endpoint"),
        (s3(("9000", "9000/x")), "backup-endpoint"),
        (s3(("db-backups", "Db")), "backup-bucket"),
        (s3(("/a/b/", "'a b'")), "backup-prefix"),
        (s3(("{ env: B }", "hunter2")), "plain-password"),
    ] {
        let found = found(&backup);
        assert!(found.len() == 1 && found[0].contains(code), "{backup}: {found:?}");
    }
    let external = BASE.replace(
        "database: { galera: {} }",
        "database: { external: { host: db, user: a }, backup: { to: { directory: { path: /b } } } }",
    );
    assert!(findings(&external).contains(&"14:56 backup-external".to_owned()));
}
