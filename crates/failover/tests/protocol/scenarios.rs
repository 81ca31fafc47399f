//! Named stories, each with many moments and delays: the failures that operators know by name.
//!
//! A story is a list of faults with times. `sweep` moves the second half of a story through the whole course of the
//! first: an old primary returns at every moment of a failover, a switchover loses its servant at every step.

use std::time::Duration;

use failover::{OnReplicaLoss, Order, Timing};

use crate::simulation::{Failure, Plan, Run, Simulation, founded, run, tell_failure};
use crate::world::fault::Fault::{self, *};
use crate::world::{Setup, World, ms, name};

/// A story: what happens, what happens after a time that is swept, and what must be true at the end.
struct Story {
    name: &'static str,
    first: Vec<(u64, Fault)>,
    then: Vec<(u64, Fault)>,
    /// The times after which `then` begins: from, to, step, in milliseconds.
    sweep: (u64, u64, usize),
    /// How often data may be replaced by a copy in one run.
    rebuilds: u32,
}

fn cut(one: usize, others: &[usize]) -> Vec<(u64, Fault)> {
    others.iter().flat_map(|other| [(0, Cut(one, *other)), (0, Cut(*other, one))]).collect()
}

fn join(one: usize, others: &[usize]) -> Vec<(u64, Fault)> {
    others.iter().flat_map(|other| [(0, Join(one, *other)), (0, Join(*other, one))]).collect()
}

fn switchover(from: usize) -> (u64, Fault) {
    (0, Order(from, Order::Switchover { to: None }))
}

/// In all of them the primary is 0 and the synchronous host 1.
fn stories(hosts: usize) -> Vec<Story> {
    let everybody: Vec<usize> = (1..=hosts).collect();
    let once = (0, 1, 1);
    let story = |name, first, then, sweep, rebuilds| Story { name, first, then, sweep, rebuilds };
    let mut all = vec![
        story("the primary's server is killed", vec![(500, KillServer(0))], vec![], once, 0),
        story("the primary's host dies", vec![(500, PowerOff(0))], vec![(0, PowerOn(0))], (100, 12_000, 40), 1),
        story("the primary's server stands still", vec![(500, Freeze(0))], vec![(0, Thaw(0))], (100, 9000, 30), 1),
        story("the primary's disk hangs", vec![(500, Stick(0))], vec![(0, Thaw(0))], (500, 12_000, 20), 1),
        story(
            "the primary hangs as its replicas are lost",
            (1..hosts).map(|host| (0, PowerOff(host))).chain([(700, Stick(0))]).collect(),
            (1..hosts).map(|host| (0, PowerOn(host))).collect(),
            (100, 20_000, 40),
            2,
        ),
        story("the primary's agent stands still", vec![(500, Pause(0))], vec![(0, Resume(0))], (100, 12_000, 40), 1),
        story(
            "the primary's agent and server stand still",
            vec![(500, Pause(0)), (500, Freeze(0))],
            vec![(0, Thaw(0)), (0, Resume(0))],
            (100, 12_000, 40),
            1,
        ),
        story(
            "the primary's agent dies",
            vec![(500, CrashAgent { host: 0, server: false })],
            vec![(0, KillServer(1))],
            (10, 4000, 20),
            1,
        ),
        story("the primary is cut off", cut(0, &everybody), join(0, &everybody), (100, 12_000, 40), 1),
        story("the primary is cut off from etcd", cut(0, &[hosts]), join(0, &[hosts]), (100, 12_000, 30), 1),
        story("the primary's replicas do not hear it", vec![(0, Cut(0, 1))], vec![(0, Join(0, 1))], (100, 8000, 20), 1),
        story("the primary does not hear its replica", vec![(0, Cut(1, 0))], vec![(0, Join(1, 0))], (100, 8000, 20), 1),
        story("etcd has no quorum", vec![(500, EtcdDown)], vec![(0, EtcdUp)], (100, 12_000, 40), 1),
        story("the synchronous host dies", vec![(500, PowerOff(1))], vec![(0, PowerOn(1))], (100, 9000, 20), 1),
        story(
            "the synchronous server restarts, then the primary dies",
            vec![(500, KillServer(1))],
            vec![(0, PowerOff(0)), (3000, PowerOn(0))],
            (0, 4000, 40),
            1,
        ),
        story(
            "the primary dies, and the synchronous server restarts meanwhile",
            vec![(500, PowerOff(0))],
            vec![(0, KillServer(1)), (3000, PowerOn(0))],
            (0, 9000, 60),
            1,
        ),
        story(
            "the primary dies, and the new one soon after",
            vec![(500, PowerOff(0)), (6000, PowerOn(0))],
            vec![(0, PowerOff(1)), (4000, PowerOn(1))],
            (0, 12_000, 60),
            2,
        ),
        story(
            "the degraded primary dies and returns",
            vec![(500, PowerOff(1))],
            vec![(0, PowerOff(0)), (2000, PowerOn(0)), (4000, PowerOn(1))],
            (500, 6000, 30),
            1,
        ),
        story(
            "the primary's server is killed and its agent stands still",
            vec![(500, Pause(0))],
            vec![(0, KillServer(0)), (3000, Resume(0))],
            (0, 6000, 30),
            1,
        ),
        story("a switchover", vec![switchover(0)], vec![], once, 0),
        story(
            "a switchover, and the old primary dies",
            vec![switchover(0)],
            vec![(0, PowerOff(0)), (5000, PowerOn(0))],
            (0, 2500, 60),
            1,
        ),
        story(
            "a switchover, and the new primary dies",
            vec![switchover(0)],
            vec![(0, PowerOff(1)), (5000, PowerOn(1))],
            (0, 2500, 60),
            1,
        ),
        story(
            "a switchover, and the new primary's server is killed",
            vec![switchover(0)],
            vec![(0, KillServer(1))],
            (0, 2500, 60),
            1,
        ),
        story(
            "a switchover, and the old primary's agent stands still",
            vec![switchover(0)],
            vec![(0, Pause(0)), (7000, Resume(0))],
            (0, 2500, 60),
            1,
        ),
        story("a switchover without etcd", vec![switchover(0)], vec![(0, EtcdDown), (4000, EtcdUp)], (0, 2500, 40), 1),
        story(
            "the synchronous host's applier stops, and the primary dies",
            vec![(200, BreakApplier(1))],
            vec![(0, PowerOff(0)), (5000, PowerOn(0))],
            (0, 2000, 20),
            1,
        ),
    ];
    all.push(story(
        "a reader holds the replica up, and the primary dies",
        vec![(200, Lock(1))],
        vec![(0, PowerOff(0)), (20_000, PowerOn(0))],
        (0, 2000, 10),
        1,
    ));
    if hosts == 3 {
        let to_the_third = || (0, Order(0, Order::Switchover { to: Some("c".to_owned()) }));
        all.extend([
            story(
                "joint, and one member dies",
                vec![to_the_third()],
                vec![(0, PowerOff(1)), (5000, PowerOn(1))],
                (0, 2000, 60),
                1,
            ),
            story(
                "joint, and the other member dies",
                vec![to_the_third()],
                vec![(0, PowerOff(2)), (5000, PowerOn(2))],
                (0, 2000, 60),
                1,
            ),
            story(
                "joint, and the primary dies",
                vec![to_the_third()],
                vec![(0, PowerOff(0)), (9000, PowerOn(0))],
                (0, 2000, 60),
                1,
            ),
            story(
                "joint, and the primary and a member die",
                vec![to_the_third()],
                vec![(0, PowerOff(0)), (10, PowerOff(1)), (4000, PowerOn(0)), (9000, PowerOn(1))],
                (0, 2000, 60),
                1,
            ),
        ]);
    }
    for story in &mut all {
        if hosts == 3 && story.rebuilds > 0 {
            // An asynchronous host may have received what the synchronous one had not.
            story.rebuilds += 1;
        }
    }
    all
}

fn plan(story: &Story, after: Duration) -> Plan {
    let first = story.first.iter().map(|(when, fault)| (ms(*when), fault.clone()));
    let begin = ms(story.first.iter().map(|(when, _)| *when).min().unwrap_or(0)) + after;
    let then = story.then.iter().map(|(when, fault)| (begin + ms(*when), fault.clone()));
    let mut plan: Plan = first.chain(then).collect();
    plan.sort_by_key(|(when, _)| *when);
    plan
}

fn moments((from, to, count): (u64, u64, usize)) -> impl Iterator<Item = Duration> {
    (0..count as u64).map(move |n| ms(from + (to - from) * n / count as u64))
}

fn worlds() -> Vec<World> {
    let mut all = Vec::new();
    for hosts in [2, 3] {
        for timing in [Timing::SAFE, Timing::FAST] {
            all.push(founded(Setup { hosts, timing, policy: OnReplicaLoss::Degrade, broken: None }));
        }
    }
    all
}

#[test]
fn every_story_ends_well_at_every_moment() {
    // FAILOVER_SEEDS asks for more than the quick look: every moment, not one in three.
    let thinned = if std::env::var_os("FAILOVER_SEEDS").is_some() { 1 } else { 3 };
    let mut failed = Vec::new();
    for world in worlds() {
        for story in stories(world.setup.hosts) {
            for (moment, after) in moments(story.sweep).enumerate().filter(|(moment, _)| moment % thinned == 0) {
                // A number divisible by three: no requests are lost but by what the story says.
                let seed = moment as u64 * 3;
                let plan = plan(&story, after);
                let name = format!("{} ({} hosts, after {after:?})", story.name, world.setup.hosts);
                match run(&world, seed, &plan, false) {
                    Ok(Run { world, .. }) => {
                        let rebuilds: u32 = world.hosts.iter().map(|h| h.rebuilds).sum();
                        if rebuilds > story.rebuilds {
                            failed.push(format!("{name}: {rebuilds} data directories replaced"));
                        }
                    }
                    Err(failure) => {
                        if failed.is_empty() {
                            println!("{}", tell_failure(&world, seed, &plan).unwrap_or_default());
                        }
                        failed.push(format!("{name}: {} {}", failure.violation.rule, failure.violation.what));
                    }
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// The operator's word makes a host primary that may lack acknowledged writes; nothing else is given up.
#[test]
fn an_operator_can_force_a_host() {
    let setup = Setup { hosts: 2, timing: Timing::FAST, policy: OnReplicaLoss::Degrade, broken: None };
    let world = founded(setup);
    // The primary degrades without its replica, goes on, and dies.
    let plan = vec![
        (ms(100), PowerOff(1)),
        (ms(6000), PowerOff(0)),
        (ms(6500), PowerOn(1)),
        (ms(12_000), Order(1, Order::Force)),
        (ms(20_000), PowerOn(0)),
    ];
    match run(&world, 3, &plan, false) {
        Ok(run) => assert_eq!(run.world.store.leader.map(|l| l.host).as_deref(), Some("b")),
        Err(_) => assert_eq!(tell_failure(&world, 3, &plan), None),
    }
}

/// A rolling restart asks for a switchover while the last restarted replica is not synchronous yet: it is waited for.
#[test]
fn a_switchover_waits_until_somebody_is_synchronous() {
    let setup = Setup { hosts: 2, timing: Timing::SAFE, policy: OnReplicaLoss::Degrade, broken: None };
    let world = founded(setup);
    let plan =
        vec![(ms(100), PowerOff(1)), (ms(6000), Order(0, Order::Switchover { to: None })), (ms(8000), PowerOn(1))];
    match run(&world, 3, &plan, false) {
        Ok(run) => assert_eq!(run.world.store.leader.map(|l| l.host).as_deref(), Some("b")),
        Err(_) => assert_eq!(tell_failure(&world, 3, &plan), None),
    }
}

/// Each time a host is asked to become synchronous and does not manage, writes wait for it in vain.
#[test]
fn a_host_that_stands_still_is_asked_once() {
    let setup = Setup { hosts: 3, timing: Timing::SAFE, policy: OnReplicaLoss::Degrade, broken: None };
    for seed in 0..20 {
        for frozen in [1, 2] {
            let other = 3 - frozen;
            let mut plan: Plan =
                cut(other, &[0, frozen, 3]).into_iter().map(|(when, fault)| (ms(when + 100), fault)).collect();
            plan.push((ms(120), Freeze(frozen)));
            let mut simulation = Simulation::new(founded(setup), seed, false);
            let (mut in_vain, mut before) = (0, None);
            let ended = simulation.run(ms(60_000), &plan, |world| {
                let Some((record, _)) = &world.store.record else { return false };
                let given_up = before != record.wanted && before.as_ref() == Some(&name(frozen));
                let still = world.hosts[frozen].process.as_ref().is_some_and(|p| p.frozen);
                in_vain += u32::from(given_up && still);
                before.clone_from(&record.wanted);
                false
            });
            assert!(ended.is_ok(), "nothing is lost");
            assert!(in_vain <= 1, "it was asked in vain {in_vain} times (seed {seed}, {frozen} frozen)");
        }
    }
}

/// A host hears nobody, and is heard.
pub fn deaf(host: usize, hosts: usize) -> Vec<Fault> {
    (0..=hosts).filter(|end| *end != host).map(|end| Cut(end, host)).collect()
}

/// One thing that stays broken: of every kind, at every place.
fn lasting(hosts: usize) -> Vec<Vec<Fault>> {
    let mut all = Vec::new();
    for host in 0..hosts {
        let alone = [Freeze(host), Stick(host), PowerOff(host), Pause(host), BreakApplier(host), Lock(host)];
        all.extend(alone.map(|fault| vec![fault]));
        let others = || (0..=hosts).filter(move |end| *end != host);
        all.push(deaf(host, hosts));
        all.push(others().map(|end| Cut(host, end)).collect());
        all.push(others().flat_map(|end| [Cut(end, host), Cut(host, end)]).collect());
        for end in others() {
            all.extend([vec![Cut(end, host)], vec![Cut(host, end)], vec![Cut(end, host), Cut(host, end)]]);
        }
    }
    all
}

/// Whether writes are acknowledged while something stays broken, as soon as a lease can have ended. The last renewal may
/// have been taken just before its sender fenced itself.
pub fn writes_go_on(world: &World, faults: &[Fault], seed: u64) -> Result<(), String> {
    let Setup { timing, .. } = world.setup;
    let mut simulation = Simulation::new(world.clone(), seed, false);
    let strikes = simulation.world.now + ms(2000 + 70 * seed);
    let plan: Plan = faults.iter().map(|fault| (strikes, fault.clone())).collect();
    let soon = strikes + timing.fence + timing.ttl + ms(1500);
    let broken = |failure: Failure| failure.violation.what;
    simulation.run(soon, &plan, |_| false).map_err(broken)?;
    let acked = simulation.world.ledger.acked();
    simulation.run(soon + ms(1500), &Plan::new(), |_| false).map_err(broken)?;
    if simulation.world.ledger.acked() > acked {
        Ok(())
    } else {
        Err(format!("no writes: {:?}", simulation.world.store))
    }
}

/// Nobody waits for a repair: with any one thing broken, writes are soon acknowledged again. A host that hears nobody is the
/// subtle one: what it asks of etcd is done all the same, and must not take from the record whoever could follow it.
#[test]
fn one_lasting_fault_stops_writes_for_a_while_only() {
    let mut failed = Vec::new();
    // Where writes wait for a replica, a third host takes the place of a lost one.
    let blocks = [Timing::SAFE, Timing::FAST]
        .map(|timing| founded(Setup { hosts: 3, timing, policy: OnReplicaLoss::Block, broken: None }));
    for world in worlds().into_iter().chain(blocks) {
        for faults in lasting(world.setup.hosts) {
            for seed in 0..12 {
                if let Err(what) = writes_go_on(&world, &faults, seed) {
                    failed.push(format!("{:?}, {faults:?}, seed {seed}: {what}", world.setup.policy));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// A host that was already being promoted is as fit as before when its agent was started anew, also after its lease.
#[test]
fn a_promotion_goes_on_when_the_agent_is_started_anew() {
    let mut failed = Vec::new();
    for world in worlds() {
        let Setup { hosts, timing, .. } = world.setup;
        for step in 0..60 {
            let mut simulation = Simulation::new(world.clone(), step, false);
            let start = simulation.world.now;
            // The lease ends at some moment of this second.
            let crash = start + ms(1000) + timing.ttl - timing.renew + ms(20 * step);
            let stands = ms(if step % 2 == 0 { 0 } else { 4000 });
            let plan = vec![
                (start + ms(900), Lock(1)),
                (start + ms(1000), PowerOff(0)),
                (crash, Pause(1)),
                (crash + stands, CrashAgent { host: 1, server: false }),
                (crash + stands, Resume(1)),
            ];
            let serves = |world: &World| world.takes_writes(1) || (hosts == 3 && world.takes_writes(2));
            let ended = simulation.run(crash + stands + timing.ttl + ms(12_000), &plan, serves);
            if ended.is_err() || !serves(&simulation.world) {
                failed.push(format!("{hosts} hosts, {step}: {:?}", simulation.world.store.leader));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// A replica that is slow to answer once is not a reason to end its readers' sessions; one that answers no more is.
#[test]
fn readers_stay_with_a_replica_that_is_silent_for_a_moment() {
    let setup = Setup { hosts: 3, timing: Timing::SAFE, policy: OnReplicaLoss::Degrade, broken: None };
    // One is silent for half a second, the other for good.
    let mut simulation = Simulation::new(founded(setup), 3, false);
    let start = simulation.world.now;
    let plan = vec![(start + ms(2000), Freeze(1)), (start + ms(2000), Freeze(2)), (start + ms(2500), Thaw(1))];
    let (mut shut, mut silent) = (false, None);
    let ended = simulation.run(start + ms(8000), &plan, |world| {
        let now = world.now - start;
        let open = |host: usize| world.hosts[host].door.is_some_and(|until| world.now < until);
        shut |= now > ms(1000) && !open(1);
        if now > ms(2000) && !open(2) {
            silent = silent.or(Some(now - ms(2000)));
        }
        now > ms(7000)
    });
    assert!(ended.is_ok(), "nothing is lost");
    assert!(!shut, "the one that answered again");
    assert!(silent.is_some_and(|after| after <= Timing::SAFE.fence), "the other after {silent:?}");
}
