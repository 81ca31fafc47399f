//! Whole files and directories, with owner and mode.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::unistd::{Gid, Uid};
use secret::Secret;
use wire::Difference;

use super::{change, differs};
use crate::error::Error;
use crate::names;
use crate::store::{self, Before, Store};

/// Contents above this size are compared but not shown.
const SHOWN: usize = 256 << 10;

/// `owner:group` of a path, by name where there is one.
pub fn owner_of(metadata: &fs::Metadata) -> (String, String) {
    let owner = names::name(names::ACCOUNTS, metadata.uid());
    let group = names::name(names::GROUPS, metadata.gid());
    (owner.unwrap_or_else(|| metadata.uid().to_string()), group.unwrap_or_else(|| metadata.gid().to_string()))
}

/// Gives an open file to an account.
pub fn set_owner(file: &fs::File, owner: &str, group: &str) -> Result<(), Error> {
    let (uid, gid) = ids(owner, group)?;
    nix::unistd::fchown(file, Some(uid), Some(gid))
        .map_err(|e| Error::Damaged(format!("cannot give a file to {owner}:{group}: {e}")))
}

fn ids(owner: &str, group: &str) -> Result<(Uid, Gid), Error> {
    let number = |list: &str, name: &str| name.parse().ok().or_else(|| names::number(list, name));
    let uid = number(names::ACCOUNTS, owner)
        .ok_or_else(|| Error::Damaged(format!("the account {owner} does not exist on this host")))?;
    let gid = number(names::GROUPS, group)
        .ok_or_else(|| Error::Damaged(format!("the group {group} does not exist on this host")))?;
    Ok((Uid::from_raw(uid), Gid::from_raw(gid)))
}

pub fn observe(path: &Path, content: &str, owner: &str, group: &str, mode: u32) -> Result<Difference, Error> {
    let Some(metadata) = metadata(path)? else { return Ok(Difference::Missing) };
    let present = fs::read(path).map_err(Error::file("cannot read", path))?;
    let mut changes = Vec::new();
    if present != content.as_bytes() {
        let shown = if present.len() > SHOWN {
            format!("({} bytes)\n", present.len())
        } else {
            String::from_utf8_lossy(&present).into_owned()
        };
        changes.push(change("content", shown, content));
    }
    changes.extend(attributes(&metadata, owner, group, mode));
    Ok(differs(changes))
}

/// Compares a file that holds a secret: neither what it holds nor what it must is ever shown.
pub fn observe_secret(
    path: &Path,
    secret: Option<&Secret>,
    owner: &str,
    group: &str,
    mode: u32,
) -> Result<Difference, Error> {
    let Some(metadata) = metadata(path)? else { return Ok(Difference::Missing) };
    let present = fs::read(path).map_err(Error::file("cannot read", path))?;
    let present = String::from_utf8(present).ok().map(Secret::new);
    let mut changes = Vec::new();
    if present.as_ref() != secret {
        changes.push(change("content", "another", "the cluster's"));
    }
    changes.extend(attributes(&metadata, owner, group, mode));
    Ok(differs(changes))
}

pub fn observe_directory(path: &Path, owner: &str, group: &str, mode: u32) -> Result<Difference, Error> {
    let Some(metadata) = metadata(path)? else { return Ok(Difference::Missing) };
    if !metadata.is_dir() {
        return Err(Error::Damaged(format!("{} is in the way: it is not a directory", path.display())));
    }
    Ok(differs(attributes(&metadata, owner, group, mode)))
}

/// Compares only owner and mode: for files whose content is not to be compared as text.
pub fn observe_attributes(path: &Path, owner: &str, mode: u32) -> Result<Difference, Error> {
    let Some(metadata) = metadata(path)? else { return Ok(Difference::Missing) };
    let (_, group) = owner_of(&metadata);
    Ok(differs(attributes(&metadata, owner, &group, mode)))
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file("cannot look at", path)(e)),
    }
}

fn attributes(metadata: &fs::Metadata, owner: &str, group: &str, mode: u32) -> Vec<wire::Change> {
    let mut changes = Vec::new();
    let (now_owner, now_group) = owner_of(metadata);
    if (now_owner.as_str(), now_group.as_str()) != (owner, group) {
        changes.push(change("owner", format!("{now_owner}:{now_group}"), format!("{owner}:{group}")));
    }
    let now_mode = metadata.mode() & 0o7777;
    if now_mode != mode {
        changes.push(change("mode", format!("{now_mode:04o}"), format!("{mode:04o}")));
    }
    changes
}

pub fn apply(
    store: &Store,
    cluster: &str,
    path: &Path,
    content: &[u8],
    owner: &str,
    group: &str,
    mode: u32,
) -> Result<(), Error> {
    note_before(store, cluster, &format!("file:{}", path.display()), path)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::file("cannot make the directory", parent))?;
    }
    store::replace_with(path, content, mode, |file| set_owner(file, owner, group))
}

/// Notes in the manifest what lay at a path, and keeps its content.
pub fn note_before(store: &Store, cluster: &str, key: &str, path: &Path) -> Result<(), Error> {
    store.own(cluster, key, || {
        let Some(metadata) = metadata(path)? else { return Ok(Before::Nothing) };
        let (owner, group) = owner_of(&metadata);
        let sha256 = store.keep(&fs::read(path).map_err(Error::file("cannot read", path))?)?;
        Ok(Before::File { sha256, mode: metadata.mode() & 0o7777, owner, group })
    })
}

pub fn apply_directory(
    store: &Store,
    cluster: &str,
    path: &Path,
    owner: &str,
    group: &str,
    mode: u32,
) -> Result<(), Error> {
    store.own(cluster, &format!("directory:{}", path.display()), || {
        Ok(match metadata(path)? {
            None => Before::Nothing,
            Some(metadata) => {
                let (owner, group) = owner_of(&metadata);
                Before::Directory { mode: metadata.mode() & 0o7777, owner, group }
            }
        })
    })?;
    fs::create_dir_all(path).map_err(Error::file("cannot make the directory", path))?;
    set_attributes(path, owner, group, mode)
}

/// Gives a directory this owner and mode.
pub fn set_attributes(path: &Path, owner: &str, group: &str, mode: u32) -> Result<(), Error> {
    let directory = fs::File::open(path).map_err(Error::file("cannot open", path))?;
    set_owner(&directory, owner, group)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::file("cannot protect", path))
}

pub fn write_flag(path: &Path, content: &str) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::file("cannot make the directory", parent))?;
    }
    store::replace(path, content.as_bytes(), 0o644)
}
