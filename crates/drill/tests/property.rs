//! Random histories of a cluster that does what it should: nothing is found; and with one fault planted, that fault and
//! no other.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use std::collections::BTreeSet;

use common::*;
use drill::checker::{Contradiction, check};
use drill::history::{Act, Final, History, Operation, Outcome, Value};
use proptest::prelude::*;
use proptest::sample::Index;

/// One operation of a closed-loop client, before it is known what comes of it. Times in microseconds.
#[derive(Clone, Debug)]
struct Step {
    client: u16,
    pause: u64,
    took: u64,
    /// When within the operation, in per mille, it took effect.
    effect: u64,
    fate: u8,
}

fn steps(client: u16) -> impl Strategy<Value = Vec<Step>> {
    let step = (1..30_000_u64, 1..40_000_u64, 0..=1000_u64, 0..100_u8)
        .prop_map(move |(pause, took, effect, fate)| Step { client, pause, took, effect, fate });
    prop::collection::vec(step, 2..60)
}

/// The primary at a time. Between two nobody is, and it takes longer than a handover until one is it again.
fn primary(at: u64) -> Option<&'static str> {
    match at % 2_100_000 {
        0..650_000 => Some("a"),
        700_000..1_350_000 => Some("b"),
        1_400_000..2_050_000 => Some("c"),
        _ => None,
    }
}

/// What happens to one store that keeps all it is given, in the order of time.
fn live(clients: Vec<Vec<Step>>) -> (History, Final) {
    let mut events: Vec<(u64, Operation)> = Vec::new();
    let mut late_effects = Vec::new();
    for steps in clients {
        let mut now = 0;
        for (n, step) in steps.into_iter().enumerate() {
            let sent = now + step.pause;
            let ended = sent + step.took;
            now = ended;
            let effect = sent + step.took * step.effect / 1000;
            let reader = step.client == READER;
            let value = value(step.client, n as u64 + 1);
            let act =
                if reader { Act::Highest { about: vec![SESSION, VISITOR], saw: vec![] } } else { Act::Write(value) };
            let (outcome, effect) = match (step.fate, primary(effect)) {
                (0..70, Some(host)) => (ok(host), Some(effect)),
                (_, None) | (0..80, _) => (no(), None),
                (80..88, _) => (unknown(), None),
                (88..94, _) => (unknown(), Some(effect)),
                // Done long after the client gave up.
                _ => (unknown(), Some(ended + 70_000)),
            };
            let operation = Operation { client: step.client, sent, ended, late: 0, act, outcome };
            match effect {
                Some(at) if at > ended => {
                    events.push((ended, operation));
                    late_effects.push((at, value));
                }
                Some(at) => events.push((at, operation)),
                None => events.push((ended, operation)),
            }
        }
    }
    let last = events.iter().map(|(at, _)| *at).chain(late_effects.iter().map(|(at, _)| *at)).max().unwrap_or(0);
    events.sort_by_key(|(at, _)| *at);
    late_effects.sort_unstable();

    let mut store: BTreeSet<Value> = BTreeSet::new();
    let mut operations = Vec::new();
    let mut late = late_effects.into_iter().peekable();
    let effects_of = |operation: &Operation, at: u64| match operation.outcome {
        Outcome::Acknowledged { .. } => true,
        // Those that had their effect stand before their end, or at it by chance.
        Outcome::Unknown(_) => at < operation.ended,
        _ => false,
    };
    for (at, mut operation) in events {
        while let Some((_, value)) = late.next_if(|(when, _)| *when <= at) {
            store.insert(value);
        }
        let effective = effects_of(&operation, at);
        match (&mut operation.act, effective) {
            (Act::Write(value), true) => drop(store.insert(*value)),
            (Act::Highest { saw, .. }, true) => {
                for writer in [SESSION, VISITOR] {
                    let all = value(writer, 0)..=value(writer, u64::MAX);
                    saw.extend(store.range(all).next_back());
                }
            }
            _ => {}
        }
        operations.push(operation);
    }
    store.extend(late.map(|(_, value)| value));
    let values: Vec<_> = store.into_iter().filter(|v| v.writer != READER).map(|v| (v, 1)).collect();
    let mut history = of(operations);
    history.ended = history.ended.max(last);
    (history, there(&values))
}

prop_compose! {
    fn lives()(session in steps(SESSION), visitor in steps(VISITOR), reader in steps(READER)) -> (History, Final) {
        live(vec![session, visitor, reader])
    }
}

/// Plants a fault at a place; `false` when the history has no place for it.
fn plant(fault: Contradiction, history: &mut History, last: &mut Final, at: Index) -> bool {
    let values = last.copies[0].values.as_mut().unwrap();
    let pick = |of: Vec<usize>| (!of.is_empty()).then(|| of[at.index(of.len())]);
    let operations = &mut history.operations;
    let all = 0..operations.len();
    match fault {
        Contradiction::Lost => {
            let acknowledged = all.filter(|i| operations[*i].good() && operations[*i].written().is_some());
            let Some(chosen) = pick(acknowledged.collect()) else { return false };
            let lost = operations[chosen].written().unwrap();
            values.retain(|(v, _)| *v != lost);
            true
        }
        Contradiction::Stranger => {
            let refused = all.filter(|i| matches!(operations[*i].outcome, Outcome::Refused(_)));
            let refused: Vec<_> = refused.filter(|i| operations[*i].written().is_some()).collect();
            let stranger = pick(refused).and_then(|i| operations[i].written()).unwrap_or(value(SESSION, 10_000));
            values.push((stranger, 1));
            true
        }
        Contradiction::Repeated => {
            if values.is_empty() {
                return false;
            }
            let chosen = at.index(values.len());
            values[chosen].1 = 2;
            true
        }
        Contradiction::WentBack | Contradiction::Stale | Contradiction::Phantom => plant_read(fault, operations, at),
        Contradiction::TwoWriters => {
            let mut writes: Vec<usize> =
                all.filter(|i| operations[*i].good() && operations[*i].written().is_some()).collect();
            writes.sort_by_key(|i| operations[*i].sent);
            let inside = writes.iter().copied().filter(|i| {
                let (sent, ended) = (operations[*i].sent, operations[*i].ended);
                let same = |o: &Operation| o.by() == operations[*i].by();
                let near = |o: &Operation| sent.abs_diff(o.sent) < 300_000;
                let before = writes.iter().map(|j| &operations[*j]).any(|o| same(o) && near(o) && o.ended <= sent);
                let after = writes.iter().map(|j| &operations[*j]).any(|o| same(o) && near(o) && o.sent >= ended);
                before && after
            });
            let Some(chosen) = pick(inside.collect()) else { return false };
            operations[chosen].outcome = ok("z");
            true
        }
    }
}

/// Makes one read wrong.
fn plant_read(fault: Contradiction, operations: &mut [Operation], at: Index) -> bool {
    let mut reads: Vec<usize> = (0..operations.len())
        .filter(|i| operations[*i].good() && matches!(operations[*i].act, Act::Highest { .. }))
        .collect();
    reads.sort_by_key(|i| operations[*i].sent);
    let saw = |i: usize| match &operations[i].act {
        Act::Highest { saw, .. } => saw.iter().filter(|v| v.writer == SESSION).map(|v| v.sequence).max().unwrap_or(0),
        _ => 0,
    };
    let known = |i: usize| {
        let before = operations.iter().filter(|o| o.good() && o.client == SESSION && o.ended < operations[i].sent);
        before.filter_map(Operation::written).map(|v| v.sequence).max().unwrap_or(0)
    };
    let mut places = Vec::new();
    for (n, read) in reads.iter().enumerate() {
        let previous = n.checked_sub(1).map_or(0, |p| saw(reads[p]));
        let wrong = match fault {
            Contradiction::WentBack => (previous > 0).then_some(0),
            Contradiction::Stale => (previous < known(*read)).then_some(previous),
            _ => Some(10_000),
        };
        places.extend(wrong.map(|w| (*read, w)));
    }
    if places.is_empty() {
        return false;
    }
    let (chosen, wrong) = places[at.index(places.len())];
    if let Act::Highest { saw, .. } = &mut operations[chosen].act {
        saw.retain(|v| v.writer != SESSION);
        saw.extend((wrong > 0).then_some(value(SESSION, wrong)));
    }
    true
}

fn faults() -> impl Strategy<Value = Contradiction> {
    prop::sample::select(vec![
        Contradiction::Lost,
        Contradiction::Stranger,
        Contradiction::Repeated,
        Contradiction::WentBack,
        Contradiction::Stale,
        Contradiction::Phantom,
        Contradiction::TwoWriters,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_found_in_what_is_right((history, last) in lives()) {
        let findings = check(&history, Some(&last));
        prop_assert_eq!(findings.faults(), vec![], "{:?}", findings);
        prop_assert!(findings.lags.is_empty() && findings.unread.is_empty());
    }

    #[test]
    fn a_planted_fault_is_found_and_no_other((mut history, mut last) in lives(), fault in faults(), at: Index) {
        prop_assume!(plant(fault, &mut history, &mut last, at));
        let findings = check(&history, Some(&last));
        prop_assert_eq!(findings.faults(), vec![fault], "{:?}", findings);
    }

    #[test]
    fn bounds_hold_and_gaps_do_not_overlap((history, _) in lives()) {
        for service in check(&history, None).services {
            let mut last = 0;
            for gap in &service.gaps {
                prop_assert!(gap.at_least <= gap.observed && gap.observed <= gap.at_most);
                prop_assert!(gap.start >= last && gap.failed > 0);
                last = gap.end.unwrap_or(u64::MAX);
            }
            prop_assert_eq!(service.failed, service.gaps.iter().map(|g| g.failed).sum::<usize>());
        }
    }

    #[test]
    fn a_history_survives_being_kept((history, _) in lives()) {
        let mut text = Vec::new();
        history.save(&mut text).unwrap();
        prop_assert_eq!(History::load(&text[..]).unwrap(), history);
    }
}
