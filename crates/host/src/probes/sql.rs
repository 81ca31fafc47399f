//! The local MariaDB server, over its own socket: accounts are known by the operating system's user, so there is no
//! password anywhere.
//!
//! Only text queries are used: a Galera member without quorum refuses to prepare statements, and still tells its
//! status.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use mysql::prelude::{FromRow, Queryable};
use mysql::{Conn, OptsBuilder};
use wire::Note;

use super::{LIMIT, Seen};

pub(crate) const SOCKET: &str = "/run/mysqld/mysqld.sock";

/// What a server says to an account that it does not know (1045, 1698) or that may not do this (1044, 1142, 1143).
const DENIED: [u16; 5] = [1044, 1045, 1142, 1143, 1698];
/// A Galera member that is not in the primary component.
const NOT_PREPARED: u16 = 1047;
/// There is no such database or table.
const MISSING: [u16; 2] = [1049, 1146];

/// So many times a kept connection is used before another one takes its place. The library writes what it reads ever
/// further into a buffer of 4 MiB, which would all become resident: by looks at a replica, of some 5 KiB each, in minutes.
const USES: u32 = 100;

/// Why the server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nobody answers, or not in time. The session is over.
    #[error("the server does not answer: {0}")]
    Silent(String),
    /// The account is not there yet, or may not do this.
    #[error("the server does not let this account do it: {0}")]
    Denied(String),
    /// The member has no quorum.
    #[error("the member is not in the primary component")]
    NotPrepared,
    /// The table is not there yet.
    #[error("there is no such table: {0}")]
    Missing(String),
    #[error("the server refused: {0}")]
    Refused(String),
}

impl Trouble {
    /// The trouble in the operator's catalogue.
    pub fn note(&self) -> Note {
        match self {
            Self::Silent(error) => Note::new("database-silent").with("error", error),
            Self::Denied(_) => Note::new("database-no-account").with("account", account().unwrap_or_default()),
            Self::NotPrepared => Note::new("galera-not-primary"),
            Self::Missing(_) => Note::new("database-no-table"),
            Self::Refused(error) => Note::new("database-refuses").with("error", error),
        }
    }
}

impl From<mysql::Error> for Trouble {
    fn from(error: mysql::Error) -> Self {
        match error {
            mysql::Error::MySqlError(e) if DENIED.contains(&e.code) => Self::Denied(e.message),
            mysql::Error::MySqlError(e) if e.code == NOT_PREPARED => Self::NotPrepared,
            mysql::Error::MySqlError(e) if MISSING.contains(&e.code) => Self::Missing(e.message),
            mysql::Error::MySqlError(e) => Self::Refused(format!("{} {}", e.code, e.message)),
            mysql::Error::IoError(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Self::Silent("no answer in time".to_owned())
            }
            mysql::Error::IoError(e) => Self::Silent(e.to_string()),
            mysql::Error::DriverError(e) => Self::Silent(e.to_string()),
            other => Self::Silent(other.to_string()),
        }
    }
}

/// A connection to the local server. Blocking; every wait for the server is bounded by the limit given at opening.
pub struct Session {
    connection: Conn,
    /// How often it was used, where it is kept.
    uses: u32,
}

impl Session {
    /// Connects as the operating system's user of this process.
    pub fn open(limit: Duration) -> Result<Self, Trouble> {
        Self::open_at(SOCKET, limit)
    }

    /// The same with the server behind another socket.
    pub fn open_at(socket: &str, limit: Duration) -> Result<Self, Trouble> {
        let options = OptsBuilder::new()
            .socket(Some(socket))
            .user(account())
            .prefer_socket(false)
            .read_timeout(Some(limit))
            .write_timeout(Some(limit))
            // Given here, it is not asked of the server, which might refuse to say.
            .max_allowed_packet(Some(1 << 20));
        Ok(Self { connection: Conn::new(options)?, uses: 0 })
    }

    /// The session that is kept for one thing after the other, none of which leaves anything in it: opened when there is
    /// none, and now and then exchanged.
    pub fn kept(place: &mut Option<Self>, limit: Duration) -> Result<&mut Self, Trouble> {
        let session = match place {
            Some(session) => session,
            none => none.insert(Self::open(limit)?),
        };
        session.uses += 1;
        if session.uses > USES {
            session.renew(limit)?;
        }
        Ok(session)
    }

    /// Connects anew. Where the server says that it takes no further connection, this one stays; where it says nothing
    /// to whoever comes, it hangs, even if it goes on answering those that it knows.
    pub fn renew(&mut self, limit: Duration) -> Result<(), Trouble> {
        match Self::open(limit) {
            Ok(next) => *self = next,
            Err(Trouble::Silent(why)) => return Err(Trouble::Silent(why)),
            Err(_) => self.uses = 0,
        }
        Ok(())
    }

    /// `SHOW GLOBAL STATUS LIKE …`, without the server's own writing of names: lower case.
    pub fn status(&mut self, like: &str) -> Result<BTreeMap<String, String>, Trouble> {
        let rows: Vec<(String, String)> = self.connection.query(format!("SHOW GLOBAL STATUS LIKE '{like}'"))?;
        Ok(rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    /// Every row of a query's answer.
    pub fn rows<R: FromRow>(&mut self, query: &str) -> Result<Vec<R>, Trouble> {
        Ok(self.connection.query(query)?)
    }

    pub(crate) fn first<R: FromRow>(&mut self, query: &str) -> Result<Option<R>, Trouble> {
        Ok(self.connection.query_first(query)?)
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn change(&mut self, statement: &str) -> Result<u64, Trouble> {
        self.connection.query_drop(statement)?;
        Ok(self.connection.affected_rows())
    }

    /// Rows with named columns, names in lower case; NULL is left out.
    pub(crate) fn named(&mut self, query: &str) -> Result<Vec<BTreeMap<String, String>>, Trouble> {
        let rows: Vec<mysql::Row> = self.connection.query(query)?;
        let named = |row: mysql::Row| {
            let columns = row.columns();
            let values = row.unwrap_raw();
            let name = |c: &mysql::Column| c.name_str().to_ascii_lowercase();
            let text = |value| mysql::from_value_opt::<String>(value).ok();
            columns.iter().zip(values).filter_map(|(c, v)| Some((name(c), v.and_then(text)?))).collect()
        };
        Ok(rows.into_iter().map(named).collect())
    }

    /// All values of one column.
    pub(crate) fn column<T: mysql::prelude::FromValue>(&mut self, query: &str) -> Result<Vec<T>, Trouble> {
        Ok(self.connection.query_map(query, |value: T| value)?)
    }

    /// Whether the server, alone, takes writes.
    pub fn writable(&mut self) -> Result<bool, Trouble> {
        Ok(self.first::<u8>("SELECT @@GLOBAL.read_only")? == Some(0))
    }
}

/// The database account that this process has: the one named like its user.
///
/// Read from the file, as the server finds it there too: the C library's look-up loads code at run time, which a
/// static program should not.
fn account() -> Option<String> {
    let own = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(own)).then(|| name.to_owned())
    })
}

/// Text as an SQL literal, for a server that knows backslashes (without the mode NO_BACKSLASH_ESCAPES).
pub(crate) fn literal(text: &str) -> String {
    mysql::Value::from(text).as_sql(false)
}

pub(super) fn writable() -> Seen {
    judge(Session::open(LIMIT).and_then(|mut session| session.writable()))
}

fn judge(answer: Result<bool, Trouble>) -> Seen {
    match answer {
        Ok(true) => Seen::good(),
        Ok(false) => Seen::bad(Note::new("database-read-only")),
        Err(trouble) => Seen::bad(trouble.note()),
    }
}

/// The single server's verdict by an open session, as the probe gives it.
pub fn writable_by(session: &mut Session) -> Result<Seen, Trouble> {
    session.writable().map(|w| judge(Ok(w)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u16) -> Trouble {
        mysql::Error::MySqlError(mysql::MySqlError { state: "HY000".into(), message: "no".into(), code }).into()
    }

    #[test]
    fn the_servers_refusals_are_told_apart() {
        assert_eq!(error(1698), Trouble::Denied("no".into()));
        assert_eq!(error(1047), Trouble::NotPrepared);
        assert_eq!(error(1146), Trouble::Missing("no".into()));
        assert_eq!(error(1213), Trouble::Refused("1213 no".into()));
        let timed_out = mysql::Error::IoError(std::io::ErrorKind::WouldBlock.into());
        assert_eq!(Trouble::from(timed_out), Trouble::Silent("no answer in time".into()));
    }

    #[test]
    fn a_literal_cannot_be_left() {
        assert_eq!(literal("node1"), "'node1'");
        assert_eq!(literal("o'x\\"), r"'o\'x\\'");
    }

    #[test]
    fn a_server_that_only_reads_is_not_good_enough() {
        assert_eq!(judge(Ok(true)), Seen::good());
        assert_eq!(judge(Ok(false)).note.unwrap().code, "database-read-only");
        assert_eq!(judge(Err(Trouble::NotPrepared)).note.unwrap().code, "galera-not-primary");
    }
}
