//! Virtual IPs: one holder at any time, whatever ends keepalived.

use std::time::Duration;

use crate::support::{Demo, HOSTS, eventually};

/// How often the holders are counted; each count asks three hosts and takes some tens of milliseconds.
const SAMPLES: usize = 60;

#[test]
fn a_killed_keepalived_leaves_no_address_behind() {
    let demo = Demo::deployed("e2e-vip");
    let vips = [demo.platform_vip(), demo.database_vip()];
    for vip in &vips {
        for _ in 0..10 {
            assert_eq!(demo.holders(&HOSTS, vip).len(), 1, "{vip} in peace");
        }
    }
    let vip = &vips[1];
    let holder = demo.holders(&HOSTS, vip)[0];
    // All of its processes at once: none of them gets to say goodbye or to clean up.
    demo.sh(holder, "pkill -KILL keepalived");
    eventually("the unit has taken the address off", Duration::from_secs(2), || {
        !demo.sh(holder, "ip -4 -o address").contains(&format!(" {vip}/"))
    });
    for sample in 0..SAMPLES {
        let holders = demo.holders(&HOSTS, vip);
        assert!(holders.len() <= 1, "sample {sample}: {holders:?}");
    }
    for vip in &vips {
        eventually("another host holds it", Duration::from_secs(5), || {
            let holders = demo.holders(&HOSTS, vip);
            holders.len() == 1 && holders[0] != holder
        });
    }
    eventually("keepalived is back, as a backup", Duration::from_secs(10), || {
        demo.try_sh(holder, "systemctl is-active keepalived").0 == 0
    });
    demo.status().expect(0);
}
