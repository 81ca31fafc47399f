//! What is remembered of the last look at the target, for the probe.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wire::backup::{BackupStatus, STATUS};

use super::context::Context;
use super::take::now_s;
use crate::error::Error;
use crate::store;

fn read() -> Option<BackupStatus> {
    serde_json::from_slice(&fs::read(STATUS).ok()?).ok()
}

/// Notes what a piece of work came to, with a fresh look at the target.
pub(super) fn noted<T>(context: &Context, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let outcome = work();
    let trouble = outcome.as_ref().err().map(Error::note);
    // What could not be noted is told by the probe's age; the work's own outcome is what counts here.
    let _ = update(context, |status| status.trouble = trouble);
    outcome
}

/// Looks at the target and writes down what is there.
pub(super) fn update(context: &Context, change: impl FnOnce(&mut BackupStatus)) -> Result<(), Error> {
    let mut status = read().unwrap_or_else(|| BackupStatus { since_s: now_s(), ..BackupStatus::default() });
    change(&mut status);
    match context.backups() {
        Ok(backups) => {
            status.latest_s = backups.iter().map(|b| b.record.ended_s).max();
            status.verified_s = backups.iter().filter(|b| b.verified.is_some()).map(|b| b.record.ended_s).max();
        }
        Err(error) => status.trouble = status.trouble.or_else(|| Some(error.note())),
    }
    let path = Path::new(STATUS);
    let directory = path.parent().unwrap_or(Path::new(wire::STATE_DIR));
    fs::create_dir_all(directory).map_err(Error::file("cannot make the directory", directory))?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
        .map_err(Error::file("cannot open up", directory))?;
    let bytes = serde_json::to_vec_pretty(&status).map_err(|e| Error::Damaged(e.to_string()))?;
    store::replace(path, &bytes, 0o644)
}
