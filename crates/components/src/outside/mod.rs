//! What the cluster relies on and somebody else keeps: an external database, storage, load balancer or name.
//!
//! It has no hosts; it stands in the rules so that nobody takes a plan for safer than what it leans on.

use model::{Cluster, DatabaseMode, Endpoint, EndpointKind, Host, Storage};

use crate::behind;
use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Outside;

impl Component for Outside {
    fn id(&self) -> &'static str {
        "outside"
    }

    fn hosts<'c>(&self, _cluster: &'c Cluster) -> Vec<&'c Host> {
        vec![]
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Elsewhere
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let mut found: Vec<(Capability, String)> = Vec::new();
        found.extend(database(cluster).map(|what| (Capability::Database, what)));
        if let Some(Storage::External { address }) = &cluster.storage {
            found.push((Capability::Storage, format!("storage: {address}")));
        }
        for endpoint in &cluster.endpoints {
            let further = of_endpoint(endpoint).map(|what| (behind(endpoint), what));
            // The endpoint of an external database may say again what the database says.
            found.extend(further.filter(|f| !found.contains(f)));
        }
        found.into_iter().map(|(capability, what)| (capability, Rule::Outside(what))).collect()
    }
}

/// The external database, as the rules name it.
pub(crate) fn database(cluster: &Cluster) -> Option<String> {
    match cluster.database.as_ref().map(|d| &d.mode) {
        Some(DatabaseMode::External { host, port, .. }) => Some(format!("database: {host}:{port}")),
        _ => None,
    }
}

/// Who must do their part so that clients find the endpoint.
fn of_endpoint(endpoint: &Endpoint) -> Option<String> {
    let address = match &endpoint.kind {
        EndpointKind::External { address } => address,
        EndpointKind::Dns { name } => name,
        EndpointKind::Vip(_) | EndpointKind::Host { .. } => return None,
    };
    let port = endpoint.ports.first().map(|p| format!(":{p}")).unwrap_or_default();
    Some(format!("{}: {address}{port}", endpoint.name))
}
