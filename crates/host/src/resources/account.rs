//! System accounts without login.

use std::sync::{Mutex, PoisonError};

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
    // Two steps may need one account. Two `useradd` at once both succeed, and the second gives it other numbers than
    // the first step has already given files to.
    static ADDING: Mutex<()> = Mutex::new(());
    let _one = ADDING.lock().unwrap_or_else(PoisonError::into_inner);
    if observe(name) == Difference::None {
        return Ok(());
    }
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
    command::succeed("useradd", &args, command::SHORT).map(|_| ())
}
