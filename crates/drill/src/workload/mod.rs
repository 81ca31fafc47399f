//! The clients that use a cluster while it is broken: they write unique values, read them and ask for pages as
//! applications do, through the stable endpoints, and write down everything that they were told.
//!
//! Each client has a thread of its own with blocking calls, so that one that hangs keeps no other one waiting; those
//! that must begin anew each few milliseconds, whatever became of the last one, share one thread or make one for each
//! operation, up to a bound. What a client could not do in time is in the history too, as late or as unsent.

mod coordination;
mod database;
mod error;
mod pace;
mod probes;
mod recorder;
mod targets;
mod traces;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use components::Capability;

use crate::history::History;
use recorder::Recorder;

pub use error::Error;
pub use pace::Pace;
pub use targets::{Coordination, Database, Ingress, Targets};
pub use traces::Traces;

/// Clients at work, until they are stopped.
pub struct Workload {
    recorder: Arc<Recorder>,
    threads: Vec<JoinHandle<()>>,
}

/// A client's work, ready to start.
type Work = Box<dyn FnOnce() + Send>;

impl Workload {
    /// Makes the drill's table and starts the clients of every target.
    ///
    /// `drill` names the table and the keys: lower-case letters, digits and hyphens, at most 40, and never used before
    /// in this cluster.
    ///
    /// # Errors
    /// When there is nothing to use, a name or a certificate is not what it should be, the table cannot be made, or no
    /// thread can be started. Nothing runs then; [`Traces::clean_up`] takes back what was made.
    pub fn start(drill: &str, targets: &Targets, pace: &Pace) -> Result<Self, Error> {
        let traces = Traces::new(drill, targets)?;
        traces.prepare()?;
        let recorder = Arc::new(Recorder::new(drill));
        let mut work: Vec<Work> = Vec::new();
        if let Some(target) = &targets.database {
            work.extend(database::clients(&recorder, target, traces.table(), pace));
        }
        if let Some(target) = &targets.coordination {
            work.extend(coordination::clients(&recorder, target, traces.prefix(), pace)?);
        }
        if let Some(target) = &targets.ingress {
            work.push(probes::clients(&recorder, target, pace)?);
        }
        let mut workload = Self { recorder, threads: Vec::new() };
        for (number, work) in work.into_iter().enumerate() {
            let thread = std::thread::Builder::new().name(format!("workload-{number}"));
            // What was started before stops when `workload` is dropped.
            workload.threads.push(thread.spawn(work).map_err(Error::Thread)?);
        }
        Ok(workload)
    }

    /// Microseconds since the start, by the history's clock.
    pub fn now(&self) -> u64 {
        self.recorder.now()
    }

    /// Notes that something happens now, such as a fault; when that is, by the history's clock.
    pub fn mark(&self, what: &str) -> u64 {
        self.recorder.mark(what)
    }

    /// Everything until now.
    pub fn snapshot(&self) -> History {
        self.recorder.snapshot()
    }

    /// When the last operation was sent that the capability served, of the clients that say whether it serves.
    pub fn last_good(&self, capability: Capability) -> Option<u64> {
        self.recorder.last_good(capability)
    }

    /// Whether the capability served an operation that was sent within this time.
    pub fn serves(&self, capability: Capability, within: Duration) -> bool {
        let within = u64::try_from(within.as_micros()).unwrap_or(u64::MAX);
        self.last_good(capability).is_some_and(|sent| self.now().saturating_sub(sent) <= within)
    }

    /// Stops all clients, waits for the operations that are on their way, and returns everything.
    pub fn stop(mut self) -> History {
        self.recorder.stop();
        for thread in self.threads.drain(..) {
            // A client that panicked has told what it did until then; its silence shows as a gap.
            let _ = thread.join();
        }
        self.recorder.snapshot()
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.recorder.stop();
    }
}
