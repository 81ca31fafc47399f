//! End to end: the real program against real systemd hosts, each test in a lab of its own.
//!
//! What is proved here is proved by looking at the hosts, not by believing the program's own output.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod s3_store;
mod support;
mod witness;
mod writer;

mod absent;
mod arbitrator;
mod backup;
mod block;
mod deploy;
mod drift;
mod drill;
mod external;
mod failover;
mod faults;
mod kill_walk;
mod lock;
mod matrix;
mod operator;
mod outage;
mod packages;
mod power;
mod proxy;
mod replication;
mod returning;
mod rolling;
mod secrets;
mod soak;
mod status;
mod survive;
mod vip;
mod wrong_input;
