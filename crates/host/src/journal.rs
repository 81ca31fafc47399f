//! The host's own journal: every step's intent before its first change, its result after the last.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use wire::{JournalEntry, Outcome};

use crate::error::Error;
use crate::store::Store;

const NAME: &str = "journal.jsonl";
/// At this size the journal starts anew; the last one is kept beside it.
const ROTATE_AT: u64 = 4 << 20;

/// Milliseconds since 1970 by this host's clock.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Appends one entry and syncs it to the disk.
pub fn append(store: &Store, run: &str, step: &str, outcome: Outcome) -> Result<(), Error> {
    let _turn = store.turn();
    let entry = JournalEntry { run: run.to_owned(), step: step.to_owned(), at_ms: now_ms(), outcome };
    let mut line = serde_json::to_vec(&entry).map_err(|e| Error::Damaged(e.to_string()))?;
    line.push(b'\n');
    let path = store.root().join(NAME);
    fs::create_dir_all(store.root()).map_err(Error::file("cannot make the directory", store.root()))?;
    if fs::metadata(&path).is_ok_and(|m| m.len() > ROTATE_AT) {
        let _ = fs::rename(&path, store.root().join("journal.previous.jsonl"));
    }
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(Error::file("cannot open", &path))?;
    file.write_all(&line).map_err(Error::file("cannot write", &path))?;
    file.sync_data().map_err(Error::file("cannot sync", &path))
}

/// Closes what a crash cut off and a later run brought to its end.
pub fn supersede(store: &Store) -> Result<(), Error> {
    unfinished(store).iter().try_for_each(|entry| append(store, &entry.run, &entry.step, Outcome::Superseded))
}

/// Intents without a result: steps that a crash cut off. A damaged last line is such a crash's trace and is skipped.
pub fn unfinished(store: &Store) -> Vec<JournalEntry> {
    let text = fs::read_to_string(store.root().join(NAME)).unwrap_or_default();
    let mut open: Vec<JournalEntry> = Vec::new();
    for entry in text.lines().filter_map(|l| serde_json::from_str::<JournalEntry>(l).ok()) {
        // A step of an older run may end after a newer run began the same one: its result closes its own intent only.
        let intent = entry.outcome == Outcome::Intent;
        open.retain(|e| e.step != entry.step || (!intent && e.run != entry.run));
        if intent {
            open.push(entry);
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_closes_the_intent_of_its_own_run() {
        let dir = std::env::temp_dir().join(format!("quorate-journal-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let store = Store::new(&dir);
        let open = || unfinished(&store).into_iter().map(|e| e.run).collect::<Vec<_>>();
        append(&store, "one", "etcd/node1/run", Outcome::Intent).unwrap();
        append(&store, "two", "etcd/node1/run", Outcome::Intent).unwrap();
        assert_eq!(open(), ["two"], "begun anew");
        append(&store, "one", "etcd/node1/run", Outcome::Done).unwrap();
        assert_eq!(open(), ["two"], "an older run's helper ended late");
        append(&store, "two", "etcd/node1/run", Outcome::Done).unwrap();
        assert!(open().is_empty());
        fs::remove_dir_all(dir).unwrap();
    }
}
