//! Receiving a copy: into a directory of its own, made ready to be started from there.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};
use std::time::Duration;

use failover::Position;
use rustls::StreamOwned;

use super::frames::{End, Head, hear, take};
use super::{Donor, NEW, OLD, POSITION, Trust};
use crate::command;
use crate::database::place;
use crate::error::Error;

const CONNECT: Duration = Duration::from_secs(3);
/// For the next piece; the donor's server may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// For the copy's own recovery.
const PREPARE: Duration = Duration::from_secs(3600);
/// What must stay free beside the copy.
const SPARE: u64 = 64 << 20;
/// Where mariabackup says how far the copy's log goes; the first name is that of newer versions.
const INFO: [&str; 2] = ["mariadb_backup_binlog_info", "xtrabackup_binlog_info"];

/// Receives a copy beside the data; the directory in which it is ready.
pub fn receive(donor: &Donor, trust: &Trust, data: &Path) -> Result<PathBuf, Error> {
    let new = data.join(NEW);
    clear(&new)?;
    // Only the last one is kept, and the copy needs the room.
    clear(&data.join(OLD))?;
    fs::create_dir(&new).map_err(Error::file("creating", new.clone()))?;
    let received = fetch(donor, trust, &new).and_then(|()| ready(&new, data));
    if let Err(error) = received {
        let _ = clear(&new);
        return Err(error);
    }
    Ok(new)
}

fn fetch(donor: &Donor, trust: &Trust, new: &Path) -> Result<(), Error> {
    let failed = |e: io::Error| Error::Damaged(format!("a copy from {} at {}: {e}", donor.host, donor.address));
    let connect = || -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&donor.address, CONNECT)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    };
    let stream = connect().map_err(failed)?;
    let mut tls = StreamOwned::new(trust.receiver(donor.address.ip())?, stream);
    tls.write_all(&[0]).and_then(|()| tls.flush()).map_err(failed)?;
    match hear(&mut tls).map_err(failed)? {
        Head::Coming { bytes } => room(new, bytes)?,
        Head::Refused(why) => return Err(failed(io::Error::other(why))),
    }
    match unpack(&mut tls, new).map_err(failed)? {
        End::Whole => Ok(()),
        End::Failed(why) => Err(failed(io::Error::other(why))),
    }
}

/// Refuses a copy that would fill the disk under the data.
fn room(directory: &Path, bytes: u64) -> Result<(), Error> {
    let disk = rustix::fs::statvfs(directory)
        .map_err(|e| Error::file("asking for free space at", directory)(io::Error::from(e)))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = bytes.saturating_add(bytes / 10).saturating_add(SPARE);
    if free >= needed {
        return Ok(());
    }
    let (free, needed, place) = (free >> 20, needed >> 20, directory.display());
    Err(Error::Damaged(format!("a copy needs {needed} MiB at {place}, and {free} MiB are free")))
}

fn unpack(from: &mut impl Read, new: &Path) -> io::Result<End> {
    let mut child = Command::new("mbstream")
        .arg("-x")
        .arg("-C")
        .arg(new)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let words = last_words(child.stderr.take());
    let mut stdin = child.stdin.take();
    let mut buffer = Vec::new();
    let received = loop {
        match take(from, &mut buffer) {
            Ok([]) => break hear(from),
            Ok(piece) => {
                if let Err(e) = stdin.as_mut().map_or(Ok(()), |to| to.write_all(piece)) {
                    break Err(e);
                }
            }
            Err(e) => break Err(e),
        }
    };
    drop(stdin);
    let status = child.wait()?;
    let words = words();
    let end =
        received.map_err(|e| if words.is_empty() { e } else { io::Error::other(format!("{e}; mbstream: {words}")) })?;
    if !status.success() {
        return Err(io::Error::other(format!("mbstream: {words}")));
    }
    Ok(end)
}

/// Makes a received copy startable: recovered, with its position and identity, and the server's own.
fn ready(new: &Path, data: &Path) -> Result<(), Error> {
    let target = format!("--target-dir={}", new.display());
    command::succeed("mariabackup", &["--prepare", &target], PREPARE)?;
    let info = INFO.iter().find_map(|name| fs::read_to_string(new.join(name)).ok()).unwrap_or_default();
    let position =
        gtid(&info).ok_or_else(|| Error::Damaged("the copy does not say how far its log goes".to_owned()))?;
    let path = new.join(POSITION);
    fs::write(&path, position.to_string()).map_err(Error::file("writing", path))?;
    place::mark(new)?;
    // By them Debian's packages know which version the data are of.
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "mysql_upgrade_info" || (name.starts_with("debian-") && name.ends_with(".flag")) {
            let _ = fs::copy(entry.path(), new.join(&name));
        }
    }
    let owner = fs::metadata(data).map_err(Error::file("looking at", data))?;
    own(new, &owner).map_err(Error::file("giving to the server", new))?;
    rustix::fs::sync();
    Ok(())
}

fn own(path: &Path, like: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, lchown};
    lchown(path, Some(like.uid()), Some(like.gid()))?;
    if path.symlink_metadata()?.is_dir() {
        for entry in fs::read_dir(path)? {
            own(&entry?.path(), like)?;
        }
    }
    Ok(())
}

/// The third field of mariabackup's line: file, offset, GTID.
fn gtid(info: &str) -> Option<Position> {
    info.lines().next()?.split('\t').nth(2)?.trim().parse().ok()
}

fn clear(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::file("clearing", directory)(e)),
        _ => Ok(()),
    }
}

/// The end of what a program says on its error output, gathered on a thread of its own.
pub(super) fn last_words(pipe: Option<ChildStderr>) -> impl FnOnce() -> String {
    const KEPT: usize = 4096;
    let reader = pipe.map(|mut pipe| {
        std::thread::spawn(move || {
            let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
                kept.drain(..kept.len().saturating_sub(KEPT));
            }
            let text = String::from_utf8_lossy(&kept).into_owned();
            let tail: Vec<_> = text.trim().lines().rev().take(4).collect();
            tail.into_iter().rev().collect::<Vec<_>>().join("; ")
        })
    });
    move || reader.and_then(|r| r.join().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copys_position_is_read() {
        assert_eq!(gtid("bin.000003\t1512\t0-2-12\n"), Some(Position::at(2, 12)));
        assert_eq!(gtid("bin.000003\t1512\n"), None);
        assert_eq!(gtid(""), None);
    }

    #[test]
    fn a_copy_that_does_not_fit_is_refused_before_it_comes() {
        let directory = std::env::temp_dir();
        assert!(room(&directory, 0).is_ok());
        let error = room(&directory, 1 << 60).unwrap_err().to_string();
        assert!(error.contains("MiB are free"), "{error}");
    }
}
