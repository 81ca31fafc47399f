//! How often clients ask, and how they keep to it.

use std::time::{Duration, Instant};

use super::recorder::Recorder;

/// How often each client asks and how long it waits for the answer. Intervals of a second and less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Database clients that keep their connection; each writes one value per `session`.
    pub sessions: u16,
    pub session: Duration,
    /// A write to the database over a connection of its own.
    pub visit: Duration,
    pub database_read: Duration,
    /// A write to etcd by the client that knows all members.
    pub put: Duration,
    /// A write and a read at each member of etcd by itself.
    pub member: Duration,
    pub etcd_read: Duration,
    /// A page and a bare connection through the platform's endpoint.
    pub probe: Duration,
    /// For each wait of a database client (to connect, for an answer), and for each probe as a whole.
    pub patience: Duration,
    /// For an answer of etcd. A client that knows several members tries the next one sooner than one that has only one.
    pub etcd_patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            sessions: 2,
            session: ms(20),
            visit: ms(50),
            database_read: ms(50),
            put: ms(20),
            member: ms(100),
            etcd_read: ms(50),
            probe: ms(20),
            patience: ms(1000),
            etcd_patience: ms(500),
        }
    }
}

/// The times at which a client is due.
pub(super) struct Beat {
    interval: Duration,
    due: Instant,
}

impl Beat {
    pub fn new(interval: Duration) -> Self {
        Self { interval, due: Instant::now() }
    }

    /// Waits until the client is due after its last operation ended; by how many microseconds this is too late, or
    /// `None` when it is to stop. Time that it waited for an answer is not made up for.
    pub fn after_last(&mut self, recorder: &Recorder) -> Option<u64> {
        self.due = (self.due + self.interval).max(Instant::now());
        self.wait(recorder)
    }

    /// Waits until the client is due, whatever became of its last operation.
    pub fn each(&mut self, recorder: &Recorder) -> Option<u64> {
        self.due += self.interval;
        self.wait(recorder)
    }

    fn wait(&self, recorder: &Recorder) -> Option<u64> {
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        (!recorder.stopped()).then(|| micros(self.due.elapsed()))
    }
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How many operations of one kind may be on their way: as many as become due while one waits to the end of its
/// patience, which may count for each of several waits.
pub(super) fn bound(interval: Duration, patience: Duration, waits: u32) -> usize {
    let each = interval.as_micros().max(1);
    usize::try_from((patience * waits).as_micros().div_ceil(each)).unwrap_or(usize::MAX).clamp(8, 256)
}
