//! A filesystem on which nothing more can be written.
//!
//! The file lies at the root of the filesystem, where it is found again without a record of it, and where no engine
//! takes it for its own. It takes the blocks that are reserved for root too.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs, syncfs};
use rustix::io::Errno;
use wire::Note;

use super::{PREFIX, name, not_undone};
use crate::error::Error;
use crate::store::Store;

/// The most that is filled, in bytes. A drill is for a filesystem that holds an engine's data and little else; more
/// than this takes long, and is hardly meant.
const LARGEST: u64 = 4 << 30;
/// The first and the last amount that is asked for, in bytes: a block of the smallest usual size.
const STEPS: (u64, u64) = (1 << 30, 1 << 10);

/// Refuses a directory whose filesystem must not be filled. Returns the file that will fill it, and its device.
pub fn check(store: &Store, directory: &Path, id: &str) -> Result<(PathBuf, u64), Error> {
    let device = |path: &Path| fs::metadata(path).map(|m| m.dev()).map_err(Error::file("cannot look at", path));
    let mount = mount_of(directory)?;
    let note = |code: Note| Error::Noted(code.with("directory", directory.display()).with("mount", mount.display()));
    let shared = ["/", "/etc", "/run", "/tmp", "/var/log"].map(Path::new);
    let state = store.root().ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    let ours = device(&mount)?;
    if shared.into_iter().chain([state]).any(|path| device(path).is_ok_and(|d| d == ours)) {
        return Err(note(Note::new("fault-fill-shared")));
    }
    let free = free(&mount)?;
    if free > LARGEST {
        return Err(note(Note::new("fault-fill-large").with("free", free >> 20).with("most", LARGEST >> 20)));
    }
    Ok((mount.join(format!(".{}", name(id))), ours))
}

/// The root of the filesystem that a directory is on, as it is mounted.
fn mount_of(directory: &Path) -> Result<PathBuf, Error> {
    let look = |path: &Path| fs::metadata(path).map_err(Error::file("cannot look at", path));
    let mut mount = fs::canonicalize(directory).map_err(Error::file("cannot look at", directory))?;
    let device = look(&mount)?.dev();
    while let Some(parent) = mount.parent().map(Path::to_owned) {
        if look(&parent)?.dev() != device {
            break;
        }
        mount = parent;
    }
    Ok(mount)
}

fn free(mount: &Path) -> Result<u64, Error> {
    let state = statvfs(mount).map_err(|e| Error::file("cannot look at", mount)(e.into()))?;
    Ok(state.f_bfree.saturating_mul(state.f_frsize))
}

/// Takes all that is left.
pub fn fill(path: &Path) -> Result<(), Error> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::file("cannot write", path))?;
    let (mut step, last) = STEPS;
    let mut end = 0;
    loop {
        match fallocate(&file, FallocateFlags::empty(), end, step) {
            Ok(()) => end += step,
            Err(Errno::NOSPC | Errno::DQUOT) if step == last => return Ok(()),
            Err(Errno::NOSPC | Errno::DQUOT) => step /= 2,
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP) => return write_all(&mut file).map_err(Error::file("cannot fill", path)),
            Err(error) => return Err(Error::file("cannot fill", path)(error.into())),
        }
    }
}

/// For filesystems that cannot promise space.
fn write_all(file: &mut File) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    loop {
        match file.write_all(&zeros).and_then(|()| file.sync_data()) {
            Err(e) if e.kind() == ErrorKind::StorageFull || e.kind() == ErrorKind::QuotaExceeded => return Ok(()),
            other => other?,
        }
    }
}

/// Gives the space back, and sees it given.
pub fn empty(path: &Path) -> Result<(), Error> {
    // Looked for first: where nothing may be written, removing fails even if there is nothing.
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        _ => fs::remove_file(path).map_err(Error::file("cannot remove", path))?,
    }
    // Some filesystems give freed blocks out again only once the removal is safe on disk.
    if let Some(directory) = path.parent().and_then(|p| File::open(p).ok()) {
        let _ = syncfs(&directory);
    }
    if path.exists() { Err(not_undone(path.display())) } else { Ok(()) }
}

/// Removes the file of this fault wherever it may be.
pub fn empty_all(id: &str) -> Result<(), Error> {
    let name = format!(".{}", name(id));
    left().iter().filter(|p| p.file_name().is_some_and(|n| *n == *name)).try_for_each(|p| empty(p))
}

/// The files of all faults, on every filesystem of this host that has a disk or memory under it.
pub fn left() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let files = mounts.lines().filter_map(mount_point).flat_map(|m| fs::read_dir(m).into_iter().flatten().flatten());
    let ours = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&format!(".{PREFIX}")));
    let mut left: Vec<PathBuf> = files.map(|e| e.path()).filter(ours).collect();
    left.sort();
    left.dedup();
    left
}

/// Where a line of mountinfo (proc(5)) says that a filesystem is mounted; `None` for those that could not be filled,
/// and for those over a network, which may not answer.
fn mount_point(line: &str) -> Option<PathBuf> {
    let (left, right) = line.split_once(" - ")?;
    let mut right = right.split(' ');
    let (kind, source) = (right.next()?, right.next()?);
    if !source.starts_with("/dev/") && !["tmpfs", "zfs", "btrfs", "overlay"].contains(&kind) {
        return None;
    }
    let point = left.split(' ').nth(4)?;
    Some(PathBuf::from(point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_filesystem_is_never_filled() {
        let store = Store::new("/var/lib/quorate");
        let error = check(&store, Path::new("/usr"), "one").unwrap_err().note();
        assert_eq!(error.code, "fault-fill-shared");
        assert_eq!(error.args["mount"], "/");
        assert!(check(&store, Path::new("/does/not/exist"), "one").is_err());
    }

    #[test]
    fn only_filesystems_of_this_host_are_searched() {
        let line =
            |point: &str, rest: &str| mount_point(&format!("35 24 8:3 / {point} rw,noatime shared:9 - {rest} rw"));
        assert_eq!(line("/var/lib/my\\040sql", "ext4 /dev/vdb"), Some("/var/lib/my sql".into()));
        assert_eq!(line("/run", "tmpfs tmpfs"), Some("/run".into()));
        assert_eq!(line("/mnt", "nfs4 server:/share"), None);
        assert_eq!(line("/proc", "proc proc"), None);
    }
}
