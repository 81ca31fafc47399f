//! Replication between two servers: what is under way, and who knows of whom.

use super::{What, World, Write};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    pub id: u32,
    pub from: usize,
    pub to: usize,
    /// The replica said that it acknowledges.
    pub semi: bool,
    /// The next place in the source's log to be sent.
    pub next: usize,
    /// Sent and not received.
    pub flight: Vec<Write>,
    /// Acknowledgements under way.
    pub acks: Vec<u64>,
    /// Whether the end at the source, and the one at the replica, still holds on.
    pub source_end: bool,
    pub replica_end: bool,
}

impl World {
    fn stream(&self, id: u32) -> Option<usize> {
        self.streams.iter().position(|s| s.id == id)
    }

    /// Whether packets of a stream pass, by the network and by the source's gate.
    fn carries(&self, from: usize, to: usize, forth: bool) -> bool {
        let admitted = self.hosts[from].admitted.contains(&super::name(to));
        admitted && if forth { self.passes(from, to) } else { self.passes(to, from) }
    }

    fn works(&self, host: usize) -> bool {
        self.hosts[host].process.as_ref().is_some_and(super::Process::works)
    }

    pub(super) fn connect(&mut self, to: usize) {
        let Some(from) = self.wants_to_connect(to) else { return };
        let last = self.hosts[to].disk.last_received(self.hosts[to].process.as_ref());
        let resume = self.hosts[from].disk.resume(last);
        let id = self.next_stream;
        let Some(process) = &mut self.hosts[to].process else { return };
        let semi = process.semi_replica;
        let Some(copy) = &mut process.copy else { return };
        let Some(next) = resume else {
            copy.diverged = true;
            copy.io = false;
            return;
        };
        copy.stream = Some(id);
        self.next_stream += 1;
        // The source ends what it still has of this replica.
        for stream in self.streams.iter_mut().filter(|s| s.to == to) {
            stream.source_end &= stream.from != from;
            stream.replica_end = false;
        }
        self.streams.push(Stream {
            id,
            from,
            to,
            semi,
            next,
            flight: vec![],
            acks: vec![],
            source_end: true,
            replica_end: true,
        });
    }

    fn wants_to_connect(&self, to: usize) -> Option<usize> {
        let process = self.hosts[to].process.as_ref().filter(|p| p.works())?;
        let copy = process.copy.as_ref().filter(|c| c.io && !c.diverged && c.stream.is_none())?;
        let from = copy.from;
        let reachable = self.carries(from, to, true) && self.carries(from, to, false) && self.works(from);
        (reachable && from != to).then_some(from)
    }

    fn can_flow(&self, stream: &Stream) -> bool {
        let Stream { from, to, .. } = *stream;
        let more = !stream.flight.is_empty()
            || (stream.source_end && self.works(from) && stream.next < self.hosts[from].disk.log.len());
        more && stream.replica_end && self.works(to) && self.carries(from, to, true)
    }

    pub(super) fn flow(&mut self, id: u32) {
        let Some(place) = self.stream(id).filter(|p| self.can_flow(&self.streams[*p])) else { return };
        let stream = &mut self.streams[place];
        if stream.source_end
            && let Some(process) = &self.hosts[stream.from].process
            && process.works()
        {
            let log = &self.hosts[stream.from].disk.log;
            stream.flight.extend(&log[stream.next.min(log.len())..]);
            stream.next = log.len();
        }
        let write = stream.flight.remove(0);
        let Some(process) = &mut self.hosts[stream.to].process else { return };
        let Some(copy) = process.copy.as_mut().filter(|c| c.stream == Some(id)) else { return };
        copy.relay.push(write);
        if stream.semi {
            stream.acks.push(write.sequence);
        }
    }

    fn can_acknowledge(&self, stream: &Stream) -> bool {
        !stream.acks.is_empty()
            && stream.source_end
            && self.works(stream.from)
            && self.carries(stream.from, stream.to, false)
    }

    pub(super) fn acknowledge(&mut self, id: u32) {
        let Some(place) = self.stream(id).filter(|p| self.can_acknowledge(&self.streams[*p])) else { return };
        let up_to = self.streams[place].acks.remove(0);
        let from = self.streams[place].from;
        let Some(process) = &mut self.hosts[from].process else { return };
        let (done, waiting) = process.waiting.iter().partition(|w| w.sequence <= up_to);
        process.waiting = waiting;
        let done: Vec<Write> = done;
        process.acknowledged += done.len() as u64;
        self.answered(from, &done);
    }

    /// Which end can notice now that it is alone: by a packet that arrives, or by silence.
    fn can_notice(&self, stream: &Stream, source: bool) -> bool {
        let (here, there) =
            if source { (stream.source_end, stream.replica_end) } else { (stream.replica_end, stream.source_end) };
        let silent = !self.carries(stream.from, stream.to, !source);
        let drained = if source { stream.acks.is_empty() } else { stream.flight.is_empty() };
        let host = if source { stream.from } else { stream.to };
        here && self.works(host) && (silent || (!there && drained))
    }

    pub(super) fn notice(&mut self, id: u32, source: bool) {
        let Some(place) = self.stream(id).filter(|p| self.can_notice(&self.streams[*p], source)) else { return };
        let stream = &mut self.streams[place];
        if source {
            stream.source_end = false;
        } else {
            stream.replica_end = false;
            if let Some(copy) = self.hosts[stream.to].process.as_mut().and_then(|p| p.copy.as_mut())
                && copy.stream == Some(id)
            {
                copy.stream = None;
            }
        }
    }

    fn can_apply(&self, host: usize) -> bool {
        let process = self.hosts[host].process.as_ref().filter(|p| p.works() && !p.stuck && !p.locked);
        process.and_then(|p| p.copy.as_ref()).is_some_and(|c| c.sql && !c.relay.is_empty())
    }

    pub(super) fn apply(&mut self, host: usize) {
        if !self.can_apply(host) {
            return;
        }
        let h = &mut self.hosts[host];
        let Some(copy) = h.process.as_mut().and_then(|p| p.copy.as_mut()) else { return };
        let write = copy.relay.remove(0);
        // gtid_strict_mode: an identifier out of order stops the applying thread.
        if write.sequence == h.disk.log.len() as u64 + 1 {
            h.disk.engine = h.disk.log.len();
            h.disk.log.push(write);
        } else {
            copy.relay.insert(0, write);
            copy.sql = false;
        }
    }

    /// Asks for everything that can happen by itself now and was not asked for yet.
    pub fn arm(&mut self) {
        self.end_streams();
        let mut wanted = Vec::new();
        for stream in &self.streams {
            let id = stream.id;
            if self.can_flow(stream) {
                wanted.push(What::Flow { stream: id });
            }
            if self.can_acknowledge(stream) {
                wanted.push(What::Acknowledge { stream: id });
            }
            for source in [false, true] {
                if self.can_notice(stream, source) {
                    wanted.push(What::Notice { stream: id, source });
                }
            }
        }
        for host in 0..self.hosts.len() {
            if self.wants_to_connect(host).is_some() {
                wanted.push(What::Connect { host });
            }
            if self.can_apply(host) {
                wanted.push(What::Apply { host });
            }
        }
        if self.store.leader.is_some() {
            wanted.push(What::Expire);
        }
        for what in wanted {
            if !self.ops.iter().any(|op| op.what == what) && !self.fresh.iter().any(|(w, _)| *w == what) {
                self.ask(what);
            }
        }
    }

    /// An end that its server has let go of is gone.
    fn end_streams(&mut self) {
        for stream in &mut self.streams {
            let copy = self.hosts[stream.to].process.as_ref().and_then(|p| p.copy.as_ref());
            stream.replica_end &= copy.is_some_and(|c| c.stream == Some(stream.id));
        }
        self.streams.retain(|s| s.source_end || (s.replica_end && self.hosts[s.to].powered));
    }
}
