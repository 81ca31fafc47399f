//! Changes that need restarts: one host after another while clients write, and not at all where a quorum would break.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Demo, HOSTS, eventually};
use crate::writer::Writer;

/// One failover of the writer takes about two seconds where nothing else runs; other builds share this machine.
const ONE_FAILOVER: Duration = Duration::from_secs(6);

/// Watches a port of every host and counts how many refuse at the same time.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<usize>>>,
}

impl Watch {
    fn start(demo: &Demo, port: u16) -> Self {
        let at = |k: usize| -> SocketAddr { format!("{}{}:{port}", demo.prefix(), 11 + k).parse().unwrap() };
        let hosts: Vec<_> = (0..HOSTS.len()).map(at).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let down = move || -> Vec<usize> {
            let up = |a: &SocketAddr| TcpStream::connect_timeout(a, Duration::from_secs(1)).is_ok();
            (0..hosts.len()).filter(|k| !up(&hosts[*k])).collect()
        };
        let thread = std::thread::spawn(move || {
            let mut seen: Vec<Vec<usize>> = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                let now = down();
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        Self { stop, thread }
    }

    /// Asserts that every host was down once and never two at a time. Says in which order.
    #[track_caller]
    fn one_at_a_time(self) -> Vec<usize> {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.thread.join().unwrap();
        assert!(seen.iter().all(|down| down.len() <= 1), "two at once: {seen:?}");
        let mut order: Vec<_> = seen.into_iter().flatten().collect();
        order.dedup();
        let mut each = order.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each, [0, 1, 2], "every host was restarted: {order:?}");
        order
    }
}

fn starts(demo: &Demo, unit: &str) -> Vec<String> {
    HOSTS.map(|h| demo.invocation(h, unit)).into()
}

fn no_steps(demo: &Demo) {
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
}

#[test]
fn a_change_that_needs_restarts_rolls_while_clients_write_and_stops_where_a_quorum_would_break() {
    let mut demo = Demo::deployed("e2e-rolling");
    galera(&demo);
    etcd(&demo);
    guarded(&mut demo);
}

fn galera(demo: &Demo) {
    let others = ["etcd", "quorate-agent", "haproxy", "nginx", "keepalived"];
    let before = (starts(demo, "mariadb"), others.map(|u| starts(demo, u)));
    let (writer, watch) = (Writer::start(demo), Watch::start(demo, 3306));
    std::thread::sleep(Duration::from_millis(500));
    demo.edit("galera: {}", "galera: { maxConnections: 333 }");
    let begun = Instant::now();
    demo.apply().expect(0);
    let took = begun.elapsed();
    std::thread::sleep(Duration::from_millis(500));
    let written = writer.stop();
    let order = watch.one_at_a_time();
    println!(
        "rolled Galera over hosts {order:?} in {took:.1?}: {} writes acknowledged, {} failed, longest gap {:.1?}",
        written.acknowledged.len(),
        written.failed,
        written.longest_gap
    );
    assert!(written.acknowledged.len() > 50, "{written:?}");
    assert!(written.longest_gap < ONE_FAILOVER, "{:?}", written.longest_gap);
    for (host, (before, now)) in HOSTS.iter().zip(before.0.iter().zip(starts(demo, "mariadb"))) {
        assert_ne!(*before, now, "{host}");
        assert_eq!(demo.sh(host, "mariadb -NBe 'SELECT @@max_connections'").trim(), "333", "{host}");
        assert_eq!(written.lost(demo, host), Vec::<u64>::new(), "{host}");
    }
    assert_eq!(before.1, others.map(|u| starts(demo, u)), "nothing else was restarted");
    demo.assert_one_of_each();
    no_steps(demo);
}

/// etcd has no setting that an operator could change, so its files are changed: putting them back needs a restart.
fn etcd(demo: &Demo) {
    for host in HOSTS {
        demo.sh(host, "echo '# edited' >> /etc/quorate/etcd/etcd.env");
    }
    let before = starts(demo, "etcd");
    let watch = Watch::start(demo, 2379);
    demo.apply().expect(0);
    let order = watch.one_at_a_time();
    println!("rolled etcd over hosts {order:?}");
    assert!(before.iter().zip(starts(demo, "etcd")).all(|(b, n)| *b != n));
    demo.assert_one_of_each();
    no_steps(demo);
}

/// With one host down, no other member of a quorum is restarted; the change is owed until the host is back.
fn guarded(demo: &mut Demo) {
    demo.lab.kill("node3").unwrap();
    demo.edit("maxConnections: 333", "maxConnections: 334");
    let left = ["node1", "node2"];
    let before = left.map(|h| demo.invocation(h, "mariadb"));
    let begun = Instant::now();
    let refused = demo.run(&["apply", "--yes", "--json"]).expect(1);
    let took = begun.elapsed();
    let report = refused.json();
    let blocked = &report["outcomes"]["galera/node1/run"]["blocked"];
    assert_eq!(blocked["code"], "guard-refused", "{report:#}");
    assert_eq!((&blocked["args"]["capability"], &blocked["args"]["down"]), (&"database".into(), &"node3".into()));
    assert!(report["outcomes"]["galera/node2/run"]["done"].is_null(), "{report:#}");
    assert!(report["absent"]["node3"].is_object(), "{report:#}");
    assert_eq!(left.map(|h| demo.invocation(h, "mariadb")), before, "no quorum member was restarted");
    println!("refused in {took:.1?}");

    // The files are written, what they need is owed, and the plan says so.
    let plan = demo.run(&["plan", "--json"]).expect(3).json();
    for host in left {
        let id = format!("galera/{host}/run");
        let step = plan["steps"].as_array().unwrap().iter().find(|s| s["id"] == id.as_str());
        let step = step.unwrap_or_else(|| panic!("{id} is not in {plan:#}"));
        assert_eq!(step["changes"][0]["kind"], "restart", "{step:#}");
    }
    let words = demo.run(&["apply", "--yes"]).expect(1);
    let said = words.stdout.lines().find(|l| l.contains("galera/node1/run:")).unwrap_or_else(|| panic!("{words:?}"));
    assert!(said.contains("node3") && said.contains("node1"), "who is down and who would be: {said}");
    assert_eq!(left.map(|h| demo.invocation(h, "mariadb")), before);

    demo.lab.start("node3").unwrap();
    let healthy = Duration::from_secs(90);
    eventually("the cluster is whole again", healthy, || demo.status().code == 0);
    // A writer writes each value once: the second begins on an empty table.
    demo.sh("node1", "mariadb platform -e 'DROP TABLE written'");
    let (writer, watch) = (Writer::start(demo), Watch::start(demo, 3306));
    demo.apply().expect(0);
    let written = writer.stop();
    println!("completed over hosts {:?}, longest gap {:.1?}", watch.one_at_a_time(), written.longest_gap);
    assert!(written.longest_gap < ONE_FAILOVER, "{:?}", written.longest_gap);
    for host in HOSTS {
        assert_eq!(demo.sh(host, "mariadb -NBe 'SELECT @@max_connections'").trim(), "334", "{host}");
        assert_eq!(written.lost(demo, host), Vec::<u64>::new(), "{host}");
    }
    no_steps(demo);
}
