//! What Quorate remembers on a host: the ownership manifest, changes that units still owe, the cluster's state.
//!
//! Everything lies under [`wire::STATE_DIR`], readable by root only. Files are replaced atomically and synced, so a
//! crash leaves either the earlier or the later one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{ClusterState, UnitEffect};

use crate::error::Error;

/// What Quorate made on this host, in the order in which it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub cluster: String,
    pub entries: Vec<Entry>,
    /// Units that Quorate has seen come up at least once; an engine that came up has been part of its group.
    #[serde(default)]
    pub came_up: BTreeSet<String>,
}

/// One resource that Quorate made or changed, and how it was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// [`wire::Resource::key`].
    pub key: String,
    pub before: Before,
    /// The fingerprint of what it was last made to be.
    #[serde(default)]
    pub left: Option<String>,
}

/// What there was before Quorate came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Before {
    Nothing,
    /// A file; its content is kept under `replaced/<sha256>`.
    File {
        sha256: String,
        mode: u32,
        owner: String,
        group: String,
    },
    Directory {
        mode: u32,
        owner: String,
        group: String,
    },
    Unit {
        enabled: bool,
        active: bool,
    },
    Value {
        text: String,
    },
    /// It was there already; taking back leaves it.
    Present,
}

/// The state directory of this host.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    /// Steps of one host run at the same time; each change of a file here is read, changed and written as one.
    turn: Arc<Mutex<()>>,
}

impl Store {
    /// The store under this directory, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), turn: Arc::default() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Exclusive use of the store's files inside this process.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn manifest(&self) -> Result<Option<Manifest>, Error> {
        self.read("manifest.json")
    }

    /// Notes what a resource was before its first change; later changes keep the first note.
    pub fn own(&self, cluster: &str, key: &str, before: impl FnOnce() -> Result<Before, Error>) -> Result<(), Error> {
        let _turn = self.turn();
        let mut manifest =
            self.manifest()?.unwrap_or_else(|| Manifest { cluster: cluster.to_owned(), ..Manifest::default() });
        if manifest.entries.iter().any(|e| e.key == key) {
            return Ok(());
        }
        manifest.entries.push(Entry { key: key.to_owned(), before: before()?, left: None });
        self.write("manifest.json", &manifest)
    }

    /// Notes, by keys, the fingerprints of what resources were made to be.
    pub fn leave(&self, mut left: BTreeMap<String, String>) -> Result<(), Error> {
        let _turn = self.turn();
        let Some(mut manifest) = self.manifest()? else { return Ok(()) };
        let mut news = false;
        for entry in &mut manifest.entries {
            let fingerprint = left.remove(&entry.key).filter(|f| entry.left.as_ref() != Some(f));
            if fingerprint.is_some() {
                entry.left = fingerprint;
                news = true;
            }
        }
        if news { self.write("manifest.json", &manifest) } else { Ok(()) }
    }

    /// Whether a resource stands in the manifest.
    pub fn owns(&self, key: &str) -> Result<bool, Error> {
        Ok(self.manifest()?.is_some_and(|m| m.entries.iter().any(|e| e.key == key)))
    }

    /// Strikes a resource out after it was taken back.
    pub fn disown(&self, key: &str) -> Result<(), Error> {
        let _turn = self.turn();
        let Some(mut manifest) = self.manifest()? else { return Ok(()) };
        manifest.entries.retain(|e| e.key != key);
        manifest.came_up.retain(|unit| key != format!("unit:{unit}"));
        self.write("manifest.json", &manifest)
    }

    /// Keeps a replaced file's content; the name under which it lies.
    pub fn keep(&self, content: &[u8]) -> Result<String, Error> {
        let name = hex(&Sha256::digest(content));
        self.write_bytes(&format!("replaced/{name}"), content)?;
        Ok(name)
    }

    pub fn kept(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.root.join("replaced").join(name);
        fs::read(&path).map_err(Error::file("cannot read", path))
    }

    /// Units that have not yet taken up a change, and what they need.
    pub fn debts(&self) -> Result<BTreeMap<String, UnitEffect>, Error> {
        Ok(self.read("debts.json")?.unwrap_or_default())
    }

    /// Notes, before a file changes, that a unit will owe it; the stronger effect stays.
    pub fn owe(&self, unit: &str, effect: UnitEffect) -> Result<(), Error> {
        let _turn = self.turn();
        let mut debts = self.debts()?;
        let owed = debts.entry(unit.to_owned()).or_insert(effect);
        *owed = (*owed).max(effect);
        self.write("debts.json", &debts)
    }

    /// The unit runs with everything it was given: it owes nothing, and what it manages has begun.
    pub fn came_up(&self, unit: &str) -> Result<(), Error> {
        {
            let _turn = self.turn();
            if let Some(mut manifest) = self.manifest()?
                && manifest.came_up.insert(unit.to_owned())
            {
                self.write("manifest.json", &manifest)?;
            }
        }
        self.settle(unit)
    }

    pub fn settle(&self, unit: &str) -> Result<(), Error> {
        let _turn = self.turn();
        let mut debts = self.debts()?;
        if debts.remove(unit).is_some() { self.write("debts.json", &debts) } else { Ok(()) }
    }

    pub fn state(&self) -> Result<Option<ClusterState>, Error> {
        self.read("state.json")
    }

    pub fn set_state(&self, state: &ClusterState) -> Result<(), Error> {
        self.write("state.json", state)
    }

    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| Error::Damaged(format!("{} is damaged: {e}", path.display()))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::File { what: "cannot read", path, source: e }),
        }
    }

    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|e| Error::Damaged(e.to_string()))?;
        self.write_bytes(name, &bytes)
    }

    fn write_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::file("cannot make the directory", parent))?;
            fs::set_permissions(&self.root, fs::Permissions::from_mode(0o711))
                .map_err(Error::file("cannot protect", &self.root))?;
        }
        replace(&path, bytes, 0o600)
    }
}

/// Replaces a file atomically: written beside it, synced, renamed, the directory synced.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    replace_with(path, bytes, mode, |_| Ok(()))
}

/// Like [`replace`], with a last touch (such as the owner) on the file before it gets its name.
pub fn replace_with(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    finish: impl FnOnce(&fs::File) -> Result<(), Error>,
) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = parent.join(format!(".{name}.quorate-{}-{:?}", std::process::id(), std::thread::current().id()));
    let written = (|| {
        let _ = fs::remove_file(&temporary);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(Error::file("cannot write", &temporary))?;
        file.write_all(bytes).map_err(Error::file("cannot write", &temporary))?;
        file.set_permissions(fs::Permissions::from_mode(mode)).map_err(Error::file("cannot protect", &temporary))?;
        finish(&file)?;
        file.sync_all().map_err(Error::file("cannot sync", &temporary))?;
        fs::rename(&temporary, path).map_err(Error::file("cannot replace", path))
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    if let Ok(directory) = fs::File::open(parent) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (PathBuf, Store) {
        let dir = std::env::temp_dir().join(format!(
            "quorate-store-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let _ = fs::remove_dir_all(&dir);
        (dir.clone(), Store::new(dir))
    }

    #[test]
    fn the_first_note_of_what_was_before_stays() {
        let (dir, store) = store();
        store.own("demo", "file:/x", || Ok(Before::Nothing)).unwrap();
        store.own("demo", "file:/x", || Ok(Before::Present)).unwrap();
        assert_eq!(
            store.manifest().unwrap().unwrap().entries,
            vec![Entry { key: "file:/x".into(), before: Before::Nothing, left: None }]
        );
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_stronger_debt_stays_until_it_is_settled() {
        let (dir, store) = store();
        store.owe("a.service", UnitEffect::Restart).unwrap();
        store.owe("a.service", UnitEffect::Reload).unwrap();
        assert_eq!(store.debts().unwrap()["a.service"], UnitEffect::Restart);
        store.settle("a.service").unwrap();
        assert!(store.debts().unwrap().is_empty());
        fs::remove_dir_all(dir).unwrap();
    }
}
