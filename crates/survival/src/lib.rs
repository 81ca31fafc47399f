//! What a capability survives: how many more hosts may be lost before its rule stops holding, and which. No I/O.

pub mod alerts;
mod capability_tree;
pub mod diagram;
pub mod fault_tree;
mod formula;
mod loss;
mod margin;
pub mod open_psa;
pub mod rates;
mod sides;
pub mod survey;

pub use capability_tree::{CapabilityTree, Grain, capability_tree};
pub use loss::{Loss, Lost};
pub use margin::{MOST_SETS, Margin, margin};
pub use sides::{CapabilitySides, Sides, domain_cuts, sides};
