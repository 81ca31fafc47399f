//! The secrets of a host that makes backups: compared, never shown, and not kept when they are replaced.

use std::fs;
use std::path::Path;

use wire::Difference;
use wire::backup::Credentials;

use super::{change, differs, file};
use crate::error::Error;
use crate::store::{self, Before, Store};

const MODE: u32 = 0o600;

fn text(credentials: Option<&Credentials>) -> Result<String, Error> {
    let credentials =
        credentials.ok_or_else(|| Error::Damaged("the step came without the secrets that it installs".to_owned()))?;
    serde_json::to_string(credentials).map_err(|e| Error::Damaged(e.to_string()))
}

pub fn observe(path: &Path, credentials: Option<&Credentials>) -> Result<Difference, Error> {
    let wanted = text(credentials)?;
    let Ok(present) = fs::read_to_string(path) else { return Ok(Difference::Missing) };
    let mut changes = Vec::new();
    if present != wanted {
        changes.push(change("content", "other secrets", "the cluster's"));
    }
    if let Difference::Differs(attributes) = file::observe_attributes(path, "root", MODE)? {
        changes.extend(attributes);
    }
    Ok(differs(changes))
}

pub fn apply(store: &Store, cluster: &str, path: &Path, credentials: Option<&Credentials>) -> Result<(), Error> {
    // Taken back as a file that was not there before: whatever lay under this name, it was Quorate's.
    store.own(cluster, &format!("file:{}", path.display()), || Ok(Before::Nothing))?;
    store::replace_with(path, text(credentials)?.as_bytes(), MODE, |f| file::set_owner(f, "root", "root"))
}
