//! What an operator does to a replicated database by hand, while clients write and every command line and environment of
//! every process is read: the lead is handed over, a copy is made anew, a backup is made and loaded, settings are changed.
//! Nothing that was acknowledged is lost, and no secret is seen.

use std::time::{Duration, Instant};

use crate::secrets::Watch;
use crate::support::{Demo, HOSTS, eventually};
use crate::witness::Witness;

const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
const LIMIT: Duration = Duration::from_secs(60);

impl Demo {
    /// The primary, the synchronous host and the third one.
    pub fn roles(&self) -> (String, String, String) {
        let (primary, sync) = self.pair();
        let third = HOSTS.into_iter().find(|h| *h != primary && *h != sync).unwrap();
        (primary, sync, third.to_owned())
    }

    /// The database hosts with their addresses.
    pub fn addresses(&self) -> [(&'static str, String); 3] {
        HOSTS.map(|h| (h, self.lab.host(h).unwrap().address.to_string()))
    }

    /// The secrets that the hosts' servers, agents and backups work with.
    fn working_secrets(&self) -> Vec<String> {
        let mut all = vec![self.password("platform")];
        let state: serde_json::Value =
            serde_json::from_str(&self.sh("node1", "cat /var/lib/quorate/state.json")).unwrap();
        all.push(state["secrets"]["backup"]["identity"].as_str().unwrap().to_owned());
        for host in HOSTS {
            for key in self.sh(host, "find /etc/quorate -name '*.key'").lines() {
                // A line out of the middle is no other key's.
                let pem = self.sh(host, &format!("grep -v -e ----- {key}"));
                let lines: Vec<_> = pem.lines().collect();
                all.push(lines[lines.len() / 2].to_owned());
            }
        }
        assert!(all.iter().all(|s| s.len() >= 16), "long enough to be searched for");
        all
    }
}

#[test]
fn by_hand_nothing_is_lost_and_no_secret_is_seen() {
    let mut demo = Demo::with("e2e-operator", EXAMPLE, HOSTS.len());
    let backup =
        "    backup: { to: { directory: { path: /mnt/backup } }, keep: { daily: 1, weekly: 0 } }\n    schemas:";
    demo.edit("    schemas:", backup);
    demo.sh("node3", "mkdir /mnt/backup");
    let watch = Watch::start();
    demo.apply().expect(0);
    demo.whole_again("the database is whole");
    let witness = Witness::start(&demo, &demo.addresses());

    handed_over(&demo);
    a_broken_replica(&mut demo);
    backups(&demo);

    demo.whole_again("the database is whole in the end");
    let testimony = witness.stop(&demo, &HOSTS);
    println!("{:?}", testimony.acknowledged());
    testimony.assert_true();
    let watched = watch.stop();
    for seen in ["mariabackup", "mbstream", "--stop-datetime", "--init-rpl-role", "helper"] {
        assert!(watched.saw(seen), "{seen} was not seen, so the watch proves nothing");
    }
    for secret in demo.working_secrets() {
        assert!(!watched.saw(&secret), "a secret was on a command line or in an environment");
    }
}

/// To the synchronous host, and to one that must first become it; what makes no sense is refused.
fn handed_over(demo: &Demo) {
    let (_, sync, _) = demo.roles();
    demo.run(&["db", "switchover"]).expect(0);
    assert_eq!(demo.pair().0, sync);
    let (primary, _, third) = demo.roles();
    demo.run(&["db", "switchover", "--to", &third]).expect(0);
    assert_eq!(demo.pair().0, third);
    assert_ne!(primary, third);
    for (words, said) in [
        (&["switchover", "--to", &third][..], "is primary already"),
        (&["switchover", "--to", "node9"], "no database host"),
        (&["reinit", &third, "--yes"], "Hand the lead over first"),
        (&["failover", "--force", "--yes"], "nothing to force"),
    ] {
        let ended = demo.run(&[&["db"], words].concat()).expect(1);
        assert!(ended.stderr.contains(said), "{words:?}: {}", ended.stderr);
    }
    let ended = demo.run(&["db", "failover"]).expect(2);
    assert!(ended.stderr.contains("--force"), "{}", ended.stderr);
}

/// One that has stopped applying is not synchronous, has no address, and is never promoted; a copy makes it good again.
fn a_broken_replica(demo: &mut Demo) {
    let (primary, broken, _) = demo.roles();
    // A row that only it has keeps it from applying the same row of the primary's.
    demo.sh(&primary, "mariadb platform -e 'CREATE TABLE odd (id INT PRIMARY KEY)'");
    eventually("the table is copied", LIMIT, || demo.try_sh(&broken, "mariadb platform -e 'SELECT * FROM odd'").0 == 0);
    demo.sh(&broken, "mariadb platform -e 'SET sql_log_bin = 0; INSERT INTO odd VALUES (1)'");
    let begun = Instant::now();
    demo.sh(&primary, "mariadb platform -e 'INSERT INTO odd VALUES (1)'");
    println!("a write with a replica that stops applying took {:?}", begun.elapsed());
    eventually("another host is synchronous", LIMIT, || demo.pair().1 != broken);

    demo.lab.kill(&primary).unwrap();
    let left: Vec<_> = HOSTS.into_iter().filter(|h| *h != primary).collect();
    let heir = left.iter().find(|h| **h != broken).copied().unwrap();
    let vip = demo.database_vip();
    eventually("the one that applies is promoted", LIMIT, || {
        let holders = demo.holders(&left, &vip);
        assert!(!holders.contains(&broken.as_str()), "{broken} holds the address");
        holders == [heir] && demo.db_status()["primary"] == heir
    });
    demo.lab.start(&primary).unwrap();
    eventually("the old primary follows", LIMIT, || {
        demo.db_status()["record"]["sync"].as_array().is_some_and(|s| s.iter().any(|h| *h == primary.as_str()))
    });
    // The agent makes a copy by itself only where logs differ.
    let begun = Instant::now();
    demo.run(&["db", "reinit", &broken, "--yes"]).expect(0);
    println!("copied anew in {:?}", begun.elapsed());
    demo.whole_again("the copy is part of it");
}

/// Made by a replica, looked at, loaded beside what is there and in its place.
fn backups(demo: &Demo) {
    let primary = demo.pair().0;
    let sql = |statement: &str| demo.sh(&primary, &format!("mariadb -NBe \"{statement}\""));
    sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1), (2)");
    let made = demo.run(&["db", "backup", "--json"]).expect(0).json();
    assert!(made["backup"]["verified"].is_object(), "{made}");
    sql("INSERT INTO shop.orders VALUES (3)");
    std::thread::sleep(Duration::from_millis(1100));
    let moment = demo.sh("node1", "date -u '+%F %T'").trim().to_owned();
    std::thread::sleep(Duration::from_millis(1100));
    sql("DELETE FROM shop.orders");
    let load = ["db", "restore", "latest", "--until", &moment, "--schema", "shop", "--yes"];
    let beside = [&load[..], &["--as", "rescued"]].concat();
    // Only node3 reaches the backups, and only the primary takes writes.
    if primary != "node3" {
        let elsewhere = demo.run(&beside).expect(1);
        assert!(elsewhere.stderr.contains("db switchover --to node3"), "{}", elsewhere.stderr);
        demo.run(&["db", "switchover", "--to", "node3"]).expect(0);
    }
    demo.run(&beside).expect(0);
    let occupied = demo.run(&load).expect(1);
    assert!(occupied.stderr.contains("--replace"), "{}", occupied.stderr);
    demo.run(&[&load[..], &["--replace"]].concat()).expect(0);
    for host in HOSTS {
        let rows = |schema: &str| {
            let query = format!("SELECT GROUP_CONCAT(id ORDER BY id) FROM {schema}.orders");
            demo.try_sh(host, &format!("mariadb -NBe '{query}'")).1
        };
        eventually(&format!("{host} has what was loaded"), LIMIT, || {
            (rows("rescued"), rows("shop")) == ("1,2,3\n".to_owned(), "1,2,3\n".to_owned())
        });
    }
    let listed = demo.run(&["db", "backup", "--list", "--json"]).expect(0).json();
    assert!(listed["backups"].as_array().unwrap().len() >= 2, "one was made before the schema was replaced: {listed}");
}
