//! Putting a copy in the place of the data, entry by entry, since the directory itself may be a mount point.
//!
//! A marker says how far it has got, so that a swap that was interrupted is brought to its end before the server is
//! started: the old data go out, then the new ones come in.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::{NEW, OLD};
use crate::error::Error;

const MARKER: &str = "quorate-swap";
/// The marker, while it is written.
const ASIDE: &str = "quorate-swap.new";
/// What belongs to the disk, not to the data.
const DISK: &str = "lost+found";

const OUT: &str = "out";
const IN: &str = "in";

/// Puts the copy in `new` in the place of `data`, whose server is stopped; the old data lie in `.quorate-old` then.
pub fn replace(new: &Path, data: &Path) -> Result<(), Error> {
    swap(new, data).map_err(Error::file("replacing the data in", data))
}

/// Ends what was interrupted.
pub fn repair(data: &Path) -> Result<(), Error> {
    resume(data).map_err(Error::file("repairing the data in", data))
}

fn swap(new: &Path, data: &Path) -> io::Result<()> {
    debug_assert_eq!(new, data.join(NEW));
    mark(data, OUT)?;
    resume(data)
}

fn resume(data: &Path) -> io::Result<()> {
    let marker = data.join(MARKER);
    let phase = match fs::read_to_string(&marker) {
        Ok(phase) => phase,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let (new, old) = (data.join(NEW), data.join(OLD));
    if phase == OUT {
        fs::create_dir_all(&old)?;
        move_all(data, &old)?;
        sync(&old)?;
        mark(data, IN)?;
    }
    if new.exists() {
        move_all(&new, data)?;
        fs::remove_dir(&new)?;
    }
    sync(data)?;
    fs::remove_file(&marker)?;
    sync(data)
}

fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if ![NEW, OLD, MARKER, ASIDE, DISK].iter().any(|kept| name == *kept) {
            fs::rename(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

fn mark(data: &Path, phase: &str) -> io::Result<()> {
    let aside = data.join(ASIDE);
    fs::write(&aside, phase)?;
    File::open(&aside)?.sync_all()?;
    fs::rename(&aside, data.join(MARKER))?;
    sync(data)
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("quorate-swap-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join(NEW).join("mysql")).unwrap();
            fs::create_dir_all(path.join("mysql")).unwrap();
            fs::create_dir_all(path.join(DISK)).unwrap();
            fs::write(path.join("ibdata1"), "old").unwrap();
            fs::write(path.join("only-old"), "old").unwrap();
            fs::write(path.join(NEW).join("ibdata1"), "new").unwrap();
            Self(path)
        }

        fn check(&self) {
            assert_eq!(fs::read_to_string(self.0.join("ibdata1")).unwrap(), "new");
            assert_eq!(fs::read_to_string(self.0.join(OLD).join("ibdata1")).unwrap(), "old");
            assert!(self.0.join(OLD).join("only-old").exists() && !self.0.join("only-old").exists());
            assert!(self.0.join("mysql").is_dir() && self.0.join(OLD).join("mysql").is_dir());
            assert!(!self.0.join(NEW).exists() && !self.0.join(MARKER).exists() && self.0.join(DISK).exists());
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_copy_takes_the_datas_place_and_the_old_ones_are_kept() {
        let dir = Dir::new("whole");
        replace(&dir.0.join(NEW), &dir.0).unwrap();
        dir.check();
        repair(&dir.0).unwrap();
        dir.check();
    }

    #[test]
    fn a_swap_that_was_interrupted_anywhere_is_brought_to_its_end() {
        // Before anything moved; with half of the old data out; with all out and half of the new ones in.
        for cut in 0..3 {
            let dir = Dir::new(&format!("cut{cut}"));
            let (data, old) = (dir.0.clone(), dir.0.join(OLD));
            mark(&data, OUT).unwrap();
            fs::create_dir_all(&old).unwrap();
            if cut > 0 {
                fs::rename(data.join("ibdata1"), old.join("ibdata1")).unwrap();
            }
            if cut > 1 {
                move_all(&data, &old).unwrap();
                mark(&data, IN).unwrap();
                fs::rename(data.join(NEW).join("ibdata1"), data.join("ibdata1")).unwrap();
            }
            repair(&data).unwrap();
            dir.check();
        }
    }

    #[test]
    fn without_a_marker_nothing_is_touched() {
        let dir = Dir::new("none");
        repair(&dir.0).unwrap();
        assert_eq!(fs::read_to_string(dir.0.join("ibdata1")).unwrap(), "old");
    }
}
