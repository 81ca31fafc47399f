//! Hosts on which nothing is installed, and what their packages would do by themselves.

use crate::support::{Demo, HOSTS};

/// Leaves a host as its distribution delivers it: no engine, no data, no configuration, and a package source.
const BARE: &str = "set -e
installed() { dpkg-query -Wf '${Package} ${db:Status-Status}\\n' | awk '$2 == \"installed\" {print $1}'; }
engines=$(installed | grep -xE 'etcd-server|mariadb-(server|client|backup|plugin).*|galera-.*|haproxy|keepalived|nginx.*|libnginx-.*')
DEBIAN_FRONTEND=noninteractive dpkg --purge $engines >/dev/null 2>&1
rm -rf /var/lib/mysql /var/lib/etcd
echo 'deb [trusted=yes] file:/srv/debian ./' > /etc/apt/sources.list";

#[test]
fn what_is_missing_is_installed_and_starts_only_as_the_cluster_s() {
    let demo = Demo::fresh("e2e-packages");
    for host in HOSTS {
        demo.sh(host, BARE);
    }
    // No source has the package.
    demo.sh("node2", "mv /etc/apt/sources.list /root/");
    let ended = demo.run(&["apply", "--yes"]);
    assert_ne!(ended.code, 0);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("node2") && said.contains("could not be installed"), "{said}");
    demo.sh("node2", "mv /root/sources.list /etc/apt/");

    demo.apply().expect(0);
    demo.assert_converged();
    for host in HOSTS {
        demo.sh(host, "test ! -e /usr/sbin/policy-rc.d");
        // A member that the package had started by itself would have left its data here.
        assert_eq!(demo.sh(host, "ls /var/lib/etcd"), "quorate\n", "{host}");
        let enabled = demo.sh(host, "systemctl is-enabled etcd mariadb haproxy keepalived nginx");
        assert_eq!(enabled, "enabled\n".repeat(5), "{host}");
    }
}
