//! The program itself, at a fixed path for units to run: a link to the helper that is running now.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use wire::{Difference, PROGRAM};

use super::{change, differs};
use crate::error::Error;
use crate::store::{Before, Store};

fn running() -> Result<PathBuf, Error> {
    fs::read_link("/proc/self/exe").map_err(Error::file("cannot read", "/proc/self/exe"))
}

pub fn observe() -> Result<Difference, Error> {
    let running = running()?;
    Ok(match fs::read_link(PROGRAM) {
        Ok(target) if target == running => Difference::None,
        Ok(target) => differs(vec![change("program", target.display(), running.display())]),
        Err(_) if Path::new(PROGRAM).exists() => differs(vec![change("program", "a file", running.display())]),
        Err(_) => Difference::Missing,
    })
}

pub fn apply(store: &Store, cluster: &str) -> Result<(), Error> {
    store.own(cluster, &format!("program:{PROGRAM}"), || Ok(Before::Nothing))?;
    let path = Path::new(PROGRAM);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::file("cannot make the directory", parent))?;
    }
    let temporary = path.with_extension("new");
    let _ = fs::remove_file(&temporary);
    symlink(running()?, &temporary).map_err(Error::file("cannot link", &temporary))?;
    fs::rename(&temporary, path).map_err(Error::file("cannot replace", path))
}
