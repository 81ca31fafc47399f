//! Backups of this host's database: made, shipped, restored for a trial. Run by the host's own timers, and by the helper
//! when an operator asks.
//!
//! What is decided stands in the crate `backup`; here it is done. Nothing rests on a disk in between, and what fails
//! leaves nothing half done: a backup counts once its record lies beside it, which is written last.

mod check;
mod context;
mod live;
mod load;
mod progress;
mod restore;
mod scratch;
mod ship;
mod status;
mod take;
mod target;
mod timers;

use wire::backup::{BackupReply, BackupRequest};

use crate::error::Error;

pub use timers::{ship_here, take_here};

use context::Context;

/// Does what the operator's program asks.
pub fn answer(request: BackupRequest) -> Result<BackupReply, Error> {
    if matches!(request, BackupRequest::Progress) {
        let (stage, bytes) = progress::read();
        return Ok(BackupReply::Progress { stage, bytes });
    }
    let context = Context::load()?;
    Ok(match request {
        BackupRequest::Standing => {
            let standing = live::standing(&context.config.host);
            BackupReply::Standing { serves: standing.serves, writes: standing.writes }
        }
        BackupRequest::Take { identity } => {
            let _turn = context::turn()?;
            let (backup, removed) = status::noted(&context, || take::take(&context, identity.as_ref()))?;
            BackupReply::Taken { backup, removed }
        }
        BackupRequest::List => {
            let backups = context.backups()?;
            BackupReply::Listed { backups, binlogs: backup::spans(&context.binlogs()?) }
        }
        BackupRequest::Restore { backup, until, identity, load } => {
            let _turn = context::turn()?;
            BackupReply::Restored(restore::restore(&context, &backup, &until, &identity, load.as_ref())?)
        }
        BackupRequest::Progress => unreachable_progress(),
    })
}

/// Answered above, before anything is read.
fn unreachable_progress() -> BackupReply {
    BackupReply::Progress { stage: String::new(), bytes: 0 }
}
