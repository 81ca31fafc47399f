//! A database that somebody else keeps: it lets the account in and takes writes.

use std::fs;
use std::path::Path;

use secret::Secret;
use wire::{ExternalServer, ExternalTrouble, Note};

use super::{LIMIT, Seen};
use crate::external;
use mysql::prelude::Queryable;

pub(super) fn writable(server: &ExternalServer, password_file: &Path) -> Seen {
    let note = |code: &str| Note::new(code).with("database", server.place());
    let password = match fs::read_to_string(password_file) {
        Ok(password) => Secret::new(password),
        Err(error) => {
            let note = note("external-no-password").with("path", password_file.display()).with("error", error);
            return Seen::bad(note);
        }
    };
    let server = ExternalServer { password: Some(password), ..server.clone() };
    let (mut connection, encrypted) = match external::connect(&server, LIMIT) {
        Ok(session) => session,
        Err(trouble) => return Seen::bad(described(&server, &trouble)),
    };
    let answer: mysql::Result<Option<(String, bool)>> = connection.query_first("SELECT @@version, @@GLOBAL.read_only");
    match answer {
        Ok(Some((version, false))) => {
            Seen::good().reading("version", version).reading("encrypted", if encrypted { "yes" } else { "no" })
        }
        Ok(Some((_, true))) => Seen::bad(note("external-read-only")),
        Ok(None) => Seen::bad(note("external-refuses").with("error", "no answer")),
        Err(error) => Seen::bad(note("external-refuses").with("error", error)),
    }
}

/// The trouble in the operator's catalogue.
fn described(server: &ExternalServer, trouble: &ExternalTrouble) -> Note {
    let (code, error) = match trouble {
        ExternalTrouble::Unreachable(error) => ("external-silent", error),
        ExternalTrouble::Denied(error) | ExternalTrouble::NotFromHere(error) => ("external-denied", error),
        ExternalTrouble::Refused(error) => ("external-refuses", error),
    };
    Note::new(code).with("database", server.place()).with("user", &server.user).with("error", error)
}
