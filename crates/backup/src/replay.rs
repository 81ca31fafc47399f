//! Which binary logs bring a restored backup to a moment.

use std::collections::BTreeMap;

use wire::backup::{BackupRecord, BinlogSpan, Until};

use crate::names::Binlog;

/// Why the moment cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// The moment is before the backup's end.
    #[error("the moment is before the backup")]
    Before,
    /// No host's logs go on from where the backup ends.
    #[error("no host's binary logs begin before the backup does")]
    None,
    /// The logs of the best host end before the moment; the second since 1970 that can be reached.
    #[error("the binary logs end at {0}")]
    Ends(i64),
}

/// The logs to apply, in their order: all of one host, without a gap from before the backup to the moment. The host
/// that the backup is of is preferred; in a group whose members share transaction numbers any will do.
pub fn replay(record: &BackupRecord, until: &Until, all: &[Binlog]) -> Result<Vec<Binlog>, Gap> {
    let wanted = match until {
        Until::Backup => return Ok(vec![]),
        // The data are as of a moment between begin and end; before the end it might be asked for what is not there.
        Until::Time(at_s) if *at_s < record.ended_s => return Err(Gap::Before),
        Until::Time(at_s) => Some(*at_s),
        Until::Latest | Until::Gtid(_) => None,
    };
    let mut chains: Vec<Vec<Binlog>> = of_hosts(all).into_values().filter_map(|logs| from(record, logs)).collect();
    chains.sort_by_key(|c| (c.first().is_none_or(|b| b.host != record.host), std::cmp::Reverse(end(c))));
    let reaches = |c: &&Vec<Binlog>| wanted.is_none_or(|at_s| end(c) >= at_s);
    match (chains.iter().find(reaches), chains.iter().map(|c| end(c)).max()) {
        (Some(chain), _) => {
            let mut chain = chain.clone();
            chain.retain(|b| wanted.is_none_or(|at_s| b.from_s <= at_s));
            Ok(chain)
        }
        (None, Some(end)) => Err(Gap::Ends(end)),
        (None, None) => Err(Gap::None),
    }
}

/// From when to when the logs of each host reach without a gap, the latest such stretch.
pub fn spans(all: &[Binlog]) -> Vec<BinlogSpan> {
    let latest = |(host, logs): (String, Vec<Binlog>)| {
        let begin = (1..logs.len()).rev().find(|i| !follows(&logs[i - 1], &logs[*i])).unwrap_or(0);
        Some(BinlogSpan { host, from_s: logs.get(begin)?.from_s, to_s: logs.last()?.to_s })
    };
    of_hosts(all).into_iter().filter_map(latest).collect()
}

/// By host, in the order in which they were written.
fn of_hosts(all: &[Binlog]) -> BTreeMap<String, Vec<Binlog>> {
    let mut hosts: BTreeMap<String, Vec<Binlog>> = BTreeMap::new();
    for binlog in all {
        hosts.entry(binlog.host.clone()).or_default().push(binlog.clone());
    }
    for logs in hosts.values_mut() {
        logs.sort();
    }
    hosts
}

fn follows(earlier: &Binlog, later: &Binlog) -> bool {
    later.from_s == earlier.to_s && later.sequence == earlier.sequence + 1
}

fn end(chain: &[Binlog]) -> i64 {
    chain.last().map_or(i64::MIN, |b| b.to_s)
}

/// The unbroken stretch of a host's logs that begins with the one into which the backup's beginning falls.
fn from(record: &BackupRecord, logs: Vec<Binlog>) -> Option<Vec<Binlog>> {
    let first = logs.iter().rposition(|b| b.from_s <= record.begun_s && record.begun_s <= b.to_s)?;
    let mut chain: Vec<Binlog> = Vec::new();
    for binlog in logs.into_iter().skip(first) {
        if chain.last().is_some_and(|last| !follows(last, &binlog)) {
            break;
        }
        chain.push(binlog);
    }
    Some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(begun_s: i64) -> BackupRecord {
        BackupRecord {
            name: String::new(),
            host: "a".into(),
            begun_s,
            ended_s: begun_s + 5,
            stored_bytes: 0,
            raw_bytes: 0,
            server: String::new(),
            gtid: "0-1-7".into(),
            canary: true,
            held_until_s: None,
        }
    }

    fn log(host: &str, from_s: i64, to_s: i64, sequence: u32) -> Binlog {
        Binlog { host: host.into(), from_s, to_s, sequence }
    }

    #[test]
    fn exactly_the_logs_from_the_backup_to_the_moment_are_applied() {
        let all: Vec<_> = (0..5).map(|n| log("a", n * 100, n * 100 + 100, n as u32 + 1)).collect();
        let sequences =
            |until| replay(&record(150), &until, &all).map(|c| c.iter().map(|b| b.sequence).collect::<Vec<_>>());
        assert_eq!(sequences(Until::Backup), Ok(vec![]));
        assert_eq!(sequences(Until::Time(160)), Ok(vec![2]));
        assert_eq!(sequences(Until::Time(350)), Ok(vec![2, 3, 4]));
        assert_eq!(sequences(Until::Latest), Ok(vec![2, 3, 4, 5]));
        assert_eq!(sequences(Until::Gtid("0-1-9".into())), Ok(vec![2, 3, 4, 5]));
        assert_eq!(sequences(Until::Time(154)), Err(Gap::Before));
        assert_eq!(sequences(Until::Time(501)), Err(Gap::Ends(500)));
        assert_eq!(replay(&record(600), &Until::Latest, &all), Err(Gap::None));
    }

    #[test]
    fn nothing_is_applied_past_a_gap() {
        // A log is missing; a server that was set up anew counts from one.
        for all in [
            [log("a", 0, 100, 1), log("a", 100, 200, 2), log("a", 300, 400, 4)],
            [log("a", 0, 100, 1), log("a", 100, 200, 2), log("a", 200, 300, 1)],
        ] {
            assert_eq!(replay(&record(50), &Until::Time(250), &all), Err(Gap::Ends(200)));
        }
    }

    #[test]
    fn another_members_logs_do_where_the_own_ones_end() {
        let all = [log("a", 0, 100, 1), log("b", 0, 100, 7), log("b", 100, 200, 8)];
        let of = |at_s| replay(&record(50), &Until::Time(at_s), &all).map(|c| c[0].host.clone());
        assert_eq!((of(90), of(190)), (Ok("a".into()), Ok("b".into())));
    }

    #[test]
    fn the_latest_stretch_without_a_gap_is_told() {
        let all = [log("a", 0, 100, 1), log("a", 100, 200, 3), log("a", 200, 300, 4), log("b", 5, 6, 1)];
        let told: Vec<_> = spans(&all).into_iter().map(|s| (s.host, s.from_s, s.to_s)).collect();
        assert_eq!(told, [("a".to_owned(), 100, 300), ("b".to_owned(), 5, 6)]);
    }
}
