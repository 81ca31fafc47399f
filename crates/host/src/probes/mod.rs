//! The probes: functions performed on this host, by the helper (as root) and by the agent (as its own user) alike.
//!
//! Each is one function that returns a [`Seen`]; running, timing and bounding them is done in [`Rounds`], so no probe can
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
mod rounds;
pub(crate) mod sql;
mod unit;
pub mod writer;

use std::collections::BTreeMap;
use std::time::Duration;

use wire::{Note, Probe, ProbeKind, ProbeReport};

pub use etcd::etcd_members;
pub use galera::galera_position;
pub use rounds::Rounds;
pub(crate) use sql::{SOCKET, literal};
pub use sql::{Session, Trouble, writable_by};

/// What a probe may take by itself.
const LIMIT: Duration = Duration::from_secs(1);

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

/// Runs probes side by side, once; the reports come in the probes' order, all within 1.5 s.
pub fn run_all(probes: &[Probe]) -> Vec<ProbeReport> {
    Rounds::new(probes).run()
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
