//! Every file that is written on every host of the example clusters, as an operator finds it there, and beside it
//! the list of everything that the host must have. Hosts with the same content share a snapshot; its name says which.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use common::{cluster, facts};
use components::At;
use model::{Cluster, Host, Preset};
use wire::{Resource, Touch};

/// All that a host must look like, in the order of the components.
fn desired(cluster: &Cluster, host: &Host) -> Vec<(&'static str, Resource)> {
    let facts = facts(host);
    components::all()
        .iter()
        .filter(|c| c.hosts(cluster).iter().any(|h| h.name == host.name))
        .flat_map(|c| c.desired(At { cluster, host, facts: &facts }).into_iter().map(|r| (c.id(), r)))
        .collect()
}

fn content(resource: &Resource) -> Option<(&Path, &str)> {
    match resource {
        Resource::File { path, content, .. }
        | Resource::Block { path, content, .. }
        | Resource::SecretFile { path, around: Some(content), .. } => Some((path, content)),
        _ => None,
    }
}

fn line(resource: &Resource) -> String {
    let attributes = match resource {
        Resource::File { owner, group, mode, .. }
        | Resource::SecretFile { owner, group, mode, .. }
        | Resource::Directory { owner, group, mode, .. } => {
            format!(" {owner}:{group} {mode:04o}")
        }
        Resource::Certificate(c) => format!(" {} cn={} for {}", c.owner, c.common_name, c.subjects.join(", ")),
        Resource::Piloted { address, .. } => format!(" piloted {}", address.as_deref().unwrap_or_default()),
        Resource::Unit { enabled, active, .. } => format!(" enabled={enabled} active={active}"),
        Resource::Sysctl { value, .. } => format!(" = {value}"),
        _ => String::new(),
    };
    let touch = |t: &Touch| format!(" {:?} {}", t.effect, t.unit).to_lowercase();
    let touches: String = resource.touches().iter().map(touch).collect();
    let arrow = if touches.is_empty() { "" } else { " ->" };
    format!("{}{attributes}{arrow}{touches}", resource.key())
}

/// Compares everything with `tests/snapshots/<directory>`, and sees to it that nothing stale lies there.
fn snapshots(cluster: &Cluster, directory: &str) {
    let mut files: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for host in &cluster.hosts {
        let mut list = String::new();
        for (component, resource) in desired(cluster, host) {
            writeln!(list, "{component}: {}", line(&resource)).unwrap();
            if let Some((path, content)) = content(&resource) {
                let name = path.strip_prefix("/etc").unwrap().display().to_string().replace('/', "-");
                files.entry((name, content.to_owned())).or_default().push(host.name.as_str());
            }
        }
        files.entry(("RESOURCES".to_owned(), list)).or_default().push(host.name.as_str());
    }
    let mut names = BTreeSet::new();
    insta::with_settings!({
        snapshot_path => format!("snapshots/{directory}"), prepend_module_to_snapshot => false, omit_expression => true,
    }, {
        for ((name, content), hosts) in files {
            assert!(!content.contains("template"), "{name} was not rendered: {content}");
            let name = format!("{name}@{}", hosts.join("+"));
            insta::assert_snapshot!(name.clone(), content);
            names.insert(format!("{name}.snap"));
        }
    });
    let there: BTreeSet<_> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(directory)
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".snap"))
        .collect();
    assert_eq!(there, names, "snapshots that no file stands behind: delete them");
}

#[test]
fn a_single_host() {
    snapshots(&cluster(Preset::Single), "single");
}

#[test]
fn three_hosts() {
    snapshots(&cluster(Preset::ThreeNode), "three-node");
}

#[test]
fn five_hosts() {
    snapshots(&cluster(Preset::FiveNode), "five-node");
}

#[test]
fn a_replicated_database() {
    let text = include_str!("../../../examples/replication.yaml");
    snapshots(&model::parse(text).unwrap(), "replication");
}

#[test]
fn a_replicated_database_behind_balancers() {
    let text = include_str!("../../../examples/replication-balanced.yaml");
    snapshots(&model::parse(text).unwrap(), "replication-balanced");
}

#[test]
fn the_primary_holds_the_address_itself_and_replicas_are_read_from_beside_it() {
    let text = include_str!("../../../examples/replication.yaml");
    let read = "    - { name: database-read, vip: 10.88.0.102, ports: [3308] }\n\n  database:";
    let cluster = model::parse(&text.replacen("\n  database:", read, 1)).unwrap();
    let files = |host: &Host| desired(&cluster, host);
    let file = |path: &str| {
        files(&cluster.hosts[0])
            .iter()
            .find_map(|(_, r)| content(r).filter(|(p, _)| p.ends_with(path)).map(|c| c.1.to_owned()))
    };
    let haproxy = file("haproxy.cfg").unwrap();
    assert!(haproxy.contains("bind 10.88.0.102:3308") && !haproxy.contains("10.88.0.101"), "{haproxy}");
    let keepalived = file("keepalived.conf").unwrap();
    assert!(keepalived.contains("10.88.0.102/24") && !keepalived.contains("10.88.0.101"), "{keepalived}");
    assert!(file("agent.json").unwrap().contains("\"address\": \"10.88.0.101\""), "the agent's still");
}

#[test]
fn galera_with_an_arbitrator() {
    let text = include_str!("../../../examples/galera-arbitrator.yaml");
    snapshots(&model::parse(text).unwrap(), "galera-arbitrator");
}

/// Its package is not Debian's, so it is not run: what its documentation asks of the file is looked at here.
#[test]
fn maxscale_is_described_in_full() {
    let text = include_str!("../../../examples/rancher-1.6.yaml");
    let pair =
        text.replacen("host: db1, through: maxscale", "vip: 10.88.0.101, candidates: [db1, db2], through: maxscale", 1);
    for (text, host, listens) in [(text, 6, "10.88.0.41"), (&pair, 7, "10.88.0.101")] {
        let cluster = model::parse(text).unwrap();
        let found = desired(&cluster, &cluster.hosts[host]);
        let of = |path: &str| found.iter().filter_map(|(_, r)| content(r)).find(|(p, _)| p.ends_with(path)).unwrap().1;
        let sections = sections(of("maxscale.cnf"));
        let of_type =
            |kind: &str| sections.values().filter(|s| s.get("type").is_some_and(|t| *t == kind)).collect::<Vec<_>>();
        assert_eq!(sections["maxscale"]["admin_host"], "127.0.0.1", "its administration is for this host alone");
        for (place, name) in ["db1", "db2", "db3"].into_iter().enumerate() {
            let server = &sections[name];
            assert_eq!(
                (server["type"], server["address"], server["port"]),
                ("server", &*format!("10.88.0.4{}", place + 1), "3306")
            );
            assert_eq!(server["priority"], (place + 1).to_string(), "all instances come to the same writer");
        }
        let [monitor] = of_type("monitor")[..] else { panic!("one monitor") };
        let [service] = of_type("service")[..] else { panic!("one service") };
        let [listener] = of_type("listener")[..] else { panic!("one listener") };
        assert_eq!((monitor["module"], service["router"]), ("galeramon", "readwritesplit"));
        for part in [monitor, service] {
            assert_eq!(part["servers"], "db1,db2,db3");
            assert_eq!((part["user"], part["password"]), ("quorate-maxscale", wire::resource::SECRET));
        }
        assert_eq!((listener["address"], listener["port"]), (listens, "4105"));
        assert_eq!(sections[listener["service"]]["type"], "service");
        assert!(of("agent.json").contains("maxscale.service"), "a virtual IP leaves a host where it does not run");
    }
}

/// Section → key → value of an ini file.
fn sections(text: &str) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    let mut all: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut section = "";
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => {
                section = name;
                assert!(all.insert(name, BTreeMap::new()).is_none(), "{name} stands there twice");
            }
            None => {
                let (key, value) = line.split_once('=').unwrap();
                assert!(all.get_mut(section).unwrap().insert(key, value).is_none(), "{section}: {key} twice");
            }
        }
    }
    all
}

#[test]
fn galera_behind_maxscale() {
    let text = include_str!("../../../examples/rancher-1.6.yaml");
    let cluster = model::parse(text).unwrap();
    let content = desired(&cluster, &cluster.hosts[6])
        .iter()
        .find_map(|(_, r)| content(r).filter(|(p, _)| p.ends_with("maxscale.cnf")).map(|(_, c)| c.to_owned()));
    insta::assert_snapshot!(content.unwrap());
}
