//! What Quorate does not deploy and reckons with.

use crate::{BASE, DATABASE, case, findings};

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
