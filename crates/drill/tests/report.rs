//! What a report sums up: whether the drill passed, and how long nothing served.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use components::Capability::{self, Database, Ingress};
use drill::{
    CapabilityObservation, Expected, Gaps, Holders, NotTested, Observation, Observed, Outcome, Prediction, Promise,
    Reads, Report, Settings, Timeline, Trial, TrialReport,
};
use wire::Note;

/// One trial: per capability whether it is promised to serve, how it was, and its gap.
fn trial(outcome: Outcome, seen: &[(Capability, bool, Observed, Option<f64>)]) -> TrialReport {
    let capabilities = seen.iter().map(|(capability, _, observed, gap_ms)| CapabilityObservation {
        capability: *capability,
        observed: *observed,
        gap_ms: *gap_ms,
        gap_at_most_ms: *gap_ms,
    });
    let promises = seen.iter().map(|(capability, serves, ..)| Promise {
        capability: *capability,
        expected: if *serves { Expected::Serves } else { Expected::Lost },
    });
    TrialReport {
        round: 1,
        prediction: Prediction {
            trial: Trial { name: "kill host node1".into(), strikes: vec![], losses: vec![], partition: None },
            capabilities: promises.collect(),
            holders: Holders::One,
            reads: Reads::Current,
        },
        outcome,
        observation: Some(Observation {
            capabilities: capabilities.collect(),
            data: Default::default(),
            holders: Default::default(),
            whole_after_ms: Some(1),
            not_well: vec![],
            residue: vec![],
        }),
        differences: vec![],
        timeline: Timeline::default(),
    }
}

fn report(trials: Vec<TrialReport>) -> Report {
    Report {
        cluster: "demo".into(),
        program: "0".into(),
        started: "2025-01-01T00:00:00Z".into(),
        settings: Settings { rounds: 1, hold_ms: 1, judged_ms: 1, patience_ms: 1, undo_after_ms: 1 },
        versions: Default::default(),
        trials,
        not_tested: vec![],
    }
}

fn passed(outcome: Outcome) -> TrialReport {
    trial(outcome, &[])
}

fn gap(gap_ms: Option<f64>) -> TrialReport {
    trial(Outcome::Passed, &[(Database, true, Observed::Served, gap_ms)])
}

#[test]
fn a_drill_passes_only_when_every_trial_did() {
    let not_run = || Outcome::NotRun(Note::new("drill-not-steady"));
    let cases = [
        (vec![], false),
        (vec![Outcome::Passed], true),
        (vec![Outcome::Passed, Outcome::Passed], true),
        (vec![Outcome::Passed, Outcome::Failed], false),
        (vec![not_run(), Outcome::Passed], false),
    ];
    for (outcomes, expected) in cases {
        let shown = format!("{outcomes:?}");
        assert_eq!(report(outcomes.into_iter().map(passed).collect()).passed(), expected, "{shown}");
    }
}

#[test]
fn a_drill_that_was_cut_short_has_not_passed() {
    for (why, expected) in [("drill-stopped", false), ("drill-ended-early", false), ("drill-no-lab", true)] {
        let mut report = report(vec![passed(Outcome::Passed)]);
        report.not_tested.push(NotTested { what: "kill host node2".into(), why: Note::new(why) });
        assert_eq!(report.passed(), expected, "{why}");
    }
}

#[test]
fn gaps_reckoned_by_hand() {
    let cases: [(&[Option<f64>], f64, f64); 5] = [
        (&[None], 0.0, 0.0),
        (&[Some(700.0)], 700.0, 700.0),
        (&[Some(900.0), Some(100.0), Some(500.0)], 500.0, 900.0),
        // Of two in the middle the shorter one.
        (&[Some(40.0), Some(10.0), Some(30.0), Some(20.0)], 20.0, 40.0),
        (&[Some(800.0), None, None], 0.0, 800.0),
    ];
    for (seen, p50_ms, max_ms) in cases {
        let found = report(seen.iter().map(|ms| gap(*ms)).collect()).gaps();
        assert_eq!(found, [Gaps { capability: Database, trials: seen.len(), p50_ms, max_ms }], "{seen:?}");
    }
}

#[test]
fn what_was_said_to_be_lost_or_never_asked_is_no_gap() {
    let mut not_run = gap(Some(7000.0));
    not_run.observation = None;
    let trials = vec![
        trial(
            Outcome::Passed,
            &[(Database, false, Observed::Lost, Some(9000.0)), (Ingress, true, Observed::Served, Some(5.0))],
        ),
        trial(Outcome::Passed, &[(Database, true, Observed::NotAsked, None)]),
        not_run,
        trial(Outcome::Failed, &[(Database, true, Observed::Unsteady, Some(60.0))]),
    ];
    let expected = [(Database, 1, 60.0), (Ingress, 1, 5.0)].map(|(capability, trials, ms)| Gaps {
        capability,
        trials,
        p50_ms: ms,
        max_ms: ms,
    });
    assert_eq!(report(trials).gaps(), expected);
    assert_eq!(report(vec![]).gaps(), []);
}

#[test]
fn a_report_is_read_back_as_it_was() {
    let mut report = report(vec![gap(Some(12.5)), passed(Outcome::NotRun(Note::new("drill-stopped").with("what", 1)))]);
    report.trials[0].timeline.marks.push((1.5, "inject".into()));
    let saved = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&saved).unwrap(), report);
}
