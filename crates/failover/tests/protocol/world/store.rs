//! etcd: one linearizable store with a lease. It may be out of reach or have no quorum; a lease ends only when its
//! leader says so, and an election gives it its full life again.

use std::collections::BTreeMap;
use std::time::Duration;

use failover::{Amendment, Event, Leader, Record, Report, Stored, View};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    pub revision: u64,
    pub leader: Option<Leader>,
    /// When the leader's lease may be ended.
    pub expires: Duration,
    pub record: Option<(Record, u64)>,
    pub reports: BTreeMap<String, (Report, u64)>,
    pub quorum: bool,
}

/// What is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    Read,
    Claim { record: u64 },
    Renew { epoch: u64 },
    Release { epoch: u64 },
    Amend(Box<Amendment>),
    Tell { report: Box<Report>, seen: u64, record: Option<u64> },
}

impl Store {
    pub fn new() -> Self {
        Self {
            revision: 1,
            leader: None,
            expires: Duration::ZERO,
            record: None,
            reports: BTreeMap::new(),
            quorum: true,
        }
    }

    pub fn record_revision(&self) -> u64 {
        self.record.as_ref().map_or(0, |(_, revision)| *revision)
    }

    pub fn epoch(&self) -> Option<u64> {
        self.leader.as_ref().map(|l| l.epoch)
    }

    /// The request is carried out; how it is answered.
    pub fn carry_out(&mut self, now: Duration, ttl: Duration, host: &str, sent: Duration, request: &Request) -> Event {
        match request {
            Request::Read => Event::Viewed {
                view: View {
                    revision: self.revision,
                    leader: self.leader.clone(),
                    record: self.record.clone(),
                    reports: self.reports.clone(),
                },
                asked: sent,
            },
            Request::Claim { record } => {
                let stored = if self.leader.is_none() && self.record_revision() == *record {
                    self.revision += 1;
                    self.leader = Some(Leader { host: host.to_owned(), epoch: self.revision });
                    self.expires = now + ttl;
                    Stored::Done(self.revision)
                } else {
                    Stored::Refused
                };
                Event::Claimed { stored, sent }
            }
            Request::Renew { epoch } => {
                if self.epoch() == Some(*epoch) {
                    self.expires = now + ttl;
                    Event::Renewed { sent }
                } else {
                    Event::NotRenewed { gone: true }
                }
            }
            Request::Release { epoch } => {
                if self.epoch() == Some(*epoch) {
                    self.revision += 1;
                    self.leader = None;
                }
                Event::Released
            }
            Request::Amend(amendment) => {
                let Amendment { record, seen, epoch, unchanged } = &**amendment;
                let same = |(host, revision): (&String, &u64)| {
                    self.reports.get(host).map_or(0, |(_, modified)| *modified) == *revision
                };
                let stands = self.record_revision() == *seen && self.epoch() == *epoch && unchanged.iter().all(same);
                Event::Amended(if stands {
                    self.revision += 1;
                    self.record = Some((record.clone(), self.revision));
                    Stored::Done(self.revision)
                } else {
                    Stored::Refused
                })
            }
            Request::Tell { report, seen, record } => Event::Told(
                if record.is_none_or(|r| r == self.record_revision())
                    && self.reports.get(host).map_or(0, |(_, revision)| *revision) == *seen
                {
                    self.revision += 1;
                    self.reports.insert(host.to_owned(), ((**report).clone(), self.revision));
                    Stored::Done(self.revision)
                } else {
                    Stored::Refused
                },
            ),
        }
    }

    /// How a request is answered that may or may not have been carried out; a read is not answered at all.
    pub fn unknown(sent: Duration, request: &Request) -> Option<Event> {
        Some(match request {
            Request::Read => return None,
            Request::Claim { .. } => Event::Claimed { stored: Stored::Unknown, sent },
            Request::Renew { .. } => Event::NotRenewed { gone: false },
            Request::Release { .. } => Event::Released,
            Request::Amend(_) => Event::Amended(Stored::Unknown),
            Request::Tell { .. } => Event::Told(Stored::Unknown),
        })
    }
}
