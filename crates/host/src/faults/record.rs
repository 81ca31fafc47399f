//! What was broken, and how it was before: written before the fault, removed after it was undone.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use wire::{Fault, Injection, Note};

use crate::error::Error;
use crate::store::Store;

/// Below the state directory.
const DIRECTORY: &str = "drill";

/// One fault of this host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub injection: Injection,
    /// The boot in which it was injected: most faults end with it.
    pub boot_id: String,
    /// Units that ran before and are to run afterwards.
    pub units: Vec<String>,
    /// The file that fills a filesystem.
    pub file: Option<PathBuf>,
    /// This host's database was a member of a group, and its disk is the one that is filled.
    pub grouped: bool,
}

impl Record {
    /// The fault in a few words that need no translation: they are the file format's own.
    pub fn describe(&self) -> String {
        describe(&self.injection.fault)
    }
}

fn describe(fault: &Fault) -> String {
    match fault {
        Fault::Kill { unit } => format!("kill {unit}"),
        Fault::Freeze { unit } => format!("freeze {unit}"),
        Fault::Stop { unit } => format!("stop {unit}"),
        Fault::Fill { directory } => format!("fill {}", directory.display()),
        Fault::Cut(_) => "cut".to_owned(),
        Fault::Reset => "reset".to_owned(),
    }
}

/// A record that nobody else works on until this is dropped.
pub struct Held {
    pub record: Record,
    _lock: File,
}

/// Writes a new record, safe on disk, and holds it.
pub fn create(store: &Store, record: &Record) -> Result<Held, Error> {
    let id = &record.injection.id;
    if store.read::<Record>(&file(id))?.is_some() {
        return Err(Error::Noted(Note::new("fault-exists").with("id", id)));
    }
    store.write(&file(id), record)?;
    // The store has synced the file and its directory; a first record makes the directory too.
    if let Ok(root) = File::open(store.root()) {
        let _ = root.sync_all();
    }
    hold(store, id)?.ok_or_else(|| Error::Damaged(format!("the record of fault {id} was removed while it was made")))
}

/// Waits until nobody else works on a record; `None` when there is none any more.
pub fn hold(store: &Store, id: &str) -> Result<Option<Held>, Error> {
    let path = store.root().join(file(id));
    loop {
        let lock = match File::open(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::file("cannot open", &path))?,
        };
        flock(&lock, FlockOperation::LockExclusive).map_err(|e| Error::file("cannot lock", &path)(e.into()))?;
        let held = lock.metadata().map_err(Error::file("cannot look at", &path))?;
        // While we waited it may have been removed, or made anew.
        if fs::metadata(&path).is_ok_and(|now| (now.dev(), now.ino()) == (held.dev(), held.ino())) {
            return Ok(store.read(&file(id))?.map(|record| Held { record, _lock: lock }));
        }
    }
}

/// Removes a record, safely.
pub fn remove(store: &Store, id: &str) -> Result<(), Error> {
    let path = store.root().join(file(id));
    fs::remove_file(&path).map_err(Error::file("cannot remove", &path))?;
    let directory = store.root().join(DIRECTORY);
    if fs::remove_dir(&directory).is_err()
        && let Ok(directory) = File::open(&directory)
    {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// All records, each with its identifier; the record is missing where its file cannot be understood.
pub fn all(store: &Store) -> Vec<(String, Option<Record>)> {
    let entries = fs::read_dir(store.root().join(DIRECTORY)).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().to_str()?.strip_suffix(".json").map(str::to_owned));
    let mut all: Vec<_> = names.map(|id| (id.clone(), store.read(&file(&id)).ok().flatten())).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn file(id: &str) -> String {
    format!("{DIRECTORY}/{id}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_made_once_and_gone_after_its_removal() {
        let root = std::env::temp_dir().join(format!("quorate-drill-record-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let store = Store::new(&root);
        let injection = Injection {
            id: "one".into(),
            cluster: "demo".into(),
            token: 1,
            fault: Fault::Kill { unit: "a.service".into() },
            undo_after_ms: 1000,
        };
        let record =
            Record { injection, boot_id: "b".into(), units: vec!["a.service".into()], file: None, grouped: false };
        drop(create(&store, &record).unwrap());
        assert!(create(&store, &record).is_err(), "an identifier is used once at a time");
        assert_eq!(all(&store), [("one".to_owned(), Some(record.clone()))]);
        assert_eq!(hold(&store, "one").unwrap().unwrap().record, record);
        fs::write(root.join("drill/two.json"), "{").unwrap();
        assert_eq!(all(&store)[1], ("two".to_owned(), None), "a damaged record is still something left");
        fs::remove_file(root.join("drill/two.json")).unwrap();
        remove(&store, "one").unwrap();
        assert!(hold(&store, "one").unwrap().is_none() && !root.join(DIRECTORY).exists());
        fs::remove_dir_all(root).unwrap();
    }
}
