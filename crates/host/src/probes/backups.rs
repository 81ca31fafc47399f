//! Whether backups are as fresh as the schedule promises, by what the host's timers noted last.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use backup::{Freshness, freshness, stamp};
use wire::Note;
use wire::backup::BackupStatus;

use super::Seen;

pub(super) fn fresh(path: &Path, interval_s: u64) -> Seen {
    let status: BackupStatus = match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        // Deployed a moment ago: the timers have not looked yet. They are units that `apply` sees running.
        Err(e) if e.kind() == ErrorKind::NotFound => return Seen::good(),
        Err(e) => return Seen::bad(Note::new("backup-status-unreadable").with("error", e)),
    };
    judge(&status, interval_s, time::OffsetDateTime::now_utc().unix_timestamp())
}

fn judge(status: &BackupStatus, interval_s: u64, now_s: i64) -> Seen {
    let why = status.trouble.as_ref().map(ToString::to_string).unwrap_or_else(|| "-".to_owned());
    let mut seen = match freshness(status, interval_s, now_s) {
        Freshness::Fresh => Seen { note: status.trouble.clone(), ..Seen::good() },
        Freshness::NeverVerified(since_s) => {
            let made = status.latest_s.map_or_else(|| "-".to_owned(), stamp);
            let note = Note::new("backup-never-verified").with("since", stamp(since_s)).with("made", made);
            Seen::bad(note.with("error", why))
        }
        Freshness::Stale(at_s) => Seen::bad(
            Note::new("backup-stale").with("at", stamp(at_s)).with("hours", (now_s - at_s) / 3600).with("error", why),
        ),
    };
    for (name, at_s) in [("latest", status.latest_s), ("verified", status.verified_s), ("binlogs", status.binlogs_s)] {
        if let Some(at_s) = at_s {
            seen = seen.reading(name, stamp(at_s));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_restored_is_as_good_as_none() {
        let code = |status: &BackupStatus| judge(status, 100, 1000).note.map(|n| n.code).unwrap_or_default();
        let base = BackupStatus { since_s: 0, latest_s: Some(990), ..BackupStatus::default() };
        assert_eq!(code(&base), "backup-never-verified");
        assert_eq!(code(&BackupStatus { verified_s: Some(700), ..base.clone() }), "backup-stale");
        assert_eq!(code(&BackupStatus { verified_s: Some(900), ..base.clone() }), "");
        let troubled = BackupStatus { verified_s: Some(900), trouble: Some(Note::new("x")), ..base };
        let seen = judge(&troubled, 100, 1000);
        assert!(seen.ok && seen.note.is_some(), "one failed attempt is worth a word, not an alarm");
    }
}
