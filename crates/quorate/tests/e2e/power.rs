//! The power of a primary's machine fails under load. The machine is an emulated one: what nobody had flushed is gone.

use std::time::Duration;

use crate::support::{Demo, eventually};
use crate::witness::Witness;

/// The emulated host is a database host and nothing else: it is many times slower than the containers beside it.
const EMULATED: &str = "node4";
const OTHER: &str = "node3";
const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
/// For what an emulated machine does meanwhile, such as boot.
const LIMIT: Duration = Duration::from_secs(240);

#[test]
fn nothing_acknowledged_is_lost_with_a_primarys_power() {
    let hosts = EXAMPLE
        .replace(
            "address: 10.88.0.11, roles: [control, gateway, database]",
            "address: 10.88.0.11, roles: [control, gateway]",
        )
        .replace(
            "address: 10.88.0.12, roles: [control, gateway, database]",
            "address: 10.88.0.12, roles: [control, gateway]",
        );
    let emulated = "failureDomain: { rack: c } }\n    - { name: node4, address: 10.88.0.14, roles: [database] }\n";
    let mut demo =
        Demo::with_vm("e2e-power", &hosts.replacen("failureDomain: { rack: c } }\n", emulated, 1), 4, EMULATED);
    // A watchdog of its own, which containers cannot have.
    demo.sh(EMULATED, "modprobe softdog && test -c /dev/watchdog0");
    demo.apply().expect(0);
    // An agent that is told to stop takes it back, one that dies does not: the next one is there at once.
    let back = "systemctl kill --signal=KILL quorate-agent; sleep 1; until systemctl is-active quorate-agent; do sleep 0.5; done";
    demo.sh(EMULATED, back);
    fed(&demo, "active", "20s");
    demo.sh(EMULATED, "systemctl stop quorate-agent");
    fed(&demo, "inactive", "0");
    demo.sh(EMULATED, "systemctl start quorate-agent");
    fed(&demo, "active", "20s");
    if demo.pair().0 != EMULATED {
        demo.run(&["db", "switchover", "--to", EMULATED]).expect(0);
    }
    eventually("the emulated host is primary", LIMIT, || demo.leads(EMULATED, OTHER));

    let addresses = [OTHER, EMULATED].map(|h| (h, demo.lab.host(h).unwrap().address.to_string()));
    let witness = Witness::start(&demo, &addresses);
    std::thread::sleep(Duration::from_secs(10));
    let lost = witness.now();
    demo.lab.kill(EMULATED).unwrap();
    eventually("the other host is primary", LIMIT, || demo.db_status()["primary"] == OTHER);
    std::thread::sleep(Duration::from_secs(5));
    let served = witness.now();
    // An emulated replica would not keep up with them.
    witness.rest();
    demo.lab.start(EMULATED).unwrap();
    eventually("the old primary follows", LIMIT, || demo.leads(OTHER, EMULATED));
    let testimony = witness.stop(&demo, &[OTHER, EMULATED]);
    println!("{:?}; writers waited {:?}", testimony.acknowledged(), testimony.silence(lost, served));
    assert!(testimony.acknowledged().get(EMULATED).is_some_and(|n| *n > 20), "it was under load");
    testimony.assert_true();
    reset(&demo);
}

/// A host whose systemd stands still feeds its watchdog no more, is reset, and comes back as a replica. It loses what it had
/// not flushed of what it knew as a replica, too: where in the primary's log it was.
fn reset(demo: &Demo) {
    let boot = || demo.try_sh(EMULATED, "cat /proc/sys/kernel/random/boot_id").1;
    let before = boot();
    demo.sh(EMULATED, "modprobe softdog && systemctl restart quorate-agent");
    fed(demo, "active", "20s");
    demo.sh(EMULATED, "echo 1 > /sys/fs/cgroup/init.scope/cgroup.freeze");
    // A login would wait for systemd.
    std::thread::sleep(Duration::from_secs(20));
    eventually("the host was reset", LIMIT, || {
        let now = boot();
        !now.trim().is_empty() && now != before
    });
    eventually("it follows again", LIMIT, || demo.leads(OTHER, EMULATED));
}

/// The watchdog of the emulated host, as the kernel sees it, and what systemd makes of it.
#[track_caller]
fn fed(demo: &Demo, state: &str, reset: &str) {
    assert_eq!(demo.sh(EMULATED, "cat /sys/class/watchdog/watchdog0/state").trim(), state);
    assert_eq!(demo.sh(EMULATED, "systemctl show -p RuntimeWatchdogUSec --value").trim(), reset);
}

impl Demo {
    /// Whether the one is primary and the other synchronous.
    fn leads(&self, primary: &str, synchronous: &str) -> bool {
        let status = self.db_status();
        status["primary"] == primary && status["record"]["sync"][0] == synchronous
    }
}
