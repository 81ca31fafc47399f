//! What the protocol keeps in etcd: the leader's key, which goes with its lease, the record, and a report of each host.

use std::time::{Duration, Instant};

use failover::{Amendment, Leader, Report, Stored, View};
use host::etcd::{Access, Answering, Change, Client, Compare, Range, Swap, Trouble, Txn};
use serde::{Deserialize, Serialize};

const PREFIX: &str = "quorate/database/";
const LEADER: &str = "quorate/database/leader";
const RECORD: &str = "quorate/database/record";
const HOSTS: &str = "quorate/database/hosts/";

/// For a change: longer than an election of etcd's own leader usually takes.
const CHANGE: Duration = Duration::from_millis(1500);
/// For a read of everything, over all endpoints.
const READ: Duration = Duration::from_secs(1);

/// The leader key's value.
#[derive(Serialize, Deserialize)]
struct Named {
    host: String,
}

/// A connection to etcd for one kind of work. Certificates are read when they are first needed.
pub struct Store {
    access: Access,
    answering: Answering,
    client: Option<Client>,
}

/// A claim that succeeded, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub stored: Stored,
    /// The lease that the leader's key hangs on.
    pub lease: u64,
}

impl Store {
    /// Nothing is opened yet.
    pub fn new(access: Access, answering: &Answering) -> Self {
        Self { access, answering: answering.clone(), client: None }
    }

    fn client(&mut self) -> Result<&Client, Trouble> {
        match &mut self.client {
            Some(client) => Ok(client),
            none => Ok(none.insert(Client::beside(&self.access, &self.answering)?)),
        }
    }

    /// Everything, as of one revision.
    pub fn view(&mut self) -> Result<View, Trouble> {
        let range = self.client()?.range(PREFIX, Instant::now() + READ)?;
        parse(&range).map_err(|key| Trouble::Silent(format!("what etcd keeps under {key} is not understood")))
    }

    /// Takes the lead, if nobody has it and the record is as it was seen. The lease lives from before this returns.
    pub fn claim(&mut self, host: &str, seen: u64, ttl: Duration) -> Claim {
        let deadline = Instant::now() + CHANGE;
        let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
        let lease = match self.client().and_then(|client| client.grant(seconds, deadline)) {
            Ok(lease) => lease,
            Err(trouble) => {
                tracing::warn!(%trouble, "no lease from etcd");
                return Claim { stored: Stored::Refused, lease: 0 };
            }
        };
        let value = json(&Named { host: host.to_owned() });
        let txn = Txn {
            compares: vec![
                Compare::Created { key: LEADER.to_owned(), revision: 0 },
                Compare::Modified { key: RECORD.to_owned(), revision: seen },
            ],
            changes: vec![Change::Put { key: LEADER.to_owned(), value, lease: Some(lease) }],
        };
        let stored = self.change(&txn, deadline);
        if !matches!(stored, Stored::Done(_)) {
            // Without its lease, a claim that is still under way cannot succeed.
            self.end(lease);
        }
        Claim { stored, lease }
    }

    /// Changes the record.
    pub fn amend(&mut self, amendment: &Amendment) -> Stored {
        let txn = amended(amendment);
        self.change(&txn, Instant::now() + CHANGE)
    }

    /// Puts a host's report if the last one is still at the revision `seen`; with `record`, only if the record is at this
    /// one.
    pub fn tell(&mut self, host: &str, report: &Report, seen: u64, record: Option<u64>) -> Stored {
        let key = format!("{HOSTS}{host}");
        let mut compares = vec![Compare::Modified { key: key.clone(), revision: seen }];
        compares.extend(record.map(|revision| Compare::Modified { key: RECORD.to_owned(), revision }));
        let txn = Txn { compares, changes: vec![Change::Put { key, value: json(report), lease: None }] };
        self.change(&txn, Instant::now() + CHANGE)
    }

    /// Gives the lead of an epoch up, whether or not its lease is known.
    pub fn release(&mut self, epoch: u64, lease: Option<u64>) {
        let txn = Txn {
            compares: vec![Compare::Created { key: LEADER.to_owned(), revision: epoch }],
            changes: vec![Change::Delete { key: LEADER.to_owned() }],
        };
        self.change(&txn, Instant::now() + CHANGE);
        if let Some(lease) = lease {
            self.end(lease);
        }
    }

    /// Prolongs a lease; `false` when there is no such lease any more.
    pub fn renew(&mut self, lease: u64, limit: Duration) -> Result<bool, Trouble> {
        self.client()?.keep(lease, Instant::now() + limit)
    }

    fn end(&mut self, lease: u64) {
        // Otherwise it ends by itself.
        if let Err(trouble) = self.client().and_then(|c| c.revoke(lease, Instant::now() + CHANGE)) {
            tracing::debug!(%trouble, "a lease is left to end by itself");
        }
    }

    fn change(&mut self, txn: &Txn, deadline: Instant) -> Stored {
        match self.client().and_then(|client| client.txn(txn, deadline)) {
            Ok(Swap::Done(revision)) => Stored::Done(revision),
            Ok(Swap::Changed) => Stored::Refused,
            Err(trouble) => {
                tracing::warn!(%trouble, "etcd did not take a change");
                if trouble.untouched() { Stored::Refused } else { Stored::Unknown }
            }
        }
    }
}

fn amended(Amendment { record, seen, epoch, unchanged }: &Amendment) -> Txn {
    let mut compares = vec![
        Compare::Modified { key: RECORD.to_owned(), revision: *seen },
        Compare::Created { key: LEADER.to_owned(), revision: epoch.unwrap_or(0) },
    ];
    compares
        .extend(unchanged.iter().map(|(host, at)| Compare::Modified { key: format!("{HOSTS}{host}"), revision: *at }));
    Txn { compares, changes: vec![Change::Put { key: RECORD.to_owned(), value: json(record), lease: None }] }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Structures of this program's own always have a form.
    serde_json::to_vec(value).unwrap_or_default()
}

/// The view; the error names the key that is not understood. A record that cannot be read must not pass for none.
fn parse(range: &Range) -> Result<View, String> {
    let mut view = View { revision: range.revision, ..View::default() };
    for entry in &range.entries {
        let damaged = |_| entry.key.clone();
        if entry.key == LEADER {
            let Named { host } = serde_json::from_slice(&entry.value).map_err(damaged)?;
            view.leader = Some(Leader { host, epoch: entry.create_revision });
        } else if entry.key == RECORD {
            view.record = Some((serde_json::from_slice(&entry.value).map_err(damaged)?, entry.mod_revision));
        } else if let Some(host) = entry.key.strip_prefix(HOSTS) {
            let report = serde_json::from_slice(&entry.value).map_err(damaged)?;
            view.reports.insert(host.to_owned(), (report, entry.mod_revision));
        }
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    use failover::{Place, Position, Record};
    use host::etcd::Entry;

    use super::*;

    fn record() -> Record {
        Record {
            epoch: 7,
            primary: Place { host: "a".into(), data: "d".into() },
            lineage: 7,
            begins: Position::at(1, 4),
            sync: vec![],
            wanted: None,
            handover: None,
        }
    }

    fn entry(key: &str, value: Vec<u8>) -> Entry {
        Entry { key: key.into(), value, create_revision: 7, mod_revision: 9 }
    }

    #[test]
    fn what_was_put_is_read_again() {
        let report = Report { instance: "i".into(), ..Report::default() };
        let entries = vec![
            entry("quorate/database/hosts/b", json(&report)),
            entry("quorate/database/leader", json(&Named { host: "a".into() })),
            entry("quorate/database/record", json(&record())),
            entry("quorate/database/later", b"?".to_vec()),
        ];
        let view = parse(&Range { revision: 12, entries }).unwrap();
        assert_eq!(view.leader, Some(Leader { host: "a".into(), epoch: 7 }));
        assert_eq!(view.record, Some((record(), 9)));
        assert_eq!(view.reports["b"], (report, 9));
        assert_eq!(view.revision, 12);
    }

    #[test]
    fn a_record_that_is_not_understood_is_not_taken_for_none() {
        let entries = vec![entry("quorate/database/record", b"{}".to_vec())];
        assert_eq!(parse(&Range { revision: 1, entries }).unwrap_err(), "quorate/database/record");
    }

    #[test]
    fn an_amendment_depends_on_all_it_rests_on() {
        let unchanged = [("b".to_owned(), 0), ("c".to_owned(), 5)].into();
        let txn = amended(&Amendment { record: record(), seen: 9, epoch: Some(7), unchanged });
        let modified = |key: &str, revision| Compare::Modified { key: format!("quorate/database/{key}"), revision };
        assert_eq!(
            txn.compares,
            [
                modified("record", 9),
                Compare::Created { key: LEADER.into(), revision: 7 },
                modified("hosts/b", 0),
                modified("hosts/c", 5),
            ]
        );
        let forced = amended(&Amendment { record: record(), seen: 9, epoch: None, unchanged: [].into() });
        assert_eq!(forced.compares[1], Compare::Created { key: LEADER.into(), revision: 0 });
    }
}
