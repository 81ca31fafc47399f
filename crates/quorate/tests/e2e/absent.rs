//! A host that is switched off during `apply`: the run ends and says so, and nothing is founded that the missing host
//! could be the better half of. When it is back, `apply` completes what is missing.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::kill_walk::{Point, stand_still};
use crate::support::{Demo, Ended, HOSTS, eventually};

/// A run without a host ends within this: the founding of a database that waits for the lost host is given up after 45
/// s, an unreachable host after some 20 s; the rest is the slack of a busy machine.
const BOUND: Duration = Duration::from_secs(120);

/// What a run without a host left: it did not hang, failed, and named the host.
fn reported(ended: Ended, took: Duration, host: &str) -> Value {
    assert!(took < BOUND, "{took:?}");
    let report = ended.expect(1).json();
    assert!(report["absent"][host].is_object(), "{report}");
    println!("without {host}: {:.1} s", took.as_secs_f64());
    report
}

fn apply_without(demo: &Demo, host: &str) -> Value {
    let begun = Instant::now();
    let ended = demo.run(&["apply", "--yes", "--json"]);
    reported(ended, begun.elapsed(), host)
}

/// Neither engine has any data of a cluster, and neither runs.
fn assert_nothing_founded(demo: &Demo, hosts: &[&str]) {
    for host in hosts {
        let found = demo
            .sh(host, "ls -d /var/lib/etcd/quorate/member /var/lib/mysql/mysql/wsrep_cluster.* 2>/dev/null || true");
        assert_eq!(found, "", "{host}");
        let units = demo.try_sh(host, "systemctl is-active etcd mariadb").1;
        assert_eq!(units, "inactive\ninactive\n", "{host}");
    }
}

#[test]
fn nothing_is_founded_while_a_member_is_unreachable() {
    let mut demo = Demo::fresh("e2e-absent-fresh");
    demo.lab.kill("node3").unwrap();
    for _ in 0..2 {
        let report = apply_without(&demo, "node3");
        for (component, code) in [("etcd", "etcd-bootstrap-needs-all"), ("galera", "galera-bootstrap-needs-all")] {
            for host in ["node1", "node2"] {
                let blocked = &report["outcomes"][format!("{component}/{host}/run")]["blocked"];
                assert_eq!((&blocked["code"], &blocked["args"]["absent"]), (&code.into(), &"node3".into()), "{report}");
            }
        }
        assert_nothing_founded(&demo, &["node1", "node2"]);
    }
    // What needs no quorum is done: the gateway answers through its address.
    assert_eq!(demo.holders(&["node1", "node2"], &demo.platform_vip()).len(), 1);
    assert_eq!(demo.sh("node1", "systemctl is-active nginx haproxy keepalived quorate-agent"), "active\n".repeat(4));

    demo.lab.start("node3").unwrap();
    demo.apply().expect(0);
    demo.assert_converged();
}

/// Switches a host off at the moment when it has begun a step, and on again when the run has ended.
fn lost_in_the_middle(name: &str, step: &str, host: &str) {
    let mut demo = Demo::fresh(name);
    let operator = stand_still(&demo, step, Point::BeforeAction);
    let begun = Instant::now();
    demo.lab.kill(host).unwrap();
    let report = reported(operator.wait_with_output().unwrap().into(), begun.elapsed(), host);
    assert!(report["outcomes"][step]["failed"].is_object(), "the step that it had begun: {report}");
    demo.lab.start(host).unwrap();
    demo.apply().expect(0);
    demo.assert_converged();
}

#[test]
fn a_host_lost_while_the_clusters_are_founded() {
    lost_in_the_middle("e2e-absent-found", "galera/node2/run", "node2");
}

#[test]
fn the_host_lost_through_which_the_accounts_are_made() {
    lost_in_the_middle("e2e-absent-once", "galera/node1/once", "node1");
}

#[test]
fn a_cluster_whose_members_are_unreachable_is_not_founded_again() {
    let mut demo = Demo::deployed("e2e-absent-second");
    let before = demo.galera("node1").0;
    demo.assert_both_vips_answer();
    demo.etcdctl("node1", "put kept yes");

    // One of three is left: it has no quorum, and nobody may give it one.
    demo.lab.kill_all(&["node2", "node3"]).unwrap();
    let begun = Instant::now();
    let refused = demo.apply().expect(1);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert!(refused.stderr.contains("node2") && refused.stderr.contains("node3"), "{}", refused.stderr);
    eventually("the member that is left has no quorum", Duration::from_secs(30), || {
        demo.try_sh("node1", "mariadb -NBe \"show status like 'wsrep_cluster_status'\"").1.contains("non-Primary")
    });
    demo.apply().expect(1);
    assert!(demo.try_sh("node1", "mariadb -NBe \"show status like 'wsrep_cluster_status'\"").1.contains("non-Primary"));

    // Two are reached and run no database; the third was off meanwhile and may have had the latest data.
    demo.lab.start("node2").unwrap();
    demo.sh("node1", "systemctl kill -s KILL mariadb; systemctl stop mariadb");
    demo.sh("node2", "systemctl kill -s KILL mariadb; systemctl stop mariadb");
    let report = apply_without(&demo, "node3");
    for host in ["node1", "node2"] {
        let blocked = &report["outcomes"][format!("galera/{host}/run")]["blocked"];
        assert_eq!(blocked["code"], "galera-bootstrap-needs-all", "{report}");
        let runs = demo.try_sh(host, "systemctl is-active mariadb").1;
        assert!(!runs.starts_with("activ"), "{host}: {runs}");
    }

    demo.lab.start("node3").unwrap();
    demo.apply().expect(0);
    demo.assert_converged();
    for host in HOSTS {
        assert_eq!(demo.galera(host).0, before, "{host}: the cluster that it was");
        assert_eq!(demo.etcdctl(host, "get kept --print-value-only"), "yes\n", "{host}: with what it knew");
    }
}
