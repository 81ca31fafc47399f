//! What a host does that does not lead: stay shut, copy from whoever leads, and take the lead when nobody has it and
//! this host may.

use std::time::Duration;

use super::{At, Node, Phase, StoreWork};
use crate::{Action, Amendment, Leader, Member, Record, Role, Server, Task, Up, View};

/// How long a host for which the primary stood back is left alone with the lead.
const HANDOVER: Duration = Duration::from_secs(2);

impl Node {
    pub(super) fn follow(&mut self, now: Duration, out: &mut Vec<Action>) {
        if !self.door.known || self.door.open_until.is_some() {
            self.door.known = true;
            self.door.open_until = None;
            out.push(Action::Shut);
        }
        if self.door.address {
            self.door.address = false;
            out.push(Action::Withdraw);
        }
        let waits = self.followed(now, out);
        if let Phase::Follow { waits: known } = &mut self.phase {
            *known = waits;
            self.lend(now, out);
        }
    }

    /// A replica may be read: behind the same door, which shuts by itself here too. Of a server that is silent for a
    /// moment nothing new is known: its readers have what is left of that time.
    fn lend(&mut self, now: Duration, out: &mut Vec<Action>) {
        let reads = match self.sight().map(|s| &s.server) {
            Some(Server::Up(up)) => !up.writable && up.source.is_some() && !self.lanes.killing,
            Some(Server::Silent) if !self.lanes.killing => return,
            _ => false,
        };
        let life = self.settings.timing.fence;
        if !reads {
            if self.door.read_until.take().is_some() {
                out.push(Action::Shut);
            }
        } else if self.door.read_until.is_none_or(|until| until < now + life / 2) {
            self.door.read_until = Some(now + life);
            out.push(Action::Read { until: now + life });
        }
    }

    /// One thing at a time; what it waits for, if it is not simply following.
    fn followed(&mut self, now: Duration, out: &mut Vec<Action>) -> Option<&'static str> {
        // A server that takes writes without a lead, as an agent may find that was away for too long.
        if self.up().is_some_and(|up| up.writable) && self.server_idle() {
            self.fence("stray-primary", false, out);
            return None;
        }
        if self.silent.is_some_and(|since| now.saturating_sub(since) >= 5 * self.settings.timing.silence)
            // These two are silent for long while they do well; any other task waits for a server that hangs.
            && !matches!(self.lanes.server, Some(Task::Start(_) | Task::Rebuild(_)))
            && !self.lanes.killing
        {
            self.lanes.killing = true;
            out.push(Action::Kill);
            return Some("server-silent");
        }
        let Some(view) = self.view().cloned() else { return Some("no-store") };
        if let Some(Leader { host, epoch }) = &view.leader
            && host == self.me()
        {
            // A lead that this process knows nothing of: a claim whose answer was lost, or an earlier life.
            if self.store_idle() {
                self.release(now, *epoch, out);
            }
            return Some("stale-lead");
        }
        let Some(record) = view.known() else { return self.without_record(now, &view, out) };
        match view.leader.as_ref() {
            None => self.leaderless(now, record, &view, out),
            Some(leader) if leader.epoch == record.epoch => self.behind(now, record, leader, &view, out),
            Some(leader) => self.between(record, leader, out),
        }
    }

    /// Nothing was ever founded, or etcd has lost everything. Only an order founds.
    fn without_record(&mut self, now: Duration, view: &View, out: &mut Vec<Action>) -> Option<&'static str> {
        let fit = match self.sight().map(|s| &s.server) {
            Some(Server::Stopped) => true,
            Some(Server::Up(up)) => up.source.is_none(),
            _ => false,
        };
        if self.orders.found && view.leader.is_none() && fit && now >= self.retry {
            self.claim(view, out);
        }
        Some("no-record")
    }

    /// The leader owns the record: this host copies from it.
    fn behind(
        &mut self,
        now: Duration,
        record: &Record,
        leader: &Leader,
        view: &View,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        // Whomever this host stood back for has had the lead, and somebody owns it.
        self.hold_off = Duration::ZERO;
        if self.orders.rebuild {
            return self.rebuild(now, record, leader, out);
        }
        let Some(sight) = self.sight() else { return Some("no-sight") };
        let up = match &sight.server {
            Server::Up(up) => up.clone(),
            Server::Stopped => {
                if now >= self.retry {
                    self.serve_task(Task::Start(Role::Replica), out);
                }
                return Some("start");
            }
            Server::Silent => return Some("server-silent"),
        };
        let copies = self.lineage() == Some(record.lineage);
        let Some(source) = up.source.as_ref().filter(|s| copies && s.host == leader.host) else {
            // What this log has beyond the primary's beginning nobody acknowledged, and the primary does not have.
            if !copies && !record.begins.covers(&up.written) {
                return self.rebuild(now, record, leader, out);
            }
            self.copy(now, record, Task::Follow(leader.host.clone()), out);
            return Some("follow");
        };
        if source.diverged {
            return self.rebuild(now, record, leader, out);
        }
        if !source.sql {
            if self.copy(now, record, Task::Follow(leader.host.clone()), out) {
                self.retry = now + Duration::from_secs(1);
            }
            return Some("not-applying");
        }
        if !source.io {
            self.serve_task(Task::StartIo, out);
            return Some("not-receiving");
        }
        self.acknowledge(record, &up, view, out);
        None
    }

    fn rebuild(
        &mut self,
        now: Duration,
        record: &Record,
        leader: &Leader,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        self.copy(now, record, Task::Rebuild(leader.host.clone()), out);
        Some("rebuild")
    }

    /// Sets off what makes this host's log a beginning of the primary's; whether it could.
    fn copy(&mut self, now: Duration, record: &Record, task: Task, out: &mut Vec<Action>) -> bool {
        let can = now >= self.retry && self.server_idle();
        if can {
            self.lanes.copying = Some(record.lineage);
            self.serve_task(task, out);
        }
        can
    }

    /// Switches acknowledging on only after etcd has been told, and off as soon as it is not asked for.
    fn acknowledge(&mut self, record: &Record, up: &Up, view: &View, out: &mut Vec<Action>) {
        let wanted = self.asked_to_acknowledge(record, up, view);
        let declared = view.report(self.me()).is_some_and(|r| r.semi && r.instance == up.instance);
        if wanted != up.semi_replica && (!wanted || declared) {
            self.serve_task(Task::SemiReplica(wanted), out);
        }
    }

    /// Whether this host, as it stands, is one that acknowledges.
    pub(super) fn asked_to_acknowledge(&self, record: &Record, up: &Up, view: &View) -> bool {
        let me = self.me();
        match record.member(me) {
            Some(member) if member.instance == up.instance => {
                // Where two are named, the one that is not wanted leaves as soon as the other one acknowledges.
                let leaves = record.sync.len() > 1 && record.wanted.as_deref().is_some_and(|w| w != me);
                let replaced = record.wanted.as_ref().and_then(|w| view.report(w)).is_some_and(|r| r.semi);
                !(leaves && replaced)
            }
            _ => record.sync.is_empty() && record.wanted.as_deref() == Some(me),
        }
    }

    /// Somebody has the lead and does not own the record yet. Unless it is the last primary that comes back, it is
    /// being promoted: nothing more is received from the old one, and nothing that was received is thrown away.
    fn between(&mut self, record: &Record, leader: &Leader, out: &mut Vec<Action>) -> Option<&'static str> {
        if leader.host != record.primary.host && self.up().and_then(|u| u.source.as_ref()).is_some_and(|s| s.io) {
            self.serve_task(Task::StopIo, out);
        }
        Some("promotion")
    }

    /// Nobody has the lead.
    fn leaderless(
        &mut self,
        now: Duration,
        record: &Record,
        view: &View,
        out: &mut Vec<Action>,
    ) -> Option<&'static str> {
        let since = self.leaderless.unwrap_or(now);
        let waited = now.saturating_sub(since);
        let reserved = record.handover.as_deref().is_some_and(|h| h != self.me());
        if now < self.hold_off || (reserved && waited < HANDOVER) {
            return Some("courtesy");
        }
        match self.right(record, view) {
            Right::Member => self.claim(view, out),
            // Whoever is synchronous is ready at once; this server may first have to come up.
            Right::Primary if !record.sync.is_empty() && waited < self.settings.timing.courtesy => {
                return Some("courtesy");
            }
            Right::Primary if now >= self.retry => self.claim(view, out),
            Right::Primary => return Some("retry"),
            Right::None => {
                if self.orders.force {
                    self.force(now, record, view, out);
                }
                return Some("not-eligible");
            }
        }
        Some("claim")
    }

    /// By what right this host could take the lead now.
    fn right(&self, record: &Record, view: &View) -> Right {
        let Some(At { what: sight, .. }) = &self.sight else { return Right::None };
        let last = record.primary.host == self.me() && sight.data.as_ref() == Some(&record.primary.data);
        match &sight.server {
            Server::Stopped if last => Right::Primary,
            Server::Up(up) if last && up.source.is_none() => Right::Primary,
            Server::Up(up) => {
                let same = record.member(self.me()).is_some_and(|m| m.instance == up.instance);
                let applies = up.source.as_ref().is_none_or(|s| s.sql && !s.diverged);
                // What another one has received can be told only in the life in which it received it.
                let known = |m: &&Member| view.report(&m.host).is_some_and(|r| r.instance == m.instance);
                let told = record.sync.iter().filter(|m| m.host != self.me()).all(|m| known(&m));
                if same && applies && told { Right::Member } else { Right::None }
            }
            Server::Stopped | Server::Silent => Right::None,
        }
    }

    fn claim(&mut self, view: &View, out: &mut Vec<Action>) {
        // A task under way could receive again after the lead is won.
        if self.store_idle() && self.server_idle() {
            self.lanes.store = Some(StoreWork::Claim);
            self.phase = Phase::Claim;
            out.push(Action::Claim { record: view.record_revision() });
        }
    }

    /// The operator's word: this host counts as synchronous, whatever it lacks.
    fn force(&mut self, now: Duration, record: &Record, view: &View, out: &mut Vec<Action>) {
        let up = match self.sight().map(|s| s.server.clone()) {
            Some(Server::Up(up)) if !up.writable => up,
            // With all that it has.
            Some(Server::Stopped) if now >= self.retry => return self.serve_task(Task::Start(Role::Primary), out),
            _ => return,
        };
        if up.source.as_ref().is_some_and(|s| !s.sql || s.diverged) {
            // What it received and cannot apply is given up as well.
            return self.serve_task(Task::Detach, out);
        }
        if self.store_idle() && self.server_idle() {
            let member = Member { host: self.me().to_owned(), instance: up.instance.clone() };
            let record = Record { sync: vec![member], wanted: None, handover: None, ..record.clone() };
            let amendment = Amendment { record, seen: view.record_revision(), epoch: None, unchanged: [].into() };
            self.amend(amendment, out);
        }
    }
}

/// By what right a host takes the lead.
enum Right {
    /// It wrote last, and has its data.
    Primary,
    /// It is synchronous, in the life that is known to be.
    Member,
    None,
}
