//! Looking: at etcd and at the server, each on a thread of its own, as often as the protocol wants.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use failover::{Event, Order, Server, Up};
use host::clock;
use host::database::{Look, Site, look, observe};
use host::probes::Session;
use wire::replication::FOUND_FLAG;

use super::canary::Canary;
use super::store::Store;
use super::{Inbox, Input};
use crate::{Error, worker};

/// An order to found that is older was for another time.
const FOUND: Duration = Duration::from_secs(300);
/// Commits that have waited for so long without any being acknowledged make the next look connect anew, and again after
/// as long.
const DOUBT: Duration = Duration::from_secs(1);

/// How often something is looked at, and a bell for a look at once.
#[derive(Clone)]
pub struct Pace {
    every: Arc<AtomicU64>,
    bell: SyncSender<()>,
}

impl Pace {
    /// A pace and the bell's other end.
    pub fn new(every: Duration) -> (Self, Receiver<()>) {
        let (bell, rung) = sync_channel(1);
        (Self { every: Arc::new(AtomicU64::new(millis(every))), bell }, rung)
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
        let (mut session, mut doubt): (Option<Session>, _) = (None, Doubt::default());
        loop {
            let asked = clock::now();
            let Look { mut sight, lag } = look(&site, &mut session, doubt.due(asked));
            if let Server::Up(up) = &mut sight.server {
                doubt.consider(asked, up);
                up.canary = canary.lock().unwrap_or_else(PoisonError::into_inner).judge(clock::now());
            }
            inbox.put(Input::Seen { event: Event::Seen { sight, asked }, lag });
            pace.wait(&rung, asked);
        }
    })
}

/// Whether a server that answers over an open session can be believed. Commits that wait and wait may be a lost replica's
/// matter, or this server's: it can hang for everybody who connects, and for the commits, and go on answering those that
/// it knows (MariaDB 10.11.19, where `kill_zombie_dump_threads` meets the thread that receives acknowledgements).
#[derive(Debug, Default)]
struct Doubt {
    /// Since when the count of acknowledged commits has stood still, or when it was last asked anew.
    since: Option<(Duration, u64)>,
}

impl Doubt {
    fn due(&mut self, now: Duration) -> bool {
        let due = self.since.filter(|(since, _)| now.saturating_sub(*since) >= DOUBT);
        if let Some((_, acknowledged)) = due {
            self.since = Some((now, acknowledged));
        }
        due.is_some()
    }

    fn consider(&mut self, now: Duration, up: &Up) {
        self.since = match self.since {
            _ if up.waiting == 0 => None,
            Some((since, acknowledged)) if acknowledged == up.acknowledged => Some((since, acknowledged)),
            _ => Some((now, up.acknowledged)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_wait_in_vain_make_looks_connect_anew_once_a_second() {
        let at = Duration::from_millis;
        let up = |waiting, acknowledged| Up { waiting, acknowledged, ..Up::default() };
        let mut doubt = Doubt::default();
        doubt.consider(at(0), &up(1, 7));
        doubt.consider(at(900), &up(1, 7));
        assert!(!doubt.due(at(900)));
        // Others are acknowledged: it is only busy.
        doubt.consider(at(950), &up(1, 8));
        assert!(!doubt.due(at(1900)));
        assert!(doubt.due(at(1950)));
        assert!(!doubt.due(at(2000)));
        doubt.consider(at(2000), &up(3, 8));
        assert!(doubt.due(at(2950)));
        doubt.consider(at(2950), &up(0, 8));
        assert!(!doubt.due(at(9000)));
    }
}
