//! What a drill breaks on a host, so that it can be described, injected, undone and looked for afterwards.
//!
//! A fault is ordered from a host's own helper. Before it is injected, the host itself is given the order to undo it
//! (a timer of its own systemd), so that nothing stays broken when the operator's machine, or the way to it, is gone.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Something that goes wrong on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// SIGKILL to the unit's processes. Its service manager may start it again by itself.
    Kill { unit: String },
    /// SIGSTOP to the unit's processes: alive, and silent.
    Freeze { unit: String },
    /// The unit is stopped in an orderly way.
    Stop { unit: String },
    /// Nothing more can be written on the filesystem of this directory.
    Fill { directory: PathBuf },
    /// Packets are dropped on this host.
    Cut(Cut),
    /// The host is reset at once, as if its power had failed: nothing is written out, nobody is told.
    Reset,
}

/// Which packets are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cut {
    /// The addresses that are out of reach; empty: all but the host itself.
    pub from: Vec<IpAddr>,
    pub direction: Direction,
    /// Whose SSH connection stays in any case: the operator's address. The drill must be able to see and to undo. Without
    /// it, the answer to a cut from everybody arrives when the host has healed itself.
    pub except_ssh_of: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    Both,
    /// What comes in is dropped; what goes out arrives.
    In,
    Out,
}

/// A fault with what is needed to take it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Injection {
    /// Unique among the faults of a drill; letters, digits and hyphens. It names the timer and the record on the host.
    pub id: String,
    pub cluster: String,
    /// The run lock's fencing token.
    pub token: u64,
    pub fault: Fault,
    /// Milliseconds after which the host undoes the fault by itself.
    pub undo_after_ms: u64,
}
