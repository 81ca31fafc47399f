//! The table in which Galera's members agree on one writer: `quorate.writer`, one row.
//!
//! Each statement is one transaction that Galera certifies on all members: of two that name the same epoch, at most
//! one changes the row.

use super::sql::{Session, Trouble, literal};

/// The agreement as this member has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    /// Who writes; empty before the first claim.
    pub host: String,
    /// Counts the claims.
    pub epoch: u64,
    /// Counts the writer's signs of life, over all epochs.
    pub beat: u64,
}

/// The row as this member has it, which may be a moment behind the group.
pub fn read(session: &mut Session) -> Result<Option<Writer>, Trouble> {
    let row = session.first::<(String, u64, u64)>("SELECT host, epoch, beat FROM quorate.writer WHERE id = 1")?;
    Ok(row.map(|(host, epoch, beat)| Writer { host, epoch, beat }))
}

/// Makes a session fit for [`claim`] and [`beat`]: one that meets the row's lock gives up soon instead of queueing.
pub fn prepare(session: &mut Session) -> Result<(), Trouble> {
    session.change("SET SESSION innodb_lock_wait_timeout = 1").map(|_| ())
}

/// Names `host` the writer, if the row is still at this epoch and beat; whether it was. A beat that came in between
/// is a sign of life of the writer that was to be replaced.
pub fn claim(session: &mut Session, host: &str, epoch: u64, beat: u64) -> Result<bool, Trouble> {
    let host = literal(host);
    let changed = session.change(&format!(
        "UPDATE quorate.writer SET host = {host}, epoch = epoch + 1, beat = beat + 1 \
         WHERE id = 1 AND epoch = {epoch} AND beat = {beat}"
    ))?;
    Ok(changed == 1)
}

/// The writer's sign of life, and its proof that a write is acknowledged; `false` when it is no longer the writer.
pub fn beat(session: &mut Session, host: &str, epoch: u64) -> Result<bool, Trouble> {
    let host = literal(host);
    let changed = session.change(&format!(
        "UPDATE quorate.writer SET beat = beat + 1 WHERE id = 1 AND epoch = {epoch} AND host = {host}"
    ))?;
    Ok(changed == 1)
}
