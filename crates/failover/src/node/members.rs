//! Which hosts are synchronous: the primary's changes of the record.
//!
//! The one rule behind all of them: whatever was acknowledged is on one of the hosts that the record names. So a host is
//! taken off the record first and off the database then; a first one is put on the record only when nobody else can
//! acknowledge and it has everything up to that moment; a second one is put on the record before it acknowledges.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{At, Lead, Lost, Node, Phase, Trail};
use crate::{Action, Amendment, Member, OnReplicaLoss, Position, Record, Report, Task, Up, View};

/// A host that did not manage to become synchronous is not asked again before this.
const AGAIN: Duration = Duration::from_secs(4);
/// A host that is asked to become synchronous has received what was written this long ago, or up to twice as long. One
/// that lags more would keep commits waiting until it has caught up; of one that does not, its word is half a second
/// late, however much is written meanwhile.
const NEAR: Duration = Duration::from_secs(1);
/// So long after a host was lost it is noted how far the log goes: the agent's own writes, one a second, have moved it.
const PROGRESS: Duration = Duration::from_millis(1200);

impl Node {
    pub(super) fn members(&mut self, now: Duration, record: &Record, up: &Up, view: &View, out: &mut Vec<Action>) {
        self.remember(now, up);
        if !self.store_idle() {
            return;
        }
        self.confirm(now, record, up, view, out);
        let change = match record.sync.as_slice() {
            [] => self.add(now, record, up, view),
            [one] => self.keep(now, record, one, up, view),
            _ => self.move_on(now, record, up, view),
        };
        let Phase::Lead(Lead { lease, .. }) = &self.phase else { return };
        let epoch = lease.epoch;
        if let Some(Change { record, unchanged }) = change {
            self.amend(Amendment { record, seen: view.record_revision(), epoch: Some(epoch), unchanged }, out);
        }
    }

    fn remember(&mut self, now: Duration, up: &Up) {
        let Phase::Lead(lead) = &mut self.phase else { return };
        let trail = lead.trail.get_or_insert_with(|| Trail {
            older: up.written.clone(),
            newer: up.written.clone(),
            since: now,
        });
        if now.saturating_sub(trail.since) >= NEAR {
            trail.older = std::mem::replace(&mut trail.newer, up.written.clone());
            trail.since = now;
        }
    }

    /// What commits wait for is on the synchronous host, and yet they wait: it received that before it was asked to
    /// acknowledge, as every host does that copies while nobody acknowledges. The server has no more than two such commits,
    /// or groups of them, and lets nothing further into its log, so nothing comes that could be acknowledged.
    fn confirm(&mut self, now: Duration, record: &Record, up: &Up, view: &View, out: &mut Vec<Action>) {
        let [one] = record.sync.as_slice() else { return };
        let acknowledges = |r: &&Report| r.instance == one.instance && r.semi && r.io;
        let report = view.report(&one.host).filter(acknowledges).filter(|r| r.received.covers(&up.written));
        if let Some(report) = report
            && self.in_vain(now) >= self.settings.timing.patience / 2
        {
            // Again at each look, for what waits behind it; should that not help, the host counts as lost as any other would.
            self.serve_task(Task::Confirm(report.received.clone()), out);
        }
    }

    /// Nobody is synchronous.
    fn add(&mut self, now: Duration, record: &Record, up: &Up, view: &View) -> Option<Change> {
        if let Phase::Lead(lead) = &mut self.phase {
            let unmarked = |lost: &&mut Lost| lost.mark.is_none() && now.saturating_sub(lost.since) >= PROGRESS;
            for lost in lead.lost.values_mut().filter(unmarked) {
                lost.mark = Some(up.written.clone());
            }
        }
        let candidate = self.candidate(now, record, view);
        let Phase::Lead(lead) = &mut self.phase else { return None };
        lead.asked = record.wanted.clone().map(|wanted| match lead.asked.take() {
            Some((host, since)) if host == wanted => (host, since),
            _ => (wanted, now),
        });
        // Where commits wait for as long as nobody is synchronous, only what it was asked for counts.
        let over =
            |asked: Duration, since: Duration| now.saturating_sub(since.max(asked)) >= self.settings.timing.patience;
        let in_vain = lead.asked.as_ref().is_some_and(|(_, asked)| {
            lead.stalled.is_some_and(|(since, _)| over(*asked, since))
                || lead.alone.is_some_and(|since| over(*asked, since))
        });
        if in_vain {
            // Where nobody can write without one, a pause would spare nobody anything.
            if self.settings.on_replica_loss == OnReplicaLoss::Degrade {
                lead.no_adding_before = now + AGAIN;
            }
            lead.lost.extend(lead.asked.take().map(|(host, _)| (host, Lost { since: now, mark: None })));
            return Some(Record { wanted: None, ..record.clone() }.into());
        }
        if candidate != record.wanted {
            lead.mark = None;
            return Some(Record { wanted: candidate, ..record.clone() }.into());
        }
        let host = candidate?;
        let report = view.report(&host)?;
        if !(report.semi && up.semi_primary && up.acknowledging > 0) {
            lead.mark = None;
            return None;
        }
        let member = Member { host, instance: report.instance.clone() };
        self.has_all(&member, record, report, up, view).then(|| {
            if let Phase::Lead(lead) = &mut self.phase {
                // What waits has waited for others.
                lead.stalled = None;
                lead.lost.remove(&member.host);
            }
            let record = Record { sync: vec![member], wanted: None, ..record.clone() };
            let unchanged = self.silent_ones(&record, view);
            Change { record, unchanged }
        })
    }

    /// Whether a host has everything up to a moment when already nobody but those on the record and it could
    /// acknowledge.
    fn has_all(&mut self, member: &Member, record: &Record, report: &Report, up: &Up, view: &View) -> bool {
        let closed = match &self.admitted {
            Some(at) if at.what == self.may_copy(record, view) => at.asked,
            _ => return false,
        };
        // A look that began after the others were shut out, and with no task in between.
        let idle = self.server_idle();
        let seen = self.sight.as_ref().and_then(|at| at.since(closed)).is_some() && idle;
        let Phase::Lead(lead) = &mut self.phase else { return false };
        match &lead.mark {
            // Nothing is under way that could let commits go on without waiting.
            Some((instance, mark)) if *instance == member.instance => idle && report.received.covers(mark),
            _ => {
                if seen {
                    lead.mark = Some((member.instance.clone(), up.written.clone()));
                }
                false
            }
        }
    }

    /// The reports of those that must go on not acknowledging.
    fn silent_ones(&self, record: &Record, view: &View) -> BTreeMap<String, u64> {
        let others = self.settings.hosts.iter().filter(|h| *h != self.me() && record.member(h).is_none());
        others
            .filter(|h| self.admitted.as_ref().is_some_and(|a| a.what.contains(*h)))
            .map(|h| (h.clone(), view.reports.get(h).map_or(0, |(_, revision)| *revision)))
            .collect()
    }

    /// One host is synchronous: as long as it is, and nobody asked for another.
    fn keep(&mut self, now: Duration, record: &Record, one: &Member, up: &Up, view: &View) -> Option<Change> {
        if self.lost(one, up, view) {
            let wanted = self.candidate(now, record, view).filter(|c| *c != one.host);
            if let Phase::Lead(lead) = &mut self.phase {
                lead.lost.insert(one.host.clone(), Lost { since: now, mark: None });
            }
            return Some(Record { sync: vec![], wanted, handover: None, ..record.clone() }.into());
        }
        let Phase::Lead(lead) = &mut self.phase else { return None };
        lead.mark = None;
        let to = lead.handover.as_ref().map(|h| h.to.clone()).filter(|to| *to != one.host);
        match to {
            // On the record before it acknowledges anything.
            Some(to) => {
                let report = view.report(&to).filter(|r| self.fit(r))?;
                let second = Member { host: to.clone(), instance: report.instance.clone() };
                let record = Record { sync: vec![one.clone(), second], wanted: Some(to), ..record.clone() };
                let unchanged = self.silent_ones(&record, view);
                Some(Change { record, unchanged })
            }
            None if record.handover.is_some() && lead.handover.is_none() => {
                Some(Record { handover: None, ..record.clone() }.into())
            }
            None => None,
        }
    }

    /// Two hosts are synchronous: the wanted one stays.
    fn move_on(&mut self, now: Duration, record: &Record, up: &Up, view: &View) -> Option<Change> {
        let stays = record.sync.iter().find(|m| record.wanted.as_ref() == Some(&m.host)).cloned();
        let Some(stays) = stays else { return Some(Record { sync: vec![], wanted: None, ..record.clone() }.into()) };
        if self.lost(&stays, up, view) {
            if let Phase::Lead(lead) = &mut self.phase {
                lead.lost.insert(stays.host, Lost { since: now, mark: None });
            }
            return Some(Record { sync: vec![], wanted: None, handover: None, ..record.clone() }.into());
        }
        let left =
            record.sync.iter().filter(|m| m.host != stays.host).all(|m| view.report(&m.host).is_some_and(|r| !r.semi));
        let report = view.report(&stays.host)?;
        if !(left && report.semi && up.semi_primary && up.acknowledging > 0) {
            if let Phase::Lead(lead) = &mut self.phase {
                lead.mark = None;
            }
            return None;
        }
        self.has_all(&stays, record, report, up, view).then(|| {
            let record = Record { sync: vec![stays], wanted: None, ..record.clone() };
            let unchanged = self.silent_ones(&record, view);
            Change { record, unchanged }
        })
    }

    /// Whether a synchronous host is one no longer: it began a new life, or commits wait for it in vain. They must do so as
    /// of a question to etcd that was answered: a primary that hears nobody misses its replica too, and what it asks of etcd
    /// is done, though it does not learn so. It would take from the record the one host that can follow it.
    fn lost(&self, member: &Member, up: &Up, view: &View) -> bool {
        let Phase::Lead(lead) = &self.phase else { return false };
        let Some(At { asked, .. }) = self.view else { return false };
        let over = |since: Duration| asked.saturating_sub(since) >= self.settings.timing.patience;
        view.report(&member.host).is_none_or(|r| r.instance != member.instance)
            || (up.semi_primary && lead.stalled.is_some_and(|(since, _)| over(since)))
            || lead.alone.is_some_and(over)
    }

    /// The host that is asked to become synchronous: the one that is already asked, while it is fit, or the first.
    fn candidate(&self, now: Duration, record: &Record, view: &View) -> Option<String> {
        let Phase::Lead(lead) = &self.phase else { return None };
        if now < lead.no_adding_before {
            return None;
        }
        let fresh = |host: &String| {
            self.heard.get(host).is_some_and(|(_, since)| now.saturating_sub(*since) <= self.settings.timing.report)
        };
        // A host that is frozen or cut off goes on saying what it said last.
        let moved = |host: &String, report: &Report| {
            lead.lost.get(host).is_none_or(|lost| lost.mark.as_ref().is_some_and(|mark| report.received.covers(mark)))
        };
        let fit = |host: &&String| {
            let near = |r: &Report| self.fit(r) && moved(host, r);
            **host != self.me() && fresh(host) && view.report(host).is_some_and(near)
        };
        let wished = lead.handover.as_ref().map(|h| &h.to);
        let known = [wished, record.wanted.as_ref()].into_iter().flatten().find(fit);
        known.or_else(|| self.settings.hosts.iter().find(fit)).cloned()
    }

    /// Whether a host copies this one's log, closely.
    fn fit(&self, report: &Report) -> bool {
        report.source.as_deref() == Some(self.me()) && report.io && report.sql && self.near(&report.received)
    }

    /// Whether this goes as far as this host's log did a while ago.
    pub(super) fn near(&self, reached: &Position) -> bool {
        matches!(&self.phase, Phase::Lead(Lead { trail: Some(trail), .. }) if reached.covers(&trail.older))
    }
}

/// A new record, and whose reports it rests on.
struct Change {
    record: Record,
    unchanged: BTreeMap<String, u64>,
}

impl From<Record> for Change {
    fn from(record: Record) -> Self {
        Self { record, unchanged: BTreeMap::new() }
    }
}
