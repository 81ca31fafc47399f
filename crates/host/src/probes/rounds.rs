//! Running probes: side by side, and again and again.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use wire::{Note, Probe, ProbeReport};

use super::{Seen, perform};

/// When a probe that hangs beyond its own limit (in a call that has none) is given up.
const GIVEN_UP: Duration = Duration::from_millis(1500);

/// Probes, each with a thread of its own for as long as this lives. One that hangs is waited for in one round; the next
/// ones report it without another thread.
pub struct Rounds {
    lanes: Vec<Lane>,
}

impl Rounds {
    /// Nothing is started yet.
    pub fn new(probes: &[Probe]) -> Self {
        let lane = |probe: &Probe| Lane { probe: probe.clone(), worker: None, owes: false, asked: false };
        Self { lanes: probes.iter().map(lane).collect() }
    }

    /// Runs all of them once; the reports come in the probes' order, all within 1.5 s.
    pub fn run(&mut self) -> Vec<ProbeReport> {
        let since = Instant::now();
        for lane in &mut self.lanes {
            lane.ask(since);
        }
        self.lanes.iter_mut().map(|lane| lane.report(since)).collect()
    }
}

struct Lane {
    probe: Probe,
    worker: Option<Worker>,
    /// Whether an answer has yet to come.
    owes: bool,
    /// Whether it is this round's.
    asked: bool,
}

struct Worker {
    ask: Sender<Instant>,
    seen: Receiver<(Seen, Duration)>,
}

impl Lane {
    fn ask(&mut self, since: Instant) {
        // What an earlier round asked for says nothing of now.
        let late = |worker: &Worker| matches!(worker.seen.try_recv(), Err(TryRecvError::Empty));
        self.asked = !(self.owes && self.worker.as_ref().is_some_and(late));
        if self.asked {
            let known = self.worker.take().filter(|worker| worker.ask.send(since).is_ok());
            self.worker = known.or_else(|| self.start().filter(|worker| worker.ask.send(since).is_ok()));
            self.owes = true;
        }
    }

    /// Without a thread, the probe is reported as one that does not answer.
    fn start(&self) -> Option<Worker> {
        let (ask, asked) = channel::<Instant>();
        let (answer, seen) = channel();
        let kind = self.probe.kind.clone();
        let work = move || {
            while let Ok(since) = asked.recv() {
                let seen = perform(&kind);
                if answer.send((seen, since.elapsed())).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("probe".to_owned()).spawn(work).ok()?;
        Some(Worker { ask, seen })
    }

    fn report(&mut self, since: Instant) -> ProbeReport {
        let left = GIVEN_UP.saturating_sub(since.elapsed());
        let answer = self.worker.as_ref().filter(|_| self.asked).and_then(|worker| worker.seen.recv_timeout(left).ok());
        self.owes &= answer.is_none();
        let (seen, took) = answer.unwrap_or_else(|| (Seen::bad(Note::new("probe-hangs")), since.elapsed()));
        ProbeReport {
            component: self.probe.component.clone(),
            name: self.probe.name.clone(),
            ok: seen.ok,
            note: seen.note,
            readings: seen.readings,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::ProbeKind;

    use super::*;

    fn probe(name: &str, address: &str) -> Probe {
        let kind = ProbeKind::Holds { address: address.parse().unwrap() };
        Probe { component: "vip".into(), name: name.into(), kind }
    }

    #[test]
    fn reports_come_in_the_order_of_the_probes_and_are_named_like_them() {
        let mut rounds = Rounds::new(&[probe("a", "127.0.0.1"), probe("b", "192.0.2.1")]);
        for _ in 0..2 {
            let reports = rounds.run();
            assert_eq!(reports.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(reports[0].readings["holds"], "yes");
            assert_eq!(reports[1].readings["holds"], "no");
            assert!(reports.iter().all(|r| r.ok && r.component == "vip"));
        }
    }

    #[test]
    fn one_that_hangs_is_left_alone_until_it_comes_back() {
        let (ask, asked) = channel();
        let (answer, seen) = channel();
        let lane =
            Lane { probe: probe("a", "127.0.0.1"), worker: Some(Worker { ask, seen }), owes: false, asked: false };
        let mut rounds = Rounds { lanes: vec![lane] };
        let code = |reports: &[ProbeReport]| reports[0].note.as_ref().map(|n| n.code.clone());
        let since = Instant::now();
        assert_eq!(code(&rounds.run()).as_deref(), Some("probe-hangs"));
        let waited = since.elapsed();
        assert_eq!(code(&rounds.run()).as_deref(), Some("probe-hangs"));
        assert!(waited >= GIVEN_UP && since.elapsed() < waited + GIVEN_UP / 2, "only the first round waits");
        assert_eq!(asked.try_iter().count(), 1);
        // The late answer is no answer to the next question.
        answer.send((Seen::good(), Duration::ZERO)).unwrap();
        let other = std::thread::spawn(move || {
            asked.recv().unwrap();
            answer.send((Seen::good().reading("round", 3), Duration::ZERO)).unwrap();
        });
        assert_eq!(rounds.run()[0].readings["round"], "3");
        other.join().unwrap();
        // A thread that ended is replaced.
        assert_eq!(rounds.run()[0].readings["holds"], "yes");
    }
}
