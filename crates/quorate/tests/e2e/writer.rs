//! A client of the database: writes unique values through the virtual IP, one after another, and remembers which
//! were acknowledged and how long each silence was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use crate::support::{Demo, eventually};

/// A writer that runs until it is stopped.
pub struct Writer {
    stop: Arc<AtomicBool>,
    progress: Arc<AtomicUsize>,
    thread: JoinHandle<Written>,
}

/// What the writer saw.
#[derive(Debug, Default)]
pub struct Written {
    /// Values whose write was acknowledged.
    pub acknowledged: Vec<u64>,
    pub failed: usize,
    /// The longest time between two acknowledgements.
    pub longest_gap: Duration,
}

/// A connection of the application's account through an address.
pub fn connect(address: &str, password: &str) -> Result<Conn, mysql::Error> {
    Conn::new(
        OptsBuilder::new()
            .ip_or_hostname(Some(address))
            .user(Some("platform"))
            .pass(Some(password))
            .db_name(Some("platform"))
            .tcp_connect_timeout(Some(Duration::from_millis(500)))
            .read_timeout(Some(Duration::from_secs(5)))
            .write_timeout(Some(Duration::from_secs(5))),
    )
}

impl Writer {
    /// Begins to write through the database's virtual IP.
    pub fn start(demo: &Demo) -> Self {
        let (address, password) = (demo.database_vip(), demo.password("platform"));
        let mut connection = connect(&address, &password).unwrap();
        connection.query_drop("CREATE TABLE IF NOT EXISTS written (v BIGINT UNSIGNED PRIMARY KEY)").unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let progress = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&progress);
        let thread = std::thread::spawn(move || {
            let mut written = Written::default();
            let mut open = Some(connection);
            let mut last = Instant::now();
            let mut value = 0;
            while !flag.load(Ordering::Relaxed) {
                let outcome = match &mut open {
                    Some(connection) => {
                        value += 1;
                        connection.exec_drop("INSERT INTO written VALUES (?)", (value,)).map(|()| {
                            written.longest_gap = written.longest_gap.max(last.elapsed());
                            last = Instant::now();
                            written.acknowledged.push(value);
                            count.fetch_add(1, Ordering::Relaxed);
                        })
                    }
                    None => connect(&address, &password).map(|c| open = Some(c)),
                };
                if outcome.is_err() {
                    written.failed += 1;
                    open = None;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            written
        });
        Self { stop, progress, thread }
    }

    /// Waits until so many more writes were acknowledged.
    #[track_caller]
    pub fn write(&self, more: usize, limit: Duration) {
        let goal = self.progress.load(Ordering::Relaxed) + more;
        eventually("writes are acknowledged", limit, || self.progress.load(Ordering::Relaxed) >= goal);
    }

    /// Stops writing; what was seen.
    pub fn stop(self) -> Written {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Written {
    /// Acknowledged values that a host's own server does not have.
    pub fn lost(&self, demo: &Demo, host: &str) -> Vec<u64> {
        let rows = demo.sh(host, "mariadb -NB platform -e 'SELECT v FROM written'");
        let present: std::collections::BTreeSet<u64> = rows.lines().filter_map(|l| l.trim().parse().ok()).collect();
        self.acknowledged.iter().copied().filter(|v| !present.contains(v)).collect()
    }
}
