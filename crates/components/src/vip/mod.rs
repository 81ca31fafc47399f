//! keepalived: virtual IPs, each held by exactly one host that can serve what stands behind it.

use std::net::SocketAddr;

use minijinja::context;
use model::{Cluster, Endpoint, Host};
use wire::{Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::render::render;
use crate::rule::{Capability, Rule};
use crate::{balancer, gateway};

pub struct Vip;

pub(crate) const ID: &str = "vip";
const UNIT: &str = "keepalived.service";

/// What stands behind an endpoint's address: the component, the agent's verdict on it, and the capability.
fn behind(endpoint: &Endpoint) -> (&'static str, &'static str, Capability) {
    if endpoint.name == model::DATABASE {
        (balancer::ID, "balancer", Capability::Database)
    } else {
        (gateway::ID, "gateway", Capability::Ingress)
    }
}

/// Under which the probes through a virtual IP are reported.
const ENDPOINT: &str = "endpoint";

fn running() -> Vec<Probe> {
    vec![Probe {
        component: ID.to_owned(),
        name: "keepalived".to_owned(),
        kind: ProbeKind::Unit { unit: UNIT.to_owned() },
    }]
}

/// How one sees that an endpoint answers.
fn reach(endpoint: &Endpoint, cluster: &Cluster, address: SocketAddr) -> ProbeKind {
    if endpoint.name == model::DATABASE {
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
        cluster.hosts.iter().filter(|h| cluster.vips().any(|(_, v)| v.candidates.contains(&h.name))).collect()
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let interface = at.interface().unwrap_or("interface-not-found");
        let mine: Vec<_> = at.cluster.vips().filter(|(_, v)| v.candidates.contains(&at.host.name)).collect();
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
                    address => format!("{}/{}", vip.address, vip.prefix), peers, verdict => behind(endpoint).1,
                }
            })
            .collect();
        let mut verdicts: Vec<_> = mine.iter().map(|(e, _)| behind(e).1).collect();
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
        &["agent", "balancer", "gateway"]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        cluster
            .vips()
            .map(|(endpoint, vip)| {
                let (service, _, capability) = behind(endpoint);
                // Not the agent: the check that keepalived runs looks for itself where no agent answers.
                let holder = |c| Rule::All(vec![Rule::up(ID, c), Rule::up(service, c)]);
                let holders = vip.candidates.iter().map(holder).collect();
                (capability, Rule::Any(holders))
            })
            .collect()
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let mut probes = running();
        for (endpoint, vip) in cluster.vips().filter(|(_, v)| v.candidates.contains(&host.name)) {
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
