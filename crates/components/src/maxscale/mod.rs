//! MaxScale in front of Galera (RA16-7, RA16-8). One instance alone is a single point of failure; two share a virtual IP.
//!
//! Its package is the operator's to supply: it is in no distribution. What is written for it follows its documentation
//! and was never run here.

use std::net::{IpAddr, SocketAddr};

use minijinja::context;
use model::{Cluster, Endpoint, EndpointKind, Host, Through};
use wire::resource::SECRET;
use wire::{Fault, Grant, Probe, ProbeKind, Resource, SqlAuth, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::galera;
use crate::render::render;
use crate::rule::{Capability, Rule};

pub struct Maxscale;

pub(crate) const ID: &str = "maxscale";
const UNIT: &str = "maxscale.service";
/// The operating system's account, made by the package.
const GROUP: &str = "maxscale";
/// The database's account, for its monitor and to know who may log in.
pub(crate) const ACCOUNT: &str = "quorate-maxscale";
/// What it must read to let clients log in as the members would.
const LOGINS: [&str; 7] = ["user", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "roles_mapping"];

/// Whether connections to the database go through it.
pub(crate) fn chosen(cluster: &Cluster) -> bool {
    endpoint(cluster).is_some()
}

fn endpoint(cluster: &Cluster) -> Option<&Endpoint> {
    cluster.endpoint(model::DATABASE).filter(|e| e.through == Some(Through::Maxscale))
}

/// Where an instance listens; the same on every host that runs one behind a virtual IP.
fn address(cluster: &Cluster, endpoint: &Endpoint) -> Option<IpAddr> {
    match &endpoint.kind {
        EndpointKind::Vip(vip) => Some(vip.address),
        EndpointKind::Host { host } => cluster.host(host).map(|h| h.address),
        EndpointKind::External { .. } | EndpointKind::Dns { .. } => None,
    }
}

/// Its account in the database, where it is used.
pub(crate) fn account(cluster: &Cluster) -> Option<Resource> {
    let grant = |privileges: &str, on: String| Grant { privileges: privileges.to_owned(), on };
    let mut grants = vec![grant("REPLICATION CLIENT, SHOW DATABASES", "*.*".to_owned())];
    grants.extend(LOGINS.map(|table| grant("SELECT", format!("mysql.{table}"))));
    chosen(cluster).then(|| Resource::SqlAccount {
        user: ACCOUNT.to_owned(),
        host: "%".to_owned(),
        auth: SqlAuth::Password { name: ACCOUNT.to_owned(), value: None },
        grants,
    })
}

/// Whether it runs; for the virtual IP in front of it.
pub(crate) fn alive(cluster: &Cluster, host: &Host) -> Vec<Probe> {
    let here = Maxscale.hosts(cluster).iter().any(|h| h.name == host.name);
    let kind = ProbeKind::Unit { unit: UNIT.to_owned() };
    here.then(|| Probe { component: ID.to_owned(), name: "alive".to_owned(), kind }).into_iter().collect()
}

impl Component for Maxscale {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        match endpoint(cluster).map(|e| &e.kind) {
            Some(EndpointKind::Vip(vip)) => vip.candidates.iter().filter_map(|c| cluster.host(c)).collect(),
            Some(EndpointKind::Host { host }) => cluster.host(host).into_iter().collect(),
            Some(EndpointKind::External { .. } | EndpointKind::Dns { .. }) | None => vec![],
        }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let Some(endpoint) = endpoint(at.cluster) else { return vec![] };
        let members = at.cluster.database_members();
        let server = |h: &&Host| context! { name => h.name.as_str(), address => h.address.to_string() };
        let servers: Vec<_> = members.iter().map(server).collect();
        let address = address(at.cluster, endpoint);
        let bind = |port: &u16| address.map(|a| context! { address => a.to_string(), port });
        let binds: Vec<_> = endpoint.ports.iter().filter_map(bind).collect();
        let content = render(
            include_str!("maxscale.cnf.j2"),
            context! {
                servers, binds, port => galera::PORT, account => ACCOUNT, secret => SECRET, service => model::DATABASE,
            },
        );
        vec![
            Resource::Package { name: "maxscale".to_owned() },
            Resource::SecretFile {
                path: "/etc/maxscale.cnf".into(),
                owner: "root".to_owned(),
                group: GROUP.to_owned(),
                mode: 0o640,
                secret: ACCOUNT.to_owned(),
                around: Some(content),
                touches: vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }],
                value: None,
            },
            Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
        ]
    }

    fn after(&self) -> &'static [&'static str] {
        // Binding an address that is not here yet needs the kernel's leave.
        &["kernel"]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        match endpoint(cluster).map(|e| &e.kind) {
            Some(EndpointKind::Host { host }) => vec![(Capability::Database, Rule::up(ID, host))],
            // With a virtual IP in front, the virtual IP says where an instance is needed.
            _ => vec![],
        }
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let mut probes = alive(cluster, host);
        // At a virtual IP the instance that holds it answers, whoever asks: that is the endpoint's own probe.
        if let Some(endpoint) = endpoint(cluster).filter(|e| matches!(e.kind, EndpointKind::Host { .. })) {
            probes.extend(endpoint.ports.iter().map(|port| Probe {
                component: ID.to_owned(),
                name: format!("greets-{port}"),
                kind: ProbeKind::SqlGreeting { address: SocketAddr::new(host.address, *port) },
            }));
        }
        probes
    }

    fn awaits(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        alive(cluster, host)
    }

    fn ports(&self, cluster: &Cluster, _host: &Host) -> Vec<u16> {
        endpoint(cluster).map(|e| e.ports.clone()).unwrap_or_default()
    }
}
