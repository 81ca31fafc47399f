//! Stable endpoints on every host: names that clients use instead of any host's address (R51-19).

use minijinja::context;
use model::{Cluster, EndpointKind, Host};
use wire::Resource;

use crate::component::{At, Component};
use crate::render::render;

pub struct Names;

/// The name by which every host knows an endpoint, whatever further names the file gives it.
pub fn endpoint_name(cluster: &Cluster, endpoint: &str) -> String {
    format!("{endpoint}.{}", cluster.name)
}

impl Component for Names {
    fn id(&self) -> &'static str {
        "names"
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.hosts.iter().collect()
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let hosts: Vec<_> = at
            .cluster
            .hosts
            .iter()
            .map(|h| format!("{} {}.{} {}", h.address, h.name, at.cluster.name, h.name))
            .collect();
        let endpoints: Vec<_> = at
            .cluster
            .endpoints
            .iter()
            .filter_map(|e| {
                let address = match &e.kind {
                    EndpointKind::Vip(vip) => vip.address.to_string(),
                    EndpointKind::External { address } => address.parse::<std::net::IpAddr>().ok()?.to_string(),
                    EndpointKind::Host { host } => at.cluster.host(host)?.address.to_string(),
                    EndpointKind::Dns { .. } => return None,
                };
                let mut names = vec![endpoint_name(at.cluster, &e.name)];
                names.extend(e.names.iter().cloned());
                Some(format!("{address} {}", names.join(" ")))
            })
            .collect();
        vec![Resource::Block {
            path: "/etc/hosts".into(),
            marker: at.cluster.name.clone(),
            content: render(include_str!("hosts.j2"), context! { hosts, endpoints }),
        }]
    }
}
