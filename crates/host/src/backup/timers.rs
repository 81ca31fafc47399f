//! What the host's timers start: `quorate backup take` and `quorate backup ship`.

use std::process::ExitCode;

use secret::Secret;
use wire::STATE_DIR;

use super::context::{self, Context};
use super::take::{self, now_s};
use super::{live, ship, status};
use crate::error::Error;
use crate::store::Store;

/// A backup that nobody has restored for so long is restored by any host that has the key.
const UNVERIFIED_S: i64 = 30 * 60;

/// A scheduled backup: made by the first host whose turn it is.
pub fn take_here() -> ExitCode {
    told(|| {
        let context = Context::load()?;
        let standing = live::standing(&context.config.host);
        let Some(patience) = backup::patience(&context.config.makers, &context.config.host, standing) else {
            return Ok("this host's server does not serve; the others make it".to_owned());
        };
        std::thread::sleep(patience);
        status::noted(&context, || {
            let _turn = context::turn()?;
            if !backup::is_due(now_s(), context.config.interval_s, context.begun()?) {
                return Ok("another host made it".to_owned());
            }
            let (made, gone) = take::take(&context, identity()?.as_ref())?;
            let verified = if made.verified.is_some() { "and restored for a trial" } else { "not restored yet" };
            Ok(format!(
                "{} made, {} bytes, {verified}; {} removed",
                made.record.name,
                made.record.stored_bytes,
                gone.len()
            ))
        })
    })
}

/// Brings over the binary logs, and sees to backups that nobody has restored.
pub fn ship_here() -> ExitCode {
    told(|| {
        let context = Context::load()?;
        let shipped = status::noted(&context, || ship::ship(&context))?;
        status::update(&context, |s| s.binlogs_s = shipped.or(s.binlogs_s))?;
        let late =
            context.backups()?.pop().filter(|b| b.verified.is_none() && now_s() - b.record.ended_s > UNVERIFIED_S);
        if let (Some(late), Some(identity), Ok(_turn)) = (late, identity()?, context::turn()) {
            status::noted(&context, || take::verify(&context, &late.record.name, &identity))?;
        }
        Ok(shipped.map_or_else(
            || "the server writes no binary logs".to_owned(),
            |at_s| format!("binary logs are there until {}", backup::stamp(at_s)),
        ))
    })
}

/// The key, where this host keeps the cluster's secrets anyway.
fn identity() -> Result<Option<Secret>, Error> {
    Ok(Store::new(STATE_DIR).state()?.and_then(|s| s.secrets.backup).map(|b| b.identity))
}

/// Tells systemd's journal how it went.
fn told(work: impl FnOnce() -> Result<String, Error>) -> ExitCode {
    match work() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", error.note());
            ExitCode::FAILURE
        }
    }
}
