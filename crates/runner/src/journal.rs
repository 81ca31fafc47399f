//! The operator's half of the journal: one directory per run with the plan, every intent and result, and a log.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use time::OffsetDateTime;
use wire::{JournalEntry, Outcome};

use crate::Error;

/// A run's files.
pub struct Journal {
    pub run: String,
    pub directory: PathBuf,
    file: Mutex<fs::File>,
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::File { what, path: path.to_owned(), source }
}

impl Journal {
    /// Begins a run under the cluster's directory on this machine.
    pub fn begin(state_directory: &Path, now: OffsetDateTime) -> Result<Self, Error> {
        let stamp = format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z-{}",
            now.year(),
            u8::from(now.month()),
            now.day(),
            now.hour(),
            now.minute(),
            now.second(),
            now.millisecond(),
            std::process::id(),
        );
        let directory = state_directory.join("runs").join(&stamp);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(failed("cannot make the directory", &directory))?;
        let path = directory.join("journal.jsonl");
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed("cannot open", &path))?;
        Ok(Self { run: stamp, directory, file: Mutex::new(file) })
    }

    /// Writes one entry and syncs it: an intent is on disk before anything is sent.
    pub fn write(&self, step: &str, outcome: Outcome) -> Result<(), Error> {
        let at_ms = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
        let entry = JournalEntry { run: self.run.clone(), step: step.to_owned(), at_ms, outcome };
        let mut line = serde_json::to_vec(&entry).unwrap_or_default();
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.directory.join("journal.jsonl");
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(failed("cannot write", &path))
    }

    /// Adds a line to the run's log. The journal is what resuming relies on; a log that cannot be written stops nothing.
    pub fn log(&self, line: &str) {
        let now = OffsetDateTime::now_utc();
        let stamp = format!("{:02}:{:02}:{:02}.{:03}Z", now.hour(), now.minute(), now.second(), now.millisecond());
        let path = self.directory.join("log");
        let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let _ = file.and_then(|mut f| writeln!(f, "{stamp} {line}"));
    }

    /// Keeps a document of the run, such as its plan.
    pub fn keep(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
        write_private(&self.directory.join(name), &bytes)
    }
}

/// Writes a file that only the operator can read, replacing an earlier one whole.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(failed("cannot make the directory", parent))?;
    }
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed("cannot write", &temporary))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("cannot write", &temporary))?;
    fs::rename(&temporary, path).map_err(failed("cannot replace", path))
}
