//! Hosts, how they are reached, and what must not be written about it.

use crate::{BASE, DATABASE, NODE1, case, findings};

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
fn nobody_is_there() {
    let none = BASE.split("  hosts:").next().unwrap_or_default().to_owned();
    assert_eq!(findings(&format!("{none}  hosts: []\n")), ["7:10 no-hosts"]);
    let hosts = "  hosts: [{ name: a, address: 10.88.0.11, roles: [etcd] }]\n";
    let endpoints = "  endpoints: [{ name: platform, vip: 10.88.0.100 }]\n";
    let expected = ["8:23 no-candidates endpoint=platform roles=gateway, control"];
    assert_eq!(findings(&format!("{none}{hosts}{endpoints}")), expected);
}
