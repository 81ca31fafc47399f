//! Every course of a small world, to a bound: two hosts, strides of time in which whoever is not kept from it does all
//! that it has to do, and a number of disturbances, of each kind and at each moment between these.
//!
//! A disturbance is a fault, or an agent that decides and then stands still with what it handed out, or one of whose
//! requests the answer never comes. What was held back is let go again at any moment, at no cost; and commits are sent,
//! received and acknowledged one by one.

use std::time::Duration;

use failover::{OnReplicaLoss, Timing};
use stateright::{Checker, Model, Property};

use crate::mutants::Breakage;
use crate::simulation::founded;
use crate::world::check::Violation;
use crate::world::fault::Fault;
use crate::world::store::Request;
use crate::world::{Fate, Op, Setup, What, World, ms};

/// Strides, disturbances and writes.
const BOUNDS: &[(u8, u8, u8)] = &[(14, 1, 1), (4, 2, 1)];

/// A stride of time.
const STRIDE: Duration = ms(500);

struct Small {
    start: World,
    strides: u8,
    disturbances: u8,
    writes: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    world: World,
    strides: u8,
    disturbances: u8,
    writes: u8,
    violation: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// Time passes, and everybody acts.
    Stride,
    Strike(Fault),
    /// An agent looks and decides, and stands still before anything of it is done.
    Stop(usize),
    /// The same, and what it asks of etcd is carried out without an answer.
    Unheard(usize),
    /// Commits move on.
    Move(What),
    Write(usize),
}

/// What takes time of its own: everything else happens at once.
fn moves(what: &What) -> bool {
    matches!(what, What::Flow { .. } | What::Acknowledge { .. } | What::Expire)
}

impl Small {
    /// Gives what was asked for its place.
    fn schedule(world: &mut World) {
        for (what, delay) in std::mem::take(&mut world.fresh) {
            if !matches!(what, What::Turn { .. } | What::Client | What::Notice { .. }) {
                let due = world.now + delay;
                world.schedule(what, due, 1, Fate::Fine);
            }
        }
    }

    /// Lets happen what waits for nothing.
    fn settle(world: &mut World, commits: bool) {
        loop {
            Self::schedule(world);
            let ready = |op: &Op| {
                let expired = !matches!(op.what, What::Expire) || world.now >= world.store.expires;
                !op.held && op.due <= world.now && expired && (commits || !moves(&op.what))
            };
            let Some(place) = world.ops.iter().position(ready) else { return };
            let op = world.ops.remove(place);
            // Nothing is seen at the very moment at which it is done.
            if matches!(op.what, What::Serve { .. } | What::Kill { .. } | What::Admit { .. } | What::Request { .. }) {
                world.now += Duration::from_micros(1);
            }
            world.happen(op);
        }
    }

    fn turn(world: &mut World, host: usize) {
        let agent = &world.hosts[host].agent;
        if agent.alive && !agent.paused {
            let (life, due) = (agent.life, world.now);
            world.happen(Op { what: What::Turn { host, life }, due, dice: 1, fate: Fate::Fine, held: false });
        }
    }

    /// An agent looks and decides; what it then wants to do stays undone.
    fn stop(world: &mut World, host: usize) {
        Self::turn(world, host);
        loop {
            Self::schedule(world);
            let sees = |op: &Op| match &op.what {
                What::Request { request, .. } => *request == Request::Read,
                What::Look { .. } | What::Deliver { .. } | What::Carry { .. } => true,
                _ => false,
            };
            let Some(place) = world.ops.iter().position(|op| op.what.begun_by() == Some(host) && sees(op)) else {
                break;
            };
            let op = world.ops.remove(place);
            world.happen(op);
        }
        world.hosts[host].agent.paused = true;
        for op in world.ops.iter_mut().filter(|op| op.what.begun_by() == Some(host)) {
            op.held = true;
        }
    }

    fn begin(mut world: World) -> World {
        world.ops.clear();
        world.fresh.clear();
        for host in &mut world.hosts {
            host.agent.reading = false;
            host.agent.looking = false;
        }
        Self::settle(&mut world, true);
        world
    }

    fn faults(world: &World) -> Vec<Fault> {
        let mut faults = Vec::new();
        for host in 0..world.hosts.len() {
            let h = &world.hosts[host];
            if h.process.is_some() {
                faults.push(Fault::KillServer(host));
            }
            if !h.agent.paused {
                faults.push(Fault::CrashAgent { host, server: false });
            }
            let etcd = world.etcd();
            for (from, to) in [(host, 1 - host), (host, etcd), (etcd, host)] {
                if !world.cuts.contains(&(from, to)) {
                    faults.push(Fault::Cut(from, to));
                }
            }
        }
        if world.store.leader.is_some() {
            faults.push(Fault::LoseLease);
        }
        faults
    }
}

impl Model for Small {
    type State = State;
    type Action = Next;

    fn init_states(&self) -> Vec<State> {
        let world = Self::begin(self.start.clone());
        vec![State { world, strides: 0, disturbances: 0, writes: 0, violation: None }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Next>) {
        if state.violation.is_some() {
            return;
        }
        let world = &state.world;
        if state.strides < self.strides {
            actions.push(Next::Stride);
        }
        for op in &world.ops {
            if moves(&op.what) && (!matches!(op.what, What::Expire) || world.now >= world.store.expires) {
                actions.push(Next::Move(op.what.clone()));
            }
        }
        let mended = world.cuts.iter().map(|(from, to)| Fault::Join(*from, *to));
        actions.extend(mended.map(Next::Strike));
        for host in 0..world.hosts.len() {
            if state.writes < self.writes && world.takes_writes(host) {
                actions.push(Next::Write(host));
            }
            if world.hosts[host].agent.paused {
                actions.push(Next::Strike(Fault::Resume(host)));
            } else if state.disturbances < self.disturbances {
                actions.push(Next::Stop(host));
                actions.push(Next::Unheard(host));
            }
        }
        if state.disturbances < self.disturbances {
            actions.extend(Self::faults(world).into_iter().map(Next::Strike));
        }
    }

    fn next_state(&self, before: &State, next: Next) -> Option<State> {
        let mut state = before.clone();
        let world = &mut state.world;
        match next {
            Next::Stride => {
                world.now += STRIDE;
                state.strides += 1;
                Self::settle(world, true);
                // A decision and its outcome, and what follows from that.
                for _ in 0..3 {
                    for host in 0..world.hosts.len() {
                        Self::turn(world, host);
                        Self::settle(world, true);
                    }
                }
            }
            Next::Strike(fault) => {
                let mends = matches!(fault, Fault::Resume(_) | Fault::Join(..));
                state.disturbances += u8::from(!mends);
                world.strike(&fault, 0);
                Self::settle(world, false);
            }
            Next::Stop(host) => {
                state.disturbances += 1;
                Self::stop(world, host);
            }
            Next::Unheard(host) => {
                state.disturbances += 1;
                Self::stop(world, host);
                let requests = world.ops.iter_mut().filter(|op| op.what.begun_by() == Some(host));
                for op in requests.filter(|op| matches!(op.what, What::Request { .. })) {
                    op.fate = Fate::Unheard;
                }
                world.strike(&Fault::Resume(host), 0);
                Self::settle(world, false);
            }
            Next::Move(what) => {
                let place = world.ops.iter().position(|op| op.what == what)?;
                let op = world.ops.remove(place);
                world.happen(op);
                Self::settle(world, false);
            }
            Next::Write(host) => {
                state.writes += 1;
                world.write(host);
                world.arm();
                Self::settle(world, false);
            }
        }
        if let Err(Violation { rule, what }) = world.check() {
            state.violation = Some(format!("{rule}: {what}"));
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("the invariants hold", |_, state: &State| state.violation.is_none())]
    }
}

/// Explores; how many different states there are, and the way to a broken rule.
fn explore(small: Small) -> (usize, Option<String>) {
    let checker = small.checker().threads(1).spawn_bfs().join();
    let broken = checker.discovery("the invariants hold").map(|path| {
        let last = path.last_state().violation.clone().unwrap_or_default();
        let steps: Vec<String> = path.into_actions().iter().map(|a| format!("{a:?}")).collect();
        format!("{}\n{last}", steps.join("\n"))
    });
    (checker.unique_state_count(), broken)
}

fn small(broken: Option<Breakage>, strides: u8, disturbances: u8, writes: u8) -> Small {
    let setup = Setup { hosts: 2, timing: Timing::FAST, policy: OnReplicaLoss::Degrade, broken };
    Small { start: founded(setup), strides, disturbances, writes }
}

/// FAILOVER_BOUND=STRIDES,DISTURBANCES,WRITES for another bound.
#[test]
fn every_course_of_a_small_world_loses_nothing() {
    let bound = std::env::var("FAILOVER_BOUND").unwrap_or_default();
    let bound: Vec<u8> = bound.split(',').filter_map(|n| n.parse().ok()).collect();
    let bounds = if let [strides, disturbances, writes] = *bound {
        vec![(strides, disturbances, writes)]
    } else {
        BOUNDS.to_vec()
    };
    for (strides, disturbances, writes) in bounds {
        let begun = std::time::Instant::now();
        let (states, broken) = explore(small(None, strides, disturbances, writes));
        let took = begun.elapsed();
        println!("{strides} strides, {disturbances} disturbances, {writes} writes: {states} states in {took:?}");
        assert!(broken.is_none(), "{}", broken.unwrap_or_default());
    }
}
