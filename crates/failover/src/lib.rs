//! Which of a replicated database's hosts is written to, and how that changes without losing an acknowledged write.
//!
//! The protocol is one state machine, [`Node::step`], without I/O, clock or randomness of its own: what the host and
//! etcd show comes in as [`Event`]s with the time, what is to be done goes out as [`Action`]s. The agent's driver
//! carries them out on real hosts; the models in `tests/` carry them out in a world where anything may fail.
//!
//! What makes it safe, in one paragraph: a write is acknowledged to a client only after one *synchronous* host has it
//! (semi-synchronous replication, which waits for exactly one acknowledgement), etcd's [`Record`] names that host,
//! nobody but it or the last primary may take the lead, and a host that takes the lead first stops receiving and
//! applies all it has received. From that moment the old primary can acknowledge nothing, whatever it believes, however
//! long it was paused: no clock is needed for that. Leases and the gate in front of the client port only bound how long
//! two hosts may *answer*.

mod action;
pub mod coordination;
pub mod galera;
mod node;
mod position;
mod record;
mod settings;
mod sight;

pub use action::{Action, Amendment, Event, Order, Role, Stored, Task};
pub use node::{Lease, Node, Standing};
pub use position::{Gtid, NoPosition, Position};
pub use record::{Leader, Member, Place, Record, Report, View};
pub use settings::{OnReplicaLoss, Settings, Timing};
pub use sight::{Server, Sight, Source, Up};
