//! Which backups stay.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use wire::backup::{Keep, ListedBackup};

use crate::names::Binlog;

/// What retention decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Names of backups that go.
    pub backups: Vec<String>,
    /// Binary logs that no remaining backup can use.
    pub binlogs: Vec<Binlog>,
}

/// What may go. Of each of the latest `daily` days and `weekly` weeks (UTC, from Monday) that have backups one stays:
/// the last that was restored for a trial, or else the last. The latest of all and the latest that was restored for a
/// trial always stay, whatever the file says, and so does one that is held.
pub fn retention(keep: Keep, backups: &[ListedBackup], binlogs: &[Binlog], now_s: i64) -> Kept {
    let mut newest_first: Vec<&ListedBackup> = backups.iter().collect();
    newest_first.sort_by_key(|b| (-b.record.begun_s, b.record.name.clone()));
    let mut stay: BTreeSet<&str> = BTreeSet::new();
    stay.extend(newest_first.first().map(|b| b.record.name.as_str()));
    stay.extend(newest_first.iter().find(|b| b.verified.is_some()).map(|b| b.record.name.as_str()));
    for (count, period) in [(keep.daily, day as fn(i64) -> i64), (keep.weekly, week)] {
        let mut periods: Vec<i64> = newest_first.iter().map(|b| period(b.record.begun_s)).collect();
        periods.dedup();
        for wanted in periods.into_iter().take(count.try_into().unwrap_or(usize::MAX)) {
            let of_period = || newest_first.iter().filter(|b| period(b.record.begun_s) == wanted);
            let best = of_period().find(|b| b.verified.is_some()).or_else(|| of_period().next());
            stay.extend(best.map(|b| b.record.name.as_str()));
        }
    }
    stay.extend(backups.iter().filter(|b| b.record.held_until_s > Some(now_s)).map(|b| b.record.name.as_str()));
    let oldest = newest_first.iter().filter(|b| stay.contains(b.record.name.as_str())).map(|b| b.record.begun_s).min();
    let mut gone: Vec<String> =
        backups.iter().map(|b| &b.record.name).filter(|n| !stay.contains(n.as_str())).cloned().collect();
    gone.sort();
    // Without any backup the logs may still be those of one that is being made.
    let useless = |b: &&Binlog| oldest.is_some_and(|oldest| b.to_s < oldest);
    Kept { backups: gone, binlogs: binlogs.iter().filter(useless).cloned().collect() }
}

fn day(at_s: i64) -> i64 {
    at_s.div_euclid(86_400)
}

/// Weeks since some Monday.
fn week(at_s: i64) -> i64 {
    OffsetDateTime::from_unix_timestamp(at_s).map_or(0, |t| i64::from(t.to_julian_day()).div_euclid(7))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::backup::{BackupRecord, Verification};

    use super::*;

    /// A Monday's midnight.
    const MONDAY: i64 = 1_794_787_200;

    fn backup(at_s: i64, verified: bool) -> ListedBackup {
        let verification = Verification { host: "a".into(), at_s, took_ms: 1, tables: 1, rows: 1 };
        ListedBackup {
            record: BackupRecord {
                name: crate::names::BackupName { begun_s: at_s, host: "a".into() }.to_string(),
                host: "a".into(),
                begun_s: at_s,
                ended_s: at_s + 60,
                stored_bytes: 1,
                raw_bytes: 1,
                server: String::new(),
                gtid: String::new(),
                canary: true,
                held_until_s: None,
            },
            verified: verified.then_some(verification),
        }
    }

    fn kept(keep: Keep, backups: &[ListedBackup]) -> Vec<i64> {
        let gone = retention(keep, backups, &[], 0).backups;
        let mut hours: Vec<i64> = backups
            .iter()
            .filter(|b| !gone.contains(&b.record.name))
            .map(|b| (b.record.begun_s - MONDAY) / 3600)
            .collect();
        hours.sort_unstable();
        hours
    }

    #[test]
    fn of_each_day_and_week_the_last_stays() {
        // Four weeks, twice a day; hours since the first Monday.
        let all: Vec<_> = (0..56).map(|n| backup(MONDAY + n * 12 * 3600, true)).collect();
        let keep = |daily, weekly| kept(Keep { daily, weekly }, &all);
        assert_eq!(keep(3, 0), [612, 636, 660]);
        assert_eq!(keep(1, 3), [324, 492, 660]);
        assert_eq!(keep(2, 9), [156, 324, 492, 636, 660]);
        assert_eq!(keep(0, 0), [660], "the latest stays whatever the file says");
    }

    #[test]
    fn one_that_was_restored_is_worth_more_than_a_later_one_that_was_not() {
        let all = [backup(MONDAY, true), backup(MONDAY + 3600, false), backup(MONDAY + 30 * 3600, false)];
        assert_eq!(kept(Keep { daily: 1, weekly: 0 }, &all), [0, 30]);
        let all = [backup(MONDAY, true), backup(MONDAY + 3600, true), backup(MONDAY + 7200, false)];
        assert_eq!(kept(Keep { daily: 1, weekly: 0 }, &all), [1, 2]);
    }

    #[test]
    fn what_is_held_stays_until_its_time() {
        let mut all = [backup(MONDAY, false), backup(MONDAY + 3600, true), backup(MONDAY + 7200, true)];
        all[0].record.held_until_s = Some(MONDAY + 9000);
        let gone = |now_s| retention(Keep { daily: 1, weekly: 0 }, &all, &[], now_s).backups.len();
        assert_eq!((gone(MONDAY + 8999), gone(MONDAY + 9000)), (1, 2));
    }

    #[test]
    fn binary_logs_stay_as_long_as_a_backup_can_use_them() {
        let log = |from_s, to_s| Binlog { host: "b".into(), from_s, to_s, sequence: 1 };
        let logs = [log(MONDAY - 900, MONDAY - 300), log(MONDAY - 300, MONDAY + 300), log(MONDAY + 300, MONDAY + 900)];
        let keep = Keep { daily: 1, weekly: 0 };
        assert_eq!(retention(keep, &[backup(MONDAY, true)], &logs, 0).binlogs, logs[..1]);
        assert_eq!(retention(keep, &[], &logs, 0).binlogs, []);
    }

    proptest! {
        #[test]
        fn the_latest_and_the_latest_restored_never_go(
            times in prop::collection::btree_map(0i64..40_000_000, any::<bool>(), 1..40), daily in 0u32..9, weekly in 0u32..5,
        ) {
            let all: Vec<_> = times.iter().map(|(t, v)| backup(MONDAY + t, *v)).collect();
            let gone = retention(Keep { daily, weekly }, &all, &[], 0).backups;
            let stays = |b: &ListedBackup| !gone.contains(&b.record.name);
            prop_assert!(all.last().is_some_and(stays));
            prop_assert!(all.iter().rev().find(|b| b.verified.is_some()).is_none_or(stays));
            prop_assert!(all.iter().filter(|b| stays(b)).count() as u32 <= daily + weekly + 2);
        }
    }
}
