//! The cluster file, checked: types, identifiers, positions, validation. No I/O.
//!
//! The way of the text: `yaml` reads it into the types of `raw`, with positions; `check` turns those into
//! [`Cluster`] or into every [`Problem`] that it finds. Messages are no business of this crate: a problem has a code
//! and arguments, and the texts in each language are the program's.

mod availability;
mod backup;
mod capability;
mod charset;
mod check;
mod codes;
mod mask;
mod platform;
mod preset;
mod problem;
mod raw;
mod schema;
mod suggest;
mod types;
mod yaml;

pub use availability::{Availabilities, Availability};
pub use backup::{Backup, BackupTo, Schedule};
pub use capability::Capability;
pub use charset::Charset;
pub use codes::CODES;
pub use mask::mask_secrets;
pub use platform::{Platform, PlatformKind, Service, ServicePlace, Storage};
pub use preset::{Preset, preset};
pub use problem::{Code, Problem, Problems, Span};
pub use schema::schema;
pub use types::*;

/// Reads a cluster file and checks all of it.
///
/// # Errors
/// Everything that is wrong, each with its position, in the order of the file. What keeps the file from being read
/// at all (syntax, an unknown key, a value of the wrong type) comes alone.
pub fn parse(text: &str) -> Result<Cluster, Problems> {
    match yaml::read::<raw::File>(text) {
        Ok(file) => check::check(&file),
        Err(problem) => {
            let header = check::header_problems(text);
            Err(Problems(if header.is_empty() { vec![problem] } else { header }))
        }
    }
}
