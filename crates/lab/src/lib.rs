//! Test hosts with real systemd on one machine, and faults from outside them.
//!
//! A lab is a bridge with N systemd-nspawn containers on it: real systemd, sshd, Debian packages, VRRP, multicast. Some
//! of them may be virtual machines instead, which are slow and lose what a power loss loses.
//! Faults are as unkind as real ones: a killed or frozen host is cut from the network first, so that no kernel says
//! goodbye for it. The operator's machine is the bridge's own address.
//!
//! Everything that a lab makes lives in one directory, one cgroup, one bridge and one nftables table, whose names all
//! derive from the lab's name. A lab can therefore be taken down after any crash, by anyone, without a list of what
//! had been done; and no process is ever found by a pid that could have been recycled.
//!
//! | file | purpose |
//! |---|---|
//! | [`options`] | what a lab should be |
//! | [`site`] | where labs and roots live on this machine |
//! | [`root`] | the Debian tree that all hosts share: recipe, cache |
//! | [`names`] | every name that a lab uses, from its name alone |
//! | [`network`] | bridge, free subnets |
//! | [`faults`] | cuts and pauses as one nftables ruleset |
//! | [`cgroup`] | one cgroup per host: kill and freeze |
//! | [`disk`] | what distinguishes one host's disk from another's |
//! | [`container`] | starting a host, running a command in it |
//! | [`vm`], [`kernel`] | the same for a virtual machine, and the kernel that it boots |
//! | [`undo`] | processes that undo a fault when its operator is gone |
//! | [`state`] | what is known on disk |
//! | [`up`], [`down`] | the life of a lab |
#![allow(clippy::disallowed_methods)] // Containers, bridges and rulesets are made by system programs: this crate's whole purpose.

pub mod cgroup;
pub mod command;
pub mod container;
pub mod disk;
pub mod down;
mod error;
pub mod faults;
mod guard;
pub mod kernel;
mod lab;
pub mod names;
pub mod network;
pub mod options;
pub mod ready;
pub mod root;
pub mod site;
pub mod state;
pub mod undo;
pub mod up;
pub mod vm;

pub use command::Output;
pub use down::{down, down_all};
pub use error::Error;
pub use faults::{Cut, OPERATOR};
pub use guard::LabGuard;
pub use ipnet::{IpNet, Ipv4Net};
pub use lab::{Health, HostStatus, Lab};
pub use options::{Filesystem, HostSpec, Hosts, Options};
pub use site::Site;
pub use state::{HostState, Kind};
pub use undo::{Armed, Supervisor, Undo, supervise};

/// What the operations of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
