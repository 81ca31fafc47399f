//! Ports: taken by others, or shut by a firewall.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::{Cluster, Host};
use wire::facts::Listening;
use wire::{Facts, Note};

use super::{Check, Severity};

/// Firewalls that refuse what they were not told of. The others may hold no more than rules of a container engine.
const CLOSED_BY_DEFAULT: &[&str] = &["firewalld", "ufw"];

pub(super) fn check(check: &mut Check<'_>) {
    for (host, facts) in check.hosts() {
        let ports = needed(check.cluster, host);
        taken(check, host, facts, &ports);
        firewall(check, host, facts, &ports);
    }
}

/// The ports that the host's components listen on → the processes that may be found there.
fn needed(cluster: &Cluster, host: &Host) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let mut ports: BTreeMap<u16, BTreeSet<&'static str>> = BTreeMap::new();
    for component in components::all() {
        if component.hosts(cluster).iter().any(|h| h.name == host.name) {
            for port in component.ports(cluster, host) {
                ports.entry(port).or_default().extend(processes(component.id()));
            }
        }
    }
    ports
}

/// The processes that listen for a component. systemd holds MariaDB's port where the distribution activates it by
/// socket, and socat takes a member's copy of the data in.
fn processes(component: &str) -> &'static [&'static str] {
    match component {
        "etcd" => &["etcd"],
        "galera" | "mariadb" => &["mariadbd", "mysqld", "systemd", "socat"],
        "arbitrator" => &["garbd"],
        "balancer" => &["haproxy"],
        "gateway" => &["nginx"],
        "replication" => &["mariadbd", "mysqld", "systemd", "quorate"],
        "agent" => &["quorate"],
        _ => &[],
    }
}

/// Listeners in the way of a component: an error if the process is a stranger, worth knowing if it is an engine that
/// Quorate did not set up and will.
fn taken(check: &mut Check<'_>, host: &Host, facts: &Facts, ports: &BTreeMap<u16, BTreeSet<&'static str>>) {
    let mut strangers: BTreeSet<(u16, &str)> = BTreeSet::new();
    let mut engines: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    for listening in facts.listening.iter().filter(|l| in_the_way(check.cluster, host, l)) {
        let Some(expected) = ports.get(&listening.port) else { continue };
        let process = listening.process.as_str();
        if expected.contains(process) {
            engines.entry(process).or_default().insert(listening.port);
        } else if facts.root && !(process.is_empty() && check.is_ours(facts)) {
            // Without root no process has a name, and that is a finding of its own.
            strangers.insert((listening.port, process));
        }
    }
    for (port, process) in strangers {
        let process = if process.is_empty() { "?" } else { process };
        check.on(Severity::Error, host, Note::new("preflight-port-taken").with("port", port).with("process", process));
    }
    if !check.is_ours(facts) {
        for (process, ports) in engines {
            let note = Note::new("preflight-engine-runs").with("process", process).with("ports", list(ports));
            check.on(Severity::Info, host, note);
        }
    }
}

/// Whether a listener keeps a component from its port: one on an address that no component binds does not.
fn in_the_way(cluster: &Cluster, host: &Host, listening: &Listening) -> bool {
    let address = listening.address;
    let bound = |address: IpAddr| address == host.address || cluster.vips().any(|(_, v)| v.address == address);
    address.is_unspecified() || address.is_loopback() || bound(address)
}

/// What must be let through an active firewall.
fn firewall(check: &mut Check<'_>, host: &Host, facts: &Facts, ports: &BTreeMap<u16, BTreeSet<&'static str>>) {
    if facts.firewalls.is_empty() {
        return;
    }
    let vrrp = check.cluster.vips().any(|(_, v)| v.candidates.contains(&host.name) && v.candidates.len() > 1);
    let closed = facts.firewalls.iter().any(|f| CLOSED_BY_DEFAULT.contains(&f.as_str()));
    let severity = if closed { Severity::Warning } else { Severity::Info };
    let code = if vrrp { "preflight-firewall-vrrp" } else { "preflight-firewall" };
    let note = Note::new(code).with("firewalls", facts.firewalls.join(", ")).with("ports", list(ports.keys()));
    check.on(severity, host, note);
}

fn list(ports: impl IntoIterator<Item = impl ToString>) -> String {
    ports.into_iter().map(|p| p.to_string()).collect::<Vec<_>>().join(", ")
}
