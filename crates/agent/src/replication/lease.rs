//! The lease that this host holds, kept for the agent's next process: one that is started anew within its lease goes on
//! without its clients noticing.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use failover::Lease;
use serde::{Deserialize, Serialize};

/// Not kept beyond a boot, by whose clock it ends.
const FILE: &str = "/run/quorate/database-lease.json";

/// A lease with etcd's number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub lease: Lease,
    pub id: u64,
}

/// What an earlier process kept.
pub fn kept() -> Option<Held> {
    read(Path::new(FILE))
}

/// Keeps the lease, or forgets it.
pub fn keep(held: Option<Held>) {
    let path = Path::new(FILE);
    let done = match held {
        Some(held) => write(path, &held),
        None => fs::remove_file(path).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) }),
    };
    if let Err(error) = done {
        tracing::warn!(%error, file = FILE, "the lease is not kept");
        // An older one would say less than is so.
        let _ = fs::remove_file(path);
    }
}

fn read(path: &Path) -> Option<Held> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write(path: &Path, held: &Held) -> io::Result<()> {
    let aside = path.with_extension("new");
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(&serde_json::to_vec(held)?)?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lease_is_kept_for_root_alone() {
        let path = std::env::temp_dir().join(format!("quorate-lease-{}", std::process::id()));
        let held = Held { lease: Lease { epoch: 7, until: Duration::from_millis(1500), opened: true }, id: u64::MAX };
        write(&path, &held).unwrap();
        assert_eq!(read(&path), Some(held));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "{").unwrap();
        assert_eq!(read(&path), None);
        fs::remove_file(&path).unwrap();
    }
}
