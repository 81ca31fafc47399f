//! One look at a running cluster.

use std::time::Duration;

use model::Cluster;
use planner::health::{Health, probes};
use wire::Request;

use crate::apply::health_of;
use crate::fleet::Fleet;

/// Runs every probe once on every connected host.
pub async fn status(cluster: &Cluster, fleet: &mut Fleet, limit: Duration) -> Health {
    let answers =
        fleet.ask_all(limit, |name| Some(Request::Probe { probes: probes(cluster, cluster.host(name)?) })).await;
    health_of(cluster, fleet, answers)
}
