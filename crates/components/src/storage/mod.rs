//! Shared storage: GlusterFS or one NFS server. Both are deployed by a later version.

use model::{Cluster, Host, Role, Storage};

use crate::component::{Component, Deployable};
use crate::rule::{Capability, Rule};

pub struct Glusterfs;
pub struct Nfs;

const GLUSTERFS: &str = "glusterfs";
const NFS: &str = "nfs";

impl Component for Glusterfs {
    fn id(&self) -> &'static str {
        GLUSTERFS
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        match cluster.storage {
            Some(Storage::Glusterfs { .. }) => cluster.with_role(Role::Storage),
            _ => vec![],
        }
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Later
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let Some(Storage::Glusterfs { replicas }) = cluster.storage else { return vec![] };
        let up: Vec<Rule> = self.hosts(cluster).iter().map(|h| Rule::up(GLUSTERFS, &h.name)).collect();
        // A new file goes, by its name, to one of the sets of replicas: each of them must be writable. Three copies and
        // more need more than half, whatever was lost before. Two copies go on with either one, as R51-4 asks; the price
        // is that a cut between them leaves both sides writing.
        let writable =
            |set: &[Rule]| if set.len() > 2 { Rule::majority(set.to_vec()) } else { Rule::Any(set.to_vec()) };
        up.chunks(replicas).map(|set| (Capability::Storage, writable(set))).collect()
    }
}

impl Component for Nfs {
    fn id(&self) -> &'static str {
        NFS
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if cluster.storage == Some(Storage::Nfs) { cluster.with_role(Role::Storage) } else { vec![] }
    }

    fn deployable(&self, _cluster: &Cluster, _host: &Host) -> Deployable {
        Deployable::Later
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        self.hosts(cluster).iter().map(|h| (Capability::Storage, Rule::up(NFS, &h.name))).collect()
    }
}
