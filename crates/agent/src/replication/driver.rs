//! The protocol's thread: events in, actions out, a sign of life to systemd.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use failover::{Action, Amendment, Event, Node, Order, Report, Standing, Task};
use host::clock;
use host::database::{Gate, Site, Tasks};
use host::etcd::Answering;
use sd_notify::NotifyState;
use wire::Note;
use wire::replication::{Ask, Told};

use super::canary::{self, Canary};
use super::coordination::{self, Settled};
use super::lease::{self, Held};
use super::show::{self, Aside};
use super::store::Store;
use super::watch::{self, Pace};
use super::{Inbox, Input, Replication, door, give, socket};
use crate::board::Board;
use crate::{Error, worker};

/// Between two steps at most.
const TICK: Duration = Duration::from_millis(100);
/// Between two signs of life to systemd, which waits for three seconds.
const ALIVE: Duration = Duration::from_millis(500);
/// Between two answers on the board when nothing changes.
const PUBLISH: Duration = Duration::from_millis(200);

/// What a driver is made of.
pub struct Parts<'p> {
    pub config: &'p Replication,
    pub site: Site,
    pub gate: Gate,
    pub inbox: Inbox,
    pub board: &'p Arc<Board>,
}

/// Work for the store.
enum StoreWork {
    Claim { record: u64 },
    Amend(Amendment),
    Release { epoch: u64, lease: Option<u64> },
}

/// A report to be put.
struct Saying {
    report: Report,
    seen: u64,
    record: Option<u64>,
}

/// The driver of one host.
pub struct Driver {
    node: Node,
    me: String,
    unit: String,
    held: Option<Held>,
    aside: Aside,
    board: Arc<Board>,
    inbox: Inbox,
    canary: Arc<Mutex<Canary>>,
    door: Sender<door::Ask>,
    store: Sender<StoreWork>,
    renewals: Sender<u64>,
    reports: Sender<Saying>,
    tasks: Sender<Task>,
    view_pace: Pace,
    look_pace: Pace,
    alive: Duration,
    published: Duration,
    standing: Standing,
    settled: Settled,
}

impl Driver {
    /// Starts all lanes.
    pub fn start(parts: Parts<'_>, node: Node, held: Option<Held>) -> Result<Self, Error> {
        let Parts { config, site, gate, inbox, board } = parts;
        let canary = Arc::new(Mutex::new(Canary::default()));
        let (view_pace, view_bell) = Pace::new(node.read_again());
        let (look_pace, look_bell) = Pace::new(node.look_again());
        let (door, asks) = channel();
        let lane = door::Door { gate, vip: config.address(), site: site.clone(), inbox: inbox.clone() };
        worker::start("door", move || lane.run(&asks))?;
        // A lost member of etcd is found out by whoever reads, and not again by a claim that everybody waits for.
        let answering = Answering::default();
        let store = store_lane(config, &answering, &inbox, &view_pace)?;
        let renewals = renewal_lane(config, &answering, &inbox)?;
        let reports = report_lane(config, &answering, &inbox)?;
        let tasks = task_lane(config.tasks(site.clone(), gate), &inbox, &look_pace)?;
        watch::store(Store::new(config.access(), &answering), inbox.clone(), view_pace.clone(), view_bell)?;
        watch::server(site.clone(), Arc::clone(&canary), inbox.clone(), look_pace.clone(), look_bell)?;
        watch::process(&site, look_pace.clone())?;
        canary::start(site.clone(), Arc::clone(&canary))?;
        let settled = Settled::default();
        coordination::start(config.access(), &site, Arc::clone(&settled))?;
        socket::start(inbox.clone())?;
        let (me, unit) = (site.me.clone(), site.unit.clone());
        give(config, site)?;
        let standing = node.standing();
        Ok(Self {
            node,
            me,
            unit,
            held,
            aside: Aside::default(),
            board: Arc::clone(board),
            inbox,
            canary,
            door,
            store,
            renewals,
            reports,
            tasks,
            view_pace,
            look_pace,
            alive: Duration::ZERO,
            published: Duration::ZERO,
            standing,
            settled,
        })
    }

    /// Runs the protocol, for ever.
    pub fn run(&mut self, inputs: &Receiver<Input>) {
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        loop {
            match inputs.recv_timeout(TICK) {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => self.step(Event::Tick),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.show();
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Event(event) => {
                if let Event::Viewed { asked, .. } = &event {
                    self.aside.viewed = Some(*asked);
                }
                self.step(event);
            }
            Input::Claimed { event, lease } => {
                if let Event::Claimed { stored: failover::Stored::Done(epoch), sent } = &event {
                    // What the protocol makes of it comes as an action that keeps it.
                    self.held =
                        Some(Held { lease: failover::Lease { epoch: *epoch, until: *sent, opened: false }, id: lease });
                }
                self.step(event);
            }
            Input::Seen { event, lag } => {
                let asked = if let Event::Seen { asked, .. } = &event { Some(*asked) } else { None };
                self.step(event);
                if let (Some(asked), Some(copying)) = (asked, show::copying(&self.node, lag)) {
                    self.aside.compare(asked, show::compared(&self.node));
                    self.aside.looked(asked, copying, lag);
                }
            }
            Input::Asked { ask, answer } => {
                let told = self.answer(ask);
                // Whoever asked may have gone.
                let _ = answer.try_send(told);
            }
        }
    }

    fn step(&mut self, event: Event) {
        for action in self.node.step(clock::now(), event) {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        tracing::debug!(?action, "asked for");
        // A lane whose thread is gone has ended the process.
        match action {
            Action::Open { until } => drop(self.door.send(door::Ask::Open(until))),
            Action::Read { until } => drop(self.door.send(door::Ask::Read(until))),
            Action::Shut => {
                self.set_canary(false);
                drop(self.door.send(door::Ask::Shut));
            }
            Action::Withdraw => drop(self.door.send(door::Ask::Withdraw)),
            Action::Admit(hosts) => drop(self.door.send(door::Ask::Admit(hosts))),
            Action::Kill => self.kill(),
            Action::Serve(task) => {
                tracing::info!(?task, "on the server");
                drop(self.tasks.send(task));
            }
            Action::Claim { record } => drop(self.store.send(StoreWork::Claim { record })),
            Action::Renew => match self.held {
                Some(held) => drop(self.renewals.send(held.id)),
                None => self.inbox.event(Event::NotRenewed { gone: true }),
            },
            Action::Release { epoch } => {
                let lease = self.held.filter(|h| h.lease.epoch == epoch).map(|h| h.id);
                drop(self.store.send(StoreWork::Release { epoch, lease }));
            }
            Action::Amend(amendment) => {
                tracing::info!(record = ?amendment.record, "to be kept");
                drop(self.store.send(StoreWork::Amend(amendment)));
            }
            Action::Tell { report, seen, record } => drop(self.reports.send(Saying { report, seen, record })),
            Action::Keep(Some(lease)) => {
                self.held = self.held.map(|held| Held { lease, ..held });
                lease::keep(self.held);
            }
            // The number is kept in mind for the release that may follow.
            Action::Keep(None) => lease::keep(None),
        }
    }

    /// On a thread of its own, so that no task that hangs is waited for.
    fn kill(&self) {
        tracing::warn!("ends the server");
        let (unit, inbox, bell) = (self.unit.clone(), self.inbox.clone(), self.look_pace.clone());
        let killing = worker::start("kill", move || {
            host::database::kill(&unit);
            inbox.event(Event::Killed);
            bell.now();
        });
        if let Err(error) = killing {
            tracing::error!(%error, "no thread to end the server from");
            host::database::kill(&self.unit);
            self.inbox.event(Event::Killed);
        }
    }

    fn answer(&mut self, ask: Ask) -> Told {
        let leads = !matches!(self.node.standing(), Standing::Starting | Standing::Following { .. });
        let order = match ask {
            Ask::Status {} => {
                let status = show::status(&self.node, &self.me, &self.aside, clock::now());
                return Told::Status(Box::new(status));
            }
            Ask::Switchover { to } if matches!(self.node.standing(), Standing::Primary { .. }) => {
                Order::Switchover { to }
            }
            Ask::Switchover { .. } => return Told::Refused(Note::new("database-not-primary").with("host", &self.me)),
            Ask::Force {} | Ask::Rebuild {} if leads => {
                return Told::Refused(Note::new("database-leads").with("host", &self.me));
            }
            Ask::Force {} => Order::Force,
            Ask::Rebuild {} => Order::Rebuild,
        };
        tracing::warn!(?order, "an operator's order");
        self.step(Event::Ordered(order));
        Told::Accepted
    }

    fn set_canary(&self, active: bool) {
        self.canary.lock().unwrap_or_else(PoisonError::into_inner).set(active);
    }

    fn settle(&self, since: Option<Duration>) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        *settled = since.map(|now| settled.unwrap_or(now));
    }

    /// Lets others know, and sets the pace of the looks.
    fn show(&mut self) {
        let now = clock::now();
        let standing = self.node.standing();
        let same = std::mem::discriminant(&standing) == std::mem::discriminant(&self.standing);
        if !same {
            tracing::info!(?standing, "now");
        }
        let primary = matches!(standing, Standing::Primary { .. });
        let changed = standing != self.standing;
        let settled = matches!(standing, Standing::Primary { asynchronous: false, .. });
        self.standing = standing;
        if changed || now.saturating_sub(self.published) >= PUBLISH {
            self.published = now;
            self.board.publish("database", show::answer(&self.node, &self.me, &self.aside, now));
            self.board.follow(show::following(&self.node, &self.aside));
            self.set_canary(primary);
            self.settle(settled.then_some(now));
        }
        self.view_pace.set(self.node.read_again());
        self.look_pace.set(self.node.look_again());
        self.look_pace.doubt(self.node.in_vain(now));
        if now.saturating_sub(self.alive) >= ALIVE {
            self.alive = now;
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        }
    }
}

fn store_lane(
    config: &Replication,
    answering: &Answering,
    inbox: &Inbox,
    view: &Pace,
) -> Result<Sender<StoreWork>, Error> {
    let (sender, work) = channel();
    let (mut store, inbox, view) = (Store::new(config.access(), answering), inbox.clone(), view.clone());
    let (me, ttl) = (config.settings.me.clone(), config.settings.timing.ttl);
    worker::start("store", move || {
        while let Ok(work) = work.recv() {
            match work {
                StoreWork::Claim { record } => {
                    // Before anything is sent: the lease lives from its own beginning.
                    let sent = clock::now();
                    let claim = store.claim(&me, record, ttl);
                    let event = Event::Claimed { stored: claim.stored, sent };
                    inbox.put(Input::Claimed { event, lease: claim.lease });
                }
                StoreWork::Amend(amendment) => {
                    let stored = store.amend(&amendment);
                    inbox.event(Event::Amended(stored));
                }
                StoreWork::Release { epoch, lease } => {
                    store.release(epoch, lease);
                    inbox.event(Event::Released);
                }
            }
            view.now();
        }
    })?;
    Ok(sender)
}

fn renewal_lane(config: &Replication, answering: &Answering, inbox: &Inbox) -> Result<Sender<u64>, Error> {
    let (sender, leases) = channel();
    let (mut store, inbox) = (Store::new(config.access(), answering), inbox.clone());
    // Of the time until the fence, one renewal may take no more than leaves room for the next.
    let limit = config.settings.timing.fence / 2;
    worker::start("lease", move || {
        while let Ok(lease) = leases.recv() {
            let sent = clock::now();
            match store.renew(lease, limit) {
                Ok(true) => inbox.event(Event::Renewed { sent }),
                Ok(false) => inbox.event(Event::NotRenewed { gone: true }),
                Err(trouble) => {
                    tracing::warn!(%trouble, "the lease is not renewed");
                    inbox.event(Event::NotRenewed { gone: trouble.missing() });
                }
            }
        }
    })?;
    Ok(sender)
}

fn report_lane(config: &Replication, answering: &Answering, inbox: &Inbox) -> Result<Sender<Saying>, Error> {
    let (sender, reports) = channel::<Saying>();
    let (mut store, inbox, me) = (Store::new(config.access(), answering), inbox.clone(), config.settings.me.clone());
    worker::start("reports", move || {
        while let Ok(Saying { report, seen, record }) = reports.recv() {
            let stored = store.tell(&me, &report, seen, record);
            inbox.event(Event::Told(stored));
        }
    })?;
    Ok(sender)
}

fn task_lane(work: Tasks, inbox: &Inbox, look: &Pace) -> Result<Sender<Task>, Error> {
    let (sender, tasks) = channel::<Task>();
    let (inbox, look) = (inbox.clone(), look.clone());
    worker::start("server", move || {
        while let Ok(task) = tasks.recv() {
            let since = clock::now();
            let done = work.run(&task);
            let took_ms = clock::now().saturating_sub(since).as_millis();
            match &done {
                Ok(()) => tracing::info!(?task, took_ms, "done"),
                Err(error) => tracing::warn!(?task, %error, took_ms, "not done"),
            }
            inbox.event(Event::Served { task, done: done.is_ok() });
            look.now();
        }
    })?;
    Ok(sender)
}
