//! A database member that a full disk put out of its group.
//!
//! A Galera member that cannot write what the others have committed leaves the group; its server runs on, refuses
//! everybody, and joins again only when it is started anew. Seen with MariaDB 10.11 and Galera 26.4.

use super::not_undone;
use crate::error::Error;
use crate::probes::galera_position;
use crate::resources::unit::systemctl;

const UNIT: &str = "mariadb.service";

/// Whether the database among these units is a working member of a group.
pub fn member(units: &[String]) -> bool {
    units.iter().any(|u| u == UNIT) && galera_position().primary
}

/// Lets a member that has left its group join again, and sees it in. One that waits in a group without quorum is left
/// alone: it goes on by itself when the others are back.
pub fn rejoin() -> Result<(), Error> {
    let out = || {
        let position = galera_position();
        position.running && !position.primary && position.cluster_size == 0
    };
    if !out() {
        return Ok(());
    }
    systemctl("restart", UNIT)?;
    if out() { Err(not_undone(UNIT)) } else { Ok(()) }
}
