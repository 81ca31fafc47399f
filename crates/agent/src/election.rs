//! Which host's database may be written: one at a time, agreed on inside Galera itself. Pure; no I/O, no clock.
//!
//! The agreement is one row (host, epoch, beat) that Galera replicates. Two things keep writers apart:
//!
//! * **The epoch.** A claim changes the row only if it is still the one that was seen; Galera certifies it on all
//!   members, so of several claims at most one succeeds. A member without the quorum can claim nothing.
//! * **The lease.** The writer beats each second; each beat is a write that the group acknowledged. A writer says
//!   "no" once its last acknowledged beat was *sent* [`LEASE`] ago, and others replace a silent writer no earlier
//!   than [`SILENCE`] after they *saw* its last beat, which is later. A beat that comes before a claim makes the
//!   claim fail, as the row has changed. No clocks are compared, only durations.
//!
//! The writer is sticky: a host that comes back does not take over, so a failover is one interruption, not two.

use std::time::Duration;

/// How long an acknowledged beat lets the writer say "yes".
pub const LEASE: Duration = Duration::from_millis(2500);
/// How long a writer that is still in the view may be silent before it is replaced.
pub const SILENCE: Duration = Duration::from_secs(3);
/// How often the writer beats.
pub const BEAT: Duration = Duration::from_secs(1);
/// How much later each next candidate claims: a little more than the first one needs for its claim to be seen.
const STAGGER: Duration = Duration::from_millis(400);
/// How much later a member claims that is busy giving its state to another.
const DONOR: Duration = Duration::from_secs(1);
/// Between two writes at least: one that was refused is not worth a busy loop.
const SPACING: Duration = Duration::from_millis(200);
/// After a gap this long between two looks, what was not seen to beat proves nothing: the observer was away.
const BLIND: Duration = Duration::from_secs(1);

/// The agreement as this member has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Who writes; empty before the first claim.
    pub host: String,
    pub epoch: u64,
    pub beat: u64,
}

/// What this member can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// In the primary component, with all data, taking statements.
    Synced,
    /// The same, while giving its state to another.
    Donor,
    /// Anything else: never the writer.
    Unfit,
}

/// Who is in the group now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub hosts: Vec<String>,
    /// Members that no host of the configuration could be found for: any of them might be the writer.
    pub strangers: usize,
}

/// One look at the member.
#[derive(Clone, Debug)]
pub struct Sight {
    /// A clock that never goes back and never stops.
    pub now: Duration,
    pub fitness: Fitness,
    pub view: View,
    /// `None` when the row could not be read.
    pub row: Option<Row>,
}

/// A write that should be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Become the writer, unless the row has changed since this epoch and beat: somebody claimed, or is alive.
    Claim { seen: u64, beat: u64 },
    /// Stay the writer of this epoch.
    Beat { epoch: u64 },
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged by the group.
    Done,
    /// Refused: somebody else was faster, or the group takes no writes.
    Refused,
    /// Nobody knows: it may yet be done.
    Unknown,
}

/// Why this host is, or is not, the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Writer,
    /// The member has no quorum, or not all data yet.
    Unfit,
    /// The agreement could not be read.
    NoRow,
    /// The row names this host, and no write of this epoch was acknowledged lately.
    Unconfirmed,
    /// Another host writes.
    Other(String),
    /// Nobody writes; a claim is due or under way.
    Vacant,
}

/// What follows from a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub reason: Reason,
    /// When a "yes" ends by itself, on the clock of [`Sight::now`].
    pub until: Option<Duration>,
    pub action: Option<Action>,
}

impl Decision {
    fn no(reason: Reason) -> Self {
        Self { reason, until: None, action: None }
    }

    /// Whether this host's database may be written.
    pub fn yes(&self) -> bool {
        self.reason == Reason::Writer
    }
}

/// One host's part in the election.
#[derive(Debug)]
pub struct Election {
    me: String,
    /// All database hosts; earlier ones claim sooner.
    order: Vec<String>,
    held: Option<Held>,
    watched: Option<Watched>,
    last_look: Option<Duration>,
    /// The write under way and when it was sent.
    pending: Option<(Action, Duration)>,
    last_write: Option<Duration>,
}

/// The epoch in which a write of this host was acknowledged, and when the last such write was sent.
#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: u64,
    sent: Duration,
}

/// The row as last seen, since when it has not changed, and since when its writer has been found wanting.
#[derive(Clone, Debug)]
struct Watched {
    row: Row,
    since: Duration,
    vacant: Option<Duration>,
}

impl Election {
    /// The election among `order`, as `me` takes part in it.
    pub fn new(me: impl Into<String>, order: Vec<String>) -> Self {
        Self { me: me.into(), order, held: None, watched: None, last_look: None, pending: None, last_write: None }
    }

    /// Decides by one look. An action that is returned counts as under way until [`Self::done`].
    pub fn look(&mut self, sight: &Sight) -> Decision {
        let away = self.last_look.is_none_or(|last| sight.now.saturating_sub(last) > BLIND);
        if sight.fitness == Fitness::Unfit {
            // What this member still shows may be old: it neither holds nor watches anything.
            self.forget();
            return Decision::no(Reason::Unfit);
        }
        let Some(row) = &sight.row else {
            self.forget();
            return Decision::no(Reason::NoRow);
        };
        self.last_look = Some(sight.now);
        self.watch(row, sight.now, away);
        let (reason, wish) = if row.host == self.me { self.own(row, sight.now) } else { self.others(row, sight) };
        let spaced = self.last_write.is_none_or(|last| sight.now.saturating_sub(last) >= SPACING);
        let action = wish.filter(|_| spaced && self.pending.is_none());
        if let Some(action) = action {
            self.pending = Some((action, sight.now));
            self.last_write = Some(sight.now);
        }
        let until = self.held.filter(|_| reason == Reason::Writer).map(|held| held.sent + LEASE);
        Decision { reason, until, action }
    }

    /// Takes in how the write under way ended.
    pub fn done(&mut self, outcome: Outcome) {
        let Some((action, sent)) = self.pending.take() else { return };
        match (action, outcome) {
            (Action::Claim { seen, .. }, Outcome::Done) => self.held = Some(Held { epoch: seen + 1, sent }),
            (Action::Beat { epoch }, Outcome::Done) => self.held = Some(Held { epoch, sent }),
            // Refused or unknown proves nothing either way: the row, as read next, says who writes, and the lease
            // runs out by itself.
            _ => {}
        }
    }

    fn forget(&mut self) {
        self.held = None;
        self.watched = None;
        self.last_look = None;
    }

    fn watch(&mut self, row: &Row, now: Duration, away: bool) {
        match &mut self.watched {
            Some(watched) if watched.row == *row => {
                if away {
                    watched.since = now;
                    watched.vacant = None;
                }
            }
            _ => self.watched = Some(Watched { row: row.clone(), since: now, vacant: None }),
        }
    }

    /// The row names this host.
    fn own(&self, row: &Row, now: Duration) -> (Reason, Option<Action>) {
        // A row that names this host in an epoch it knows nothing of was claimed before a restart, or by a claim
        // whose answer was lost: it counts once a write of that epoch is acknowledged.
        let held = self.held.filter(|h| h.epoch == row.epoch);
        let confirmed = held.is_some_and(|h| now.saturating_sub(h.sent) < LEASE);
        let due = !confirmed || self.last_write.is_none_or(|last| now.saturating_sub(last) >= BEAT);
        let reason = if confirmed { Reason::Writer } else { Reason::Unconfirmed };
        (reason, due.then_some(Action::Beat { epoch: row.epoch }))
    }

    /// The row names another host, or none.
    fn others(&mut self, row: &Row, sight: &Sight) -> (Reason, Option<Action>) {
        self.held = None;
        let Some(watched) = &mut self.watched else { return (Reason::Vacant, None) };
        let silent = sight.now.saturating_sub(watched.since) >= SILENCE;
        if !(gone(row, &sight.view, &self.me, &self.order) || silent) {
            watched.vacant = None;
            return (Reason::Other(row.host.clone()), None);
        }
        let vacant = *watched.vacant.get_or_insert(sight.now);
        // Those who would claim before this host: earlier in the order, present, and not the one to be replaced.
        let before = self
            .order
            .iter()
            .take_while(|h| **h != self.me)
            .filter(|h| **h != row.host && sight.view.hosts.contains(h))
            .count();
        let mut wait = STAGGER * u32::try_from(before).unwrap_or(u32::MAX);
        if sight.fitness == Fitness::Donor {
            wait += DONOR;
        }
        let due = sight.now.saturating_sub(vacant) >= wait;
        (Reason::Vacant, due.then_some(Action::Claim { seen: row.epoch, beat: row.beat }))
    }
}

/// Whether the row's host is certainly not in the group: known hosts only, this host among them.
fn gone(row: &Row, view: &View, me: &str, order: &[String]) -> bool {
    if row.host.is_empty() || !order.contains(&row.host) {
        return true;
    }
    let sound = view.strangers == 0 && view.hosts.iter().any(|h| h == me);
    sound && !view.hosts.contains(&row.host)
}

#[cfg(test)]
#[path = "election_tests.rs"]
mod tests;
