//! HAProxy in front of the database: one address with one writer, named by the agents; and with replication, where the
//! file asks for it, another one with the replicas that are near enough.

use std::net::SocketAddr;
use std::path::PathBuf;

use minijinja::context;
use model::{Cluster, Endpoint, Host, Vip};
use wire::{AGENT_PORT, Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::galera::{self, AGENT_ACCOUNT};
use crate::render::render;
use crate::replication;
use crate::rule::{Capability, Rule};

pub struct Balancer;

pub(crate) const ID: &str = "balancer";
const UNIT: &str = "haproxy.service";
const SOCKET: &str = "/run/haproxy/quorate.sock";

impl Component for Balancer {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if cluster.database_members().is_empty() { vec![] } else { cluster.balancers() }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let reads = replication::settings(at.cluster)
            .filter(|_| !binds(at.cluster, at.host, model::DATABASE_READ).is_empty())
            .map(|settings| {
                let binds = binds(at.cluster, at.host, model::DATABASE_READ);
                context! { backend => model::DATABASE_READ, binds, max_lag => settings.max_lag_s }
            });
        let servers: Vec<_> = at
            .cluster
            .database_members()
            .iter()
            .map(|h| context! { name => h.name.as_str(), address => SocketAddr::new(h.address, galera::PORT).to_string() })
            .collect();
        let binds = binds(at.cluster, at.host, model::DATABASE);
        let max_connections = 4096;
        vec![
            Resource::Package { name: "haproxy".to_owned() },
            // The agent reads HAProxy's own view over its socket.
            Resource::User { name: AGENT_ACCOUNT.to_owned() },
            Resource::File {
                path: "/etc/haproxy/haproxy.cfg".into(),
                content: render(
                    include_str!("haproxy.cfg.j2"),
                    context! {
                        servers, binds, reads, max_connections, agent_port => AGENT_PORT, socket => SOCKET,
                        backend => model::DATABASE, group => AGENT_ACCOUNT,
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
        let probe = |name: &str, kind| Probe { component: ID.to_owned(), name: name.to_owned(), kind };
        let (socket, backend) = (PathBuf::from(SOCKET), model::DATABASE.to_owned());
        let mut probes = vec![probe("writer", ProbeKind::HaproxyWriter { socket, backend })];
        if !binds(cluster, host, model::DATABASE_READ).is_empty() {
            let (socket, backend) = (PathBuf::from(SOCKET), model::DATABASE_READ.to_owned());
            probes.push(probe("reader", ProbeKind::HaproxyReader { socket, backend }));
        }
        probes
    }

    fn awaits(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        alive(cluster, host)
    }

    fn ports(&self, cluster: &Cluster, host: &Host) -> Vec<u16> {
        of_host(cluster, host).flat_map(|(e, _)| e.ports.iter().copied()).collect()
    }
}

/// The endpoints for which a host's HAProxy answers while it holds their addresses.
fn of_host<'c>(cluster: &'c Cluster, host: &Host) -> impl Iterator<Item = (&'c Endpoint, &'c Vip)> {
    cluster.balanced().filter(|(_, vip)| vip.candidates.contains(&host.name))
}

/// Where a host's HAProxy listens for an endpoint; nowhere, if the host may not hold it.
fn binds(cluster: &Cluster, host: &Host, endpoint: &str) -> Vec<String> {
    of_host(cluster, host)
        .filter(|(e, _)| e.name == endpoint)
        .flat_map(|(e, vip)| e.ports.iter().map(|p| SocketAddr::new(vip.address, *p).to_string()))
        .collect()
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
