//! HAProxy in front of a replicated database: writers are led to the primary, readers to a replica that is near enough,
//! and no session stays with a server that has lost its role.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use crate::support::{Demo, HOSTS, eventually};

/// Three hosts that do everything: beside the servers, HAProxy has ports of its own.
const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
const WRITE: u16 = 3309;
const READ: u16 = 3308;
const LIMIT: Duration = Duration::from_secs(30);

/// Clients of the two addresses.
struct Clients {
    demo: Demo,
    password: String,
}

impl Clients {
    fn open(&self, last: u8, port: u16) -> Result<Conn, mysql::Error> {
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(format!("{}{last}", self.demo.prefix())))
            .tcp_port(port)
            .user(Some("platform"))
            .pass(Some(&self.password))
            .db_name(Some("platform"))
            .tcp_connect_timeout(Some(Duration::from_secs(2)))
            .read_timeout(Some(Duration::from_secs(5)))
            .write_timeout(Some(Duration::from_secs(5)));
        Conn::new(options)
    }

    fn writer(&self) -> Result<Conn, mysql::Error> {
        self.open(101, WRITE)
    }

    fn reader(&self) -> Result<Conn, mysql::Error> {
        self.open(102, READ)
    }

    /// Which host answers, and whether it takes no writes.
    fn who(&self, session: &mut Conn) -> Result<(String, bool), mysql::Error> {
        let row: Option<(String, bool)> = session.query_first("SELECT @@hostname, @@read_only")?;
        row.ok_or_else(|| std::io::Error::other("no row").into())
    }

    /// The hosts that a number of new sessions of readers are led to.
    fn read_from(&self) -> BTreeSet<String> {
        let who = |_| self.reader().and_then(|mut session| self.who(&mut session)).ok();
        (0..8).filter_map(who).map(|(host, _)| host).collect()
    }

    /// What the balancer and the agents said in the last seconds.
    fn told(&self) -> String {
        let said = |host: &&str| {
            self.demo.sh(host, "journalctl -o short-precise --since -12s -u quorate-agent -u haproxy -u mariadb")
        };
        HOSTS.iter().map(|host| format!("{host}:\n{}", said(host))).collect()
    }

    /// Writes a value, which may be there already.
    #[track_caller]
    fn write(&self, value: u64) {
        eventually("a write is acknowledged", LIMIT, || {
            let written = |mut session: Conn| session.exec_drop("REPLACE INTO seen VALUES (?)", (value,));
            self.writer().and_then(written).is_ok()
        });
    }

    /// The host that answers where writers are led, if it takes writes.
    fn primary(&self) -> Option<String> {
        let (host, read_only) = self.writer().and_then(|mut session| self.who(&mut session)).ok()?;
        (!read_only).then_some(host)
    }
}

#[test]
fn writers_are_led_to_the_primary_and_readers_to_replicas() {
    let file = EXAMPLE.replace(
        "    - { name: database, vip: 10.88.0.101 }\n",
        "    - { name: database, vip: 10.88.0.101, through: haproxy, ports: [3309] }\n    \
         - { name: database-read, vip: 10.88.0.102, ports: [3308] }\n",
    );
    let file = file.replace("timing: safe ", "maxLagSeconds: 2\n      timing: safe ");
    let demo = Demo::with("e2e-proxy", &file, HOSTS.len());
    demo.apply().expect(0);
    demo.status().expect(0);
    let again = demo.run(&["apply", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["outcomes"].as_object().unwrap().len(), 0, "{again}");
    let password = demo.password("platform");
    let clients = Clients { demo, password };
    let demo = &clients.demo;

    // A write through the one address is read through the other, from a replica.
    let old = clients.primary().expect("a primary behind the address for writers");
    let replicas: BTreeSet<String> = HOSTS.iter().map(|h| (*h).to_owned()).filter(|h| *h != old).collect();
    let mut writer = clients.writer().unwrap();
    writer.query_drop("CREATE TABLE seen (v BIGINT PRIMARY KEY)").unwrap();
    writer.query_drop("INSERT INTO seen VALUES (1)").unwrap();
    let mut reader = clients.reader().unwrap();
    let (host, read_only) = clients.who(&mut reader).unwrap();
    assert!(replicas.contains(&host) && read_only, "{host} {read_only}");
    eventually("the write is read from the replica", LIMIT, || {
        // Before the table is there, too.
        matches!(reader.query_first("SELECT v FROM seen"), Ok(Some(1_u64)))
    });
    assert!(reader.query_drop("INSERT INTO seen VALUES (2)").is_err(), "a reader cannot write");
    // One that was made just now must have followed for a while first.
    eventually("both replicas are read from", LIMIT, || clients.read_from() == replicas);

    // A replica whose applying thread fails is behind by nobody knows how much: its sessions end, and nobody is led there.
    let alone = |statement: &str| format!("mariadb platform -e 'SET sql_log_bin = 0; {statement}'");
    demo.sh(&host, &alone("RENAME TABLE seen TO hidden"));
    clients.write(2);
    let since = Instant::now();
    eventually("its sessions are shut", LIMIT, || reader.query_drop("DO 1").is_err());
    println!("a session with a replica that does not apply ended {:?} after the write", since.elapsed());
    let other: BTreeSet<String> = replicas.iter().filter(|h| **h != host).cloned().collect();
    let last = other.first().unwrap();
    // Where the first one had confirmed writes, the other one is asked to, and connects anew for it.
    eventually("the other replica confirms", LIMIT, || {
        let sync = &demo.db_status()["record"]["sync"];
        sync.as_array().is_some_and(|sync| sync.len() == 1) && sync[0] == last.as_str()
    });
    eventually("only the other replica is read from", LIMIT, || clients.read_from() == other);
    // The agent starts it again and again, and it fails again.
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(4) {
        assert_eq!(clients.read_from(), other, "{}", clients.told());
    }

    // The other one falls behind the bound. With no replica near enough the primary answers.
    demo.sh(last, "setsid mariadb platform -e 'LOCK TABLES seen READ; SELECT SLEEP(600)' >/dev/null 2>&1 </dev/null &");
    eventually("the table is locked", LIMIT, || {
        demo.sh(last, "mariadb -NBe 'SELECT info FROM information_schema.processlist'").contains("SELECT SLEEP(600)")
    });
    clients.write(3);
    let since = Instant::now();
    eventually("readers are led to the primary", LIMIT, || clients.read_from() == [old.clone()].into());
    println!("readers were led to the primary {:?} after the write, with a bound of 2 s", since.elapsed());
    let mut reader = clients.reader().unwrap();
    assert_eq!(clients.who(&mut reader).unwrap().0, old);
    let status = demo.status().expect(3).json();
    assert!(status.to_string().contains("haproxy-no-replica"), "{status:#}");

    // Once they have caught up, the primary's readers go back to them.
    demo.sh(last, "for id in $(mariadb -NBe \"SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'\"); do mariadb -e \"KILL $id\"; done");
    demo.sh(&host, &alone("RENAME TABLE hidden TO seen"));
    eventually("the primary's readers go back", LIMIT, || reader.query_drop("DO 1").is_err());
    eventually("both replicas are read from again", LIMIT, || clients.read_from() == replicas);
    eventually("all is well", LIMIT, || demo.status().code == 0);

    // The lead is handed over: the old primary's sessions end on both sides, and no writer is led to it any more.
    let mut writer = clients.writer().unwrap();
    let mut idle = clients.writer().unwrap();
    let since = Instant::now();
    demo.run(&["db", "switchover"]).expect(0);
    assert!(writer.query_drop("INSERT INTO seen VALUES (3)").is_err(), "its session has ended");
    assert!(idle.query_drop("DO 1").is_err(), "so has one that did nothing");
    let led = || (0..6).map(|_| clients.primary()).collect::<Option<BTreeSet<String>>>();
    eventually("writers are led to the new primary", LIMIT, || {
        led().is_some_and(|to| to.len() == 1 && !to.contains(&old))
    });
    let new = clients.primary().unwrap();
    println!("writers were led to the new primary {:?} after the order", since.elapsed());
    for value in 10..30_u64 {
        let mut writer = clients.writer().unwrap();
        assert_eq!(clients.who(&mut writer).unwrap(), (new.clone(), false));
        writer.exec_drop("INSERT INTO seen VALUES (?)", (value,)).unwrap();
    }
    let readers: BTreeSet<String> = HOSTS.iter().map(|h| (*h).to_owned()).filter(|h| *h != new).collect();
    eventually("the old primary is read from", LIMIT, || clients.read_from() == readers);
    let mut reader = clients.reader().unwrap();
    eventually("reads go on, and see what was written", LIMIT, || {
        reader.query_first("SELECT COUNT(*) FROM seen").unwrap() == Some(23_u64)
    });
    eventually("all is well", LIMIT, || demo.status().code == 0);
}
