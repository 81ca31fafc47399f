//! Faults at random on a replicated database, one or two at a time: the same ones each time, others with `SOAK_SEED`, and
//! for longer with `make soak`.

use crate::support::{Demo, HOSTS};

const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
/// Seconds; as long as a lease of a primary can last when etcd's leader is lost with it, and a while to judge.
const HOLD: &str = "16";
const MINUTES: &str = "5";
const SEED: &str = "20785";

#[test]
fn faults_at_random_end_as_predicted() {
    let seed = std::env::var("SOAK_SEED").unwrap_or_else(|_| SEED.to_owned());
    println!("SOAK_SEED={seed}");
    let demo = Demo::with("e2e-soak", EXAMPLE, HOSTS.len());
    demo.apply().expect(0);
    let ended = demo.drill_for(HOLD, &["--expect-loss", "--soak", MINUTES, "--seed", &seed]);
    let report = ended.json();
    let trials = report["trials"].as_array().unwrap();
    for trial in trials {
        let name = &trial["prediction"]["trial"]["name"];
        println!("{name}: {} {}", trial["outcome"], trial["observation"]["data"]["acknowledged"]);
        assert_eq!(trial["outcome"], "passed", "{name}: {:#} {:#}", trial["differences"], trial["observation"]);
    }
    assert!(ended.code == 0 && trials.len() >= 5, "{} trials: {}", trials.len(), ended.stderr);
}
