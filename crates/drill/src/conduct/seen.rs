//! From what the clients wrote down to what was observed. Pure.

use components::Capability;

use crate::checker::{Findings, tally};
use crate::history::{History, Kind, Outcome};
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
    }
}

/// When each capability served, as the clients saw it that say so.
pub fn timeline(history: &History, asked: &[Capability]) -> Timeline {
    let ms = |us: u64| us as f64 / 1000.0;
    let capabilities = asked
        .iter()
        .map(|capability| {
            let kind = Kind::of(*capability);
            let mut operations: Vec<_> = history
                .operations
                .iter()
                .filter(|o| {
                    history
                        .client(o)
                        .is_some_and(|c| c.capability == *capability && c.kind == kind && c.member.is_none())
                })
                .collect();
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
