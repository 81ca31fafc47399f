//! Who makes backups, and what the servers must write for them.

#![allow(clippy::unwrap_used)]

mod common;

use components::At;
use model::{Cluster, Preset};
use wire::Resource;

const STORE: &str =
    "{ s3: { endpoint: 'https://s3', bucket: db-backups, accessKeyFrom: { env: A }, secretKeyFrom: { env: B } } }";

fn cluster(to: &str) -> Cluster {
    let backup = format!("    galera: {{}}\n    backup: {{ to: {to}, schedule: every 6h, binlogEvery: 10 }}\n    #");
    model::parse(&model::preset(Preset::ThreeNode).replacen("    galera: {}", &backup, 1)).unwrap()
}

/// Every file that a component writes on a host, and the keys of the rest.
fn files(cluster: &Cluster, component: &str, host: usize) -> String {
    let host = &cluster.hosts[host];
    let facts = common::facts(host);
    let of = |resource: Resource| match resource {
        Resource::File { path, content, .. } => format!("{}\n{content}", path.display()),
        other => other.key(),
    };
    let desired = components::by_id(component).unwrap().desired(At { cluster, host, facts: &facts });
    desired.into_iter().map(of).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_store_is_everybodys_and_a_directory_its_hosts() {
    let makers = |to: &str| -> Vec<String> {
        let cluster = cluster(to);
        components::by_id("backup").unwrap().hosts(&cluster).iter().map(|h| h.name.to_string()).collect()
    };
    assert_eq!(makers(STORE), ["node1", "node2", "node3"]);
    assert_eq!(makers("{ directory: { path: /mnt/backup } }"), ["node3"]);
    assert_eq!(makers("{ directory: { path: /mnt/backup, host: node2 } }"), ["node2"]);
}

#[test]
fn hosts_are_told_when_and_never_a_secret() {
    let cluster = cluster(STORE);
    let files = files(&cluster, "backup", 0);
    for expected in [
        "\nOnCalendar=*-*-* 00/6:00:00 UTC\n",
        "\nOnCalendar=*-*-* *:00/10:00 UTC\n",
        "\nExecStart=/usr/local/lib/quorate/quorate backup take\n",
        "file:/etc/quorate/backup/credentials.json",
        "\"intervalS\": 21600",
        "unit:quorate-backup.timer",
        "unit:quorate-binlogs.timer",
    ] {
        assert!(files.contains(expected), "{expected} in {files}");
    }
}

#[test]
fn binary_logs_are_written_where_backups_are_asked_for_and_numbered_alike() {
    let with = cluster(STORE);
    let of = |host| files(&with, "galera", host);
    assert!(of(0).contains("wsrep_gtid_domain_id = 100\ngtid_domain_id = 101\n"), "{}", of(0));
    assert!(of(2).contains("wsrep_gtid_domain_id = 100\ngtid_domain_id = 103\n"));
    assert!(!files(&common::cluster(Preset::ThreeNode), "galera", 0).contains("log_bin"));
}
