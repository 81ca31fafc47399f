//! The agent's own write, once a second while this host is the open primary: a server that answers questions and does
//! not get a write done, as with a disk that hangs, is told apart so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use host::clock;
use host::database::{Site, beat, full, provide};
use host::probes::{Session, Trouble};

use crate::{Error, worker};

const EACH: Duration = Duration::from_secs(1);
/// A write that takes longer is not done.
const LATE: Duration = Duration::from_millis(1500);
/// For the server's answer; after it the session is given up.
const LIMIT: Duration = Duration::from_secs(3);
/// How often it is seen to that what the agents keep in the database is there: hosts are added.
const PROVIDE: Duration = Duration::from_secs(60);

/// How the agent's writes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Canary {
    /// Whether writes are to be tried.
    active: bool,
    /// When the write under way began.
    began: Option<Duration>,
    /// Whether the last one that ended was done.
    done: Option<bool>,
}

impl Canary {
    /// Tries, or not.
    pub fn set(&mut self, active: bool) {
        if self.active != active {
            *self = Self { active, ..Self::default() };
        }
    }

    /// Whether a write was completed lately; `None` while none was tried.
    pub fn judge(&self, now: Duration) -> Option<bool> {
        match self.began {
            _ if !self.active => None,
            Some(began) if now.saturating_sub(began) > LATE => Some(false),
            _ => self.done,
        }
    }
}

/// Starts writing, whenever it is active.
pub fn start(site: Site, canary: Arc<Mutex<Canary>>) -> Result<(), Error> {
    worker::start("canary", move || {
        let mut session: Option<Session> = None;
        let mut provided: Option<Instant> = None;
        loop {
            let since = Instant::now();
            if lock(&canary).active {
                if provided.is_none_or(|at| at.elapsed() > PROVIDE) {
                    provided = Some(since);
                    if let Err(trouble) = provide(&site) {
                        tracing::warn!(%trouble, "the agents' own tables and accounts");
                    }
                }
                lock(&canary).began = Some(clock::now());
                let wrote = write(&mut session, &site.me);
                let mut state = lock(&canary);
                state.began = None;
                // Its row needs no new page: on a full disk it is written when nothing else is.
                state.done = state.active.then_some(wrote.is_ok() && !full(&site.data_dir));
                if wrote.is_err() {
                    session = None;
                }
            } else {
                (session, provided) = (None, None);
            }
            std::thread::sleep(EACH.saturating_sub(since.elapsed()).max(EACH / 5));
        }
    })
}

fn write(session: &mut Option<Session>, host: &str) -> Result<(), Trouble> {
    beat(Session::kept(session, LIMIT)?, host)
}

fn lock(canary: &Mutex<Canary>) -> std::sync::MutexGuard<'_, Canary> {
    canary.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_does_not_come_back_counts_as_not_done() {
        let mut canary = Canary::default();
        let at = Duration::from_millis;
        assert_eq!(canary.judge(at(0)), None);
        canary.set(true);
        assert_eq!(canary.judge(at(0)), None);
        canary.began = Some(at(1000));
        assert_eq!((canary.judge(at(2500)), canary.judge(at(2501))), (None, Some(false)));
        canary.done = Some(true);
        assert_eq!((canary.judge(at(2500)), canary.judge(at(2501))), (Some(true), Some(false)));
        canary.began = None;
        assert_eq!(canary.judge(at(9999)), Some(true));
        // What was seen in an earlier lead says nothing of this one.
        canary.set(false);
        canary.set(true);
        assert_eq!(canary.judge(at(9999)), None);
    }
}
