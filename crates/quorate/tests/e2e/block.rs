//! A replicated database that the file makes strict and quick: `onReplicaLoss: block` and `timing: fast`.

use std::time::Duration;

use crate::support::{Demo, HOSTS, eventually};
use crate::witness::Witness;

const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
const LIMIT: Duration = Duration::from_secs(60);

/// A server that holds somebody's data is not taken over, and stays as it is.
fn foreign_data(demo: &Demo) {
    demo.sh("node2", "systemctl start mariadb && mariadb -e 'CREATE DATABASE somebodys'");
    let refused = demo.apply();
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("somebodys") && said.contains("node2"), "{said}");
    assert_eq!(demo.sh("node2", "mariadb -NBe \"SHOW DATABASES LIKE 'somebodys'\""), "somebodys\n");
    for host in HOSTS {
        assert_eq!(demo.try_sh(host, "test -e /var/lib/mysql/platform").0, 1, "{host}: a database was founded");
    }
    demo.sh("node2", "mariadb -e 'DROP DATABASE somebodys' && systemctl stop mariadb");
}

/// A server that greets nobody who connects, and answers those that it knows: as it hangs at times, made here by putting
/// another listener in the place of its socket. While commits wait for a replica, that is all there is to notice it by.
fn mute_to_newcomers(demo: &Demo, host: &str) {
    let listen = "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('/run/mysqld/mysqld.sock'); \
                  s.listen(64); time.sleep(600)";
    demo.sh(host, "mv /run/mysqld/mysqld.sock /run/mysqld/known.sock");
    demo.sh(
        host,
        &format!("systemd-run --quiet --unit=mute --uid=mysql -p BindsTo=mariadb.service python3 -c \"{listen}\""),
    );
}

/// Nothing of the replication gets through for a while, and everything else does.
fn replication_cut(demo: &Demo, primary: &str, time: Duration) {
    let chain = |name: &str, hook: &str, port: &str| {
        format!(
            "add chain inet cut {name} {{ type filter hook {hook} priority -20; }}; add rule inet cut {name} tcp {port} 3307 drop"
        )
    };
    let rules =
        format!("add table inet cut; {}; {}", chain("coming", "input", "dport"), chain("going", "output", "sport"));
    demo.sh(primary, &format!("nft '{rules}'"));
    std::thread::sleep(time);
    demo.sh(primary, "nft delete table inet cut");
}

/// With `onReplicaLoss: block` nothing is acknowledged that is on one host alone, and with `timing: fast` the rest is as
/// before; hosts that are restarted one after another in order lose nothing.
#[test]
fn writes_wait_for_a_replica_where_the_file_says_so() {
    let mut demo = Demo::with("e2e-block", EXAMPLE, HOSTS.len());
    demo.edit("timing: safe ", "timing: fast ");
    demo.edit("onReplicaLoss: degrade", "onReplicaLoss: block");
    foreign_data(&demo);
    demo.apply().expect(0);
    demo.whole_again("the database is whole");
    let witness = Witness::start(&demo, &demo.addresses());
    std::thread::sleep(Duration::from_secs(2));

    let (primary, sync, third) = demo.roles();
    // Not the hosts: etcd keeps its quorum. A server goes on confirming without its agent.
    let each = |hosts: &[&String], command: &str| hosts.iter().for_each(|host| drop(demo.sh(host, command)));
    let stop = "systemctl stop quorate-agent && systemctl kill --signal=KILL mariadb";
    let start = "systemctl start quorate-agent";

    // The third host has received what waits, and was not asked to confirm it then.
    let lost_one = witness.now();
    each(&[&sync], stop);
    std::thread::sleep(Duration::from_secs(8));
    let confirmed = witness.now();
    each(&[&third], stop);
    std::thread::sleep(Duration::from_secs(3));
    let begun = witness.now();
    std::thread::sleep(Duration::from_secs(4));
    let ended = witness.now();
    let status = demo.run(&["db", "status"]);
    assert_ne!(status.code, 0, "{}", status.stdout);
    each(&[&sync, &third], start);
    demo.whole_again("the replicas are back");
    // Without a word of farewell, too, and as long as it takes a kernel to ask again seldom.
    replication_cut(&demo, &primary, Duration::from_secs(8));
    demo.whole_again("replication goes on");
    // One has lost its disk, and what waits for it must not keep its copy waiting.
    each(&[&sync, &third], stop);
    demo.sh(&third, "find /var/lib/mysql -mindepth 1 -delete; systemctl start quorate-agent");
    std::thread::sleep(Duration::from_secs(3));
    demo.run(&["db", "reinit", &third, "--yes"]).expect(0);
    eventually("the one with the copy confirms", LIMIT, || demo.db_status()["record"]["sync"][0] == third.as_str());
    each(&[&sync], start);
    demo.whole_again("the other one is back");
    // With so short a lease etcd may have ended it.
    let blamed = |host: &str| demo.sh(host, "journalctl -u quorate-agent | grep 'Fencing { why: \"server-' || true");
    assert_eq!(blamed(&primary), "", "waiting is no fault of the server");

    let (primary, sync, third) = demo.roles();
    let server = || demo.sh(&primary, "systemctl show -p InvocationID mariadb");
    let life = server();
    each(&[&sync, &third], stop);
    std::thread::sleep(Duration::from_secs(3));
    mute_to_newcomers(&demo, &primary);
    eventually("a server that hangs is started anew", LIMIT / 4, || server() != life);
    assert_ne!(blamed(&primary), "", "hanging is");
    each(&[&sync, &third], start);
    demo.whole_again("the replicas are back again");

    demo.lab.kill(&primary).unwrap();
    let lost = witness.now();
    eventually("another host is primary", LIMIT, || demo.db_status()["primary"].as_str().is_some_and(|p| p != primary));
    demo.lab.start(&primary).unwrap();
    demo.whole_again("the killed primary is part of it again");
    let back = witness.now();

    for host in HOSTS {
        demo.sh(host, "systemctl --no-block reboot");
        std::thread::sleep(Duration::from_secs(5));
        demo.whole_again(&format!("{host} was restarted"));
    }
    let testimony = witness.stop(&demo, &HOSTS);
    println!("{:?}; writers waited {:?} for a new primary", testimony.acknowledged(), testimony.silence(lost, back));
    testimony.assert_true();
    let silence = testimony.silence(lost_one, confirmed);
    println!("writers waited {silence:?} for the third host");
    assert!(silence <= Duration::from_secs(5), "{silence:?} without the synchronous host");
    let alone = testimony.history.operations.iter().filter(|o| o.good() && o.sent >= begun && o.ended <= ended);
    assert_eq!(alone.count(), 0, "acknowledged with no replica");
}
