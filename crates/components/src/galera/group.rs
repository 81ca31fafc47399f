//! What everybody with a vote in the group must have alike, members and arbitrator: who suspects whom when, and how they
//! know each other.

use model::{Cluster, Host};

/// Where votes are counted.
pub(crate) const GROUP_PORT: u16 = 4567;

/// A silent one is suspected after 1 s, gone after 3 s; the other times follow from it.
pub(crate) const TIMES: &str = "evs.keepalive_period=PT0.3S;evs.inactive_check_period=PT0.1S;evs.suspect_timeout=PT1S;\
    evs.inactive_timeout=PT3S;evs.install_timeout=PT3S;evs.join_retrans_period=PT0.2S;gmcast.time_wait=PT1S;\
    pc.announce_timeout=PT1S";

/// Traffic is encrypted, and only holders of the cluster's certificates get in.
pub(crate) fn encryption(certificates: &str, name: &str) -> String {
    format!(
        "socket.ssl=yes;socket.ssl_ca={certificates}/ca.crt;socket.ssl_cert={certificates}/{name}.crt;\
         socket.ssl_key={certificates}/{name}.key"
    )
}

/// Everybody with a vote: the members with the data, and the arbitrator where there is one.
pub(crate) fn votes(cluster: &Cluster) -> Vec<&Host> {
    if super::settings(cluster).is_none() {
        return vec![];
    }
    let mut votes = cluster.database_members();
    votes.extend(cluster.arbitrator());
    votes
}
