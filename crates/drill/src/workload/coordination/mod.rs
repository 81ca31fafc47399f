//! Clients of etcd: one that knows all members, as the platform's own do, and at each member one that knows only this
//! one, so that what a member says by itself is seen too and a dead one stalls nobody else.

use std::sync::Arc;
use std::time::Duration;

use components::Capability;

use super::pace::{Beat, micros};
use super::recorder::{Recorder, Values};
use super::{Coordination, Error, Pace, Work};
use crate::history::{Act, Client, Kind, Outcome};
use gateway::{Gateway, Trouble};

pub(super) mod gateway;

/// Of one client's writer and reader.
struct Pair {
    recorder: Arc<Recorder>,
    gateway: Gateway,
    prefix: String,
    /// All writers, for the reader to ask for in turn; the own one first.
    writers: Arc<Vec<Values>>,
    own: usize,
}

/// The work of every client.
pub(super) fn clients(
    recorder: &Arc<Recorder>,
    target: &Coordination,
    prefix: &str,
    pace: &Pace,
) -> Result<Vec<Work>, Error> {
    let client = |name: &str, kind, member: Option<&String>, interval| {
        recorder.client(Client {
            name: name.to_owned(),
            capability: Capability::Coordination,
            kind,
            member: member.cloned(),
            interval: micros(interval),
            patience: micros(pace.etcd_patience),
        })
    };
    let mut writers = vec![Values::new(client("etcd-writer", Kind::Write, None, pace.put))];
    let reader = client("etcd-reader", Kind::Read, None, pace.etcd_read);
    let mut readers = Vec::new();
    for (member, _) in &target.members {
        writers.push(Values::new(client(&format!("etcd-writer-{member}"), Kind::Write, Some(member), pace.member)));
        readers.push(client(&format!("etcd-reader-{member}"), Kind::Read, Some(member), pace.member));
    }
    let writers = Arc::new(writers);
    let pair = |members: &[(String, std::net::SocketAddr)], own| {
        Ok::<_, Error>(Pair {
            recorder: Arc::clone(recorder),
            gateway: Gateway::new(target, members, pace.etcd_patience)?,
            prefix: prefix.to_owned(),
            writers: Arc::clone(&writers),
            own,
        })
    };

    let (mut writing, interval) = (pair(&target.members, 0)?, pace.put);
    let mut work: Vec<Work> = vec![Box::new(move || {
        let mut beat = Beat::new(interval);
        while let Some(late) = beat.after_last(&writing.recorder) {
            writing.write(late);
        }
    })];
    let (mut reading, interval) = (pair(&target.members, 0)?, pace.etcd_read);
    work.push(Box::new(move || {
        let mut beat = Beat::new(interval);
        let mut turn = 0;
        while let Some(late) = beat.after_last(&reading.recorder) {
            reading.read(reader, turn, late);
            turn += 1;
        }
    }));
    for (place, (member, reader)) in target.members.iter().zip(readers).enumerate() {
        let (mut both, interval) = (pair(std::slice::from_ref(member), place + 1)?, pace.member);
        work.push(Box::new(move || both.write_and_read(reader, interval)));
    }
    Ok(work)
}

impl Pair {
    fn write_and_read(&mut self, reader: u16, interval: Duration) {
        let mut beat = Beat::new(interval);
        let mut turn = 0;
        while let Some(late) = beat.after_last(&self.recorder) {
            self.write(late);
            // Due when the write ended: never late by itself.
            self.read(reader, turn, 0);
            turn += 1;
        }
    }

    fn write(&mut self, late: u64) {
        let Some(values) = self.writers.get(self.own) else { return };
        let value = values.next();
        let Self { recorder, gateway, prefix, .. } = self;
        let outcome = recorder.run(values.writer, late, || {
            let by = gateway.member();
            let done = gateway.put(prefix, value);
            (Act::Write(value), done.map_or_else(outcome, |()| Outcome::Acknowledged { by }))
        });
        values.ended(value, &outcome);
    }

    /// How far the values of one writer reach, of another one each time.
    fn read(&mut self, reader: u16, turn: usize, late: u64) {
        let Some(values) = self.writers.get((self.own + turn) % self.writers.len()) else { return };
        let known = values.acknowledged();
        let Self { recorder, gateway, prefix, .. } = self;
        recorder.run(reader, late, || {
            let by = gateway.member();
            let about = vec![values.writer];
            match gateway.highest(prefix, values.writer, known) {
                Ok(saw) => (Act::Highest { about, saw: saw.into_iter().collect() }, Outcome::Acknowledged { by }),
                Err(trouble) => (Act::Highest { about, saw: vec![] }, outcome(trouble)),
            }
        });
    }
}

fn outcome(trouble: Trouble) -> Outcome {
    match trouble {
        Trouble::NotSent(words) => Outcome::Refused(words),
        Trouble::Unknown(words) => Outcome::Unknown(words),
    }
}
