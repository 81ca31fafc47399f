//! Networks: readable, named once, and without overlap, so that an address belongs to one of them at most.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Findings, names};
use crate::codes;
use crate::raw;
use crate::types::Network;
use crate::yaml::At;

/// A network as far as it could be read.
pub(super) struct Checked<'a> {
    pub raw: &'a raw::Network,
    pub cidr: Option<IpNet>,
}

impl Checked<'_> {
    pub(super) fn finish(self) -> Option<Network> {
        Some(Network { name: self.raw.name.value.clone(), cidr: self.cidr? })
    }
}

pub(super) fn check<'a>(raw: &'a At<Vec<raw::Network>>, found: &mut Findings) -> Vec<Checked<'a>> {
    if raw.value.is_empty() {
        found.add(codes::NO_NETWORKS.at(raw.span));
    }
    names::unique("network", raw.value.iter().map(|n| &n.name), found);
    let mut checked: Vec<Checked<'a>> = Vec::new();
    for network in &raw.value {
        names::label("network", &network.name, found);
        let cidr = cidr(&network.cidr, found);
        if let Some(cidr) = cidr {
            let overlapping = checked.iter().find(|c| c.cidr.is_some_and(|o| o.contains(&cidr) || cidr.contains(&o)));
            if let Some(other) = overlapping {
                let finding = codes::NETWORK_OVERLAP.at(network.cidr.span);
                found.add(
                    finding
                        .arg("first", &other.raw.cidr.value)
                        .arg("second", cidr)
                        .related(other.raw.cidr.span, &other.raw.name.value),
                );
            }
        }
        checked.push(Checked { raw: network, cidr });
    }
    checked
}

fn cidr(text: &At<String>, found: &mut Findings) -> Option<IpNet> {
    let Ok(cidr) = text.value.parse::<IpNet>() else {
        found.add(codes::BAD_CIDR.at(text.span).arg("cidr", &text.value));
        return None;
    };
    if cidr.trunc() != cidr {
        let finding = codes::CIDR_HOST_BITS.at(text.span);
        found.add(finding.arg("cidr", cidr).arg("network", cidr.trunc()));
    }
    Some(cidr.trunc())
}

/// The network that contains the address.
pub(super) fn containing<'n, 'a>(networks: &'n [Checked<'a>], address: IpAddr) -> Option<&'n Checked<'a>> {
    networks.iter().find(|n| n.cidr.is_some_and(|c| c.contains(&address)))
}

/// Whether every network could be read: only then is "in none of them" a finding.
pub(super) fn all_known(networks: &[Checked<'_>]) -> bool {
    !networks.is_empty() && networks.iter().all(|n| n.cidr.is_some())
}

/// The networks in a row, for messages.
pub(super) fn list(networks: &[Checked<'_>]) -> String {
    networks.iter().map(|n| n.raw.cidr.value.as_str()).collect::<Vec<_>>().join(", ")
}

/// Whether nobody may have the address: the network's own or its broadcast address.
pub(super) fn reserved(cidr: IpNet, address: IpAddr) -> bool {
    // In networks of two addresses or one (RFC 3021), every address is usable; IPv6 has no broadcast.
    match cidr {
        IpNet::V4(v4) if v4.prefix_len() < 31 => address == v4.network() || address == v4.broadcast(),
        IpNet::V6(v6) if v6.prefix_len() < 127 => address == v6.network(),
        IpNet::V4(_) | IpNet::V6(_) => false,
    }
}
