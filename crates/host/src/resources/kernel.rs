//! Kernel settings, live.

use std::fs;
use std::path::PathBuf;

use wire::Difference;

use super::{change, differs};
use crate::error::Error;
use crate::store::{Before, Store};

fn path(key: &str) -> PathBuf {
    PathBuf::from("/proc/sys").join(key.replace('.', "/"))
}

fn read(key: &str) -> Result<String, Error> {
    let path = path(key);
    let text = fs::read_to_string(&path).map_err(Error::file("cannot read the kernel setting", path))?;
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

pub fn observe(key: &str, value: &str) -> Result<Difference, Error> {
    let now = read(key)?;
    Ok(if now == value { Difference::None } else { differs(vec![change("value", now, value)]) })
}

pub fn apply(store: &Store, cluster: &str, key: &str, value: &str) -> Result<(), Error> {
    store.own(cluster, &format!("sysctl:{key}"), || Ok(Before::Value { text: read(key)? }))?;
    set(key, value)
}

/// Sets the live value.
pub fn set(key: &str, value: &str) -> Result<(), Error> {
    let path = path(key);
    fs::write(&path, value).map_err(Error::file("cannot set the kernel setting", path))
}
