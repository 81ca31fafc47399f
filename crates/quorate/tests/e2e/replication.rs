//! A replicated database: deployed from one file, failed over by the agents without losing what was acknowledged, and
//! whole again without a hand.

use std::time::Duration;

use crate::support::{Demo, HOSTS, eventually};
use crate::writer::{Writer, Written};

const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
/// For a failover, a server's recovery and a host's start, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// So long the protocol may take until everything is as it should be (I8).
const WHOLE: Duration = Duration::from_secs(90);

impl Demo {
    /// The one host that holds the database's address.
    #[track_caller]
    pub fn primary(&self) -> &'static str {
        let holders = self.holders(&HOSTS, &self.database_vip());
        assert_eq!(holders.len(), 1, "{holders:?}");
        holders[0]
    }

    /// Waits until the margin is what the file provides, by the program's own word.
    #[track_caller]
    pub fn whole_again(&self, when: &str) {
        eventually(when, WHOLE, || self.status().code == 0);
    }

    /// The primary's agent hands etcd's lead on, wherever it comes from: lost together, they cost more time.
    #[track_caller]
    fn etcds_leader_leaves_the_primarys_host(&self) {
        let status = |host: &str| self.etcdctl(host, "endpoint status");
        let leads = |host: &str| status(host).contains(", true, ");
        let primary = self.primary();
        if !leads(primary) {
            let leader = HOSTS.iter().find(|h| leads(h)).unwrap();
            let member = status(primary).split(", ").nth(1).unwrap().to_owned();
            self.etcdctl(leader, &format!("move-leader {member}"));
        }
        eventually("etcd's leader has left the primary's host", 2 * LIMIT, || !leads(primary));
    }

    /// The lead is handed over. A client that still takes the old host for the holder of the address is refused at once,
    /// though that host holds it no more.
    #[track_caller]
    fn who_asks_the_old_holder_is_refused(&self) {
        let (old, vip) = (self.primary(), self.database_vip());
        let status = self.run(&["db", "status", "--json"]).json();
        let next = status["record"]["sync"][0].as_str().unwrap();
        let client = HOSTS.iter().find(|h| **h != old && **h != next).unwrap();
        let link = self.sh(old, "cat /sys/class/net/host0/address");
        let link = link.trim();
        self.sh(client, &format!("ip neigh replace {vip} lladdr {link} dev host0 nud permanent"));
        let mut handing_over = self.spawn(&["db", "switchover"]);
        eventually("the old host gives the address up", LIMIT, || !self.holders(&HOSTS, &vip).contains(&old));
        let (_, said) = self.try_sh(client, &format!("timeout 5 bash -c '</dev/tcp/{vip}/3306' 2>&1"));
        assert!(said.contains("refused"), "{said}");
        assert!(handing_over.wait().unwrap().success());
        self.sh(client, &format!("ip neigh del {vip} dev host0"));
        self.whole_again("the lead was handed over");
    }

    /// Somebody reads on the replica that is to be the next primary and keeps a table, which the primary changes meanwhile: it
    /// has received everything and can apply nothing more.
    fn a_reader_holds_the_replica_up(&self) {
        let (primary, replica) = self.pair();
        self.sh(&primary, "mariadb platform -e 'CREATE OR REPLACE TABLE held (v INT); INSERT INTO held VALUES (1)'");
        eventually("the table is there", LIMIT, || {
            self.try_sh(&replica, "mariadb platform -e 'SELECT * FROM held'").1.contains('1')
        });
        let read = "START TRANSACTION; SELECT * FROM held; SELECT SLEEP(600)";
        self.sh(&replica, &format!("setsid mariadb platform -e '{read}' >/dev/null 2>&1 </dev/null &"));
        eventually("it is kept", LIMIT, || self.sh(&replica, "mariadb -e 'SHOW PROCESSLIST'").contains("SLEEP(600)"));
        self.sh(&primary, "mariadb platform -e 'ALTER TABLE held ADD COLUMN w INT'");
        eventually("nothing is applied any more", LIMIT, || {
            self.sh(&replica, "mariadb -e 'SHOW PROCESSLIST'").contains("Waiting for table metadata lock")
        });
        assert_eq!(self.pair(), (primary, replica));
    }

    /// Somebody loads other rules into the packet filter of every host, and throws everything away before.
    fn the_packet_filter_is_emptied(&self, writer: &Writer) {
        let primary = self.primary();
        HOSTS.iter().for_each(|host| drop(self.sh(host, "nft flush ruleset")));
        for host in HOSTS {
            let gate = format!("nft list table inet {}", wire::replication::GATE);
            eventually("the gate is built again", Duration::from_secs(5), || self.try_sh(host, &gate).0 == 0);
        }
        // Longer than the address lives without being held on to.
        std::thread::sleep(Duration::from_secs(5));
        writer.write(50, LIMIT);
        assert_eq!(self.primary(), primary);
        self.whole_again("replicas are admitted again");
    }

    /// What was acknowledged is on every host; replicas may be a moment behind.
    #[track_caller]
    fn nothing_is_lost(&self, written: &Written) {
        assert!(!written.acknowledged.is_empty());
        for host in HOSTS {
            eventually(&format!("{host} has every acknowledged write"), Duration::from_secs(10), || {
                written.lost(self, host).is_empty()
            });
        }
    }
}

#[test]
fn a_replicated_database_fails_over_and_loses_nothing() {
    let mut demo = Demo::with("e2e-replication", EXAMPLE, HOSTS.len());
    demo.apply().expect(0);
    demo.status().expect(0);
    for host in HOSTS {
        assert_eq!(demo.try_sh(host, "systemctl is-enabled mariadb").1.trim(), "disabled", "only the agent starts it");
        // Each had everything it needs before it was started: one restarted now would be missed by the first writes.
        let starts = "journalctl -u mariadb -o cat | grep -c 'ready for connections'";
        assert_eq!(demo.try_sh(host, starts).1.trim(), "1", "{host}");
    }
    let again = demo.run(&["apply", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["outcomes"].as_object().unwrap().len(), 0, "{again}");

    demo.etcds_leader_leaves_the_primarys_host();

    // The server is killed.
    let writer = Writer::start(&demo);
    writer.write(50, LIMIT);
    demo.sh(demo.primary(), "kill -9 $(pidof mariadbd)");
    writer.write(50, LIMIT);
    demo.whole_again("the killed server is part of it again");
    writer.write(20, LIMIT);
    demo.the_packet_filter_is_emptied(&writer);
    let written = writer.stop();
    demo.nothing_is_lost(&written);
    println!("server killed: {} writes, the longest silence {:?}", written.acknowledged.len(), written.longest_gap);

    // The host is killed, and comes back.
    demo.sh(demo.primary(), "mariadb platform -e 'DROP TABLE written'");
    let writer = Writer::start(&demo);
    writer.write(50, LIMIT);
    demo.a_reader_holds_the_replica_up();
    let lost = demo.primary();
    demo.lab.kill(lost).unwrap();
    writer.write(50, LIMIT / 2);
    demo.lab.start(lost).unwrap();
    demo.whole_again("the killed host is part of it again");
    assert_ne!(demo.primary(), lost, "it does not take the lead back");
    writer.write(20, LIMIT);
    let written = writer.stop();
    demo.nothing_is_lost(&written);
    println!("host killed: {} writes, the longest silence {:?}", written.acknowledged.len(), written.longest_gap);

    demo.who_asks_the_old_holder_is_refused();

    // A changed setting is taken up by one server after another, and the writer hardly notices.
    demo.sh(demo.primary(), "mariadb platform -e 'DROP TABLE written'");
    let writer = Writer::start(&demo);
    demo.edit("timing: safe ", "timing: safe\n      maxConnections: 123 ");
    demo.apply().expect(0);
    writer.write(20, LIMIT);
    let written = writer.stop();
    for host in HOSTS {
        assert_eq!(demo.sh(host, "mariadb -NBe 'SELECT @@max_connections'").trim(), "123", "{host}");
    }
    demo.nothing_is_lost(&written);
    println!("restarts: {} writes, the longest silence {:?}", written.acknowledged.len(), written.longest_gap);
    assert!(written.longest_gap < Duration::from_secs(10), "{:?}", written.longest_gap);

    // What was made is taken back, the address and the gate included; the data stay.
    demo.run(&["destroy", "--yes", "demo"]).expect(0);
    assert_eq!(demo.holders(&HOSTS, &demo.database_vip()), [""; 0]);
    for host in HOSTS {
        assert_eq!(demo.sh(host, "nft list tables"), "", "{host}: nobody is kept out any more");
        assert_eq!(demo.try_sh(host, "systemctl is-active mariadb").1.trim(), "inactive", "{host}");
        demo.sh(host, "test -d /var/lib/mysql/platform");
    }
}
