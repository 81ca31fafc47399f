//! One host's part in the protocol.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Action, Event, Settings};

/// A lead that was won: the epoch, and when it ends on this host unless it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    pub epoch: u64,
    /// On the clock of [`Node::step`].
    pub until: Duration,
}

/// What a host is doing, in words for `status`, verdicts and logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nothing was read from etcd yet.
    Starting,
    /// It follows, or waits for somebody to follow; the code of a note says what for.
    Following { waits: Option<&'static str> },
    /// It has the lead and is not open yet; the code says what it waits for.
    Promoting { waits: &'static str },
    /// It takes writes until this moment, unless its lease is renewed. Asynchronous: no other host must have them.
    Primary { until: Duration, asynchronous: bool },
    /// It hands the lead over to this host.
    HandingOver { to: String },
    /// It shuts itself off; the code says why.
    Fencing { why: &'static str },
}

/// The state machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    settings: Settings,
}

impl Node {
    /// A host's part, as its agent starts. `kept`: the lease that an earlier process of the agent had on this boot.
    pub fn new(settings: Settings, kept: Option<Lease>) -> Self {
        let _ = kept;
        Self { settings }
    }

    /// Takes in what has happened at `now` (a clock that never goes back and never stops); what is to be done, in order.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let _ = (now, event);
        vec![]
    }

    /// What this host is doing.
    pub fn standing(&self) -> Standing {
        Standing::Starting
    }

    /// How soon etcd and the server should be looked at again.
    pub fn look_again(&self) -> Duration {
        self.settings.timing.renew / 5
    }
}
