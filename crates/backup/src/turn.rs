//! Who makes a backup: a member that serves and is not the writer, where there is one.

use std::collections::BTreeMap;
use std::time::Duration;

/// How a host that may make backups is, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its server works and has the data.
    pub serves: bool,
    /// Clients write here.
    pub writes: bool,
}

/// How long a host waits for those before it. Long enough for them to have said that they began.
const TURN: Duration = Duration::from_secs(60);

/// The host to make a backup now, of those that were reached; `None`: none of them serves.
pub fn choose(makers: &[String], standings: &BTreeMap<String, Standing>) -> Option<String> {
    let serves = |m: &&String| standings.get(*m).is_some_and(|s| s.serves);
    let spares_the_writer = |m: &&String| standings.get(*m).is_some_and(|s| !s.writes);
    makers.iter().filter(serves).find(spares_the_writer).or_else(|| makers.iter().find(serves)).cloned()
}

/// How long a host waits when the hour has come: those before it, and every other where it is the writer, go first.
/// `None`: it does not serve, and leaves it to the others.
pub fn patience(makers: &[String], host: &str, standing: Standing) -> Option<Duration> {
    let rank = makers.iter().position(|m| m == host)?;
    let rank = if standing.writes && makers.len() > 1 { makers.len() } else { rank };
    standing.serves.then(|| TURN.saturating_mul(rank.try_into().unwrap_or(u32::MAX)))
}

/// Whether a scheduled backup is still to be made: none was begun in the latest half of the time between two.
pub fn is_due(now_s: i64, interval_s: u64, begun: impl IntoIterator<Item = i64>) -> bool {
    let half = i64::try_from(interval_s / 2).unwrap_or(i64::MAX);
    begun.into_iter().all(|at_s| now_s - at_s >= half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makers() -> Vec<String> {
        ["a", "b", "c"].map(str::to_owned).into()
    }

    fn standing(serves: bool, writes: bool) -> Standing {
        Standing { serves, writes }
    }

    #[test]
    fn the_writer_is_spared_where_another_serves() {
        let choose = |all: [(bool, bool); 3]| {
            let of = |(m, (s, w)): (String, (bool, bool))| (m, standing(s, w));
            choose(&makers(), &makers().into_iter().zip(all).map(of).collect())
        };
        assert_eq!(choose([(true, true), (true, false), (true, false)]).as_deref(), Some("b"));
        assert_eq!(choose([(true, true), (false, false), (true, false)]).as_deref(), Some("c"));
        assert_eq!(choose([(false, false), (true, true), (false, false)]).as_deref(), Some("b"));
        assert_eq!(choose([(false, false); 3]), None);
    }

    #[test]
    fn one_after_another_comes_forward_the_writer_last() {
        let wait = |host, serves, writes| patience(&makers(), host, standing(serves, writes)).map(|d| d.as_secs());
        assert_eq!((wait("a", true, false), wait("b", true, false)), (Some(0), Some(60)));
        assert_eq!((wait("a", true, true), wait("c", false, false)), (Some(180), None));
        assert_eq!(patience(&makers()[..1], "a", standing(true, true)), Some(Duration::ZERO));
    }

    #[test]
    fn a_backup_that_another_host_began_is_enough() {
        assert!(is_due(10_000, 3600, [8000]));
        assert!(!is_due(10_000, 3600, [8000, 9000]));
        assert!(is_due(10_000, 3600, []));
    }
}
