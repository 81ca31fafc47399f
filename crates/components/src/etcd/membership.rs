//! Who founds the cluster, who joins, and when nobody may.
//!
//! A member without data is started as a founder only while the founding is not over: every member was reached, and
//! none of them has come up before. Static founding is safe to repeat: member identities derive from names, URLs and
//! the token. A member comes up (etcd tells systemd so) only when it is part of a quorum.

use wire::{Looked, Note, Resource};

use super::{DATA_DIR, ETCD_NEW, FLAG, UNIT, data_look, members_look};
use crate::component::{Membership, Start, View};

/// Decides for every reached member how it starts.
pub fn decide(view: View<'_>) -> Membership {
    let members = view.cluster.etcd_members();
    let absent = view.absent(&members);
    let has_data = |name| matches!(view.looked(name, &data_look()), Some(Looked::Exists(true)));
    let populated: Vec<_> = members.iter().filter(|h| has_data(&h.name)).collect();
    let known = members.iter().find_map(|h| match view.looked(&h.name, &members_look(h)) {
        Some(Looked::EtcdMembers(Ok(known))) => Some(known),
        _ => None,
    });

    // With a quorum of data somewhere, only the running quorum can say whether this member ever voted.
    let may_have_had_quorum =
        populated.len() + absent.len() > members.len() / 2 || members.iter().any(|h| view.came_up(&h.name, UNIT));

    let mut membership = Membership::default();
    for host in members.iter().filter(|h| view.facts.contains_key(&h.name)) {
        let member = known.and_then(|k| k.iter().find(|m| m.name == host.name.as_str()));
        let start = if has_data(&host.name) {
            Start::Plain
        } else if member.is_some_and(|m| !m.client_urls.is_empty()) {
            // Its vote would come back without the log that it acknowledged.
            Start::Refused(Note::new("etcd-member-lost-data").with("host", &host.name))
        } else if known.is_none() && view.came_up(&host.name, UNIT) {
            // Perhaps only a filesystem that is not mounted: a new cluster beside it would be the second one.
            Start::Refused(Note::new("etcd-data-gone").with("host", &host.name).with("path", DATA_DIR))
        } else if populated.is_empty() && !absent.is_empty() {
            let names: Vec<_> = absent.iter().map(|h| h.name.as_str()).collect();
            Start::Refused(Note::new("etcd-bootstrap-needs-all").with("absent", names.join(", ")))
        } else if known.is_none() && may_have_had_quorum {
            Start::Refused(Note::new("etcd-quorum-first").with("host", &host.name))
        } else {
            // The founding, or the rest of an interrupted one.
            Start::With { flags: vec![founding_flag()], after: vec![] }
        };
        membership.starts.insert(host.name.clone(), start);
    }
    membership
}

fn founding_flag() -> Resource {
    Resource::Flag { path: FLAG.into(), content: format!("{ETCD_NEW}\n") }
}
