//! The replicated database under faults: `quorate drill` breaks the primary in every way there is, and what it finds must
//! be what was predicted: never two hosts that acknowledge, nothing acknowledged lost, all copies equal, and whole
//! again without a hand.

use std::net::IpAddr;
use std::time::Duration;

use components::Capability;
use drill::{Expected, How, Prediction, Strike, Trial};
use wire::Fault;
use wire::fault::{Cut, Direction};

use crate::drill::{assert_as_predicted, said};
use crate::support::{Demo, eventually};

const CP3: &str = include_str!("../../../../examples/cloudpods-3.yaml");
const CP5: &str = include_str!("../../../../examples/cloudpods-5.yaml");

impl Demo {
    pub fn db_status(&self) -> serde_json::Value {
        self.run(&["db", "status", "--json"]).json()
    }

    /// The database's primary, and whoever has every acknowledged write beside it.
    pub fn pair(&self) -> (String, String) {
        let mut found = None;
        eventually("there are a primary and a synchronous host", Duration::from_secs(60), || {
            let status = self.db_status();
            let (primary, sync) = (status["primary"].as_str(), status["record"]["sync"][0].as_str());
            found = primary.zip(sync).map(|(p, s)| (p.to_owned(), s.to_owned()));
            found.is_some()
        });
        found.unwrap()
    }

    /// Breaks one thing; it ends as predicted, also where that is a loss.
    #[track_caller]
    fn break_so(&self, fault: &str) -> serde_json::Value {
        assert_as_predicted(&self.drill_for(HOLD, &["--expect-loss", "--fault", fault]), 1)
    }

    /// Cuts a host off from these addresses alone, and everything else goes on; whether the database serves is told by the
    /// caller, for the rules know whole hosts only.
    #[track_caller]
    fn cut_from(&self, what: &str, host: &str, from: Vec<IpAddr>, serves: bool) {
        let cluster = model::parse(&std::fs::read_to_string(self.file()).unwrap()).unwrap();
        let cut = Cut { from, direction: Direction::Both, except_ssh_of: None };
        let strikes = vec![Strike { host: host.into(), how: How::Fault(Fault::Cut(cut)) }];
        let trial = Trial { name: format!("{host} from {what}"), strikes, losses: vec![], partition: None };
        let mut prediction = Prediction::new(&cluster, &components::capabilities(&cluster), trial);
        for promise in prediction.capabilities.iter_mut().filter(|p| p.capability == Capability::Database) {
            promise.expected = if serves { Expected::Serves } else { Expected::Lost };
        }
        let file = self.directory().join("cut.json");
        std::fs::write(&file, serde_json::to_vec(&[prediction]).unwrap()).unwrap();
        assert_as_predicted(&self.drill_for(HOLD, &["--expect-loss", "--predictions", file.to_str().unwrap()]), 1);
    }
}

/// Seconds: a lease must have ended, five seconds long and granted anew by etcd's new leader if the old one went with the
/// host; and five seconds are left in which it is judged whether the database serves.
const HOLD: &str = "16";

/// So long writes may pause when the synchronous host is lost: 1.5 s of patience, two looks, an answer of etcd and a change
/// of the record; where etcd's leader is lost with it, that change waits for the next one.
const PAUSES_MS: [(&str, f64); 2] = [("freeze replication REPLICA", 3000.0), ("kill host REPLICA", 6000.0)];

/// Cloudpods on three hosts (CP-2): either database host alone may be lost, both may not, and then the primary's and
/// its replica's every way to fail.
#[test]
fn cloudpods_on_three_hosts() {
    let demo = Demo::with("e2e-failover-cp2", CP3, 3);
    demo.apply().expect(0);
    let report = assert_as_predicted(&demo.drill_for(HOLD, &["--hosts-only", "--expect-loss"]), 3);
    for host in ["node1", "node2"] {
        assert_eq!(said(&report, &format!("kill host {host}"), "database"), (true, "served"));
    }
    let both = "kill host node1 + kill host node2";
    assert_eq!(said(&demo.break_so(both), both, "database"), (false, "lost"));

    for fault in [
        "kill replication PRIMARY",
        "freeze replication PRIMARY",
        "freeze agent PRIMARY",
        "pause host PRIMARY",
        "cut host PRIMARY",
        "cut host PRIMARY out",
        "freeze replication REPLICA",
        "kill host REPLICA",
        "kill replication PRIMARY + kill agent REPLICA",
        "stop etcd node2 + stop etcd node3",
    ] {
        let (primary, replica) = demo.pair();
        let report = demo.break_so(&fault.replace("PRIMARY", &primary).replace("REPLICA", &replica));
        let seen = report["trials"][0]["observation"]["capabilities"].as_array().unwrap();
        println!("{fault}: {seen:?}");
        if let Some((_, most)) = PAUSES_MS.into_iter().find(|(lost, _)| *lost == fault) {
            let database = seen.iter().find(|c| c["capability"] == "database").unwrap();
            let gap = database["gapMs"].as_f64().unwrap_or_default();
            assert!(gap <= most, "{fault}: writes paused for {gap} ms");
        }
    }
}

/// A host that sends and does not hear keeps an address that keepalived moves, if it holds it or outranks the holder; the
/// database's address it loses with its lease.
#[test]
fn hosts_that_hear_nobody() {
    let demo = Demo::with("e2e-failover-deaf", CP3, 3);
    demo.apply().expect(0);
    for replica in [false, true] {
        let (primary, other) = demo.pair();
        let fault = format!("cut host {} in", if replica { other } else { primary });
        assert_eq!(said(&demo.break_so(&fault), &fault, "database"), (true, "served"));
    }
    // The third host reaches both; where the primary stays cannot be promised, and nothing may be lost for it.
    let (primary, replica) = demo.pair();
    demo.break_so(&format!("cut {primary} from {replica}"));
}

/// Cloudpods on five hosts (CP-5): one control host and one database host at once; a database host that does not reach
/// etcd, or its clients, and everything else; and one that the operator makes primary for want of a better.
#[test]
fn cloudpods_on_five_hosts() {
    let example = CP5.replace("db1", "node4").replace("db2", "node5");
    let mut demo = Demo::with("e2e-failover-cp5", &example, 5);
    demo.apply().expect(0);
    for (control, database) in [("node1", "node4"), ("node2", "node5")] {
        let fault = format!("kill host {control} + kill host {database}");
        let report = assert_as_predicted(&demo.drill_for(HOLD, &["--fault", &fault]), 1);
        assert_eq!(said(&report, &fault, "database"), (true, "served"));
    }
    let etcd = || -> Vec<IpAddr> { [11, 12, 13].map(|n| format!("{}{n}", demo.prefix()).parse().unwrap()).into() };
    demo.cut_from("etcd", &demo.pair().0, etcd(), true);
    demo.cut_from("etcd", &demo.pair().1, etcd(), true);
    demo.cut_from("its clients", &demo.pair().0, vec![demo.lab.operator().into()], false);
    forced(&mut demo);
}

/// The primary's host is gone, and the other server was started anew: nobody knows that it has everything.
fn forced(demo: &mut Demo) {
    let (primary, replica) = demo.pair();
    demo.lab.kill(&primary).unwrap();
    demo.sh(&replica, "kill -9 $(pidof mariadbd)");
    std::thread::sleep(Duration::from_secs(8));
    assert_eq!(demo.db_status()["primary"], serde_json::Value::Null, "nobody guesses");
    let told = demo.run(&["db", "failover", "--force", "--yes"]).expect(0);
    assert!(told.stdout.contains("loses every acknowledged write that it lacks"), "{}", told.stdout);
    eventually("it is primary", Duration::from_secs(30), || demo.db_status()["primary"] == replica.as_str());
    demo.lab.start(&primary).unwrap();
    demo.whole_again("the old primary follows");
    assert_eq!(demo.pair(), (replica, primary));
}

/// A disk that runs full, the primary's and its replica's: the first hands over, the second is told from one that follows,
/// until there is room again and MariaDB has looked, which it does once a minute.
#[test]
fn full_disks() {
    let demo = Demo::with_small_disks("e2e-failover-full", CP3, 3);
    demo.apply().expect(0);
    for fault in ["fill replication PRIMARY", "fill replication REPLICA"] {
        let (primary, replica) = demo.pair();
        let report = demo.break_so(&fault.replace("PRIMARY", &primary).replace("REPLICA", &replica));
        println!("{fault}: {}", report["trials"][0]["observation"]["capabilities"]);
    }
}
