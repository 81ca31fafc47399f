//! What goes into the state machine and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{Position, Record, Report, Sight, View};

/// How a server is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Its unacknowledged tail is committed (`--init-rpl-role=MASTER`).
    Primary,
    /// Its unacknowledged tail is cut off (`--init-rpl-role=SLAVE`).
    Replica,
}

/// Work on the local server; one at a time, but for [`Action::Kill`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Start the stopped server, read-only, receiving nothing.
    Start(Role),
    /// Receive from this host what this server does not have, throwing away what it received and did not apply, and
    /// give it a new instance first.
    Follow(String),
    /// Stop receiving. Done only when the receiving thread has ended.
    StopIo,
    /// Receive again, where the applying thread runs; nothing may be thrown away.
    StartIo,
    /// Start or stop acknowledging, and connect anew so that the source knows; nothing may be thrown away.
    SemiReplica(bool),
    /// Let commits wait for an acknowledgement, or not.
    SemiPrimary(bool),
    /// End the wait of commits if all that the log holds goes no further than this, which the one host that may acknowledge
    /// has received: it never will acknowledge what it received before it was asked to.
    Confirm(Position),
    /// End all sessions of clients: what they hold keeps the applying thread waiting.
    Dismiss,
    /// Forget the source, and acknowledge no more.
    Detach,
    /// Take writes, unless it is past this moment.
    Writable { until: Duration },
    /// End all sessions of clients and take no more writes.
    Quiesce,
    /// Replace the data by a copy of this host's, keeping the old beside. The server is stopped or will be.
    Rebuild(String),
}

/// A change of the record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Amendment {
    pub record: Record,
    /// The record's revision that it replaces; 0: there is none.
    pub seen: u64,
    /// The leader key must have this create revision; `None`: there must be no leader.
    pub epoch: Option<u64>,
    /// Reports that must not have changed since these revisions (0: that must not exist).
    pub unchanged: BTreeMap<String, u64>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Let clients in until this moment and hold the virtual IP; the kernel itself shuts the door then.
    Open { until: Duration },
    /// Let clients in until this moment although the server only reads; without the virtual IP.
    Read { until: Duration },
    /// Shut the door to clients at once.
    Shut,
    /// Give the virtual IP up.
    Withdraw,
    /// Let exactly these hosts copy the log; established connections of others are silenced too.
    Admit(BTreeSet<String>),
    /// End the server's processes at once (SIGKILL) and see them gone.
    Kill,
    /// Work on the server.
    Serve(Task),
    /// Take the lead: with a new lease, if nobody has it and the record is still at this revision.
    Claim { record: u64 },
    /// Prolong the lease.
    Renew,
    /// Give the lead of this epoch up.
    Release { epoch: u64 },
    /// Change the record.
    Amend(Amendment),
    /// Say this of this host's server, if what it said last still is at the revision `seen` (0: nothing): what comes late
    /// must not replace what is newer. With `record`: only if the record is still at this revision.
    Tell { report: Report, seen: u64, record: Option<u64> },
    /// Remember the lease beyond an end of this process, and forget it.
    Keep(Option<crate::Lease>),
}

/// How a change in etcd ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stored {
    /// Done, at this revision.
    Done(u64),
    /// Not done: something it depended on had changed.
    Refused,
    /// Nobody knows: it may yet be done.
    Unknown,
}

/// What an operator asks of this host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Found the database here: there is no record, and the plan has looked at every host.
    Found,
    /// Hand the lead over, to this host or to the synchronous one.
    Switchover { to: Option<String> },
    /// Become primary although acknowledged writes may be missing here.
    Force,
    /// Throw this host's data away and copy the primary's.
    Rebuild,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Nothing but that time has passed.
    Tick,
    /// A read of etcd that was sent at `asked`.
    Viewed {
        view: View,
        asked: Duration,
    },
    /// A look at the server that began at `asked`.
    Seen {
        sight: Sight,
        asked: Duration,
    },
    /// The claim sent at `sent` ended; with the epoch when it succeeded.
    Claimed {
        stored: Stored,
        sent: Duration,
    },
    /// A renewal sent at `sent` succeeded.
    Renewed {
        sent: Duration,
    },
    /// A renewal failed; `gone` when etcd says that the lease is no more.
    NotRenewed {
        gone: bool,
    },
    /// The change of the record ended.
    Amended(Stored),
    /// The report was put, or not.
    Told(Stored),
    /// The lead was given up, or nobody knows.
    Released,
    /// The server's processes are gone.
    Killed,
    /// The task on the server ended.
    Served {
        task: Task,
        done: bool,
    },
    /// Exactly these hosts can copy the log now.
    Admitted(BTreeSet<String>),
    Ordered(Order),
}
