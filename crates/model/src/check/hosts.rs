//! Hosts: names, addresses, roles, failure domains and how to reach them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::networks::{self, Checked as Network};
use super::{Findings, availability, names, ssh};
use crate::availability::Availability;
use crate::types::{Host, HostName, Role, Ssh};
use crate::yaml::At;
use crate::{codes, raw, suggest};

/// A host as far as it could be read.
pub(super) struct Checked<'a> {
    pub raw: &'a raw::Host,
    pub address: Option<IpAddr>,
    pub external: Option<IpAddr>,
    pub roles: BTreeSet<Role>,
    /// Whether a role could not be read, so that counting roles means nothing.
    pub roles_unclear: bool,
    ssh: Ssh,
    availability: Option<Availability>,
}

impl Checked<'_> {
    pub(super) fn name(&self) -> &str {
        &self.raw.name.value
    }

    pub(super) fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.contains(r))
    }

    pub(super) fn finish(self) -> Option<Host> {
        let domains = self.raw.failure_domain.iter().map(|(k, v)| (k.clone(), v.value.clone()));
        Some(Host {
            name: HostName(self.raw.name.value.clone()),
            address: self.address?,
            external_address: self.external,
            roles: self.roles,
            failure_domain: domains.collect(),
            ssh: self.ssh,
            availability: self.availability,
        })
    }
}

pub(super) fn check<'a>(
    raw: &'a At<Vec<raw::Host>>,
    ssh: Option<&raw::Ssh>,
    networks: &[Network<'_>],
    found: &mut Findings,
) -> Vec<Checked<'a>> {
    if raw.value.is_empty() {
        found.add(codes::NO_HOSTS.at(raw.span));
    }
    let common = ssh.map(|s| ssh::Layer::read(s, found)).unwrap_or_default();
    names::unique("host", raw.value.iter().map(|h| &h.name), found);
    let hosts: Vec<_> = raw.value.iter().map(|h| host(h, &common, networks, found)).collect();
    duplicates(&hosts, found);
    hosts
}

fn host<'a>(raw: &'a raw::Host, common: &ssh::Layer, networks: &[Network<'_>], found: &mut Findings) -> Checked<'a> {
    names::label("host", &raw.name, found);
    let address = address(&raw.address, found);
    if let Some(address) = address {
        inside(raw, address, networks, found);
    }
    let (roles, roles_unclear) = roles(raw, found);
    for (kind, name) in &raw.failure_domain {
        if !is_domain(kind) || !is_domain(&name.value) {
            let wrong = if is_domain(kind) { &name.value } else { kind };
            found.add(codes::BAD_DOMAIN.at(name.span).arg("name", wrong));
        }
    }
    let own = raw.ssh.as_ref().map(|s| ssh::Layer::read(s, found)).unwrap_or_default();
    Checked {
        raw,
        address,
        external: raw.external_address.as_ref().and_then(|a| self::address(a, found)),
        roles,
        roles_unclear,
        ssh: own.over(common).finish(),
        availability: raw.availability.as_ref().and_then(|a| availability::check(a, found)),
    }
}

fn address(at: &At<String>, found: &mut Findings) -> Option<IpAddr> {
    let address = at.value.parse::<IpAddr>().ok().filter(usable);
    if address.is_none() {
        found.add(codes::BAD_ADDRESS.at(at.span).arg("address", &at.value));
    }
    address
}

/// Whether one machine can have the address and others can reach it there.
fn usable(address: &IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || broadcast)
}

fn inside(raw: &raw::Host, address: IpAddr, networks: &[Network<'_>], found: &mut Findings) {
    match networks::containing(networks, address) {
        Some(Network { raw: network, cidr: Some(cidr) }) if networks::reserved(*cidr, address) => {
            let finding = codes::ADDRESS_RESERVED.at(raw.address.span).related(network.cidr.span, &network.name.value);
            found.add(finding.arg("address", address).arg("network", cidr));
        }
        Some(_) => {}
        None if networks::all_known(networks) => {
            let finding = codes::ADDRESS_OUTSIDE.at(raw.address.span).arg("host", &raw.name.value);
            found.add(finding.arg("address", address).arg("networks", networks::list(networks)));
        }
        None => {}
    }
}

fn is_domain(name: &str) -> bool {
    (1..=63).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name
}

fn roles(raw: &raw::Host, found: &mut Findings) -> (BTreeSet<Role>, bool) {
    let mut roles = BTreeSet::new();
    let mut unclear = raw.roles.value.is_empty();
    if unclear {
        found.add(codes::NO_ROLES.at(raw.roles.span).arg("host", &raw.name.value));
    }
    for at in &raw.roles.value {
        let Some(role) = Role::from_word(&at.value) else {
            unclear = true;
            let words = || Role::ALL.into_iter().map(Role::word);
            let finding = codes::UNKNOWN_ROLE.at(at.span).arg("role", &at.value);
            let finding = finding.arg("nearest", suggest::nearest(&at.value, words()).unwrap_or("none"));
            found.add(finding.arg("expected", words().collect::<Vec<_>>().join(", ")));
            continue;
        };
        if !roles.insert(role) {
            found.add(codes::DUPLICATE_ROLE.at(at.span).arg("role", role.word()).arg("host", &raw.name.value));
        }
    }
    (roles, unclear)
}

fn duplicates(hosts: &[Checked<'_>], found: &mut Findings) {
    let mut internal: BTreeMap<IpAddr, &Checked<'_>> = BTreeMap::new();
    // Hosts behind one router may share its address when their SSH ports are forwarded apart.
    let mut external: BTreeMap<(IpAddr, u16), &Checked<'_>> = BTreeMap::new();
    for host in hosts {
        if let Some(address) = host.address {
            match internal.get(&address) {
                Some(other) => {
                    let finding = codes::DUPLICATE_ADDRESS.at(host.raw.address.span);
                    let finding = finding.related(other.raw.address.span, other.name()).arg("address", address);
                    found.add(finding.arg("host", host.name()).arg("other", other.name()));
                }
                None => drop(internal.insert(address, host)),
            }
        }
        if let (Some(address), Some(at)) = (host.external, &host.raw.external_address) {
            match external.get(&(address, host.ssh.port)) {
                Some(other) => {
                    let first = other.raw.external_address.as_ref().map_or(other.raw.name.span, |a| a.span);
                    let finding = codes::DUPLICATE_EXTERNAL_ADDRESS.at(at.span).related(first, other.name());
                    let finding = finding.arg("address", address);
                    found.add(finding.arg("host", host.name()).arg("other", other.name()));
                }
                None => drop(external.insert((address, host.ssh.port), host)),
            }
        }
    }
}
