//! Laws that hold of every plan, whatever was observed.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use std::collections::BTreeSet;

use common::{World, changed, edited, owes, stopped};
use model::Preset;
use planner::{Plan, Stage, desired};
use proptest::prelude::*;
use proptest::sample::Index;
use wire::{Difference, Resource};

fn presets() -> impl Strategy<Value = Preset> {
    prop_oneof![Just(Preset::Single), Just(Preset::ThreeNode), Just(Preset::FiveNode)]
}

/// A cluster, fresh or settled, of which some pieces are otherwise and some hosts are away.
fn worlds() -> impl Strategy<Value = World> {
    let pieces = prop::collection::vec((any::<Index>(), any::<Index>(), 0..6_u8), 0..12);
    (presets(), any::<bool>(), pieces, prop::collection::vec(any::<Index>(), 0..2)).prop_map(
        |(preset, fresh, pieces, away)| {
            let mut world = if fresh { World::fresh(preset) } else { World::settled(preset) };
            for index in away {
                let host = index.get(&world.cluster.hosts).name.clone();
                world = world.without(host.as_str());
            }
            let hosts: Vec<_> = world.observed.keys().cloned().collect();
            for (host, piece, kind) in pieces {
                if hosts.is_empty() {
                    break;
                }
                let list = world.observed.get_mut(host.get(&hosts)).unwrap();
                let place = piece.index(list.len());
                let observed = &mut list[place];
                observed.difference = difference(&observed.key, kind);
            }
            world
        },
    )
}

/// A difference that a host may report of such a resource.
fn difference(key: &str, kind: u8) -> Difference {
    match (key.starts_with("unit:"), key.ends_with(".socket"), kind) {
        (_, _, 0) => Difference::None,
        (_, _, 1) => Difference::Unknown("Input/output error".to_owned()),
        (true, true, _) => changed("active", "active", "inactive"),
        (true, false, 2) => stopped(),
        (true, false, 3) => owes("restart"),
        (true, false, 4) => owes("reload"),
        (true, false, _) => changed("enabled", "false", "true"),
        (false, _, 2) => Difference::Missing,
        (false, ..) => edited(),
    }
}

/// What differs, as host and key.
fn differing(world: &World) -> BTreeSet<(String, String)> {
    let all = world.observed.iter().flat_map(|(host, list)| list.iter().map(move |o| (host, o)));
    all.filter(|(_, o)| o.difference.is_change()).map(|(host, o)| (host.to_string(), o.key.clone())).collect()
}

/// What is planned, as host and key; without acts, which are no state.
fn planned(plan: &Plan, units: bool) -> BTreeSet<(String, String)> {
    let all = plan.steps.iter().flat_map(|s| s.resources.iter().map(move |r| (s, r)));
    all.filter(|(_, r)| !r.is_act() && r.is_unit() == units).map(|(s, r)| (s.host.to_string(), r.key())).collect()
}

/// The same cluster after every step was carried out.
fn applied(mut world: World, plan: &Plan) -> World {
    for step in &plan.steps {
        let list = world.observed.get_mut(&step.host).unwrap();
        for resource in &step.resources {
            for observed in list.iter_mut().filter(|o| o.key == resource.key()) {
                observed.difference = Difference::None;
            }
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// `World::plan` also holds every plan against its checker.
    #[test]
    fn a_plan_applied_to_its_own_result_is_empty(world in worlds()) {
        let plan = world.plan();
        prop_assert_eq!(applied(world, &plan).lines(), Vec::<String>::new());
    }

    #[test]
    fn all_that_differs_is_planned_and_nothing_else(world in worlds()) {
        let plan = world.plan();
        let differing = differing(&world);
        let (mut units, rest): (BTreeSet<_>, BTreeSet<_>) = differing.into_iter().partition(|(_, k)| k.starts_with("unit:"));
        prop_assert_eq!(planned(&plan, false), rest.clone());
        // Beside the units that differ, those that must take up a change of something that does.
        for part in desired::parts(&world.cluster, &world.facts, None) {
            let host = part.host.to_string();
            let changed = part.resources.iter().filter(|r| rest.contains(&(host.clone(), r.key())));
            units.extend(changed.flat_map(Resource::touches).map(|t| (host.clone(), format!("unit:{}", t.unit))));
        }
        prop_assert_eq!(planned(&plan, true), units);
    }

    #[test]
    fn every_step_says_what_it_changes(world in worlds()) {
        for step in world.plan().steps {
            let keys: Vec<_> = step.changes.iter().map(|c| c.key.clone()).collect();
            let sent = step.resources.iter().filter(|r| !r.is_act());
            prop_assert_eq!(keys, sent.map(Resource::key).collect::<Vec<_>>());
            prop_assert!(!world.absent.contains_key(&step.host));
            prop_assert!(step.stage == Stage::Run || !step.disturbs);
        }
    }

    #[test]
    fn a_saved_plan_is_the_same_plan(world in worlds()) {
        let plan = world.plan();
        let read: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        prop_assert_eq!(read, plan);
    }
}
