//! Predictions put to the test: clusters are broken as `quorate drill` breaks them, and lies are planted for it to find.

use std::path::PathBuf;

use components::{Capability, Rule};
use drill::{Means, Prediction, Trial};
use serde_json::Value;

use crate::support::{Demo, Ended, HOSTS};

impl Demo {
    /// A drill on this lab; most trials end sooner than an operator's would.
    pub fn drill(&self, words: &[&str]) -> Ended {
        self.drill_for("10", words)
    }

    /// The same, with faults that last so many seconds.
    pub fn drill_for(&self, hold: &str, words: &[&str]) -> Ended {
        let mut all = vec!["drill", "--yes", "--json", "--hold", hold, "--lab", self.lab.name()];
        all.extend(words);
        self.run(&all)
    }
}

/// Every trial happened as predicted, and so many were made.
#[track_caller]
pub fn assert_as_predicted(ended: &Ended, trials: usize) -> Value {
    let report = ended.json();
    let made = report["trials"].as_array().unwrap();
    for trial in made {
        let name = &trial["prediction"]["trial"]["name"];
        assert_eq!(trial["outcome"], "passed", "{name}: {:#} {:#}", trial["differences"], trial["observation"]);
        assert!(
            trial["observation"]["data"]["acknowledged"].as_u64().unwrap() > 100,
            "{name}: hardly anything was written"
        );
    }
    assert_eq!((made.len(), ended.code), (trials, 0), "{}", ended.stderr);
    println!(
        "{:#}",
        report["trials"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["observation"]["capabilities"].clone())
            .collect::<Value>()
    );
    report
}

/// What was said of a capability in a trial: promised to serve, and observed.
pub fn said<'r>(report: &'r Value, trial: &str, capability: &str) -> (bool, &'r str) {
    let trials = report["trials"].as_array().unwrap();
    let trial = trials.iter().find(|t| t["prediction"]["trial"]["name"] == trial).unwrap();
    assert!(trial["observation"].is_object(), "not carried through: {}", trial["outcome"]);
    let of = |list: &'r Value| list.as_array().unwrap().iter().find(|c| c["capability"] == capability).unwrap();
    let promised = of(&trial["prediction"]["capabilities"])["expected"] == "serves";
    (promised, of(&trial["observation"]["capabilities"])["observed"].as_str().unwrap())
}

/// Three hosts that do everything: any one may be lost, and two at once take the quorums with them.
#[test]
fn three_hosts_with_galera() {
    let demo = Demo::deployed("e2e-drill-three");
    let report = assert_as_predicted(&demo.drill(&["--hosts-only"]), 3);
    assert_eq!(said(&report, "kill host node2", "database"), (true, "served"));
    let pair = "kill host node1 + kill host node2";
    let report = assert_as_predicted(&demo.drill(&["--expect-loss", "--fault", pair]), 1);
    assert_eq!(said(&report, pair, "database"), (false, "lost"));
    assert_eq!(said(&report, pair, "coordination"), (false, "lost"));
    assert_eq!(said(&report, pair, "ingress"), (true, "served"));
    demo.assert_converged();

    let refused = demo.drill(&["--fault", pair]).expect(2);
    assert!(refused.stderr.contains("--expect-loss"), "{}", refused.stderr);
    lying_rule(&demo);
    lying_probe(&demo);
}

/// A rule that claims that one member of Galera is enough.
fn lying_rule(demo: &Demo) {
    let cluster = model::parse(&std::fs::read_to_string(demo.file()).unwrap()).unwrap();
    let members = HOSTS.map(|h| Rule::up("galera", &h.into()));
    let rules = [(Capability::Database, Rule::Any(members.into()))];
    let pair = ["node1", "node2"].map(model::HostName::from);
    let trial = Trial::of_hosts(&cluster, &pair, Means { lab: true, power: false });
    let lie = Prediction::new(&cluster, &rules, trial);
    assert!(!lie.expects_loss(), "it promises that the database serves");
    let file: PathBuf = demo.directory().join("lie.json");
    std::fs::write(&file, serde_json::to_vec(&[lie]).unwrap()).unwrap();
    let ended = demo.drill(&["--predictions", file.to_str().unwrap()]).expect(1);
    let found = ended.json()["trials"][0]["differences"].to_string();
    assert!(found.contains(r#""capability":"database""#) && found.contains(r#""observed":"lost""#), "{found}");
}

/// A check that always says yes: the virtual IP stays where no gateway answers any more.
fn lying_probe(demo: &Demo) {
    for host in HOSTS {
        demo.sh(
            host,
            "python3 -c 'import json; p = \"/etc/quorate/agent.json\"; c = json.load(open(p)); \
             [g.update(kind={\"unit\": {\"unit\": \"dbus.service\"}}) for g in c[\"gateway\"]]; \
             json.dump(c, open(p, \"w\"))' && systemctl restart quorate-agent",
        );
    }
    crate::support::eventually("all is well again", std::time::Duration::from_secs(60), || demo.status().code == 0);
    let holder = demo.holders(&HOSTS, &demo.platform_vip())[0];
    let ended = demo.drill(&["--fault", &format!("stop gateway {holder}")]).expect(1);
    let report = ended.json();
    assert_eq!(said(&report, &format!("stop gateway {holder}"), "ingress"), (true, "lost"), "{report:#}");
}

/// Cloudpods on four hosts (CP-4): any control host may be lost, the database host may not.
#[test]
fn cloudpods_on_four_hosts() {
    let example = include_str!("../../../../examples/cloudpods-4.yaml");
    let demo = Demo::with("e2e-drill-cp4", example, 4);
    demo.apply().expect(0);
    let report = assert_as_predicted(&demo.drill(&["--hosts-only", "--expect-loss"]), 4);
    for host in ["node1", "node2", "node3"] {
        assert_eq!(said(&report, &format!("kill host {host}"), "database"), (true, "served"));
    }
    assert_eq!(said(&report, "kill host node4", "database"), (false, "lost"));
    assert_eq!(said(&report, "kill host node4", "ingress"), (true, "served"));
}

/// Five hosts, of which some stand in front and others hold the data.
#[test]
fn five_hosts_with_split_roles() {
    let demo = Demo::of("e2e-drill-five", model::Preset::FiveNode, 5);
    demo.apply().expect(0);
    assert_as_predicted(&demo.drill(&["--hosts-only", "--expect-loss"]), 5);
}
