//! Breaks a running cluster on purpose and puts what happened beside what was predicted.

pub mod conduct;
mod prediction;
mod report;
mod soak;
mod trial;
mod verdict;

pub use prediction::{Expected, Holders, Holding, Prediction, Promise, Reads};
pub use report::{Gaps, NotTested, Outcome, Report, Settings, Span, Timeline, TrialReport};
pub use soak::soak;
pub use trial::{EXERCISED, How, Means, Misunderstood, Partition, Strike, Trial, parse, trials};
pub use verdict::{
    CapabilityObservation, DataObservation, Difference, HolderObservation, Observation, Observed, as_promised,
    differences,
};

pub mod checker;
pub mod history;
pub mod workload;
