//! A lab with a cluster file for it, and the program to run against them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lab::{LabGuard, Options};
use mysql::prelude::Queryable;
use tempfile::TempDir;

use crate::writer;

/// The hosts of every lab here.
pub const HOSTS: [&str; 3] = ["node1", "node2", "node3"];

/// Three hosts, nothing deployed yet.
pub struct Demo {
    pub lab: LabGuard,
    directory: TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Asserts the exit code, showing everything that was said otherwise.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", self.stdout, self.stderr))
    }
}

impl Demo {
    /// Three fresh hosts and the three-node example for their addresses.
    pub fn fresh(name: &str) -> Self {
        Self::of(name, model::Preset::ThreeNode, HOSTS.len())
    }

    /// Fresh hosts and the example for so many of them.
    pub fn of(name: &str, preset: model::Preset, hosts: usize) -> Self {
        Self::with(name, model::preset(preset), hosts)
    }

    /// Fresh hosts and a cluster file for so many of them, which names them and their network as the examples do.
    pub fn with(name: &str, example: &str, hosts: usize) -> Self {
        Self::of_options(example, Options::new(name, hosts))
    }

    /// The same, and each host's database has a filesystem of its own that can run full.
    pub fn with_small_disks(name: &str, example: &str, hosts: usize) -> Self {
        let filesystems = vec!["/var/lib/mysql=512M".parse().unwrap()];
        Self::of_options(example, Options { filesystems, ..Options::new(name, hosts) })
    }

    /// The same, and one of them is an emulated machine.
    pub fn with_vm(name: &str, example: &str, hosts: usize, vm: &str) -> Self {
        Self::of_options(example, Options { vms: vec![vm.to_owned()], ..Options::new(name, hosts) })
    }

    fn of_options(example: &str, options: Options) -> Self {
        let lab = LabGuard::up(options).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let demo = Self { lab, directory };
        let network = demo.lab.subnet().to_string();
        let prefix = demo.prefix();
        let text = example
            .replace("10.88.0.0/24", &network)
            .replace("10.88.0.", &prefix)
            .replace("~/.ssh/id_ed25519", demo.lab.key_file().to_str().unwrap());
        std::fs::write(demo.file(), text).unwrap();
        demo
    }

    /// Three hosts with everything deployed and healthy.
    pub fn deployed(name: &str) -> Self {
        let demo = Self::fresh(name);
        demo.apply().expect(0);
        demo
    }

    /// The first three numbers of the lab's addresses, with the dot.
    pub fn prefix(&self) -> String {
        let address = self.lab.subnet().network().to_string();
        address[..=address.rfind('.').unwrap()].to_owned()
    }

    pub fn platform_vip(&self) -> String {
        format!("{}100", self.prefix())
    }

    pub fn database_vip(&self) -> String {
        format!("{}101", self.prefix())
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("cluster.yaml")
    }

    /// What the program keeps on the operator's machine.
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// Changes the cluster file.
    #[track_caller]
    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file()).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(self.file(), text.replace(from, to)).unwrap();
    }

    /// The program with these words and the cluster file.
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_on(&self.file(), words)
    }

    /// The program with these words and another cluster file.
    pub fn command_on(&self, file: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command
            .args(words)
            .arg(file)
            .arg("--accept-new-host-keys")
            .env("XDG_STATE_HOME", self.state())
            .env("LANG", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &[&str]) -> Ended {
        self.command(words).output().unwrap().into()
    }

    pub fn spawn(&self, words: &[&str]) -> Child {
        self.command(words).spawn().unwrap()
    }

    pub fn apply(&self) -> Ended {
        self.run(&["apply", "--yes"])
    }

    pub fn status(&self) -> Ended {
        self.run(&["status", "--json"])
    }

    /// Runs a shell script as root on a host, from outside Quorate.
    #[track_caller]
    pub fn sh(&self, host: &str, script: &str) -> String {
        let output = self.lab.exec(host, &["sh", "-c", script]).unwrap();
        assert_eq!(output.code, 0, "{host}: {script}\n{}", output.stderr);
        output.stdout
    }

    /// Which start of a unit this is: changes with every start and restart, not with a reload.
    #[track_caller]
    pub fn invocation(&self, host: &str, unit: &str) -> String {
        self.sh(host, &format!("systemctl show -p InvocationID --value {unit}")).trim().to_owned()
    }

    /// Like [`Demo::sh`], whatever the exit code.
    pub fn try_sh(&self, host: &str, script: &str) -> (i32, String) {
        let output = self.lab.exec(host, &["sh", "-c", script]).unwrap();
        (output.code, output.stdout)
    }

    /// Which hosts hold an address.
    pub fn holders(&self, hosts: &[&'static str], address: &str) -> Vec<&'static str> {
        hosts.iter().copied().filter(|h| self.sh(h, "ip -4 -o address").contains(&format!(" {address}/"))).collect()
    }

    /// `wsrep_cluster_state_uuid` and size as a host's own server tells them.
    pub fn galera(&self, host: &str) -> (String, String) {
        let ask = |name: &str| {
            let (_, out) = self.try_sh(host, &format!("mariadb -NBe \"show status like '{name}'\" | cut -f2"));
            out.trim().to_owned()
        };
        (ask("wsrep_cluster_state_uuid"), ask("wsrep_cluster_size"))
    }

    /// Asks a host's own etcd member.
    #[track_caller]
    pub fn etcdctl(&self, host: &str, words: &str) -> String {
        let at = "--cacert /etc/quorate/etcd/ca.crt --cert /etc/quorate/etcd/member.crt --key /etc/quorate/etcd/member.key \
                  --endpoints https://127.0.0.1:2379";
        self.sh(host, &format!("ETCDCTL_API=3 etcdctl {at} {words}"))
    }

    /// One Galera cluster and one etcd cluster, of three members each, by the engines' own word.
    #[track_caller]
    pub fn assert_one_of_each(&self) {
        let galera: Vec<_> = HOSTS.iter().map(|h| self.galera(h)).collect();
        assert!(galera.iter().all(|g| *g == galera[0] && g.1 == "3" && g.0.len() == 36), "{galera:?}");
        let etcd: Vec<_> = HOSTS
            .iter()
            .map(|h| {
                let status: serde_json::Value =
                    serde_json::from_str(&self.etcdctl(h, "endpoint status -w json")).unwrap();
                let members = self.etcdctl(h, "member list");
                (status[0]["Status"]["header"]["cluster_id"].to_string(), members.lines().count())
            })
            .collect();
        assert!(etcd.iter().all(|e| *e == etcd[0] && e.1 == 3), "{etcd:?}");
    }

    /// The password of an account, as the operator gets it.
    pub fn password(&self, account: &str) -> String {
        self.run(&["secret", "show", account]).expect(0).stdout.trim().to_owned()
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where this program's run keeps its journal; runs are named after their start and their process.
    pub fn run_directory(&self, pid: u32) -> Option<PathBuf> {
        let runs = self.state().join("quorate/demo/runs");
        let ours = |path: &PathBuf| path.to_string_lossy().ends_with(&format!("-{pid}"));
        std::fs::read_dir(runs).ok()?.flatten().map(|e| e.path()).find(ours)
    }

    /// Whether the operator's journal of this program's run holds a step's intent, and no result of it.
    pub fn intent_stands(&self, pid: u32, step: &str) -> bool {
        let Some(directory) = self.run_directory(pid) else { return false };
        stands(&std::fs::read_to_string(directory.join("journal.jsonl")).unwrap_or_default(), step)
    }

    /// How many steps the operator's journal of this program's run holds as begun and not ended.
    pub fn steps_under_way(&self, pid: u32) -> usize {
        let journal =
            self.run_directory(pid).map(|d| std::fs::read_to_string(d.join("journal.jsonl")).unwrap_or_default());
        let mut last = std::collections::BTreeMap::new();
        for entry in
            journal.unwrap_or_default().lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
        {
            last.insert(entry["step"].to_string(), entry["outcome"] == "intent");
        }
        last.values().filter(|under_way| **under_way).count()
    }

    /// Whether a host's journal holds the intent of a step of this program's run, and no result of it.
    pub fn intent_stands_on(&self, host: &str, pid: u32, step: &str) -> bool {
        stands(&self.try_sh(host, &format!("grep -e '-{pid}\"' /var/lib/quorate/journal.jsonl")).1, step)
    }

    /// Both virtual IPs do their work: a page comes from the gateway, a write is acknowledged by the database.
    #[track_caller]
    pub fn assert_both_vips_answer(&self) {
        let mut gateway = TcpStream::connect((self.platform_vip(), 80)).unwrap();
        gateway.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        gateway.write_all(b"GET / HTTP/1.0\r\nHost: platform.example.com\r\n\r\n").unwrap();
        let mut page = String::new();
        gateway.read_to_string(&mut page).unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let mut database = writer::connect(&self.database_vip(), &self.password("platform")).unwrap();
        database.query_drop("CREATE TABLE IF NOT EXISTS answers (id SERIAL)").unwrap();
        database.query_drop("INSERT INTO answers VALUES ()").unwrap();
        assert_eq!(database.affected_rows(), 1);
    }

    /// The cluster is whole by the word of its parts, its addresses answer, and there is nothing left to do.
    #[track_caller]
    pub fn assert_converged(&self) {
        self.assert_one_of_each();
        self.assert_both_vips_answer();
        let steps = self.run(&["plan", "--json"]).expect(0).json()["steps"].clone();
        assert_eq!(steps.as_array().map(Vec::len), Some(0), "{steps}");
    }
}

/// Whether the last word of a journal about a step is its intent.
fn stands(journal: &str, step: &str) -> bool {
    let mut entries = journal.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    entries.rfind(|e| e["step"] == step).is_some_and(|e| e["outcome"] == "intent")
}

/// Waits until something holds; the deadline's panic names it.
#[track_caller]
pub fn eventually(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
