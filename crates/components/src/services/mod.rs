//! Services that another installer runs on the cluster's hosts, such as a platform's built-in registry: the file says
//! where, and what does not work without them.

use model::{Cluster, Host, ServicePlace};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Services;

const ID: &str = "service";

impl Component for Services {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        let runs_one = |h: &Host| {
            cluster
                .services
                .iter()
                .any(|s| matches!(&s.place, ServicePlace::Hosts { hosts, .. } if hosts.contains(&h.name)))
        };
        cluster.hosts.iter().filter(|h| runs_one(h)).collect()
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Elsewhere
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let rule = |service: &model::Service| match &service.place {
            ServicePlace::Hosts { hosts, needs } => {
                // Each service fails by itself, so each has leaves of its own.
                let leaf = format!("{ID}/{}", service.name);
                let mut up: Vec<_> = hosts.iter().map(|h| Rule::up(&leaf, h)).collect();
                match (up.len(), *needs) {
                    (1, _) => up.remove(0),
                    (_, 1) => Rule::Any(up),
                    (_, needs) => Rule::AtLeast { k: needs, of: up },
                }
            }
            ServicePlace::External { address } => Rule::Outside(format!("{}: {address}", service.name)),
        };
        cluster.services.iter().map(|s| (s.capability, rule(s))).collect()
    }
}
