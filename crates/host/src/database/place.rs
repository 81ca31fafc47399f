//! The data directory's identity: a directory that was made anew is another one.

use std::fs;
use std::io::Write;
use std::path::Path;

use wire::replication::DATA_FILE;

use super::instance;
use crate::error::Error;

/// What every data directory of MariaDB holds.
const SYSTEM: &str = "mysql";

/// The identity of the data, given now if they have none; `None` where there are no data.
pub fn identity(data: &Path) -> Option<String> {
    match fs::read_to_string(data.join(DATA_FILE)) {
        Ok(identity) if !identity.trim().is_empty() => Some(identity.trim().to_owned()),
        Ok(_) | Err(_) if data.join(SYSTEM).is_dir() => mark(data).ok(),
        Ok(_) | Err(_) => None,
    }
}

/// Gives the directory a new identity, on disk when this returns.
pub fn mark(data: &Path) -> Result<String, Error> {
    let identity = instance::random()?;
    let (path, aside) = (data.join(DATA_FILE), data.join(format!("{DATA_FILE}.new")));
    let write = || {
        let mut file = fs::File::create(&aside)?;
        file.write_all(identity.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        fs::File::open(data)?.sync_all()
    };
    write().map_err(Error::file("writing", path.clone()))?;
    Ok(identity)
}

/// Less than this free is none, in bytes: what a page or a piece of the log needs is more.
const ROOM: u64 = 1 << 20;

/// Whether nothing more can be written where the data are. Where that cannot be told it is not taken for so.
pub fn full(data: &Path) -> bool {
    rustix::fs::statvfs(data).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM)
}
