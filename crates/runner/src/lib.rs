//! Carries plans out: connects to the hosts, observes them, takes the run lock, executes steps under the quorum
//! guard, keeps the operator's half of the journal and verifies the result by use.
//!
//! Decisions are made in `planner` and in this crate's pure parts ([`state`], [`secrets`]); everything else here is
//! about doing them on hosts that may go away at any moment.

pub mod apply;
pub mod backup;
pub mod database;
pub mod destroy;
pub mod execute;
pub mod fleet;
pub mod journal;
pub mod link;
pub mod lock;
pub mod observe;
pub mod secrets;
pub mod state;
pub mod status;
pub mod targets;

pub use apply::{ApplyOptions, Report, apply};
pub use execute::{Event, StepOutcome};
pub use fleet::Fleet;
pub use observe::Observation;

/// Why a run could not even begin, or was stopped as a whole. What happens to single steps is in the [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Ssh(#[from] ssh::Error),
    #[error("{0}")]
    Noted(wire::Note),
    /// What a host answered, where the answer itself does not name it.
    #[error("{host}: {note}")]
    AtHost { host: model::HostName, note: wire::Note },
    #[error("{what} {}: {source}", path.display())]
    File { what: &'static str, path: std::path::PathBuf, source: std::io::Error },
    #[error("the cluster's certificates: {0}")]
    Pki(#[from] pki::Error),
    /// A new cluster would be founded on hosts that are not ready for it; nothing was changed.
    #[error("the hosts are not ready")]
    NotReady(Vec<planner::preflight::Finding>),
    #[error("the plan is flawed and was not carried out: {0}")]
    Flawed(String),
}

impl From<wire::Note> for Error {
    fn from(note: wire::Note) -> Self {
        Self::Noted(note)
    }
}
