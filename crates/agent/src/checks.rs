//! Verdicts that are a list of probes: the gateway, the balancer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use host::probes::Rounds;
use wire::{Note, Probe, ProbeReport};

use crate::board::{Answer, Board};
use crate::{Error, worker};

/// Between two looks for a verdict that somebody acts on at once.
pub const VERDICT: Duration = Duration::from_millis(500);
/// Between two looks for a metric.
pub const METRIC: Duration = Duration::from_millis(1500);

/// Starts looking; where there is nothing to look at, the verdict is a lasting "no".
pub fn start(name: &'static str, probes: &[Probe], each: Duration, board: &Arc<Board>) -> Result<(), Error> {
    let (mut rounds, board) = (Rounds::new(probes), Arc::clone(board));
    worker::start(name, move || {
        loop {
            let next = Instant::now() + each;
            board.publish(name, judge(name, rounds.run()));
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    })
}

/// All probes must be well; the first that is not says why.
pub fn judge(name: &str, reports: Vec<ProbeReport>) -> Answer {
    let (ok, note) = match reports.iter().find(|r| !r.ok) {
        _ if reports.is_empty() => (false, Some(Note::new("agent-not-here").with("verdict", name))),
        Some(failed) => (false, failed.note.clone()),
        None => (true, reports.iter().find_map(|r| r.note.clone())),
    };
    Answer { ok, note, reports, ..Answer::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ok: bool, note: Option<&str>) -> ProbeReport {
        ProbeReport {
            component: "gateway".into(),
            name: "x".into(),
            ok,
            note: note.map(Note::new),
            readings: [].into(),
            took_ms: 1,
        }
    }

    #[test]
    fn all_probes_must_be_well() {
        let judge = |reports: &[ProbeReport]| {
            let answer = judge("gateway", reports.to_vec());
            (answer.ok, answer.note.map(|n| n.code).unwrap_or_default())
        };
        assert_eq!(judge(&[report(true, None)]), (true, String::new()));
        assert_eq!(judge(&[report(true, None), report(false, Some("http-silent"))]), (false, "http-silent".into()));
        assert_eq!(judge(&[report(true, Some("odd"))]), (true, "odd".into()));
        // A verdict on something that this host does not have.
        assert_eq!(judge(&[]), (false, "agent-not-here".into()));
    }
}
