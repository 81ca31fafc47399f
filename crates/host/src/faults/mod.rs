//! Breaking this host on purpose, and putting it right again.
//!
//! The order is what keeps a drill harmless. Before anything breaks, a record of the fault lies under the state
//! directory and the host's own systemd holds the order to undo it: by a timer in this boot, at the start of the next
//! one. From then on the host heals without the operator, and without the helper that broke it. Undoing may be asked
//! for any number of times, by anyone, at any moment: whoever comes second waits for the first and finds nothing left.
//!
//! | file | purpose |
//! |---|---|
//! | `record` | what was broken, and how it was before |
//! | `timer` | the order to undo that systemd holds |
//! | `units` | killed, frozen and stopped units |
//! | `fill` | a full filesystem |
//! | `group` | a database member that a full disk put out of its group |
//! | `cut` | dropped packets |
//! | `reset` | the host itself |
//! | `residue` | what is left of any drill |

mod cut;
mod fill;
mod group;
mod record;
mod reset;
mod residue;
mod timer;
pub(crate) mod units;

use std::collections::BTreeSet;
use std::process::ExitCode;

use wire::{Fault, Injection, Note, STATE_DIR};

use self::record::{Held, Record};
pub use self::residue::residue;
use crate::error::Error;
use crate::lock::Moment;
use crate::store::Store;

/// What the names of everything that a drill makes on a host begin with.
const PREFIX: &str = "quorate-drill-";
/// The name of a unit, a table and a file must hold the identifier.
const LONGEST_ID: usize = 64;

/// Breaks something, after the host itself has been told when to undo it.
///
/// # Errors
/// When the fault is refused, or cannot be injected. Then nothing is broken: what was begun has been undone.
pub fn inject(store: &Store, injection: &Injection) -> Result<(), Error> {
    check(store, injection)?;
    let record = prepare(store, injection)?;
    let held = record::create(store, &record)?;
    let outcome = timer::arm(&record).and_then(|()| break_it(&record));
    drop(held);
    let Err(error) = outcome else { return Ok(()) };
    match undo(store, &injection.id) {
        Ok(()) => Err(error),
        Err(stuck) => {
            let note = Note::new("fault-half-way").with("fault", record.describe());
            Err(Error::Noted(note.with("error", error).with("undo", stuck)))
        }
    }
}

/// Undoes a fault and sees it undone; fine when it is undone already.
///
/// # Errors
/// When something stays broken. Its timer stays too and goes on trying.
pub fn undo(store: &Store, id: &str) -> Result<(), Error> {
    check_id(id)?;
    let held = record::hold(store, id)?;
    match &held {
        Some(Held { record, .. }) => mend(record)?,
        // Its record was lost, or it was undone: what bears the name goes all the same.
        None => {
            cut::heal(id)?;
            fill::empty_all(id)?;
        }
    }
    // The record first: as long as the order to undo is there, a crash leaves nothing for good.
    if held.is_some() {
        record::remove(store, id)?;
    }
    timer::disarm(id)
}

/// Undoes every fault that a record or an order tells of; the first that stays broken is the error.
///
/// # Errors
/// As [`undo`].
pub fn undo_all(store: &Store) -> Result<(), Error> {
    let mut ids: BTreeSet<String> = record::all(store).into_iter().map(|(id, _)| id).collect();
    ids.extend(timer::orders());
    ids.iter().map(|id| undo(store, id)).fold(Ok(()), Result::and)
}

/// `quorate undo-fault ID`: what this host's systemd runs when the time has come.
pub fn undo_here(id: &str) -> ExitCode {
    match undo(&Store::new(STATE_DIR), id) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorate undo-fault {id}: {}", error.note());
            ExitCode::FAILURE
        }
    }
}

fn check(store: &Store, injection: &Injection) -> Result<(), Error> {
    check_id(&injection.id)?;
    match store.manifest()? {
        Some(manifest) if manifest.cluster != injection.cluster => Err(Error::Noted(
            Note::new("fault-other-cluster").with("cluster", manifest.cluster).with("asked", &injection.cluster),
        )),
        _ => Ok(()),
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    let good = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good { Ok(()) } else { Err(Error::Noted(Note::new("fault-bad-id").with("id", id))) }
}

/// Refuses what must not or cannot be broken, and notes how things are now. Changes nothing.
fn prepare(store: &Store, injection: &Injection) -> Result<Record, Error> {
    let mut record = Record {
        injection: injection.clone(),
        boot_id: Moment::now().boot_id,
        units: vec![],
        file: None,
        grouped: false,
    };
    match &injection.fault {
        Fault::Kill { unit } | Fault::Freeze { unit } | Fault::Stop { unit } => {
            record.units = units::check(unit)?;
        }
        Fault::Fill { directory } => {
            let (file, device) = fill::check(store, directory, &injection.id)?;
            record.file = Some(file);
            record.units = units::using(device)?;
            record.grouped = group::member(&record.units);
        }
        Fault::Cut(_) => cut::check()?,
        Fault::Reset => {}
    }
    Ok(record)
}

fn break_it(record: &Record) -> Result<(), Error> {
    let id = &record.injection.id;
    match &record.injection.fault {
        Fault::Kill { unit } => units::kill(unit),
        Fault::Freeze { unit } => units::freeze(unit),
        Fault::Stop { unit } => units::stop(unit),
        Fault::Fill { .. } => record.file.as_deref().map_or(Ok(()), fill::fill),
        Fault::Cut(cut) => cut::cut(id, cut),
        Fault::Reset => {
            reset::reset_soon(id);
            Ok(())
        }
    }
}

/// Undoes what the record says, and sees that it is undone.
fn mend(record: &Record) -> Result<(), Error> {
    if let Some(file) = &record.file {
        fill::empty(file)?;
    }
    // Nothing else outlives a boot, and what shall run after it is being started by systemd at this moment.
    if record.boot_id != Moment::now().boot_id {
        return Ok(());
    }
    match &record.injection.fault {
        Fault::Freeze { unit } => units::thaw(unit).and_then(|()| units::start_all(&record.units)),
        Fault::Kill { .. } | Fault::Stop { .. } => units::start_all(&record.units),
        Fault::Fill { .. } => {
            units::start_all(&record.units)?;
            if record.grouped { group::rejoin() } else { Ok(()) }
        }
        Fault::Cut(_) | Fault::Reset => cut::heal(&record.injection.id),
    }
}

/// The name under which a fault's unit, timer, tables and file are found.
fn name(id: &str) -> String {
    format!("{PREFIX}{id}")
}

fn not_undone(what: impl ToString) -> Error {
    Error::Noted(Note::new("fault-not-undone").with("what", what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_can_name_units_tables_and_files() {
        for good in ["1", "r1-kill-node2", "A9"] {
            assert!(check_id(good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a b", "../x", "a.b", "ä", &"x".repeat(65)] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }
}
