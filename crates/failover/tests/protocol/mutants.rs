//! Agents, and servers, that break one rule each: every rule of the protocol is worth a check that fails without it.
//!
//! Nothing in the shipped state machine knows of this. What it hears or asks for is altered on its way, and the same
//! random faults that it survives unaltered must show the break.

use std::time::Duration;

use failover::{Action, Event, Member, Node, OnReplicaLoss, Position, Role, Server, Task, Timing};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::scenarios::{deaf, writes_go_on};
use crate::simulation::{founded, run, soup};
use crate::world::fault::Fault;
use crate::world::{Setup, ms};

/// The rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breakage {
    /// A promoted host goes on receiving.
    ReceivesOn,
    /// A promoted host does not apply what it received.
    DoesNotDrain,
    /// A server that was started anew passes for the one before.
    SameAfterRestart,
    /// A server whose received log was thrown away passes for the one before.
    SameAfterPurge,
    /// Commits wait for nobody before the record says so.
    DegradesFirst,
    /// Every host can copy the log, whether it may acknowledge or not.
    AdmitsAll,
    /// A host acknowledges without being asked to, and says that it does not.
    AcknowledgesUntold,
    /// The door stays open however long ago the lease was renewed.
    OpensForLong,
    /// One of two synchronous hosts does not ask what the other one received.
    IgnoresOther,
    /// Any host takes the lead.
    AnybodyLeads,
    /// The tail that nobody acknowledged is committed although another epoch exists.
    StartsAsPrimary,
    /// A host becomes synchronous before it has everything.
    AddsEarly,
    /// Commits end their wait that the synchronous host has not received.
    ConfirmsEarly,
    /// A primary decides by what etcd showed last, however long ago that was asked for.
    DecidesUnheard,
}

/// What such an agent believes to hear.
pub fn hears(broken: Breakage, now: Duration, me: &str, node: &Node, event: &mut Event) {
    let promoting = node.view().is_some_and(|v| {
        let epoch = v.leader.as_ref().filter(|l| l.host == me).map(|l| l.epoch);
        epoch.is_some_and(|epoch| v.known().is_some_and(|r| r.epoch != epoch))
    });
    match (broken, event) {
        (Breakage::ReceivesOn, Event::Seen { sight, .. }) if promoting => {
            if let Server::Up(up) = &mut sight.server
                && let Some(source) = &mut up.source
            {
                source.io = false;
            }
        }
        (Breakage::DoesNotDrain, Event::Seen { sight, .. }) if promoting => {
            if let Server::Up(up) = &mut sight.server
                && let Some(source) = &mut up.source
            {
                source.received = up.written.clone();
            }
        }
        (Breakage::AcknowledgesUntold, Event::Seen { sight, .. }) => {
            if let Server::Up(up) = &mut sight.server {
                up.semi_replica = false;
            }
        }
        (Breakage::IgnoresOther, Event::Viewed { view, .. }) => {
            if let Some((record, _)) = &mut view.record
                && record.member(me).is_some()
            {
                record.sync.retain(|m| m.host == me);
            }
        }
        (Breakage::AnybodyLeads, Event::Viewed { view, .. }) => {
            let owned = view.known().zip(view.leader.as_ref()).is_some_and(|(r, l)| r.epoch == l.epoch);
            if let (Some((record, _)), Some(sight)) = (&mut view.record, node.sight())
                && let Server::Up(up) = &sight.server
                && record.primary.host != me
                && !owned
            {
                record.sync = vec![Member { host: me.to_owned(), instance: up.instance.clone() }];
            }
        }
        (Breakage::ConfirmsEarly, Event::Viewed { view, .. }) => {
            let sync = view.known().map(|record| record.sync.clone()).unwrap_or_default();
            for member in sync.iter().filter(|m| m.host != me && !promoting) {
                if let Some((report, _)) = view.reports.get_mut(&member.host) {
                    report.received = Position::at(1, 1_000_000);
                }
            }
        }
        (Breakage::DecidesUnheard, event @ Event::Tick) => {
            if let Some(view) = node.view().cloned() {
                *event = Event::Viewed { view, asked: now };
            }
        }
        (Breakage::AddsEarly, Event::Viewed { view, .. }) => {
            for (host, (report, _)) in &mut view.reports {
                if host != me && !promoting {
                    report.received = Position::at(1, 1_000_000);
                }
            }
        }
        _ => {}
    }
}

/// What such an agent does.
pub fn does(broken: Breakage, node: &Node, actions: &mut Vec<Action>) {
    let later = Duration::from_secs(3600);
    let mut sooner = None;
    for action in actions.iter_mut() {
        match (broken, action) {
            (Breakage::OpensForLong, Action::Open { until } | Action::Serve(Task::Writable { until })) => {
                *until += later
            }
            (Breakage::StartsAsPrimary, Action::Serve(Task::Start(role))) => *role = Role::Primary,
            (Breakage::DegradesFirst, Action::Amend(amendment)) => {
                let named = node.view().and_then(|v| v.known()).is_some_and(|r| !r.sync.is_empty());
                if named && amendment.record.sync.is_empty() && amendment.epoch.is_some() {
                    sooner = Some(Action::Serve(Task::SemiPrimary(false)));
                }
            }
            (Breakage::AcknowledgesUntold, Action::Serve(task @ Task::StartIo)) => *task = Task::SemiReplica(true),
            (Breakage::AcknowledgesUntold, Action::Serve(Task::Follow(_))) => {
                sooner = Some(Action::Serve(Task::SemiReplica(true)));
            }
            (Breakage::AcknowledgesUntold, Action::Tell { report, .. }) => report.semi = false,
            _ => {}
        }
    }
    if let Some(action) = sooner {
        actions.insert(0, action);
    }
}

/// Each broken rule: the check that must fail, the number of hosts, and seeds whose faults show it.
const CASES: &[(Breakage, &str, usize, &[u64])] = &[
    (Breakage::ReceivesOn, "I2", 2, &[11006, 15964]),
    (Breakage::DoesNotDrain, "I2", 2, &[396, 474, 781]),
    (Breakage::SameAfterRestart, "I2", 2, &[20, 22, 33]),
    (Breakage::SameAfterPurge, "I2", 2, &[3, 150, 153]),
    (Breakage::DegradesFirst, "I2", 2, &[3, 37, 44]),
    (Breakage::AdmitsAll, "I2", 3, &[180, 301, 456]),
    (Breakage::AcknowledgesUntold, "I2", 3, &[43, 73, 79]),
    (Breakage::OpensForLong, "I1", 2, &[50, 145, 180]),
    (Breakage::IgnoresOther, "I2", 3, &[525, 1600, 1909]),
    (Breakage::AnybodyLeads, "I2", 3, &[6, 15, 21]),
    (Breakage::AddsEarly, "I2", 2, &[3, 6, 11]),
    (Breakage::ConfirmsEarly, "I2", 2, &[3, 6, 11]),
];

/// The first seeds, of so many, that show a break.
fn shown(broken: Breakage, rule: &str, hosts: usize, seeds: impl Iterator<Item = u64>, enough: usize) -> Vec<u64> {
    let setup = Setup { hosts, timing: Timing::FAST, policy: OnReplicaLoss::Degrade, broken: Some(broken) };
    let world = founded(setup);
    let shows = |seed: &u64| {
        let plan = soup(setup, &mut StdRng::seed_from_u64(*seed));
        run(&world, *seed, &plan, false).is_err_and(|f| f.violation.rule == rule)
    };
    seeds.filter(shows).take(enough).collect()
}

#[test]
fn every_broken_rule_is_caught() {
    let missed: Vec<_> = CASES
        .iter()
        .filter(|(broken, rule, hosts, seeds)| shown(*broken, rule, *hosts, seeds.iter().copied(), 1).is_empty())
        .map(|(broken, ..)| broken)
        .collect();
    assert!(missed.is_empty(), "no seed shows {missed:?}; look for others with hunt_for_broken_rules");
}

/// Committing the tail loses nothing, and costs a copy of all data where the other start costs none.
#[test]
fn a_tail_that_is_committed_costs_a_copy() {
    let copies = |broken| {
        let world = founded(Setup { hosts: 2, timing: Timing::SAFE, policy: OnReplicaLoss::Degrade, broken });
        // What is written last reaches nobody, and the primary dies before that counts as a loss of the replica.
        let plan = vec![
            (ms(0), Fault::Cut(0, 1)),
            (ms(1000), Fault::PowerOff(0)),
            (ms(1100), Fault::Join(0, 1)),
            (ms(12_000), Fault::PowerOn(0)),
        ];
        run(&world, 0, &plan, false).map(|run| run.world.hosts[0].rebuilds).ok()
    };
    assert_eq!((copies(None), copies(Some(Breakage::StartsAsPrimary))), (Some(0), Some(1)));
}

/// Nothing is lost by it; but nobody can follow a primary that took its replica from the record without hearing anybody.
#[test]
fn who_decides_unheard_cannot_be_followed() {
    let missed = |broken| {
        let world = founded(Setup { hosts: 2, timing: Timing::SAFE, policy: OnReplicaLoss::Degrade, broken });
        (0..10).filter(|seed| writes_go_on(&world, &deaf(0, 2), *seed).is_err()).count()
    };
    assert_eq!(missed(None), 0);
    assert!(missed(Some(Breakage::DecidesUnheard)) > 0);
}

/// Looks for seeds for the table above, after the schedules have changed.
#[test]
#[ignore = "a tool"]
fn hunt_for_broken_rules() {
    for (broken, rule, hosts, _) in CASES {
        println!("{broken:?}: {:?}", shown(*broken, rule, *hosts, 0..20_000, 3));
    }
}
