//! What must hold after everything that happens.

use std::collections::BTreeSet;

use failover::Record;

use super::{World, Write, index, name};

/// What clients were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    last: u32,
    acked: Vec<Write>,
    /// The operator has accepted a loss.
    pub forcing: bool,
    forced: Option<String>,
}

impl Ledger {
    pub fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    pub fn acknowledged(&mut self, writes: Vec<Write>) {
        self.acked.extend(writes);
    }

    pub fn acked(&self) -> usize {
        self.acked.len()
    }

    pub(super) fn note_record(&mut self, record: &Record) {
        if self.forcing && record.sync.len() == 1 {
            self.forcing = false;
            self.forced = record.sync.first().map(|m| m.host.clone());
        }
    }
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule: &'static str,
    pub what: String,
}

fn violation(rule: &'static str, what: impl Into<String>) -> Result<(), Violation> {
    Err(Violation { rule, what: what.into() })
}

impl World {
    pub fn check(&mut self) -> Result<(), Violation> {
        if let Some(host) = self.ledger.forced.take() {
            // The operator's word: what the forced host lacks is given up, and nothing else.
            let host = &self.hosts[index(&host)];
            let kept: BTreeSet<u32> = host.disk.received(host.process.as_ref()).map(|w| w.id).collect();
            self.ledger.acked.retain(|w| kept.contains(&w.id));
        }
        if self.clocks {
            self.one_writer()?;
        }
        self.nothing_lost()
    }

    /// I1: clients are let in to at most one server that takes writes.
    fn one_writer(&self) -> Result<(), Violation> {
        let open: Vec<String> = (0..self.hosts.len()).filter(|h| self.takes_writes(*h)).map(name).collect();
        if open.len() > 1 {
            return violation("I1", format!("{} take writes at once", open.join(" and ")));
        }
        Ok(())
    }

    /// I2, and with it I3 to I7: whoever could be the next primary without an operator has every acknowledged write.
    fn nothing_lost(&self) -> Result<(), Violation> {
        let Some((record, _)) = &self.store.record else {
            return if self.ledger.acked.is_empty() { Ok(()) } else { violation("I2", "no record") };
        };
        let last = &self.hosts[index(&record.primary.host)];
        if last.disk.data != record.primary.data {
            return violation("I2", format!("{}: the last primary's data are gone", record.primary.host));
        }
        self.has_all(&record.primary.host, |w| at(&last.disk.log, w))?;
        match record.sync.as_slice() {
            [] => Ok(()),
            [one] => match self.lives(&one.host, &one.instance) {
                true => self.has_all(&one.host, |w| self.received(&one.host, w)),
                false => Ok(()),
            },
            both => {
                if both.iter().all(|m| self.lives(&m.host, &m.instance)) {
                    let any = |w| both.iter().any(|m| self.received(&m.host, w));
                    self.has_all("either synchronous host", any)?;
                }
                Ok(())
            }
        }
    }

    fn lives(&self, host: &str, instance: &str) -> bool {
        self.hosts[index(host)].process.as_ref().is_some_and(|p| p.instance == instance)
    }

    fn received(&self, host: &str, write: Write) -> bool {
        let h = &self.hosts[index(host)];
        if at(&h.disk.log, write) {
            return true;
        }
        let relay = h.process.as_ref().and_then(|p| p.copy.as_ref()).map_or(&[][..], |c| c.relay.as_slice());
        relay.iter().any(|w| w.id == write.id)
    }

    fn has_all(&self, host: &str, has: impl Fn(Write) -> bool) -> Result<(), Violation> {
        match self.ledger.acked.iter().rev().find(|w| !has(**w)) {
            Some(w) => violation(
                "I2",
                format!("{host} may be the next primary and lacks the acknowledged write {} ({})", w.id, w.sequence),
            ),
            None => Ok(()),
        }
    }

    /// Whether everything is as it should be when nothing fails: an open primary, a synchronous host, all others
    /// follow, and all logs are equal.
    pub fn settled(&self) -> Result<usize, String> {
        let leader = self.store.leader.as_ref().ok_or("nobody leads")?;
        let (record, _) = self.store.record.as_ref().ok_or("no record")?;
        let primary = index(&leader.host);
        if record.epoch != leader.epoch {
            return Err(format!("{} leads and does not own the record", leader.host));
        }
        if !self.takes_writes(primary) {
            return Err(format!("{} leads and is not open", leader.host));
        }
        let [one] = record.sync.as_slice() else { return Err(format!("synchronous: {:?}", record.sync)) };
        if record.wanted.is_some() || record.handover.is_some() || !self.lives(&one.host, &one.instance) {
            return Err("the synchronous host changes".to_owned());
        }
        let log = &self.hosts[primary].disk.log;
        for host in (0..self.hosts.len()).filter(|h| *h != primary) {
            let h = &self.hosts[host];
            let copy = h.process.as_ref().and_then(|p| p.copy.as_ref());
            if !copy.is_some_and(|c| c.from == primary && c.io && c.sql) {
                return Err(format!("{} does not follow {}", name(host), leader.host));
            }
            if h.disk.log != *log {
                return Err(format!("{}'s log is not {}'s", name(host), leader.host));
            }
        }
        match self.hosts[primary].process.as_ref().is_some_and(|p| p.waiting.is_empty()) {
            true => Ok(primary),
            false => Err("commits wait".to_owned()),
        }
    }
}

fn at(log: &[Write], write: Write) -> bool {
    usize::try_from(write.sequence).ok().and_then(|s| log.get(s - 1)).is_some_and(|w| w.id == write.id)
}
