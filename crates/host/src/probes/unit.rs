//! Whether a unit runs, by systemd's word.

use wire::Note;

use super::{LIMIT, Seen};
use crate::command;

pub(super) fn active(unit: &str) -> Seen {
    match state(unit) {
        Ok(state) if state == "active" => Seen::good().reading("state", state),
        Ok(state) => {
            Seen::bad(Note::new("unit-not-active").with("unit", unit).with("state", &state)).reading("state", state)
        }
        Err(error) => Seen::bad(Note::new("unit-unknown").with("unit", unit).with("error", error)),
    }
}

/// systemd's ActiveState.
pub(super) fn state(unit: &str) -> Result<String, crate::Error> {
    // It ends with a failure for everything but "active": only its word counts.
    command::run("systemctl", &["is-active", "--", unit], LIMIT).map(|o| o.stdout.trim().to_owned())
}
