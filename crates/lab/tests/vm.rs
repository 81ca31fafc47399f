//! An emulated host beside a container: the same to whoever uses it, except for what a power loss takes.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use lab::names::Names;
use lab::{Cut, Error, Health, Kind, Lab, LabGuard, Options, Site};

#[test]
fn an_emulated_host_loses_what_a_power_loss_takes() {
    // Not in /tmp, which may be a file system in memory that cannot carry an overlay.
    let dir = tempfile::Builder::new().prefix("quorate-lab-test").tempdir_in("/var/lib").unwrap();
    let site = Site { state: dir.path().to_owned(), ..Site::from_env() };
    let options = |vm: &str| Options { site: site.clone(), vms: vec![vm.to_owned()], ..Options::new("emulated", 2) };
    assert!(matches!(Lab::up(options("node3")), Err(Error::NoSuchHost { .. })));
    let filesystems = vec!["/srv=64M".parse().unwrap()];
    assert!(matches!(Lab::up(Options { filesystems, ..options("node1") }), Err(Error::VmFilesystem(_))));

    let mut lab = LabGuard::up(options("node1")).unwrap();
    assert_eq!(lab.hosts().iter().map(|h| h.kind).collect::<Vec<_>>(), [Kind::Vm, Kind::Container]);
    let sh = |lab: &Lab, host: &str, script: &str| lab.exec(host, &["sh", "-c", script]).unwrap();
    let health = |lab: &Lab| lab.status().unwrap()[0].health;

    // A kernel of its own, one network, the same commands.
    let kernel = |host: &str| sh(&lab, host, "uname -r").stdout;
    assert_ne!(kernel("node1"), kernel("node2"));
    let [first, second] = ["node1", "node2"].map(|h| lab.host(h).unwrap().address);
    assert!(sh(&lab, "node1", &format!("ping -c1 -W5 {second}")).ok());
    assert!(sh(&lab, "node2", &format!("ping -c1 -W5 {first}")).ok());
    assert_eq!(sh(&lab, "node1", "echo \"it's $HOME\" >&2; exit 7").code, 7);
    assert_eq!(sh(&lab, "node1", "echo \"it's $HOME\"; hostname; pwd").stdout, "it's /root\nnode1\n/\n");
    assert_eq!(lab.exec_with_stdin("node1", &["cat"], b"through").unwrap().stdout, "through");
    // What its kernel has in modules is there when it is asked for.
    assert!(sh(&lab, "node1", "nft add table inet kept && nft delete table inet kept").ok());

    // The network's faults; there is no way in but the network.
    lab.cut(Cut::Host("node1".into())).unwrap();
    assert!(!sh(&lab, "node2", &format!("ping -c1 -W2 {first}")).ok());
    assert!(matches!(lab.exec("node1", &["true"]), Err(Error::WrongState { .. })));
    lab.heal().unwrap();
    lab.pause("node1").unwrap();
    assert_eq!(health(&lab), Health::Paused);
    assert!(!sh(&lab, "node2", &format!("ping -c1 -W2 {first}")).ok());
    lab.resume("node1").unwrap();
    assert!(sh(&lab, "node1", "true").ok());

    // The loss of power.
    let write = "echo kept > /root/flushed; sync /root/flushed; head -c 1M /dev/urandom > /root/unflushed";
    assert!(sh(&lab, "node1", write).ok());
    assert_eq!(sh(&lab, "node1", "wc -c < /root/unflushed").stdout.trim(), "1048576");
    assert!(sh(&lab, "node2", write).ok());
    lab.kill_all(&["node1", "node2"]).unwrap();
    assert_eq!(health(&lab), Health::Dead);
    lab.start_all(&["node1", "node2"]).unwrap();
    for host in ["node1", "node2"] {
        assert_eq!(sh(&lab, host, "cat /root/flushed").stdout, "kept\n", "{host}");
    }
    let unflushed = |host: &str| sh(&lab, host, "cat /root/unflushed 2>/dev/null | wc -c").stdout.trim().to_owned();
    assert_eq!(unflushed("node1"), "0", "the machine's memory is gone");
    assert_eq!(unflushed("node2"), "1048576", "a container's page cache is this machine's");

    // Nothing is left of it.
    let link = Path::new("/sys/class/net").join(Names::new(&site.state, "emulated").link(1));
    assert!(link.exists());
    drop(lab);
    assert!(!link.exists() && !site.lab_dir("emulated").exists());
}
