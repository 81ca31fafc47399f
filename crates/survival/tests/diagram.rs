//! The engine against brute force: on small trees every answer can be had by trying all combinations of events.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::prelude::*;
use survival::diagram::{Analysis, AnalysisError, Limits};
use survival::fault_tree::{BasicEvent, Builder, EventId, FaultTree, Gate, GateId, GateKind, Input, TreeError};

/// Whether a tree's top event occurs in a state, where bit n says that event n has happened.
fn occurs(tree: &FaultTree, state: u32) -> bool {
    // Gates only depend on gates before them in these tests.
    let mut gates = Vec::new();
    let value = |gates: &[bool], input: &Input| match input {
        Input::Event(event) => state >> event.0 & 1 == 1,
        Input::Gate(gate) => gates[gate.0],
        Input::Constant(value) => *value,
    };
    for gate in &tree.gates {
        let inputs: Vec<bool> = gate.inputs.iter().map(|input| value(&gates, input)).collect();
        let count = inputs.iter().filter(|input| **input).count();
        gates.push(match gate.kind {
            GateKind::And => count == inputs.len(),
            GateKind::Or => count > 0,
            GateKind::AtLeast(k) => count >= k,
            GateKind::Cardinality { min, max } => (min..=max).contains(&count),
            GateKind::Not | GateKind::Nor => count == 0,
            GateKind::Xor => count % 2 == 1,
            GateKind::Nand => count < inputs.len(),
            GateKind::Iff => inputs[0] == inputs[1],
            GateKind::Imply => !inputs[0] || inputs[1],
        });
    }
    value(&gates, &tree.top)
}

fn all_states(tree: &FaultTree) -> impl Iterator<Item = u32> {
    0..1 << tree.events.len()
}

fn weight(tree: &FaultTree, state: u32) -> f64 {
    let each = tree.events.iter().enumerate().map(|(at, event)| {
        let p = event.probability.unwrap();
        if state >> at & 1 == 1 { p } else { 1.0 - p }
    });
    each.product()
}

/// The probability of the top event, if `fixed` says of an event whether it has happened.
fn probability(tree: &FaultTree, fixed: Option<(usize, bool)>) -> f64 {
    let mut tree = tree.clone();
    if let Some((event, happened)) = fixed {
        tree.events[event].probability = Some(f64::from(u8::from(happened)));
    }
    all_states(&tree).filter(|state| occurs(&tree, *state)).map(|state| weight(&tree, state)).sum()
}

/// The minimal states in which the top event occurs: sets of events such that it occurs when exactly they happen.
fn minimal(tree: &FaultTree) -> Vec<Vec<EventId>> {
    let occurring: Vec<u32> = all_states(tree).filter(|state| occurs(tree, *state)).collect();
    let contains = |big: u32, small: u32| big != small && big & small == small;
    let minimal = occurring.iter().filter(|state| !occurring.iter().any(|other| contains(**state, *other)));
    let events = |state: &u32| (0..tree.events.len()).filter(|at| state >> at & 1 == 1).map(EventId).collect();
    let mut sets: Vec<Vec<EventId>> = minimal.map(events).collect();
    sets.sort_by_key(|set| (set.len(), set.clone()));
    sets
}

fn counts(sets: &[Vec<EventId>]) -> Vec<u128> {
    let mut counts = vec![0; sets.last().map_or(0, |set| set.len() + 1)];
    sets.iter().for_each(|set| counts[set.len()] += 1);
    counts
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-14
}

fn check(tree: &FaultTree) {
    let sets = minimal(tree);
    let mut analysis = Analysis::new(tree, Limits::default()).unwrap();
    // Truncated first: that goes another way than the whole.
    for order in [0, 1, 2, 3] {
        let small: Vec<_> = sets.iter().filter(|set| set.len() <= order).cloned().collect();
        let mut fresh = Analysis::new(tree, Limits::default()).unwrap();
        assert_eq!(fresh.cut_set_counts(Some(order)).unwrap().by_order, counts(&small), "up to {order}: {tree:?}");
        assert_eq!(fresh.cut_sets(Some(order), usize::MAX).unwrap(), small);
        let total = fresh.probability().unwrap();
        assert!(close(total, probability(tree, None)));
        // With the diagram there, they come from the diagram.
        let mut other = Analysis::new(tree, Limits::default()).unwrap();
        other.probability().unwrap();
        assert_eq!(other.cut_sets(Some(order), usize::MAX).unwrap(), small);
    }
    assert_eq!(analysis.cut_set_counts(None).unwrap().by_order, counts(&sets), "{tree:?}");
    assert_eq!(analysis.cut_sets(None, usize::MAX).unwrap(), sets);
    assert_eq!(analysis.cut_sets(None, 3).unwrap().len(), sets.len().min(3));
    assert_eq!(
        analysis.single_points().unwrap(),
        sets.iter().filter(|s| s.len() == 1).flatten().copied().collect::<Vec<_>>()
    );
    let total = probability(tree, None);
    assert!(close(analysis.probability().unwrap(), total));
    for found in analysis.importance().unwrap() {
        let event = found.event.0;
        let (with, without) = (probability(tree, Some((event, true))), probability(tree, Some((event, false))));
        let p = tree.events[event].probability.unwrap();
        assert!(close(found.birnbaum, with - without), "{found:?} {with} {without} {tree:?}");
        let given = analysis.probability_given(&[(found.event, true)]).unwrap();
        assert!(close(given, with), "{given} {with}");
        if total > 1e-9 {
            assert!(close(found.raw, with / total));
            assert!(close(found.fussell_vesely, p * (with - without) / total));
            assert!(close(found.diagnosis, p * with / total));
            assert!(if without == 0.0 { found.rrw > 1e6 } else { close(found.rrw, total / without) });
        }
    }
    for (event, happened) in [(0, true), (0, false)].into_iter().filter(|_| !tree.events.is_empty()) {
        let given = tree.given(&[(EventId(event), happened)]);
        let mut analysis = Analysis::new(&given, Limits::default()).unwrap();
        assert!(close(analysis.probability().unwrap(), probability(tree, Some((event, happened)))));
        assert_eq!(analysis.cut_sets(None, usize::MAX).unwrap(), minimal(&given));
    }
}

/// Up to `events` events and gates that only depend on what comes before them.
fn trees(events: usize, coherent: bool) -> impl Strategy<Value = FaultTree> {
    let gate = (0..if coherent { 3usize } else { 10 }, prop::collection::vec(any::<u16>(), 1..6), 0..5usize, 0..3usize);
    let probabilities = prop::collection::vec((1..1000u32).prop_map(|p| f64::from(p) / 1000.0), 1..=events);
    (probabilities, prop::collection::vec(gate, 1..12)).prop_map(move |(probabilities, specifications)| {
        let events: Vec<BasicEvent> = probabilities
            .into_iter()
            .enumerate()
            .map(|(at, p)| BasicEvent { name: format!("e{at}"), probability: Some(p) })
            .collect();
        let mut gates: Vec<Gate> = Vec::new();
        for (at, (kind, picks, k, more)) in specifications.into_iter().enumerate() {
            let mut inputs: Vec<Input> = picks
                .into_iter()
                .map(|pick| {
                    // One in about sixty is a house event; gates are preferred, so that trees are deep.
                    let pick = usize::from(pick);
                    let place = pick / 64 % (events.len() + 2 * at);
                    match pick % 64 {
                        0 => Input::Constant(pick % 128 == 0),
                        _ if place < events.len() => Input::Event(EventId(place)),
                        _ => Input::Gate(GateId((place - events.len()) % at)),
                    }
                })
                .collect();
            let kind = match kind {
                0 => GateKind::And,
                1 => GateKind::Or,
                2 => GateKind::AtLeast(k),
                3 => GateKind::Cardinality { min: k, max: k + more },
                4 => GateKind::Not,
                5 => GateKind::Xor,
                6 => GateKind::Nand,
                7 => GateKind::Nor,
                8 => GateKind::Iff,
                _ => GateKind::Imply,
            };
            if let Some(arity) = kind.arity() {
                let first = inputs[0];
                inputs.resize(arity, first);
            }
            gates.push(Gate { name: format!("g{at}"), kind, inputs });
        }
        let top = Input::Gate(GateId(gates.len() - 1));
        FaultTree { name: "random".to_owned(), events, gates, top }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn coherent_trees_are_as_brute_force_says(tree in trees(10, true)) {
        prop_assert!(Analysis::new(&tree, Limits::default()).unwrap().is_coherent());
        check(&tree);
    }

    #[test]
    fn trees_with_every_gate_are_as_brute_force_says(tree in trees(8, false)) {
        check(&tree);
    }
}

/// A tree of one gate over the given number of events, each with the probability 0.1.
fn single(kind: GateKind, events: usize) -> FaultTree {
    let mut tree = Builder::new("one gate");
    let inputs: Vec<Input> = (0..events).map(|at| tree.event(format!("e{at}"), 0.1)).collect();
    let top = tree.gate("top", kind, inputs);
    tree.finish(top).unwrap()
}

#[test]
fn every_gate_has_its_probability_and_cut_sets() {
    let cases = [
        (GateKind::And, 3, 0.001, vec![0, 0, 0, 1]),
        (GateKind::Or, 3, 0.271, vec![0, 3]),
        (GateKind::AtLeast(2), 3, 0.028, vec![0, 0, 3]),
        (GateKind::AtLeast(0), 3, 1.0, vec![1]),
        (GateKind::AtLeast(4), 3, 0.0, vec![]),
        (GateKind::Cardinality { min: 1, max: 2 }, 3, 0.27, vec![0, 3]),
        (GateKind::Not, 1, 0.9, vec![1]),
        (GateKind::Xor, 2, 0.18, vec![0, 2]),
        (GateKind::Xor, 3, 0.244, vec![0, 3]),
        (GateKind::Nand, 2, 0.99, vec![1]),
        (GateKind::Nor, 2, 0.81, vec![1]),
        (GateKind::Iff, 2, 0.82, vec![1]),
        (GateKind::Imply, 2, 0.91, vec![1]),
    ];
    for (kind, events, probability, by_order) in cases {
        let tree = single(kind, events);
        let mut analysis = Analysis::new(&tree, Limits::default()).unwrap();
        assert!(close(analysis.probability().unwrap(), probability), "{kind:?}");
        assert_eq!(analysis.cut_set_counts(None).unwrap().by_order, by_order, "{kind:?}");
        check(&tree);
    }
}

#[test]
fn rare_failures_keep_their_digits() {
    let mut tree = Builder::new("rare");
    let pairs: Vec<Input> = (0..3)
        .map(|at| {
            let pair = [tree.event(format!("a{at}"), 1e-9), tree.event(format!("b{at}"), 1e-9)];
            tree.and(pair)
        })
        .collect();
    let top = tree.and(pairs);
    let mut analysis = Analysis::new(&tree.finish(top).unwrap(), Limits::default()).unwrap();
    let probability = analysis.probability().unwrap();
    assert!((probability / 1e-54 - 1.0).abs() < 1e-12, "{probability}");
    assert!(analysis.importance().unwrap().iter().all(|i| i.rrw.is_infinite() && close(i.fussell_vesely, 1.0)));
}

/// Sets of the order of 10¹⁰ are counted, and the asked ones listed, without being written out.
#[test]
fn what_cannot_be_enumerated_is_counted() {
    let mut tree = Builder::new("large");
    let trains: Vec<Input> = (0..12)
        .map(|train| {
            let parts: Vec<Input> = (0..10).map(|part| tree.event(format!("{train}.{part}"), 1e-3)).collect();
            tree.or(parts)
        })
        .collect();
    let top = tree.at_least(11, trains);
    let mut analysis = Analysis::new(&tree.finish(top).unwrap(), Limits::default()).unwrap();
    let counts = analysis.cut_set_counts(None).unwrap();
    assert_eq!((counts.smallest(), counts.total()), (Some(11), 12 * 10u128.pow(11)));
    assert_eq!(analysis.cut_sets(None, 5).unwrap().len(), 5);
    assert!(!counts.limited);
}

#[test]
fn more_sets_than_a_number_holds_are_at_least_that_many() {
    let tree = single(GateKind::AtLeast(150), 300);
    let mut analysis = Analysis::new(&tree, Limits::default()).unwrap();
    assert_eq!(analysis.cut_set_counts(None).unwrap().by_order[150], u128::MAX);
}

/// The program's own stack would not survive recursion here.
#[test]
fn deep_trees_and_long_orders_are_no_problem() {
    let mut tree = Builder::new("deep");
    let mut top = tree.event("e0", 0.5);
    for at in 1..20_000 {
        let event = tree.event(format!("e{at}"), 1e-4);
        top = if at % 2 == 0 { tree.and([top, event]) } else { tree.or([event, top]) };
    }
    let mut analysis = Analysis::new(&tree.finish(top).unwrap(), Limits::default()).unwrap();
    assert!(analysis.probability().unwrap() > 0.0);
    assert_eq!(analysis.importance().unwrap().len(), 20_000);
    assert_eq!(analysis.cut_set_counts(Some(2)).unwrap().by_order, [0, 1, 1]);
}

#[test]
fn a_diagram_beyond_the_limit_says_what_to_do() {
    // Every order of the variables makes this one large: pairs that all have to be told apart.
    let mut tree = Builder::new("grid");
    let events: Vec<Vec<Input>> =
        (0..12).map(|row| (0..12).map(|column| tree.event(format!("{row}.{column}"), 0.1)).collect()).collect();
    let mut lines: Vec<Input> = events.iter().map(|row| tree.and(row.iter().copied())).collect();
    lines.extend((0..12).map(|column| tree.and(events.iter().map(|row| row[column]).collect::<Vec<_>>())));
    let top = tree.or(lines);
    let tree = tree.finish(top).unwrap();
    let mut analysis = Analysis::new(&tree, Limits { nodes: 10_000, ..Limits::default() }).unwrap();
    let error = analysis.probability().unwrap_err();
    assert!(matches!(error, AnalysisError::TooLarge { limit: 10_000, by_order: false, .. }));
    assert!(error.to_string().contains("up to an order"), "{error}");
    // The small sets are had all the same: there are none.
    assert_eq!(analysis.cut_set_counts(Some(3)).unwrap().by_order, []);
}

#[test]
fn unknown_probabilities_only_matter_where_they_are_needed() {
    let mut tree = Builder::new("unknown");
    let (a, b) = (tree.event("a", None), tree.event("b", 0.5));
    let top = tree.and([a, b]);
    let tree = tree.finish(top).unwrap();
    let mut analysis = Analysis::new(&tree, Limits::default()).unwrap();
    assert_eq!(analysis.cut_sets(None, 10).unwrap(), [[EventId(0), EventId(1)]]);
    assert_eq!(analysis.probability(), Err(AnalysisError::UnknownProbability { event: "a".to_owned() }));
    assert_eq!(analysis.probability_given(&[(EventId(0), true)]), Ok(0.5));
}

#[test]
fn what_is_no_tree_is_refused() {
    let event = |name: &str, probability| BasicEvent { name: name.to_owned(), probability: Some(probability) };
    let gate = |name: &str, kind, inputs: &[Input]| Gate { name: name.to_owned(), kind, inputs: inputs.to_vec() };
    let top = Input::Gate(GateId(0));
    let tree = |events: &[BasicEvent], gates: &[Gate]| FaultTree {
        name: "wrong".to_owned(),
        events: events.to_vec(),
        gates: gates.to_vec(),
        top,
    };
    let (a, loose) = (Input::Event(EventId(0)), Input::Event(EventId(7)));
    let (first, second) = (Input::Gate(GateId(0)), Input::Gate(GateId(1)));
    let path = ["x", "y", "x"].map(str::to_owned).to_vec();
    let cases = [
        (tree(&[], &[]), TreeError::UndefinedTop { what: "gate", index: 0 }),
        (
            tree(&[event("a", 0.1)], &[gate("x", GateKind::Or, &[a, loose])]),
            TreeError::Undefined { gate: "x".to_owned(), what: "event", index: 7 },
        ),
        (
            tree(&[], &[gate("x", GateKind::And, &[second]), gate("y", GateKind::Or, &[first])]),
            TreeError::Cycle { path },
        ),
        (
            tree(&[event("a", 0.1), event("a", 0.1)], &[gate("x", GateKind::Or, &[a])]),
            TreeError::DuplicateEvent { event: "a".to_owned() },
        ),
        (
            tree(&[event("a", 1.5)], &[gate("x", GateKind::Or, &[a])]),
            TreeError::Probability { event: "a".to_owned(), probability: 1.5 },
        ),
        (
            tree(&[event("a", 0.1)], &[gate("x", GateKind::Not, &[a, a])]),
            TreeError::Inputs { gate: "x".to_owned(), kind: "not", needs: 1, has: 2 },
        ),
        (
            tree(&[], &[gate("x", GateKind::Or, &[]), gate("x", GateKind::Or, &[])]),
            TreeError::DuplicateGate { gate: "x".to_owned() },
        ),
    ];
    for (tree, error) in cases {
        assert_eq!(tree.check(), Err(error.clone()));
        assert_eq!(Analysis::new(&tree, Limits::default()).err(), Some(AnalysisError::Tree(error)));
    }
    let nan = tree(&[event("a", f64::NAN)], &[gate("x", GateKind::Or, &[a])]);
    assert!(matches!(nan.check(), Err(TreeError::Probability { .. })));
}

#[test]
fn one_event_with_two_probabilities_is_refused() {
    let mut tree = Builder::new("conflict");
    let (once, twice) = (tree.event("a", 0.1), tree.event("a", 0.2));
    let top = tree.or([once, twice]);
    assert_eq!(tree.finish(top), Err(TreeError::DuplicateEvent { event: "a".to_owned() }));
}
