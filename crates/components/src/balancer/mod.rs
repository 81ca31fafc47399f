//! HAProxy in front of the database: one address, one writer, named by the agents.

use std::net::SocketAddr;
use std::path::PathBuf;

use minijinja::context;
use model::{Cluster, EndpointKind, Host};
use wire::{AGENT_PORT, Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::galera::{self, AGENT_ACCOUNT};
use crate::render::render;
use crate::rule::{Capability, Rule};

pub struct Balancer;

pub(crate) const ID: &str = "balancer";
const UNIT: &str = "haproxy.service";
const SOCKET: &str = "/run/haproxy/quorate.sock";
const BACKEND: &str = "database";

impl Component for Balancer {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if cluster.database_members().is_empty() { vec![] } else { cluster.balancers() }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let Some((endpoint, EndpointKind::Vip(vip))) = at.cluster.endpoint(model::DATABASE).map(|e| (e, &e.kind))
        else {
            return vec![];
        };
        let servers: Vec<_> = at
            .cluster
            .database_members()
            .iter()
            .map(|h| context! { name => h.name.as_str(), address => SocketAddr::new(h.address, galera::PORT).to_string() })
            .collect();
        let binds: Vec<_> = endpoint.ports.iter().map(|p| SocketAddr::new(vip.address, *p).to_string()).collect();
        let (cluster, max_connections) = (&at.cluster.name, 4096);
        vec![
            Resource::Package { name: "haproxy".to_owned() },
            // The agent reads HAProxy's own view over its socket.
            Resource::User { name: AGENT_ACCOUNT.to_owned() },
            Resource::File {
                path: "/etc/haproxy/haproxy.cfg".into(),
                content: render(
                    include_str!("haproxy.cfg.j2"),
                    context! {
                        cluster, servers, binds, max_connections, agent_port => AGENT_PORT, socket => SOCKET,
                        backend => BACKEND, group => AGENT_ACCOUNT,
                    },
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
        // Binding an address that is not here yet needs the kernel's leave; the checks ask the agents.
        &["kernel", "agent"]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, _cluster: &Cluster) -> Vec<(Capability, Rule)> {
        // Contributed by the virtual IP in front of it: what counts is a balancer where the address is.
        vec![]
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        if !self.hosts(cluster).iter().any(|h| h.name == host.name) {
            return vec![];
        }
        vec![Probe {
            component: ID.to_owned(),
            name: "writer".to_owned(),
            kind: ProbeKind::HaproxyWriter { socket: PathBuf::from(SOCKET), backend: BACKEND.to_owned() },
        }]
    }

    fn awaits(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        alive(cluster, host)
    }

    fn ports(&self, cluster: &Cluster, _host: &Host) -> Vec<u16> {
        cluster.endpoint(model::DATABASE).map(|e| e.ports.clone()).unwrap_or_default()
    }
}

/// Whether HAProxy itself serves, whatever it says of the databases: a virtual IP gains nothing by fleeing from a
/// balancer because the database fails over.
pub(crate) fn alive(cluster: &Cluster, host: &Host) -> Vec<Probe> {
    if !Balancer.hosts(cluster).iter().any(|h| h.name == host.name) {
        return vec![];
    }
    vec![Probe {
        component: ID.to_owned(),
        name: "alive".to_owned(),
        kind: ProbeKind::HaproxyAlive { socket: PathBuf::from(SOCKET) },
    }]
}
