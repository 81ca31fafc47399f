//! Who founds the database, and when nobody may.
//!
//! Who is the primary of a database that exists is the agents' business, and etcd's record's. Here is only what they
//! cannot know: that every database host was looked at, and none has a database that a new one would take the place of.

use model::HostName;
use wire::facts::ReplicaFacts;
use wire::replication::{FOUND_FLAG, Standing};
use wire::{Look, Looked, Note, Resource};

use super::Replication;
use crate::component::{Component, Membership, Start, View};

pub(crate) fn facts<'a>(view: View<'a>, host: &HostName) -> Option<&'a ReplicaFacts> {
    match view.looked(host, &Look::Replication) {
        Some(Looked::Replication(facts)) => Some(facts),
        _ => None,
    }
}

/// Whether a server here holds data that are not the replicated database's: an agent must not touch them.
pub(crate) fn foreign(facts: &ReplicaFacts) -> Option<Vec<String>> {
    (!facts.data && !facts.foreign_schemas.is_empty()).then(|| facts.foreign_schemas.clone())
}

/// The refusal of a host whose server holds data of somebody else.
pub(crate) fn refusal(host: &HostName, schemas: &[String]) -> Start {
    Start::Refused(Note::new("replication-foreign-data").with("hosts", host).with("schemas", schemas.join(", ")))
}

/// The host that has the lead, by its own agent's word.
pub(super) fn primary(view: View<'_>) -> Option<HostName> {
    let members = Replication.hosts(view.cluster);
    let leads = |f: &ReplicaFacts| f.agent.as_ref().is_some_and(|a| a.standing == Standing::Primary);
    members.iter().find(|h| facts(view, &h.name).is_some_and(leads)).map(|h| h.name.clone())
}

/// Decides for every reached member how it starts.
pub(super) fn decide(view: View<'_>) -> Membership {
    let members = Replication.hosts(view.cluster);
    let reached: Vec<_> = members.iter().filter_map(|h| Some((&h.name, facts(view, &h.name)?))).collect();
    let agents = || reached.iter().filter_map(|(_, f)| f.agent.as_ref());
    let recorded = agents().any(|a| a.record.is_some());
    let unrecorded = !recorded && agents().any(|a| a.coordinated);
    let with_data: Vec<&str> = reached.iter().filter(|(_, f)| f.data).map(|(h, _)| h.as_str()).collect();
    let absent: Vec<&str> = view.absent(&members).iter().map(|h| h.name.as_str()).collect();
    let in_the_way = reached.iter().find_map(|(host, f)| Some(refusal(host, &foreign(f)?)));

    let mut membership = Membership { last: primary(view), ..Membership::default() };
    let founder = reached.first().map(|(host, _)| (*host).clone());
    for (host, facts) in &reached {
        let start = if let Some(schemas) = foreign(facts) {
            refusal(host, &schemas)
        } else if recorded {
            Start::Plain
        } else if !with_data.is_empty() {
            if unrecorded {
                Start::Refused(Note::new("replication-no-record").with("hosts", with_data.join(", ")))
            } else {
                // Nobody could ask etcd yet: the agents will, and do nothing before.
                Start::Plain
            }
        } else if !absent.is_empty() {
            Start::Refused(Note::new("replication-founding-needs-all").with("absent", absent.join(", ")))
        } else if let Some(refusal) = &in_the_way {
            refusal.clone()
        } else if founder.as_ref() == Some(*host) {
            Start::With {
                flags: vec![Resource::Flag { path: FOUND_FLAG.into(), content: String::new() }],
                after: vec![],
            }
        } else {
            Start::With { flags: vec![], after: founder.iter().cloned().collect() }
        };
        membership.starts.insert((*host).clone(), start);
    }
    membership
}

/// The host through which schemas and accounts are made: the primary, or the one that will be.
pub(super) fn spokesman(view: View<'_>) -> Option<HostName> {
    primary(view).or_else(|| {
        let founds = |start: &Start| matches!(start, Start::With { flags, .. } if !flags.is_empty());
        decide(view).starts.into_iter().find(|(_, start)| founds(start)).map(|(host, _)| host)
    })
}
