//! Real containers: what a lab promises is seen from outside it.
//!
//! The labs of this test live in a site of their own, so that `down --all` meets nobody else's.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A test that looks at the machine with its own programs.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::names::Names;
use lab::{Cut, Error, Health, Hosts, Lab, LabGuard, OPERATOR, Options, Site};

/// A site whose roots are the machine's and whose labs are this test's alone.
fn site() -> (tempfile::TempDir, Site) {
    // Not in /tmp, which may be a file system in memory that cannot carry an overlay.
    let dir = tempfile::Builder::new().prefix("quorate-lab-test").tempdir_in("/var/lib").unwrap();
    let site = Site { state: dir.path().to_owned(), ..Site::from_env() };
    (dir, site)
}

fn options(site: &Site, name: &str, count: usize) -> Options {
    Options { site: site.clone(), ..Options::new(name, count) }
}

fn banner(lab: &Lab, host: &str) -> bool {
    let address = SocketAddr::from((lab.host(host).unwrap().address, 22));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut start = [0; 4];
    stream.read_exact(&mut start).is_ok() && &start == b"SSH-"
}

fn ping(lab: &Lab, from: &str, to: &str) -> bool {
    let to = if to == OPERATOR { lab.operator() } else { lab.host(to).unwrap().address };
    lab.exec(from, &["ping", "-c1", "-W1", &to.to_string()]).unwrap().ok()
}

fn health(lab: &Lab) -> Vec<Health> {
    lab.status().unwrap().into_iter().map(|h| h.health).collect()
}

/// What of a lab is still on the machine: everything that its names could be found in.
fn traces(names: &Names, site: &Site) -> Vec<String> {
    let output = |program: &str, args: &[&str]| {
        String::from_utf8(Command::new(program).args(args).output().unwrap().stdout).unwrap()
    };
    let bridge = names.bridge();
    let state = site.state.to_str().unwrap();
    let mut found = Vec::new();
    let mut look = |what: &str, text: &str| {
        let lines = text.lines().filter(|l| l.contains(&bridge) || l.contains(state));
        found.extend(lines.map(|l| format!("{what}: {l}")));
    };
    look("link", &output("ip", &["-o", "link"]));
    look("nft", &output("nft", &["list", "tables"]));
    look("mount", &fs::read_to_string("/proc/mounts").unwrap());
    look("cgroup", &output("find", &["/sys/fs/cgroup", "-type", "d", "-name", "qlab*"]));
    // A process that has ended counts no more, whenever its parent may come to see to it.
    let processes = output("ps", &["-eo", "stat,pid,args,cgroup"]);
    look("process", &processes.lines().filter(|l| !l.starts_with('Z')).collect::<Vec<_>>().join("\n"));
    look("file", &output("find", &[state, "-mindepth", "1"]));
    look("nspawn", &output("find", &["/run/systemd/nspawn"]));
    found
}

#[test]
fn a_lab_does_what_it_promises() {
    let (_dir, site) = site();
    let mut lab = LabGuard::up(options(&site, "whole", 3)).unwrap();
    let names = Names::new(&site.state, "whole");

    // Every host answers, as itself, with nothing running that nobody deployed.
    for host in ["node1", "node2", "node3"] {
        assert!(banner(&lab, host), "{host}");
        assert_eq!(lab.exec(host, &["hostname"]).unwrap().stdout.trim(), host);
        let running = lab.exec(host, &["systemctl", "is-system-running", "--wait"]).unwrap();
        assert_eq!(running.stdout.trim(), "running", "{host}");
        let services = ["etcd", "mariadb", "haproxy", "keepalived", "nginx"];
        let active = lab.exec(host, &[&["systemctl", "is-active"], &services[..]].concat()).unwrap();
        assert!(active.stdout.lines().all(|l| l == "inactive"), "{}", active.stdout);
    }
    let unique = |file: &str| {
        let all = ["node1", "node2", "node3"].map(|h| lab.exec(h, &["cat", file]).unwrap().stdout);
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2], "{file} is the same on two hosts");
    };
    unique("/etc/machine-id");
    unique("/etc/ssh/ssh_host_ed25519_key.pub");

    // Commands: exit code, input, output, and a clean environment.
    assert_eq!(lab.exec("node1", &["sh", "-c", "echo to stderr >&2; exit 7"]).unwrap().code, 7);
    assert_eq!(lab.exec_with_stdin("node1", &["cat"], b"through").unwrap().stdout, "through");
    assert_eq!(lab.exec("node1", &["sh", "-c", "echo $HOME; pwd"]).unwrap().stdout, "/root\n/\n");
    assert!(matches!(lab.exec("node9", &["true"]), Err(Error::NoSuchHost { .. })));

    // Logins: the key for root; for ops the password, which sudo takes too.
    let key = lab.key_file();
    let target = format!("root@{}", lab.hosts()[0].address);
    let ssh = Command::new("ssh")
        .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
        .args([key.to_str().unwrap(), &target, "id -u"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ssh.stdout), "0\n", "{}", String::from_utf8_lossy(&ssh.stderr));
    let password = fs::read(lab.password_file()).unwrap();
    let sudo = ["runuser", "-u", "ops", "--", "sudo", "-S", "-k", "id", "-u"];
    assert_eq!(lab.exec_with_stdin("node2", &sudo, &password).unwrap().stdout, "0\n");
    assert!(!lab.exec_with_stdin("node2", &sudo, b"wrong\n").unwrap().ok());

    // Killed and started again: the same disk. An open connection hears nothing.
    let written = lab.exec("node2", &["sh", "-c", "echo kept > /root/kept; mv /var/lib/mysql /var/lib/elsewhere"]);
    assert!(written.unwrap().ok());
    let mut open = TcpStream::connect((lab.hosts()[1].address, 22)).unwrap();
    open.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let _ = open.read(&mut [0; 256]);
    lab.kill("node2").unwrap();
    let silence = open.read(&mut [0; 1]);
    assert!(silence.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "{silence:?}");
    assert_eq!(health(&lab), [Health::Running, Health::Dead, Health::Running]);
    assert!(!ping(&lab, "node1", "node2"));
    assert!(matches!(lab.exec("node2", &["true"]), Err(Error::WrongState { .. })));
    lab.start("node2").unwrap();
    assert_eq!(lab.exec("node2", &["cat", "/root/kept"]).unwrap().stdout, "kept\n");
    assert!(lab.exec("node2", &["test", "-f", "/var/lib/elsewhere/ibdata1"]).unwrap().ok());
    assert!(ping(&lab, "node1", "node2"));

    // A reboot from inside is a reboot.
    let boot = |lab: &Lab| lab.exec("node2", &["cat", "/proc/1/stat"]).map(|o| o.stdout).unwrap_or_default();
    let before = lab.status().unwrap()[1].pid;
    lab.exec("node2", &["systemctl", "reboot"]).unwrap();
    let start = Instant::now();
    while lab.status().unwrap()[1].pid.is_none_or(|p| Some(p) == before)
        || boot(&lab).is_empty()
        || !banner(&lab, "node2")
    {
        assert!(start.elapsed() < Duration::from_secs(30), "node2 did not reboot");
        thread::sleep(Duration::from_millis(100));
    }

    // Paused: not even ARP; time stands still; a cut of before is a cut after.
    lab.exec("node3", &["sh", "-c", "while sleep 0.05; do date +%s%N > /run/tick; done >/dev/null 2>&1 &"]).unwrap();
    lab.pause("node3").unwrap();
    assert_eq!(health(&lab)[2], Health::Paused);
    lab.exec("node1", &["ip", "neigh", "flush", "all"]).unwrap();
    let target = lab.host("node3").unwrap().address.to_string();
    assert!(!lab.exec("node1", &["arping", "-c1", "-w1", "-I", "host0", &target]).unwrap().ok());
    assert!(matches!(lab.exec("node3", &["true"]), Err(Error::WrongState { .. })));
    lab.resume("node3").unwrap();
    assert!(ping(&lab, "node1", "node3"));
    assert!(lab.exec("node3", &["test", "-f", "/run/tick"]).unwrap().ok());

    // Cuts: one link, a group against a group, from the operator, from everybody; they outlive a restart.
    let one = |name: &str| vec![name.to_owned()];
    lab.cut(Cut::Between(one("node1"), one("node2"))).unwrap();
    assert!(!ping(&lab, "node1", "node2") && !ping(&lab, "node2", "node1"));
    assert!(ping(&lab, "node1", "node3") && ping(&lab, "node2", "node3") && banner(&lab, "node1"));
    lab.kill("node1").unwrap();
    lab.start("node1").unwrap();
    assert!(!ping(&lab, "node1", "node2"));
    assert_eq!(lab.status().unwrap()[0].cut_from, ["node2"]);
    lab.heal().unwrap();
    assert!(ping(&lab, "node1", "node2"));
    lab.cut(Cut::Between(vec!["node1".into(), OPERATOR.into()], one("node3"))).unwrap();
    assert!(!ping(&lab, "node1", "node3") && !banner(&lab, "node3") && !ping(&lab, "node3", OPERATOR));
    assert!(ping(&lab, "node2", "node3"));
    lab.heal().unwrap();
    lab.cut(Cut::Host("node1".into())).unwrap();
    assert_eq!(health(&lab)[0], Health::Cut);
    assert!(!banner(&lab, "node1") && !ping(&lab, "node2", "node1"));
    lab.pause("node1").unwrap();
    lab.resume("node1").unwrap();
    assert_eq!(health(&lab)[0], Health::Cut);
    lab.heal().unwrap();
    assert!(banner(&lab, "node1"));
    assert!(matches!(lab.cut(Cut::Host("nobody".into())), Err(Error::NoSuchHost { .. })));

    // Nothing is left of it, even with a paused host, a cut and a command still running.
    lab.cut(Cut::Host("node2".into())).unwrap();
    lab.exec("node1", &["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"]).unwrap();
    lab.pause("node3").unwrap();
    assert!(!traces(&names, &site).is_empty());
    drop(lab);
    assert_eq!(traces(&names, &site), [] as [String; 0]);
}

#[test]
fn labs_live_side_by_side() {
    // In directories of their own: what they share is the machine.
    let ((_dir, site), (_other_dir, elsewhere)) = (site(), site());
    let (first, second) = thread::scope(|s| {
        let first = s.spawn(|| LabGuard::up(options(&site, "first", 2)).unwrap());
        let second = s.spawn(|| LabGuard::up(options(&elsewhere, "second", 2)).unwrap());
        (first.join().unwrap(), second.join().unwrap())
    });
    assert_ne!(first.subnet(), second.subnet());
    assert!(banner(&first, "node1") && banner(&second, "node1"));
    // The machine is no router between them.
    let other = second.host("node1").unwrap().address.to_string();
    if fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap().trim() == "0" {
        assert!(!first.exec("node1", &["ping", "-c1", "-W1", &other]).unwrap().ok());
    }
    assert!(matches!(Lab::up(options(&site, "first", 1)), Err(Error::Exists(_))));
    let taken = Options { hosts: Hosts::Count(1, Some(first.subnet())), ..options(&site, "third", 1) };
    assert!(matches!(Lab::up(taken), Err(Error::SubnetTaken { .. })));
    assert!(!site.lab_dir("third").exists());
    drop(first);
    assert!(banner(&second, "node2"));
    assert!(lab::down(&elsewhere, "second").unwrap());
    assert!(!lab::down(&elsewhere, "second").unwrap());
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let (_dir, site) = site();
    // This test's own executable makes the lab in a process of its own, which is killed in the middle of it.
    let me = std::env::current_exe().unwrap();
    let mut child = Command::new(me)
        .args(["--exact", "makes_a_lab_until_killed", "--ignored"])
        .env("QUORATE_LAB_STATE", &site.state)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let names = Names::new(&site.state, "orphan");
    let start = Instant::now();
    // The second host has its cable: some of the lab exists, and some does not yet.
    while !Path::new("/sys/class/net").join(names.link(2)).exists() {
        assert!(start.elapsed() < Duration::from_secs(300), "no lab was begun");
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!traces(&names, &site).is_empty());
    assert!(lab::down_all(&site).unwrap().contains(&"orphan".to_owned()));
    assert_eq!(traces(&names, &site), [] as [String; 0]);

    // Without a directory to know it by, it is still found by its names; a lab of another site is left alone.
    let (_other_dir, other_site) = self::site();
    let neighbour = LabGuard::up(options(&other_site, "neighbour", 1)).unwrap();
    std::mem::forget(LabGuard::up(options(&site, "orphan", 1)).unwrap());
    fs::remove_dir_all(site.lab_dir("orphan")).unwrap();
    assert!(lab::down_all(&site).unwrap().contains(&names.bridge()));
    assert_eq!(traces(&names, &site), [] as [String; 0]);
    assert!(banner(&neighbour, "node1"));
}

#[test]
#[ignore = "a part of the test above, run by it in a process of its own"]
fn makes_a_lab_until_killed() {
    std::mem::forget(Lab::up(Options::new("orphan", 4)));
    thread::sleep(Duration::from_secs(600));
}
