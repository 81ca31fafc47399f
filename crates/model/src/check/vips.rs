//! Virtual IPs: the address, its network, its VRID, and the hosts that may hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::Findings;
use super::hosts::Checked as Host;
use super::networks::{self, Checked as Network};
use crate::problem::Span;
use crate::types::{CONTROL, DATABASE, DATABASE_READ, HostName, PLATFORM, Role, Through, Vip};
use crate::yaml::At;
use crate::{codes, raw, suggest};

/// The virtual IPs that could be read, by their endpoint's place in the file.
pub(super) fn check(
    spec: &raw::Spec,
    networks: &[Network<'_>],
    hosts: &[Host<'_>],
    found: &mut Findings,
) -> BTreeMap<usize, Vip> {
    let mut seen: BTreeMap<IpAddr, (&raw::Endpoint, Span)> = BTreeMap::new();
    let mut vrids = explicit_vrids(&spec.endpoints, found);
    let mut vips = BTreeMap::new();
    for (index, raw) in spec.endpoints.iter().enumerate() {
        let Some(at) = &raw.vip else { continue };
        // Its own findings first: they do not depend on whether the address can be read.
        // The candidates of a wrong one would be looked for among hosts that have no reason to have the role; named ones
        // still count.
        let sensible = raw.candidates.is_some()
            | match raw.name.value.as_str() {
                DATABASE => database(at.span, spec, found),
                DATABASE_READ => replicated(spec),
                _ => true,
            };
        let roles = suitable(raw, spec);
        let Ok(address) = at.value.parse::<IpAddr>() else {
            found.add(codes::BAD_ADDRESS.at(at.span).arg("address", &at.value));
            continue;
        };
        match seen.get(&address) {
            Some((other, first)) => {
                let finding = codes::DUPLICATE_VIP.at(at.span).related(*first, &other.name.value);
                let finding = finding.arg("vip", address).arg("endpoint", &raw.name.value);
                found.add(finding.arg("other", &other.name.value));
            }
            None => drop(seen.insert(address, (raw, at.span))),
        }
        not_a_host(address, at.span, hosts, found);
        let network = network(raw, at, address, networks, found);
        let candidates =
            if sensible { candidates(raw, roles, network.map(|(n, _)| n), networks, hosts, found) } else { Vec::new() };
        let vrid = match raw.vrid.as_ref() {
            Some(v) => u8::try_from(v.value).ok(),
            None => derived_vrid(raw, address, &mut vrids, found),
        };
        if let (Some((network, cidr)), Some(vrid)) = (network, vrid) {
            let network = network.raw.name.value.clone();
            vips.insert(index, Vip { address, network, prefix: cidr.prefix_len(), vrid, candidates });
        }
    }
    vips
}

/// An address in front of the database makes sense only where Quorate keeps the database.
pub(super) fn database(span: Span, spec: &raw::Spec, found: &mut Findings) -> bool {
    match &spec.database {
        None => found.add(codes::ENDPOINT_NO_DATABASE.at(span)),
        Some(database) => match &database.value.external {
            Some(external) => {
                let host = &external.value.host;
                let finding = codes::ENDPOINT_EXTERNAL_DATABASE.at(span).related(host.span, &host.value);
                found.add(finding.arg("host", &host.value));
            }
            None => return true,
        },
    }
    false
}

fn not_a_host(address: IpAddr, span: Span, hosts: &[Host<'_>], found: &mut Findings) {
    for host in hosts {
        let place = if host.address == Some(address) {
            host.raw.address.span
        } else if host.external == Some(address) {
            host.raw.external_address.as_ref().map_or(host.raw.name.span, |a| a.span)
        } else {
            continue;
        };
        let finding = codes::VIP_IS_HOST.at(span).related(place, host.name());
        found.add(finding.arg("vip", address).arg("host", host.name()));
    }
}

/// The network of the virtual IP: the named one, or the one that contains it.
fn network<'n, 'a>(
    raw: &raw::Endpoint,
    at: &At<String>,
    address: IpAddr,
    networks: &'n [Network<'a>],
    found: &mut Findings,
) -> Option<(&'n Network<'a>, IpNet)> {
    let network = match &raw.network {
        Some(name) => {
            let Some(named) = networks.iter().find(|n| n.raw.name.value == name.value) else {
                let known = || networks.iter().map(|n| n.raw.name.value.as_str());
                let finding = codes::UNKNOWN_NETWORK.at(name.span).arg("name", &name.value);
                let finding = finding.arg("nearest", suggest::nearest(&name.value, known()).unwrap_or("none"));
                found.add(finding.arg("expected", known().collect::<Vec<_>>().join(", ")));
                return None;
            };
            let cidr = named.cidr?;
            if !cidr.contains(&address) {
                let finding = codes::VIP_NOT_IN_NETWORK.at(at.span).related(named.raw.cidr.span, &name.value);
                found.add(finding.arg("vip", address).arg("network", &name.value).arg("cidr", cidr));
                return None;
            }
            named
        }
        None => match networks::containing(networks, address) {
            Some(network) => network,
            None => {
                if networks::all_known(networks) {
                    let finding = codes::VIP_OUTSIDE.at(at.span).arg("vip", address);
                    found.add(finding.arg("networks", networks::list(networks)));
                }
                return None;
            }
        },
    };
    let cidr = network.cidr?;
    if networks::reserved(cidr, address) {
        let finding = codes::ADDRESS_RESERVED.at(at.span).related(network.raw.cidr.span, &network.raw.name.value);
        found.add(finding.arg("address", address).arg("network", cidr));
    }
    Some((network, cidr))
}

/// The roles of which a holder of the endpoint needs one; empty: any host will do.
fn suitable(raw: &raw::Endpoint, spec: &raw::Spec) -> &'static [Role] {
    let directors = raw.through.as_ref().is_some_and(|t| t.value == Through::Lvs.word());
    match raw.name.value.as_str() {
        _ if held_by_primary(raw, spec) => &[Role::Database],
        DATABASE | DATABASE_READ => &[Role::Balancer, Role::Database],
        CONTROL => &[Role::Control],
        _ if directors => &[Role::Balancer],
        PLATFORM => &[Role::Gateway, Role::Control],
        _ => &[],
    }
}

/// Whether the address is that of a replicated database, which whoever is the primary holds itself.
pub(super) fn held_by_primary(raw: &raw::Endpoint, spec: &raw::Spec) -> bool {
    let haproxy = raw.through.as_ref().is_some_and(|t| t.value == Through::Haproxy.word());
    raw.name.value == DATABASE && replicated(spec) && !haproxy
}

pub(super) fn replicated(spec: &raw::Spec) -> bool {
    spec.database.as_ref().is_some_and(|d| d.value.replication.is_some())
}

pub(super) fn words(roles: &[Role]) -> String {
    roles.iter().map(|r| r.word()).collect::<Vec<_>>().join(", ")
}

fn candidates(
    raw: &raw::Endpoint,
    roles: &[Role],
    network: Option<&Network<'_>>,
    networks: &[Network<'_>],
    hosts: &[Host<'_>],
    found: &mut Findings,
) -> Vec<HostName> {
    let chosen = match &raw.candidates {
        Some(named) => named_candidates(raw, roles, named, hosts, found),
        None => default_candidates(raw, roles, hosts, found),
    };
    for (host, span) in &chosen {
        // VRRP is a protocol of one segment: a host elsewhere could never answer for the address.
        if let (Some(address), Some(network)) = (host.address, network)
            && let Some(own) = networks::containing(networks, address)
            && own.raw.name.value != network.raw.name.value
        {
            let finding = codes::CANDIDATE_NETWORK.at(*span).related(host.raw.address.span, host.name());
            let finding = finding.arg("host", host.name()).arg("endpoint", &raw.name.value);
            found.add(finding.arg("network", &network.raw.name.value));
        }
    }
    chosen.iter().map(|(host, _)| HostName::from(host.name())).collect()
}

fn named_candidates<'h, 'a>(
    raw: &raw::Endpoint,
    roles: &[Role],
    named: &At<Vec<At<String>>>,
    hosts: &'h [Host<'a>],
    found: &mut Findings,
) -> Vec<(&'h Host<'a>, Span)> {
    if named.value.is_empty() {
        found.add(codes::CANDIDATES_MISSING.at(named.span).arg("endpoint", &raw.name.value));
    }
    let mut chosen = Vec::new();
    let mut seen = BTreeSet::new();
    for at in &named.value {
        if !seen.insert(at.value.as_str()) {
            let finding = codes::DUPLICATE_CANDIDATE.at(at.span).arg("name", &at.value);
            found.add(finding.arg("endpoint", &raw.name.value));
            continue;
        }
        let Some(host) = hosts.iter().find(|h| h.name() == at.value) else {
            let known = || hosts.iter().map(Host::name);
            let finding = codes::UNKNOWN_CANDIDATE.at(at.span).arg("name", &at.value);
            let finding = finding.arg("nearest", suggest::nearest(&at.value, known()).unwrap_or("none"));
            found.add(finding.arg("expected", known().collect::<Vec<_>>().join(", ")));
            continue;
        };
        if !roles.is_empty() && !host.has_any(roles) && !host.roles_unclear {
            let finding = codes::CANDIDATE_ROLE.at(at.span).related(host.raw.roles.span, host.name());
            let finding = finding.arg("host", host.name()).arg("endpoint", &raw.name.value);
            found.add(finding.arg("roles", words(roles)));
        }
        chosen.push((host, at.span));
    }
    chosen
}

fn default_candidates<'h, 'a>(
    raw: &raw::Endpoint,
    roles: &[Role],
    hosts: &'h [Host<'a>],
    found: &mut Findings,
) -> Vec<(&'h Host<'a>, Span)> {
    if roles.is_empty() {
        found.add(codes::CANDIDATES_MISSING.at(raw.name.span).arg("endpoint", &raw.name.value));
        return Vec::new();
    }
    // The first role that anybody has decides.
    for role in roles {
        let with: Vec<_> = hosts.iter().filter(|h| h.roles.contains(role)).map(|h| (h, raw.name.span)).collect();
        if !with.is_empty() {
            return with;
        }
    }
    // That nobody keeps the database is said at the database's mode.
    if ![DATABASE, DATABASE_READ].contains(&raw.name.value.as_str()) && !hosts.iter().any(|h| h.roles_unclear) {
        let finding = codes::NO_CANDIDATES.at(raw.name.span).arg("endpoint", &raw.name.value);
        found.add(finding.arg("roles", words(roles)));
    }
    Vec::new()
}

/// The VRIDs that the file names, each checked against the others.
fn explicit_vrids(endpoints: &[raw::Endpoint], found: &mut Findings) -> BTreeSet<u8> {
    let mut first: BTreeMap<u8, (&raw::Endpoint, Span)> = BTreeMap::new();
    for raw in endpoints {
        let Some(at) = &raw.vrid else { continue };
        let Some(vrid) = u8::try_from(at.value).ok().filter(|v| *v > 0) else {
            found.add(codes::VRID_RANGE.at(at.span).arg("vrid", at.value));
            continue;
        };
        match first.get(&vrid) {
            Some((other, span)) => {
                let finding = codes::DUPLICATE_VRID.at(at.span).related(*span, &other.name.value);
                let finding = finding.arg("vrid", vrid).arg("endpoint", &raw.name.value);
                found.add(finding.arg("other", &other.name.value));
            }
            None => drop(first.insert(vrid, (raw, at.span))),
        }
    }
    first.into_keys().collect()
}

/// The last octet of the address, or the next free number above it (after 255 comes 1).
fn derived_vrid(raw: &raw::Endpoint, address: IpAddr, taken: &mut BTreeSet<u8>, found: &mut Findings) -> Option<u8> {
    let last = match address {
        IpAddr::V4(v4) => v4.octets()[3],
        IpAddr::V6(v6) => v6.octets()[15],
    };
    let free = (last.max(1)..=u8::MAX).chain(1..last).find(|v| !taken.contains(v));
    match free {
        Some(vrid) => drop(taken.insert(vrid)),
        None => found.add(codes::VRIDS_EXHAUSTED.at(raw.name.span).arg("endpoint", &raw.name.value)),
    }
    free
}
