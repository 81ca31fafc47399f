//! One host's part in the protocol.
//!
//! A step takes in what has happened (`take_in`), then compares the world with what it should be and asks for the next
//! pieces of work. Nothing is remembered that a look can show, so a task that failed is simply asked for again, and an
//! agent that was started anew goes on where the last one ended. Work is done in lanes, one piece at a time in each: on
//! the store, on the lease, on the server. [`Action::Kill`] and the door wait for nothing.
//!
//! `follow` is what a host does that does not lead, `promote` how the lead becomes an open primary, `serve` what a
//! primary does, `members` how it changes the synchronous hosts, `tell` what a host says of itself.

mod follow;
mod members;
mod promote;
mod serve;
mod take_in;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Action, Amendment, Event, Record, Report, Server, Settings, Sight, Task, Up, View};

/// So long an operator's word holds.
const ORDER: Duration = Duration::from_secs(60);

/// A lead that was won: the epoch, and when it ends on this host unless it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    pub epoch: u64,
    /// On the clock of [`Node::step`].
    pub until: Duration,
    /// Whether the server was told to take writes: then only its end is sure to stop them. So it is where that is not known.
    #[serde(default = "unknown")]
    pub opened: bool,
}

fn unknown() -> bool {
    true
}

/// What a host is doing, in words for `status`, verdicts and logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nothing was read from etcd yet.
    Starting,
    /// It follows, or waits; the code says what for.
    Following { waits: Option<&'static str> },
    /// It has the lead and is not open yet; the code says what it waits for.
    Promoting { waits: &'static str },
    /// It takes writes until this moment, unless its lease is renewed. Asynchronous: no other host must have them.
    Primary { until: Duration, asynchronous: bool },
    /// It hands the lead over to this host.
    HandingOver { to: String },
    /// It shuts itself off; the code says why.
    Fencing { why: &'static str },
}

/// The state machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    settings: Settings,
    phase: Phase,
    /// What etcd showed last.
    view: Option<At<View>>,
    /// What the server showed last.
    sight: Option<At<Sight>>,
    lanes: Lanes,
    door: Door,
    /// The hosts that can copy the log, as far as this is known.
    admitted: Option<At<BTreeSet<String>>>,
    /// Since when etcd shows no leader.
    leaderless: Option<Duration>,
    /// Since when the server has been silent.
    silent: Option<Duration>,
    /// No claim before this.
    hold_off: Duration,
    /// No start, and no copying anew, before this: the last one failed.
    retry: Duration,
    /// Each host's report by its revision, and when this revision was first seen.
    heard: BTreeMap<String, (u64, Duration)>,
    /// The lineage that this host's log is a beginning of.
    lineage: Option<u64>,
    /// When something was last said, and what.
    said: Option<At<Report>>,
    /// Nothing is said before this: it was just refused.
    tell_after: Duration,
    orders: Orders,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "there is one on a host, and it stays where it is")]
enum Phase {
    Follow {
        waits: Option<&'static str>,
    },
    Claim,
    Lead(Lead),
    /// The server is being ended; then the lead of this epoch is given up, if it may still be held.
    Fence {
        why: &'static str,
        release: Option<u64>,
    },
}

/// Having the lead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lead {
    lease: Lease,
    since: Duration,
    renew_at: Duration,
    waits: &'static str,
    /// Since when commits wait without progress, and the count of acknowledged ones then.
    stalled: Option<(Duration, u64)>,
    /// Since when nobody acknowledges.
    alone: Option<Duration>,
    /// Since when the agent's own write has not come through.
    stuck: Option<Duration>,
    /// How far the log went when only the synchronous host could already acknowledge: what it must have.
    mark: Option<(String, crate::Position)>,
    /// The host that is asked to become synchronous, and since when.
    asked: Option<(String, Duration)>,
    /// How far the log went a while ago.
    trail: Option<Trail>,
    /// Hosts for which commits waited in vain: none is asked again before it has received something new.
    lost: BTreeMap<String, Lost>,
    /// No host is asked to become synchronous before this: the last one did not manage.
    no_adding_before: Duration,
    handover: Option<Handover>,
    /// Whether the sessions were ended that could keep the applying thread waiting.
    dismissed: bool,
}

/// A host for which commits waited in vain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lost {
    since: Duration,
    /// How far the log went a while later.
    mark: Option<crate::Position>,
}

/// Two positions of the log, and when the newer one was noted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Trail {
    older: crate::Position,
    newer: crate::Position,
    since: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Handover {
    to: String,
    ordered: Duration,
    /// Since when the record names that host.
    named: Option<Duration>,
    /// When the door was shut for it, and whether the server takes no more writes since.
    shut: Option<Duration>,
    quiesced: Option<Duration>,
}

/// How much depends on the next look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// Nobody can write.
    Urgent,
    /// Commits wait, or somebody is to become synchronous, or to be found fit for it.
    Busy,
    Idle,
}

/// Something known, and since when it is known to be so at least.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct At<T> {
    what: T,
    asked: Duration,
}

/// Work under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Lanes {
    store: Option<StoreWork>,
    /// The record's revision that this process wrote itself, unless it may have sent a change since that is yet to be
    /// done: at this revision nothing of its own is under way.
    settled: Option<u64>,
    /// Decisions on the record wait for a view that was asked for after this.
    store_floor: Duration,
    renewal: bool,
    telling: Option<Report>,
    server: Option<Task>,
    /// The lineage that a copy under way is of.
    copying: Option<u64>,
    /// What the server showed before this may have changed since.
    server_floor: Duration,
    killing: bool,
    admitting: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum StoreWork {
    Claim,
    Amend(Box<Amendment>),
    Release,
}

/// What stands between clients and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Door {
    /// Whether it is known to be shut, or open until then.
    known: bool,
    open_until: Option<Duration>,
    /// The same for those who only read.
    read_until: Option<Duration>,
    address: bool,
}

/// The operator's word. It holds for a while only: nobody expects an old one to be followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Orders {
    given: Duration,
    found: bool,
    force: bool,
    rebuild: bool,
    switchover: Option<Option<String>>,
}

impl Node {
    /// A host's part, as its agent starts. `kept`: the lease that an earlier process of the agent had on this boot.
    pub fn new(settings: Settings, kept: Option<Lease>) -> Self {
        let phase = match kept {
            Some(lease) => Phase::Lead(Lead::new(lease, Duration::ZERO)),
            None => Phase::Follow { waits: None },
        };
        // With a lease the door is as the earlier process left it: open for no longer than the lease.
        let door = Door { known: kept.is_some(), open_until: kept.map(|l| l.until), read_until: None, address: true };
        Self {
            settings,
            phase,
            view: None,
            sight: None,
            lanes: Lanes::default(),
            door,
            admitted: None,
            leaderless: None,
            silent: None,
            hold_off: Duration::ZERO,
            retry: Duration::ZERO,
            heard: BTreeMap::new(),
            lineage: None,
            said: None,
            tell_after: Duration::ZERO,
            orders: Orders::default(),
        }
    }

    /// Takes in what has happened at `now` (a clock that never goes back and never stops); what is to be done, in order.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        if now.saturating_sub(self.orders.given) > ORDER {
            self.orders = Orders { given: now, ..Orders::default() };
        }
        self.take_in(now, event, &mut out);
        if let Phase::Lead(lead) = &self.phase
            && now >= lead.lease.until
        {
            self.lose("lease-over", true, now, &mut out);
        }
        match &self.phase {
            Phase::Follow { .. } => self.follow(now, &mut out),
            Phase::Claim => {}
            Phase::Lead(_) => self.lead(now, &mut out),
            Phase::Fence { release, .. } => {
                let release = *release;
                self.end_fence(now, release, &mut out);
            }
        }
        self.tell(now, &mut out);
        out
    }

    /// What this host is doing.
    pub fn standing(&self) -> Standing {
        match &self.phase {
            Phase::Follow { .. } if self.view.is_none() => Standing::Starting,
            Phase::Follow { waits } => Standing::Following { waits: *waits },
            Phase::Claim => Standing::Promoting { waits: "claim" },
            Phase::Fence { why, .. } => Standing::Fencing { why },
            Phase::Lead(lead) => match (&lead.handover, self.door.open_until) {
                (Some(Handover { to, shut: Some(_), .. }), _) => Standing::HandingOver { to: to.clone() },
                (_, Some(until)) if self.serves(lead) => {
                    Standing::Primary { until, asynchronous: self.record().is_some_and(|r| r.sync.is_empty()) }
                }
                _ => Standing::Promoting { waits: lead.waits },
            },
        }
    }

    /// Whether the record is this lead's and the server takes writes.
    fn serves(&self, lead: &Lead) -> bool {
        self.record().is_some_and(|r| r.epoch == lead.lease.epoch) && self.up().is_some_and(|up| up.writable)
    }

    /// How soon the server should be looked at again. Its end is noticed without a look.
    pub fn look_again(&self) -> Duration {
        Duration::from_millis(match self.press() {
            Press::Urgent => 50,
            Press::Busy => 200,
            Press::Idle => 400,
        })
    }

    /// How soon etcd should be read again. Whoever follows learns from it that the lead is free; whoever leads renews only
    /// what it has read lately.
    pub fn read_again(&self) -> Duration {
        let (urgent, busy, idle) = (Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(250));
        match self.press() {
            Press::Urgent => urgent,
            Press::Idle if matches!(self.phase, Phase::Lead(_)) => idle.max(self.settings.timing.renew * 2 / 5),
            Press::Busy | Press::Idle => busy,
        }
    }

    /// For how long commits have waited here without any being acknowledged. Until it is known whether this server or a
    /// replica keeps them waiting, a look over an open connection does not tell: a server can hang for everybody who
    /// connects, and for the commits, and go on answering those that it knows.
    pub fn in_vain(&self, now: Duration) -> Duration {
        let Phase::Lead(Lead { stalled: Some((since, _)), .. }) = &self.phase else { return Duration::ZERO };
        now.saturating_sub(*since)
    }

    fn press(&self) -> Press {
        let record = self.record();
        let (urgent, busy) = match &self.phase {
            Phase::Claim | Phase::Fence { .. } => (true, false),
            Phase::Follow { .. } => {
                let next = record.and_then(|r| r.handover.as_deref()) == Some(self.me());
                let urgent = next || self.leaderless.is_some() || self.leader_overdue();
                (urgent, self.view().is_none_or(|view| self.awaited(view)))
            }
            Phase::Lead(lead) => {
                let settled = record.is_some_and(|r| r.sync.len() == 1 && r.wanted.is_none());
                let waits = lead.stalled.is_some() || lead.alone.is_some() || lead.stuck.is_some();
                let serves = self.door.open_until.is_some() && self.up().is_some();
                (lead.handover.is_some() || !serves, waits || !settled)
            }
        };
        if urgent {
            Press::Urgent
        } else if busy {
            Press::Busy
        } else {
            Press::Idle
        }
    }

    /// Whether the leader has said nothing for so long that its lease may soon be over; it says something every second, for
    /// its agent writes as often.
    fn leader_overdue(&self) -> bool {
        let Some(At { what: view, asked }) = &self.view else { return false };
        let heard = view.leader.as_ref().and_then(|leader| self.heard.get(&leader.host));
        heard.is_some_and(|(_, since)| asked.saturating_sub(*since) >= self.settings.timing.ttl * 3 / 4)
    }

    /// What etcd showed last.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref().map(|at| &at.what)
    }

    /// What the server showed last.
    pub fn sight(&self) -> Option<&Sight> {
        self.sight.as_ref().map(|at| &at.what)
    }

    fn me(&self) -> &str {
        &self.settings.me
    }

    fn record(&self) -> Option<&Record> {
        self.view().and_then(View::known)
    }

    fn up(&self) -> Option<&Up> {
        match self.sight() {
            Some(Sight { server: Server::Up(up), .. }) => Some(up),
            _ => None,
        }
    }

    /// Whether what the server shows is as the last task left it, and none is under way.
    fn server_idle(&self) -> bool {
        let fresh = self.sight.as_ref().is_some_and(|at| at.asked >= self.lanes.server_floor);
        self.lanes.server.is_none() && !self.lanes.killing && fresh
    }

    /// Whether what etcd shows is as the last change left it, and none is under way.
    fn store_idle(&self) -> bool {
        let fresh = self.view.as_ref().is_some_and(|at| at.asked >= self.lanes.store_floor);
        self.lanes.store.is_none() && fresh
    }

    /// The lineage that this host's log is a beginning of, as this process knows it or an earlier one has told.
    fn lineage(&self) -> Option<u64> {
        self.lineage.or_else(|| self.view()?.report(self.me())?.lineage)
    }

    /// Asks for work on the server, if none is under way.
    fn serve_task(&mut self, task: Task, out: &mut Vec<Action>) {
        if self.server_idle() {
            self.lanes.server = Some(task.clone());
            out.push(Action::Serve(task));
        }
    }

    /// The lead is over, or no longer sure. A server that never took writes in it need not be ended: a replica that had
    /// to give up is still as good as it was.
    fn lose(&mut self, why: &'static str, release: bool, now: Duration, out: &mut Vec<Action>) {
        match &self.phase {
            Phase::Lead(lead) if !lead.lease.opened => {
                let epoch = lead.lease.epoch;
                out.push(Action::Keep(None));
                self.phase = Phase::Follow { waits: Some(why) };
                if release && self.lanes.store.is_none() {
                    self.release(now, epoch, out);
                }
            }
            _ => self.fence(why, release, out),
        }
    }

    /// Shuts the door, ends the server, and then, if `release`, gives the lead up.
    fn fence(&mut self, why: &'static str, release: bool, out: &mut Vec<Action>) {
        let epoch = match &self.phase {
            Phase::Lead(lead) => Some(lead.lease.epoch),
            _ => None,
        };
        out.push(Action::Shut);
        self.door = Door { known: true, open_until: None, read_until: None, address: true };
        if !self.lanes.killing {
            self.lanes.killing = true;
            out.push(Action::Kill);
        }
        out.push(Action::Keep(None));
        self.phase = Phase::Fence { why, release: epoch.filter(|_| release) };
    }

    fn end_fence(&mut self, now: Duration, release: Option<u64>, out: &mut Vec<Action>) {
        if self.lanes.killing {
            return;
        }
        // Only now: the sessions that ended with the server could still say so to their clients.
        if self.door.address {
            self.door.address = false;
            out.push(Action::Withdraw);
        }
        match release {
            Some(epoch) if self.lanes.store.is_none() => {
                self.release(now, epoch, out);
            }
            Some(_) => {}
            None => self.phase = Phase::Follow { waits: None },
        }
    }

    /// Gives the lead of an epoch up. The server takes no writes, or is gone.
    fn release(&mut self, now: Duration, epoch: u64, out: &mut Vec<Action>) {
        self.lanes.store = Some(StoreWork::Release);
        out.push(Action::Keep(None));
        out.push(Action::Release { epoch });
        // Where nobody else may have it, nobody is waited for.
        let others = self.record().is_some_and(|r| !r.sync.is_empty());
        self.hold_off = if others { now + self.settings.timing.courtesy / 4 } else { now };
        self.phase = Phase::Follow { waits: None };
    }

    fn amend(&mut self, amendment: Amendment, out: &mut Vec<Action>) {
        self.lanes.store = Some(StoreWork::Amend(Box::new(amendment.clone())));
        out.push(Action::Amend(amendment));
    }
}

impl Lead {
    fn new(lease: Lease, since: Duration) -> Self {
        Self {
            lease,
            since,
            renew_at: Duration::ZERO,
            waits: "look",
            stalled: None,
            alone: None,
            stuck: None,
            mark: None,
            asked: None,
            trail: None,
            lost: BTreeMap::new(),
            no_adding_before: Duration::ZERO,
            handover: None,
            dismissed: false,
        }
    }
}
