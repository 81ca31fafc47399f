//! Why a workload cannot run or cannot be cleaned up after.

use std::net::SocketAddr;

/// Why a workload cannot run or cannot be cleaned up after.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the drill's name {0:?} cannot name a table and keys: use lower-case letters, digits and hyphens, at most 40"
    )]
    Name(String),
    #[error("the cluster has no database, no etcd and no gateway that clients could use: there is nothing to drill")]
    NoTargets,
    #[error(
        "the database at {address} does not do what the drill needs ({what}): {reason}; \
         see with `quorate status` that the database works and its account may log in"
    )]
    Database { address: SocketAddr, what: String, reason: String },
    #[error(
        "etcd does not do what the drill needs ({what}), asked at every member: {reason}; \
         see with `quorate status` that etcd works"
    )]
    Coordination { what: String, reason: String },
    #[error("the certificates for etcd cannot be used: {0}")]
    Certificate(String),
    #[error("the cluster keeps no password for the database account {0:?}: run `quorate apply` once, then try again")]
    NoPassword(String),
    #[error("no client certificate for etcd could be issued: {0}")]
    Issue(#[from] pki::Error),
    #[error("this machine cannot start the drill's clients: {0}")]
    Thread(std::io::Error),
}
