//! The run lock: one run at a time changes a cluster, and a run that lost the lock cannot act late.
//!
//! The lock lives on a majority of the control hosts. Every grant carries a fencing token that only grows; each
//! host remembers the highest token it has seen and refuses actions that carry a lower one.

use serde::{Deserialize, Serialize};

/// How long a grant lives without renewal, in milliseconds.
pub const LOCK_TTL_MS: u64 = 20_000;

/// Who holds the lock on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    pub token: u64,
    /// Such as `root@operator pid 4711`.
    pub holder: String,
    pub run: String,
    /// Milliseconds since 1970 by this host's clock, for the message to whoever is refused.
    pub since_ms: i64,
    /// Milliseconds until the grant expires unless renewed; not positive once it has.
    pub left_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LockRequest {
    /// Take the lock with a token above every token seen. Hosts that are no control hosts only note the token.
    Acquire {
        token: u64,
        holder: String,
        run: String,
        control: bool,
    },
    Renew {
        token: u64,
    },
    Release {
        token: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LockGrant {
    Granted,
    /// Somebody else holds it, or has held it since with a higher token.
    Refused(LockHolder),
}
