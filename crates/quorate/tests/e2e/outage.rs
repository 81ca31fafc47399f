//! All hosts lose power and get it back, in each of the ways in which Galera's members can have ended: the cluster is
//! the one that it was, and every acknowledged write is on every member.

use std::time::Duration;

use crate::support::{Demo, HOSTS, eventually};
use crate::writer::Writer;

/// Long enough for a failover and for a recovery, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A deployed cluster with a writer at work, and what must be the same afterwards.
struct Scene {
    demo: Demo,
    writer: Writer,
    cluster: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        let demo = Demo::deployed(name);
        let writer = Writer::start(&demo);
        writer.write(20, LIMIT);
        demo.etcdctl("node1", "put kept yes");
        let cluster = demo.galera("node1").0;
        Self { demo, writer, cluster }
    }

    fn primary(&self) -> usize {
        let status = "mariadb -NBe \"show status like 'wsrep_cluster_status'\" | cut -f2";
        HOSTS.iter().filter(|h| self.demo.try_sh(h, status).1.trim() == "Primary").count()
    }

    /// The writer goes on, and what it was told is true on every member.
    fn assert_nothing_lost(self) {
        self.demo.assert_converged();
        self.writer.write(20, LIMIT);
        let written = self.writer.stop();
        for host in HOSTS {
            assert_eq!(self.demo.galera(host), (self.cluster.clone(), "3".to_owned()), "{host}");
            assert_eq!(self.demo.etcdctl(host, "get kept --print-value-only"), "yes\n", "{host}");
            let lost = written.lost(&self.demo, host);
            assert!(lost.is_empty(), "{host}: {lost:?} of {}", written.acknowledged.len());
        }
        println!("{} writes, the longest silence {:?}", written.acknowledged.len(), written.longest_gap);
    }
}

#[test]
fn a_power_cut_of_all_hosts_at_once() {
    let mut scene = Scene::new("e2e-outage-cut");
    scene.demo.lab.kill_all(&HOSTS).unwrap();
    scene.demo.lab.start_all(&HOSTS).unwrap();
    eventually("the members find each other by themselves", LIMIT, || scene.primary() == 3);
    scene.demo.apply().expect(0);
    scene.assert_nothing_lost();
}

/// The member that went first knows less than the others and, with all of them back, keeps the group from forming by
/// itself.
#[test]
fn hosts_that_lose_power_one_after_another() {
    let mut scene = Scene::new("e2e-outage-uneven");
    scene.demo.lab.kill("node1").unwrap();
    scene.writer.write(20, LIMIT);
    scene.demo.lab.kill_all(&["node2", "node3"]).unwrap();
    scene.demo.lab.start_all(&HOSTS).unwrap();
    scene.demo.apply().expect(0);
    scene.assert_nothing_lost();
}

/// After an orderly stop of every member none may lead by itself, and what was stopped by hand stays stopped. When the
/// hosts boot again, nobody need be there: the members agree on the one that stopped last.
#[test]
fn members_that_are_stopped_one_after_another() {
    let mut scene = Scene::new("e2e-outage-clean");
    for host in HOSTS {
        scene.demo.sh(host, "systemctl stop mariadb");
        if host != "node3" {
            scene.writer.write(20, LIMIT);
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    for host in HOSTS {
        assert_eq!(scene.demo.try_sh(host, "systemctl is-active mariadb").1, "inactive\n", "{host}");
    }
    scene.demo.lab.kill_all(&HOSTS).unwrap();
    scene.demo.lab.start_all(&HOSTS).unwrap();
    eventually("the members agree on the one that stopped last", 2 * LIMIT, || scene.primary() == 3);
    let led = |host: &&str| scene.demo.sh(host, "journalctl -b -u quorate-galera-recover -o cat").contains("act=Lead");
    assert_eq!(HOSTS.into_iter().filter(led).collect::<Vec<_>>(), ["node3"]);
    scene.assert_nothing_lost();
}
