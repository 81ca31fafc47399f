//! Work on the server, one piece at a time. Each piece may be done again: it looks first, and does what is missing.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use failover::{Position, Task};

use super::{Donor, Gate, Site, Trust, accounts, copy, instance, place, server};
use crate::clock;
use crate::error::Error;
use crate::probes::sql::literal;
use crate::probes::{Session, Trouble};

/// For statements that wait for threads to end.
const LIMIT: Duration = Duration::from_secs(20);
/// For `read_only=1`, which waits for commits under way, and for ever while one waits for its acknowledgement.
const QUIESCE: Duration = Duration::from_secs(2);
/// What a server's number is changed by while it is a replica.
///
/// A replica passes over what bears its own number, silently, since it takes that for its own writes come round. But a
/// primary that crashed has its unacknowledged tail cut off, and gets from its successor whatever of it had been
/// acknowledged: seen with 10.11.19, an acknowledged row was missing on the old primary alone, and replication went on.
/// (The server makes an exception while `rpl_semi_sync_slave_enabled` is on; then it would acknowledge, too.) Nothing comes
/// round among these hosts, so a replica has a number that nobody writes with.
const AS_REPLICA: u32 = 1 << 31;
/// A connection without a sign of life for so long is made anew; the source gives one twice a second.
const SILENCE: u32 = 2;

/// What a replica has received is on disk before it is confirmed: each event is flushed, about a dozen to a transaction.
const RELAY_SYNCED: &str = "SET GLOBAL sync_relay_log = 1";
/// A replica that confirms nothing need not, and could not catch up with a busy primary if it did.
const RELAY_UNSYNCED: &str = "SET GLOBAL sync_relay_log = 10000";

/// Works on one server.
#[derive(Clone, Debug)]
pub struct Tasks {
    pub site: Site,
    pub gate: Gate,
    /// What the server numbers its own writes with.
    pub server_id: u32,
    /// The server's own certificate, with which it proves itself to a source.
    pub certificates: PathBuf,
    /// Where copies of the data are asked for, and with which certificate.
    pub copy_port: u16,
    pub trust: Trust,
}

impl Tasks {
    /// Carries a task out.
    pub fn run(&self, task: &Task) -> Result<(), Error> {
        match task {
            Task::Start(role) => self.start(*role),
            Task::Follow(host) => self.follow(host),
            Task::StopIo => self.stop_io(),
            Task::StartIo => start_io(&mut open()?, false),
            Task::SemiReplica(on) => self.semi_replica(*on),
            Task::SemiPrimary(on) => {
                let on = u8::from(*on);
                sql(&mut open()?, &format!("SET GLOBAL rpl_semi_sync_master_enabled = {on}"))
            }
            Task::Confirm(received) => confirm(received),
            Task::Dismiss => end_sessions(&mut open()?),
            Task::Detach => self.detach(),
            Task::Writable { until } => self.writable(*until),
            Task::Quiesce => quiesce(),
            Task::Rebuild(host) => self.rebuild(host),
        }
    }

    fn start(&self, role: failover::Role) -> Result<(), Error> {
        copy::repair(&self.site.data_dir)?;
        if place::identity(&self.site.data_dir).is_none() {
            let data = self.site.data_dir.display();
            return Err(Error::Damaged(format!("{data} holds no database: is its disk mounted?")));
        }
        server::start(&self.site.unit, role)?;
        if role == failover::Role::Primary {
            // Here at the latest, for no replica can connect without; later, a commit may have to wait for one.
            accounts::provide(&self.site).map_err(sql_error)?;
        }
        Ok(())
    }

    fn follow(&self, host: &str) -> Result<(), Error> {
        let address = self.address(host)?;
        let mut session = open()?;
        // As a primary it would wait for acknowledgements of what it applies; and a commit that waits now would be told
        // its client as done if this were switched off.
        let waiting = session.status("Rpl_semi_sync_master_wait_sessions").map_err(sql_error)?;
        if waiting.values().any(|count| count != "0") {
            return Err(Error::Sql("a commit waits for an acknowledgement here".to_owned()));
        }
        instance::renew()?;
        self.forsake_source(&mut session);
        sql(&mut session, "STOP ALL SLAVES")?;
        self.gate.relent()?;
        sql(&mut session, "SET GLOBAL rpl_semi_sync_slave_enabled = 0")?;
        sql(&mut session, "SET GLOBAL rpl_semi_sync_master_enabled = 0")?;
        sql(&mut session, &format!("SET GLOBAL server_id = {}", self.server_id ^ AS_REPLICA))?;
        sql(&mut session, RELAY_UNSYNCED)?;
        self.own_position(&mut session)?;
        sql(&mut session, &format!("SET GLOBAL slave_net_timeout = {SILENCE}"))?;
        // What was received goes with the change of the source in any case. After a loss of power the files about it may
        // name logs that are gone (they are flushed now and then only), and such a source cannot be changed: error 1201,
        // for ever.
        sql(&mut session, "RESET SLAVE")?;
        sql(&mut session, &self.change_master(address))?;
        sql(&mut session, "START SLAVE")?;
        copy::settled(&self.site.data_dir)
    }

    /// Makes the position to go on from what the data are at: what was applied, or what the own log says that was written
    /// as a primary.
    ///
    /// `MASTER_DEMOTE_TO_SLAVE` would not do: it counts only what bears the number that the server has now.
    fn own_position(&self, session: &mut Session) -> Result<(), Error> {
        let positions = "SELECT @@GLOBAL.gtid_binlog_pos, @@GLOBAL.gtid_slave_pos";
        let (log, applied): (String, String) = session.first(positions).map_err(sql_error)?.unwrap_or_default();
        if log.is_empty()
            && let Some(copied) = copy::position(&self.site.data_dir)
        {
            // Without a state of its log, a copy could not give to others what it got with the copy.
            let copied = literal(&copied.to_string());
            sql(session, &format!("SET GLOBAL gtid_binlog_state = {copied}"))?;
            return sql(session, &format!("SET GLOBAL gtid_slave_pos = {copied}"));
        }
        let position = |text: &str| text.parse::<Position>().map_err(|e| Error::Sql(e.to_string()));
        let (log, applied) = (position(&log)?, position(&applied)?);
        if applied.covers(&log) {
            return Ok(());
        }
        let all = literal(&applied.or_further(&log).to_string());
        sql(session, &format!("SET GLOBAL gtid_slave_pos = {all}"))
    }

    fn change_master(&self, source: IpAddr) -> String {
        let file = |name: &str| literal(&self.certificates.join(name).to_string_lossy());
        format!(
            "CHANGE MASTER TO MASTER_HOST = {}, MASTER_PORT = {}, MASTER_USER = {}, MASTER_PASSWORD = '', \
             MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 0.5, MASTER_SSL = 1, MASTER_SSL_CA = {}, \
             MASTER_SSL_CERT = {}, MASTER_SSL_KEY = {}, MASTER_SSL_VERIFY_SERVER_CERT = 1, \
             MASTER_USE_GTID = slave_pos",
            literal(&source.to_string()),
            self.site.replication_port,
            literal(accounts::REPLICA),
            file("ca.crt"),
            file("server.crt"),
            file("server.key"),
        )
    }

    /// Ends the receiving thread. Measured: with a source that is frozen or unreachable, `STOP SLAVE IO_THREAD` of a
    /// replica that acknowledges takes `rpl_semi_sync_slave_kill_conn_timeout` (5 s), for it connects anew to end its old
    /// connection; with the source refused by the own kernel, 20 ms.
    fn stop_io(&self) -> Result<(), Error> {
        let mut session = open()?;
        self.forsake_source(&mut session);
        let stopped = sql(&mut session, "STOP SLAVE IO_THREAD");
        self.gate.relent()?;
        stopped?;
        match threads(&mut session)? {
            Some(Threads { io: false, .. }) | None => Ok(()),
            Some(_) => Err(Error::Sql("the receiving thread has not ended".to_owned())),
        }
    }

    fn semi_replica(&self, on: bool) -> Result<(), Error> {
        let mut session = open()?;
        // Only where it can be started again without anything being thrown away.
        if !threads(&mut session)?.is_some_and(|t| t.sql) {
            return Err(Error::Sql("the applying thread does not run".to_owned()));
        }
        if on {
            // Whatever it confirms from now on is on disk, and so is all that came before.
            sql(&mut session, RELAY_SYNCED)?;
            flush_received(&mut session)?;
        }
        sql(&mut session, &format!("SET GLOBAL rpl_semi_sync_slave_enabled = {}", u8::from(on)))?;
        start_io(&mut session, true)?;
        if on { Ok(()) } else { sql(&mut session, RELAY_UNSYNCED) }
    }

    fn detach(&self) -> Result<(), Error> {
        let mut session = open()?;
        self.forsake_source(&mut session);
        let stopped = sql(&mut session, "STOP ALL SLAVES");
        self.gate.relent()?;
        stopped?;
        sql(&mut session, "SET GLOBAL rpl_semi_sync_slave_enabled = 0")?;
        sql(&mut session, "RESET SLAVE ALL")
    }

    /// Takes writes, unless it is past `until`.
    fn writable(&self, until: Duration) -> Result<(), Error> {
        let mut session = open()?;
        sql(&mut session, &format!("SET GLOBAL server_id = {}", self.server_id))?;
        // Sessions of readers number their writes as when they began.
        end_sessions(&mut session)?;
        if clock::now() >= until {
            return Err(Error::Sql("the lease ended before the server was opened".to_owned()));
        }
        sql(&mut session, "SET GLOBAL read_only = 0")
    }

    /// Replaces the data by a copy.
    fn rebuild(&self, host: &str) -> Result<(), Error> {
        let donor = Donor { host: host.to_owned(), address: (self.address(host)?, self.copy_port).into() };
        copy::repair(&self.site.data_dir)?;
        let new = copy::receive(&donor, &self.trust, &self.site.data_dir)?;
        server::stop(&self.site.unit);
        copy::replace(&new, &self.site.data_dir)
    }

    fn address(&self, host: &str) -> Result<IpAddr, Error> {
        let known = self.site.addresses.get(host).copied();
        known.ok_or_else(|| Error::Damaged(format!("the agent's configuration has no address for {host}")))
    }

    fn forsake_source(&self, session: &mut Session) {
        // Without it things take longer, and that is all.
        let source = status(session).ok().flatten().and_then(|s| s.get("master_host")?.parse::<IpAddr>().ok());
        if let Some(source) = source
            && let Err(error) = self.gate.forsake(source)
        {
            tracing::warn!(%error, "cannot refuse the source");
        }
    }
}

/// Ends the wait of the commit that waits, and of those that were written together with it, if everything that the log holds
/// is covered. A query has its number for itself: should it have got on in between, nobody is hit instead.
fn confirm(received: &Position) -> Result<(), Error> {
    let mut session = open()?;
    let waiting = "SELECT QUERY_ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for semi-sync ACK%'";
    let waiting: Vec<u64> = session.rows(waiting).map_err(sql_error)?;
    // After whoever waits was seen: what it waits for is in the log.
    let log: String = session.first("SELECT @@GLOBAL.gtid_binlog_pos").map_err(sql_error)?.unwrap_or_default();
    let log = log.parse::<Position>().map_err(|e| Error::Sql(e.to_string()))?;
    if !received.covers(&log) {
        return Err(Error::Sql(format!("the log goes on to {log}, and the synchronous host has {received}")));
    }
    for query in waiting {
        // It may be done already.
        if let Err(trouble) = session.change(&format!("KILL QUERY ID {query}")) {
            tracing::info!(query, %trouble, "a commit that waited");
        }
    }
    Ok(())
}

/// Flushes what was received so far.
fn flush_received(session: &mut Session) -> Result<(), Error> {
    let base: Option<String> = session.first("SELECT @@GLOBAL.relay_log_basename").map_err(sql_error)?.flatten();
    let base = base.map(PathBuf::from).unwrap_or_default();
    let (Some(directory), Some(name)) = (base.parent(), base.file_name()) else { return Ok(()) };
    let name = name.to_string_lossy();
    let flush = || -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&*name) {
                match fs::File::open(entry.path()).and_then(|file| file.sync_data()) {
                    // What was applied is removed meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    flushed => flushed?,
                }
            }
        }
        fs::File::open(directory)?.sync_all()
    };
    flush().map_err(Error::file("flushing what was received in", directory))
}

/// What runs of a replica.
struct Threads {
    io: bool,
    sql: bool,
}

fn threads(session: &mut Session) -> Result<Option<Threads>, Error> {
    let status = status(session)?;
    let field = |s: &BTreeMap<String, String>, name: &str| s.get(name).cloned().unwrap_or_default();
    Ok(status
        .map(|s| Threads { io: field(&s, "slave_io_running") != "No", sql: field(&s, "slave_sql_running") == "Yes" }))
}

fn status(session: &mut Session) -> Result<Option<BTreeMap<String, String>>, Error> {
    let all = session.named("SHOW ALL SLAVES STATUS").map_err(sql_error)?;
    Ok(all.into_iter().find(|s| s.get("master_host").is_some_and(|h| !h.is_empty())))
}

/// Starts the receiving thread, after its end when it is to connect anew.
///
/// With GTIDs a thread that is started while the other one does not run throws away all that was received. So it counts
/// as another life until the applying thread was seen to run before and after: nobody but the agent starts it.
fn start_io(session: &mut Session, anew: bool) -> Result<(), Error> {
    let before = instance::renew()?;
    if !threads(session)?.is_some_and(|t| t.sql) {
        return instance::keep(&before).and(Err(Error::Sql(
            "the applying thread does not run: what was received would be thrown away".to_owned(),
        )));
    }
    if anew {
        sql(session, "STOP SLAVE IO_THREAD")?;
    }
    sql(session, "START SLAVE IO_THREAD")?;
    if threads(session)?.is_some_and(|t| t.sql) {
        return instance::keep(&before);
    }
    tracing::warn!("the applying thread ended: what was received may have been thrown away");
    Ok(())
}

/// Ends the clients' sessions and takes no more writes from new ones.
fn quiesce() -> Result<(), Error> {
    end_sessions(&mut open()?)?;
    let mut session = Session::open(QUIESCE).map_err(sql_error)?;
    sql(&mut session, &format!("SET SESSION lock_wait_timeout = {}", QUIESCE.as_secs()))?;
    sql(&mut session, "SET GLOBAL read_only = 1")?;
    // Those that came in between, and may be in the middle of something.
    end_sessions(&mut session)
}

/// Ends all but the server's own threads, the replicas' and this one. The agent's other sessions are opened anew.
fn end_sessions(session: &mut Session) -> Result<(), Error> {
    let others = "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() \
        AND USER NOT IN ('system user', 'event_scheduler') AND COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Slave_IO', \
        'Slave_SQL', 'Slave_worker')";
    for id in session.column::<u64>(others).map_err(sql_error)? {
        match session.change(&format!("KILL HARD CONNECTION {id}")) {
            // It has ended by itself.
            Ok(_) | Err(Trouble::Refused(_)) => {}
            Err(trouble) => return Err(sql_error(trouble)),
        }
    }
    Ok(())
}

fn open() -> Result<Session, Error> {
    Session::open(LIMIT).map_err(sql_error)
}

fn sql(session: &mut Session, statement: &str) -> Result<(), Error> {
    session.change(statement).map(drop).map_err(sql_error)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn sql_error(trouble: Trouble) -> Error {
    Error::Sql(trouble.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_reached_by_its_address_with_both_ends_proved() {
        let tasks = Tasks {
            site: Site {
                me: "a".into(),
                addresses: [].into(),
                port: 3306,
                replication_port: 3307,
                unit: "mariadb.service".into(),
                data_dir: "/var/lib/mysql".into(),
            },
            gate: Gate { port: 3306, replication_port: 3307 },
            server_id: 7,
            certificates: "/etc/quorate/mariadb".into(),
            copy_port: 9347,
            trust: Trust { ca: "ca".into(), certificate: "c".into(), key: "k".into() },
        };
        let statement = tasks.change_master("10.0.0.2".parse().unwrap());
        for part in [
            "MASTER_HOST = '10.0.0.2', MASTER_PORT = 3307",
            "MASTER_SSL_VERIFY_SERVER_CERT = 1",
            "MASTER_SSL_KEY = '/etc/quorate/mariadb/server.key'",
            "MASTER_USE_GTID = slave_pos",
        ] {
            assert!(statement.contains(part), "{statement}");
        }
    }
}
