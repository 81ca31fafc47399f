//! Looking: at etcd and at the server, each on a thread of its own, as often as the protocol wants.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use failover::{Event, Order, Server};
use host::clock;
use host::database::{Look, Site, end_stale, look, observe};
use host::probes::Session;
use wire::replication::FOUND_FLAG;

use super::canary::Canary;
use super::store::Store;
use super::{Inbox, Input};
use crate::{Error, worker};

/// An order to found that is older was for another time.
const FOUND: Duration = Duration::from_secs(300);
/// Commits that have waited in vain for so long make the next look connect anew, and again after as long.
const DOUBT: Duration = Duration::from_secs(1);

/// How often something is looked at, and a bell for a look at once.
#[derive(Clone)]
pub struct Pace {
    every: Arc<AtomicU64>,
    doubts: Arc<AtomicU64>,
    bell: SyncSender<()>,
}

impl Pace {
    /// A pace and the bell's other end.
    pub fn new(every: Duration) -> (Self, Receiver<()>) {
        let (bell, rung) = sync_channel(1);
        (Self { every: Arc::new(AtomicU64::new(millis(every))), doubts: Arc::default(), bell }, rung)
    }

    /// Changes the pace; a quicker one counts at once.
    pub fn set(&self, every: Duration) {
        let before = self.every.swap(millis(every), Ordering::Relaxed);
        if before > millis(every) {
            self.now();
        }
    }

    /// Looks at once.
    pub fn now(&self) {
        let _ = self.bell.try_send(());
    }

    /// Commits have waited in vain for so long.
    pub fn doubt(&self, in_vain: Duration) {
        self.doubts.store(millis(in_vain) / millis(DOUBT), Ordering::Relaxed);
    }

    /// Whether there is doubt again. `resolved`: how often there was when this was asked before.
    fn doubted(&self, resolved: &mut u64) -> bool {
        let doubts = self.doubts.load(Ordering::Relaxed);
        doubts > std::mem::replace(resolved, doubts)
    }

    fn wait(&self, rung: &Receiver<()>, since: Duration) {
        let every = Duration::from_millis(self.every.load(Ordering::Relaxed));
        let _ = rung.recv_timeout((since + every).saturating_sub(clock::now()));
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Reads etcd.
pub fn store(mut store: Store, inbox: Inbox, pace: Pace, rung: Receiver<()>) -> Result<(), Error> {
    worker::start("store-view", move || {
        let (mut well, mut found) = (true, None);
        loop {
            let asked = clock::now();
            match store.view() {
                Ok(view) => {
                    if !well {
                        tracing::info!("etcd answers again");
                    }
                    well = true;
                    let exists = view.record.is_some();
                    inbox.event(Event::Viewed { view, asked });
                    founding(exists, &mut found, &inbox);
                }
                Err(trouble) => {
                    if well {
                        tracing::warn!(%trouble, "etcd cannot be read");
                    }
                    well = false;
                }
            }
            pace.wait(&rung, asked);
        }
    })
}

/// Hears of the plan's order to found, once, and forgets it when there is a database.
fn founding(exists: bool, heard: &mut Option<SystemTime>, inbox: &Inbox) {
    let flag = Path::new(FOUND_FLAG);
    let Ok(written) = std::fs::metadata(flag).and_then(|m| m.modified()) else { return };
    if exists {
        let _ = std::fs::remove_file(flag);
    } else if *heard != Some(written) && written.elapsed().unwrap_or_default() < FOUND {
        *heard = Some(written);
        inbox.event(Event::Ordered(Order::Found));
    }
}

/// Has the server looked at as soon as its processes end or come.
pub fn process(site: &Site, pace: Pace) -> Result<(), Error> {
    let unit = site.unit.clone();
    worker::start("server-end", move || observe(&unit, || pace.now()))
}

/// Looks at the server.
pub fn server(
    site: Site,
    canary: Arc<Mutex<Canary>>,
    inbox: Inbox,
    pace: Pace,
    rung: Receiver<()>,
) -> Result<(), Error> {
    worker::start("server-look", move || {
        let (mut session, mut resolved): (Option<Session>, _) = (None, 0);
        loop {
            let asked = clock::now();
            let doubted = pace.doubted(&mut resolved);
            if doubted {
                end_stale_ones(site.replication_port);
            }
            let Look { mut sight, lag } = look(&site, &mut session, doubted);
            if let Server::Up(up) = &mut sight.server {
                up.canary = canary.lock().unwrap_or_else(PoisonError::into_inner).judge(clock::now());
            }
            inbox.put(Input::Seen { event: Event::Seen { sight, asked }, lag });
            pace.wait(&rung, asked);
        }
    })
}

/// Commits may wait for a replica that is gone without a word; as it comes back, everybody would wait for its end.
fn end_stale_ones(port: u16) {
    match end_stale(port) {
        Ok(0) => {}
        Ok(count) => tracing::warn!(count, "writes wait, and the connections of replicas that are gone were ended"),
        Err(error) => {
            tracing::warn!(%error, "the connections of replicas that are gone cannot be ended: as one comes back the server may hang, and is then started anew")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_wait_in_vain_make_looks_connect_anew_once_a_second() {
        let (pace, _bell) = Pace::new(Duration::from_secs(1));
        let mut resolved = 0;
        let mut doubted = |in_vain| {
            pace.doubt(Duration::from_millis(in_vain));
            pace.doubted(&mut resolved)
        };
        assert_eq!(
            [0, 999, 1000, 1050, 1999, 2100, 2200].map(&mut doubted),
            [false, false, true, false, false, true, false]
        );
        // Others were acknowledged: it was only busy.
        assert_eq!([0, 400, 1000].map(&mut doubted), [false, false, true]);
    }
}
