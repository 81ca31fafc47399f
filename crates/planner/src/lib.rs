//! Desired and observed in, plan out; and the checker of plans. No I/O.
//!
//! [`desired`] says what every host must look like, [`steps`] compares that with what was observed, [`check`] proves
//! what must hold of every plan, [`select`] narrows it, [`guard`] says whether a disruptive step may happen now, and
//! [`health`] puts the probes together for `status`.

pub mod check;
pub mod desired;
pub mod guard;
pub mod health;
pub mod plan;
pub mod preflight;
pub mod replicas;
pub mod select;
pub mod steps;

pub use plan::{ChangeKind, Plan, PlannedChange, Stage, Step};
