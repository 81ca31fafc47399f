//! Galera in every way in which a replicated database is broken (`failover.rs`). What it serves is predicted; what it
//! loses and what is read late is counted.

use std::time::Duration;

use crate::drill::assert_as_predicted;
use crate::support::{Demo, HOSTS, eventually};

/// Seconds: an address moves and a member is given up within three, and the rest is there to be judged.
const HOLD: &str = "10";

const FAULTS: [&str; 10] = [
    "kill galera WRITER",
    "freeze galera WRITER",
    "fill galera WRITER",
    "freeze agent WRITER",
    "kill agent WRITER + kill galera OTHER",
    "pause host WRITER",
    "cut host WRITER",
    "cut host WRITER in",
    "cut host WRITER out",
    "stop etcd WRITER + stop etcd OTHER",
];

#[test]
fn galera_in_every_way_to_break_it() {
    let demo = Demo::with_small_disks("e2e-matrix", model::preset(model::Preset::ThreeNode), HOSTS.len());
    demo.apply().expect(0);
    for fault in FAULTS {
        let writer = demo.galera_writer();
        let other = HOSTS.into_iter().find(|h| *h != writer).unwrap();
        let fault = fault.replace("WRITER", &writer).replace("OTHER", other);
        let report = assert_as_predicted(&demo.drill_for(HOLD, &["--expect-loss", "--fault", &fault]), 1);
        let data = &report["trials"][0]["observation"]["data"];
        let count = |what: &str| data[what].as_array().unwrap().len();
        println!(
            "{fault}: {} acknowledged, {} lost, {} read late",
            data["acknowledged"],
            count("lost"),
            count("backInTime")
        );
    }
    demo.assert_converged();
}

impl Demo {
    /// The member that the agents agreed to write to.
    fn galera_writer(&self) -> String {
        let mut found = String::new();
        eventually("a member is written to", Duration::from_secs(60), || {
            let (code, host) = self.try_sh("node1", "mariadb -NBe 'SELECT host FROM quorate.writer'");
            host.trim().clone_into(&mut found);
            code == 0 && HOSTS.contains(&found.as_str())
        });
        found
    }
}
