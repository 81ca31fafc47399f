//! Messages between operator, helper, agent and server. No I/O.
//!
//! The operator's program sends [`Request`]s to the helper on a host and gets one [`Reply`] for each, as
//! length-delimited JSON frames ([`frame`]). Everything that crosses a process boundary is defined here, so that
//! decision crates (components, planner) and the effect crate (host) speak of the same things without knowing
//! each other.

pub mod backup;
pub mod external;
pub mod facts;
pub mod fault;
pub mod frame;
pub mod lock;
pub mod message;
pub mod note;
pub mod probe;
pub mod replication;
pub mod resource;
pub mod state;

pub use backup::{BackupReply, BackupRequest};
pub use external::{ExternalFacts, ExternalServer, ExternalTrouble, SchemaFacts};
pub use facts::{Facts, Interface, Look, Looked, UnitFacts};
pub use fault::{Fault, Injection};
pub use lock::{LockGrant, LockHolder, LockRequest};
pub use message::{Act, ActResult, Envelope, Reply, Request};
pub use note::Note;
pub use probe::{Probe, ProbeKind, ProbeReport};
pub use resource::{Change, Difference, GaleraSeed, Grant, Observed, Resource, SqlAuth, Touch, UnitEffect};
pub use state::{ClusterState, JournalEntry, Outcome};

/// Changes whenever a message changes its meaning; operator and helper are the same program, so a mismatch
/// means a stale agent or a foreign program on the pipe.
pub const PROTOCOL: u32 = 1;

/// Where everything lives that Quorate keeps on a host. Root only.
pub const STATE_DIR: &str = "/var/lib/quorate";
/// The program that units on a host run; a copy of the helper that last configured the host.
pub const PROGRAM: &str = "/usr/local/lib/quorate/quorate";
/// Configuration and certificates that Quorate's own units read.
pub const CONFIG_DIR: &str = "/etc/quorate";
/// One-shot flags that must not outlive a reboot.
pub const RUNTIME_DIR: &str = "/run/quorate";
/// Port of the agent's verdicts on every host.
pub const AGENT_PORT: u16 = 9346;
