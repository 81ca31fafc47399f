//! The platform and what others run beside it: known words, known hosts, and a database where one is needed.

use std::collections::BTreeSet;

use super::hosts::Checked;
use super::{Findings, names};
use crate::capability::Capability;
use crate::platform::{Platform, PlatformKind, Service, ServicePlace};
use crate::problem::Code;
use crate::types::{HostName, Role};
use crate::yaml::At;
use crate::{codes, raw, suggest};

pub(super) fn check(spec: &raw::Spec, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Platform> {
    let at = spec.platform.as_ref()?;
    let word = &at.value.kind;
    let Some(kind) = PlatformKind::from_word(&word.value) else {
        let words: Vec<&str> = PlatformKind::ALL.into_iter().map(PlatformKind::word).collect();
        unknown(codes::UNKNOWN_PLATFORM, "kind", word, &words, found);
        return None;
    };
    let control = hosts.iter().any(|h| h.roles.contains(&Role::Control) || h.roles_unclear);
    if !control && !hosts.is_empty() {
        found.add(codes::PLATFORM_NO_CONTROL.at(word.span).arg("kind", kind.word()));
    }
    // A database inside the platform is one of its services: the plan then says openly where it is.
    let among_services = spec.services.iter().any(|s| s.capability.value == Capability::Database.id());
    if kind.uses_database() && spec.database.is_none() && !among_services {
        found.add(codes::PLATFORM_NO_DATABASE.at(word.span).arg("kind", kind.word()));
    }
    let version = at.value.version.as_ref().and_then(|v| version(kind, v, found));
    if kind == PlatformKind::Rainbond && version == Some((5, 1)) && database_alone(spec, hosts) {
        let finding = codes::PLATFORM_DATABASE_ALONE.at(word.span);
        found.add(finding.arg("kind", kind.word()).arg("version", "5.1"));
    }
    Some(Platform { kind, version })
}

/// Major and minor version; what follows them makes no difference here.
fn version(kind: PlatformKind, at: &At<String>, found: &mut Findings) -> Option<(u32, u32)> {
    let mut numbers = at.value.trim_start_matches('v').split('.').map(str::parse::<u32>);
    let version = match (numbers.next(), numbers.next(), numbers.all(|n| n.is_ok())) {
        (Some(Ok(major)), Some(Ok(minor)), true) => Some((major, minor)),
        _ => None,
    };
    // What is known of the others' later versions fits them; Rancher 2 stands on Kubernetes and has no database.
    let version = version.filter(|v| kind != PlatformKind::Rancher || *v == (1, 6));
    if version.is_none() {
        let expected = match kind {
            PlatformKind::Rancher => "1.6",
            PlatformKind::Rainbond => "5.1, 5.17",
            PlatformKind::Cloudpods => "3.11",
            PlatformKind::Kubernetes => "1.31",
        };
        let finding = codes::PLATFORM_VERSION.at(at.span).arg("kind", kind.word());
        found.add(finding.arg("version", &at.value).arg("expected", expected));
    }
    version
}

/// Whether a control plane of several hosts keeps its state in a database that goes with one of the cluster's hosts.
fn database_alone(spec: &raw::Spec, hosts: &[Checked<'_>]) -> bool {
    let several = hosts.iter().filter(|h| h.roles.contains(&Role::Control)).count() > 1;
    let single = spec.database.as_ref().is_some_and(|d| d.value.single.is_some());
    let built_in = spec.services.iter().filter(|s| s.capability.value == Capability::Database.id()).any(|s| {
        let places = s.hosts.as_ref().map_or(0, |h| h.value.len());
        let needs = s.needs.as_ref().map_or(1, |n| n.value);
        places > 0 && i64::try_from(places).is_ok_and(|places| places <= needs)
    });
    several && (single || (spec.database.is_none() && built_in))
}

pub(super) fn services(raw: &[raw::Service], hosts: &[Checked<'_>], found: &mut Findings) -> Vec<Service> {
    names::unique("service", raw.iter().map(|s| &s.name), found);
    raw.iter().filter_map(|s| service(s, hosts, found)).collect()
}

fn service(raw: &raw::Service, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Service> {
    names::label("service", &raw.name, found);
    let capability = Capability::from_id(&raw.capability.value);
    if capability.is_none() {
        let words: Vec<&str> = Capability::ALL.into_iter().map(Capability::id).collect();
        unknown(codes::UNKNOWN_CAPABILITY, "capability", &raw.capability, &words, found);
    }
    let place = place(raw, hosts, found);
    Some(Service { name: raw.name.value.clone(), place: place?, capability: capability? })
}

fn place(raw: &raw::Service, hosts: &[Checked<'_>], found: &mut Findings) -> Option<ServicePlace> {
    let about = |code: Code, span| code.at(span).arg("service", &raw.name.value);
    match (&raw.hosts, &raw.external) {
        (Some(list), None) if !list.value.is_empty() => {
            let named = named(raw, &list.value, hosts, found);
            let most = i64::try_from(list.value.len()).unwrap_or(i64::MAX);
            let needs = raw.needs.as_ref().map_or(Some(1), |n| found.number("needs", n, 1, most))?;
            Some(ServicePlace::Hosts { hosts: named, needs })
        }
        (None, Some(external)) => {
            names::server(&external.value.address, found);
            if let Some(needs) = &raw.needs {
                found.add(about(codes::NEEDS_WITHOUT_HOSTS, needs.span));
            }
            Some(ServicePlace::External { address: external.value.address.value.clone() })
        }
        (Some(list), None) => {
            found.add(about(codes::SERVICE_PLACE_NONE, list.span));
            None
        }
        (None, None) => {
            found.add(about(codes::SERVICE_PLACE_NONE, raw.name.span));
            None
        }
        (Some(_), Some(_)) => {
            found.add(about(codes::SERVICE_PLACE_SEVERAL, raw.name.span));
            None
        }
    }
}

fn named(raw: &raw::Service, list: &[At<String>], hosts: &[Checked<'_>], found: &mut Findings) -> Vec<HostName> {
    let mut seen = BTreeSet::new();
    for at in list {
        if !seen.insert(at.value.as_str()) {
            let finding = codes::DUPLICATE_SERVICE_HOST.at(at.span).arg("name", &at.value);
            found.add(finding.arg("service", &raw.name.value));
        } else {
            host(at, hosts, found);
        }
    }
    list.iter().map(|at| HostName::from(at.value.as_str())).collect()
}

/// The host of that name, or a finding.
pub(super) fn host<'h, 'a>(at: &At<String>, hosts: &'h [Checked<'a>], found: &mut Findings) -> Option<&'h Checked<'a>> {
    let known = hosts.iter().find(|h| h.name() == at.value);
    if known.is_none() {
        let names: Vec<&str> = hosts.iter().map(Checked::name).collect();
        unknown(codes::UNKNOWN_HOST, "name", at, &names, found);
    }
    known
}

/// A word that is none of those expected.
pub(super) fn unknown(code: Code, key: &'static str, at: &At<String>, expected: &[&str], found: &mut Findings) {
    let nearest = suggest::nearest(&at.value, expected.iter().copied()).unwrap_or("none");
    let finding = code.at(at.span).arg(key, &at.value).arg("nearest", nearest);
    found.add(finding.arg("expected", expected.join(", ")));
}
