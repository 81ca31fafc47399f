//! MaxScale in front of Galera (RA16-7, RA16-8). One instance alone is a single point of failure; two share a virtual IP.
//!
//! Deployed by a later version.

use model::{Cluster, EndpointKind, Host, Through};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Maxscale;

pub(crate) const ID: &str = "maxscale";

/// Whether connections to the database go through it.
pub(crate) fn chosen(cluster: &Cluster) -> bool {
    cluster.endpoint(model::DATABASE).is_some_and(|e| e.through == Some(Through::Maxscale))
}

impl Component for Maxscale {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        let Some(endpoint) = cluster.endpoint(model::DATABASE).filter(|_| chosen(cluster)) else { return vec![] };
        match &endpoint.kind {
            EndpointKind::Vip(vip) => vip.candidates.iter().filter_map(|c| cluster.host(c)).collect(),
            EndpointKind::Host { host } => cluster.host(host).into_iter().collect(),
            EndpointKind::External { .. } | EndpointKind::Dns { .. } => vec![],
        }
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Later
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        match cluster.endpoint(model::DATABASE).map(|e| &e.kind) {
            Some(EndpointKind::Host { host }) if chosen(cluster) => vec![(Capability::Database, Rule::up(ID, host))],
            // With a virtual IP in front, the virtual IP says where an instance is needed.
            _ => vec![],
        }
    }
}
