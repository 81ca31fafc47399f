//! IPVS directors in front of the gateways (RA16-16): they hold the virtual IP and spread connections over all gateways
//! that answer.
//!
//! Deployed by a later version.

use model::{Cluster, Host, Through};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};
use crate::{behind, gateway};

pub struct Lvs;

pub(crate) const ID: &str = "lvs";

impl Component for Lvs {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        let directs =
            |h: &Host| cluster.vips().any(|(e, v)| e.through == Some(Through::Lvs) && v.candidates.contains(&h.name));
        cluster.hosts.iter().filter(|h| directs(h)).collect()
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Later
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        // Which director is needed where is said by the virtual IP; behind it, a gateway that fails its check is left
        // out, so any one will do.
        let any = || Rule::Any(cluster.gateways().iter().map(|h| Rule::up(gateway::ID, &h.name)).collect());
        let directed = cluster.vips().filter(|(e, _)| e.through == Some(Through::Lvs));
        directed.map(|(e, _)| (behind(e), any())).collect()
    }
}
