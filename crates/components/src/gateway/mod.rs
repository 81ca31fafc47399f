//! nginx as the platform's gateway. It serves a page that names the platform until servers stand behind it.

use std::net::SocketAddr;

use minijinja::context;
use model::{Cluster, EndpointKind, Host};
use wire::{Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::render::render;
use crate::rule::{Capability, Rule};

pub struct Gateway;

pub(crate) const ID: &str = "gateway";
const UNIT: &str = "nginx.service";

impl Component for Gateway {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.gateways()
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let mut addresses = vec![at.host.address];
        if let Some(EndpointKind::Vip(vip)) = at.cluster.endpoint(model::PLATFORM).map(|e| &e.kind) {
            addresses.push(vip.address);
        }
        let listens: Vec<_> = addresses
            .iter()
            .flat_map(|a| ports(at.cluster).into_iter().map(move |p| SocketAddr::new(*a, p).to_string()))
            .collect();
        vec![
            Resource::Package { name: "nginx-light".to_owned() },
            Resource::File {
                path: "/etc/nginx/conf.d/quorate.conf".into(),
                content: render(
                    include_str!("nginx.conf.j2"),
                    context! { cluster => at.cluster.name.as_str(), host => at.host.name.as_str(), listens },
                ),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Reload }],
            },
            Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
        ]
    }

    fn after(&self) -> &'static [&'static str] {
        &["kernel"]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        match cluster.endpoint(model::PLATFORM).map(|e| &e.kind) {
            // With a virtual IP in front, the virtual IP says where a gateway is needed.
            Some(EndpointKind::Vip(_)) => return vec![],
            // Clients know one gateway alone.
            Some(EndpointKind::Host { host }) => return vec![(Capability::Ingress, Rule::up(ID, host))],
            Some(EndpointKind::External { .. } | EndpointKind::Dns { .. }) | None => {}
        }
        let up: Vec<_> = self.hosts(cluster).iter().map(|h| Rule::up(ID, &h.name)).collect();
        if up.is_empty() { vec![] } else { vec![(Capability::Ingress, Rule::Any(up))] }
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        ports(cluster)
            .into_iter()
            .map(|port| Probe {
                component: ID.to_owned(),
                name: format!("http-{port}"),
                kind: ProbeKind::Http {
                    address: SocketAddr::new(host.address, port),
                    path: "/healthz".to_owned(),
                    contains: format!("{} {}", cluster.name, host.name),
                },
            })
            .collect()
    }

    fn ports(&self, cluster: &Cluster, _host: &Host) -> Vec<u16> {
        ports(cluster)
    }
}

fn ports(cluster: &Cluster) -> Vec<u16> {
    cluster.endpoint(model::PLATFORM).map_or_else(|| vec![80], |e| e.ports.clone())
}
