//! The only crate that touches a host: it observes and applies resources, runs probes and keeps what Quorate
//! remembers on the host. The helper ([`helper::serve`]) and the agent are built from it.
// This crate is one of the two places where processes may be started (see clippy.toml).
#![allow(clippy::disallowed_methods)]

pub mod agent;
pub mod backup;
pub mod clock;
pub mod database;
pub mod etcd;
pub mod faults;
pub mod galera;
pub mod helper;
pub mod probes;

mod command;
mod error;
mod external;
mod facts;
mod journal;
mod lock;
mod looks;
mod names;
mod resources;
mod store;
mod withdraw;

pub use error::Error;
