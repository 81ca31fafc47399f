//! A fault from outside ends although its operator is dead: seen on real containers, with an operator that is killed
//! together with its whole process group. And a filesystem of limited size keeps what was written through a kill.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A test that kills processes of its own.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Cut, Health, Lab, LabGuard, Options, Site, Supervisor, Undo};

/// Until the fault is undone: long enough to see it, and to see who has been killed.
const AFTER: Duration = Duration::from_secs(2);

fn site() -> (tempfile::TempDir, Site) {
    let dir = tempfile::Builder::new().prefix("quorate-lab-test").tempdir_in("/var/lib").unwrap();
    let site = Site { state: dir.path().to_owned(), ..Site::from_env() };
    (dir, site)
}

/// This test's own executable is both the operator and the supervisor, each in a process of its own.
fn part(name: &str) -> Vec<String> {
    ["--exact", name, "--ignored", "--nocapture"].map(str::to_owned).into()
}

fn supervisor() -> Supervisor {
    Supervisor { program: std::env::current_exe().unwrap(), args: part("supervises_for_the_operator") }
}

#[test]
#[ignore = "a part of the test below, run by it in a process of its own"]
fn supervises_for_the_operator() {
    lab::supervise(&Site::from_env()).unwrap();
}

#[test]
#[ignore = "a part of the test below, run by it in a process of its own"]
fn breaks_until_killed() {
    let mut lab = Lab::open(&Site::from_env(), "undo").unwrap();
    let cut = Cut::Between(vec!["node1".into()], vec!["node2".into()]);
    let orders = [Undo::Start(vec!["node1".into()]), Undo::Resume(vec!["node2".into()]), Undo::Heal(cut.clone())];
    for order in orders {
        drop(lab.arm_undo_by(&supervisor(), AFTER, order).unwrap());
    }
    lab.kill("node1").unwrap();
    lab.pause("node2").unwrap();
    lab.cut(cut).unwrap();
    std::fs::write(lab.dir().join("broken"), "").unwrap();
    thread::sleep(Duration::from_secs(600));
}

fn operator(site: &Site) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(part("breaks_until_killed"))
        .env("QUORATE_LAB_STATE", &site.state)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn eventually(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn health(lab: &Lab) -> Vec<Health> {
    lab.status().unwrap().into_iter().map(|h| h.health).collect()
}

#[test]
fn a_dead_operator_leaves_nothing_broken() {
    let (_dir, site) = site();
    let filesystems = vec!["/var/lib/mysql=300M".parse().unwrap(), "/var/lib/etcd=64M".parse().unwrap()];
    let mut lab = LabGuard::up(Options { site: site.clone(), filesystems, ..Options::new("undo", 3) }).unwrap();
    let sh = |lab: &Lab, host: &str, script: &str| lab.exec(host, &["sh", "-c", script]).unwrap();

    // Filesystems of their own, with what the root has there, as its owner has it.
    let seen = sh(
        &lab,
        "node1",
        "stat -c '%U %a' /var/lib/mysql /var/lib/etcd; test -f /var/lib/mysql/ibdata1 && \
        ! test -e /var/lib/mysql/lost+found && findmnt -rno FSTYPE /var/lib/mysql; df -m --output=size \
        /var/lib/etcd | tail -1; echo kept > /var/lib/etcd/kept",
    );
    let lines: Vec<&str> = seen.stdout.lines().map(str::trim).collect();
    assert_eq!(&lines[..3], ["mysql 755", "etcd 700", "ext4"], "{seen:?}");
    assert!(lines[lines.len() - 1].parse::<u32>().unwrap() < 64, "{seen:?}");

    let mut dying = operator(&site);
    eventually("everything is broken", Duration::from_secs(30), || lab.dir().join("broken").exists());
    let broken = Instant::now();
    let group = nix::unistd::Pid::from_raw(-i32::try_from(dying.id()).unwrap());
    nix::sys::signal::kill(group, nix::sys::signal::Signal::SIGKILL).unwrap();
    dying.wait().unwrap();
    assert_eq!(health(&lab)[..2], [Health::Dead, Health::Paused]);
    assert_eq!(lab.undo_orders().len(), 3);
    eventually("the supervisors have healed the lab", Duration::from_secs(30), || lab.undo_orders().is_empty());
    assert!(broken.elapsed() > AFTER / 2, "not before its time");
    assert_eq!(health(&lab), [Health::Running; 3]);
    assert!(lab.status().unwrap().iter().all(|h| h.cut_from.is_empty()));
    assert_eq!(sh(&lab, "node1", "cat /var/lib/etcd/kept").stdout, "kept\n");
    eventually("no supervisor is left", Duration::from_secs(5), || !supervised(&lab));

    // An order that was taken back does nothing, and one cut is healed without the other.
    let (one, other) = (Cut::Host("node1".into()), Cut::Host("node2".into()));
    let armed = lab.arm_undo_by(&supervisor(), Duration::from_secs(1), Undo::Heal(other.clone())).unwrap();
    lab.cut(one.clone()).unwrap();
    lab.cut(other).unwrap();
    armed.disarm().unwrap();
    eventually("it goes when its order has been taken back", Duration::from_secs(5), || !supervised(&lab));
    lab.heal_cut(&one).unwrap();
    thread::sleep(Duration::from_millis(1200));
    assert_eq!(health(&lab), [Health::Running, Health::Cut, Health::Running]);

    // A program that does not supervise is no supervisor, and one that waits ends with the lab.
    let wrong = Supervisor { program: "/bin/false".into(), args: vec![] };
    let refused = lab.arm_undo_by(&wrong, AFTER, Undo::Start(vec!["node1".into()])).unwrap_err();
    assert!(refused.to_string().contains("nothing was broken"), "{refused}");
    assert!(lab.undo_orders().is_empty());
    drop(lab.arm_undo_by(&supervisor(), Duration::from_secs(600), Undo::Start(vec!["node1".into()])).unwrap());
    let processes = supervisors(&lab);
    assert_eq!(processes.len(), 1);
    drop(lab);
    // One that has ended counts no more, whenever its parent may come to see to it.
    let status = std::fs::read_to_string(format!("/proc/{}/status", processes[0])).unwrap_or_default();
    assert!(status.is_empty() || status.contains("\nState:\tZ"), "{status}");
}

/// The processes beside the lab's hosts.
fn supervisors(lab: &Lab) -> Vec<String> {
    let site = lab.dir().parent().unwrap();
    let bridge = lab::names::Names::new(site, lab.name()).bridge();
    let directory = lab::cgroup::Cgroup::of_lab(&bridge).unwrap().supervisors().unwrap();
    std::fs::read_to_string(directory.join("cgroup.procs")).unwrap().lines().map(str::to_owned).collect()
}

fn supervised(lab: &Lab) -> bool {
    !supervisors(lab).is_empty()
}
