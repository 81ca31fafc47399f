//! A copy of the data from another host: made by mariabackup there while its server works, sent over mutual TLS from
//! agent to agent, made ready here, and put in the place of the old data, which are kept beside it.

mod frames;
mod give;
mod receive;
mod swap;
mod tls;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use failover::Position;

pub use give::give;
pub use receive::receive;
pub use swap::{repair, replace};
pub use tls::Trust;

use crate::error::Error;

/// Where a copy is received, inside the data directory, which may be a mount point.
const NEW: &str = ".quorate-new";
/// Where the data lie that the last copy replaced.
const OLD: &str = ".quorate-old";
/// How far a copy's data go; there until a source is followed from there on.
const POSITION: &str = "quorate-copied";

/// Who gives a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Donor {
    pub host: String,
    pub address: SocketAddr,
}

/// How far data go that were copied and have not followed anybody since.
pub fn position(data: &Path) -> Option<Position> {
    fs::read_to_string(data.join(POSITION)).ok()?.trim().parse().ok()
}

/// The copy's data go on from here by themselves.
pub fn settled(data: &Path) -> Result<(), Error> {
    let path = data.join(POSITION);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("removing", path)(e)),
        _ => Ok(()),
    }
}
