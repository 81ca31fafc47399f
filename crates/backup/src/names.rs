//! Names at the target. Everything that a decision needs of a binary log is in its name, so that a listing suffices.
//!
//! ```text
//! base/20261120T023000Z-node2.age            what mariabackup streamed
//! base/20261120T023000Z-node2.json           its record, written last
//! base/20261120T023000Z-node2.verified       how restoring it went
//! base/20261120T023000Z-node2.begun          while it is being made
//! binlog/node2/20261120T023000Z-20261120T023500Z-000017.age
//! ```

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A second since 1970 as it is written in names.
pub fn stamp(at_s: i64) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from_unix_timestamp(at_s).ok().and_then(|t| t.format(format).ok()).unwrap_or_default()
}

/// The second that a name's part stands for.
pub fn unstamp(text: &str) -> Option<i64> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(text, format).ok().map(|t| t.assume_utc().unix_timestamp())
}

/// When and where a backup was begun.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupName {
    pub begun_s: i64,
    pub host: String,
}

impl BackupName {
    /// The name that the text is, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, host) = text.split_once('-')?;
        let fine = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        Some(Self { begun_s: unstamp(time)?, host: fine.then(|| host.to_owned())? })
    }

    /// The object of that kind: `age`, `json`, `verified` or `begun`.
    pub fn object(&self, kind: &str) -> String {
        format!("base/{self}.{kind}")
    }

    /// The backup and the kind of one of its objects.
    pub fn of_object(object: &str) -> Option<(Self, &str)> {
        let (name, kind) = object.strip_prefix("base/")?.rsplit_once('.')?;
        Some((Self::parse(name)?, kind))
    }
}

impl std::fmt::Display for BackupName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", stamp(self.begun_s), self.host)
    }
}

/// One closed binary log of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binlog {
    pub host: String,
    /// When the server began it, in seconds since 1970.
    pub from_s: i64,
    /// The number in the server's name of it.
    pub sequence: u32,
    /// When the server began the next.
    pub to_s: i64,
}

impl Binlog {
    pub fn object(&self) -> String {
        format!("binlog/{}/{}-{}-{:06}.age", self.host, stamp(self.from_s), stamp(self.to_s), self.sequence)
    }

    pub fn of_object(object: &str) -> Option<Self> {
        let (host, file) = object.strip_prefix("binlog/")?.split_once('/')?;
        let mut parts = file.strip_suffix(".age")?.splitn(3, '-');
        let (from, to, sequence) = (parts.next()?, parts.next()?, parts.next()?);
        let sequence = sequence.parse().ok()?;
        Some(Self { host: host.to_owned(), from_s: unstamp(from)?, to_s: unstamp(to)?, sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_are_of_and_are_read_back() {
        let name = BackupName { begun_s: 1_795_141_800, host: "db-2".into() };
        assert_eq!(name.to_string(), "20261120T023000Z-db-2");
        assert_eq!(BackupName::parse("20261120T023000Z-db-2"), Some(name.clone()));
        assert_eq!(BackupName::of_object(&name.object("verified")), Some((name, "verified")));
        let binlog = Binlog { host: "db-2".into(), from_s: 1_795_141_800, to_s: 1_795_142_100, sequence: 17 };
        assert_eq!(binlog.object(), "binlog/db-2/20261120T023000Z-20261120T023500Z-000017.age");
        assert_eq!(Binlog::of_object(&binlog.object()), Some(binlog));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in ["", "x", "20261120T023000Z", "20261120T023000Z-", "20261320T023000Z-a", "20261120T023000Z-../a"] {
            assert_eq!(BackupName::parse(text), None, "{text}");
        }
        for object in ["binlog/a/b.age", "binlog/a/20261120T023000Z-20261120T023500Z-x.age", "base/a.age", ".age"] {
            assert_eq!(Binlog::of_object(object), None, "{object}");
        }
    }
}
