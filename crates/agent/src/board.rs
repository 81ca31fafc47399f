//! The board: what the background threads last saw, for the server to answer from.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use wire::{Note, ProbeReport};

use crate::clock;

/// An answer older than this is a "no": whoever should have renewed it hangs.
const STALE: Duration = Duration::from_secs(2);

/// What a background thread found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub ok: bool,
    /// Why not, or what is noteworthy.
    pub note: Option<Note>,
    /// When a "yes" ends, whatever is seen later, as [`clock::now`] tells it; `None` when only its age ends it.
    pub until: Option<Duration>,
    pub reports: Vec<ProbeReport>,
    /// Numbers for the metrics, by the metric's name.
    pub gauges: BTreeMap<&'static str, u64>,
}

/// A verdict as it is answered over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub verdict: String,
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// How old the look is, in milliseconds.
    pub age_ms: u64,
}

/// How a replica follows the present primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    pub lag: Duration,
    /// When that was seen.
    pub at: Duration,
}

struct Entry {
    answer: Answer,
    at: Duration,
}

/// All answers of this host.
pub struct Board {
    host: String,
    entries: RwLock<BTreeMap<&'static str, Entry>>,
    following: RwLock<Option<Following>>,
}

impl Board {
    /// An empty board: every verdict is unknown until its thread has looked once.
    pub fn new(host: &str) -> Self {
        Self { host: host.to_owned(), entries: RwLock::default(), following: RwLock::default() }
    }

    /// This host's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Puts up what was seen now; a change is logged.
    pub fn publish(&self, name: &'static str, answer: Answer) {
        self.publish_at(name, answer, clock::now());
    }

    pub(crate) fn publish_at(&self, name: &'static str, answer: Answer, at: Duration) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let before = entries.get(name).map(|e| (e.answer.ok, code(&e.answer)));
        if before.as_ref().is_none_or(|(ok, code_before)| (*ok, code_before) != (answer.ok, &code(&answer))) {
            let why = answer.note.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::info!(verdict = name, ok = answer.ok, why, "changed");
        }
        entries.insert(name, Entry { answer, at });
    }

    /// The verdict; `None` when there is none of this name.
    pub fn verdict(&self, name: &str) -> Option<Verdict> {
        self.verdict_at(name, clock::now())
    }

    pub(crate) fn verdict_at(&self, name: &str, now: Duration) -> Option<Verdict> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(name).map(|entry| entry.verdict(name, now))
    }

    /// Puts up how this host follows the primary of a replicated database, if it does.
    pub fn follow(&self, following: Option<Following>) {
        *self.following.write().unwrap_or_else(PoisonError::into_inner) = following;
    }

    /// How far this host is behind the present primary; `None` when it does not follow it, or that is not known any more.
    pub fn lag(&self) -> Option<Duration> {
        let following = *self.following.read().unwrap_or_else(PoisonError::into_inner);
        let following = following.filter(|f| clock::now().saturating_sub(f.at) <= STALE)?;
        Some(following.lag)
    }

    /// Every answer with its verdict now, by name.
    pub fn all(&self) -> Vec<(&'static str, Verdict, Answer)> {
        let now = clock::now();
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|(name, entry)| (*name, entry.verdict(name, now), entry.answer.clone())).collect()
    }
}

impl Entry {
    fn verdict(&self, name: &str, now: Duration) -> Verdict {
        let age = now.saturating_sub(self.at);
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        let over = self.answer.ok && self.answer.until.is_some_and(|until| now >= until);
        let (ok, note) = if age > STALE || over {
            (false, Some(Note::new("agent-stale").with("age", age_ms)))
        } else {
            (self.answer.ok, self.answer.note.clone())
        };
        Verdict { verdict: name.to_owned(), ok, note, age_ms }
    }
}

fn code(answer: &Answer) -> Option<String> {
    // Errors in words may differ from look to look; who writes is worth a line.
    answer.note.as_ref().map(|n| format!("{} {}", n.code, n.args.get("host").map_or("", String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_answer_is_a_no() {
        let board = Board::new("node1");
        board.publish_at("gateway", Answer { ok: true, ..Answer::default() }, Duration::from_secs(10));
        let at = |ms| board.verdict_at("gateway", Duration::from_millis(ms)).unwrap();
        assert!(at(10_000).ok);
        assert!(at(12_000).ok);
        let old = at(12_001);
        assert!(!old.ok);
        assert_eq!(old.note.unwrap().code, "agent-stale");
        assert_eq!(board.verdict("database"), None);
    }

    #[test]
    fn a_yes_ends_with_its_lease() {
        let board = Board::new("node1");
        let until = Some(Duration::from_millis(10_700));
        board.publish_at("database", Answer { ok: true, until, ..Answer::default() }, Duration::from_secs(10));
        let at = |ms| board.verdict_at("database", Duration::from_millis(ms)).unwrap().ok;
        assert!(at(10_699));
        assert!(!at(10_700));
    }
}
