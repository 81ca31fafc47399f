//! Endpoints: one kind each, ports, names; what a virtual IP needs is in [`super::vips`].

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::hosts::Checked as Host;
use super::networks::Checked as Network;
use super::{Findings, names, platform, vips};
use crate::problem::Code;
use crate::types::{
    CONTROL, DATABASE, DATABASE_PORT, DATABASE_READ, Endpoint, EndpointKind, HostName, PLATFORM, REPLICATION_PORT,
    Role, Through,
};
use crate::yaml::At;
use crate::{codes, raw};

const HTTP: u16 = 80;

pub(super) fn check(
    spec: &raw::Spec,
    networks: &[Network<'_>],
    hosts: &[Host<'_>],
    found: &mut Findings,
) -> Vec<Endpoint> {
    let all = &spec.endpoints;
    names::unique("endpoint", all.iter().map(|e| &e.name), found);
    names::unique("dnsName", all.iter().flat_map(|e| &e.names), found);
    let mut vips = vips::check(spec, networks, hosts, found);
    let mut endpoints = Vec::new();
    for (index, raw) in all.iter().enumerate() {
        names::label("endpoint", &raw.name, found);
        one_kind(raw, found);
        let through = through(raw, spec, found);
        let ports = ports(raw, found);
        if vips::held_by_primary(raw, spec) {
            primary(raw, hosts, found);
        }
        if raw.name.value == DATABASE_READ {
            replicas(raw, spec, found);
        }
        let kind = if let Some(external) = &raw.external {
            names::server(&external.value.address, found);
            Some(EndpointKind::External { address: external.value.address.value.clone() })
        } else if let Some(dns) = &raw.dns {
            names::dns_name(&dns.value.name, found);
            Some(EndpointKind::Dns { name: dns.value.name.value.clone() })
        } else if let Some(at) = &raw.host {
            one_host(raw, at, spec, hosts, found);
            Some(EndpointKind::Host { host: HostName::from(at.value.as_str()) })
        } else {
            let vip = vips.remove(&index);
            if let (Some(vip), true) = (&vip, balanced(raw, through, spec)) {
                beside_servers(raw, &vip.candidates, hosts, &ports, found);
            }
            vip.map(EndpointKind::Vip)
        };
        dns_names(raw, hosts, found);
        if let Some(kind) = kind {
            let names = raw.names.iter().map(|n| n.value.clone()).collect();
            endpoints.push(Endpoint { name: raw.name.value.clone(), kind, through, ports, names });
        }
    }
    endpoints
}

fn one_kind(raw: &raw::Endpoint, found: &mut Findings) {
    let kinds = [
        ("vip", raw.vip.is_some()),
        ("external", raw.external.is_some()),
        ("dns", raw.dns.is_some()),
        ("host", raw.host.is_some()),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter_map(|(key, there)| there.then_some(key)).collect();
    let about = |code: Code| code.at(raw.name.span).arg("endpoint", &raw.name.value);
    match kinds.as_slice() {
        [] => found.add(about(codes::ENDPOINT_KIND_NONE)),
        [_] => {}
        several => found.add(about(codes::ENDPOINT_KIND_SEVERAL).arg("kinds", several.join(", "))),
    }
    if kinds.is_empty() || raw.vip.is_some() {
        return;
    }
    let keys = [
        ("vrid", raw.vrid.as_ref().map(|v| v.span)),
        ("network", raw.network.as_ref().map(|n| n.span)),
        ("candidates", raw.candidates.as_ref().map(|c| c.span)),
    ];
    for (key, span) in keys {
        if let Some(span) = span {
            found.add(codes::ONLY_WITH_VIP.at(span).arg("key", key).arg("endpoint", &raw.name.value));
        }
    }
}

/// What the endpoint's connections go through, where that fits what stands behind it.
fn through(raw: &raw::Endpoint, spec: &raw::Spec, found: &mut Findings) -> Option<Through> {
    let at = raw.through.as_ref()?;
    let Some(through) = Through::from_word(&at.value) else {
        let words: Vec<&str> = Through::ALL.into_iter().map(Through::word).collect();
        platform::unknown(codes::UNKNOWN_THROUGH, "through", at, &words, found);
        return None;
    };
    let name = raw.name.value.as_str();
    let fits = match through {
        Through::Lvs => raw.vip.is_some() && ![DATABASE, DATABASE_READ, CONTROL].contains(&name),
        Through::Maxscale => {
            let galera = spec.database.as_ref().is_some_and(|d| d.value.galera.is_some());
            name == DATABASE && galera && (raw.vip.is_some() || raw.host.is_some())
        }
        Through::Haproxy => raw.vip.is_some() && [DATABASE, DATABASE_READ].contains(&name),
    };
    if !fits {
        let finding = codes::THROUGH_NOT_HERE.at(at.span).arg("through", through.word());
        found.add(finding.arg("endpoint", name));
    }
    Some(through)
}

/// One host stands for the endpoint: it must be the one that answers.
fn one_host(raw: &raw::Endpoint, at: &At<String>, spec: &raw::Spec, hosts: &[Host<'_>], found: &mut Findings) {
    let database = raw.name.value == DATABASE;
    let through = raw.through.is_some();
    if raw.name.value == DATABASE_READ {
        let finding = codes::ENDPOINT_HOST_DATABASE.at(at.span).arg("host", &at.value);
        found.add(finding.arg("endpoint", &raw.name.value));
    }
    if database && vips::database(at.span, spec, found) {
        let single = spec.database.as_ref().is_some_and(|d| d.value.single.is_some());
        if single && !through {
            direct_port(raw, found);
        } else if !through {
            let finding = codes::ENDPOINT_HOST_DATABASE.at(at.span).arg("host", &at.value);
            found.add(finding.arg("endpoint", &raw.name.value));
        }
    }
    let roles: &[Role] = match raw.name.value.as_str() {
        PLATFORM => &[Role::Gateway],
        CONTROL => &[Role::Control],
        DATABASE if through => &[Role::Balancer, Role::Database],
        DATABASE | DATABASE_READ => &[Role::Database],
        _ => &[],
    };
    let Some(host) = platform::host(at, hosts, found) else { return };
    if !roles.is_empty() && !host.has_any(roles) && !host.roles_unclear {
        let finding = codes::ENDPOINT_HOST_ROLE.at(at.span).related(host.raw.roles.span, host.name());
        let finding = finding.arg("host", host.name()).arg("endpoint", &raw.name.value);
        found.add(finding.arg("roles", vips::words(roles)));
    }
}

/// The primary of a replicated database answers at the address itself, and every database host may become the primary.
fn primary(raw: &raw::Endpoint, hosts: &[Host<'_>], found: &mut Findings) {
    if raw.vip.is_some() {
        direct_port(raw, found);
    }
    let Some(candidates) = raw.candidates.as_ref().filter(|c| !c.value.is_empty()) else { return };
    let (named, missing): (Vec<_>, Vec<_>) = hosts
        .iter()
        .filter(|h| h.has_any(&[Role::Database]))
        .map(Host::name)
        .partition(|name| candidates.value.iter().any(|c| c.value == *name));
    // Candidates without the role are a finding of their own.
    if !missing.is_empty() && !named.is_empty() {
        let finding = codes::REPLICATION_CANDIDATES.at(candidates.span).arg("endpoint", &raw.name.value);
        found.add(finding.arg("missing", missing.join(", ")));
    }
}

/// What Quorate reads from are the replicas that it keeps; where somebody else keeps the address, that is theirs to say.
fn replicas(raw: &raw::Endpoint, spec: &raw::Spec, found: &mut Findings) {
    if !vips::replicated(spec) && (raw.vip.is_some() || raw.host.is_some()) {
        found.add(codes::READ_NEEDS_REPLICATION.at(raw.name.span).arg("endpoint", &raw.name.value));
    }
}

/// Whether HAProxy answers at the virtual IP in front of a replicated database.
fn balanced(raw: &raw::Endpoint, through: Option<Through>, spec: &raw::Spec) -> bool {
    let name = raw.name.value.as_str();
    vips::replicated(spec) && (name == DATABASE_READ || (name == DATABASE && through == Some(Through::Haproxy)))
}

/// A replicated database's server listens at all addresses of its host, for its own comes and goes: beside it HAProxy
/// needs other ports.
fn beside_servers(
    raw: &raw::Endpoint,
    candidates: &[HostName],
    hosts: &[Host<'_>],
    ports: &[u16],
    found: &mut Findings,
) {
    let holds = |h: &&Host<'_>| candidates.iter().any(|c| c.as_str() == h.name()) && h.has_any(&[Role::Database]);
    let Some(host) = hosts.iter().find(holds) else { return };
    let span = raw.ports.as_ref().map_or(raw.name.span, |p| p.span);
    for port in ports.iter().filter(|p| [DATABASE_PORT, REPLICATION_PORT].contains(p)) {
        let finding = codes::PORT_OF_SERVER.at(span).related(host.raw.roles.span, host.name());
        let finding = finding.arg("port", port).arg("endpoint", &raw.name.value);
        found.add(finding.arg("host", host.name()));
    }
}

/// Nothing but the database itself listens there, on its own port.
fn direct_port(raw: &raw::Endpoint, found: &mut Findings) {
    for port in raw.ports.iter().flat_map(|p| &p.value) {
        let _: Option<u16> = found.number("port", port, i64::from(DATABASE_PORT), i64::from(DATABASE_PORT));
    }
}

fn ports(raw: &raw::Endpoint, found: &mut Findings) -> Vec<u16> {
    let missing = |span| codes::PORTS_MISSING.at(span).arg("endpoint", &raw.name.value);
    let Some(list) = &raw.ports else {
        match raw.name.value.as_str() {
            PLATFORM => return vec![HTTP],
            DATABASE | DATABASE_READ => return vec![DATABASE_PORT],
            _ => found.add(missing(raw.name.span)),
        }
        return Vec::new();
    };
    if list.value.is_empty() {
        found.add(missing(list.span));
    }
    let mut ports = Vec::new();
    for at in &list.value {
        let Some(port) = found.port(at) else { continue };
        if ports.contains(&port) {
            found.add(codes::DUPLICATE_PORT.at(at.span).arg("port", port).arg("endpoint", &raw.name.value));
        } else {
            ports.push(port);
        }
    }
    ports
}

fn dns_names(raw: &raw::Endpoint, hosts: &[Host<'_>], found: &mut Findings) {
    let taken: BTreeSet<&str> = hosts.iter().map(Host::name).collect();
    for name in &raw.names {
        names::dns_name(name, found);
        if taken.contains(name.value.as_str()) {
            found.add(codes::NAME_IS_HOST.at(name.span).arg("name", &name.value));
        }
    }
    let external_name = raw.external.as_ref().is_some_and(|e| e.value.address.value.parse::<IpAddr>().is_err());
    if let (Some(first), true) = (raw.names.first(), external_name || raw.dns.is_some()) {
        found.add(codes::NAMES_NEED_ADDRESS.at(first.span).arg("endpoint", &raw.name.value));
    }
}
