//! Breaking this host on purpose, and putting it right again.

use wire::{Injection, Note};

use crate::error::Error;
use crate::store::Store;

/// Breaks something, after the host itself has been told when to undo it.
pub fn inject(_store: &Store, injection: &Injection) -> Result<(), Error> {
    Err(Error::Noted(Note::new("fault-not-possible").with("id", &injection.id)))
}

/// Undoes a fault; fine when it is undone already.
pub fn undo(_store: &Store, _id: &str) -> Result<(), Error> {
    Ok(())
}

/// What is left of any drill on this host; empty when nothing is.
pub fn residue(_store: &Store) -> Result<Vec<Note>, Error> {
    Ok(vec![])
}
