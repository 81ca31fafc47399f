//! The way to a host: one SSH connection, one channel, one `sudo`, one helper.
//!
//! [`Connector::connect`] authenticates the host by its pinned key ([`Trust`]) and the operator by key or password,
//! directly or through a bastion. [`Session::start_helper`] puts the program on the host if it is not there yet and
//! starts it as the helper; from then on the channel carries length-delimited frames ([`HelperPipe`]). What the frames
//! say belongs to the crate `wire`; how often they go back and forth is counted above.
//!
//! Nothing secret is ever part of a command line, and nothing is sent to a host whose key is not the pinned one.

mod auth;
mod bootstrap;
mod channel;
mod connect;
mod error;
mod guard;
mod keyfile;
mod pipe;
mod program;
mod session;
mod target;
mod trust;
mod upload;

pub use channel::{Exec, Exit, Stdin, Stdout};
pub use connect::Connector;
pub use error::{Error, KeyFileReason, Phase, SudoReason};
pub use pipe::{HelperPipe, HelperReceiver, HelperSender, MAX_FRAME, Traffic};
pub use program::Program;
pub use secret::Secret;
pub use session::Session;
pub use target::{Auth, Limits, Sudo, Target};
pub use trust::{HostKey, OnUnknownKey, Trust};

/// Where helpers live on a host: owned by root and writable by nobody else.
pub const HELPER_DIR: &str = "/var/lib/quorate/bin";
