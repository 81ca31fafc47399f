//! What a drill's clients leave in the cluster: made before they start, read back when the cluster is whole again,
//! taken away at the end, and looked for afterwards.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use components::Capability;
use mysql::prelude::Queryable;
use mysql::{Conn, Error as Sql};

use super::coordination::gateway::{Gateway, Trouble};
use super::{Coordination, Database, Error, Targets, database};
use crate::history::{Copy, Final, Value};

/// For everything that is done while no fault is there. Dropping a table waits for a whole group.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);
/// Tables and keys that are named when something is left.
const NAMED: usize = 100;
const TABLES: &str = "quorate_drill_";
const KEYS: &str = "quorate/drill/";

/// The table and the keys of one drill.
#[derive(Clone, Debug)]
pub struct Traces {
    targets: Targets,
    table: String,
    prefix: String,
}

impl Traces {
    /// Names them; nothing is made yet.
    ///
    /// # Errors
    /// When the drill's name cannot name them, or there is nothing that could be used.
    pub fn new(drill: &str, targets: &Targets) -> Result<Self, Error> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if drill.is_empty() || drill.len() > 40 || !drill.bytes().all(fits) {
            return Err(Error::Name(drill.to_owned()));
        }
        if targets.database.is_none() && targets.coordination.is_none() && targets.ingress.is_none() {
            return Err(Error::NoTargets);
        }
        let (table, prefix) = (format!("{TABLES}{drill}"), format!("{KEYS}{drill}/"));
        Ok(Self { targets: targets.clone(), table, prefix })
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Makes the table, which must not be there yet, and sees that there are no keys.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        if let Some(target) = &self.targets.database {
            // Any number of rows may hold a value: what was written twice must be seen, not prevented.
            let statement = format!(
                "CREATE TABLE `{}` (n BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, writer SMALLINT UNSIGNED NOT NULL, \
                 sequence BIGINT UNSIGNED NOT NULL, host VARCHAR(255), KEY (writer, sequence)) ENGINE=InnoDB",
                self.table
            );
            at(target, target.address, "make a table", |c| c.query_drop(statement))?;
        }
        if let Some(target) = &self.targets.coordination {
            let there = asked(target, "read keys", |g| g.some(&self.prefix, 1))?;
            if let Some(key) = there.first() {
                let (what, reason) = ("begin without keys".to_owned(), format!("{key:?} is there already"));
                return Err(Error::Coordination { what, reason });
            }
        }
        Ok(())
    }

    /// What is in the cluster now: as applications see it, and of the database also each server's own copy. Copies that
    /// cannot be read say why.
    pub fn read_back(&self) -> Final {
        let mut copies = Vec::new();
        if let Some(target) = &self.targets.database {
            let read =
                |address| at(target, address, "read the table", |c| rows(c, &self.table)).map_err(|e| e.to_string());
            let all = read(target.address);
            let written = all.clone().unwrap_or_default();
            copies.push(Copy { capability: Capability::Database, host: None, values: all });
            for (host, address) in &target.members {
                let values = caught_up(&written, || read(*address));
                copies.push(Copy { capability: Capability::Database, host: Some(host.clone()), values });
            }
        }
        if let Some(target) = &self.targets.coordination {
            let values = asked(target, "read keys", |g| g.all(&self.prefix)).map_err(|e| e.to_string());
            copies.push(Copy { capability: Capability::Coordination, host: None, values });
        }
        Final { copies }
    }

    /// Takes everything away; what is left of it. A write that is still on its way may come after that: it is taken away as
    /// well, for so long.
    pub fn removed(&self, late: Duration) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let removed = self.clean_up().and_then(|()| self.residue());
            let left = removed.unwrap_or_else(|error| vec![error.to_string()]);
            if left.is_empty() || begun.elapsed() >= late {
                return left;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Takes the table away, and all keys of drills. Can be done again, and where nothing was made.
    ///
    /// # Errors
    /// When a target does not do it; the others have been cleaned up all the same.
    pub fn clean_up(&self) -> Result<(), Error> {
        let rows = self.targets.database.as_ref().map_or(Ok(()), |target| {
            let statement = format!("DROP TABLE IF EXISTS `{}`", self.table);
            at(target, target.address, "drop its table", |c| c.query_drop(statement))
        });
        let keys = self
            .targets
            .coordination
            .as_ref()
            // Those of earlier drills too (only one at a time holds the run lock): a write that was on its way to a host
            // that was cut off arrives when the host is back, perhaps after its drill has cleaned up.
            .map_or(Ok(()), |target| asked(target, "delete its keys", |g| g.delete(KEYS)));
        rows.and(keys)
    }

    /// What this drill, or any other one, left: tables and the first keys, by their names.
    ///
    /// # Errors
    /// When a target cannot be asked; that nothing is left is not known then.
    pub fn residue(&self) -> Result<Vec<String>, Error> {
        let mut left = Vec::new();
        if let Some(target) = &self.targets.database {
            let query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                         AND table_name LIKE 'quorate\\_drill\\_%'";
            let tables: Vec<String> = at(target, target.address, "list tables", |c| c.query(query))?;
            left.extend(tables.into_iter().map(|t| format!("table {}.{t}", target.schema)));
        }
        if let Some(target) = &self.targets.coordination {
            let keys = asked(target, "read keys", |g| g.some(KEYS, NAMED))?;
            left.extend(keys.into_iter().map(|k| format!("etcd key {k}")));
        }
        Ok(left)
    }
}

/// Does something at one server.
fn at<T>(
    target: &Database,
    address: SocketAddr,
    what: &str,
    work: impl FnOnce(&mut Conn) -> Result<T, Sql>,
) -> Result<T, Error> {
    database::connect(target, address, PATIENCE).and_then(|mut c| work(&mut c)).map_err(|error| Error::Database {
        address,
        what: what.to_owned(),
        reason: database::words(&error),
    })
}

/// Reads a copy until it has everything that was seen elsewhere, for a while: a replica follows a moment behind.
fn caught_up<E>(
    written: &[(Value, u64)],
    read: impl Fn() -> Result<Vec<(Value, u64)>, E>,
) -> Result<Vec<(Value, u64)>, E> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let values = read();
        let there: HashSet<_> = values.iter().flatten().map(|(value, _)| *value).collect();
        if written.iter().all(|(value, _)| there.contains(value)) || Instant::now() >= deadline {
            return values;
        }
        std::thread::sleep(PAUSE);
    }
}

fn rows(connection: &mut Conn, table: &str) -> Result<Vec<(Value, u64)>, Sql> {
    // A member of a group first catches up with what was acknowledged elsewhere; other servers do not know the word.
    let _ = connection.query_drop("SET SESSION wsrep_sync_wait = 1");
    let query = format!("SELECT writer, sequence, COUNT(*) FROM `{table}` GROUP BY writer, sequence");
    let rows: Vec<(u16, u64, u64)> = connection.query(query)?;
    Ok(rows.into_iter().map(|(writer, sequence, times)| (Value { writer, sequence }, times)).collect())
}

/// Asks one member of etcd after the other until one does it. Only for what may be done twice.
fn asked<T>(target: &Coordination, what: &str, work: impl Fn(&mut Gateway) -> Result<T, Trouble>) -> Result<T, Error> {
    let mut gateway = Gateway::new(target, &target.members, PATIENCE)?;
    let mut reasons = Vec::new();
    for _ in 0..gateway.members() {
        let member = gateway.member().unwrap_or_default();
        match work(&mut gateway) {
            Ok(done) => return Ok(done),
            Err(trouble) => reasons.push(format!("{member}: {}", trouble.words())),
        }
    }
    Err(Error::Coordination { what: what.to_owned(), reason: reasons.join("; ") })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_copy_that_is_a_moment_behind_is_read_again() {
        let value = |sequence| (Value { writer: 0, sequence }, 1);
        let written = [value(1), value(2), value(3)];
        let reads = Cell::new(0);
        let behind = || {
            reads.set(reads.get() + 1);
            Ok::<_, ()>((1..=reads.get() + 1).map(value).collect())
        };
        assert_eq!(caught_up(&written, behind).unwrap().len(), 3);
        assert_eq!(reads.get(), 2);
        // What it has beyond that is for the checker to judge; what cannot be read is not asked for again and again.
        assert_eq!(caught_up(&[], || Ok::<_, ()>(vec![value(9)])).unwrap().len(), 1);
        assert_eq!(caught_up(&[], || Err::<Vec<_>, _>("no")), Err("no"));
    }
}
