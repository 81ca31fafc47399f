//! keepalived: virtual IPs, each held by exactly one host that can serve what stands behind it.

use std::net::{IpAddr, SocketAddr};

use minijinja::context;
use model::{Cluster, Endpoint, Host, HostName, Through};
use serde::{Deserialize, Serialize};
use wire::{Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Deployable, Rollout, unit_failures};
use crate::render::render;
use crate::rule::{Capability, Rule};
use crate::{balancer, behind, gateway, lvs, maxscale, platform, replication};

pub struct Vip;

pub(crate) const ID: &str = "vip";
const UNIT: &str = "keepalived.service";

/// The component that answers at an endpoint's address.
fn service(endpoint: &Endpoint) -> &'static str {
    match (endpoint.through, behind(endpoint)) {
        (Some(Through::Lvs), _) => lvs::ID,
        (Some(Through::Maxscale), _) => maxscale::ID,
        (Some(Through::Haproxy), _) | (None, Capability::Database | Capability::Reads) => balancer::ID,
        (None, Capability::Control) => platform::ID,
        (None, _) => gateway::ID,
    }
}

/// The agent's verdict on whether this host can serve an endpoint: of what balances the database, whichever it is, there
/// is one.
fn verdict(endpoint: &Endpoint) -> &'static str {
    match service(endpoint) {
        maxscale::ID => balancer::ID,
        other => other,
    }
}

/// The virtual IPs that keepalived moves: not that of a replicated database which its primary holds itself.
fn moved(cluster: &Cluster) -> impl Iterator<Item = (&Endpoint, &model::Vip)> {
    let held = replication::address(cluster).map(|(e, _)| e.name.as_str());
    cluster.vips().filter(move |(e, _)| held != Some(e.name.as_str()))
}

/// Those that a host may hold.
fn of_host<'c>(cluster: &'c Cluster, host: &Host) -> Vec<(&'c Endpoint, &'c model::Vip)> {
    moved(cluster).filter(|(_, v)| v.candidates.contains(&host.name)).collect()
}

/// An address, and hosts of which each makes a difference by holding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub address: IpAddr,
    pub by: Vec<HostName>,
}

/// What becomes of the virtual IPs when a host sends and no longer hears, by the capability behind each.
///
/// Nobody answers at an address that it holds, and nobody takes it over, for its advertisements go on. It becomes a
/// master of what others hold, too, as it does not hear them; they yield to it where it has the higher priority, and
/// announce the address anew where it has the lower one (RFC 5798, 6.4; `vrrp_garp_lower_prio_repeat`). VRRP cannot tell
/// a deaf host from the last one that is left, which must serve.
pub fn kept_by_the_deaf(cluster: &Cluster, host: &HostName) -> Vec<(Capability, Held)> {
    let captured = |(endpoint, vip): (&Endpoint, &model::Vip)| {
        let place = vip.candidates.iter().position(|c| c == host)?;
        // Candidates stand in the order of their priorities.
        Some((behind(endpoint), Held { address: vip.address, by: vip.candidates.get(place..)?.to_vec() }))
    };
    moved(cluster).filter_map(captured).collect()
}

/// Under which the probes through a virtual IP are reported.
pub(crate) const ENDPOINT: &str = "endpoint";

fn running() -> Vec<Probe> {
    vec![Probe {
        component: ID.to_owned(),
        name: "keepalived".to_owned(),
        kind: ProbeKind::Unit { unit: UNIT.to_owned() },
    }]
}

/// How one sees that an endpoint answers.
fn reach(endpoint: &Endpoint, cluster: &Cluster, address: SocketAddr) -> ProbeKind {
    if [model::DATABASE, model::DATABASE_READ].contains(&endpoint.name.as_str()) {
        ProbeKind::SqlGreeting { address }
    } else {
        ProbeKind::Http { address, path: "/healthz".to_owned(), contains: cluster.name.clone() }
    }
}

impl Component for Vip {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.hosts.iter().filter(|h| !of_host(cluster, h).is_empty()).collect()
    }

    fn deployable(&self, cluster: &Cluster, host: &Host) -> Deployable {
        // Of the platform's own servers the agent has no verdict yet, and an address must not stay with a dead one.
        let judged = |e: &Endpoint| service(e) != platform::ID;
        if of_host(cluster, host).iter().all(|(e, _)| judged(e)) { Deployable::Now } else { Deployable::Later }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let interface = at.interface().unwrap_or("interface-not-found");
        let mine = of_host(at.cluster, at.host);
        let instances: Vec<_> = mine
            .iter()
            .map(|(endpoint, vip)| {
                let place = vip.candidates.iter().position(|c| *c == at.host.name).unwrap_or(0);
                let peers: Vec<_> = vip
                    .candidates
                    .iter()
                    .filter(|c| **c != at.host.name)
                    .filter_map(|c| at.cluster.host(c))
                    .map(|h| h.address.to_string())
                    .collect();
                context! {
                    name => endpoint.name.as_str(), vrid => vip.vrid, priority => 200 - place.min(150),
                    address => format!("{}/{}", vip.address, vip.prefix), peers, verdict => verdict(endpoint),
                }
            })
            .collect();
        let mut verdicts: Vec<_> = mine.iter().map(|(e, _)| verdict(e)).collect();
        verdicts.sort_unstable();
        verdicts.dedup();
        let addresses: Vec<_> = mine.iter().map(|(_, v)| format!("{}/{}", v.address, v.prefix)).collect();
        let program = wire::PROGRAM;
        vec![
            Resource::Package { name: "keepalived".to_owned() },
            Resource::File {
                path: "/etc/keepalived/keepalived.conf".into(),
                content: render(
                    include_str!("keepalived.conf.j2"),
                    context! { host => at.host.name.as_str(), own => at.host.address.to_string(), interface, instances, verdicts, program },
                ),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Reload }],
            },
            Resource::Directory {
                path: "/etc/systemd/system/keepalived.service.d".into(),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o755,
            },
            Resource::File {
                path: "/etc/systemd/system/keepalived.service.d/quorate.conf".into(),
                content: render(include_str!("keepalived.service.j2"), context! { addresses, interface }),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }],
            },
            Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
        ]
    }

    fn after(&self) -> &'static [&'static str] {
        &["agent", "balancer", "gateway", "maxscale"]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        moved(cluster)
            .map(|(endpoint, vip)| {
                let service = service(endpoint);
                // Not the agent: the check that keepalived runs looks for itself where no agent answers.
                let holder = |c| Rule::All(vec![Rule::up(ID, c), Rule::up(service, c)]);
                let holders = vip.candidates.iter().map(holder).collect();
                (behind(endpoint), Rule::Any(holders))
            })
            .collect()
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let mut probes = running();
        for (endpoint, vip) in of_host(cluster, host) {
            probes.push(Probe {
                component: ID.to_owned(),
                name: format!("holds-{}", endpoint.name),
                kind: ProbeKind::Holds { address: vip.address },
            });
            // Under a name of its own: that the address does not answer is not the fault of every keepalived.
            probes.extend(endpoint.ports.first().map(|port| Probe {
                component: ENDPOINT.to_owned(),
                name: format!("reach-{}", endpoint.name),
                kind: reach(endpoint, cluster, SocketAddr::new(vip.address, *port)),
            }));
        }
        probes
    }

    fn awaits(&self, _cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        running()
    }
}
