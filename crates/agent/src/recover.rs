//! The recovery of Galera after a full outage, without an operator: a daemon of its own beside the agent on each member,
//! since it must stop and start the server and read its files, which the agent may not.
//!
//! It reports its member to etcd, reads what the others report, and does what [`failover::galera::decide`] says; where
//! that is nothing, it says why, and `status` shows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use failover::galera::{Act, LASTING, Position, Report, State, decide};
use host::etcd::{Access, Change, Client, Compare, Entry, Swap, Trouble, Txn};
use host::galera::{self, Doing};
use serde::{Deserialize, Serialize};
use wire::Note;
use wire::facts::GaleraPosition;

use crate::{Error, clock};

/// Between two looks.
const EACH: Duration = Duration::from_secs(2);
/// For all questions to etcd of one look.
const ASK: Duration = Duration::from_secs(3);
/// How long a report stands without being renewed, in seconds: several looks, and a recovery run between two of them
/// may end it, which only delays.
const REPORT_LASTS: u64 = 15;
/// How long the one that was told to lead keeps others from it, in seconds: longer than its start takes.
const LOCK_LASTS: u64 = 120;
const REPORTS: &str = "quorate/galera/member/";
const LOCK: &str = "quorate/galera/lead";

/// What the daemon is told, as the component `agent` renders it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    pub host: String,
    /// All members, in the cluster file's order.
    pub members: Vec<String>,
    pub etcd: Access,
    /// The file that makes the unit's next start the first of its group, and what must stand in it.
    pub flag: PathBuf,
    pub lead: String,
}

/// Why a look had no result.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("etcd: {0}")]
    Etcd(#[from] Trouble),
    #[error("{0}")]
    Host(#[from] host::Error),
}

/// Runs for ever.
pub fn run(config_path: &Path) -> Result<(), Error> {
    let bytes = std::fs::read(config_path).map_err(|source| Error::Read { path: config_path.to_owned(), source })?;
    let config: Config =
        serde_json::from_slice(&bytes).map_err(|source| Error::Damaged { path: config_path.to_owned(), source })?;
    let mut recovery =
        Recovery { config, client: None, lease: None, lock: None, told: None, since: None, stopped: None, word: None };
    loop {
        let next = Instant::now() + EACH;
        recovery.look();
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

struct Recovery {
    config: Config,
    client: Option<Client>,
    /// That of our report.
    lease: Option<u64>,
    /// That of the lock, when we have taken it.
    lock: Option<u64>,
    /// The report as etcd has it.
    told: Option<Report>,
    /// The state and since when.
    since: Option<(State, Duration)>,
    /// Where the member stood when it was stopped, and when that was: found out once.
    stopped: Option<(String, GaleraPosition)>,
    /// For the log: what was said last.
    word: Option<Note>,
}

impl Recovery {
    fn look(&mut self) {
        let own = self.report();
        let word = match self.step(&own) {
            Ok(word) => word,
            Err(Failed::Etcd(trouble)) => {
                // A connection that broke, or certificates that were renewed meanwhile.
                self.client = None;
                self.told = None;
                let trouble = Note::new("galera-recovery-no-etcd").with("error", trouble);
                (own.state != State::Primary && own.lasting).then_some(trouble)
            }
            Err(Failed::Host(error)) => Some(Note::new("galera-recovery-failed").with("error", error)),
        };
        if word != self.word {
            tracing::info!(word = word.as_ref().map(ToString::to_string), state = ?own.state, "changed");
        }
        if let Err(error) = galera::say(word.as_ref()) {
            tracing::warn!(%error, "cannot leave word");
        }
        self.word = word;
    }

    /// What the member says of itself now.
    fn report(&mut self) -> Report {
        let doing = galera::doing();
        let (state, position) = match doing {
            Doing::Runs { primary, uuid } => {
                let position = GaleraPosition { uuid, formed: true, ..GaleraPosition::default() };
                (if primary { State::Primary } else { State::Outside }, position)
            }
            Doing::Waits => (State::Waiting, galera::group()),
            Doing::Busy => (State::Busy, galera::group()),
            Doing::Failed => (State::Failed, galera::group()),
            Doing::Held(position) => (State::Held, position),
            Doing::Stopped(at) => {
                if self.stopped.as_ref().is_none_or(|(then, _)| *then != at) {
                    self.stopped = Some((at, galera::position()));
                }
                (State::Stopped, self.stopped.as_ref().map(|(_, p)| p.clone()).unwrap_or_default())
            }
        };
        let now = clock::now();
        let since = match self.since {
            Some((before, since)) if before == state => since,
            _ => now,
        };
        self.since = Some((state, since));
        Report { state, lasting: now.saturating_sub(since) >= LASTING, position: positioned(&position) }
    }

    /// Reports, reads, decides and acts; what the operator should know.
    fn step(&mut self, own: &Report) -> Result<Option<Note>, Failed> {
        let deadline = Instant::now() + ASK;
        self.tell(own, deadline)?;
        if own.state == State::Primary {
            // The group is there; the next outage need not wait for the lock of this one to end.
            if let Some(lock) = self.lock.take() {
                self.client()?.revoke(lock, deadline)?;
            }
            return Ok(None);
        }
        let client = self.client()?;
        let entries = client.range("quorate/galera/", deadline)?.entries;
        let locked = entries.iter().any(|e| e.key == LOCK);
        let reports = reports(&entries);
        let act = decide(&self.config.host, &self.config.members, &reports, locked);
        if !matches!(act, Act::Nothing | Act::Say(_)) {
            tracing::info!(?act, ?reports, "recovering");
        }
        match act {
            Act::Nothing => return Ok(None),
            Act::Say(note) => return Ok(Some(note)),
            Act::Hold => galera::hold().map(drop)?,
            Act::Join => galera::join()?,
            Act::Rejoin => galera::rejoin()?,
            Act::Lead => {
                if self.lock(&entries, Instant::now() + ASK)? {
                    galera::lead(&self.config.flag, &self.config.lead)?;
                }
            }
        }
        // Whatever comes of it, it begins anew.
        self.since = None;
        Ok(Some(
            Note::new("galera-recovery-under-way")
                .with("leader", if act == Act::Lead { &self.config.host } else { "-" }),
        ))
    }

    fn client(&mut self) -> Result<&Client, Trouble> {
        Ok(match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::new(&self.config.etcd)?),
        })
    }

    /// Keeps our report in etcd. It is written only when it changes: who is about to lead compares revisions.
    fn tell(&mut self, own: &Report, deadline: Instant) -> Result<(), Trouble> {
        let (lease, told) = (self.lease, self.told.as_ref() == Some(own));
        let client = self.client()?;
        let lease = match lease {
            Some(lease) if client.keep(lease, deadline)? => lease,
            _ => client.grant(REPORT_LASTS, deadline)?,
        };
        if !told || self.lease != Some(lease) {
            let key = format!("{REPORTS}{}", self.config.host);
            let value = serde_json::to_vec(own).unwrap_or_default();
            let change = Change::Put { key, value, lease: Some(lease) };
            self.client()?.txn(&Txn { compares: vec![], changes: vec![change] }, deadline)?;
        }
        (self.lease, self.told) = (Some(lease), Some(own.clone()));
        Ok(())
    }

    /// Takes the lock, if nobody has it and every report is still the one that was read.
    fn lock(&mut self, entries: &[Entry], deadline: Instant) -> Result<bool, Trouble> {
        let host = self.config.host.clone();
        let client = self.client()?;
        let lease = client.grant(LOCK_LASTS, deadline)?;
        let mut compares = vec![Compare::Created { key: LOCK.to_owned(), revision: 0 }];
        compares.extend(entries.iter().map(|e| Compare::Modified { key: e.key.clone(), revision: e.mod_revision }));
        let change = Change::Put { key: LOCK.to_owned(), value: host.into_bytes(), lease: Some(lease) };
        let taken = matches!(client.txn(&Txn { compares, changes: vec![change] }, deadline)?, Swap::Done(_));
        self.lock = taken.then_some(lease);
        Ok(taken)
    }
}

fn positioned(position: &GaleraPosition) -> Position {
    // Every member of the file has been in the group: where that is not so, its coming is the operator's business.
    Position { uuid: position.uuid.clone(), seqno: position.seqno, formed: position.formed, known: true }
}

fn reports(entries: &[Entry]) -> BTreeMap<String, Report> {
    let report = |e: &Entry| Some((e.key.strip_prefix(REPORTS)?.to_owned(), serde_json::from_slice(&e.value).ok()?));
    entries.iter().filter_map(report).collect()
}
