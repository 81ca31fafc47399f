//! A replicated database as its hosts' agents tell it: who is primary, who is synchronous, and what the loss of a host
//! would mean at this moment.

use std::collections::BTreeMap;

use model::{Cluster, DatabaseMode, HostName, OnReplicaLoss};
use wire::replication::{Standing, Status};
use wire::{Note, replication::Kept};

/// All that was told. A host that is missing did not answer.
pub struct Replicas<'a> {
    hosts: Vec<HostName>,
    /// Whether writes wait where no replica is left.
    blocks: bool,
    told: &'a BTreeMap<HostName, Status>,
}

impl<'a> Replicas<'a> {
    /// The database hosts of a cluster, with what their agents told.
    pub fn new(cluster: &Cluster, told: &'a BTreeMap<HostName, Status>) -> Self {
        let hosts = cluster.database_members().iter().map(|h| h.name.clone()).collect();
        let mode = cluster.database.as_ref().map(|d| &d.mode);
        let blocks = matches!(mode, Some(DatabaseMode::Replication(r)) if r.on_replica_loss == OnReplicaLoss::Block);
        Self { hosts, blocks, told }
    }

    /// Whether writes wait where no replica is left; otherwise the primary goes on alone.
    pub fn blocks(&self) -> bool {
        self.blocks
    }

    /// Every database host with what it told, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = (&HostName, Option<&'a Status>)> {
        self.hosts.iter().map(|h| (h, self.told.get(h)))
    }

    /// The record with the highest epoch that anybody has read.
    pub fn record(&self) -> Option<&'a Kept> {
        self.told.values().filter_map(|s| s.record.as_ref()).max_by_key(|r| r.epoch)
    }

    /// The host that takes writes.
    pub fn primary(&self) -> Option<&'a HostName> {
        self.told.iter().find(|(_, s)| s.standing == Standing::Primary).map(|(host, _)| host)
    }

    /// Whether a host follows the present primary, receiving and applying.
    pub fn follows(&self, host: &HostName) -> bool {
        let primary = self.record().map(|r| &r.primary);
        self.told.get(host).is_some_and(|s| {
            s.standing == Standing::Following && s.server.io && s.server.sql && s.server.source.as_ref() == primary
        })
    }

    /// What would happen if this host died now.
    pub fn fate(&self, host: &HostName) -> Note {
        let Some(record) = self.record() else { return Note::new("db-fate-unknown") };
        let synchronous = |h: &&String| self.follows(&HostName((*h).clone()));
        if record.primary == host.0 {
            return match record.sync.iter().find(synchronous) {
                Some(heir) => Note::new("db-fate-takes-over").with("heir", heir),
                None => Note::new("db-fate-down").with("host", host),
            };
        }
        if !record.sync.contains(&host.0) {
            return Note::new("db-fate-nothing");
        }
        let other = self.hosts.iter().find(|h| **h != *host && h.0 != record.primary && self.follows(h));
        match other {
            Some(other) => Note::new("db-fate-replaced").with("other", other),
            None if self.blocks => Note::new("db-fate-waits"),
            None => Note::new("db-fate-alone").with("primary", &record.primary),
        }
    }

    /// The primary, and the host it is to hand over to.
    pub fn switchover(&self, to: Option<&str>) -> Result<(HostName, HostName), Note> {
        let primary = self.primary().ok_or_else(|| Note::new("db-no-primary"))?;
        let record = self.record().ok_or_else(|| Note::new("db-no-primary"))?;
        let to = match to {
            Some(name) => self.member(name)?,
            None => record.sync.first().map(|h| HostName(h.clone())).ok_or_else(|| Note::new("db-no-synchronous"))?,
        };
        if to == *primary {
            return Err(Note::new("db-already-primary").with("host", &to));
        }
        if !self.follows(&to) {
            return Err(Note::new("db-does-not-follow").with("host", &to).with("primary", primary));
        }
        Ok((primary.clone(), to))
    }

    /// The host that an operator can make primary by force: the one named, or the one with the furthest log.
    pub fn force(&self, to: Option<&str>) -> Result<HostName, Note> {
        if let Some(primary) = self.primary() {
            return Err(Note::new("db-has-primary").with("host", primary));
        }
        let chosen = match to {
            Some(to) => self.told.get_key_value(&self.member(to)?),
            None => self.told.iter().filter(|(h, _)| self.hosts.contains(h)).max_by_key(|(_, s)| sequence(s)),
        };
        let Some((host, status)) = chosen else {
            return Err(Note::new("db-host-silent").with("host", to.unwrap_or("-")));
        };
        // The order would be taken and could not be followed: a lead is won in etcd.
        if !status.coordinated {
            return Err(Note::new("db-force-no-etcd").with("host", host));
        }
        Ok(host.clone())
    }

    /// The host whose data may be thrown away and copied anew.
    pub fn reinit(&self, host: &str) -> Result<HostName, Note> {
        let host = self.member(host)?;
        let source = self.source().ok_or_else(|| Note::new("db-no-primary"))?;
        if *source == host || self.record().is_some_and(|r| r.primary == host.0) {
            return Err(Note::new("db-reinit-primary").with("host", &host));
        }
        if self.told.contains_key(&host) { Ok(host) } else { Err(Note::new("db-host-silent").with("host", &host)) }
    }

    /// The host that others copy from: the primary, or the last one where it is shut until a replica has everything.
    fn source(&self) -> Option<&'a HostName> {
        let last = |host: &HostName| self.record().is_some_and(|r| r.primary == host.0);
        let waits = |s: &Status| s.standing == Standing::Promoting && s.why.as_deref() == Some("synchronous");
        self.primary().or_else(|| self.told.iter().find(|(h, s)| last(h) && waits(s)).map(|(host, _)| host))
    }

    fn member(&self, name: &str) -> Result<HostName, Note> {
        let known = || self.hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join(", ");
        self.hosts
            .iter()
            .find(|h| h.as_str() == name)
            .cloned()
            .ok_or_else(|| Note::new("db-no-such-host").with("host", name).with("hosts", known()))
    }
}

/// How far a host's log goes, received or applied: the last sequence number of all domains together.
fn sequence(status: &Status) -> u64 {
    let last =
        |text: &str| -> u64 { text.split(',').filter_map(|g| g.rsplit('-').next()?.trim().parse::<u64>().ok()).sum() };
    last(&status.server.position).max(last(&status.server.received))
}

#[cfg(test)]
#[path = "replicas_tests.rs"]
mod tests;
