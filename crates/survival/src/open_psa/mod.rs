//! Open-PSA Model Exchange Format (MEF 2.0d): reading the fault trees of other tools, and writing ours for them.
//!
//! A model may be spread over several files. Read are fault trees with components, gates of all connectives, house
//! events, basic events, parameters, expressions and common-cause groups, with the rules of names and roles that SCRAM
//! has. Event trees, alignments and what belongs to them are left out and noted; what would change the answer if it were
//! left out is an error at its place.

mod common_cause;
mod error;
mod expression;
mod formula;
mod names;
mod read;
mod source;
mod write;

pub use error::{OpenPsaError, Problem};
pub use read::{Model, Options, Top, read};
pub use source::Source;
pub use write::write;
