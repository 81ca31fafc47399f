//! The probes: functions performed on this host, by the helper (as root) and by the agent (as its own user) alike.
//!
//! Each is one function that returns a [`Seen`]; running, timing and bounding them is done here, so no probe can
//! keep a report waiting.

mod arbitrator;
mod backups;
mod etcd;
mod external;
pub mod galera;
mod greeting;
mod haproxy;
mod holds;
pub(crate) mod http;
mod replication;
pub(crate) mod sql;
mod unit;
pub mod writer;

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use wire::{Note, Probe, ProbeKind, ProbeReport};

pub use etcd::etcd_members;
pub use galera::galera_position;
pub(crate) use sql::{SOCKET, literal};
pub use sql::{Session, Trouble, writable_by};

/// What a probe may take by itself.
const LIMIT: Duration = Duration::from_secs(1);
/// When a probe that hangs beyond its own limit (in a call that has none) is given up.
const GIVEN_UP: Duration = Duration::from_millis(1500);

/// What a probe saw, before it is named and timed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub ok: bool,
    /// Why not, or what is noteworthy.
    pub note: Option<Note>,
    pub readings: BTreeMap<String, String>,
}

impl Seen {
    /// All is as it should be.
    pub fn good() -> Self {
        Self { ok: true, ..Self::default() }
    }

    /// It does not work, and why.
    pub fn bad(note: Note) -> Self {
        Self { note: Some(note), ..Self::default() }
    }

    /// The same with one more reading.
    #[must_use]
    pub fn reading(mut self, name: &str, value: impl ToString) -> Self {
        self.readings.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Runs one probe; the report comes within 1.5 s, whatever hangs.
pub fn run(probe: &Probe) -> ProbeReport {
    start(probe).report()
}

/// Runs probes side by side; the reports come in the probes' order, all within 1.5 s.
pub fn run_all(probes: &[Probe]) -> Vec<ProbeReport> {
    let running: Vec<_> = probes.iter().map(start).collect();
    running.into_iter().map(Running::report).collect()
}

/// A probe under way on a thread of its own.
struct Running<'p> {
    probe: &'p Probe,
    since: Instant,
    seen: mpsc::Receiver<(Seen, Duration)>,
}

fn start(probe: &Probe) -> Running<'_> {
    let (answer, seen) = mpsc::channel();
    let kind = probe.kind.clone();
    let since = Instant::now();
    // A thread that cannot be started drops the channel's sender and is reported as a probe that did not answer.
    let _ = std::thread::Builder::new().name("probe".to_owned()).spawn(move || {
        let seen = perform(&kind);
        let _ = answer.send((seen, since.elapsed()));
    });
    Running { probe, since, seen }
}

impl Running<'_> {
    fn report(self) -> ProbeReport {
        let left = GIVEN_UP.saturating_sub(self.since.elapsed());
        let (seen, took) = self
            .seen
            .recv_timeout(left)
            .unwrap_or_else(|_| (Seen::bad(Note::new("probe-hangs")), self.since.elapsed()));
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

fn perform(kind: &ProbeKind) -> Seen {
    match kind {
        ProbeKind::Unit { unit } => unit::active(unit),
        ProbeKind::Etcd { address, ca, certificate, key, members } => {
            etcd::member(&etcd::Access { address: *address, ca, certificate, key }, members)
        }
        ProbeKind::Galera { members } => galera::member(*members),
        ProbeKind::Arbitrator { unit, agents } => arbitrator::counted(unit, agents),
        ProbeKind::Replication => replication::member(),
        ProbeKind::Mariadb => sql::writable(),
        ProbeKind::Http { address, path, contains } => http::answers(*address, path, contains),
        ProbeKind::Agent { address } => http::agent(*address),
        ProbeKind::HaproxyAlive { socket } => haproxy::alive(socket),
        ProbeKind::HaproxyWriter { socket, backend } => haproxy::writer(socket, backend),
        ProbeKind::HaproxyReader { socket, backend } => haproxy::reader(socket, backend),
        ProbeKind::External { server, password_file } => external::writable(server, password_file),
        ProbeKind::SqlGreeting { address } => greeting::greets(*address),
        ProbeKind::Backup { status, interval_s } => backups::fresh(status, *interval_s),
        ProbeKind::Holds { address } => holds::address(*address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_come_in_the_order_of_the_probes_and_are_named_like_them() {
        let probe = |name: &str, address: &str| Probe {
            component: "vip".into(),
            name: name.into(),
            kind: ProbeKind::Holds { address: address.parse().unwrap() },
        };
        let reports = run_all(&[probe("a", "127.0.0.1"), probe("b", "192.0.2.1")]);
        assert_eq!(reports.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(reports[0].readings["holds"], "yes");
        assert_eq!(reports[1].readings["holds"], "no");
        assert!(reports.iter().all(|r| r.ok && r.component == "vip"));
    }
}
