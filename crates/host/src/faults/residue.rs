//! What is left of any drill on this host, looked for where it would be and not only where records say.

use std::collections::BTreeSet;

use wire::{Fault, Note};

use super::record::{self, Record};
use super::{cut, fill, timer, units};
use crate::error::Error;
use crate::store::Store;

/// What is left of any drill on this host; empty when nothing is. A fault that is under way counts as left.
///
/// # Errors
/// When the host cannot be looked at; then nothing is known.
pub fn residue(store: &Store) -> Result<Vec<Note>, Error> {
    let records = record::all(store);
    let mut notes = Vec::new();
    for (id, record) in &records {
        let fault = record.as_ref().map(Record::describe).unwrap_or_default();
        notes.push(Note::new("residue-record").with("id", id).with("fault", fault));
    }
    notes.extend(cut::tables()?.into_iter().map(|table| Note::new("residue-table").with("table", table)));
    notes.extend(timer::left()?.into_iter().map(|unit| Note::new("residue-unit").with("unit", unit)));
    notes.extend(fill::left().into_iter().map(|path| Note::new("residue-file").with("path", path.display())));
    for unit in known_units(store, &records)? {
        let stopped = units::processes(&unit)?.into_iter().filter(units::Process::stopped);
        let pids: Vec<String> = stopped.map(|p| p.pid.to_string()).collect();
        if !pids.is_empty() {
            notes.push(Note::new("residue-frozen").with("unit", unit).with("pids", pids.join(", ")));
        }
    }
    Ok(notes)
}

/// The units that Quorate made on this host, and those that faults were ordered for.
fn known_units(store: &Store, records: &[(String, Option<Record>)]) -> Result<BTreeSet<String>, Error> {
    let manifest = store.manifest()?.map(|m| m.entries).unwrap_or_default();
    let ours = manifest.iter().filter_map(|e| e.key.strip_prefix("unit:")).map(str::to_owned);
    let broken = records.iter().filter_map(|(_, record)| match &record.as_ref()?.injection.fault {
        Fault::Kill { unit } | Fault::Freeze { unit } | Fault::Stop { unit } => Some(unit.clone()),
        _ => None,
    });
    Ok(ours.chain(broken).collect())
}
