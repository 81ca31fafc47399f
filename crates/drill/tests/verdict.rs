//! What counts as a difference between a prediction and what was seen: each kind alone, and none where all is well.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use components::Capability::{Coordination, Database, Ingress, Storage};
use drill::{
    CapabilityObservation, DataObservation, Difference, Expected, HolderObservation, Holders, Holding, Observation,
    Observed, Prediction, Promise, Reads, Trial, as_promised, differences,
};
use wire::Note;

/// The database is said to be lost, everything else to serve.
fn prediction(holders: Holders) -> Prediction {
    let expected = |capability| if capability == Database { Expected::Lost } else { Expected::Serves };
    let promise = |capability| Promise { capability, expected: expected(capability) };
    Prediction {
        trial: Trial { name: "kill host node1".into(), strikes: vec![], losses: vec![], partition: None },
        capabilities: [Coordination, Database, Ingress].map(promise).to_vec(),
        holders,
        reads: Reads::Current,
    }
}

fn seen(capability: components::Capability, observed: Observed) -> CapabilityObservation {
    CapabilityObservation { capability, observed, gap_ms: Some(900.0), gap_at_most_ms: Some(1000.0) }
}

/// A promise that depends on who holds an address, and what comes of it.
#[test]
fn who_holds_an_address_decides() {
    let (address, other) = ("10.88.0.100".parse().unwrap(), "10.88.0.101".parse().unwrap());
    let node = |name: &str| model::HostName::from(name);
    let held = components::Held { address, by: vec![node("node2"), node("node3")] };
    let expected = Expected::LostIfHeld(vec![held]);
    let by = |address, name| Holding::from([(address, [node(name)].into())]);
    assert_eq!(expected.serves(&by(address, "node2")), Some(false));
    assert_eq!(expected.serves(&by(address, "node1")), Some(true));
    assert_eq!(expected.serves(&by(other, "node2")), Some(true));
    assert_eq!(expected.serves(&Holding::new()), Some(true));
    assert_eq!(Expected::Open.serves(&by(address, "node1")), None);
}

#[test]
fn either_is_steady() {
    let fits = |serves, observed| as_promised(serves, observed);
    assert!(fits(None, Observed::Served) && fits(None, Observed::Lost) && !fits(None, Observed::Unsteady));
    assert!(fits(Some(true), Observed::Served) && !fits(Some(true), Observed::Lost));
    assert!(!fits(Some(false), Observed::Served) && fits(Some(false), Observed::Lost));
}

/// Exactly what was predicted.
fn perfect() -> Observation {
    Observation {
        capabilities: vec![
            seen(Coordination, Observed::Served),
            seen(Database, Observed::Lost),
            seen(Ingress, Observed::Served),
        ],
        data: DataObservation { acknowledged: 500, unknown_written: 2, unknown_not_written: 3, ..Default::default() },
        holders: HolderObservation { samples: 40, ..Default::default() },
        whole_after_ms: Some(4000),
        not_well: vec![],
        residue: vec![],
    }
}

fn found(holders: Holders, change: impl FnOnce(&mut Observation)) -> Vec<Difference> {
    let mut observation = perfect();
    change(&mut observation);
    differences(&prediction(holders), &observation)
}

#[test]
fn what_was_predicted_is_no_difference() {
    for holders in [Holders::One, Holders::TwoUntilHeard { within_ms: 3000 }] {
        assert_eq!(found(holders, |_| {}), []);
    }
}

/// Counted and told all the same.
#[test]
fn late_reads_are_no_difference_where_they_were_predicted() {
    let mut observation = perfect();
    observation.data.back_in_time = vec!["a".into()];
    let prediction = Prediction { reads: Reads::MayBeLate, ..prediction(Holders::One) };
    assert_eq!(differences(&prediction, &observation), []);
    observation.data.lost = vec!["b".into()];
    assert_eq!(differences(&prediction, &observation), [Difference::LostWrites { count: 1 }]);
}

#[test]
fn each_difference_is_found_alone() {
    type Case = (fn(&mut Observation), Difference);
    let cases: Vec<Case> = vec![
        (|o| o.data.lost = vec!["a".into(), "b".into()], Difference::LostWrites { count: 2 }),
        (|o| o.data.invented = vec!["a".into()], Difference::InventedWrites { count: 1 }),
        (|o| o.data.twice = vec!["a".into()], Difference::DoubledWrites { count: 1 }),
        (|o| o.data.back_in_time = vec!["a".into()], Difference::BackInTime { count: 1 }),
        (|o| o.data.two_writers = vec!["a".into()], Difference::TwoWriters { count: 1 }),
        (|o| o.holders.two_ms = 1, Difference::TwoHolders { ms: 1, allowed_ms: 0 }),
        (
            |o| (o.whole_after_ms, o.not_well) = (None, vec![("a".into(), Note::new("no"))]),
            Difference::NotWhole { what: vec![("a".into(), Note::new("no"))] },
        ),
        (|o| o.data.unread = vec!["b: no".into()], Difference::Unread { what: vec!["b: no".into()] }),
        (|o| o.residue = vec!["a table".into()], Difference::Residue { what: vec!["a table".into()] }),
        (
            |o| o.capabilities[0].observed = Observed::Lost,
            Difference::Capability { capability: Coordination, predicted_to_serve: true, observed: Observed::Lost },
        ),
        (|o| o.capabilities.push(seen(Storage, Observed::Served)), Difference::NotPredicted { capability: Storage }),
    ];
    for (change, expected) in cases {
        assert_eq!(found(Holders::One, change), [expected]);
    }
}

#[test]
fn a_capability_must_be_as_promised_to_the_end() {
    let cases = [
        (Coordination, Observed::Served, false),
        (Coordination, Observed::Lost, true),
        (Coordination, Observed::Unsteady, true),
        (Coordination, Observed::NotAsked, false),
        // Said to be lost: what serves all the same is as wrong.
        (Database, Observed::Served, true),
        (Database, Observed::Lost, false),
        (Database, Observed::Unsteady, true),
        (Database, Observed::NotAsked, false),
    ];
    for (capability, observed, differs) in cases {
        let differences = found(Holders::One, |o| {
            let place = o.capabilities.iter().position(|c| c.capability == capability).unwrap();
            o.capabilities[place].observed = observed;
        });
        let expected = Difference::Capability { capability, predicted_to_serve: capability != Database, observed };
        assert_eq!(differences, if differs { vec![expected] } else { vec![] }, "{capability:?} {observed:?}");
    }
}

#[test]
fn two_holders_are_judged_by_what_was_promised() {
    let within = |within_ms| Holders::TwoUntilHeard { within_ms };
    // Promised, seen while they heard each other and while they did not, and what is too much.
    let cases = [
        (Holders::One, 0, 0, None),
        (Holders::One, 150, 0, Some((150, 0))),
        (Holders::One, 0, 300, Some((300, 0))),
        (Holders::One, 150, 300, Some((300, 0))),
        (within(3000), 0, 9000, None),
        (within(3000), 3000, 9000, None),
        (within(3000), 3001, 9000, Some((3001, 3000))),
        (within(0), 0, 9000, None),
        (within(0), 1, 0, Some((1, 0))),
    ];
    for (holders, two_ms, two_apart_ms, expected) in cases {
        let differences = found(holders, |o| (o.holders.two_ms, o.holders.two_apart_ms) = (two_ms, two_apart_ms));
        let expected: Vec<_> =
            expected.into_iter().map(|(ms, allowed_ms)| Difference::TwoHolders { ms, allowed_ms }).collect();
        assert_eq!(differences, expected, "{holders:?} {two_ms} {two_apart_ms}");
    }
}

#[test]
fn several_differences_are_all_told() {
    let found = found(Holders::One, |o| {
        o.data.lost = vec!["a".into()];
        o.whole_after_ms = None;
        o.capabilities[2].observed = Observed::Unsteady;
    });
    assert_eq!(found.len(), 3);
}
