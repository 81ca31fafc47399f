//! A world in which anything may fail: database hosts with the shipped state machine, their servers, the streams between
//! them, etcd, and clients.
//!
//! It has no clock and no chance of its own. Everything that can happen next is an [`Op`]; who drives the world says
//! which happens, and when: a seeded schedule in `simulation`, every order in `exhaustive`.

pub mod agent;
pub mod check;
pub mod fault;
pub mod server;
pub mod store;
mod stream;

use std::collections::BTreeSet;
use std::time::Duration;

use failover::{Action, Event, Lease, Node, OnReplicaLoss, Order, Settings, Task, Timing};

use crate::mutants::Breakage;
use agent::Agent;
use check::Ledger;
use server::{Copying, Disk, Process, Write, carry_out, sight};
use store::{Request, Store};
use stream::Stream;

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// So many commits get into the log while the first of them waits for an acknowledgement.
const IN_LOG: usize = 2;

/// What stays the same for a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    pub hosts: usize,
    pub timing: Timing,
    pub policy: OnReplicaLoss,
    /// The rule that the agents break.
    pub broken: Option<Breakage>,
}

pub fn name(host: usize) -> String {
    ["a", "b", "c"][host].to_owned()
}

pub fn index(name: &str) -> usize {
    usize::from(name.as_bytes()[0] - b'a')
}

/// Something that can happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// An agent's timer.
    Turn {
        host: usize,
        life: u32,
    },
    /// An agent carries out what it was told to do.
    Carry {
        host: usize,
        life: u32,
    },
    /// Something reaches an agent.
    Deliver {
        host: usize,
        life: u32,
        event: Box<Event>,
    },
    /// A request reaches etcd.
    Request {
        host: usize,
        life: u32,
        sent: Duration,
        request: Request,
        answered: bool,
    },
    Look {
        host: usize,
        life: u32,
        asked: Duration,
    },
    Serve {
        host: usize,
        life: u32,
        task: Task,
    },
    Kill {
        host: usize,
        life: u32,
    },
    Admit {
        host: usize,
        life: u32,
        hosts: BTreeSet<String>,
    },
    /// A server has come up.
    Started {
        host: usize,
        process: u32,
    },
    /// A replica connects to its source.
    Connect {
        host: usize,
    },
    /// The next of a stream arrives.
    Flow {
        stream: u32,
    },
    /// The next acknowledgement arrives.
    Acknowledge {
        stream: u32,
    },
    /// An end of a stream notices that the other one is gone.
    Notice {
        stream: u32,
        source: bool,
    },
    /// A replica applies the next of what it received.
    Apply {
        host: usize,
    },
    /// etcd may end the lease.
    Expire,
    /// A client writes, wherever it is let in.
    Client,
    /// An agent starts again.
    Revive {
        host: usize,
        life: u32,
    },
}

impl What {
    /// The agent that must run for this to begin.
    pub fn begun_by(&self) -> Option<usize> {
        match self {
            Self::Turn { host, .. }
            | Self::Carry { host, .. }
            | Self::Deliver { host, .. }
            | Self::Request { host, .. }
            | Self::Look { host, .. }
            | Self::Serve { host, .. }
            | Self::Kill { host, .. }
            | Self::Admit { host, .. } => Some(*host),
            _ => None,
        }
    }
}

/// How it goes with a request or a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fate {
    #[default]
    Fine,
    /// It never arrives.
    Lost,
    /// It is carried out, and nobody hears of it.
    Unheard,
    /// It is given up by who asked, and carried out afterwards.
    Late,
}

/// One of the things that can happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    pub what: What,
    pub due: Duration,
    /// Chance, for what is decided when it happens.
    pub dice: u32,
    pub fate: Fate,
    /// It waits in a stopped agent.
    pub held: bool,
}

/// One database host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    pub powered: bool,
    pub agent: Agent,
    pub disk: Disk,
    pub process: Option<Process>,
    /// The number of the present process.
    pub processes: u32,
    /// Clients are let in until then.
    pub door: Option<Duration>,
    pub admitted: BTreeSet<String>,
    /// The agent's file.
    pub kept: Option<Lease>,
    /// The last name of its server's life as a replica.
    instance: String,
    /// How often its data were replaced.
    pub rebuilds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub setup: Setup,
    pub now: Duration,
    pub hosts: Vec<Host>,
    pub store: Store,
    pub streams: Vec<Stream>,
    /// Directions in which nothing passes; etcd is one past the last host.
    pub cuts: BTreeSet<(usize, usize)>,
    pub ledger: Ledger,
    /// Clients go on writing; without them only the agent's own write comes once a second.
    pub clients: bool,
    /// Leases last as long as they should.
    pub clocks: bool,
    pub ops: Vec<Op>,
    /// Asked for and not yet given a time: with the delay that it has at least.
    pub fresh: Vec<(What, Duration)>,
    next_stream: u32,
    next_instance: u32,
}

impl World {
    /// Hosts with pristine data, agents running, nothing founded.
    pub fn new(setup: Setup) -> Self {
        let hosts = (0..setup.hosts)
            .map(|host| Host {
                powered: true,
                agent: Agent::new(Node::new(settings(setup, host), None)),
                disk: Disk { data: format!("{}0", name(host)), log: vec![], engine: 0, copies_from: None },
                process: None,
                processes: 0,
                door: None,
                admitted: BTreeSet::new(),
                kept: None,
                instance: String::new(),
                rebuilds: 0,
            })
            .collect();
        let mut world = Self {
            setup,
            now: ms(1000),
            hosts,
            store: Store::new(),
            streams: vec![],
            cuts: BTreeSet::new(),
            ledger: Ledger::default(),
            clients: true,
            clocks: true,
            ops: vec![],
            fresh: vec![],
            next_stream: 0,
            next_instance: 0,
        };
        for host in 0..setup.hosts {
            world.ask(What::Turn { host, life: 0 });
        }
        world.ask(What::Client);
        world
    }

    pub fn etcd(&self) -> usize {
        self.setup.hosts
    }

    pub fn passes(&self, from: usize, to: usize) -> bool {
        let powered = |end: usize| end == self.etcd() || self.hosts[end].powered;
        powered(from) && powered(to) && !self.cuts.contains(&(from, to))
    }

    pub fn ask(&mut self, what: What) {
        self.fresh.push((what, Duration::ZERO));
    }

    fn ask_after(&mut self, what: What, delay: Duration) {
        self.fresh.push((what, delay));
    }

    /// Clients are let in and find a server that takes writes.
    pub fn open(&self, host: usize) -> bool {
        let h = &self.hosts[host];
        h.powered && h.door.is_some_and(|until| self.now < until)
    }

    pub fn takes_writes(&self, host: usize) -> bool {
        self.open(host) && self.hosts[host].process.as_ref().is_some_and(|p| p.works() && p.writable && !p.stuck)
    }

    /// Lets one thing happen, and whatever follows from it at once.
    pub fn happen(&mut self, op: Op) {
        let Op { what, dice, fate, .. } = op;
        match what {
            What::Turn { host, life } => self.turn(host, life),
            What::Carry { host, life } => self.carry(host, life, dice),
            What::Deliver { host, life, event } => self.deliver(host, life, *event),
            What::Request { host, life, sent, request, answered } => {
                self.request(host, life, sent, request, answered, fate);
            }
            What::Look { host, life, asked } => self.look(host, life, asked),
            What::Serve { host, life, task } => self.serve(host, life, task, dice, fate),
            What::Kill { host, life } => self.kill(host, life, dice),
            What::Admit { host, life, hosts } => {
                if self.hosts[host].powered && self.hosts[host].agent.life == life {
                    let all = self.setup.broken == Some(Breakage::AdmitsAll);
                    let admitted = if all { (0..self.setup.hosts).map(name).collect() } else { hosts.clone() };
                    self.hosts[host].admitted = admitted;
                    self.answer(host, life, Event::Admitted(hosts));
                }
            }
            What::Started { host, process } => {
                let h = &mut self.hosts[host];
                if h.processes == process
                    && let Some(p) = &mut h.process
                {
                    p.starting = false;
                    let life = h.agent.life;
                    let task = h.agent.starting.take();
                    if let Some(task) = task {
                        self.answer(host, life, Event::Served { task, done: true });
                    }
                }
            }
            What::Connect { host } => self.connect(host),
            What::Flow { stream } => self.flow(stream),
            What::Acknowledge { stream } => self.acknowledge(stream),
            What::Notice { stream, source } => self.notice(stream, source),
            What::Apply { host } => self.apply(host),
            What::Expire => {
                if self.store.quorum && self.now >= self.store.expires {
                    self.store.revision += 1;
                    self.store.leader = None;
                }
            }
            What::Client => {
                self.client(dice);
                self.ask(What::Client);
            }
            What::Revive { host, life } => self.revive(host, life),
        }
        self.send_answers();
        self.arm();
    }

    fn answer(&mut self, host: usize, life: u32, event: Event) {
        self.ask(What::Deliver { host, life, event: Box::new(event) });
    }

    fn request(&mut self, host: usize, life: u32, sent: Duration, request: Request, answered: bool, fate: Fate) {
        let arrives = self.passes(host, self.etcd()) && self.store.quorum && fate != Fate::Lost;
        let returns = self.passes(self.etcd(), host) && fate != Fate::Unheard && answered;
        let late = matches!(fate, Fate::Late) && request != Request::Read;
        if late || !arrives || !returns {
            if answered && let Some(event) = Store::unknown(sent, &request) {
                self.ask_after(What::Deliver { host, life, event: Box::new(event) }, ms(if late { 0 } else { 400 }));
            } else if answered {
                self.hosts[host].agent.reading = false;
            }
        }
        if late {
            self.ask_after(What::Request { host, life, sent, request, answered: false }, ms(100));
            return;
        }
        if !arrives {
            return;
        }
        let before = self.store.record.clone();
        let event = self.store.carry_out(self.now, self.setup.timing.ttl, &name(host), sent, &request);
        if before != self.store.record {
            self.record_changed();
        }
        if returns {
            self.answer(host, life, event);
        }
    }

    fn look(&mut self, host: usize, life: u32, asked: Duration) {
        let acknowledging = self.streams.iter().filter(|s| s.from == host && s.source_end && s.semi).count();
        let h = &self.hosts[host];
        let acknowledging = u32::try_from(acknowledging).unwrap_or(u32::MAX);
        let sight = sight(&h.disk, h.process.as_ref(), acknowledging, name);
        let patience = if sight.server == failover::Server::Silent { ms(300) } else { ms(0) };
        self.ask_after(What::Deliver { host, life, event: Box::new(Event::Seen { sight, asked }) }, patience);
    }

    fn serve(&mut self, host: usize, life: u32, task: Task, dice: u32, fate: Fate) {
        if !self.hosts[host].powered || self.hosts[host].agent.life != life {
            return;
        }
        let mut instance = format!("{}/{}", name(host), self.next_instance);
        match (self.setup.broken, &task) {
            (Some(Breakage::SameAfterRestart), Task::Start(_)) | (Some(Breakage::SameAfterPurge), Task::Follow(_)) => {
                instance.clone_from(&self.hosts[host].instance);
            }
            (_, Task::Start(_) | Task::Follow(_)) => self.hosts[host].instance.clone_from(&instance),
            _ => {}
        }
        let reachable = |from: usize| self.passes(from, host) && self.passes(host, from);
        let done = match &task {
            Task::Start(role) => {
                let h = &mut self.hosts[host];
                if h.process.is_none() && fate != Fate::Lost {
                    self.next_instance += 1;
                    h.disk.recover(*role);
                    h.processes += 1;
                    let mut process = Process::starting(instance);
                    process.copy = h.disk.copies_from.map(|from| Copying {
                        from,
                        io: false,
                        sql: false,
                        diverged: false,
                        relay: vec![],
                        stream: None,
                    });
                    h.process = Some(process);
                    h.agent.starting = Some(task);
                    let process = h.processes;
                    self.ask(What::Started { host, process });
                    return;
                }
                false
            }
            Task::Rebuild(from) => {
                let from = index(from);
                let source = self.hosts[from].process.as_ref().is_some_and(|p| p.works() && p.copy.is_none());
                if source && reachable(from) && fate != Fate::Lost {
                    self.end_process(host, dice);
                    let copied = self.hosts[from].disk.log[..self.hosts[from].disk.engine].to_vec();
                    self.next_instance += 1;
                    let h = &mut self.hosts[host];
                    h.rebuilds += 1;
                    let engine = copied.len();
                    h.disk = Disk { data: instance, log: copied, engine, copies_from: None };
                    true
                } else {
                    false
                }
            }
            _ => {
                let now = self.now;
                let h = &mut self.hosts[host];
                match &mut h.process {
                    // Who asked waits for as long as the server lives.
                    Some(p) if !p.works() => {
                        h.agent.unanswered.push(task);
                        return;
                    }
                    Some(_) if fate == Fate::Lost => false,
                    Some(process) => {
                        if matches!(task, Task::Follow(_)) {
                            self.next_instance += 1;
                        }
                        let outcome = carry_out(&task, now, &mut h.disk, process, || instance, index);
                        self.answered(host, &outcome.answered);
                        outcome.done
                    }
                    None => false,
                }
            }
        };
        self.answer(host, life, Event::Served { task, done });
    }

    /// What waited for a frozen server is carried out when it goes on.
    pub fn thaw(&mut self, host: usize) {
        if let Some(p) = &mut self.hosts[host].process {
            p.frozen = false;
            p.stuck = false;
        }
        for task in std::mem::take(&mut self.hosts[host].agent.unanswered) {
            let life = self.hosts[host].agent.life;
            self.serve(host, life, task, 0, Fate::Fine);
        }
    }

    fn kill(&mut self, host: usize, life: u32, dice: u32) {
        if !self.hosts[host].powered || self.hosts[host].agent.life != life {
            return;
        }
        self.end_process(host, dice);
        for task in self.hosts[host].agent.interrupted() {
            self.answer(host, life, Event::Served { task, done: false });
        }
        self.answer(host, life, Event::Killed);
    }

    /// The server's process ends, whatever it was doing.
    pub fn end_process(&mut self, host: usize, dice: u32) {
        let h = &mut self.hosts[host];
        if let Some(process) = h.process.take() {
            h.disk.end(&process, dice.is_multiple_of(2));
        }
        for stream in &mut self.streams {
            stream.source_end &= stream.from != host;
            stream.replica_end &= stream.to != host;
        }
    }

    /// Commits are answered: heard by clients if the door is open, or when it opens again.
    fn answered(&mut self, host: usize, writes: &[Write]) {
        if let Some(process) = &mut self.hosts[host].process {
            process.unsent.extend(writes);
        }
    }

    fn send_answers(&mut self) {
        for host in 0..self.hosts.len() {
            if self.open(host)
                && let Some(process) = &mut self.hosts[host].process
                && process.works()
            {
                let answered = std::mem::take(&mut process.unsent);
                self.ledger.acknowledged(answered);
            }
        }
    }

    fn client(&mut self, dice: u32) {
        let open: Vec<usize> = (0..self.hosts.len()).filter(|h| self.takes_writes(*h)).collect();
        if let Some(host) = open.get(dice as usize % open.len().max(1)) {
            self.write(*host);
        }
    }

    /// One write of a client on this host.
    pub fn write(&mut self, host: usize) {
        let h = &mut self.hosts[host];
        let Some(process) = h.process.as_mut().filter(|p| p.waiting.len() < IN_LOG) else { return };
        let id = self.ledger.next();
        let write = Write { server: host, sequence: h.disk.log.len() as u64 + 1, id };
        h.disk.log.push(write);
        if process.semi_primary {
            process.waiting.push(write);
        } else {
            h.disk.engine = h.disk.log.len();
            self.answered(host, &[write]);
        }
    }

    /// The operator speaks to an agent.
    pub fn order(&mut self, host: usize, order: Order) {
        let life = self.hosts[host].agent.life;
        self.answer(host, life, Event::Ordered(order));
    }

    fn record_changed(&mut self) {
        let Some((record, _)) = &self.store.record else { return };
        self.ledger.note_record(record);
    }
}

pub fn settings(setup: Setup, host: usize) -> Settings {
    Settings {
        me: name(host),
        hosts: (0..setup.hosts).map(name).collect(),
        timing: setup.timing,
        on_replica_loss: setup.policy,
    }
}

/// What an agent hands over is carried out, or set off.
impl World {
    pub(crate) fn perform(&mut self, host: usize, life: u32, action: Action) {
        let sent = self.now;
        let request = match action {
            Action::Open { until } | Action::Read { until } => {
                self.hosts[host].door = Some(until);
                return;
            }
            Action::Shut => {
                self.hosts[host].door = None;
                return;
            }
            Action::Withdraw => return,
            Action::Keep(lease) => {
                self.hosts[host].kept = lease;
                return;
            }
            Action::Admit(hosts) => return self.ask(What::Admit { host, life, hosts }),
            Action::Kill => return self.ask(What::Kill { host, life }),
            Action::Serve(task) => {
                self.hosts[host].agent.task = Some(task.clone());
                return self.ask(What::Serve { host, life, task });
            }
            Action::Claim { record } => Request::Claim { record },
            Action::Renew => match self.hosts[host].kept {
                Some(lease) => Request::Renew { epoch: lease.epoch },
                None => return self.answer(host, life, Event::NotRenewed { gone: true }),
            },
            Action::Release { epoch } => Request::Release { epoch },
            Action::Amend(amendment) => {
                self.note_force(host, &amendment);
                Request::Amend(Box::new(amendment))
            }
            Action::Tell { report, seen, record } => Request::Tell { report: Box::new(report), seen, record },
        };
        self.ask(What::Request { host, life, sent, request, answered: true });
    }

    fn note_force(&mut self, _host: usize, amendment: &failover::Amendment) {
        if amendment.epoch.is_none() {
            self.ledger.forcing = true;
        }
    }
}
