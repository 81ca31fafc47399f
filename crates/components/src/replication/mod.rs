//! MariaDB with a primary and one synchronous replica, failed over by the agents with a lease in etcd.
//!
//! Deployed by a later version; its rule is what that version must keep.

use model::{Cluster, DatabaseMode, EndpointKind, Host, HostName};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Replication;

const ID: &str = "replication";

/// Whether the file asks for it.
pub(crate) fn chosen(cluster: &Cluster) -> bool {
    matches!(cluster.database.as_ref().map(|d| &d.mode), Some(DatabaseMode::Replication(_)))
}

impl Component for Replication {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if chosen(cluster) { cluster.database_members() } else { vec![] }
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Later
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let members = self.hosts(cluster);
        if members.is_empty() {
            return vec![];
        }
        // The agent renews the lease and keeps the server open: a member without it can neither be promoted nor write.
        let member = |h: &HostName| Rule::All(vec![Rule::up(ID, h), Rule::up("agent", h)]);
        // Writes wait for one acknowledgement, so every acknowledged write is on the primary and on the one synchronous
        // replica. Of two members either may be lost: the replica is promoted, or the primary degrades and goes on. Of
        // three, the third follows asynchronously; when the primary and the synchronous replica go in one moment, it may
        // not be promoted, for it may lack what was acknowledged. Which two these are changes with every failover, so
        // any two count. One loss after another is survived further than this says (the third takes the replica's place
        // in between); the rule promises less.
        let needs = members.len().saturating_sub(1).max(1);
        let enough = Rule::AtLeast { k: needs, of: members.iter().map(|h| member(&h.name)).collect() };
        // The primary holds the virtual IP itself: only a candidate can be one.
        let candidates = match cluster.endpoint(model::DATABASE).map(|e| &e.kind) {
            Some(EndpointKind::Vip(vip)) if vip.candidates.len() < members.len() => vip.candidates.as_slice(),
            _ => return vec![(Capability::Database, enough)],
        };
        let writer = Rule::Any(candidates.iter().map(member).collect());
        vec![(Capability::Database, Rule::All(vec![enough, writer]))]
    }

    fn rests_on(&self, cluster: &Cluster) -> Vec<(Capability, Capability)> {
        // Without etcd's quorum the primary cannot renew its lease and closes itself before the lease ends, and nobody
        // else can take it: losing nothing comes before going on.
        if chosen(cluster) { vec![(Capability::Database, Capability::Coordination)] } else { vec![] }
    }
}
