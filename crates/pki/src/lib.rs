//! The cluster's certificates.
//!
//! Three levels: a root whose key stays offline with the operator, an intermediate that lives on the control hosts
//! (a joining host must get a certificate without the operator's machine), and one leaf per host and engine. Every
//! peer is given the root alone as its authority and sends leaf and intermediate, so a new intermediate needs no
//! change on any host.
//!
//! Nothing here reads a clock or a file: the time comes in as an argument, certificates and keys as PEM.

mod authority;
mod error;
mod leaf;
mod name;
mod read;
mod renewal;
mod template;

pub use authority::{Intermediate, Root, new_intermediate, new_root};
pub use error::Error;
pub use leaf::{issue, issue_client};
pub use renewal::{Reason, fits, intermediate_needs_renewal, needs_renewal};
