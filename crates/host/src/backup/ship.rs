//! Bringing closed binary logs to the target: between two backups they are what is lost with the host otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use backup::Binlog;
use wire::Note;

use super::context::{self, Context};
use super::{live, take};
use crate::error::Error;

/// Magic number of a binary log; behind it the first event begins with its time.
const MAGIC: [u8; 4] = [0xfe, b'b', b'i', b'n'];

/// Closes the present log and brings over all closed ones that are not there yet. Until when the logs are there now;
/// `None` where the server writes none.
pub(super) fn ship(context: &Context) -> Result<Option<i64>, Error> {
    let _turn = context::shipping()?;
    let mut session = live::session()?;
    if live::binlogs(&mut session)?.is_none() {
        return Ok(None);
    }
    live::flush_binlogs(&mut session)?;
    let logs = live::binlogs(&mut session)?.unwrap_or_default();
    drop(session);
    let there: BTreeSet<Binlog> = context.binlogs()?.into_iter().collect();
    let mut until = None;
    for pair in logs.windows(2) {
        let [log, next] = pair else { continue };
        // Let go by the server in the meantime: it was brought over before, or is lost.
        let (Ok((from_s, sequence)), Ok((to_s, _))) = (head(log), head(next)) else { continue };
        let binlog = Binlog { host: context.config.host.clone(), from_s, sequence, to_s };
        if !there.contains(&binlog) {
            let mut file = fs::File::open(log).map_err(Error::file("cannot open", log))?;
            take::seal_into(context, &binlog.object(), &mut file)?;
        }
        until = Some(to_s);
    }
    Ok(until)
}

/// When a log was begun, and its number.
fn head(path: &Path) -> Result<(i64, u32), Error> {
    let mut bytes = [0; 8];
    let mut file = fs::File::open(path).map_err(Error::file("cannot open", path))?;
    file.read_exact(&mut bytes).map_err(Error::file("cannot read", path))?;
    let [a, b, c, d, time @ ..] = bytes;
    let sequence = path.extension().and_then(|e| e.to_str()?.parse().ok());
    match sequence {
        Some(sequence) if [a, b, c, d] == MAGIC => Ok((i64::from(u32::from_le_bytes(time)), sequence)),
        _ => Err(Error::Noted(Note::new("backup-no-binlog").with("path", path.display()))),
    }
}
