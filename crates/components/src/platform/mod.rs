//! The platform itself: its console and API on the control hosts, and the workloads on the compute hosts.
//!
//! Cloudpods, Rainbond and Rancher have installers of their own, which run on the foundation that Quorate builds; for a
//! later version, Kubernetes is Quorate's own business.

use model::{Cluster, Host, PlatformKind, Role};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Platform;
pub struct Compute;

pub(crate) const ID: &str = "platform";
const COMPUTE: &str = "compute";

fn deployable(cluster: &Cluster) -> Deployable {
    match cluster.platform.map(|p| p.kind) {
        Some(PlatformKind::Kubernetes) => Deployable::Later,
        Some(PlatformKind::Cloudpods | PlatformKind::Rainbond | PlatformKind::Rancher) | None => Deployable::Elsewhere,
    }
}

/// The hosts with the role, where there is a platform.
fn with_role(cluster: &Cluster, role: Role) -> Vec<&Host> {
    if cluster.platform.is_some() { cluster.with_role(role) } else { vec![] }
}

impl Component for Platform {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        with_role(cluster, Role::Control)
    }

    fn deployable(&self, cluster: &Cluster, _host: &Host) -> Deployable {
        deployable(cluster)
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let up: Vec<_> = self.hosts(cluster).iter().map(|h| Rule::up(ID, &h.name)).collect();
        if up.is_empty() { vec![] } else { vec![(Capability::Control, Rule::Any(up))] }
    }

    fn rests_on(&self, cluster: &Cluster) -> Vec<(Capability, Capability)> {
        let Some(platform) = cluster.platform else { return vec![] };
        let mut lower = Vec::new();
        // Users come in through the gateways, unless the control plane has an endpoint of its own.
        if cluster.endpoint(model::CONTROL).is_none() {
            lower.push(Capability::Ingress);
        }
        if platform.kind.uses_database() {
            lower.push(Capability::Database);
        }
        if platform.kind.uses_etcd() {
            lower.push(Capability::Coordination);
        }
        lower.into_iter().map(|l| (Capability::Control, l)).collect()
    }
}

impl Component for Compute {
    fn id(&self) -> &'static str {
        COMPUTE
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        with_role(cluster, Role::Compute)
    }

    fn deployable(&self, cluster: &Cluster, _host: &Host) -> Deployable {
        deployable(cluster)
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        // What runs keeps running without control plane, database or etcd (RA16-10): it rests on nothing else.
        let up: Vec<_> = self.hosts(cluster).iter().map(|h| Rule::up(COMPUTE, &h.name)).collect();
        if up.is_empty() { vec![] } else { vec![(Capability::Workloads, Rule::Any(up))] }
    }
}
