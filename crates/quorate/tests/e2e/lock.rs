//! One run at a time, from the file that the cluster knows: the run lock, file generations, saved plans, and carrying
//! out a part of a plan.

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Demo, Ended, HOSTS, eventually};

/// How long a grant lives without renewal, and the slack of a busy machine.
const EXPIRY: Duration = Duration::from_secs(20);
const SLACK: Duration = Duration::from_secs(25);

/// Everything that a refused run must leave alone.
fn state_of_hosts(demo: &Demo) -> Vec<String> {
    let script = "find /etc /usr/local /var/lib/quorate -xdev -type f ! -name lock.json ! -path '*/bin/*' \
                      -printf '%p %i %T@ %C@\\n' | sort
                  systemctl show -p InvocationID --value etcd mariadb quorate-agent haproxy nginx keepalived";
    HOSTS.map(|h| demo.sh(h, script)).into()
}

/// Waits until a host's journal holds the intent of a step.
fn intended(demo: &Demo, host: &str, step: &str) {
    let entry = format!("grep -q '\"step\":\"{step}\".*\"intent\"' /var/lib/quorate/journal.jsonl");
    eventually(&format!("the intent of {step}"), Duration::from_secs(40), || demo.try_sh(host, &entry).0 == 0);
}

/// What a child of this test did, once it has ended.
fn ended(child: Child) -> Ended {
    child.wait_with_output().unwrap().into()
}

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Repeats an apply until the lock is free; how long it was held, and the run.
fn apply_once_free(demo: &Demo) -> (Duration, Ended) {
    let begun = Instant::now();
    let mut held = Duration::ZERO;
    loop {
        let ended = demo.apply();
        if ended.code != 1 || !ended.stderr.contains("pid ") {
            return (held, ended);
        }
        held = begun.elapsed();
        assert!(begun.elapsed() < EXPIRY + SLACK, "the lock never expired: {}", ended.stderr);
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn no_steps(demo: &Demo) {
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
}

#[test]
fn one_run_at_a_time_and_a_silent_one_loses_the_lock_for_good() {
    let demo = Demo::fresh("e2e-lock");
    killed(&demo);
    silent(&demo);
}

/// A run that holds the lock while it deploys: others are refused. Killed, its helpers hear it and give the lock up.
fn killed(demo: &Demo) {
    let mut first = demo.spawn(&["apply", "--yes", "--hold-at", "etcd/node1/run:before-action"]);
    intended(demo, "node1", "etcd/node1/run");
    // Other steps go on while one is held: until they have come to rest, changes are the first run's.
    let mut before = state_of_hosts(demo);
    eventually("the held run comes to rest", Duration::from_secs(60), || {
        std::thread::sleep(Duration::from_secs(2));
        let now = state_of_hosts(demo);
        let rests = demo.steps_under_way(first.id()) == 1;
        std::mem::replace(&mut before, now.clone()) == now && rests
    });

    let second = demo.apply().expect(1);
    let holder = format!("pid {}", first.id());
    assert!(second.stderr.contains(&holder), "who holds it: {}", second.stderr);
    assert!(second.stderr.contains("UTC"), "since when: {}", second.stderr);
    assert_eq!(state_of_hosts(demo), before, "a refused run changes nothing");

    first.kill().unwrap();
    first.wait().unwrap();
    let (_, third) = apply_once_free(demo);
    third.expect(0);
    demo.assert_one_of_each();
    no_steps(demo);
}

/// A run that falls silent in the middle of a rolling change and wakes up after another has taken over.
fn silent(demo: &Demo) {
    demo.edit("galera: {}", "galera: { maxConnections: 301 }");
    let first = demo.spawn(&["apply", "--yes", "--json"]);
    eventually("the first restart", Duration::from_secs(40), || {
        HOSTS.iter().any(|h| demo.try_sh(h, "grep -q '\"restart\"' /var/lib/quorate/debts.json").0 == 0)
    });
    signal(&first, "-STOP");
    let refused = demo.apply().expect(1);
    assert!(refused.stderr.contains(&format!("pid {}", first.id())), "{}", refused.stderr);

    demo.edit("maxConnections: 301", "maxConnections: 302");
    let (held, second) = apply_once_free(demo);
    second.expect(0);
    println!("a silent holder kept the lock for another {held:.1?}");
    no_steps(demo);
    let before = state_of_hosts(demo);

    signal(&first, "-CONT");
    let first = ended(first);
    assert_eq!(first.code, 1, "{}{}", first.stdout, first.stderr);
    assert!(first.stdout.contains("lock-lost"), "why its steps were refused: {}{}", first.stdout, first.stderr);
    assert_eq!(state_of_hosts(demo), before, "a late action changes nothing");
    for host in HOSTS {
        let connections = demo.sh(host, "mariadb -NBe 'SELECT @@max_connections'");
        assert_eq!(connections.trim(), "302", "{host}");
    }
}

#[test]
fn a_file_that_the_cluster_has_moved_past_is_refused_with_what_changed() {
    let demo = Demo::fresh("e2e-generation");
    // The first plan is saved and carried out: the secrets that it will need are in neither.
    let plan = demo.directory().join("plan.json");
    let plan = plan.to_str().unwrap();
    demo.run(&["plan", "-o", plan]).expect(0);
    demo.run(&["apply", "--plan", plan, "--yes"]).expect(0);
    no_steps(&demo);
    saved_plans(&demo, plan);
    generations(&demo);
}

fn saved_plans(demo: &Demo, plan: &str) {
    let file = "/etc/nginx/conf.d/quorate.conf";
    demo.sh("node1", &format!("echo '# a' >> {file}"));
    demo.run(&["plan", "-o", plan]).expect(0);
    demo.run(&["apply", "--plan", plan, "--yes"]).expect(0);
    no_steps(demo);

    demo.sh("node1", &format!("echo '# a' >> {file}"));
    demo.run(&["plan", "-o", plan]).expect(0);
    demo.sh("node2", &format!("echo '# b' >> {file}"));
    let before = state_of_hosts(demo);
    demo.run(&["apply", "--plan", plan, "--yes"]).expect(2);
    assert_eq!(state_of_hosts(demo), before, "a plan that the hosts have moved past changes nothing");
    demo.apply().expect(0);
    demo.run(&["apply", "--plan", plan, "--yes"]).expect(2);
    no_steps(demo);
}

fn generations(demo: &Demo) {
    let elsewhere = demo.directory().join("elsewhere");
    let other =
        |words: &[&str]| -> Ended { demo.command(words).env("XDG_STATE_HOME", &elsewhere).output().unwrap().into() };
    // Another machine with the cluster's own file: nothing is new, nothing is done.
    let same = other(&["apply", "--yes", "--json"]).expect(0).json();
    assert_eq!((&same["generation"], same["outcomes"].as_object().unwrap().len()), (&1.into(), 0));

    // A third machine, which has never seen this cluster, with another file.
    std::fs::remove_dir_all(&elsewhere).unwrap();
    let ours = std::fs::read_to_string(demo.file()).unwrap();
    demo.edit("galera: {}", "galera: { maxConnections: 333 }");
    let before = state_of_hosts(demo);
    for words in [&["plan"][..], &["apply", "--yes"]] {
        let refused = other(words).expect(2);
        let text = format!("{}{}", refused.stdout, refused.stderr);
        assert!(text.contains("galera: {}") && text.contains("maxConnections: 333"), "what changed is shown: {text}");
        assert!(text.contains("--from-generation"), "and what to do: {text}");
    }
    other(&["apply", "--yes", "--from-generation", "7"]).expect(2);
    assert_eq!(state_of_hosts(demo), before, "a refused file changes nothing");

    let accepted = other(&["apply", "--yes", "--json", "--from-generation", "1"]).expect(0).json();
    assert_eq!(accepted["generation"], 2);

    // Now the first machine's file is the one that the cluster has moved past.
    std::fs::write(demo.file(), format!("{ours}# mine\n")).unwrap();
    let stale = demo.run(&["apply", "--yes"]).expect(2);
    assert!(stale.stderr.contains("maxConnections: 333"), "{}", stale.stderr);
}

#[test]
fn parts_of_a_plan_are_carried_out_alone() {
    let demo = Demo::fresh("e2e-select");
    let done = |words: &[&str]| -> Vec<String> {
        let report = demo.run(words).json();
        let outcomes = report["outcomes"].as_object().unwrap_or_else(|| panic!("{report}"));
        for (step, outcome) in outcomes {
            assert!(outcome.get("done").is_some(), "{step}: {outcome}");
        }
        outcomes.keys().cloned().collect()
    };
    let steps = |component: &str, stages: &[&str]| -> Vec<String> {
        let mut all: Vec<_> =
            HOSTS.iter().flat_map(|h| stages.iter().map(move |s| format!("{component}/{h}/{s}"))).collect();
        all.sort();
        all
    };

    let first = done(&["apply", "--yes", "--json", "-j", "1,2"]);
    assert_eq!(first, [steps("kernel", &["configure"]), steps("names", &["configure"])].concat());
    for host in HOSTS {
        let seen = demo.sh(
            host,
            "grep -c 'platform.demo' /etc/hosts; cat /proc/sys/net/ipv4/ip_nonlocal_bind; ls -d /etc/quorate || true",
        );
        assert_eq!(seen, "1\n1\n", "{host}");
    }
    assert_eq!(done(&["apply", "--yes", "--json", "--only", "identity"]), steps("identity", &["configure"]));
    assert_eq!(done(&["apply", "--yes", "--json", "--only", "etcd"]), steps("etcd", &["configure", "run"]));
    for host in HOSTS {
        let units = demo.try_sh(host, "systemctl is-active etcd mariadb nginx haproxy keepalived quorate-agent").1;
        assert_eq!(units.replace('\n', " "), "active inactive inactive inactive inactive inactive ", "{host}");
    }
    // What the numbers 1 to 4 left open.
    let rest = done(&["apply", "--yes", "--json", "-j", "3+"]);
    assert!(rest.contains(&"vip/node3/run".to_owned()) && !rest.iter().any(|s| s.starts_with("etcd/")), "{rest:?}");
    demo.assert_one_of_each();
    no_steps(&demo);

    for host in HOSTS {
        demo.sh(host, "echo '# a' >> /etc/nginx/conf.d/quorate.conf; echo '# a' >> /etc/haproxy/haproxy.cfg");
    }
    let step = done(&["apply", "--yes", "--json", "--only", "gateway/node1/configure"]);
    assert_eq!(step, ["gateway/node1/configure"]);
    let mut on_node2 = done(&["apply", "--yes", "--json", "--only", "node2"]);
    on_node2.sort();
    assert_eq!(
        on_node2,
        ["balancer/node2/configure", "balancer/node2/run", "gateway/node2/configure", "gateway/node2/run"]
    );
    // The reload that the single step left owing is in the plan, beside what was not selected.
    let plan = demo.run(&["plan", "--json"]).expect(0).json();
    let ids: Vec<_> = plan["steps"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"gateway/node1/run") && !ids.contains(&"gateway/node1/configure"), "{ids:?}");
    assert!(ids.contains(&"gateway/node3/configure") && !ids.iter().any(|i| i.contains("node2")), "{ids:?}");
    demo.apply().expect(0);
    no_steps(&demo);
}
