//! Whether a unit runs, by systemd's word.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wire::Note;

use super::{LIMIT, Seen};
use crate::{command, database};

/// So long systemd's "active" stands for processes that go on running: a daemon that looks again and again need not start
/// a program each time. A unit that ends loses its processes and is asked about at once.
const STANDS: Duration = Duration::from_secs(30);

/// Units that systemd called active: for which start, and when.
static ACTIVE: Mutex<BTreeMap<String, (String, Instant)>> = Mutex::new(BTreeMap::new());

pub(super) fn active(unit: &str) -> Seen {
    // Before systemd is asked: what it says is at least of this start.
    let start = start(unit);
    if known(unit, start.as_deref()) {
        return Seen::good().reading("state", "active");
    }
    match state(unit) {
        Ok(state) if state == "active" => {
            if let Some(start) = start {
                lock().insert(unit.to_owned(), (start, Instant::now()));
            }
            Seen::good().reading("state", state)
        }
        Ok(state) => {
            Seen::bad(Note::new("unit-not-active").with("unit", unit).with("state", &state)).reading("state", state)
        }
        Err(error) => Seen::bad(Note::new("unit-unknown").with("unit", unit).with("error", error)),
    }
}

/// The start of the unit that its processes are of; `None` where it has none, or that is not known.
fn start(unit: &str) -> Option<String> {
    let invocation = std::fs::read_link(format!("/run/systemd/units/invocation:{unit}")).ok()?;
    database::runs(unit).then(|| invocation.to_string_lossy().into_owned())
}

fn known(unit: &str, start: Option<&str>) -> bool {
    lock().get(unit).is_some_and(|(of, at)| start == Some(of.as_str()) && at.elapsed() < STANDS)
}

fn lock() -> std::sync::MutexGuard<'static, BTreeMap<String, (String, Instant)>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// systemd's ActiveState.
pub(super) fn state(unit: &str) -> Result<String, crate::Error> {
    // It ends with a failure for everything but "active": only its word counts.
    command::run("systemctl", &["is-active", "--", unit], LIMIT).map(|o| o.stdout.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemds_word_stands_for_one_start() {
        lock().insert("kept.service".to_owned(), ("0a1b".to_owned(), Instant::now()));
        assert!(known("kept.service", Some("0a1b")));
        // Started anew, ended, or another unit.
        assert!(!known("kept.service", Some("77")));
        assert!(!known("kept.service", None));
        assert!(!known("other.service", Some("0a1b")));
        if let Some(long_ago) = Instant::now().checked_sub(STANDS) {
            lock().insert("kept.service".to_owned(), ("0a1b".to_owned(), long_ago));
            assert!(!known("kept.service", Some("0a1b")));
        }
    }
}
