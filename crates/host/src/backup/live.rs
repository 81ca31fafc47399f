//! The server that is backed up: the local one, over the root's socket.

use std::path::PathBuf;
use std::time::Duration;

use backup::Standing;

use crate::error::Error;
use crate::probes::galera::{Standing as Membership, Status};
use crate::probes::{Session, Trouble, literal, writer};

/// What a statement here may take.
const LIMIT: Duration = Duration::from_secs(60);

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self::Noted(trouble.note())
    }
}

pub(super) fn session() -> Result<Session, Error> {
    Ok(Session::open(LIMIT)?)
}

/// Whether the local server has the data, and whether clients write to it. A server that does not answer has neither.
pub(super) fn standing(host: &str) -> Standing {
    read_standing(host).unwrap_or(Standing { serves: false, writes: false })
}

fn read_standing(host: &str) -> Result<Standing, Trouble> {
    let mut session = Session::open(Duration::from_secs(2))?;
    if session.first::<u8>("SELECT @@GLOBAL.wsrep_on")? != Some(1) {
        return Ok(Standing { serves: true, writes: session.writable()? });
    }
    let status = Status::read(&mut session)?;
    let serves = status.primary && status.ready && status.standing == Membership::Synced;
    let row = writer::read(&mut session).ok().flatten();
    Ok(Standing { serves, writes: row.is_some_and(|r| r.host == host) })
}

/// The server's version, such as `10.11.19-MariaDB`.
pub(super) fn version(session: &mut Session) -> Result<String, Error> {
    Ok(session.first::<String>("SELECT VERSION()")?.unwrap_or_default())
}

/// Writes the row that must be there after restoring; `false` where the server takes no writes.
pub(super) fn write_canary(session: &mut Session, name: &str) -> Result<bool, Error> {
    if !session.writable()? {
        return Ok(false);
    }
    session.change("CREATE DATABASE IF NOT EXISTS quorate")?;
    session.change(
        "CREATE TABLE IF NOT EXISTS quorate.backup_canary (name VARCHAR(96) PRIMARY KEY, at TIMESTAMP NOT NULL \
         DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB",
    )?;
    session.change("DELETE FROM quorate.backup_canary WHERE at < NOW() - INTERVAL 90 DAY")?;
    session.change(&format!("INSERT INTO quorate.backup_canary (name) VALUES ({})", literal(name)))?;
    Ok(true)
}

/// The closed binary logs and the one that is being written, oldest first; `None` where the server writes none.
pub(super) fn binlogs(session: &mut Session) -> Result<Option<Vec<PathBuf>>, Error> {
    let base: Option<(u8, Option<String>)> = session.first("SELECT @@log_bin, @@log_bin_basename")?;
    let Some((1, Some(base))) = base else { return Ok(None) };
    let base = PathBuf::from(base);
    let rows: Vec<(String, u64)> = session.rows("SHOW BINARY LOGS")?;
    Ok(Some(rows.into_iter().map(|(name, _)| base.with_file_name(name)).collect()))
}

/// Begins a new binary log. Only here: other members have their own.
pub(super) fn flush_binlogs(session: &mut Session) -> Result<(), Error> {
    session.change("FLUSH LOCAL BINARY LOGS")?;
    Ok(())
}
