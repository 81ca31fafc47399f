//! From what the clients wrote down to what was observed. Pure.

use components::Capability;

use crate::checker::{Findings, tally};
use crate::history::{History, Kind, Operation, Outcome};
use crate::report::{Span, Timeline};
use crate::verdict::{CapabilityObservation, DataObservation, Observed};

/// When things happened, in microseconds by the clients' clock.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub injected: u64,
    /// From here on until `undone` it is judged whether a capability serves.
    pub judged: u64,
    pub undone: u64,
}

/// One failed operation among so many good ones is the client's, not the cluster's: a machine that is busy for a moment.
const GOOD_PER_FAILURE: usize = 50;

pub fn capabilities(
    history: &History,
    findings: &Findings,
    asked: &[Capability],
    span: &Moments,
) -> Vec<CapabilityObservation> {
    asked
        .iter()
        .map(|capability| {
            let tally = tally(history, *capability, span.judged, span.undone);
            let observed = match (tally.good, tally.failed) {
                (0, 0) => Observed::NotAsked,
                (0, _) => Observed::Lost,
                (good, failed) if failed * GOOD_PER_FAILURE <= good => Observed::Served,
                _ => Observed::Unsteady,
            };
            let gap = findings.service(*capability).and_then(|s| s.longest_since(span.injected));
            let ms = |us: u64| us as f64 / 1000.0;
            CapabilityObservation {
                capability: *capability,
                observed,
                gap_ms: gap.map(|g| ms(g.observed)),
                gap_at_most_ms: gap.map(|g| ms(g.at_most)),
            }
        })
        .collect()
}

/// Whether a capability served as the span began, and failed an operation later in it.
pub fn faltered(history: &History, capability: Capability, from: u64, until: u64) -> bool {
    let spans = |o: &&Operation| (from..until).contains(&o.sent) && o.outcome != Outcome::Unsent;
    let asked = || history.speaking(capability).filter(spans);
    asked().min_by_key(|o| o.sent).is_some_and(|first| first.good()) && asked().any(|o| o.failed())
}

/// What became of the data, in words that name the values.
pub fn data(history: &History, findings: &Findings) -> DataObservation {
    let acknowledged = history
        .operations
        .iter()
        .filter(|o| {
            let writes = history.client(o).is_some_and(|c| matches!(c.kind, Kind::Write | Kind::WriteAnew));
            writes && matches!(o.outcome, Outcome::Acknowledged { .. })
        })
        .count() as u64;
    let named = |capability: Capability, value: crate::history::Value| {
        format!("{} {}.{}", capability.id(), value.writer, value.sequence)
    };
    let mut invented: Vec<String> = findings.strangers.iter().map(|s| named(s.capability, s.value)).collect();
    invented.extend(findings.phantoms.iter().map(|m| named(m.capability, m.value)));
    let mut back_in_time: Vec<String> = findings.went_back.iter().map(|m| named(m.capability, m.value)).collect();
    back_in_time.extend(findings.stale.iter().map(|m| named(m.capability, m.value)));
    DataObservation {
        acknowledged,
        lost: findings.lost.iter().map(|l| named(l.capability, l.value)).collect(),
        invented,
        twice: findings.repeated.iter().map(|r| named(r.capability, r.value)).collect(),
        back_in_time,
        two_writers: findings.overlaps.iter().map(|o| format!("{} + {}", o.hosts.0, o.hosts.1)).collect(),
        unknown_written: findings.guesses.iter().map(|g| g.written as u64).sum(),
        unknown_not_written: findings.guesses.iter().map(|g| g.not_written as u64).sum(),
        unread: findings
            .unread
            .iter()
            .map(|u| {
                let place = u.host.as_deref().map(|host| format!(" {host}")).unwrap_or_default();
                format!("{}{place}: {}", u.capability.id(), u.reason)
            })
            .collect(),
    }
}

/// When each capability served, as the clients saw it that say so.
pub fn timeline(history: &History, asked: &[Capability]) -> Timeline {
    let ms = |us: u64| us as f64 / 1000.0;
    let capabilities = asked
        .iter()
        .map(|capability| {
            // What was not sent says nothing about the cluster.
            let mut operations: Vec<_> =
                history.speaking(*capability).filter(|o| o.outcome != Outcome::Unsent).collect();
            operations.sort_by_key(|o| o.sent);
            let mut spans: Vec<Span> = Vec::new();
            for operation in operations {
                let good = matches!(operation.outcome, Outcome::Acknowledged { .. });
                let (from_ms, to_ms) = (ms(operation.sent), ms(operation.ended));
                match spans.last_mut() {
                    Some(last) if last.good == good => last.to_ms = last.to_ms.max(to_ms),
                    _ => spans.push(Span { from_ms, to_ms, good }),
                }
            }
            (*capability, spans)
        })
        .collect();
    let marks = history.marks.iter().map(|m| (ms(m.at), m.what.clone())).collect();
    Timeline { ended_ms: ms(history.ended), marks, capabilities }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::check;
    use crate::history::{Act, Client, Mark};

    const SPAN: Moments = Moments { injected: 1_000, judged: 2_000, undone: 3_000 };

    /// The place of the client that goes through the stable endpoint, and of one that asks a single host.
    const PAGE: u16 = 0;
    const MEMBER: u16 = 1;

    fn operation(client: u16, sent: u64, ended: u64, outcome: Outcome) -> Operation {
        Operation { client, sent, ended, late: 0, act: Act::Probe, outcome }
    }

    fn good() -> Outcome {
        Outcome::Acknowledged { by: None }
    }

    fn bad() -> Outcome {
        Outcome::Refused("no".to_owned())
    }

    fn history(operations: Vec<Operation>) -> History {
        let client = |member: Option<&str>| Client {
            name: "page".to_owned(),
            capability: Capability::Ingress,
            kind: Kind::Http,
            member: member.map(str::to_owned),
            interval: 10,
            patience: 1_000,
        };
        History { clients: vec![client(None), client(Some("node1"))], operations, ended: 4_000, ..History::default() }
    }

    /// So many good and failed operations in the time that is judged.
    fn observed(good_ones: u64, failed: u64) -> Observed {
        let outcomes = (0..good_ones).map(|_| good()).chain((0..failed).map(|_| bad()));
        let operations = (0..).zip(outcomes).map(|(n, o)| operation(PAGE, 2_000 + n, 2_001 + n, o)).collect();
        of(&history(operations)).observed
    }

    fn of(history: &History) -> CapabilityObservation {
        capabilities(history, &check(history, None), &[Capability::Ingress], &SPAN).remove(0)
    }

    #[test]
    fn what_falters_is_told_from_what_never_came_back() {
        let of = |outcomes: [fn() -> Outcome; 3]| {
            let operations = outcomes.iter().zip([2_000, 2_400, 2_800]);
            let history = history(operations.map(|(o, at)| operation(PAGE, at, at + 10, o())).collect());
            faltered(&history, Capability::Ingress, SPAN.judged, SPAN.undone)
        };
        assert!(of([good, bad, good]) && of([good, good, bad]));
        assert!(!of([good, good, good]) && !of([bad, good, good]) && !of([bad, bad, bad]));
        assert!(!of([|| Outcome::Unsent, bad, good]));
    }

    #[test]
    fn one_failure_in_fifty_is_still_service() {
        let cases = [
            (0, 0, Observed::NotAsked),
            (0, 1, Observed::Lost),
            (0, 90, Observed::Lost),
            (90, 0, Observed::Served),
            (50, 1, Observed::Served),
            (49, 1, Observed::Unsteady),
            (100, 2, Observed::Served),
            (99, 2, Observed::Unsteady),
            (1, 500, Observed::Unsteady),
        ];
        for (good, failed, expected) in cases {
            assert_eq!(observed(good, failed), expected, "{good} good, {failed} failed");
        }
    }

    #[test]
    fn only_what_was_sent_to_the_endpoint_in_the_time_to_judge_counts() {
        let failed = history(vec![
            operation(PAGE, 1_999, 2_500, bad()),
            operation(PAGE, 2_000, 2_100, good()),
            operation(MEMBER, 2_200, 2_300, bad()),
            operation(PAGE, 2_400, 2_500, Outcome::Unsent),
            operation(PAGE, 2_998, 2_999, good()),
            operation(PAGE, 3_000, 3_100, bad()),
        ]);
        assert_eq!(of(&failed).observed, Observed::Served);
        // It waited for the fault to end.
        let waited = history(vec![operation(PAGE, 2_100, 2_900, bad()), operation(PAGE, 2_950, 3_100, good())]);
        assert_eq!(of(&waited).observed, Observed::Lost);
        let late = history(vec![operation(PAGE, 3_000, 3_100, good()), operation(MEMBER, 2_000, 2_100, good())]);
        assert_eq!(of(&late).observed, Observed::NotAsked);
    }

    #[test]
    fn gaps_are_told_in_milliseconds_and_none_where_there_is_none() {
        let served = history(vec![operation(PAGE, 1_100, 1_200, good())]);
        assert_eq!((of(&served).gap_ms, of(&served).gap_at_most_ms), (None, None));
        let broken = history(vec![
            operation(PAGE, 900, 950, good()),
            operation(PAGE, 1_100, 1_200, bad()),
            operation(PAGE, 2_000, 2_100, good()),
        ]);
        assert_eq!((of(&broken).gap_ms, of(&broken).gap_at_most_ms), (Some(1.0), Some(1.2)));
    }

    fn spans(operations: Vec<Operation>) -> Vec<(f64, f64, bool)> {
        let timeline = timeline(&history(operations), &[Capability::Ingress]);
        timeline.capabilities[0].1.iter().map(|s| (s.from_ms, s.to_ms, s.good)).collect()
    }

    #[test]
    fn operations_that_ended_alike_become_one_stretch() {
        let found = spans(vec![
            operation(PAGE, 0, 100, good()),
            // Lasts longer than the one that follows.
            operation(PAGE, 200, 900, good()),
            operation(PAGE, 300, 400, good()),
            // Written down in the order in which they ended, told in the order in which they were sent.
            operation(PAGE, 2_000, 2_100, good()),
            operation(PAGE, 1_000, 2_200, bad()),
            operation(PAGE, 1_500, 1_600, Outcome::Unknown("late".to_owned())),
        ]);
        assert_eq!(found, [(0.0, 0.9, true), (1.0, 2.2, false), (2.0, 2.1, true)]);
    }

    #[test]
    fn a_timeline_leaves_out_members_and_what_was_not_sent() {
        let found = spans(vec![
            operation(PAGE, 0, 100, good()),
            operation(MEMBER, 200, 300, bad()),
            operation(PAGE, 400, 400, Outcome::Unsent),
            operation(PAGE, 500, 600, good()),
        ]);
        assert_eq!(found, [(0.0, 0.6, true)]);
        assert_eq!(spans(vec![]), []);
    }

    #[test]
    fn a_timeline_has_the_marks_and_the_end() {
        let mut history = history(vec![]);
        history.marks.push(Mark { at: 1_500, what: "inject".to_owned() });
        let timeline = timeline(&history, &[]);
        assert_eq!((timeline.ended_ms, timeline.marks), (4.0, vec![(1.5, "inject".to_owned())]));
    }
}
