//! A database that somebody else keeps, over TCP: logging in, looking at it, and making a schema that is missing.
//!
//! The session is encrypted where the server offers it. Its certificate is not held against any authority, for none is
//! known; the password never crosses the line in clear text either way.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, OptsBuilder, SslOpts};
use secret::Secret;
use wire::{Difference, ExternalFacts, ExternalServer, ExternalTrouble, Grant, SchemaFacts};

use crate::command;
use crate::error::Error;
use crate::resources::sql;

/// For each wait of a look.
pub const LIMIT: Duration = Duration::from_secs(3);
/// Statements of which the quickest counts as the round trip: one that met a busy moment says nothing of the distance.
const SAMPLES: usize = 5;
/// What servers say to a wrong name or password (1044, 1045, 1698, and 3118 where the account is locked).
const DENIED: [u16; 4] = [1044, 1045, 1698, 3118];
/// "Host is not allowed to connect", and the same after too many errors from it.
const NOT_FROM_HERE: [u16; 2] = [1129, 1130];

/// Servers that this process has found without encryption. Asking costs each of them a login that is broken off, which
/// it would write into its log at every look of the agent.
static PLAIN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Logs in; every wait for the server is bounded. Also says whether the session is encrypted.
pub fn connect(server: &ExternalServer, limit: Duration) -> Result<(Conn, bool), ExternalTrouble> {
    let mut failure = ExternalTrouble::Unreachable(format!("{} has no address", server.host));
    // A name may lead to several addresses, of which the first that answers is taken.
    for address in addresses(&server.host) {
        match log_in(server, SocketAddr::new(address, server.port), limit) {
            Err(ExternalTrouble::Unreachable(why)) => failure = ExternalTrouble::Unreachable(why),
            decided => return decided,
        }
    }
    Err(failure)
}

/// The addresses of a name, as the host itself looks it up: the C library's look-up loads code at run time, which a
/// static program should not.
fn addresses(host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let found = command::run("getent", &["ahosts", host], command::SHORT).map(|o| o.stdout).unwrap_or_default();
    let mut addresses: Vec<IpAddr> = found.lines().filter_map(|l| l.split_whitespace().next()?.parse().ok()).collect();
    // One line for each kind of socket.
    addresses.dedup();
    addresses
}

fn log_in(server: &ExternalServer, address: SocketAddr, limit: Duration) -> Result<(Conn, bool), ExternalTrouble> {
    let options = || {
        OptsBuilder::new()
            .ip_or_hostname(Some(address.ip().to_string()))
            .tcp_port(address.port())
            .user(Some(&server.user))
            .pass(server.password.as_ref().map(Secret::expose))
            .prefer_socket(false)
            .tcp_connect_timeout(Some(limit))
            .read_timeout(Some(limit))
            .write_timeout(Some(limit))
            .max_allowed_packet(Some(1 << 20))
    };
    let plain = || PLAIN.lock().unwrap_or_else(PoisonError::into_inner);
    if !plain().contains(&server.place()) {
        let tls = SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
        match Conn::new(options().ssl_opts(Some(tls))) {
            Ok(connection) => return Ok((connection, true)),
            Err(mysql::Error::DriverError(DriverError::TlsNotSupported)) => {
                plain().insert(server.place());
            }
            Err(error) => return Err(trouble(error)),
        }
    }
    Conn::new(options()).map(|connection| (connection, false)).map_err(trouble)
}

fn trouble(error: mysql::Error) -> ExternalTrouble {
    match error {
        mysql::Error::MySqlError(e) if DENIED.contains(&e.code) => ExternalTrouble::Denied(e.message),
        mysql::Error::MySqlError(e) if NOT_FROM_HERE.contains(&e.code) => ExternalTrouble::NotFromHere(e.message),
        mysql::Error::MySqlError(e) => ExternalTrouble::Refused(format!("{} {}", e.code, e.message)),
        mysql::Error::IoError(e) => ExternalTrouble::Unreachable(e.to_string()),
        mysql::Error::DriverError(DriverError::ConnectTimeout | DriverError::Timeout) => {
            ExternalTrouble::Unreachable("no answer in time".to_owned())
        }
        mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => ExternalTrouble::Unreachable(why),
        other => ExternalTrouble::Refused(other.to_string()),
    }
}

/// Everything that the preflight wants to know; nothing is changed.
pub fn look(server: &ExternalServer, schemas: &[String]) -> Result<Box<ExternalFacts>, ExternalTrouble> {
    let (mut connection, encrypted) = connect(server, LIMIT)?;
    gather(&mut connection, schemas).map(|facts| Box::new(ExternalFacts { encrypted, ..facts })).map_err(trouble)
}

fn gather(connection: &mut Conn, schemas: &[String]) -> mysql::Result<ExternalFacts> {
    let row: Option<(String, String, bool)> =
        connection.query_first("SELECT @@version, @@version_comment, @@GLOBAL.read_only")?;
    let (version, comment, read_only) = row.unwrap_or_default();
    let mut facts = ExternalFacts { version, comment, read_only, round_trip_us: u64::MAX, ..Default::default() };
    for _ in 0..SAMPLES {
        let since = Instant::now();
        connection.query_drop("DO 1")?;
        let took = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        facts.round_trip_us = facts.round_trip_us.min(took);
    }
    for name in schemas {
        if let Some(schema) = schema(connection, name)? {
            facts.schemas.insert(name.clone(), schema);
        }
    }
    let lines: Vec<String> = connection.query("SHOW GRANTS")?;
    facts.roles = lines.iter().any(|l| l.starts_with("GRANT ") && !l.contains(" ON "));
    // Older servers show the password's hash in these lines; only what is granted goes on from here.
    facts.grants = lines
        .iter()
        .filter_map(|l| sql::parse_grant(l))
        .map(|(privileges, on)| Grant { privileges: privileges.into_iter().collect::<Vec<_>>().join(", "), on })
        .collect();
    Ok(facts)
}

fn schema(connection: &mut Conn, name: &str) -> mysql::Result<Option<SchemaFacts>> {
    let row: Option<(String, String)> = connection.exec_first(
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata \
         WHERE schema_name = ?",
        (name,),
    )?;
    Ok(row.map(|(charset, collation)| SchemaFacts { charset, collation }))
}

/// Whether the schema is there; how it was made is the preflight's business.
pub fn observe_schema(server: &ExternalServer, name: &str) -> Result<Difference, Error> {
    let (mut connection, _) = connect(server, LIMIT).map_err(|t| refused(server, &t))?;
    let found = schema(&mut connection, name).map_err(|e| refused(server, &trouble(e)))?;
    Ok(if found.is_some() { Difference::None } else { Difference::Missing })
}

/// Makes the schema; it is not noted as Quorate's, for it is not on this host and never taken back.
pub fn apply_schema(server: &ExternalServer, name: &str, charset: &str, collation: Option<&str>) -> Result<(), Error> {
    let (mut connection, _) = connect(server, LIMIT).map_err(|t| refused(server, &t))?;
    connection.query_drop(sql::create_schema(name, charset, collation)).map_err(|e| refused(server, &trouble(e)))
}

fn refused(server: &ExternalServer, trouble: &ExternalTrouble) -> Error {
    let (ExternalTrouble::Unreachable(why)
    | ExternalTrouble::Denied(why)
    | ExternalTrouble::NotFromHere(why)
    | ExternalTrouble::Refused(why)) = trouble;
    Error::Sql(format!("{}: {why}", server.place()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_refusals_are_told_apart() {
        let error = |code| {
            trouble(mysql::Error::MySqlError(mysql::MySqlError { state: "HY000".into(), message: "no".into(), code }))
        };
        assert_eq!(error(1045), ExternalTrouble::Denied("no".into()));
        assert_eq!(error(1130), ExternalTrouble::NotFromHere("no".into()));
        assert_eq!(error(1040), ExternalTrouble::Refused("1040 no".into()));
        let timed_out = mysql::Error::IoError(std::io::ErrorKind::WouldBlock.into());
        assert!(matches!(trouble(timed_out), ExternalTrouble::Unreachable(_)));
    }

    #[test]
    fn nobody_there_is_unreachable() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server =
            ExternalServer { host: "127.0.0.1".into(), port: closed.port(), user: "app".into(), password: None };
        assert!(matches!(look(&server, &[]), Err(ExternalTrouble::Unreachable(_))));
    }
}
