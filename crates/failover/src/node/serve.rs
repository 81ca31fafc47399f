//! What a primary does: keep its door open for as long as its lease is sure, notice when its own server fails, and hand
//! the lead over when it is asked to.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{At, Handover, Lead, Node, Phase};
use crate::{Action, Amendment, OnReplicaLoss, Record, Server, Task, Up, View};

/// After so long a handover that does not succeed is taken back.
const HANDOVER: Duration = Duration::from_secs(3);
/// For the host that is to take over to read that it is.
const HEED: Duration = Duration::from_millis(250);
/// For the host that is to take over to become synchronous.
const PREPARE: Duration = Duration::from_secs(60);

impl Node {
    pub(super) fn serve(&mut self, now: Duration, record: &Record, view: &View, out: &mut Vec<Action>) {
        let up = match self.sight().map(|s| s.server.clone()) {
            Some(Server::Up(up)) => up,
            Some(Server::Silent) => {
                let since = self.silent.unwrap_or(now);
                if now.saturating_sub(since) >= self.settings.timing.silence {
                    self.fence("server-silent", true, out);
                }
                return;
            }
            _ => return self.fence("server-ended", true, out),
        };
        if up.source.is_some() {
            return self.fence("follows", true, out);
        }
        self.watch(now, &up);
        self.admit(record, view, out);
        if self.stuck(now, record, view) {
            return self.fence("server-stuck", true, out);
        }
        self.take_order(now, record);
        if self.hand_over(now, record, &up, view, out) {
            return;
        }
        self.members(now, record, &up, view, out);
        self.open(now, record, &up, view, out);
    }

    /// Notes since when commits wait in vain.
    fn watch(&mut self, now: Duration, up: &Up) {
        let Phase::Lead(lead) = &mut self.phase else { return };
        lead.stalled = match lead.stalled {
            _ if up.waiting == 0 => None,
            Some((since, count)) if count == up.acknowledged => Some((since, count)),
            _ => Some((now, up.acknowledged)),
        };
        let alone = up.semi_primary && up.acknowledging == 0;
        lead.alone = if alone { lead.alone.or(Some(now)) } else { None };
        // A write that waits for an acknowledgement is the replica's matter.
        let stuck = up.canary == Some(false) && up.waiting == 0;
        lead.stuck = if stuck { lead.stuck.or(Some(now)) } else { None };
    }

    /// Whether this server, and not its replica, keeps writes from being done, while another host, or this one after a new
    /// start, could do them.
    fn stuck(&self, now: Duration, record: &Record, view: &View) -> bool {
        let Phase::Lead(Lead { stuck, stalled, .. }) = &self.phase else { return false };
        let long = |since: Duration| now.saturating_sub(since) >= 2 * self.settings.timing.silence;
        // Nobody is synchronous, so commits were told to go on, and do not: the server hangs for whoever connects to tell it,
        // while looks over an open connection go on to be answered. Only a new start helps, whoever else is ready.
        let degrades = record.sync.is_empty() && self.settings.on_replica_loss == OnReplicaLoss::Degrade;
        let patience = self.settings.timing.patience;
        if degrades && stalled.is_some_and(|(since, _)| long(since + patience)) {
            return true;
        }
        // Not whether it has all that the own log says was written: with its disk full a server counts what it cannot write,
        // and what was acknowledged the synchronous host has in any case.
        let ready = record.sync.iter().any(|m| {
            let fresh =
                self.heard.get(&m.host).is_some_and(|(_, at)| now.saturating_sub(*at) <= self.settings.timing.report);
            fresh && view.report(&m.host).is_some_and(|r| r.instance == m.instance && r.io && r.sql)
        });
        ready && stuck.is_some_and(long)
    }

    /// Who may copy the log: all but those that might acknowledge without being asked to.
    pub(super) fn may_copy(&self, record: &Record, view: &View) -> BTreeSet<String> {
        let trusted = |host: &&String| {
            let asked =
                record.member(host).is_some() || (record.sync.is_empty() && record.wanted.as_ref() == Some(*host));
            asked || view.report(host).is_some_and(|r| !r.semi)
        };
        self.settings.hosts.iter().filter(|h| *h != self.me()).filter(trusted).cloned().collect()
    }

    fn admit(&mut self, record: &Record, view: &View, out: &mut Vec<Action>) {
        let hosts = self.may_copy(record, view);
        if !self.lanes.admitting && self.admitted.as_ref().is_none_or(|at| at.what != hosts) {
            self.lanes.admitting = true;
            self.admitted = None;
            if let Phase::Lead(lead) = &mut self.phase {
                lead.mark = None;
            }
            out.push(Action::Admit(hosts));
        }
    }

    /// Takes writes, behind a door that shuts by itself.
    fn open(&mut self, now: Duration, record: &Record, up: &Up, view: &View, out: &mut Vec<Action>) {
        let needs_semi = self.needs_semi(now, record, up, view);
        if needs_semi && !up.semi_primary {
            self.serve_task(Task::SemiPrimary(true), out);
        }
        if !needs_semi && up.semi_primary && self.store_idle() {
            // Off only here: the record says that nobody else may be primary, and no change that names somebody is still
            // on its way.
            if self.lanes.settled == Some(view.record_revision()) {
                self.serve_task(Task::SemiPrimary(false), out);
            } else {
                let seen = view.record_revision();
                let epoch = Some(record.epoch);
                self.amend(Amendment { record: record.clone(), seen, epoch, unchanged: [].into() }, out);
            }
        }
        let Phase::Lead(lead) = &mut self.phase else { return };
        let until = lead.lease.until;
        let protected = if record.sync.is_empty() {
            self.settings.on_replica_loss == OnReplicaLoss::Degrade || lead.lease.opened
        } else {
            up.semi_primary
        };
        if !protected {
            lead.waits = "synchronous";
            return;
        }
        if !up.writable {
            lead.waits = "writable";
            if self.lanes.server.is_none() && !lead.lease.opened {
                lead.lease.opened = true;
                // Before it is done: an agent that is started anew must know.
                out.push(Action::Keep(Some(lead.lease)));
            }
            self.serve_task(Task::Writable { until }, out);
            return;
        }
        if self.door.open_until.is_none_or(|open| open < until) {
            self.door.open_until = Some(until);
            self.door.address = true;
            out.push(Action::Open { until });
        }
    }

    /// The operator's switchover becomes a handover, if there is somebody to hand over to.
    fn take_order(&mut self, now: Duration, record: &Record) {
        // Where it does not matter to whom, somebody is waited for who has everything; orders do not last for ever.
        if self.orders.switchover == Some(None) && record.sync.is_empty() {
            return;
        }
        let Some(to) = self.orders.switchover.take() else { return };
        let to = to.or_else(|| record.sync.first().map(|m| m.host.clone()));
        let me = self.settings.me.clone();
        let known = |host: &String| *host != me && self.settings.hosts.contains(host);
        if let (Some(to), Phase::Lead(lead)) = (to.filter(known), &mut self.phase)
            && lead.handover.is_none()
        {
            lead.handover = Some(Handover { to, ordered: now, named: None, shut: None, quiesced: None });
        }
    }

    /// One step of a handover; whether it has got so far that nothing else is to be done.
    fn hand_over(&mut self, now: Duration, record: &Record, up: &Up, view: &View, out: &mut Vec<Action>) -> bool {
        let Phase::Lead(Lead { handover: Some(handover), lease, .. }) = &self.phase else {
            // One that was taken back leaves its name in the record.
            return false;
        };
        let (handover, epoch) = (handover.clone(), lease.epoch);
        let late = match handover.shut {
            Some(shut) => now.saturating_sub(shut) > HANDOVER,
            None => now.saturating_sub(handover.ordered) > PREPARE,
        };
        if late {
            if let Phase::Lead(lead) = &mut self.phase {
                lead.handover = None;
            }
            return false;
        }
        let Some(member) = record.sync.first().filter(|m| record.sync.len() == 1 && m.host == handover.to).cloned()
        else {
            return false;
        };
        let Some(report) = view.report(&member.host).filter(|r| r.instance == member.instance && r.io && r.sql) else {
            return false;
        };
        if handover.shut.is_none() {
            // Not while it has much to apply first, or one large change: clients would wait for it.
            let much = report.applied.behind(&up.written) > 1000 || !self.near(&report.applied);
            if much || !self.server_idle() || !self.store_idle() {
                return false;
            }
            if record.handover.as_ref() != Some(&handover.to) {
                let record = Record { handover: Some(handover.to.clone()), ..record.clone() };
                let amendment =
                    Amendment { record, seen: view.record_revision(), epoch: Some(epoch), unchanged: [].into() };
                self.amend(amendment, out);
                return false;
            }
            let Phase::Lead(Lead { handover: Some(handover), .. }) = &mut self.phase else { return false };
            // Once it has read its name it looks and tells more often, and clients are kept waiting for less long.
            if now.saturating_sub(*handover.named.get_or_insert(now)) < HEED {
                return false;
            }
            handover.shut = Some(now);
            out.push(Action::Shut);
            self.door.open_until = None;
            self.serve_task(Task::Quiesce, out);
            return true;
        }
        let Some(quiesced) = handover.quiesced else {
            self.serve_task(Task::Quiesce, out);
            return true;
        };
        // Seen after the last write was done.
        let settled = self.sight.as_ref().is_some_and(|at| at.asked >= quiesced) && !up.writable && up.waiting == 0;
        if settled && report.received.covers(&up.written) && self.store_idle() && self.server_idle() {
            out.push(Action::Withdraw);
            self.door.address = false;
            self.release(now, epoch, out);
            self.hold_off = now + self.settings.timing.courtesy;
        }
        true
    }

    /// Whether commits must wait for an acknowledgement.
    fn needs_semi(&self, now: Duration, record: &Record, up: &Up, view: &View) -> bool {
        if !record.sync.is_empty() || self.settings.on_replica_loss == OnReplicaLoss::Block {
            return true;
        }
        let Phase::Lead(lead) = &self.phase else { return false };
        // Only while a host is about to become synchronous, and only once it has connected to acknowledge.
        let ready = |host: &String| {
            view.report(host).is_some_and(|r| r.semi && r.io)
                && (up.semi_primary || self.admitted.as_ref().is_some_and(|a| a.what.contains(host)))
        };
        now >= lead.no_adding_before && record.wanted.as_ref().is_some_and(ready)
    }
}

impl<T> At<T> {
    /// The thing, if it was known after this moment.
    pub(super) fn since(&self, moment: Duration) -> Option<&T> {
        (self.asked >= moment).then_some(&self.what)
    }
}
