//! What a capability survives: how many more hosts may be lost before its rule stops holding, and which. No I/O.

pub mod alerts;
mod formula;
mod margin;

pub use margin::{MOST_SETS, Margin, margin};
