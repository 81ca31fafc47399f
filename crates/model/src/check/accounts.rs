//! Accounts of the database: who may do what, and what no application may.
//!
//! A privilege on the server as a whole reaches the server's own tables and every other schema. Those that change
//! something there, or administer the server, would let an application write where the cluster has closed a server to
//! writing, or undo what keeps its copies equal; so they are refused, whoever asks for them.

use super::database::{MAX_USER, SYSTEM_SCHEMAS, SYSTEM_USERS};
use super::platform::unknown;
use super::{Findings, names, ssh};
use crate::types::{Account, AccountGrant, Schema};
use crate::yaml::At;
use crate::{codes, raw};

/// Privileges on a table, and so on a schema.
const TABLE: [&str; 12] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "CREATE VIEW",
    "SHOW VIEW",
    "TRIGGER",
];
/// Privileges on a schema alone.
const SCHEMA: [&str; 6] =
    ["CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT"];
/// Privileges on the server that change nothing: for monitors, exporters and copies.
const SERVER: [&str; 7] = [
    "PROCESS",
    "RELOAD",
    "SHOW DATABASES",
    "REPLICATION CLIENT",
    "BINLOG MONITOR",
    "SLAVE MONITOR",
    "REPLICATION SLAVE",
];
/// Of the privileges on schemas, those that also an account for the whole server may have.
const READING: [&str; 5] = ["SELECT", "SHOW VIEW", "LOCK TABLES", "EVENT", "TRIGGER"];
const ALL: [&str; 2] = ["ALL", "ALL PRIVILEGES"];
/// Privileges that administer the server, which is Quorate's business.
///
/// Source: MariaDB's and MySQL's lists of privileges. SUPER and READ ONLY ADMIN write to a server in spite of
/// `read_only`; FILE reads the server's keys; the others change accounts or replication.
const ADMINISTRATION: [&str; 17] = [
    "SUPER",
    "READ ONLY ADMIN",
    "READ_ONLY ADMIN",
    "GRANT OPTION",
    "CREATE USER",
    "SET USER",
    "SHUTDOWN",
    "FILE",
    "CREATE TABLESPACE",
    "BINLOG ADMIN",
    "BINLOG REPLAY",
    "CONNECTION ADMIN",
    "FEDERATED ADMIN",
    "REPLICATION SLAVE ADMIN",
    "REPLICATION MASTER ADMIN",
    "PROXY",
    "SYSTEM_VARIABLES_ADMIN",
];
/// The longest that servers keep of where an account may come from.
const MAX_HOST: usize = 255;

/// What a grant is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Server,
    Schema,
    Table,
}

pub(super) fn check(raw: &[At<raw::Account>], schemas: &[Schema], found: &mut Findings) -> Vec<Account> {
    raw.iter().map(|a| account(&a.value, schemas, found)).collect()
}

fn account(raw: &raw::Account, schemas: &[Schema], found: &mut Findings) -> Account {
    names::identifier(codes::BAD_DATABASE_USER, &raw.user, MAX_USER, found);
    if SYSTEM_USERS.contains(&raw.user.value.to_ascii_lowercase().as_str()) {
        found.add(codes::RESERVED_DATABASE_NAME.at(raw.user.span).arg("name", &raw.user.value));
    }
    ssh::hidden(raw.password.as_ref(), found);
    let hosts = raw.hosts.as_ref().map_or_else(
        || vec!["%".to_owned()],
        |list| {
            if list.value.is_empty() {
                found.add(codes::BAD_ACCOUNT_HOST.at(list.span).arg("host", ""));
            }
            list.value.iter().map(|h| host(h, found)).collect()
        },
    );
    Account {
        user: raw.user.value.clone(),
        password_from: raw.password_from.as_ref().and_then(|p| ssh::secret(p, found)),
        hosts,
        grants: raw.grants.iter().map(|g| grant(g, schemas, found)).collect(),
    }
}

/// A name, an address, or a pattern or network of them.
fn host(at: &At<String>, found: &mut Findings) -> String {
    let fine = (1..=MAX_HOST).contains(&at.value.len())
        && at.value.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:%/".contains(&b));
    if !fine {
        found.add(codes::BAD_ACCOUNT_HOST.at(at.span).arg("host", &at.value));
    }
    at.value.clone()
}

fn grant(raw: &raw::Grant, schemas: &[Schema], found: &mut Findings) -> AccountGrant {
    let level = object(&raw.on, schemas, found);
    if raw.privileges.value.is_empty() {
        found.add(codes::PRIVILEGES_MISSING.at(raw.privileges.span).arg("on", &raw.on.value));
    }
    let system = schema_of(&raw.on.value).is_some_and(|s| SYSTEM_SCHEMAS.contains(&s));
    let privileges = raw.privileges.value.iter().map(|p| privilege(p, level, system, &raw.on.value, found)).collect();
    AccountGrant { privileges, on: raw.on.value.clone() }
}

fn schema_of(on: &str) -> Option<&str> {
    on.split_once('.').map(|(schema, _)| schema)
}

/// What the grant is for; `None` where that is wrong already.
fn object(on: &At<String>, schemas: &[Schema], found: &mut Findings) -> Option<Level> {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let level = match on.value.split_once('.') {
        Some(("*", "*")) => return Some(Level::Server),
        Some((schema, "*")) if word(schema) => Level::Schema,
        Some((schema, table)) if word(schema) && word(table) => Level::Table,
        _ => {
            found.add(codes::BAD_GRANT_OBJECT.at(on.span).arg("on", &on.value));
            return None;
        }
    };
    let schema = schema_of(&on.value).unwrap_or_default();
    if !SYSTEM_SCHEMAS.contains(&schema) && !schemas.iter().any(|s| s.name == schema) {
        let known: Vec<&str> = schemas.iter().map(|s| s.name.as_str()).collect();
        let name = At { value: schema.to_owned(), span: on.span };
        unknown(codes::UNKNOWN_SCHEMA, "name", &name, &known, found);
    }
    Some(level)
}

/// The privilege in upper case, or a finding.
fn privilege(at: &At<String>, level: Option<Level>, system: bool, on: &str, found: &mut Findings) -> String {
    let word = at.value.trim().to_ascii_uppercase();
    let everything = ALL.contains(&word.as_str());
    let everywhere = level == Some(Level::Server);
    let known = |list: &[&str]| list.contains(&word.as_str());
    if known(&ADMINISTRATION) || (everything && everywhere) {
        found.add(codes::PRIVILEGE_ADMINISTERS.at(at.span).arg("privilege", &word));
    } else if !everything && !known(&TABLE) && !known(&SCHEMA) && !known(&SERVER) {
        let all = [&ALL[..1], &TABLE, &SCHEMA, &SERVER].concat();
        unknown(codes::UNKNOWN_PRIVILEGE, "privilege", at, &all, found);
    } else if system && word != "SELECT" {
        let finding = codes::PRIVILEGE_ON_SYSTEM.at(at.span).arg("privilege", &word);
        found.add(finding.arg("on", on));
    } else {
        let fits = match level {
            Some(Level::Server) => known(&SERVER) || known(&READING),
            Some(Level::Schema) => !known(&SERVER),
            Some(Level::Table) => everything || known(&TABLE),
            None => true,
        };
        if !fits {
            found.add(codes::PRIVILEGE_LEVEL.at(at.span).arg("privilege", &word).arg("on", on));
        }
    }
    word
}
