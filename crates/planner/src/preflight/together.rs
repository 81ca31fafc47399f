//! What can be told only of the hosts together: that each is another machine, and that their clocks agree.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::HostName;
use wire::{Facts, Note};

use super::{Check, Severity};

/// How far two hosts' clocks may be apart, in ms: etcd warns from one second on, and what happened first on which
/// host can no longer be told.
const SKEW_WARNING: i64 = 500;
const SKEW_ERROR: i64 = 2_000;
/// How far a host may be behind the operator, in ms. A certificate is valid from five minutes before it is issued.
const BEHIND_OPERATOR: i64 = 4 * 60_000;

/// Two entries of the file that lead to one machine, and machines that share what must be unique.
pub(super) fn identities(check: &mut Check<'_>) {
    let machines =
        groups(check, |f| vec![(&f.machine_id, &f.boot_id)], |(machine, boot)| !machine.is_empty() && !boot.is_empty());
    // All else is the same on one machine; saying so again would hide what is wrong.
    let explained: BTreeSet<&HostName> = machines.values().flatten().copied().collect();
    for hosts in machines.values() {
        check.over_all(Severity::Error, Note::new("preflight-same-machine").with("hosts", names(hosts)));
    }

    let alike = [
        ("preflight-same-hostname", groups(check, |f| vec![f.hostname.to_ascii_lowercase()], |n| !n.is_empty())),
        ("preflight-same-machine-id", groups(check, |f| vec![f.machine_id.clone()], |n| !n.is_empty())),
        ("preflight-same-address", groups(check, |f| addresses(check, f), |_| true)),
    ];
    for (code, groups) in alike {
        for (value, hosts) in groups {
            if !hosts.iter().all(|h| explained.contains(h)) {
                check.over_all(Severity::Error, Note::new(code).with("value", value).with("hosts", names(&hosts)));
            }
        }
    }
}

/// The values that several hosts share, with these hosts.
fn groups<'a, T: Ord>(
    check: &Check<'a>,
    values: impl Fn(&'a Facts) -> Vec<T>,
    counts: impl Fn(&T) -> bool,
) -> BTreeMap<T, Vec<&'a HostName>> {
    let mut groups: BTreeMap<T, Vec<&HostName>> = BTreeMap::new();
    for (host, facts) in check.hosts() {
        let values: BTreeSet<T> = values(facts).into_iter().filter(&counts).collect();
        for value in values {
            groups.entry(value).or_default().push(&host.name);
        }
    }
    groups.retain(|_, hosts| hosts.len() > 1);
    groups
}

/// A host's addresses in the cluster's networks. Elsewhere, as on a container bridge, many hosts rightly have the same;
/// a virtual IP may be seen twice while it moves.
fn addresses(check: &Check<'_>, facts: &Facts) -> Vec<String> {
    let ours = |a: &IpAddr| {
        check.cluster.networks.iter().any(|n| n.cidr.contains(a)) && !check.cluster.vips().any(|(_, v)| v.address == *a)
    };
    facts
        .interfaces
        .iter()
        .flat_map(|i| &i.addresses)
        .map(|(a, _)| a)
        .filter(|a| ours(a))
        .map(ToString::to_string)
        .collect()
}

fn names(hosts: &[&HostName]) -> String {
    hosts.iter().map(|h| h.as_str()).collect::<Vec<_>>().join(", ")
}

/// Clocks that disagree with each other, or are too far behind the machine that dates the certificates.
pub(super) fn clocks(check: &mut Check<'_>, ahead: &BTreeMap<HostName, i64>) {
    let clocks: Vec<_> = check.hosts().filter_map(|(h, _)| ahead.get(&h.name).map(|ms| (h, *ms))).collect();
    let mut sorted: Vec<i64> = clocks.iter().map(|(_, ms)| *ms).collect();
    sorted.sort_unstable();
    // Measured from the middle one: with one clock wrong among many, that one is named and not all others.
    let Some(&middle) = sorted.get(sorted.len() / 2) else { return };
    let apart = sorted.last().map_or(0, |last| last - sorted[0]);
    if apart > SKEW_WARNING {
        let off: Vec<_> = clocks
            .iter()
            .map(|(host, ms)| (host, ms - middle))
            .filter(|(_, off)| off.abs() > SKEW_WARNING / 2)
            .map(|(host, off)| format!("{} {off:+} ms", host.name))
            .collect();
        let severity = if apart > SKEW_ERROR { Severity::Error } else { Severity::Warning };
        check.over_all(
            severity,
            Note::new("preflight-clocks-apart").with("apart", apart).with("clocks", off.join(", ")),
        );
    }
    for (host, ms) in clocks {
        if ms < -BEHIND_OPERATOR {
            check.on(Severity::Error, host, Note::new("preflight-clock-behind").with("seconds", -ms / 1000));
        }
    }
}
