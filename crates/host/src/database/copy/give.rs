//! Giving a copy: to one of the other database hosts, one at a time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::StreamOwned;

use super::frames::{End, Head, PIECE, put, say};
use super::tls::{Trust, is_at};
use super::{NEW, OLD};
use crate::database::Site;
use crate::error::Error;
use crate::probes::{Session, Trouble};

/// For the other end to take a piece.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at what holds a backup up.
const LOOK: Duration = Duration::from_secs(1);

/// Only one is given at a time: a second one would slow the server down for its clients.
static GIVING: AtomicBool = AtomicBool::new(false);

struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        (!GIVING.swap(true, Ordering::AcqRel)).then_some(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        GIVING.store(false, Ordering::Release);
    }
}

/// Answers one connection. Blocking, for as long as the copy takes.
pub fn give(stream: TcpStream, trust: &Trust, site: &Site) -> Result<(), Error> {
    let failed = Error::file("giving a copy to", "another host");
    let peer = stream.peer_addr().map_err(failed)?.ip().to_canonical();
    if !site.others().any(|a| a == peer) {
        return Err(Error::Damaged(format!("{peer} asked for a copy of the data and is no database host")));
    }
    let through = || -> Result<Result<(), Error>, io::Error> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let connection = match trust.giver() {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let mut tls = StreamOwned::new(connection, stream);
        // The request is one byte: with it the handshake is done, and the other end is known.
        tls.read_exact(&mut [0])?;
        if !is_at(&tls.conn, peer) {
            return Ok(Err(Error::Damaged(format!("{peer} asked for a copy with another host's certificate"))));
        }
        let Some(_turn) = Turn::take() else {
            say(&mut tls, &Head::Refused("a copy is being given to another host".to_owned()))?;
            return Ok(Ok(()));
        };
        say(&mut tls, &Head::Coming { bytes: size(&site.data_dir) })?;
        let other_end = tls.sock.try_clone()?;
        other_end.set_read_timeout(Some(LOOK))?;
        let end = match backup(&mut tls, &other_end)? {
            Ok(()) => End::Whole,
            Err(why) => End::Failed(why),
        };
        put(&mut tls, &[])?;
        say(&mut tls, &end)?;
        tls.conn.send_close_notify();
        tls.flush()?;
        Ok(match end {
            End::Whole => Ok(()),
            End::Failed(why) => Err(Error::Damaged(format!("mariabackup: {why}"))),
        })
    };
    through().map_err(Error::file("giving a copy to", peer.to_string()))?
}

/// Sends mariabackup's stream; the inner error is mariabackup's, the outer one the connection's.
fn backup(to: &mut impl Write, other_end: &TcpStream) -> io::Result<Result<(), String>> {
    let mut child = Command::new("mariabackup")
        .args(["--backup", "--stream=mbstream", "--target-dir=/tmp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let words = super::receive::last_words(child.stderr.take());
    let out = child.stdout.take();
    let running = Mutex::new(Some(child.id()));
    let sent = std::thread::scope(|scope| {
        scope.spawn(|| attend(&running, other_end));
        let sent = out.map_or(Ok(()), |mut from| pump(&mut from, to));
        running.lock().unwrap_or_else(PoisonError::into_inner).take();
        sent
    });
    if sent.is_err() {
        end(&mut child);
    }
    let status = child.wait()?;
    let words = words();
    sent?;
    Ok(if status.success() { Ok(()) } else { Err(words) })
}

/// Ends the backup when nobody is there any more to take it, which it would notice only by what it sends; and what keeps it
/// waiting.
fn attend(running: &Mutex<Option<u32>>, other_end: &TcpStream) {
    loop {
        // Until the backup has ended, the other end has nothing to say but that it is gone.
        let quiet = other_end.peek(&mut [0]).is_err_and(|error| {
            // An agent that was stopped for a while and goes on hears the last one.
            matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
        });
        // It is waited for only after it was taken out here, so its number is its own.
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pid) = *running else { return };
        if !quiet {
            tracing::warn!("the host that asked for a copy is gone");
            let _ = i32::try_from(pid).map(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL));
            return;
        }
        drop(running);
        if let Err(trouble) = let_on() {
            tracing::warn!(%trouble, "nobody knows whether commits keep the backup waiting");
        }
    }
}

/// A backup waits for commits that have begun, and with `onReplicaLoss: block` those wait for a replica, which waits for the
/// backup. They are done, and their clients lose the connection and do not hear so. Longer ago than five seconds the host
/// on the record was given up, or this one was fenced: no other one may lead without them.
fn let_on() -> Result<(), Trouble> {
    let mut session = Session::open(PATIENCE)?;
    let waiting = "SELECT ID FROM information_schema.PROCESSLIST \
        WHERE STATE LIKE 'Waiting for semi-sync ACK%' AND TIME_MS > 5000 AND EXISTS \
        (SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for backup lock' AND INFO LIKE 'BACKUP STAGE%')";
    for id in session.column::<u64>(waiting)? {
        tracing::warn!(id, "a commit that waits for a replica keeps the backup for the replica waiting");
        match session.change(&format!("KILL HARD CONNECTION {id}")) {
            Ok(_) | Err(Trouble::Refused(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

fn pump(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            read => put(to, buffer.get(..read).unwrap_or_default())?,
        }
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
}

/// About how much a copy will be: everything but what other copies left.
fn size(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let one = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && name != NEW && name != OLD => size(&entry.path()),
            Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |m| m.len()),
            _ => 0,
        }
    };
    entries.flatten().map(one).sum()
}
