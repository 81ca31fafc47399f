//! Where labs and their shared roots live on this machine.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs2::FileExt;

use crate::Result;
use crate::error::IoContext;

const MACHINE_LOCK: &str = "/run/quorate-lab.lock";

/// The two directories that the lab owns. Tests use their own, so that they never meet somebody else's labs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// One directory per lab: state, keys, disks, console logs.
    pub state: PathBuf,
    /// The roots that labs are built on; worth keeping between runs.
    pub cache: PathBuf,
}

impl Site {
    /// `/var/lib/quorate-lab` and `/var/cache/quorate-lab`, unless `QUORATE_LAB_STATE` or `QUORATE_LAB_CACHE` say
    /// otherwise.
    pub fn from_env() -> Self {
        let path = |variable: &str, default: &str| {
            std::env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from)
        };
        Self {
            state: path("QUORATE_LAB_STATE", "/var/lib/quorate-lab"),
            cache: path("QUORATE_LAB_CACHE", "/var/cache/quorate-lab"),
        }
    }

    /// Held while a lab's name, subnet and bridge are chosen: two labs starting at once must not choose the same, also
    /// where their directories are different ones, for subnets and bridges are the machine's.
    pub(crate) fn lock(&self) -> Result<[File; 2]> {
        make_dir(&self.state, 0o755)?;
        let machine = Path::new(MACHINE_LOCK);
        let file = File::create(machine).doing("cannot create", machine)?;
        FileExt::lock_exclusive(&file).doing("cannot lock", machine)?;
        Ok([file, lock_dir(&self.state)?])
    }

    /// The directory of one lab.
    pub fn lab_dir(&self, name: &str) -> PathBuf {
        self.state.join(name)
    }

    /// The names of all labs that have a directory here, sorted; also those whose state is unreadable.
    pub fn lab_names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.state) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter(|e| e.path().is_dir()).filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::from_env()
    }
}

/// Creates a directory and its parents; the mode holds for those that are new.
pub(crate) fn make_dir(path: &Path, mode: u32) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).doing("cannot create the directory", path)
}

/// Waits for the exclusive lock of a directory; it is released when the returned file is dropped, or with the process.
pub(crate) fn lock_dir(path: &Path) -> Result<File> {
    loop {
        let file = File::open(path).doing("cannot open", path)?;
        FileExt::lock_exclusive(&file).doing("cannot lock", path)?;
        let held = file.metadata().doing("cannot look at", path)?;
        // While we waited the directory may have been removed, and made again by somebody else.
        match fs::metadata(path) {
            Ok(now) if (now.dev(), now.ino()) != (held.dev(), held.ino()) => {}
            other => return other.map(|_| file).doing("cannot look at", path),
        }
    }
}
