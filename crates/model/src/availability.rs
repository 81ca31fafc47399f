//! How often things fail and how long that lasts, as far as the file says so.

use serde::{Deserialize, Serialize};

/// Mean time between failures, and until repair: positive and finite, the second shorter than the first. Hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    pub mtbf_hours: f64,
    pub mttr_hours: f64,
}

/// What the file says for all things of a kind; `None`: whoever reckons has a default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Availabilities {
    /// A host, unless it says so itself.
    pub host: Option<Availability>,
    /// A component on a host.
    pub component: Option<Availability>,
    /// All hosts of a failure domain at once.
    pub domain: Option<Availability>,
    /// The way to a failure domain.
    pub cut: Option<Availability>,
    /// Something that somebody else keeps.
    pub outside: Option<Availability>,
}
