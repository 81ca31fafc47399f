//! Clients of the database, through its stable endpoint.
//!
//! Only text queries, and each write's own answer says which server acknowledged it. Its row is sent before the
//! commit: only the packet after the row is the acknowledgement, so every answer is read to its end. The `mysql`
//! crate's `query_first` does not; `query` does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use components::Capability;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use super::pace::{Beat, bound, micros};
use super::recorder::{Recorder, Values};
use super::{Database, Pace, Work};
use crate::history::{Act, Client, Kind, Operation, Outcome, Value};

/// Refusals that a server speaks before it begins with a statement: too many connections, no access, no such schema or
/// table, a Galera member without a quorum, a server that only reads, one that is stopping. Of every other error, a
/// deadlock included, it is not certain that nothing was replicated when the server was cut off just then.
const REFUSALS: [u16; 12] = [1040, 1044, 1045, 1046, 1047, 1049, 1142, 1146, 1203, 1290, 1698, 1836];

/// How one of the drill's clients logs in.
pub(super) fn connect(target: &Database, address: SocketAddr, patience: Duration) -> Result<Conn, mysql::Error> {
    Conn::new(
        OptsBuilder::new()
            .ip_or_hostname(Some(address.ip().to_string()))
            .tcp_port(address.port())
            .prefer_socket(false)
            .user(Some(&target.user))
            .pass(Some(target.password.expose()))
            .db_name(Some(&target.schema))
            .tcp_connect_timeout(Some(patience))
            .read_timeout(Some(patience))
            .write_timeout(Some(patience))
            // Given here, it is not asked of the server: one round trip less.
            .max_allowed_packet(Some(1 << 24)),
    )
}

/// What all clients of the database share.
struct Shared {
    recorder: Arc<Recorder>,
    target: Database,
    table: String,
    patience: Duration,
    values: Vec<Values>,
}

/// The work of every client.
pub(super) fn clients(recorder: &Arc<Recorder>, target: &Database, table: &str, pace: &Pace) -> Vec<Work> {
    let client = |name: String, kind, interval| {
        recorder.client(Client {
            name,
            capability: Capability::Database,
            kind,
            member: None,
            interval: micros(interval),
            patience: micros(pace.patience),
        })
    };
    let mut values: Vec<Values> = (1..=pace.sessions)
        .map(|n| Values::new(client(format!("database-session-{n}"), Kind::Write, pace.session)))
        .collect();
    values.push(Values::new(client("database-visitor".to_owned(), Kind::WriteAnew, pace.visit)));
    let reader = client("database-reader".to_owned(), Kind::Read, pace.database_read);
    let visitor = values.len() - 1;
    let shared = Arc::new(Shared {
        recorder: Arc::clone(recorder),
        target: target.clone(),
        table: table.to_owned(),
        patience: pace.patience,
        values,
    });

    let mut work: Vec<Work> = Vec::new();
    for place in 0..visitor {
        let (shared, interval) = (Arc::clone(&shared), pace.session);
        work.push(Box::new(move || shared.session(&shared.values[place], interval)));
    }
    let (own, interval) = (Arc::clone(&shared), pace.visit);
    work.push(Box::new(move || own.visit(&own.values[visitor], interval)));
    let interval = pace.database_read;
    work.push(Box::new(move || shared.read(reader, interval)));
    work
}

impl Shared {
    fn connect(&self) -> Result<Conn, mysql::Error> {
        connect(&self.target, self.target.address, self.patience)
    }

    /// Writes one value after the other over a connection that is kept until an error.
    fn session(&self, values: &Values, interval: Duration) {
        let mut beat = Beat::new(interval);
        let mut open = None;
        while let Some(late) = beat.after_last(&self.recorder) {
            self.write(values, late, &mut open);
        }
    }

    /// Writes each value over a connection of its own, also while others wait for theirs.
    fn visit(&self, values: &Values, interval: Duration) {
        // A visit waits to connect, to be greeted, to be let in and for the write.
        let most = bound(interval, self.patience, 4);
        let on_their_way = AtomicUsize::new(0);
        let mut beat = Beat::new(interval);
        std::thread::scope(|scope| {
            while let Some(late) = beat.each(&self.recorder) {
                let on_their_way = &on_their_way;
                let one = move || {
                    self.write(values, late, &mut None);
                    on_their_way.fetch_sub(1, Ordering::Relaxed);
                };
                let free = on_their_way.fetch_add(1, Ordering::Relaxed) < most;
                if !free || std::thread::Builder::new().spawn_scoped(scope, one).is_err() {
                    on_their_way.fetch_sub(1, Ordering::Relaxed);
                    let now = self.recorder.now();
                    let act = Act::Write(values.next());
                    let (client, outcome) = (values.writer, Outcome::Unsent);
                    self.recorder.record(Operation { client, sent: now, ended: now, late, act, outcome });
                }
            }
        });
    }

    fn write(&self, values: &Values, late: u64, open: &mut Option<Conn>) {
        let value = values.next();
        let outcome = self.recorder.run(values.writer, late, || {
            let outcome = with(open, || self.connect(), |connection| insert(connection, &self.table, value));
            let outcome = outcome.map(|by| Outcome::Acknowledged { by });
            (Act::Write(value), outcome.unwrap_or_else(|refusal| refusal))
        });
        values.ended(value, &outcome);
    }

    /// Reads, in turn, how far each writer's values reach and whether the newest acknowledged one of some writer is there.
    fn read(&self, reader: u16, interval: Duration) {
        let mut beat = Beat::new(interval);
        let mut open = None;
        let mut turn = 0;
        while let Some(late) = beat.after_last(&self.recorder) {
            turn += 1;
            let asked = self.values.get(turn / 2 % self.values.len()).and_then(Values::acknowledged);
            self.recorder.run(reader, late, || match asked.filter(|_| turn % 2 == 0) {
                Some(value) => {
                    let answer = with(&mut open, || self.connect(), |c| times(c, &self.table, value));
                    let (saw, outcome) = split(answer);
                    (Act::Times { value, saw }, outcome)
                }
                None => {
                    let answer = with(&mut open, || self.connect(), |c| highest(c, &self.table));
                    let (saw, outcome) = split(answer);
                    let about = self.values.iter().map(|v| v.writer).collect();
                    (Act::Highest { about, saw }, outcome)
                }
            });
        }
    }
}

/// Does something over the connection, which is opened when there is none and dropped after any error.
fn with<T>(
    open: &mut Option<Conn>,
    connect: impl FnOnce() -> Result<Conn, mysql::Error>,
    work: impl FnOnce(&mut Conn) -> Result<T, mysql::Error>,
) -> Result<T, Outcome> {
    // Put back only if it is still good.
    let mut connection = match open.take() {
        Some(connection) => connection,
        None => connect().map_err(|e| Outcome::Refused(format!("no connection: {}", words(&e))))?,
    };
    let done = work(&mut connection).map_err(|e| outcome(&e))?;
    *open = Some(connection);
    Ok(done)
}

/// What is known of a statement that ended with this error.
fn outcome(error: &mysql::Error) -> Outcome {
    match error {
        mysql::Error::MySqlError(e) if REFUSALS.contains(&e.code) => Outcome::Refused(words(error)),
        _ => Outcome::Unknown(words(error)),
    }
}

pub(super) fn words(error: &mysql::Error) -> String {
    match error {
        mysql::Error::MySqlError(e) => format!("{} {}", e.code, e.message),
        mysql::Error::IoError(e)
            if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            "no answer in time".to_owned()
        }
        mysql::Error::IoError(e) => e.to_string(),
        mysql::Error::DriverError(e) => e.to_string(),
        mysql::Error::CodecError(e) => e.to_string(),
        other => other.to_string(),
    }
}

/// What was read, and by whom.
type Answer<T> = (T, Option<String>);

fn split<T: Default>(answer: Result<Answer<T>, Outcome>) -> (T, Outcome) {
    match answer {
        Ok((saw, by)) => (saw, Outcome::Acknowledged { by }),
        Err(outcome) => (T::default(), outcome),
    }
}

/// Writes a value; the server that acknowledged it.
fn insert(connection: &mut Conn, table: &str, value: Value) -> Result<Option<String>, mysql::Error> {
    let Value { writer, sequence } = value;
    let insert = format!(
        "INSERT INTO `{table}` (writer, sequence, host) VALUES ({writer}, {sequence}, @@hostname) RETURNING @@hostname"
    );
    Ok(connection.query::<Option<String>, _>(insert)?.pop().flatten())
}

fn highest(connection: &mut Conn, table: &str) -> Result<Answer<Vec<Value>>, mysql::Error> {
    let query = format!("SELECT @@hostname, writer, MAX(sequence) FROM `{table}` GROUP BY writer");
    let rows: Vec<(Option<String>, u16, u64)> = connection.query(query)?;
    let by = rows.first().and_then(|(host, ..)| host.clone());
    Ok((rows.into_iter().map(|(_, writer, sequence)| Value { writer, sequence }).collect(), by))
}

fn times(connection: &mut Conn, table: &str, value: Value) -> Result<Answer<u64>, mysql::Error> {
    let Value { writer, sequence } = value;
    let query = format!("SELECT @@hostname, COUNT(*) FROM `{table}` WHERE writer = {writer} AND sequence = {sequence}");
    let rows: Vec<(Option<String>, u64)> = connection.query(query)?;
    Ok(rows.into_iter().next().map_or((0, None), |(by, count)| (count, by)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_never_began_is_surely_not_done() {
        let error =
            |code| mysql::Error::MySqlError(mysql::MySqlError { state: "HY000".into(), message: "no".into(), code });
        assert_eq!(outcome(&error(1047)), Outcome::Refused("1047 no".into()));
        assert_eq!(outcome(&error(1213)), Outcome::Unknown("1213 no".into()));
        let silent = mysql::Error::IoError(std::io::ErrorKind::WouldBlock.into());
        assert_eq!(outcome(&silent), Outcome::Unknown("no answer in time".into()));
    }

    #[test]
    fn a_connection_that_failed_is_not_used_again() {
        let refused = || Err(mysql::Error::IoError(std::io::ErrorKind::ConnectionRefused.into()));
        let mut open = None;
        let ended = with(&mut open, refused, |_| Ok(()));
        assert_eq!(ended, Err(Outcome::Refused("no connection: connection refused".into())));
        assert!(open.is_none());
    }
}
