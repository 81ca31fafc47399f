//! Seeded schedules: every delay, loss and fault of a run comes from one number, and a run that fails is told as its
//! number, the faults that are needed for it, and what happened last.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use failover::{Action, OnReplicaLoss, Order, Standing, Timing};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::mutants::Breakage;
use crate::world::check::Violation;
use crate::world::fault::Fault;
use crate::world::store::Request;
use crate::world::{Fate, Setup, What, World, ms, name};

/// A fault and when it strikes.
pub type Plan = Vec<(Duration, Fault)>;

/// After the last fault is mended, everything must be as it should be within this time: a last primary's server may be
/// waited for for a minute, and what failed is tried again after some seconds.
const RECOVERY: Duration = ms(90_000);
/// A run of events that is shown of a failure.
const TRACE: usize = 400;

pub struct Failure {
    pub violation: Violation,
    pub at: Duration,
    pub trace: VecDeque<String>,
}

/// How a run went.
pub struct Run {
    pub world: World,
    pub events: usize,
    /// From the end of all faults until everything was as it should be.
    pub recovery: Duration,
}

pub struct Simulation {
    pub world: World,
    chance: StdRng,
    /// Whether requests are lost now.
    lossy: bool,
    pub events: usize,
    trace: Option<VecDeque<String>>,
}

impl Simulation {
    pub fn new(world: World, seed: u64, traced: bool) -> Self {
        let chance = StdRng::seed_from_u64(seed);
        Self { world, chance, lossy: false, events: 0, trace: traced.then(VecDeque::new) }
    }

    /// Gives everything that was asked for a time.
    fn schedule(&mut self) {
        for (what, delay) in std::mem::take(&mut self.world.fresh) {
            let due = self.world.now + delay + self.delay(&what);
            let fate = self.fate(&what);
            let dice = self.chance.random();
            self.world.schedule(what, due, dice, fate);
        }
    }

    fn delay(&mut self, what: &What) -> Duration {
        let slow = self.chance.random_ratio(1, 40);
        let mut between = |from: u64, to: u64| Duration::from_micros(self.chance.random_range(from * 1000..to * 1000));
        match what {
            What::Turn { .. } => between(0, 3),
            What::Carry { .. } | What::Deliver { .. } => between(0, if slow { 30 } else { 2 }),
            What::Request { answered: false, .. } => between(100, 6000),
            What::Request { .. } => between(1, if slow { 400 } else { 8 }),
            What::Look { .. } | What::Kill { .. } => between(1, if slow { 200 } else { 8 }),
            What::Admit { .. } | What::Serve { .. } => between(1, if slow { 500 } else { 20 }),
            What::Started { .. } => between(100, if slow { 3000 } else { 600 }),
            What::Connect { .. } => between(2, if slow { 1200 } else { 50 }),
            What::Flow { .. } | What::Acknowledge { .. } => between(0, if slow { 700 } else { 4 }),
            What::Notice { .. } => between(1, if slow { 8000 } else { 1200 }),
            What::Apply { .. } => between(0, if slow { 300 } else { 4 }),
            What::Expire => self.world.store.expires.saturating_sub(self.world.now) + between(1, 500),
            What::Client => {
                if self.world.clients {
                    between(20, 300)
                } else {
                    between(700, 1300)
                }
            }
            What::Revive { .. } => between(100, 2000),
        }
    }

    fn fate(&mut self, what: &What) -> Fate {
        if !self.lossy {
            return Fate::Fine;
        }
        match what {
            What::Request { .. } => match self.chance.random_range(0..60) {
                0 => Fate::Lost,
                1 => Fate::Unheard,
                2 => Fate::Late,
                _ => Fate::Fine,
            },
            What::Serve { .. } if self.chance.random_ratio(1, 40) => Fate::Lost,
            _ => Fate::Fine,
        }
    }

    /// Runs until this moment, faults included, or until `done`.
    pub fn run(&mut self, until: Duration, plan: &Plan, mut done: impl FnMut(&World) -> bool) -> Result<(), Failure> {
        let mut faults = plan.iter().peekable();
        loop {
            self.schedule();
            let next = self.world.ops.iter().enumerate().filter(|(_, op)| !op.held).min_by_key(|(_, op)| op.due);
            let Some((place, due)) = next.map(|(place, op)| (place, op.due)) else { return Ok(()) };
            if let Some((when, fault)) = faults.next_if(|(when, _)| *when <= due.min(until)) {
                self.world.now = self.world.now.max(*when);
                self.note(|_| format!("fault: {fault:?}"));
                let dice = self.chance.random();
                self.world.strike(fault, dice);
            } else if due > until {
                self.world.now = self.world.now.max(until);
                return Ok(());
            } else {
                let op = self.world.ops.swap_remove(place);
                self.world.now = self.world.now.max(op.due);
                self.note(|world| told(world, &op.what, op.fate));
                self.world.happen(op);
                self.events += 1;
            }
            if let Err(violation) = self.world.check() {
                return Err(self.failed(violation));
            }
            if self.events.is_multiple_of(16) && done(&self.world) {
                return Ok(());
            }
        }
    }

    fn failed(&mut self, violation: Violation) -> Failure {
        Failure { violation, at: self.world.now, trace: self.trace.take().unwrap_or_default() }
    }

    fn note(&mut self, text: impl FnOnce(&World) -> String) {
        if let Some(trace) = &mut self.trace {
            let text = text(&self.world);
            if !text.is_empty() {
                if trace.len() == TRACE {
                    trace.pop_front();
                }
                trace.push_back(format!("{:>9.3}  {text}", self.world.now.as_secs_f64()));
            }
        }
    }
}

/// One line of a trace; nothing for what happens all the time.
fn told(world: &World, what: &What, fate: Fate) -> String {
    let fate = if fate == Fate::Fine { String::new() } else { format!(" ({fate:?})") };
    let end = |host: usize| {
        let h = &world.hosts[host];
        format!("log {}", h.disk.log.last().map_or_else(String::new, |w| format!("{}@{}", w.sequence, name(w.server))))
    };
    match what {
        What::Turn { .. } | What::Client | What::Notice { .. } => String::new(),
        What::Look { .. } | What::Flow { .. } | What::Acknowledge { .. } | What::Apply { .. } => String::new(),
        What::Request { request: Request::Read | Request::Renew { .. }, .. } => String::new(),
        What::Expire if world.now < world.store.expires => String::new(),
        What::Expire => format!("etcd ends the lease of {:?}", world.store.leader.as_ref().map(|l| &l.host)),
        What::Request { host, request: Request::Tell { report, record, .. }, .. } => {
            let failover::Report { instance, source, io, sql, semi, lineage, stopped_for, .. } = &**report;
            let before = world.store.reports.get(&name(*host)).map(|(r, _)| r.clone()).unwrap_or_default();
            let same = (&before.instance, &before.source, before.io, before.sql, before.semi, before.stopped_for)
                == (instance, source, *io, *sql, *semi, *stopped_for);
            if same {
                return String::new();
            }
            let threads = format!("io {io}, sql {sql}, semi {semi}, lineage {lineage:?}");
            let source = source.as_deref().unwrap_or("-");
            format!(
                "{} tells{fate} (if {record:?}): {instance} from {source}, {threads}, stopped {stopped_for:?}",
                name(*host)
            )
        }
        What::Request { host, request, .. } => format!("{} -> etcd{fate}: {request:?}", name(*host)),
        What::Deliver { host, event, .. } => match &**event {
            failover::Event::Viewed { .. } | failover::Event::Seen { .. } | failover::Event::Renewed { .. } => {
                String::new()
            }
            failover::Event::Told(_) => String::new(),
            event => format!("{} hears {event:?}", name(*host)),
        },
        What::Carry { host, .. } => {
            let agent = &world.hosts[*host].agent;
            let actions: Vec<String> = agent
                .wanted()
                .filter(|a| {
                    !matches!(
                        a,
                        Action::Renew
                            | Action::Open { .. }
                            | Action::Read { .. }
                            | Action::Keep(Some(_))
                            | Action::Tell { .. }
                    )
                })
                .map(|a| format!("{a:?}"))
                .collect();
            let standing: Standing = agent.node.standing();
            if actions.is_empty() {
                String::new()
            } else {
                format!("{} ({standing:?}, {}) does {}", name(*host), end(*host), actions.join(", "))
            }
        }
        What::Serve { host, task, .. } => format!("{}'s server{fate}, {}: {task:?}", name(*host), end(*host)),
        What::Kill { host, .. } => format!("{}'s server is ended", name(*host)),
        What::Admit { host, hosts, .. } => format!("{} admits {hosts:?}", name(*host)),
        What::Started { host, .. } => format!("{}'s server is up, {}", name(*host), end(*host)),
        What::Connect { host } => format!("{} connects, {}", name(*host), end(*host)),
        What::Revive { host, .. } => format!("{}'s agent starts", name(*host)),
    }
}

/// A founded world with a synchronous host.
pub fn founded(setup: Setup) -> World {
    let mut simulation = Simulation::new(World::new(Setup { broken: None, ..setup }), 1, true);
    let plan = vec![(ms(1500), Fault::Order(0, Order::Found))];
    let outcome = simulation.run(ms(40_000), &plan, |world| world.settled().is_ok() && world.ledger.acked() > 3);
    let unsettled =
        simulation.world.settled().err().map(|what| simulation.failed(Violation { rule: "founding", what }));
    let failure = outcome.err().or(unsettled);
    assert!(failure.is_none(), "{}", failure.as_ref().map(story).unwrap_or_default());
    simulation.world.setup = setup;
    simulation.world
}

pub fn story(failure: &Failure) -> String {
    let mut text = String::new();
    for line in &failure.trace {
        let _ = writeln!(text, "{line}");
    }
    let Violation { rule, what } = &failure.violation;
    let _ = writeln!(text, "{:>9.3}  {rule} does not hold: {what}", failure.at.as_secs_f64());
    text
}

/// Runs a plan from a founded world until everything is as it should be again.
pub fn run(start: &World, seed: u64, plan: &Plan, traced: bool) -> Result<Run, Box<Failure>> {
    let mut simulation = Simulation::new(start.clone(), seed, traced);
    let begin = start.now;
    let plan: Plan = plan.iter().map(|(when, fault)| (begin + *when, fault.clone())).collect();
    let last = plan.last().map_or(begin, |(when, _)| *when) + ms(500);
    simulation.lossy = !seed.is_multiple_of(3);
    simulation.run(last, &plan, |_| false).map_err(Box::new)?;
    simulation.lossy = false;
    simulation.world.mend();
    simulation.note(|_| "all is mended".to_owned());
    let mended = simulation.world.now;
    simulation.run(mended + ms(300), &vec![], |_| false).map_err(Box::new)?;
    simulation.run(mended + RECOVERY, &vec![], |world| world.settled().is_ok()).map_err(Box::new)?;
    let recovery = simulation.world.now.saturating_sub(mended);
    // A write is acknowledged again, and then, without further ones, all logs are equal.
    let acked = simulation.world.ledger.acked();
    let end = simulation.world.now + ms(5000);
    simulation.run(end, &vec![], |world| world.ledger.acked() > acked).map_err(Box::new)?;
    simulation.world.clients = false;
    let end = simulation.world.now + ms(20_000);
    simulation.run(end, &vec![], |world| world.settled().is_ok()).map_err(Box::new)?;
    let unsettled = match simulation.world.settled() {
        Err(what) => Some(what),
        Ok(_) if simulation.world.ledger.acked() <= acked => Some("no write is acknowledged".to_owned()),
        Ok(_) => None,
    };
    if let Some(what) = unsettled {
        return Err(Box::new(simulation.failed(Violation { rule: "I8", what })));
    }
    Ok(Run { events: simulation.events, recovery, world: simulation.world })
}

/// A random soup of faults: some at once, some one after another, most of them mended after a while.
pub fn soup(setup: Setup, chance: &mut StdRng) -> Plan {
    let mut plan = Plan::new();
    let count = if chance.random_ratio(1, 8) { chance.random_range(6..14) } else { chance.random_range(1..5) };
    let mut when = ms(chance.random_range(50..1500));
    for _ in 0..count {
        let host = chance.random_range(0..setup.hosts);
        let other = (host + chance.random_range(1..setup.hosts)) % setup.hosts;
        let short = ms(chance.random_range(50..2000));
        let long = ms(chance.random_range(1000..9000));
        let lasting = if chance.random_bool(0.5) { short } else { long };
        let mut during = |fault, undo| {
            plan.push((when, fault));
            plan.push((when + lasting, undo));
        };
        match chance.random_range(0..18) {
            0 | 1 => plan.push((when, Fault::KillServer(host))),
            2 => during(Fault::Freeze(host), Fault::Thaw(host)),
            3 => during(Fault::Stick(host), Fault::Thaw(host)),
            4 | 5 => during(Fault::PowerOff(host), Fault::PowerOn(host)),
            6 => plan.push((when, Fault::CrashAgent { host, server: chance.random_bool(0.5) })),
            7 | 8 => during(Fault::Pause(host), Fault::Resume(host)),
            9 => during(Fault::Cut(host, other), Fault::Join(host, other)),
            10 => {
                during(Fault::Cut(host, other), Fault::Join(host, other));
                during(Fault::Cut(other, host), Fault::Join(other, host));
            }
            11 => {
                let etcd = setup.hosts;
                for end in (0..=etcd).filter(|e| *e != host) {
                    during(Fault::Cut(host, end), Fault::Join(host, end));
                    during(Fault::Cut(end, host), Fault::Join(end, host));
                }
            }
            12 => {
                let etcd = setup.hosts;
                let ways = [(host, etcd), (etcd, host)];
                for (from, to) in ways.into_iter().filter(|_| chance.random_bool(0.7)) {
                    during(Fault::Cut(from, to), Fault::Join(from, to));
                }
            }
            13 => during(Fault::EtcdDown, Fault::EtcdUp),
            14 => plan.push((when, Fault::BreakApplier(host))),
            15 => plan.push((when, Fault::LoseLease)),
            16 | 17 => {
                let to = chance.random_bool(0.5).then(|| name(other));
                // Only whoever leads follows it.
                for at in 0..setup.hosts {
                    plan.push((when, Fault::Order(at, Order::Switchover { to: to.clone() })));
                }
            }
            _ => {}
        }
        when +=
            if chance.random_bool(0.3) { ms(chance.random_range(0..40)) } else { ms(chance.random_range(100..5000)) };
    }
    plan.sort_by_key(|(when, _)| *when);
    plan
}

/// The setups that seeds run in.
pub fn setups(broken: Option<Breakage>) -> Vec<Setup> {
    let mut all = Vec::new();
    for hosts in [2, 3] {
        for timing in [Timing::SAFE, Timing::FAST] {
            for policy in [OnReplicaLoss::Degrade, OnReplicaLoss::Block] {
                all.push(Setup { hosts, timing, policy, broken });
            }
        }
    }
    all
}

/// One seed: which setup, which faults, which delays.
pub fn seeded(worlds: &[World], seed: u64) -> (&World, Plan) {
    let mut chance = StdRng::seed_from_u64(seed ^ 0x5EED);
    // Three hosts and degrading are the usual.
    let world = worlds.choose(&mut chance).unwrap_or(&worlds[0]);
    let plan = soup(world.setup, &mut chance);
    (world, plan)
}

/// Runs a plan; a failure is told with the faults that are needed for it.
pub fn tell_failure(start: &World, seed: u64, plan: &Plan) -> Option<String> {
    let failure = run(start, seed, plan, false).err()?;
    let mut plan = plan.clone();
    // A fault that is not needed for the same rule to break says nothing.
    let mut place = 0;
    while place < plan.len() {
        let mut fewer = plan.clone();
        fewer.remove(place);
        match run(start, seed, &fewer, false) {
            Err(f) if f.violation.rule == failure.violation.rule => plan = fewer,
            _ => place += 1,
        }
    }
    let failure = run(start, seed, &plan, true).err()?;
    let mut text = story(&failure);
    let Setup { hosts, policy, timing, .. } = start.setup;
    let _ = writeln!(text, "seed {seed}: {hosts} hosts, {policy:?}, ttl {:?}", timing.ttl);
    for (when, fault) in &plan {
        let _ = writeln!(text, "  {:>7.3} {fault:?}", (start.now + *when).as_secs_f64());
    }
    Some(text)
}

/// How many seeds, and from which on.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    let first = number("FAILOVER_SEED", 0);
    first..first + number("FAILOVER_SEEDS", 2000)
}

/// Random soups. FAILOVER_SEEDS says how many, FAILOVER_SEED which one is the first.
#[test]
fn random_faults_lose_nothing_and_heal() {
    let worlds: Vec<World> = setups(None).into_iter().map(founded).collect();
    let seeds = seeds();
    let (mut events, mut slowest, mut failed, mut acked) = (0, Duration::ZERO, Vec::new(), 0);
    let begun = std::time::Instant::now();
    for seed in seeds.clone() {
        let (world, plan) = seeded(&worlds, seed);
        match run(world, seed, &plan, false) {
            Ok(run) => {
                events += run.events;
                slowest = slowest.max(run.recovery);
                acked += run.world.ledger.acked();
            }
            Err(failure) => {
                if failed.len() < 3 {
                    println!("{}", tell_failure(world, seed, &plan).unwrap_or_default());
                }
                failed.push((seed, failure.violation.rule));
            }
        }
    }
    println!(
        "{} seeds, {events} events, {acked} acknowledged writes, longest recovery {slowest:?}, {:?}",
        seeds.end - seeds.start,
        begun.elapsed()
    );
    assert!(failed.is_empty(), "{} of {} seeds failed: {failed:?}", failed.len(), seeds.end - seeds.start);
}
