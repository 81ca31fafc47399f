//! From the lead to an open primary.
//!
//! A synchronous host stops receiving, applies what it has, forgets its source, and makes the record its own. The last
//! primary comes up with its unacknowledged tail and waits until a synchronous host has that too. Nothing is open
//! before the record names this epoch.

use std::time::Duration;

use super::{Node, Phase};
use crate::{Action, Amendment, Member, Place, Position, Record, Role, Server, Task, Up, View};

/// How long the report of the other one of two synchronous hosts is waited for.
const OTHER: Duration = Duration::from_secs(3);
/// Two or three reads of a primary that is not settled, and more than one of one that is.
const LATELY: Duration = Duration::from_millis(500);
/// How long a last primary's server may take to come up before it lets others have the lead.
const START: Duration = Duration::from_secs(60);

impl Node {
    pub(super) fn lead(&mut self, now: Duration, out: &mut Vec<Action>) {
        let heard = self.hears(now);
        let Phase::Lead(lead) = &mut self.phase else { return };
        if heard && !self.lanes.renewal && now >= lead.renew_at {
            self.lanes.renewal = true;
            lead.renew_at = now + self.settings.timing.renew;
            out.push(Action::Renew);
        }
        let (epoch, since) = (lead.lease.epoch, lead.since);
        let Some(view) = self.view().cloned() else { return };
        if self.sight.as_ref().is_none_or(|at| at.asked < since) {
            return;
        }
        match view.known() {
            Some(record) if record.epoch == epoch => self.serve(now, &record.clone(), &view, out),
            known => {
                let waits = self.promote(now, since, known, &view, out);
                if let (Phase::Lead(lead), Some(waits)) = (&mut self.phase, waits) {
                    lead.waits = waits;
                }
            }
        }
    }

    /// Whether etcd has answered a read lately. A host that can send and not hear would prolong its lease for as long as
    /// it tries, and use it for nothing; and so would one that does not understand what it reads.
    fn hears(&self, now: Duration) -> bool {
        let lately = LATELY.max(self.settings.timing.renew * 3 / 5);
        self.view.as_ref().is_some_and(|at| now.saturating_sub(at.asked) <= lately)
    }

    fn promote(
        &mut self,
        now: Duration,
        since: Duration,
        record: Option<&Record>,
        view: &View,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        let member = record.and_then(|r| r.member(self.me())).cloned();
        let last = record.is_none_or(|r| r.primary.host == self.me());
        let up = match self.sight().map(|s| s.server.clone()) {
            Some(Server::Up(up)) => up,
            Some(Server::Stopped) if last => {
                if now >= self.retry {
                    self.serve_task(Task::Start(Role::Primary), out);
                }
                if now.saturating_sub(since) > START {
                    self.stand_down(now, "start-failed", out);
                }
                return Some("start");
            }
            Some(Server::Silent) if last && now.saturating_sub(since) <= START => return Some("start"),
            Some(Server::Silent)
                if self.silent.is_none_or(|at| now.saturating_sub(at) < self.settings.timing.silence) =>
            {
                return Some("look");
            }
            _ => {
                self.stand_down(now, "server-lost", out);
                return None;
            }
        };
        if last {
            self.come_back(now, since, record, &up, view, out)
        } else {
            self.take_over(now, since, member, &up, view, out)
        }
    }

    /// The last primary, or the first one of all.
    fn come_back(
        &mut self,
        now: Duration,
        since: Duration,
        record: Option<&Record>,
        up: &Up,
        view: &View,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        if up.source.is_some() {
            self.stand_down(now, "follows", out);
            return None;
        }
        let sync = record.map(|r| r.sync.clone()).unwrap_or_default();
        if !sync.is_empty() && !up.semi_primary {
            self.serve_task(Task::SemiPrimary(true), out);
            return Some("semi");
        }
        // Its tail becomes visible when it opens: then it counts as acknowledged.
        let has_tail = |m: &Member| {
            view.report(&m.host).is_some_and(|r| r.instance == m.instance && r.received.covers(&up.written))
        };
        let kept = sync.is_empty() || sync.iter().any(has_tail);
        // As of a question to etcd that was answered, as in `lost`.
        let asked = self.view.as_ref().map_or(since, |at| at.asked);
        let patient = asked.saturating_sub(since) < 2 * self.settings.timing.patience;
        if !kept && patient {
            return Some("tail");
        }
        let sync = if kept { sync } else { vec![] };
        let log = record.map_or((None, up.written.clone()), |r| (Some(r.lineage), r.begins.clone()));
        self.own(sync, log, view, out);
        Some("record")
    }

    /// A synchronous host.
    fn take_over(
        &mut self,
        now: Duration,
        since: Duration,
        member: Option<Member>,
        up: &Up,
        view: &View,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        if member.is_none_or(|m| m.instance != up.instance) {
            self.stand_down(now, "other-instance", out);
            return None;
        }
        // From here on the old primary can acknowledge nothing: this is the fence that needs no clock.
        if up.source.as_ref().is_some_and(|s| s.io) {
            self.serve_task(Task::StopIo, out);
            return Some("stop-receiving");
        }
        if !self.server_idle() {
            return Some("look");
        }
        let received =
            up.source.as_ref().map_or_else(Position::default, |s| s.received.clone()).or_further(&up.written);
        match self.other_goes_further(&received, view) {
            Some(false) => {}
            Some(true) => {
                self.stand_down(now, "other-goes-further", out);
                return None;
            }
            None if now.saturating_sub(since) < OTHER => return Some("other-member"),
            None => {
                self.stand_down(now, "other-member", out);
                return None;
            }
        }
        if let Some(source) = &up.source {
            if !source.sql {
                self.stand_down(now, "not-applying", out);
                return None;
            }
            if !up.written.covers(&received) {
                self.dismiss(out);
                return Some("drain");
            }
            self.serve_task(Task::Detach, out);
            return Some("detach");
        }
        self.own(vec![], (None, up.written.clone()), view, out);
        Some("record")
    }

    /// A reader's transaction, or a backup, can keep the applying thread waiting for as long as it likes. The door is shut,
    /// so nobody comes after those that are there.
    fn dismiss(&mut self, out: &mut Vec<Action>) {
        if let Phase::Lead(lead) = &mut self.phase
            && !lead.dismissed
        {
            lead.dismissed = true;
            self.serve_task(Task::Dismiss, out);
        }
    }

    /// Whether another synchronous host has received more; `None` while it has not said how far it went when it stopped
    /// receiving for this epoch.
    fn other_goes_further(&self, received: &Position, view: &View) -> Option<bool> {
        let Phase::Lead(lead) = &self.phase else { return None };
        for other in view.known()?.sync.iter().filter(|m| m.host != self.me()) {
            let report = view
                .report(&other.host)
                .filter(|r| r.instance == other.instance && r.stopped_for == Some(lead.lease.epoch))?;
            if !received.covers(&report.received) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Makes the record this epoch's. The log goes on in its lineage, or begins a new one here.
    fn own(&mut self, sync: Vec<Member>, log: (Option<u64>, Position), view: &View, out: &mut Vec<Action>) {
        let Phase::Lead(lead) = &self.phase else { return };
        let epoch = lead.lease.epoch;
        let Some(data) = self.sight().and_then(|s| s.data.clone()) else { return };
        if self.store_idle() && self.server_idle() {
            let primary = Place { host: self.me().to_owned(), data };
            let (lineage, begins) = (log.0.unwrap_or(epoch), log.1);
            let record = Record { epoch, primary, lineage, begins, sync, wanted: None, handover: None };
            let seen = view.record_revision();
            self.amend(Amendment { record, seen, epoch: Some(epoch), unchanged: [].into() }, out);
        }
    }

    /// Gives a lead up in which nothing was opened.
    fn stand_down(&mut self, now: Duration, why: &'static str, out: &mut Vec<Action>) {
        if self.lanes.store.is_some() {
            return;
        }
        self.lose(why, true, now, out);
        // Longer than the last primary waits: where this host cannot, that one may.
        self.hold_off = now + self.settings.timing.courtesy * 3 / 2;
    }
}
