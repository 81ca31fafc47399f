//! How far a server's log goes: MariaDB's global transaction identifiers.
//!
//! One primary at a time writes, so within a domain all logs are beginnings of one another, up to a tail that nobody
//! acknowledged; how far one goes is told by the sequence number.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The last transaction of one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gtid {
    /// `server_id` of the server that wrote it.
    pub server: u32,
    pub sequence: u64,
}

/// For each replication domain the last transaction, written as MariaDB writes it: `0-1-42,1-1-7`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Position(BTreeMap<u32, Gtid>);

/// The text is no list of GTIDs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no replication position: expected DOMAIN-SERVER-SEQUENCE, separated by commas")]
pub struct NoPosition(String);

impl Position {
    /// A position in the usual domain, 0.
    pub fn at(server: u32, sequence: u64) -> Self {
        Self([(0, Gtid { server, sequence })].into())
    }

    /// Whether everything up to `other` is also up to here.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(domain, theirs)| self.0.get(domain).is_some_and(|own| own.sequence >= theirs.sequence))
    }

    /// The further one of both, for each domain.
    #[must_use]
    pub fn or_further(mut self, other: &Self) -> Self {
        for (domain, theirs) in &other.0 {
            let own = self.0.entry(*domain).or_insert(*theirs);
            if theirs.sequence > own.sequence {
                *own = *theirs;
            }
        }
        self
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many transactions `other` goes further than this.
    pub fn behind(&self, other: &Self) -> u64 {
        let own = |domain| self.0.get(domain).map_or(0, |g| g.sequence);
        other.0.iter().map(|(domain, theirs)| theirs.sequence.saturating_sub(own(domain))).sum()
    }

    /// The domains with their last transactions.
    pub fn domains(&self) -> impl Iterator<Item = (u32, Gtid)> {
        self.0.iter().map(|(domain, gtid)| (*domain, *gtid))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (domain, Gtid { server, sequence })) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{domain}-{server}-{sequence}")?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let wrong = || NoPosition(text.to_owned());
        let mut domains = BTreeMap::new();
        for one in text.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let mut parts = one.split('-');
            let mut next = || parts.next().ok_or_else(wrong);
            let (domain, server, sequence) = (next()?, next()?, next()?);
            let gtid =
                Gtid { server: server.parse().map_err(|_| wrong())?, sequence: sequence.parse().map_err(|_| wrong())? };
            if parts.next().is_some() {
                return Err(wrong());
            }
            // MariaDB lists the last of each server in gtid_binlog_state; the furthest counts.
            let domain = domain.parse().map_err(|_| wrong())?;
            let known = domains.entry(domain).or_insert(gtid);
            if gtid.sequence > known.sequence {
                *known = gtid;
            }
        }
        Ok(Self(domains))
    }
}

impl TryFrom<String> for Position {
    type Error = NoPosition;

    fn try_from(text: String) -> Result<Self, NoPosition> {
        text.parse()
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str) -> Position {
        text.parse().unwrap()
    }

    #[test]
    fn positions_are_read_and_written_as_mariadb_does() {
        for text in ["", "0-1-42", "0-1-42,7-3-1"] {
            assert_eq!(position(text).to_string(), text);
        }
        assert_eq!(position(" 0-1-5 , 0-2-9 ").to_string(), "0-2-9");
        for text in ["0-1", "0-1-2-3", "a-1-2", "0-1-x", "0--1-2"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_further_log_covers_the_other() {
        assert!(position("0-2-10").covers(&position("0-1-10")));
        assert!(!position("0-1-9").covers(&position("0-1-10")));
        assert!(position("0-1-9").covers(&position("")));
        assert!(!position("0-1-9").covers(&position("1-1-1")));
        assert_eq!(position("0-1-9").or_further(&position("0-2-11,1-1-1")), position("0-2-11,1-1-1"));
        assert_eq!(position("0-1-9").behind(&position("0-2-11,1-1-1")), 3);
    }
}
