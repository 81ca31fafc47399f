//! A MariaDB server as the protocol knows it: what is on its disk, what its process remembers, and what each task does.
//!
//! The measured facts are all here: a waiting commit whose session is killed commits (2), one that waits when
//! acknowledgement is switched off is answered (3), a start as replica cuts the prepared tail off, acknowledged or not
//! (4), a stream that is begun anew loses what was received and not applied (5), a broken applier still acknowledges (6),
//! what was received by a stream that does not acknowledge is never acknowledged (7), and behind the commit that waits one
//! more gets into the log (8).

use std::time::Duration;

use failover::{Gtid, Position, Role, Server, Sight, Source, Task, Up};

/// A transaction: its global identifier, and which write it truly is. Two may share the identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    pub server: usize,
    pub sequence: u64,
    pub id: u32,
}

impl Write {
    fn same_name(self, other: Self) -> bool {
        (self.server, self.sequence) == (other.server, other.sequence)
    }
}

/// What survives the loss of power.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disk {
    pub data: String,
    pub log: Vec<Write>,
    /// So many of them are committed in the engine for sure; the rest are prepared.
    pub engine: usize,
    pub copies_from: Option<usize>,
}

/// What one process remembers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Still starting: it answers nobody.
    pub starting: bool,
    /// Stopped by a signal, or hanging: it answers nobody.
    pub frozen: bool,
    /// Its disk takes no writes.
    pub stuck: bool,
    /// A client's transaction keeps the applying thread waiting.
    pub locked: bool,
    pub instance: String,
    pub writable: bool,
    pub semi_primary: bool,
    pub semi_replica: bool,
    pub copy: Option<Copying>,
    pub waiting: Vec<Write>,
    pub acknowledged: u64,
    /// Answers that the shut door keeps back.
    pub unsent: Vec<Write>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Copying {
    pub from: usize,
    pub io: bool,
    pub sql: bool,
    pub diverged: bool,
    /// Received and not applied.
    pub relay: Vec<Write>,
    /// The stream that it is connected by.
    pub stream: Option<u32>,
}

impl Process {
    pub fn starting(instance: String) -> Self {
        Self {
            starting: true,
            frozen: false,
            stuck: false,
            locked: false,
            instance,
            writable: false,
            semi_primary: false,
            semi_replica: false,
            copy: None,
            waiting: vec![],
            acknowledged: 0,
            unsent: vec![],
        }
    }

    pub fn works(&self) -> bool {
        !self.starting && !self.frozen
    }
}

/// Where a log ends.
pub fn position(log: &[Write]) -> Position {
    log.last().map_or_else(Position::default, |w| {
        let server = u32::try_from(w.server).unwrap_or(u32::MAX) + 1;
        let text = Gtid { server, sequence: w.sequence };
        Position::at(text.server, text.sequence)
    })
}

impl Disk {
    /// The log with what was received beyond it.
    pub fn received<'a>(&'a self, process: Option<&'a Process>) -> impl Iterator<Item = Write> + 'a {
        let relay = process.and_then(|p| p.copy.as_ref()).map_or(&[][..], |c| c.relay.as_slice());
        self.log.iter().chain(relay).copied()
    }

    /// The last of `received`.
    pub fn last_received(&self, process: Option<&Process>) -> Option<Write> {
        let relay = process.and_then(|p| p.copy.as_ref()).and_then(|c| c.relay.last());
        relay.or(self.log.last()).copied()
    }

    /// Where a replica that has everything up to `last` goes on in this log; `None`: this log does not have it (1236).
    pub fn resume(&self, last: Option<Write>) -> Option<usize> {
        let Some(last) = last else { return Some(0) };
        let place = usize::try_from(last.sequence).ok()?;
        self.log.get(place - 1).filter(|w| w.same_name(last)).map(|_| place)
    }

    /// The process ends without a word. The engine may have forgotten its last commit, though it was answered.
    pub fn end(&mut self, process: &Process, forgets: bool) {
        let unanswered = process.waiting.len();
        let committed = self.log.len() - unanswered;
        let sure = if forgets { committed.saturating_sub(1) } else { committed };
        self.engine = self.engine.max(sure);
    }

    pub fn recover(&mut self, role: Role) {
        if role == Role::Replica {
            self.log.truncate(self.engine);
        }
        self.engine = self.log.len();
    }
}

/// How a look at the server ends.
pub fn sight(disk: &Disk, process: Option<&Process>, acknowledging: u32, name: impl Fn(usize) -> String) -> Sight {
    let server = match process {
        None => Server::Stopped,
        Some(p) if !p.works() => Server::Silent,
        Some(p) => Server::Up(Box::new(Up {
            instance: p.instance.clone(),
            writable: p.writable,
            source: p.copy.as_ref().map(|c| Source {
                host: name(c.from),
                io: c.io,
                sql: c.sql,
                received: position(&disk.last_received(process).into_iter().collect::<Vec<_>>()),
                diverged: c.diverged,
            }),
            written: position(&disk.log),
            semi_primary: p.semi_primary,
            semi_replica: p.semi_replica,
            acknowledging,
            waiting: u32::try_from(p.waiting.len()).unwrap_or(u32::MAX),
            acknowledged: p.acknowledged,
            canary: p.writable.then_some(!p.stuck && p.waiting.is_empty()),
        })),
    };
    Sight { data: Some(disk.data.clone()), server }
}

/// What a task did besides changing the server.
#[derive(Default)]
pub struct Outcome {
    pub done: bool,
    /// Commits that are answered now.
    pub answered: Vec<Write>,
}

/// Carries out a task on a server that works; starting and rebuilding are the world's.
pub fn carry_out(
    task: &Task,
    now: Duration,
    disk: &mut Disk,
    process: &mut Process,
    fresh_instance: impl FnOnce() -> String,
    index: impl Fn(&str) -> usize,
) -> Outcome {
    let mut outcome = Outcome { done: true, answered: vec![] };
    match task {
        Task::Follow(host) => {
            let from = index(host);
            process.instance = fresh_instance();
            disk.copies_from = Some(from);
            process.copy = Some(Copying { from, io: true, sql: true, diverged: false, relay: vec![], stream: None });
        }
        Task::StopIo => {
            if let Some(copy) = &mut process.copy {
                copy.io = false;
                copy.stream = None;
            }
        }
        Task::StartIo => match &mut process.copy {
            Some(copy) if copy.sql && !copy.diverged => copy.io = true,
            _ => outcome.done = false,
        },
        Task::SemiReplica(on) => match &mut process.copy {
            Some(copy) if copy.sql && !copy.diverged => {
                process.semi_replica = *on;
                copy.io = true;
                copy.stream = None;
            }
            _ => outcome.done = false,
        },
        Task::SemiPrimary(on) => {
            process.semi_primary = *on;
            // A server that hangs does not let go.
            if !on && !process.stuck {
                outcome.answered = std::mem::take(&mut process.waiting);
            }
        }
        Task::Confirm(received) => {
            outcome.done = received.covers(&position(&disk.log));
            if outcome.done && !process.stuck {
                outcome.answered = std::mem::take(&mut process.waiting);
            }
        }
        Task::Dismiss => process.locked = false,
        Task::Detach => {
            process.copy = None;
            process.semi_replica = false;
            disk.copies_from = None;
        }
        Task::Writable { until } => {
            if now <= *until {
                process.writable = true;
            } else {
                outcome.done = false;
            }
        }
        Task::Quiesce => {
            process.locked = false;
            process.waiting.clear();
            disk.engine = disk.log.len();
            process.writable = false;
        }
        Task::Start(_) | Task::Rebuild(_) => outcome.done = false,
    }
    outcome
}
