//! Clients that do not believe the address: beside the one that writes where applications do, one writes to each
//! database host directly, all the time, so that a second host that acknowledges writes is caught even where no
//! application would have found it. What they were told is judged by the drill's checker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use components::Capability;
use drill::checker::{Findings, check};
use drill::history::{Act, Client, Copy, Final, History, Kind, Operation, Outcome, Value};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use crate::support::{Demo, eventually};

const INTERVAL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_millis(1000);
/// A server says so before it begins with a statement: it only reads, or is stopping.
const REFUSALS: [u16; 3] = [1290, 1053, 1836];
const TABLE: &str = "witnessed";

/// Clients at work.
pub struct Witness {
    begun: Instant,
    stop: Arc<AtomicBool>,
    clients: Vec<Client>,
    threads: Vec<JoinHandle<Vec<Operation>>>,
}

/// What they were told, and whether it is so.
pub struct Testimony {
    pub history: History,
    pub findings: Findings,
}

impl Witness {
    /// Begins to write, through the endpoint and to each of these hosts.
    pub fn start(demo: &Demo, hosts: &[(&str, String)]) -> Self {
        let password = demo.password("platform");
        let endpoint = demo.database_vip();
        let create = format!(
            "CREATE OR REPLACE TABLE {TABLE} (n SERIAL, writer SMALLINT UNSIGNED NOT NULL, sequence BIGINT UNSIGNED NOT \
             NULL, KEY (writer, sequence))"
        );
        // Writes may be waiting for a replica that is only now asked to confirm them.
        eventually("a table is made", Duration::from_secs(20), || {
            let made = connect(&endpoint, &password).and_then(|mut session| session.query_drop(&create));
            made.inspect_err(|error| println!("{error}")).is_ok()
        });
        let mut witness =
            Self { begun: Instant::now(), stop: Arc::default(), clients: Vec::new(), threads: Vec::new() };
        let members = hosts.iter().map(|(host, address)| (Some((*host).to_owned()), address.clone()));
        for (member, address) in std::iter::once((None, endpoint)).chain(members) {
            let number = u16::try_from(witness.clients.len()).unwrap();
            witness.clients.push(Client {
                name: member.clone().unwrap_or_else(|| "endpoint".to_owned()),
                capability: Capability::Database,
                kind: Kind::WriteAnew,
                member,
                interval: INTERVAL.as_micros().try_into().unwrap(),
                patience: PATIENCE.as_micros().try_into().unwrap(),
            });
            let (stop, begun, password) = (Arc::clone(&witness.stop), witness.begun, password.clone());
            witness.threads.push(std::thread::spawn(move || write(number, &address, &password, begun, &stop)));
        }
        witness
    }

    /// Microseconds since the start.
    pub fn now(&self) -> u64 {
        micros(self.begun)
    }

    /// Lets the clients write no more.
    pub fn rest(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Ends the clients and compares what they were told with what each of these hosts has.
    pub fn stop(mut self, demo: &Demo, hosts: &[&str]) -> Testimony {
        self.rest();
        let mut history = History { clients: self.clients.clone(), ..History::default() };
        for thread in self.threads.drain(..) {
            history.operations.extend(thread.join().unwrap());
        }
        history.operations.sort_by_key(|o| o.ended);
        history.ended = micros(self.begun);
        let checksum = |host: &str| demo.try_sh(host, &format!("mariadb -NBe 'CHECKSUM TABLE platform.{TABLE}'")).1;
        eventually("all copies are equal", Duration::from_secs(20), || {
            let first = checksum(hosts[0]);
            !first.is_empty() && hosts.iter().all(|h| checksum(h) == first)
        });
        // All are equal, so what an application sees is what any one has.
        let places = std::iter::once((None, hosts[0])).chain(hosts.iter().map(|h| (Some((*h).to_owned()), *h)));
        let copies =
            places.map(|(host, at)| Copy { capability: Capability::Database, host, values: Ok(rows(demo, at)) });
        let findings = check(&history, Some(&Final { copies: copies.collect() }));
        Testimony { history, findings }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.rest();
    }
}

impl Testimony {
    /// How many writes were acknowledged, by whom.
    pub fn acknowledged(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for host in self.history.operations.iter().filter_map(Operation::by) {
            *counts.entry(host).or_insert(0) += 1;
        }
        counts
    }

    /// The longest time between two acknowledgements that the endpoint's client had, between two moments.
    pub fn silence(&self, from: u64, until: u64) -> Duration {
        let good = self.history.operations.iter().filter(|o| o.client == 0 && o.good());
        let mut last = from;
        let mut longest = 0;
        for ended in good.map(|o| o.ended).filter(|at| (from..until).contains(at)).chain([until]) {
            longest = longest.max(ended - last);
            last = ended;
        }
        Duration::from_micros(longest)
    }

    /// Nothing that anybody was told is untrue.
    #[track_caller]
    pub fn assert_true(&self) {
        assert!(self.findings.faults().is_empty(), "{:#?}", self.findings);
        assert!(self.findings.unread.is_empty(), "{:#?}", self.findings.unread);
        assert!(self.acknowledged().values().sum::<usize>() > 100, "hardly anything was written");
    }
}

fn micros(since: Instant) -> u64 {
    since.elapsed().as_micros().try_into().unwrap()
}

fn connect(address: &str, password: &str) -> Result<Conn, mysql::Error> {
    Conn::new(
        OptsBuilder::new()
            .ip_or_hostname(Some(address))
            .prefer_socket(false)
            .user(Some("platform"))
            .pass(Some(password))
            .db_name(Some("platform"))
            .tcp_connect_timeout(Some(PATIENCE))
            .read_timeout(Some(PATIENCE))
            .write_timeout(Some(PATIENCE)),
    )
}

/// Writes one value after the other over a connection that is kept until an error.
fn write(number: u16, address: &str, password: &str, begun: Instant, stop: &AtomicBool) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut open = None;
    let mut sequence = 0;
    while !stop.load(Ordering::Relaxed) {
        if open.is_none() {
            open = connect(address, password).ok();
        }
        if let Some(connection) = &mut open {
            sequence += 1;
            let sent = micros(begun);
            let outcome = insert(connection, number, sequence);
            if matches!(outcome, Outcome::Unknown(_)) {
                open = None;
            }
            let act = Act::Write(Value { writer: number, sequence });
            operations.push(Operation { client: number, sent, ended: micros(begun), late: 0, act, outcome });
        }
        std::thread::sleep(INTERVAL);
    }
    operations
}

/// Who acknowledged it is in the row that comes before the acknowledgement; `query` reads to the end.
fn insert(connection: &mut Conn, writer: u16, sequence: u64) -> Outcome {
    let insert = format!("INSERT INTO {TABLE} (writer, sequence) VALUES ({writer}, {sequence}) RETURNING @@hostname");
    match connection.query::<Option<String>, _>(insert) {
        Ok(mut rows) => Outcome::Acknowledged { by: rows.pop().flatten() },
        Err(mysql::Error::MySqlError(e)) if REFUSALS.contains(&e.code) => Outcome::Refused(e.message),
        Err(e) => Outcome::Unknown(e.to_string()),
    }
}

fn rows(demo: &Demo, host: &str) -> Vec<(Value, u64)> {
    let query = format!("SELECT writer, sequence, COUNT(*) FROM platform.{TABLE} GROUP BY writer, sequence");
    let text = demo.sh(host, &format!("mariadb -NBe '{query}'"));
    let row = |line: &str| {
        let mut fields = line.split('\t').map(|f| f.parse::<u64>().unwrap());
        let (writer, sequence, count) = (fields.next()?, fields.next()?, fields.next()?);
        Some((Value { writer: writer.try_into().unwrap(), sequence }, count))
    };
    text.lines().filter_map(row).collect()
}
