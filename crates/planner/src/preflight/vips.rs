//! Virtual IPs before there are any: the addresses must be idle, and their VRRP identifiers unused on the segment.

use std::collections::BTreeSet;

use model::{Cluster, Host, Vip};
use wire::{Look, Looked, Note};

use super::{Check, Severity};

pub(super) fn looks(cluster: &Cluster, host: &Host) -> Vec<Look> {
    let first = |vip: &Vip| vip.candidates.first() == Some(&host.name);
    let mut looks: Vec<_> = cluster.vips().filter(|(_, v)| first(v)).map(|(_, v)| Look::Answers(v.address)).collect();
    // Of the virtual IPs of a network, the first one's first candidate listens for all.
    let mut heard = BTreeSet::new();
    let listens = cluster.vips().filter(|(_, v)| heard.insert(v.network.as_str())).any(|(_, v)| first(v));
    if listens {
        looks.push(Look::Vrids);
    }
    looks
}

/// Whether a host that may hold the address is already part of this cluster: then whoever answers may be ours.
fn may_be_ours(check: &Check<'_>, vip: &Vip) -> bool {
    vip.candidates.iter().filter_map(|c| check.facts.get(c)).any(|f| check.is_ours(f))
}

/// Virtual IPs that somebody has already (CP-7).
pub(super) fn addresses(check: &mut Check<'_>) {
    for (endpoint, vip) in check.cluster.vips().filter(|(_, v)| !may_be_ours(check, v)).collect::<Vec<_>>() {
        let look = Look::Answers(vip.address).key();
        let note = |code: &str| Note::new(code).with("vip", vip.address).with("endpoint", &endpoint.name);
        // A host does not answer itself, so its own interfaces are looked at too.
        let carried = check.hosts().find_map(|(host, facts)| {
            let carries = |i: &&wire::Interface| i.addresses.iter().any(|(a, _)| *a == vip.address);
            facts.interfaces.iter().find(carries).map(|i| (host, &i.name))
        });
        if let Some((host, interface)) = carried {
            check.on(Severity::Error, host, note("preflight-vip-on-host").with("interface", interface));
            continue;
        }
        let answered = check.hosts().find_map(|(host, facts)| match facts.looks.get(&look) {
            Some(Looked::Answers(Some(mac))) => Some((host, mac)),
            _ => None,
        });
        if let Some((host, mac)) = answered {
            check.on(Severity::Error, host, note("preflight-vip-taken").with("mac", mac));
        }
    }
}

/// VRRP identifiers that others use on the segment: two groups with one identifier believe each other's elections.
pub(super) fn vrids(check: &mut Check<'_>) {
    let mut taken: BTreeSet<u8> = check.cluster.vips().map(|(_, v)| v.vrid).collect();
    for (_, facts) in check.hosts() {
        if let Some(Looked::Vrids(heard)) = facts.looks.get(&Look::Vrids.key()) {
            taken.extend(heard);
        }
    }
    for (endpoint, vip) in check.cluster.vips().filter(|(_, v)| !may_be_ours(check, v)).collect::<Vec<_>>() {
        let network = check.cluster.networks.iter().find(|n| n.name == vip.network);
        let heard = check.hosts().any(|(host, facts)| {
            network.is_some_and(|n| n.cidr.contains(&host.address))
                && matches!(facts.looks.get(&Look::Vrids.key()), Some(Looked::Vrids(heard)) if heard.contains(&vip.vrid))
        });
        if heard {
            let free = (vip.vrid..=u8::MAX).chain(1..vip.vrid).find(|v| !taken.contains(v));
            taken.extend(free);
            let note = Note::new("preflight-vrid-taken").with("vrid", vip.vrid).with("endpoint", &endpoint.name);
            let note = note.with("network", &vip.network).with("free", free.map_or("—".to_owned(), |v| v.to_string()));
            check.over_all(Severity::Error, note);
        }
    }
}
