//! Every flaw is found in a plan that was sound before.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use common::{World, edited, owes, stopped, was_at};
use model::Preset;
use planner::Plan;
use planner::check::{Flaw, check};
use secret::Secret;
use wire::resource::Issued;
use wire::{Look, Resource, SqlAuth};

fn index(plan: &Plan, id: &str) -> usize {
    plan.steps.iter().position(|s| s.id == id).unwrap()
}

/// Two restarts that take turns.
fn rolling() -> Plan {
    World::settled(Preset::ThreeNode)
        .with("node1", "unit:etcd.service", owes("restart"))
        .with("node2", "unit:etcd.service", owes("restart"))
        .plan()
}

#[test]
fn sound_plans_have_no_flaw() {
    for preset in [Preset::Single, Preset::ThreeNode, Preset::FiveNode] {
        assert_eq!(check(&World::fresh(preset).plan()), []);
    }
    assert_eq!(check(&rolling()), []);
}

#[test]
fn a_step_twice() {
    let mut plan = rolling();
    let again = plan.steps[0].clone();
    plan.steps.push(again);
    assert!(check(&plan).contains(&Flaw::Duplicate("etcd/node1/run".to_owned())));
}

#[test]
fn a_step_before_what_it_needs() {
    let mut plan = World::settled(Preset::ThreeNode).with("node1", "file:/etc/quorate/etcd/etcd.env", edited()).plan();
    plan.steps.reverse();
    let (step, needs) = ("etcd/node1/run".to_owned(), "etcd/node1/configure".to_owned());
    assert_eq!(check(&plan), [Flaw::Order { step, needs }]);
}

#[test]
fn two_restarts_at_once() {
    let mut plan = rolling();
    plan.steps[1].needs.clear();
    assert_eq!(check(&plan), [Flaw::TwoAtOnce("etcd/node1/run".to_owned(), "etcd/node2/run".to_owned())]);
}

#[test]
fn two_founders() {
    let mut world = World::settled(Preset::ThreeNode);
    for host in ["node1", "node2", "node3"] {
        world = world.with(host, "unit:mariadb.service", stopped()).looking(host, &Look::Galera, was_at(7));
    }
    let mut plan = world.plan();
    let leading = &plan.steps[index(&plan, "galera/node1/run")].resources;
    assert!(matches!(leading[0], Resource::GaleraLead { .. }), "Galera is told before it is started: {leading:?}");
    let flag = leading[1].clone();
    assert!(matches!(flag, Resource::Flag { .. }));
    let second = index(&plan, "galera/node3/run");
    plan.steps[second].resources.insert(0, flag);
    assert_eq!(check(&plan), [Flaw::TwoFounders("galera/node1/run".to_owned(), "galera/node3/run".to_owned())]);
}

#[test]
fn secrets() {
    let mut plan = World::fresh(Preset::Single).plan();
    for resource in plan.steps.iter_mut().flat_map(|s| &mut s.resources) {
        match resource {
            Resource::Certificate(c) if c.name == "host" => {
                c.issued = Some(Issued { chain: String::new(), key: Secret::new("key".to_owned()) });
            }
            Resource::SqlAccount { auth: SqlAuth::Password { value, .. }, .. } => {
                *value = Some(Secret::new("password".to_owned()));
            }
            _ => {}
        }
    }
    let flaws = check(&plan);
    assert_eq!(
        flaws,
        [Flaw::Secret("identity/node1/configure".to_owned()), Flaw::Secret("mariadb/node1/once".to_owned())]
    );
    assert!(!format!("{flaws:?}").contains("password"));
}
