//! Whether backups are as fresh as the schedule promises.

use wire::backup::BackupStatus;

/// How fresh backups are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The latest that was restored for a trial is young enough, or there was no time for one yet.
    Fresh,
    /// There is none that was ever restored; since this second backups are asked for.
    NeverVerified(i64),
    /// The latest that was restored ended at this second.
    Stale(i64),
}

/// Old is what is older than twice the time between two backups: one that failed is no reason to wake anybody, two are.
pub fn freshness(status: &BackupStatus, interval_s: u64, now_s: i64) -> Freshness {
    let limit = i64::try_from(interval_s.saturating_mul(2)).unwrap_or(i64::MAX);
    match status.verified_s {
        Some(at_s) if now_s - at_s > limit => Freshness::Stale(at_s),
        None if now_s - status.since_s > limit => Freshness::NeverVerified(status.since_s),
        _ => Freshness::Fresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_two_schedules_is_stale() {
        let at = |since_s, verified_s| {
            freshness(&BackupStatus { since_s, verified_s, ..BackupStatus::default() }, 100, 1000)
        };
        assert_eq!(at(900, None), Freshness::Fresh);
        assert_eq!(at(700, None), Freshness::NeverVerified(700));
        assert_eq!(at(0, Some(850)), Freshness::Fresh);
        assert_eq!(at(0, Some(700)), Freshness::Stale(700));
        // One that was made and never restored does not count.
        let unverified = BackupStatus { since_s: 0, latest_s: Some(990), ..BackupStatus::default() };
        assert_eq!(freshness(&unverified, 100, 1000), Freshness::NeverVerified(0));
    }
}
