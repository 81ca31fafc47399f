//! What the file itself may not be.

use crate::{BASE, case, findings};

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
