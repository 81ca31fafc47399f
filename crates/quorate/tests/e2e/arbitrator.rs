//! Two database hosts and an arbitrator: any one of the three may be lost, and after an outage of all of them the group
//! is the one that it was.

use std::time::Duration;

use crate::drill::{assert_as_predicted, said};
use crate::support::{Demo, HOSTS, eventually};
use crate::writer::Writer;

const EXAMPLE: &str = include_str!("../../../../examples/galera-arbitrator.yaml");
/// The hosts with the data, and the one with a vote alone.
const MEMBERS: [&str; 2] = ["node1", "node2"];
const ARBITRATOR: &str = "node3";
const UNIT: &str = "quorate-arbitrator.service";
/// Long enough for a recovery that waits for members which cannot come back by themselves, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// Every member's own word: the group, and three votes in it.
fn groups(demo: &Demo) -> Vec<(String, String)> {
    MEMBERS.iter().map(|host| demo.galera(host)).collect()
}

fn whole(demo: &Demo, cluster: &str) -> bool {
    let primary = "mariadb -NBe \"show status like 'wsrep_cluster_status'\" | cut -f2";
    groups(demo).iter().all(|g| *g == (cluster.to_owned(), "3".to_owned()))
        && MEMBERS.iter().all(|h| demo.try_sh(h, primary).1.trim() == "Primary")
}

/// Takes the writer's word of what was acknowledged and holds it against both copies.
#[track_caller]
fn assert_nothing_lost(demo: &Demo, writer: Writer) {
    writer.write(20, LIMIT);
    let written = writer.stop();
    for host in MEMBERS {
        let lost = written.lost(demo, host);
        assert!(lost.is_empty(), "{host}: {lost:?} of {}", written.acknowledged.len());
    }
    demo.assert_both_vips_answer();
    demo.status().expect(0);
    println!("{} writes, the longest silence {:?}", written.acknowledged.len(), written.longest_gap);
}

#[test]
fn two_members_and_an_arbitrator_survive_any_one_host() {
    let demo = Demo::with("e2e-arbitrator-drill", EXAMPLE, HOSTS.len());
    demo.apply().expect(0);
    let cluster = demo.galera("node1").0;
    assert!(cluster.len() == 36 && whole(&demo, &cluster), "{:?}", groups(&demo));
    let runs = demo.sh(ARBITRATOR, &format!("systemctl is-enabled {UNIT}; ps -o user=,args= -C garbd"));
    let lines: Vec<&str> = runs.lines().map(str::trim).collect();
    assert_eq!(lines.first(), Some(&"enabled"));
    assert!(lines.len() == 2 && !lines[1].starts_with("root") && !lines[1].contains("socket.ssl"), "{lines:?}");

    let again = demo.run(&["apply", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["outcomes"].as_object().unwrap().len(), 0, "{again}");

    let report = assert_as_predicted(&demo.drill(&["--hosts-only"]), 3);
    for host in HOSTS {
        assert_eq!(said(&report, &format!("kill host {host}"), "database"), (true, "served"), "{host}");
    }
    // The other member has everything, and half of the votes that matter: it must not go on.
    let pair = "freeze arbitrator node3 + kill host node2";
    let report = assert_as_predicted(&demo.drill(&["--expect-loss", "--fault", pair]), 1);
    assert_eq!(said(&report, pair, "database"), (false, "lost"));
    assert_eq!(said(&report, pair, "coordination"), (true, "served"));
    assert_eq!(demo.galera("node1").0, cluster);
}

/// All three lose power at once, and come back with the views that they saved, or without the arbitrator; then the members
/// leave in order, so that the arbitrator holds a group without data.
#[test]
fn the_group_comes_back_by_itself_after_any_outage() {
    let mut demo = Demo::with("e2e-arbitrator-outage", EXAMPLE, HOSTS.len());
    demo.apply().expect(0);
    let cluster = demo.galera("node1").0;
    let writer = Writer::start(&demo);
    writer.write(20, LIMIT);
    demo.lab.kill_all(&HOSTS).unwrap();
    demo.lab.start_all(&HOSTS).unwrap();
    eventually("the votes find each other", LIMIT, || whole(&demo, &cluster));
    writer.write(20, LIMIT);

    // The view that the members saved lists an arbitrator that does not come back: they go by their positions.
    demo.lab.kill_all(&HOSTS).unwrap();
    demo.lab.start_all(&MEMBERS).unwrap();
    let two = |demo: &Demo| groups(demo).iter().all(|g| *g == (cluster.clone(), "2".to_owned()));
    eventually("the members go on without it", LIMIT, || two(&demo));
    writer.write(20, LIMIT);
    demo.lab.start(ARBITRATOR).unwrap();
    eventually("the arbitrator joins them", LIMIT, || whole(&demo, &cluster));

    // The member that leaves first misses what is written afterwards.
    demo.sh("node1", "systemctl stop mariadb");
    writer.write(20, LIMIT);
    demo.sh("node2", "systemctl stop mariadb");
    demo.lab.kill_all(&MEMBERS).unwrap();
    demo.lab.start_all(&MEMBERS).unwrap();
    eventually("the members agree on the one that stopped last", 2 * LIMIT, || whole(&demo, &cluster));
    let led = |host: &&str| demo.sh(host, "journalctl -b -u quorate-galera-recover -o cat").contains("act=Lead");
    assert_eq!(MEMBERS.into_iter().filter(led).collect::<Vec<_>>(), ["node2"]);

    // A vote that dies is started again and taken back in.
    demo.sh(ARBITRATOR, &format!("systemctl kill -s KILL {UNIT}"));
    writer.write(20, LIMIT);
    eventually("the arbitrator is back", LIMIT, || demo.status().code == 0);
    assert_nothing_lost(&demo, writer);
}
