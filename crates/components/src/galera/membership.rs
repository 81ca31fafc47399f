//! Who founds the database cluster, who joins it, how it comes back, and when nobody may start it.
//!
//! A running primary component is joined, always. Without one, nothing begins before every member was reached: a
//! member that is merely unreachable may be the cluster. Where no member has ever been in a cluster, all are seeded
//! together; where some have, the one with the highest position leads and the others join it.

use failover::galera::{Position, candidates};
use model::{Host, HostName};
use wire::facts::GaleraPosition;
use wire::{Look, Looked, Note, Resource};

use super::{FLAG, LEAD, UNIT};
use crate::component::{Component, Membership, Start, View};

/// Milliseconds after which a member that waits for its peers, all of them reachable, is stuck: their recorded views
/// differ and only a new leader helps. A power cut of all members heals by itself within a few seconds.
const STUCK_MS: u64 = failover::galera::LASTING.as_millis() as u64;

fn position<'a>(view: View<'a>, host: &HostName) -> Option<&'a GaleraPosition> {
    match view.looked(host, &Look::Galera) {
        Some(Looked::Galera(position)) => Some(position),
        _ => None,
    }
}

fn members<'a>(view: View<'a>) -> Vec<&'a Host> {
    super::Galera.hosts(view.cluster)
}

/// Decides for every reached member how it starts.
pub fn decide(view: View<'_>) -> Membership {
    let members = members(view);
    let absent = view.absent(&members);
    let reached: Vec<_> = members.iter().filter_map(|h| position(view, &h.name).map(|p| (*h, p))).collect();
    let starts = if reached.iter().any(|(_, p)| p.primary) {
        all(&reached, &Start::Plain)
    } else if let Some(leader) = view.recover_with {
        recover_with(leader, &reached)
    } else if !absent.is_empty() {
        let names: Vec<_> = absent.iter().map(|h| h.name.as_str()).collect();
        all(&reached, &Start::Refused(Note::new("galera-bootstrap-needs-all").with("absent", names.join(", "))))
    } else if reached.iter().all(|(_, p)| !p.formed) {
        found(&members, &reached)
    } else if reached.iter().any(|(_, p)| waits(p)) {
        come_back(&reached)
    } else {
        recover(view, &reached)
    };
    Membership { starts, ..Membership::default() }
}

type Reached<'a> = [(&'a Host, &'a GaleraPosition)];
type Starts = std::collections::BTreeMap<HostName, Start>;

fn all(reached: &Reached<'_>, start: &Start) -> Starts {
    reached.iter().map(|(host, _)| (host.name.clone(), start.clone())).collect()
}

fn waits(position: &GaleraPosition) -> bool {
    position.unit_active && !position.running
}

/// A new cluster: every member is seeded and all start together.
fn found(members: &[&Host], reached: &Reached<'_>) -> Starts {
    let foreign: Vec<_> = reached.iter().filter(|(_, p)| !p.foreign_schemas.is_empty()).collect();
    if !foreign.is_empty() {
        let hosts: Vec<_> = foreign.iter().map(|(h, _)| h.name.as_str()).collect();
        let schemas: Vec<_> = foreign.iter().flat_map(|(_, p)| p.foreign_schemas.iter().cloned()).collect();
        let note = Note::new("galera-foreign-data").with("hosts", hosts.join(", ")).with("schemas", schemas.join(", "));
        return all(reached, &Start::Refused(note));
    }
    let names: Vec<String> = members.iter().map(|h| h.name.to_string()).collect();
    let seed = |host: &Host| Resource::GaleraSeed { member: host.name.to_string(), members: names.clone(), seed: None };
    reached
        .iter()
        .map(|(host, _)| (host.name.clone(), Start::With { flags: vec![seed(host)], after: vec![] }))
        .collect()
}

/// Members wait for each other, as after a power cut: they are given time, then ended so that one can lead.
fn come_back(reached: &Reached<'_>) -> Starts {
    let stuck = reached.iter().filter(|(_, p)| waits(p)).all(|(_, p)| p.waiting_ms > STUCK_MS);
    reached
        .iter()
        .map(|(host, position)| {
            let start = match (stuck, waits(position)) {
                (true, true) => Start::Clear(vec![Resource::Kill { unit: UNIT.to_owned() }]),
                (true, false) => Start::Refused(Note::new("galera-recovery-follows")),
                (false, _) => Start::Plain,
            };
            (host.name.clone(), start)
        })
        .collect()
}

/// The operator's word: this member leads, once those that wait have been ended.
fn recover_with(leader: &HostName, reached: &Reached<'_>) -> Starts {
    if !reached.iter().any(|(host, p)| host.name == *leader && p.formed) {
        return all(reached, &Start::Refused(Note::new("galera-recover-with-unfit").with("host", leader)));
    }
    if reached.iter().any(|(_, p)| p.unit_active) {
        let end = Start::Clear(vec![Resource::Kill { unit: UNIT.to_owned() }]);
        let start = |p: &GaleraPosition| {
            if p.unit_active { end.clone() } else { Start::Refused(Note::new("galera-recovery-follows")) }
        };
        return reached.iter().map(|(host, p)| (host.name.clone(), start(p))).collect();
    }
    led_by(leader, reached)
}

/// Nobody runs: the member with the highest position leads, the others join it.
fn recover(view: View<'_>, reached: &Reached<'_>) -> Starts {
    match leader(view, reached) {
        Err(note) => all(reached, &Start::Refused(note)),
        Ok(leader) => led_by(&leader, reached),
    }
}

/// The others join one after another: a view that changes while a member catches up can make Galera give that member up.
fn led_by(leader: &HostName, reached: &Reached<'_>) -> Starts {
    let lead = || {
        vec![
            Resource::GaleraLead { member: leader.to_string() },
            Resource::Flag { path: FLAG.into(), content: LEAD.to_owned() },
        ]
    };
    let followers = reached.iter().map(|(host, _)| &host.name).filter(|name| *name != leader);
    let mut before = vec![leader.clone()];
    let mut starts = Starts::from([(leader.clone(), Start::With { flags: lead(), after: vec![] })]);
    for follower in followers {
        starts.insert(follower.clone(), Start::With { flags: vec![], after: before.clone() });
        before.push(follower.clone());
    }
    starts
}

/// Of several with the latest writes the first in the file leads.
fn leader(view: View<'_>, reached: &Reached<'_>) -> Result<HostName, Note> {
    let positions: Vec<_> = reached
        .iter()
        .map(|(host, p)| {
            let known = view.came_up(&host.name, UNIT);
            (host.name.clone(), Position { uuid: p.uuid.clone(), seqno: p.seqno, formed: p.formed, known })
        })
        .collect();
    let named: Vec<_> = positions.iter().map(|(name, position)| (name.as_str(), position)).collect();
    candidates(&named).map(|chosen| HostName::from(chosen.first().copied().unwrap_or_default()))
}

/// The member through which accounts are made: one in the primary component, or else one that will be.
pub fn spokesman(view: View<'_>) -> Option<HostName> {
    let members = members(view);
    if let Some(host) = members.iter().find(|h| position(view, &h.name).is_some_and(|p| p.primary)) {
        return Some(host.name.clone());
    }
    let starts = decide(view).starts;
    let leads = |start: &Start| matches!(start, Start::With { flags, .. } if !flags.is_empty());
    members
        .iter()
        .find(|h| starts.get(&h.name).is_some_and(leads))
        .or_else(|| members.iter().find(|h| starts.get(&h.name) == Some(&Start::Plain)))
        .map(|h| h.name.clone())
}
