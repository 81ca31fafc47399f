//! From the file as written to the cluster that every other crate may trust.
//!
//! All findings are collected, so that one run of `quorate check` shows everything there is to correct. A check whose
//! own input is already wrong stays silent: one mistake is one finding.

mod accounts;
mod availability;
mod backup;
mod database;
mod endpoints;
mod hosts;
mod names;
mod networks;
mod platform;
mod quorum;
mod ssh;
mod storage;
mod vips;

use crate::codes;
use crate::problem::{Problem, Problems};
use crate::raw;
use crate::types::{Cluster, Etcd};
use crate::yaml::At;

const API_VERSION: &str = "quorate.dev/v1alpha1";
const KIND: &str = "Cluster";
/// Debian 12's own version.
const ETCD_VERSION: &str = "3.4";
/// Versions that can be installed: what Debian has. Others need packages that a bundle will bring.
const ETCD_VERSIONS: [&str; 1] = [ETCD_VERSION];

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// A number inside the bounds, or a finding.
    fn number<T: TryFrom<i64>>(&mut self, key: &str, value: &At<i64>, min: i64, max: i64) -> Option<T> {
        let number = (min..=max).contains(&value.value).then(|| T::try_from(value.value).ok()).flatten();
        if number.is_none() {
            let finding = codes::OUT_OF_RANGE.at(value.span);
            self.add(finding.arg("key", key).arg("value", value.value).arg("min", min).arg("max", max));
        }
        number
    }

    fn port(&mut self, value: &At<i64>) -> Option<u16> {
        self.number("port", value, 1, i64::from(u16::MAX))
    }
}

/// Checks everything.
pub(crate) fn check(file: &raw::File) -> Result<Cluster, Problems> {
    let mut found = Findings::default();
    header(&file.api_version, &file.kind, &mut found);
    names::label("cluster", &file.metadata.name, &mut found);
    let spec = &file.spec;
    let networks = networks::check(&spec.networks, &mut found);
    let hosts = hosts::check(&spec.hosts, spec.ssh.as_ref(), &networks, &mut found);
    quorum::check(&spec.hosts, &hosts, &mut found);
    let database = spec.database.as_ref().and_then(|d| database::check(d, &hosts, &mut found));
    let storage = spec.storage.as_ref().and_then(|s| storage::check(s, &hosts, &mut found));
    let platform = platform::check(spec, &hosts, &mut found);
    let services = platform::services(&spec.services, &hosts, &mut found);
    let availability = spec.availability.as_ref().map(|a| availability::for_all(a, &mut found)).unwrap_or_default();
    let endpoints = endpoints::check(spec, &networks, &hosts, &mut found);
    let etcd = etcd(spec.etcd.as_ref(), &mut found);
    if found.0.is_empty() {
        Ok(Cluster {
            name: file.metadata.name.value.clone(),
            networks: networks.into_iter().filter_map(networks::Checked::finish).collect(),
            hosts: hosts.into_iter().filter_map(hosts::Checked::finish).collect(),
            endpoints,
            etcd,
            database,
            storage,
            platform,
            services,
            availability,
        })
    } else {
        found.0.sort_by_key(|p| (p.span, p.code));
        Err(Problems(found.0))
    }
}

/// What the header alone says is wrong; empty where the file has no readable header.
pub(crate) fn header_problems(text: &str) -> Vec<Problem> {
    let mut found = Findings::default();
    if let Ok(read) = crate::yaml::read::<raw::Header>(text) {
        header(&read.api_version, &read.kind, &mut found);
    }
    found.0
}

fn header(api_version: &At<String>, kind: &At<String>, found: &mut Findings) {
    for (code, at, expected) in [(codes::API_VERSION, api_version, API_VERSION), (codes::KIND, kind, KIND)] {
        if at.value != expected {
            found.add(code.at(at.span).arg("found", &at.value).arg("expected", expected));
        }
    }
}

fn etcd(raw: Option<&raw::Etcd>, found: &mut Findings) -> Etcd {
    let version = match raw.and_then(|e| e.version.as_ref()) {
        Some(at) if !ETCD_VERSIONS.contains(&at.value.as_str()) => {
            found.add(codes::ETCD_VERSION.at(at.span).arg("version", &at.value));
            ETCD_VERSION
        }
        Some(at) => &at.value,
        None => ETCD_VERSION,
    };
    Etcd { version: version.to_owned() }
}
