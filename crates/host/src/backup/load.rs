//! Bringing one schema of a restored backup into the live database, under its name or beside it.
//!
//! What is live is never overwritten: a schema of that name must be empty, or be given up by name, and then everything
//! is backed up first.

use std::io;
use std::process::Stdio;

use wire::Note;
use wire::backup::Load;

use super::check::{quote, rows};
use super::live;
use super::progress::{self, Counted};
use super::scratch::Scratch;
use crate::command::Running;
use crate::error::Error;
use crate::probes::{SOCKET, Session, literal};

/// Refuses what cannot be done, before anything is restored.
pub(super) fn admit(wanted: &Load) -> Result<(), Error> {
    let mut session = live::session()?;
    if !session.writable()? {
        return Err(Error::Noted(Note::new("backup-load-not-writable")));
    }
    if !wanted.replace && tables(&mut session, &wanted.under)? > 0 {
        return Err(Error::Noted(Note::new("backup-load-occupied").with("schema", &wanted.under)));
    }
    Ok(())
}

/// Loads the schema. One that is to be replaced is in the backup `saved_as`.
pub(super) fn load(
    scratch: &Scratch,
    restored: &mut Session,
    wanted: &Load,
    saved_as: Option<&str>,
) -> Result<(), Error> {
    let collation: Option<(String, String)> = restored.first(&format!(
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata \
         WHERE schema_name = {}",
        literal(&wanted.schema)
    ))?;
    let Some((charset, collation)) = collation else {
        return Err(Error::Noted(Note::new("backup-load-no-schema").with("schema", &wanted.schema)));
    };
    progress::stage("load");
    let mut session = live::session()?;
    let under = quote(&wanted.under);
    if wanted.replace {
        session.change(&format!("DROP DATABASE IF EXISTS {under}"))?;
    } else if tables(&mut session, &wanted.under)? > 0 {
        return Err(Error::Noted(Note::new("backup-load-occupied").with("schema", &wanted.under)));
    }
    session.change(&format!("CREATE DATABASE IF NOT EXISTS {under} CHARACTER SET {charset} COLLATE {collation}"))?;
    let socket = format!("--socket={}", scratch.socket());
    let dump = [
        "--no-defaults",
        "--user=root",
        &socket,
        "--single-transaction",
        "--routines",
        "--triggers",
        "--events",
        "--hex-blob",
        "--",
        &wanted.schema,
    ];
    let live_socket = format!("--socket={SOCKET}");
    let client = ["--no-defaults", "--user=root", &live_socket, "--binary-mode", "--", &wanted.under];
    let outcome = (|| {
        let mut dump = Running::start("mariadb-dump", &dump, &[], Stdio::null(), Stdio::piped())?;
        let mut client = Running::start("mariadb", &client, &[], Stdio::piped(), Stdio::null())?;
        let (Some(mut output), Some(input)) = (dump.stdout(), client.stdin()) else {
            return Err(Error::Damaged("mariadb-dump and mariadb were not connected".to_owned()));
        };
        let copied = io::copy(&mut output, &mut Counted(input));
        drop(output);
        client.end()?;
        copied.map_err(Error::file("cannot load through", SOCKET))?;
        dump.end()?;
        compare(restored, &mut session, wanted)
    })();
    outcome.map_err(|error| {
        let note = Note::new("backup-load-failed").with("schema", &wanted.under).with("error", error);
        Error::Noted(note.with("saved", saved_as.unwrap_or("-")))
    })
}

fn tables(session: &mut Session, schema: &str) -> Result<u64, Error> {
    let query = format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = {}", literal(schema));
    Ok(session.first(&query)?.unwrap_or(0))
}

/// Every table has as many rows as the restored one.
fn compare(restored: &mut Session, live: &mut Session, wanted: &Load) -> Result<(), Error> {
    let names: Vec<String> = restored.rows(&format!(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = {}",
        literal(&wanted.schema)
    ))?;
    for name in names {
        let of = |schema: &str| format!("{}.{}", quote(schema), quote(&name));
        let (expected, found) = (rows(restored, &of(&wanted.schema))?, rows(live, &of(&wanted.under))?);
        if expected != found {
            return Err(Error::Damaged(format!("{name} has {found} rows instead of {expected}")));
        }
    }
    Ok(())
}
