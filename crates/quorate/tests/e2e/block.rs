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
    for host in [&sync, &third] {
        // Not the hosts: etcd keeps its quorum.
        // A server goes on confirming without its agent.
        demo.sh(host, "systemctl stop quorate-agent && systemctl kill --signal=KILL mariadb");
    }
    let server = || demo.sh(&primary, "systemctl show -p InvocationID mariadb");
    let life = server();
    std::thread::sleep(Duration::from_secs(3));
    let begun = witness.now();
    std::thread::sleep(Duration::from_secs(4));
    let ended = witness.now();
    let status = demo.run(&["db", "status"]);
    assert_ne!(status.code, 0, "{}", status.stdout);
    assert_eq!(server(), life, "waiting is no fault of the server");
    mute_to_newcomers(&demo, &primary);
    eventually("a server that hangs is started anew", LIMIT / 4, || server() != life);
    for host in [&sync, &third] {
        demo.sh(host, "systemctl start quorate-agent");
    }
    demo.whole_again("the replicas are back");

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
    let alone = testimony.history.operations.iter().filter(|o| o.good() && o.sent >= begun && o.ended <= ended);
    assert_eq!(alone.count(), 0, "acknowledged with no replica");
}
