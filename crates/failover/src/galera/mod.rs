//! Which member of a Galera group leads it after a full outage, and when nobody may.
//!
//! After a power cut the members find each other by the view that each has saved. Where the views differ, or were
//! given up in order, they wait for each other for ever: only a member that is told to lead helps, and it must be the
//! one with the latest writes. [`candidates`] says who that is, for `quorate apply` and for the hosts themselves alike;
//! [`decide`] is how the hosts agree on it through etcd, without an operator.
//!
//! What makes it safe: nobody leads before every member has reported, stands still and has told its position. A member
//! that stands still has forgotten its saved view, so it can only join; whoever leads takes a lock in etcd in the same
//! transaction that proves that no report has changed. A member that is merely unreachable has no report, and without
//! it nothing begins.

mod decide;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::Note;

pub use decide::{Act, decide};

/// Members that have waited for each other for so long are stuck: a group that can form by itself does so within a few
/// seconds of its last member's coming.
pub const LASTING: Duration = Duration::from_secs(20);

/// Where a member's data stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The group that the data belong to; `None` where that is not known.
    pub uuid: Option<String>,
    /// The last committed write; `None` where that is not known.
    pub seqno: Option<i64>,
    /// The directory holds data of a group at all.
    pub formed: bool,
    /// It ought to: the member has been in a group before.
    pub known: bool,
}

/// What a member is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// In the primary component.
    Primary,
    /// Running, and in no primary component.
    Outside,
    /// Starting, and waiting for the others.
    Waiting,
    /// Starting or stopping: it will be something else soon.
    Busy,
    /// Its start failed, as happens when it has waited for the others in vain.
    Failed,
    /// Stopped for the recovery: its position is final until it is started again.
    Held,
    /// Stopped by somebody's hand.
    Stopped,
}

/// What a member last said of itself, in etcd under a lease: one that is gone has no report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub state: State,
    /// It has been in this state for longer than a group needs to form by itself.
    pub lasting: bool,
    pub position: Position,
}

/// The members that may lead, in the order given: those with the latest writes. Otherwise the facts, and what the
/// operator can do.
pub fn candidates<'m>(positions: &[(&'m str, &Position)]) -> Result<Vec<&'m str>, Note> {
    let named = |of: &dyn Fn(&Position) -> bool| {
        let names: Vec<_> = positions.iter().filter(|(_, p)| of(p)).map(|(name, _)| *name).collect();
        names.join(", ")
    };
    let empty = named(&|p| p.known && !p.formed);
    if !empty.is_empty() {
        return Err(Note::new("galera-member-empty").with("hosts", empty));
    }
    let formed = || positions.iter().filter(|(_, p)| p.formed);
    let mut uuids: Vec<_> = formed().filter_map(|(_, p)| p.uuid.as_deref()).collect();
    uuids.sort_unstable();
    uuids.dedup();
    if uuids.len() > 1 {
        let facts: Vec<_> = formed().map(|(n, p)| format!("{n} {}", p.uuid.as_deref().unwrap_or("?"))).collect();
        return Err(Note::new("galera-several-clusters").with("uuids", facts.join(", ")));
    }
    let unknown = named(&|p| p.formed && (p.uuid.is_none() || p.seqno.is_none()));
    if !unknown.is_empty() {
        return Err(Note::new("galera-position-unknown").with("hosts", unknown));
    }
    let latest = formed().filter_map(|(_, p)| p.seqno).max();
    let found: Vec<_> = formed().filter(|(_, p)| p.seqno == latest).map(|(name, _)| *name).collect();
    if found.is_empty() { Err(Note::new("galera-position-unknown").with("hosts", "-")) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
