//! Every fault that a host inflicts on itself, and its undoing when the operator is dead: each is ordered by a process
//! that is killed, with its whole group and its connection, right after the host's answer. What is broken and what is
//! whole again is seen from outside Quorate.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lab::{Health, Lab, LabGuard, Options, Site, Supervisor, Undo};
use runner::Fleet;
use runner::fleet::Connected;
use ssh::{Auth, Limits, OnUnknownKey, Program, Target, Trust};
use wire::fault::{Cut, Direction};
use wire::{Fault, Injection, LockRequest, Note, Reply, Request};

use crate::support::eventually;

const LAB: &str = "e2e-faults";
const CLUSTER: &str = "faults";
const UNIT: &str = "drilled.service";
/// When a host undoes a fault by itself in these tests: time to look at what is broken.
const AFTER: Duration = Duration::from_millis(2500);
/// A minute is far away: who waits for less sees a fault that somebody has undone.
const LONG: Duration = Duration::from_secs(60);
/// Slack of a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// An operator with a connection to one host and the run lock there.
struct Operator {
    runtime: tokio::runtime::Runtime,
    fleet: Fleet,
    token: u64,
}

impl Operator {
    fn new(lab: &Lab, host: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let target = Target {
            host: host.to_owned(),
            address: lab.host(host).unwrap().address.into(),
            port: 22,
            user: "root".to_owned(),
            auth: Auth::Key { path: lab.key_file(), passphrase: None },
            sudo: None,
            bastion: None,
        };
        let known = lab.dir().join(format!("known_hosts-{}", std::process::id()));
        let trust = Arc::new(Trust::open(known, OnUnknownKey::AcceptNew).unwrap());
        let program = Program::new(std::fs::read(env!("CARGO_BIN_EXE_quorate")).unwrap());
        let connecting = runner::fleet::connect(vec![target], trust, Limits::default(), &program);
        let Connected::Fleet(fleet) = runtime.block_on(connecting).unwrap() else { panic!("an unknown key") };
        assert!(fleet.absent.is_empty(), "{:?}", fleet.absent);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        Self { runtime, fleet, token: now.try_into().unwrap() }
    }

    fn ask(&self, request: Request) -> Result<Reply, Note> {
        let link = self.fleet.links.values().next().unwrap();
        self.runtime.block_on(link.request(request, LIMIT))
    }

    fn take_lock(&self) {
        let (holder, run) = ("a test".to_owned(), "drill".to_owned());
        let request = LockRequest::Acquire { token: self.token, holder, run, control: true };
        assert_eq!(self.ask(Request::Lock(request)).unwrap(), Reply::Lock(wire::LockGrant::Granted));
    }

    fn inject(&self, id: &str, fault: Fault, after: Duration) -> Result<Reply, Note> {
        let injection = Injection {
            id: id.to_owned(),
            cluster: CLUSTER.to_owned(),
            token: self.token,
            fault,
            undo_after_ms: after.as_millis().try_into().unwrap(),
        };
        self.ask(Request::Inject(injection))
    }

    fn undo(&self, id: &str) {
        assert_eq!(self.ask(Request::Undo { id: id.to_owned() }).unwrap(), Reply::Undone);
    }

    /// The codes of what is left on the host.
    fn residue(&self) -> Vec<String> {
        match self.ask(Request::Residue) {
            Ok(Reply::Residue(notes)) => notes.into_iter().map(|n| n.code).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn assert_refused(&self, id: &str, fault: Fault, code: &str) {
        let refused = self.inject(id, fault, LONG).unwrap_err();
        assert_eq!(refused.code, code, "{refused}");
        assert_eq!(self.residue(), [] as [&str; 0], "{code}");
    }
}

/// Two hosts: one that is broken, and one that sees it from beside.
struct Scene {
    lab: LabGuard,
}

impl Scene {
    fn new() -> Self {
        let filesystems = vec!["/var/lib/etcd=64M".parse().unwrap()];
        let scene = Self { lab: LabGuard::up(Options { filesystems, ..Options::new(LAB, 2) }).unwrap() };
        // A unit with processes below its first one, and a sign of life from it.
        let unit = "[Service]\nExecStart=/bin/sh -c 'exec 9> /var/lib/etcd/held; sleep infinity & while :; do date +%%s%%N > /run/tick; sleep 0.05; \
                    done'\n[Install]\nWantedBy=multi-user.target\n";
        scene.sh(&format!("printf '%s' \"{unit}\" > /etc/systemd/system/{UNIT}; systemctl enable --now {UNIT}"));
        scene
    }

    #[track_caller]
    fn sh_on(&self, host: &str, script: &str) -> (i32, String) {
        let output = self.lab.exec(host, &["sh", "-c", script]).unwrap();
        (output.code, format!("{}{}", output.stdout, output.stderr))
    }

    #[track_caller]
    fn sh(&self, script: &str) -> String {
        let (code, said) = self.sh_on("node1", script);
        assert_eq!(code, 0, "{script}: {said}");
        said
    }

    fn is_active(&self) -> bool {
        self.sh_on("node1", &format!("systemctl is-active {UNIT}")).0 == 0
    }

    /// Whether the unit does its work.
    fn ticks(&self) -> bool {
        let tick = "stat -c %Y%Z /run/tick; cat /run/tick";
        self.sh_on("node1", &format!("{tick} > /run/one; sleep 0.4; {tick} | cmp -s - /run/one")).0 != 0
    }

    fn writable(&self) -> bool {
        let write = "f=/var/lib/etcd/w; head -c 100000 /dev/urandom > $f && sync $f; e=$?; rm -f $f; exit $e";
        self.sh_on("node1", write).0 == 0
    }

    /// Whether a host beside it reaches it.
    fn reached(&self) -> bool {
        self.sh_on("node2", &format!("ping -c1 -W1 {}", self.address("node1"))).0 == 0
    }

    fn greets(&self) -> bool {
        let address = SocketAddr::from((self.address("node1"), 22));
        TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok()
    }

    fn address(&self, host: &str) -> IpAddr {
        self.lab.host(host).unwrap().address.into()
    }

    fn operator(&self) -> Operator {
        Operator::new(&self.lab, "node1")
    }

    /// Orders a fault from a process of its own, and kills that as soon as the host has answered.
    fn inject_and_die(&self, id: &str, fault: &Fault) {
        let marker = self.lab.dir().join(format!("injected-{id}"));
        let mut operator = part("orders_a_fault_until_killed")
            .env("FAULT", serde_json::to_string(fault).unwrap())
            .env("FAULT_ID", id)
            .spawn()
            .unwrap();
        eventually(&format!("{id} is injected"), LIMIT, || {
            assert_eq!(operator.try_wait().unwrap(), None, "the operator of {id} failed");
            // The answer of a host that nobody reaches comes only when it has healed.
            marker.exists() || !self.greets()
        });
        kill_group(&mut operator);
    }

    /// A fault that is seen as long as it lasts, and is gone without anybody's doing.
    fn prove(&self, id: &str, fault: Fault, broken: impl Fn() -> bool) {
        self.inject_and_die(id, &fault);
        let injected = Instant::now();
        assert!(broken(), "{id}: nothing is broken");
        let seen = injected.elapsed();
        assert!(seen < AFTER, "{id}: seen only after {seen:?}");
        eventually(&format!("{id} is undone"), AFTER + LIMIT, || !broken());
        let healed = injected.elapsed();
        let operator = self.operator();
        eventually(&format!("nothing is left of {id}"), LIMIT, || operator.residue().is_empty());
        println!("{id}: healed {healed:?} after the injection");
    }
}

/// This test's own executable, as another process in a group of its own.
fn part(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("faults::{name}"), "--ignored", "--nocapture"]);
    command.stdout(Stdio::null()).process_group(0);
    command
}

fn kill_group(child: &mut std::process::Child) {
    Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status().unwrap();
    child.wait().unwrap();
}

#[test]
#[ignore = "a part of the test below, run by it in a process of its own"]
fn orders_a_fault_until_killed() {
    let lab = Lab::open(&Site::from_env(), LAB).unwrap();
    let id = std::env::var("FAULT_ID").unwrap();
    let fault = serde_json::from_str(&std::env::var("FAULT").unwrap()).unwrap();
    let operator = Operator::new(&lab, "node1");
    operator.take_lock();
    assert_eq!(operator.inject(&id, fault, AFTER).unwrap(), Reply::Injected);
    std::fs::write(lab.dir().join(format!("injected-{id}")), "").unwrap();
    std::thread::sleep(LONG * 10);
}

#[test]
fn every_fault_ends_without_its_operator() {
    let scene = Scene::new();
    let unit = || UNIT.to_owned();
    let cut = |from: Vec<IpAddr>, direction, except| Fault::Cut(Cut { from, direction, except_ssh_of: except });
    let begun = Instant::now();

    scene.prove("kill", Fault::Kill { unit: unit() }, || !scene.is_active());
    scene.prove("freeze", Fault::Freeze { unit: unit() }, || scene.is_active() && !scene.ticks());
    scene.prove("stop", Fault::Stop { unit: unit() }, || !scene.is_active());
    // A service that a full disk has ended runs again once there is space.
    let ended = Cell::new(false);
    scene.prove("fill", Fault::Fill { directory: "/var/lib/etcd".into() }, || {
        let full = !scene.writable();
        if !ended.replace(true) {
            scene.sh(&format!("systemctl stop {UNIT}"));
        }
        full
    });
    eventually("the service on the disk runs again", LIMIT, || scene.is_active());
    scene.prove("cut-all", cut(vec![], Direction::Both, None), || !scene.greets());
    scene
        .prove("cut-in", cut(vec![scene.address("node2")], Direction::In, None), || scene.greets() && !scene.reached());
    cut_off_but_for_the_operator(&scene);
    reset_in_the_middle_of_a_full_disk(&scene);
    refusals(&scene);
    nothing_is_overlooked(&scene);
    println!("all faults of hosts: {:?}", begun.elapsed());

    from_outside(scene);
}

/// The operator's SSH stays, and nothing else: a virtual IP on the host is answered for to nobody.
fn cut_off_but_for_the_operator(scene: &Scene) {
    let vip = format!("{}100", scene.lab.operator().to_string().trim_end_matches(char::is_numeric));
    scene.sh(&format!("ip address add {vip}/32 dev host0"));
    let neighbour = |words: &[&str]| {
        let output = Command::new("ip").args(["neighbour"]).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let answers_for = |address: &str| {
        neighbour(&["flush", "to", address]);
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        (0..8).any(|_| {
            let _ = socket.send_to(&[], (address, 9));
            std::thread::sleep(Duration::from_millis(100));
            neighbour(&["show", "to", address]).contains("lladdr")
        })
    };
    assert!(answers_for(&vip), "the address is there before the cut");

    let operator = scene.operator();
    operator.take_lock();
    let fault = Fault::Cut(Cut {
        from: vec![],
        direction: Direction::Both,
        except_ssh_of: Some(IpAddr::V4(scene.lab.operator())),
    });
    assert_eq!(operator.inject("cut-off", fault, LONG).unwrap(), Reply::Injected);
    assert!(!scene.reached());
    assert!(!answers_for(&vip), "a host that is cut off holds on to its virtual IP");
    // What the kernels remembered of each other is asked for again, across the cut.
    scene.sh("ip neigh flush all");
    assert!(answers_for(&scene.address("node1").to_string()));
    assert_eq!(operator.ask(Request::Ping).unwrap(), Reply::Pong);
    assert!(!scene.operator().residue().is_empty(), "and a new connection is possible");
    operator.undo("cut-off");
    assert!(scene.reached());
    operator.undo("cut-off");
    assert_eq!(operator.residue(), [] as [&str; 0]);
    scene.sh(&format!("ip address del {vip}/32 dev host0"));
}

/// What outlives a reset is undone at the next boot.
fn reset_in_the_middle_of_a_full_disk(scene: &Scene) {
    let operator = scene.operator();
    operator.take_lock();
    let fill = Fault::Fill { directory: "/var/lib/etcd".into() };
    assert_eq!(operator.inject("fill-reset", fill, LONG * 10).unwrap(), Reply::Injected);
    assert!(!scene.writable());
    let before = scene.lab.status().unwrap()[0].pid;
    assert_eq!(operator.inject("reset", Fault::Reset, LONG * 10).unwrap(), Reply::Injected);
    eventually("the host has been reset", LIMIT, || {
        let pid = scene.lab.status().unwrap()[0].pid;
        pid.is_some() && pid != before && scene.greets()
    });
    drop(operator);
    eventually("the unit runs again", LIMIT, || scene.is_active());
    assert!(scene.writable());
    assert_eq!(scene.operator().residue(), [] as [&str; 0]);
}

fn refusals(scene: &Scene) {
    let operator = scene.operator();
    operator.take_lock();
    let fill = |directory: &str| Fault::Fill { directory: directory.into() };
    operator.assert_refused("a", fill("/usr"), "fault-fill-shared");
    operator.assert_refused("a", fill("/tmp"), "fault-fill-shared");
    operator.assert_refused("a/b", Fault::Reset, "fault-bad-id");
    operator.assert_refused("a", Fault::Stop { unit: "ssh.service".into() }, "fault-unit-refused");
    operator.assert_refused("a", Fault::Kill { unit: "etcd.service".into() }, "fault-unit-not-running");
    let older = Operator { token: operator.token - 1, ..scene.operator() };
    older.assert_refused("a", Fault::Reset, "lock-lost");

    // Half way: the filesystem takes no file. The timer was armed, and is gone again.
    scene.sh(&format!("systemctl stop {UNIT}; mount -o remount,ro /var/lib/etcd"));
    operator.assert_refused("a", fill("/var/lib/etcd"), "host-error");
    scene.sh(&format!("mount -o remount,rw /var/lib/etcd; systemctl start {UNIT}"));

    let freeze = || Fault::Freeze { unit: UNIT.into() };
    // A host that cannot be given the order to undo it is not broken.
    scene.sh("mv /usr/bin/systemd-run /usr/bin/systemd-run.away");
    operator.assert_refused("a", freeze(), "host-error");
    assert!(scene.ticks());
    scene.sh("mv /usr/bin/systemd-run.away /usr/bin/systemd-run");

    assert_eq!(operator.inject("twice", freeze(), LONG).unwrap(), Reply::Injected);
    assert_eq!(operator.inject("twice", freeze(), LONG).unwrap_err().code, "fault-exists");
    assert!(!scene.ticks());
    operator.undo("twice");
    assert!(scene.ticks());
    assert_eq!(operator.residue(), [] as [&str; 0]);
}

/// Residue is found where it is, with no record to tell of it; and undoing by name takes it away.
fn nothing_is_overlooked(scene: &Scene) {
    let operator = scene.operator();
    scene.sh("nft add table inet quorate-drill-lost");
    scene.sh("touch /var/lib/etcd/.quorate-drill-lost");
    scene.sh("printf '[Service]\\nExecStart=/bin/true\\n' > /etc/systemd/system/quorate-drill-lost.service");
    scene.sh("systemd-run --quiet --on-active=600 --unit=quorate-drill-lost.service");
    let unit = r#"{"cluster":"faults","entries":[{"key":"unit:drilled.service","before":"nothing"}]}"#;
    scene.sh(&format!("echo '{unit}' > /var/lib/quorate/manifest.json; systemctl kill -s STOP {UNIT}"));
    let mut found = operator.residue();
    found.dedup();
    assert_eq!(found, ["residue-table", "residue-unit", "residue-file", "residue-frozen"]);
    operator.undo("lost");
    assert_eq!(operator.residue(), ["residue-frozen"]);
    scene.sh(&format!("systemctl kill -s CONT {UNIT}"));
    assert_eq!(operator.residue(), [] as [&str; 0]);

    // A cluster that is taken back takes the faults on its hosts along.
    operator.take_lock();
    assert_eq!(operator.inject("last", Fault::Freeze { unit: UNIT.into() }, LONG).unwrap(), Reply::Injected);
    let withdraw = Request::Withdraw { token: operator.token, cluster: CLUSTER.into(), delete_data: false };
    assert!(matches!(operator.ask(withdraw), Ok(Reply::Withdrawn { .. })));
    assert!(scene.ticks());
    assert_eq!(operator.residue(), [] as [&str; 0]);
}

#[test]
#[ignore = "a part of the test above, run by it in a process of its own"]
fn breaks_hosts_from_outside_until_killed() {
    let mut lab = Lab::open(&Site::from_env(), LAB).unwrap();
    let program = env!("CARGO_BIN_EXE_quorate").into();
    let supervisor = Supervisor { program, args: ["lab", "--name", LAB, "supervise"].map(str::to_owned).into() };
    drop(lab.arm_undo_by(&supervisor, AFTER, Undo::Start(vec!["node1".into()])).unwrap());
    drop(lab.arm_undo_by(&supervisor, AFTER, Undo::Resume(vec!["node2".into()])).unwrap());
    lab.kill("node1").unwrap();
    lab.pause("node2").unwrap();
    std::fs::write(lab.dir().join("broken"), "").unwrap();
    std::thread::sleep(LONG * 10);
}

/// A killed and a paused host come back by their supervisors, which the program itself becomes.
fn from_outside(scene: Scene) {
    let broken: &Path = &scene.lab.dir().join("broken");
    let mut operator = part("breaks_hosts_from_outside_until_killed").spawn().unwrap();
    eventually("two hosts are broken", LIMIT, || broken.exists());
    kill_group(&mut operator);
    let health = || scene.lab.status().unwrap().into_iter().map(|h| h.health).collect::<Vec<_>>();
    assert_eq!(health(), [Health::Dead, Health::Paused]);
    eventually("the supervisors have healed the lab", AFTER + LIMIT, || scene.lab.undo_orders().is_empty());
    assert_eq!(health(), [Health::Running; 2]);
    assert!(scene.reached());
}
