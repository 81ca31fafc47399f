//! A replicated database: founded once, restarted through its agents, never beside data of somebody else.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use common::{World, follower, line, owes, stopped};
use planner::Plan;
use wire::facts::ReplicaFacts;
use wire::replication::{FOUND_FLAG, Status};
use wire::{Look, Looked, Resource};

const HOSTS: [&str; 3] = ["node1", "node2", "node3"];
const UNIT: &str = "unit:mariadb.service";

fn world(settled: bool) -> World {
    World::of(model::parse(include_str!("../../../examples/replication.yaml")).unwrap(), settled)
}

fn looking(world: World, host: &str, facts: ReplicaFacts) -> World {
    world.looking(host, &Look::Replication, Looked::Replication(Box::new(facts)))
}

fn run<'p>(plan: &'p Plan, component: &str, host: &str) -> &'p planner::Step {
    let id = format!("{component}/{host}/run");
    plan.step(&id).unwrap_or_else(|| panic!("no step {id}"))
}

fn founders(plan: &Plan) -> Vec<&str> {
    let flag = |r: &Resource| matches!(r, Resource::Flag { path, .. } if path.ends_with("database-found"));
    plan.steps.iter().filter(|s| s.resources.iter().any(flag)).map(|s| s.host.as_str()).collect()
}

fn blocked(plan: &Plan) -> Vec<String> {
    plan.steps.iter().filter_map(|s| Some(format!("{} {}", s.id, s.blocked.as_ref()?))).collect()
}

#[test]
fn one_host_founds_when_all_were_looked_at() {
    let plan = world(false).plan();
    assert_eq!(founders(&plan), ["node1"]);
    assert_eq!(blocked(&plan), [""; 0]);
    let needs = &run(&plan, "replication", "node2").needs;
    // The server is there before its agent begins, and the agent before the founding.
    assert!(needs.contains(&"agent/node2/run".to_owned()) && needs.contains(&"replication/node1/run".to_owned()));
    assert!(run(&plan, "agent", "node2").needs.contains(&"replication/node2/configure".to_owned()));
    let once = plan.step("replication/node1/once").unwrap();
    assert_eq!(once.needs, ["replication/node1/run"], "schemas are made through the primary");

    let plan = world(false).without("node3").plan();
    assert_eq!(founders(&plan), [""; 0]);
    assert_eq!(
        blocked(&plan)[2..],
        [
            "replication/node1/run replication-founding-needs-all absent=node3",
            "replication/node2/run replication-founding-needs-all absent=node3",
        ]
    );
    assert!(FOUND_FLAG.ends_with("database-found"));
}

#[test]
fn data_of_somebody_else_are_left_alone() {
    let foreign = ReplicaFacts { foreign_schemas: vec!["shop".to_owned()], ..ReplicaFacts::default() };
    let plan = looking(world(false), "node2", foreign.clone()).plan();
    assert_eq!(founders(&plan), [""; 0], "nothing is founded beside them");
    assert_eq!(
        blocked(&plan),
        [
            "replication/node1/run replication-foreign-data hosts=node2 schemas=shop",
            "agent/node2/run replication-foreign-data hosts=node2 schemas=shop",
            "replication/node2/run replication-foreign-data hosts=node2 schemas=shop",
            "replication/node3/run replication-foreign-data hosts=node2 schemas=shop",
        ]
    );
}

#[test]
fn data_that_etcd_does_not_know_of_are_not_guessed_about() {
    let agent = Status { coordinated: true, ..Status::default() };
    let orphan = ReplicaFacts { data: true, agent: Some(agent), ..ReplicaFacts::default() };
    let mut world = world(true);
    for host in HOSTS {
        world = looking(world, host, orphan.clone()).with(host, UNIT, stopped());
    }
    let plan = world.plan();
    assert_eq!(founders(&plan), [""; 0]);
    assert_eq!(blocked(&plan).len(), 3, "{:?}", blocked(&plan));
    assert!(blocked(&plan)[0].contains("replication-no-record hosts=node1, node2, node3"));
}

#[test]
fn a_known_database_is_never_founded_again() {
    assert_eq!(world(true).plan().steps, []);
    // A host that lost its data, or a new one: its agent copies them.
    let plan = looking(world(true), "node3", ReplicaFacts::default()).with("node3", UNIT, stopped()).plan();
    assert_eq!(founders(&plan), [""; 0]);
    assert_eq!(
        plan.steps.iter().map(line).collect::<Vec<_>>(),
        ["replication/node3/run: Start unit:mariadb.service (drift)"]
    );
    // Also while another database host is away.
    let plan =
        looking(world(true), "node3", ReplicaFacts::default()).without("node2").with("node3", UNIT, stopped()).plan();
    assert_eq!(blocked(&plan), [""; 0]);
}

#[test]
fn the_primary_is_restarted_last() {
    for (primary, order) in [("node1", ["node2", "node3", "node1"]), ("node2", ["node1", "node3", "node2"])] {
        let mut world = world(true);
        for host in HOSTS {
            let member = follower(world.cluster.host(&host.into()).unwrap(), primary);
            world = looking(world, host, member).with(host, UNIT, owes("restart"));
        }
        let plan = world.plan();
        let restarts: Vec<_> = plan.steps.iter().filter(|s| s.component == "replication").collect();
        assert_eq!(restarts.iter().map(|s| s.host.as_str()).collect::<Vec<_>>(), order);
        assert!(restarts.iter().all(|s| s.disturbs), "each asks the guard, and waits for its turn");
    }
}
