//! Schemas, accounts and privileges inside the local database, over its socket as root: no password is involved.

use std::collections::BTreeSet;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use sha1::{Digest, Sha1};
use wire::{Difference, Grant, SqlAuth};

use super::{change, differs};
use crate::error::Error;
use crate::store::{Before, Store, hex};

/// Where Debian's MariaDB listens locally.
pub const SOCKET: &str = "/run/mysqld/mysqld.sock";

fn connect() -> Result<Option<Conn>, Error> {
    if !std::path::Path::new(SOCKET).exists() {
        return Ok(None);
    }
    let options = OptsBuilder::new()
        .socket(Some(SOCKET))
        .user(Some("root"))
        .prefer_socket(true)
        .read_timeout(Some(std::time::Duration::from_secs(10)))
        .write_timeout(Some(std::time::Duration::from_secs(10)));
    match Conn::new(options) {
        Ok(connection) => Ok(Some(connection)),
        Err(mysql::Error::IoError(_) | mysql::Error::DriverError(_)) => Ok(None),
        Err(e) => Err(Error::Sql(e.to_string())),
    }
}

fn connected() -> Result<Conn, Error> {
    connect()?.ok_or_else(|| Error::Sql(format!("nobody answers at {SOCKET}")))
}

fn sql(e: mysql::Error) -> Error {
    Error::Sql(e.to_string())
}

/// Quotes an identifier.
fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a text.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A character set, or what a collation begins with, by its one name: servers call Unicode's first plane by two.
fn one_name(charset: &str) -> String {
    charset.strip_prefix("utf8mb3").map_or_else(|| charset.to_owned(), |rest| format!("utf8{rest}"))
}

pub fn observe_schema(name: &str, charset: &str, collation: Option<&str>) -> Result<Difference, Error> {
    let Some(mut connection) = connect()? else { return Ok(Difference::Missing) };
    let row: Option<(String, String)> = connection
        .exec_first(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata \
             WHERE schema_name = ?",
            (name,),
        )
        .map_err(sql)?;
    let Some((present, collated)) = row else { return Ok(Difference::Missing) };
    let mut changes = Vec::new();
    if one_name(&present) != one_name(charset) {
        changes.push(change("charset", present, charset));
    }
    if let Some(collation) = collation
        && one_name(&collated) != one_name(collation)
    {
        changes.push(change("collation", collated, collation));
    }
    Ok(differs(changes))
}

/// The statement that makes a schema.
pub fn create_schema(name: &str, charset: &str, collation: Option<&str>) -> String {
    format!("CREATE DATABASE IF NOT EXISTS {} {}", identifier(name), character_set(charset, collation))
}

fn character_set(charset: &str, collation: Option<&str>) -> String {
    let collate = collation.map(|c| format!(" COLLATE {}", one_name(c))).unwrap_or_default();
    format!("CHARACTER SET {charset}{collate}")
}

pub fn apply_schema(
    store: &Store,
    cluster: &str,
    name: &str,
    charset: &str,
    collation: Option<&str>,
) -> Result<(), Error> {
    store.own(cluster, &format!("schema:{name}"), || Ok(Before::Nothing))?;
    let mut connection = connected()?;
    connection.query_drop(create_schema(name, charset, collation)).map_err(sql)?;
    // For a schema that was there: tables made from now on get it, those that exist stay as they are.
    let alter = format!("ALTER DATABASE {} {}", identifier(name), character_set(charset, collation));
    connection.query_drop(alter).map_err(sql)
}

pub fn observe_writer_table() -> Result<Difference, Error> {
    let Some(mut connection) = connect()? else { return Ok(Difference::Missing) };
    match connection.query_first::<u8, _>("SELECT id FROM quorate.writer WHERE id = 1") {
        Ok(Some(_)) => Ok(Difference::None),
        Ok(None) | Err(mysql::Error::MySqlError(_)) => Ok(Difference::Missing),
        Err(e) => Err(sql(e)),
    }
}

pub fn apply_writer_table(store: &Store, cluster: &str) -> Result<(), Error> {
    store.own(cluster, "table:quorate.writer", || Ok(Before::Nothing))?;
    let mut connection = connected()?;
    connection
        .query_drop(
            "CREATE TABLE IF NOT EXISTS quorate.writer (\
             id TINYINT UNSIGNED NOT NULL PRIMARY KEY CHECK (id = 1), host VARCHAR(64) NOT NULL, \
             epoch BIGINT UNSIGNED NOT NULL, beat BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
        )
        .map_err(sql)?;
    connection.query_drop("INSERT IGNORE INTO quorate.writer VALUES (1, '', 0, 0)").map_err(sql)
}

/// The stored form of a password for `mysql_native_password`: `*` and SHA1(SHA1(password)).
fn native_hash(password: &str) -> String {
    format!("*{}", hex(&Sha1::digest(Sha1::digest(password.as_bytes()))).to_uppercase())
}

fn identified(auth: &SqlAuth) -> Result<(String, String), Error> {
    match auth {
        SqlAuth::Socket => Ok(("unix_socket".to_owned(), String::new())),
        SqlAuth::Password { value: Some(password), .. } => {
            Ok(("mysql_native_password".to_owned(), native_hash(password.expose())))
        }
        SqlAuth::Password { name, value: None } => {
            Err(Error::Damaged(format!("the step came without the password of the account {name}")))
        }
    }
}

/// A grant's object, quoted. In `schema.*` the schema is a pattern: `_` and `%` stand for themselves only when escaped.
fn object(on: &str) -> String {
    match on.split_once('.') {
        Some(("*", "*")) => "*.*".to_owned(),
        Some((schema, "*")) => format!("{}.*", identifier(&schema.replace('_', "\\_").replace('%', "\\%"))),
        Some((schema, table)) => format!("{}.{}", identifier(schema), identifier(table)),
        None => identifier(on),
    }
}

/// `(privileges, object)` in one canonical spelling.
fn canonical(privileges: &str, on: &str) -> (BTreeSet<String>, String) {
    let on = on.replace(['`', '\\'], "").to_lowercase();
    (privileges.split(',').map(|p| one_privilege(&p.trim().to_uppercase())).collect(), on)
}

/// A privilege by the name under which MariaDB shows it.
fn one_privilege(privilege: &str) -> String {
    match privilege {
        "ALL" => "ALL PRIVILEGES",
        "REPLICATION CLIENT" => "BINLOG MONITOR",
        other => other,
    }
    .to_owned()
}

fn present_grants(connection: &mut Conn, account: &str) -> Result<BTreeSet<(BTreeSet<String>, String)>, Error> {
    let lines: Vec<String> = connection.query(format!("SHOW GRANTS FOR {account}")).map_err(sql)?;
    Ok(lines.iter().filter_map(|l| parse_grant(l)).collect())
}

/// What one line of SHOW GRANTS gives; `None` for the line that only says how the account logs in.
pub fn parse_grant(line: &str) -> Option<(BTreeSet<String>, String)> {
    let (privileges, rest) = line.strip_prefix("GRANT ")?.split_once(" ON ")?;
    let (on, _) = rest.split_once(" TO ")?;
    (privileges != "USAGE").then(|| canonical(privileges, on))
}

pub fn observe_account(user: &str, host: &str, auth: &SqlAuth, grants: &[Grant]) -> Result<Difference, Error> {
    let Some(mut connection) = connect()? else { return Ok(Difference::Missing) };
    let row: Option<(String, String)> = connection
        .exec_first(
            "SELECT COALESCE(JSON_VALUE(Priv, '$.plugin'), ''), COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') \
             FROM mysql.global_priv WHERE User = ? AND Host = ?",
            (user, host),
        )
        .map_err(sql)?;
    let Some(present) = row else { return Ok(Difference::Missing) };
    let mut changes = Vec::new();
    if present != identified(auth)? {
        // Neither hash is shown: it is as good as the password to whoever wants to guess it.
        changes.push(change("authentication", "another", "the cluster's"));
    }
    let account = format!("{}@{}", literal(user), literal(host));
    let wanted: BTreeSet<_> = grants.iter().map(|g| canonical(&g.privileges, &g.on)).collect();
    let present = present_grants(&mut connection, &account)?;
    if present != wanted {
        let shown = |grants: &BTreeSet<(BTreeSet<String>, String)>| {
            let lines: Vec<_> = grants
                .iter()
                .map(|(p, on)| format!("{} ON {on}", p.iter().cloned().collect::<Vec<_>>().join(", ")))
                .collect();
            lines.join("; ")
        };
        changes.push(change("privileges", shown(&present), shown(&wanted)));
    }
    Ok(differs(changes))
}

pub fn apply_account(
    store: &Store,
    cluster: &str,
    user: &str,
    host: &str,
    auth: &SqlAuth,
    grants: &[Grant],
) -> Result<(), Error> {
    store.own(cluster, &format!("account:{user}@{host}"), || Ok(Before::Nothing))?;
    let (plugin, hash) = identified(auth)?;
    let account = format!("{}@{}", literal(user), literal(host));
    let using = if hash.is_empty() { String::new() } else { format!(" USING {}", literal(&hash)) };
    let mut connection = connected()?;
    // Only the hash ever reaches the server: neither its logs nor the replication stream see the password.
    for verb in ["CREATE USER IF NOT EXISTS", "ALTER USER"] {
        connection.query_drop(format!("{verb} {account} IDENTIFIED VIA {plugin}{using}")).map_err(sql)?;
    }
    let wanted: BTreeSet<_> = grants.iter().map(|g| canonical(&g.privileges, &g.on)).collect();
    if present_grants(&mut connection, &account)? != wanted {
        connection.query_drop(format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}")).map_err(sql)?;
        for grant in grants {
            let on = object(&grant.on);
            connection.query_drop(format!("GRANT {} ON {on} TO {account}", grant.privileges)).map_err(sql)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_servers() {
        // As MariaDB's PASSWORD('secret') gives it.
        assert_eq!(native_hash("secret"), "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
    }

    #[test]
    fn grants_compare_whatever_their_spelling() {
        let line = "GRANT SELECT, UPDATE ON `quorate`.`writer` TO `quorate`@`localhost`";
        assert_eq!(parse_grant(line), Some(canonical("update,select", "quorate.writer")));
        let line = "GRANT PROCESS, BINLOG MONITOR ON *.* TO `monitor`@`%` IDENTIFIED BY PASSWORD '*x'";
        assert_eq!(parse_grant(line), Some(canonical("Replication Client, PROCESS", "*.*")));
        assert_eq!(canonical("ALL", "a.*"), canonical("ALL PRIVILEGES", "a.*"));
        assert_eq!(parse_grant("GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*x'"), None);
    }

    #[test]
    fn a_schema_in_a_grant_is_no_pattern() {
        assert_eq!(object("my_app.*"), "`my\\_app`.*");
        assert_eq!(object("quorate.writer"), "`quorate`.`writer`");
        assert_eq!(canonical("select", "`my\\_app`.*").1, "my_app.*");
    }

    #[test]
    fn a_character_set_has_one_name() {
        assert_eq!([one_name("utf8mb3_bin"), one_name("utf8mb4"), one_name("utf8")], ["utf8_bin", "utf8mb4", "utf8"]);
        let made = create_schema("a", "utf8", Some("utf8mb3_general_ci"));
        assert_eq!(made, "CREATE DATABASE IF NOT EXISTS `a` CHARACTER SET utf8 COLLATE utf8_general_ci");
    }

    #[test]
    fn quoting_leaves_no_way_out() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(literal(r"a'b\"), r"'a''b\\'");
    }
}
