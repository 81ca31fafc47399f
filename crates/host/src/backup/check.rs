//! Looking at what was restored: every table is read and checked, every row counted.

use std::collections::BTreeMap;

use wire::Note;
use wire::backup::RestoredSchema;

use crate::error::Error;
use crate::probes::{Session, literal};

/// What a server makes up itself.
const NOT_DATA: &str = "('information_schema', 'performance_schema', 'sys')";

pub(super) struct Checked {
    pub schemas: Vec<RestoredSchema>,
    pub tables: u64,
}

/// The row that was written before the backup is in it.
pub(super) fn canary(session: &mut Session, name: &str) -> Result<(), Error> {
    let query = format!("SELECT COUNT(*) FROM quorate.backup_canary WHERE name = {}", literal(name));
    match session.first::<u64>(&query) {
        Ok(Some(1)) => Ok(()),
        _ => Err(Error::Noted(Note::new("backup-canary-missing").with("backup", name))),
    }
}

/// Checks every table; the first that is not whole is the error.
pub(super) fn check(session: &mut Session) -> Result<Checked, Error> {
    let tables: Vec<(String, String)> = session.rows(&format!(
        "SELECT table_schema, table_name FROM information_schema.tables \
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN {NOT_DATA} ORDER BY 1, 2"
    ))?;
    let mut schemas: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (schema, table) in &tables {
        let quoted = format!("{}.{}", quote(schema), quote(table));
        let answers: Vec<(String, String, String, String)> = session.rows(&format!("CHECK TABLE {quoted}"))?;
        let bad = answers.iter().find(|(_, _, kind, text)| kind == "error" || (kind == "status" && text == "Corrupt"));
        if let Some((.., text)) = bad {
            let note = Note::new("backup-table-damaged").with("table", format!("{schema}.{table}"));
            return Err(Error::Noted(note.with("error", text)));
        }
        let counted = schemas.entry(schema).or_default();
        counted.0 += 1;
        counted.1 += rows(session, &quoted)?;
    }
    let schema = |(name, (tables, rows)): (&str, (u64, u64))| RestoredSchema { name: name.to_owned(), tables, rows };
    Ok(Checked { schemas: schemas.into_iter().map(schema).collect(), tables: tables.len() as u64 })
}

/// Rows of a table, counted one by one.
pub(super) fn rows(session: &mut Session, quoted: &str) -> Result<u64, Error> {
    Ok(session.first(&format!("SELECT COUNT(*) FROM {quoted}"))?.unwrap_or(0))
}

/// An identifier as SQL reads it back.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
