//! System accounts without login.

use wire::Difference;

use crate::command;
use crate::error::Error;
use crate::store::{Before, Store};

pub fn observe(name: &str) -> Difference {
    let known =
        std::fs::read_to_string("/etc/passwd").unwrap_or_default().lines().any(|l| l.split(':').next() == Some(name));
    if known { Difference::None } else { Difference::Missing }
}

pub fn apply(store: &Store, cluster: &str, name: &str) -> Result<(), Error> {
    store.own(cluster, &format!("user:{name}"), || Ok(Before::Nothing))?;
    let args = [
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ];
    match command::succeed("useradd", &args, command::SHORT) {
        // Another step of the same run was quicker.
        Err(_) if observe(name) == Difference::None => Ok(()),
        outcome => outcome.map(|_| ()),
    }
}
