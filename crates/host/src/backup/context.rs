//! What this host was told about backups, and what lies at the target.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use backup::{BackupName, Binlog};
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use wire::Note;
use wire::backup::{BackupConfig, BackupRecord, CONFIG, CREDENTIALS, Credentials, ListedBackup, Verification};

use super::target::Target;
use crate::error::Error;

/// Records are a few hundred bytes.
const LONGEST_RECORD: u64 = 64 << 10;

pub(super) struct Context {
    pub config: BackupConfig,
    pub credentials: Credentials,
    pub target: Target,
}

impl Context {
    /// What the component `backup` wrote here.
    pub fn load() -> Result<Self, Error> {
        let config: BackupConfig = read(Path::new(CONFIG))?;
        let credentials: Credentials = read(Path::new(CREDENTIALS))?;
        let target = Target::open(&config, &credentials)?;
        Ok(Self { config, credentials, target })
    }

    /// Every whole backup, oldest first.
    pub fn backups(&self) -> Result<Vec<ListedBackup>, Error> {
        let objects = self.target.list("base/")?;
        let verified: BTreeSet<BackupName> = kind(&objects, "verified").collect();
        let mut backups = Vec::new();
        for name in kind(&objects, "json") {
            // Damaged by somebody: it is not a backup of ours.
            let Ok(record) = self.json::<BackupRecord>(&name.object("json")) else { continue };
            if record.name != name.to_string() {
                continue;
            }
            let verified = verified.contains(&name).then(|| self.json::<Verification>(&name.object("verified")));
            backups.push(ListedBackup { record, verified: verified.and_then(Result::ok) });
        }
        backups.sort_by_key(|b| b.record.begun_s);
        Ok(backups)
    }

    /// When backups that are whole or being made were begun.
    pub fn begun(&self) -> Result<Vec<i64>, Error> {
        let objects = self.target.list("base/")?;
        Ok(kind(&objects, "json").chain(kind(&objects, "begun")).map(|n| n.begun_s).collect())
    }

    /// The backup of that name.
    pub fn backup(&self, name: &str) -> Result<(BackupName, ListedBackup), Error> {
        let parsed = BackupName::parse(name);
        let found = self.backups()?.into_iter().find(|b| b.record.name == name);
        parsed.zip(found).ok_or_else(|| {
            Error::Noted(Note::new("backup-unknown").with("backup", name).with("target", self.target.to_string()))
        })
    }

    /// Every binary log at the target.
    pub fn binlogs(&self) -> Result<Vec<Binlog>, Error> {
        Ok(self.target.list("binlog/")?.iter().filter_map(|o| Binlog::of_object(o)).collect())
    }

    fn json<T: DeserializeOwned>(&self, object: &str) -> Result<T, Error> {
        let bytes = self.target.get(object, LONGEST_RECORD)?;
        serde_json::from_slice(&bytes).map_err(|e| Error::Damaged(format!("{object} is damaged: {e}")))
    }
}

/// The backups that have an object of this kind.
fn kind<'o>(objects: &'o [String], kind: &'o str) -> impl Iterator<Item = BackupName> + 'o {
    objects.iter().filter_map(|o| BackupName::of_object(o)).filter(move |(_, k)| *k == kind).map(|(name, _)| name)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let bytes = fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::Noted(Note::new("backup-not-here")),
        _ => Error::file("cannot read", path)(e),
    })?;
    serde_json::from_slice(&bytes).map_err(|e| Error::Damaged(format!("{} is damaged: {e}", path.display())))
}

/// One backup or restoration at a time on a host; held for as long as the value lives, and no longer than the process.
pub(super) fn turn() -> Result<OwnedFd, Error> {
    locked("backup.lock", FlockOperation::NonBlockingLockExclusive)?
        .ok_or_else(|| Note::new("backup-busy").into_error())
}

/// Like [`turn`], for shipping, which takes a moment: waited for.
pub(super) fn shipping() -> Result<OwnedFd, Error> {
    locked("ship.lock", FlockOperation::LockExclusive)?.ok_or_else(|| Note::new("backup-busy").into_error())
}

fn locked(name: &str, operation: FlockOperation) -> Result<Option<OwnedFd>, Error> {
    let directory = Path::new(wire::RUNTIME_DIR);
    fs::create_dir_all(directory).map_err(Error::file("cannot make the directory", directory))?;
    let path = directory.join(name);
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::file("cannot open", &path))?;
    match flock(&file, operation) {
        Ok(()) => Ok(Some(file.into())),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(e) => Err(Error::file("cannot lock", &path)(e.into())),
    }
}

/// A note as the error that carries it.
trait IntoError {
    fn into_error(self) -> Error;
}

impl IntoError for Note {
    fn into_error(self) -> Error {
        Error::Noted(self)
    }
}
