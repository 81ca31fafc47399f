//! What has happened, noted; nothing is decided here but what an answer itself decides.

use std::time::Duration;

use super::{At, Lead, Lease, Node, Phase, StoreWork};
use crate::{Action, Event, Leader, Order, Server, Stored, Task};

/// Between two starts, or two copies, that failed.
const AGAIN: Duration = Duration::from_secs(3);
/// What was refused once is so until there is news.
const NEWS: Duration = Duration::from_millis(100);

impl Node {
    pub(super) fn take_in(&mut self, now: Duration, event: Event, out: &mut Vec<Action>) {
        match event {
            Event::Tick => {}
            Event::Viewed { view, asked } => self.viewed(now, view, asked, out),
            Event::Seen { sight, asked } => {
                if self.sight.as_ref().is_some_and(|at| at.asked > asked) {
                    return;
                }
                match sight.server {
                    Server::Silent => self.silent = self.silent.or(Some(asked)),
                    Server::Up(_) | Server::Stopped => self.silent = None,
                }
                self.sight = Some(At { what: sight, asked });
            }
            Event::Claimed { stored, sent } => self.claimed(now, stored, sent, out),
            Event::Renewed { sent } => {
                self.lanes.renewal = false;
                let fence = self.settings.timing.fence;
                if let Phase::Lead(lead) = &mut self.phase {
                    lead.lease.until = lead.lease.until.max(sent + fence);
                    out.push(Action::Keep(Some(lead.lease)));
                }
            }
            Event::NotRenewed { gone } => {
                self.lanes.renewal = false;
                if gone && matches!(self.phase, Phase::Lead(_)) {
                    self.lose("lease-gone", false, now, out);
                } else if let Phase::Lead(lead) = &mut self.phase {
                    lead.renew_at = now + self.settings.timing.renew / 5;
                }
            }
            Event::Amended(stored) => self.amended(now, stored),
            Event::Told(stored) => {
                let told = self.lanes.telling.take();
                if !matches!(stored, Stored::Done(_)) {
                    self.tell_after = now + NEWS;
                }
                if let (Stored::Done(revision), Some(report)) = (stored, told) {
                    self.said = Some(At { what: report.clone(), asked: now });
                    let me = self.settings.me.clone();
                    if let Some(at) = &mut self.view
                        && at.what.reports.get(&me).is_none_or(|(_, known)| *known < revision)
                    {
                        at.what.reports.insert(me, (report, revision));
                    }
                }
            }
            Event::Released => {
                self.lanes.store = None;
                self.lanes.store_floor = now;
            }
            Event::Killed => {
                self.lanes.killing = false;
                self.lanes.server_floor = now;
                self.silent = None;
                if let Some(at) = &mut self.sight {
                    at.what.server = Server::Stopped;
                    at.asked = now;
                }
            }
            Event::Served { task, done } => {
                self.lanes.server = None;
                self.lanes.server_floor = now;
                if matches!(task, Task::Follow(_) | Task::Rebuild(_)) {
                    let lineage = self.lanes.copying.take();
                    self.lineage = if done { lineage } else { self.lineage };
                }
                match task {
                    Task::Start(_) | Task::Rebuild(_) | Task::Follow(_) if !done => self.retry = now + AGAIN,
                    // A rebuilt directory asks for nothing more.
                    Task::Rebuild(_) => self.orders.rebuild = false,
                    Task::Quiesce if done => {
                        if let Phase::Lead(Lead { handover: Some(handover), .. }) = &mut self.phase {
                            handover.quiesced = Some(now);
                        }
                    }
                    _ => {}
                }
            }
            Event::Admitted(hosts) => {
                self.lanes.admitting = false;
                self.admitted = Some(At { what: hosts, asked: now });
            }
            Event::Ordered(order) => {
                self.orders.given = now;
                match order {
                    Order::Found => self.orders.found = true,
                    Order::Force => self.orders.force = true,
                    Order::Rebuild => self.orders.rebuild = true,
                    // Whoever does not lead has nothing to hand over, and shall not do so when it does lead one day.
                    Order::Switchover { to } => {
                        self.orders.switchover = matches!(self.phase, Phase::Lead(_)).then_some(to);
                    }
                }
            }
        }
    }

    fn viewed(&mut self, now: Duration, view: crate::View, asked: Duration, out: &mut Vec<Action>) {
        if self.view.as_ref().is_some_and(|at| at.what.revision > view.revision) {
            return;
        }
        self.leaderless = if view.leader.is_some() { None } else { self.leaderless.or(Some(asked)) };
        for (host, (_, revision)) in &view.reports {
            let heard = self.heard.entry(host.clone()).or_insert((*revision, now));
            if heard.0 != *revision {
                *heard = (*revision, now);
            }
        }
        if let Phase::Lead(lead) = &self.phase
            && view.leader.as_ref().is_none_or(|l| l.epoch != lead.lease.epoch)
        {
            self.view = Some(At { what: view, asked });
            self.lose("lease-gone", false, now, out);
            return;
        }
        self.view = Some(At { what: view, asked });
    }

    fn claimed(&mut self, now: Duration, stored: Stored, sent: Duration, out: &mut Vec<Action>) {
        self.lanes.store = None;
        let Stored::Done(epoch) = stored else {
            // Where nobody knows, a view will show this host as leader, and it gives up what it does not know it has.
            self.lanes.store_floor = now;
            self.phase = Phase::Follow { waits: None };
            return;
        };
        let lease = Lease { epoch, until: sent + self.settings.timing.fence, opened: false };
        let me = self.settings.me.clone();
        if let Some(at) = &mut self.view {
            at.what.leader = Some(Leader { host: me, epoch });
            at.what.revision = at.what.revision.max(epoch);
        }
        self.leaderless = None;
        self.orders.found = false;
        self.orders.force = false;
        self.phase = Phase::Lead(Lead::new(lease, now));
        // From now on it is the lease that says how long.
        if self.door.read_until.take().is_some() {
            out.push(Action::Shut);
        }
        out.push(Action::Keep(Some(lease)));
    }

    fn amended(&mut self, now: Duration, stored: Stored) {
        let work = self.lanes.store.take();
        match (stored, work, &mut self.view) {
            (Stored::Done(revision), Some(StoreWork::Amend(amendment)), Some(at)) => {
                at.what.revision = at.what.revision.max(revision);
                self.lanes.settled = Some(revision);
                if amendment.record.primary.host == self.settings.me {
                    self.lineage = Some(amendment.record.lineage);
                }
                at.what.record = Some((amendment.record, revision));
            }
            (Stored::Unknown, ..) => {
                self.lanes.settled = None;
                self.lanes.store_floor = now;
            }
            _ => self.lanes.store_floor = now,
        }
    }
}
