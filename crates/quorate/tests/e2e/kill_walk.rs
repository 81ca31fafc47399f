//! Killed between the intent and the result of a step, at every point where that makes a difference: `apply` again
//! brings the cluster to its file, and there is one of each.
//!
//! CI walks the steps where most is at stake and a sample of the others that changes from day to day;
//! `QUORATE_KILL_WALK=all` walks every step. `QUORATE_KILL_WALK_SEED` repeats a sample.

use std::process::Child;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{Demo, Ended, HOSTS, eventually};

/// Where a run stands still to be killed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// The operator's program has written the intent; the host has heard nothing.
    Operator,
    /// The helper has written the intent and done nothing.
    BeforeAction,
    /// The helper has done everything and written no result.
    BeforeResult,
}

const POINTS: [Point; 3] = [Point::Operator, Point::BeforeAction, Point::BeforeResult];

impl Point {
    fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::BeforeAction => "before-action",
            Self::BeforeResult => "before-result",
        }
    }
}

/// Steps whose loss could found a second cluster, lose a secret or leave an address without a holder.
const CORE: [&str; 6] = [
    "identity/node1/configure",
    "etcd/node2/run",
    "galera/node2/configure",
    "galera/node3/run",
    "galera/node1/once",
    "vip/node1/run",
];
/// How many of the other steps are walked where not all are.
const SAMPLE: usize = 3;
/// A helper that ended with its connection has given the run's lock up by then, and the lock of one that was killed
/// has expired; with the slack of a busy machine.
const LOCK_LIMIT: Duration = Duration::from_secs(45);

fn host_of(step: &str) -> &'static str {
    HOSTS.into_iter().find(|h| step.split('/').any(|part| part == *h)).unwrap()
}

/// Starts an apply and waits until it stands still at this point of this step.
pub fn stand_still(demo: &Demo, step: &str, point: Point) -> Child {
    let begun = Instant::now();
    loop {
        let mut child = demo.spawn(&["apply", "--yes", "--json", "--hold-at", &format!("{step}:{}", point.word())]);
        let mark = format!("-{} {step}\n", child.id());
        let mut over = false;
        eventually(&format!("{step} stands still at {point:?}"), Duration::from_secs(120), || {
            over = child.try_wait().unwrap().is_some();
            over || match point {
                Point::Operator => demo.intent_stands(child.id(), step),
                _ => demo.try_sh(host_of(step), "cat /run/quorate-held").1.ends_with(&mark),
            }
        });
        if !over {
            return child;
        }
        be_patient(begun, &child.wait_with_output().unwrap().into());
    }
}

/// A run may be refused, for a while, because the killed one still has the lock; nothing else may have gone wrong.
fn be_patient(begun: Instant, refused: &Ended) {
    assert!(refused.stderr.contains("holds the lock"), "{refused:?}");
    assert!(begun.elapsed() < LOCK_LIMIT, "the lock of a dead run: {refused:?}");
    std::thread::sleep(Duration::from_millis(300));
}

/// SIGKILL to the helper on a host, from outside of it.
fn kill_helper(demo: &Demo, host: &str) {
    let killed = demo.sh(
        host,
        "for p in $(pgrep -f '^/var/lib/quorate/bin/quorate-[0-9a-f]* helper'); do kill -9 $p; echo $p; done",
    );
    assert!(!killed.is_empty(), "no helper ran on {host}");
}

/// Kills the operator's program, and where the helper has begun the helper too, between intent and result of a step.
fn kill_at(demo: &Demo, step: &str, point: Point) {
    let mut operator = stand_still(demo, step, point);
    let pid = operator.id();
    operator.kill().unwrap();
    operator.wait().unwrap();
    assert!(demo.intent_stands(pid, step), "{step} {point:?}: the operator's journal holds the intent alone");
    if point != Point::Operator {
        kill_helper(demo, host_of(step));
        assert!(demo.intent_stands_on(host_of(step), pid, step), "{step} {point:?}: so does the host's");
    }
}

/// The apply that brings the cluster to its file after kills.
fn converge(demo: &Demo) {
    let begun = Instant::now();
    loop {
        let ended = demo.apply();
        if ended.code == 0 {
            return demo.assert_converged();
        }
        be_patient(begun, &ended);
    }
}

/// Kills at every point of one step of the first deployment, each time in what the kill before left, and converges.
fn walk(name: &str, step: &str) {
    let begun = Instant::now();
    let demo = Demo::fresh(name);
    for point in POINTS {
        kill_at(&demo, step, point);
    }
    converge(&demo);
    println!("{step}: {:.1} s", begun.elapsed().as_secs_f64());
}

/// Every step of a deployment from nothing.
fn all_steps(name: &str) -> Vec<String> {
    let plan = Demo::fresh(name).run(&["plan", "--json"]).expect(0).json();
    plan["steps"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

/// Some of these, the same for the same seed (splitmix64).
fn sample(mut from: Vec<String>, count: usize, mut seed: u64) -> Vec<String> {
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap()
    };
    (0..count.min(from.len())).map(|_| from.swap_remove(next() % from.len())).collect()
}

fn seed() -> u64 {
    let given = std::env::var("QUORATE_KILL_WALK_SEED").ok().map(|s| s.parse().unwrap());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400)
}

fn walk_everything() -> bool {
    std::env::var("QUORATE_KILL_WALK").is_ok_and(|v| v == "all")
}

#[test]
fn kill_walk_of_the_steps_where_most_is_at_stake() {
    for step in CORE {
        walk("e2e-kill-core", step);
    }
}

#[test]
fn kill_walk_of_the_other_steps() {
    let mut others = all_steps("e2e-kill-walk");
    for step in CORE {
        assert!(others.iter().any(|o| o == step), "{step} is no step: {others:?}");
    }
    others.retain(|o| !CORE.contains(&o.as_str()));
    if !walk_everything() {
        let seed = seed();
        println!("QUORATE_KILL_WALK_SEED={seed}");
        others = sample(others, SAMPLE, seed);
    }
    for step in others {
        walk("e2e-kill-walk", &step);
    }
}

/// The operator's program lives on when a helper is killed: it says so, gives the lock up, and the next run goes on.
#[test]
fn kill_walk_of_the_helper_alone() {
    let demo = Demo::fresh("e2e-kill-helper");
    let killed = |step: &str, point: Point| {
        let begun = Instant::now();
        let operator = stand_still(&demo, step, point);
        kill_helper(&demo, host_of(step));
        let report = Ended::from(operator.wait_with_output().unwrap()).expect(1).json();
        assert_eq!(report["outcomes"][step]["failed"]["code"], "host-lost", "{report}");
        assert!(report["absent"][host_of(step)].is_object(), "{report}");
        println!("{step} {point:?}: {:.1} s", begun.elapsed().as_secs_f64());
        report
    };
    killed("vip/node2/run", Point::BeforeAction);
    demo.apply().expect(0);
    demo.assert_converged();

    demo.edit("galera: {}", "galera: { maxConnections: 301 }");
    let report = killed("galera/node2/run", Point::BeforeResult);
    // With node2 out of sight, one more member at rest could cost the quorum.
    assert_eq!(report["outcomes"]["galera/node3/run"]["blocked"]["code"], "guard-refused", "{report}");
    demo.apply().expect(0);
    demo.assert_converged();
}

/// A member that has its new configuration and owes the restart still owes it to the next run; what was done is not
/// done again.
#[test]
fn kill_walk_of_a_rolling_change() {
    let demo = Demo::deployed("e2e-kill-rolling");
    let starts = |unit: &str| HOSTS.map(|h| demo.invocation(h, unit));
    let owes = |host: &str| demo.sh(host, "cat /var/lib/quorate/debts.json").contains("mariadb.service");
    let connections = |value: &str| {
        for host in HOSTS {
            assert_eq!(demo.sh(host, "mariadb -NBe 'SELECT @@max_connections'").trim(), value, "{host}");
        }
    };
    let before = starts("mariadb");

    demo.edit("galera: {}", "galera: { maxConnections: 301 }");
    kill_at(&demo, "galera/node2/run", Point::BeforeAction);
    assert!(!owes("node1") && owes("node2") && owes("node3"));
    let between = starts("mariadb");
    assert!(between[0] != before[0] && between[1..] == before[1..], "one after another");
    converge(&demo);
    connections("301");
    let after = starts("mariadb");
    assert!(after[0] == between[0] && after[1] != between[1] && after[2] != between[2], "only those that owed it");

    demo.edit("maxConnections: 301", "maxConnections: 302");
    // node1 is the first to restart: held there, none has begun.
    kill_at(&demo, "galera/node1/configure", Point::BeforeResult);
    assert!(owes("node1"), "noted before the file changed");
    kill_at(&demo, "galera/node1/run", Point::BeforeResult);
    assert!(!owes("node1"));
    let between = starts("mariadb");
    converge(&demo);
    connections("302");
    let after = starts("mariadb");
    assert!(after[0] == between[0] && after[1] != between[1] && after[2] != between[2], "only those that owed it");
}
