//! What a host says of its own server, for the primary and for whoever asks how things are.

use std::time::Duration;

use super::{Node, Phase};
use crate::{Action, Report, Server, Task, Up, View};

/// A report that says nothing new is repeated so often: a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
/// Positions change all the time; so often they are told, unless somebody waits for them.
const PROGRESS: Duration = Duration::from_millis(500);
const AWAITED: Duration = Duration::from_millis(50);

impl Node {
    pub(super) fn tell(&mut self, now: Duration, out: &mut Vec<Action>) {
        let fresh = self.view.as_ref().is_some_and(|at| at.asked >= self.lanes.store_floor);
        if self.lanes.telling.is_some() || now < self.tell_after || !fresh || !self.server_idle() {
            return;
        }
        let Some(view) = self.view() else { return };
        let Some((report, record)) = self.report(view) else { return };
        let before = self.said.as_ref();
        let since = before.map_or(Duration::MAX, |at| now.saturating_sub(at.asked));
        let due = match before.map(|at| &at.what) {
            Some(said) if *said == report => since >= SIGN_OF_LIFE,
            Some(said) if only_positions(said, &report) => since >= if self.awaited(view) { AWAITED } else { PROGRESS },
            _ => true,
        };
        if due {
            let seen = view.reports.get(self.me()).map_or(0, |(_, revision)| *revision);
            self.lanes.telling = Some(report.clone());
            out.push(Action::Tell { report, seen, record });
        }
    }

    /// The report, and the record's revision that it holds for only.
    fn report(&self, view: &View) -> Option<(Report, Option<u64>)> {
        let up = match &self.sight()?.server {
            Server::Up(up) => up,
            // A server that is gone acknowledges nothing, and starts without.
            Server::Stopped => return Some((Report { lineage: self.lineage(), ..Report::default() }, None)),
            // It may yet do what it could.
            Server::Silent => return None,
        };
        let declared = view.report(self.me()).is_some_and(|r| r.semi && r.instance == up.instance);
        let asked = self.asked(up, view);
        let semi = up.semi_replica || asked;
        // A promise to acknowledge counts only as long as the primary still asks for it.
        let guard = (semi && !declared && !up.semi_replica).then(|| view.record_revision());
        let report =
            Report { lineage: self.lineage(), stopped_for: self.stopped_for(up, view), ..Self::said_of(up, semi) };
        Some((report, guard))
    }

    fn said_of(up: &Up, semi: bool) -> Report {
        let source = up.source.as_ref();
        Report {
            instance: up.instance.clone(),
            source: source.map(|s| s.host.clone()),
            io: source.is_some_and(|s| s.io),
            sql: source.is_some_and(|s| s.sql),
            semi,
            received: source.map(|s| s.received.clone()).unwrap_or_default().or_further(&up.written),
            applied: up.written.clone(),
            ..Report::default()
        }
    }

    /// Whether the primary asks this host to acknowledge.
    fn asked(&self, up: &Up, view: &View) -> bool {
        let Some(record) = view.known() else { return false };
        let owner = view.leader.as_ref().filter(|l| l.epoch == record.epoch && l.host != self.me());
        let follows = owner.is_some_and(|l| up.source.as_ref().is_some_and(|s| s.host == l.host && s.io && s.sql));
        follows && matches!(self.phase, Phase::Follow { .. }) && self.asked_to_acknowledge(record, up, view)
    }

    /// The epoch that this host has stopped receiving for.
    fn stopped_for(&self, up: &Up, view: &View) -> Option<u64> {
        let leader = view.leader.as_ref()?;
        let promoted = view.known().is_some_and(|r| r.epoch != leader.epoch && r.primary.host != leader.host);
        let stopped = up.source.as_ref().is_none_or(|s| !s.io) && !matches!(self.lanes.server, Some(Task::StartIo));
        (promoted && stopped && leader.host != self.me()).then_some(leader.epoch)
    }

    /// Whether somebody waits for this host's positions.
    pub(super) fn awaited(&self, view: &View) -> bool {
        let me = Some(self.me());
        let Some(record) = view.known() else { return false };
        let promotion = view.leader.as_ref().is_some_and(|l| l.epoch != record.epoch);
        record.handover.as_deref() == me || record.wanted.as_deref() == me || promotion
    }
}

fn only_positions(before: &Report, after: &Report) -> bool {
    let steady = |r: &Report| Report { received: Default::default(), applied: Default::default(), ..r.clone() };
    steady(before) == steady(after)
}
