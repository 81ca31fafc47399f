//! A database that somebody else keeps: how it is reached, and what was seen of it from one host.

use std::collections::BTreeMap;

use secret::Secret;
use serde::{Deserialize, Serialize};

use crate::resource::Grant;

/// The server, and the account that it is used with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalServer {
    /// Name or address.
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Filled in on the way to a host; never part of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

impl ExternalServer {
    /// Where it is, as it is shown.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What a session with the server told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalFacts {
    /// As the server tells it, such as `8.0.36` or `10.11.6-MariaDB`.
    pub version: String,
    /// `version_comment`: who built it.
    pub comment: String,
    pub read_only: bool,
    /// Whether the session was encrypted.
    pub encrypted: bool,
    /// The shortest of several statements that do nothing, in microseconds.
    pub round_trip_us: u64,
    /// Of the schemas asked for, those that the account sees.
    pub schemas: BTreeMap<String, SchemaFacts>,
    /// What the account may do, without anything that tells how it logs in.
    pub grants: Vec<Grant>,
    /// Whether it has roles too, which may let it do more.
    pub roles: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFacts {
    pub charset: String,
    pub collation: String,
}

/// Why no session came about; the texts are the system's or the server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExternalTrouble {
    /// Nobody answers there, or not in time.
    Unreachable(String),
    /// The account or its password is wrong.
    Denied(String),
    /// The server knows no account that may come from this host.
    NotFromHere(String),
    /// Anything else.
    Refused(String),
}
