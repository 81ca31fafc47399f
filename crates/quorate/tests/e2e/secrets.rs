//! Secrets are nowhere where somebody could read them: not on command lines, in environments, logs, plans, journals, or
//! files that others may read.
//!
//! The processes of lab hosts are processes of this machine too, so all of them are watched from here the whole time;
//! what was seen is searched afterwards, when the secrets that were made meanwhile are known.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Demo, HOSTS, eventually};

/// Reads the command line and environment of every process, again and again.
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Watched>,
}

#[derive(Default)]
pub struct Watched {
    texts: HashSet<Vec<u8>>,
    rounds: usize,
}

impl Watch {
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut watched = Watched::default();
            let mut last: HashMap<String, Vec<u8>> = HashMap::new();
            while !flag.load(Ordering::Relaxed) {
                watched.round(&mut last);
                std::thread::sleep(Duration::from_millis(2));
            }
            watched
        });
        Self { stop, thread }
    }

    pub fn stop(self) -> Watched {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Watched {
    fn round(&mut self, last: &mut HashMap<String, Vec<u8>>) {
        self.rounds += 1;
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().into_string() else { continue };
            if !pid.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
            // A process keeps its environment until it becomes another program, and then its command line changes.
            if last.get(&pid) == Some(&line) {
                continue;
            }
            if let Ok(environment) = std::fs::read(entry.path().join("environ")) {
                self.texts.insert(environment);
            }
            self.texts.insert(line.clone());
            last.insert(pid, line);
        }
    }

    pub fn saw(&self, text: &str) -> bool {
        self.texts.iter().any(|t| contains(t, text))
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// The part of a private key that no other key shares.
fn body(pem: &str) -> String {
    let lines: Vec<_> = pem.lines().filter(|l| !l.starts_with("-----")).collect();
    lines[lines.len() / 2].trim().to_owned()
}

/// Every secret there is, by what it is.
fn secrets(demo: &Demo) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    all.insert("the password of platform".to_owned(), demo.password("platform"));
    all.insert("the password of ops".to_owned(), ops_password(demo));
    for host in HOSTS {
        let keys = demo.sh(host, "find /etc/quorate -name '*.key'");
        assert!(keys.lines().count() >= 3, "{host}: {keys}");
        for key in keys.lines() {
            all.insert(format!("{key} of {host}"), body(&demo.sh(host, &format!("cat {key}"))));
        }
    }
    let state: Value = serde_json::from_str(&demo.sh("node1", "cat /var/lib/quorate/state.json")).unwrap();
    all.insert("the intermediate's key".to_owned(), body(state["secrets"]["intermediateKey"].as_str().unwrap()));
    let root = demo.state().join("quorate/demo/root-ca.key");
    assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o7777, 0o600);
    all.insert("the root's key".to_owned(), body(&std::fs::read_to_string(root).unwrap()));
    let distinct: BTreeSet<_> = all.values().collect();
    assert_eq!(distinct.len(), all.len(), "each its own");
    assert!(all.values().all(|s| s.len() >= 16), "long enough to be searched for");
    all
}

fn ops_password(demo: &Demo) -> String {
    std::fs::read_to_string(demo.lab.password_file()).unwrap().trim().to_owned()
}

/// Every file below a directory, with its content.
fn files(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}

#[test]
fn no_secret_is_where_others_can_read_it() {
    let demo = Demo::fresh("e2e-secrets");
    // An account that logs in with a password and needs it again for sudo.
    let from = format!("passwordFrom: {{ file: {} }}", demo.lab.password_file().display());
    let key = format!("keyFile: {}", demo.lab.key_file().display());
    demo.edit("user: root", "user: ops");
    demo.edit(&key, &format!("{from}\n    sudo: {{ {from} }}"));
    for host in HOSTS {
        demo.sh(host, "touch /root/before");
    }
    let saved = demo.directory().join("plan.json");
    let mut said = Vec::new();
    let mut run = |words: &[&str]| {
        let ended = demo.run(words).expect(0);
        said.push(format!("{words:?}: {}{}", ended.stdout, ended.stderr));
    };

    let watch = Watch::start();
    run(&["plan", "-o", saved.to_str().unwrap()]);
    run(&["apply", "--yes"]);
    full_copy(&demo);
    demo.sh("node2", "rm /etc/quorate/etcd/member.key; echo '# a' >> /etc/quorate/agent.json");
    demo.sh("node2", "mariadb -e \"SET PASSWORD FOR platform@'%' = PASSWORD('another')\"");
    run(&["plan"]);
    run(&["plan", "--json", "-o", demo.directory().join("drift.json").to_str().unwrap()]);
    run(&["apply", "--yes", "--json"]);
    run(&["status"]);
    let watched = watch.stop();

    // The watch sees what it must: helpers, engines, the programs that copy a database.
    for seen in ["helper", "/etc/quorate/agent.json", "mariadbd", "wsrep_sst_mariabackup", "sudo", "systemctl"] {
        assert!(watched.saw(seen), "{seen} was not among {} texts", watched.texts.len());
    }
    println!("{} different command lines and environments in {} rounds", watched.texts.len(), watched.rounds);
    let secrets = secrets(&demo);
    for (what, secret) in &secrets {
        assert!(!watched.saw(secret), "{what} was on a command line or in an environment");
        assert!(!said.iter().any(|s| s.contains(secret)), "{what} was printed");
    }
    operators_files(&demo, &secrets);
    hosts_files(&demo, &secrets);
}

/// Takes a member's position away, so that it must copy all data from another, and brings it back.
fn full_copy(demo: &Demo) {
    let drop = "systemctl stop mariadb; rm -f /var/lib/mysql/grastate.dat /var/lib/mysql/galera.cache /var/lib/mysql/gvwstate.dat";
    demo.sh("node3", drop);
    demo.run(&["apply", "--yes"]).expect(0);
    // What it missed would be named IST. Not by unit: the copying script is gone before the journal has looked up whose
    // its last words were; the server that received the copy says so as well.
    let copied = "journalctl --no-pager | grep -cE 'mariabackup SST completed on donor|WSREP: SST received'";
    eventually("a full copy took place", Duration::from_secs(30), || {
        HOSTS.iter().any(|h| demo.try_sh(h, copied).1.trim().parse::<usize>().is_ok_and(|n| n > 0))
    });
}

/// Everything in the operator's directories but the root's key and the password that the operator gave.
fn operators_files(demo: &Demo, secrets: &BTreeMap<String, String>) {
    let all = files(demo.directory());
    for name in ["plan.json", "drift.json", "journal.jsonl", "report.json"] {
        assert!(all.iter().any(|(p, _)| p.ends_with(name)), "{name} is among what is searched");
    }
    for (path, content) in &all {
        let key = path.ends_with("root-ca.key");
        for (what, secret) in secrets.iter().filter(|(w, _)| !(key && *w == "the root's key")) {
            assert!(!contains(content, secret), "{what} is in {}", path.display());
        }
    }
    // The pinned host keys are public, and so is that somebody locks them.
    let pinned = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("known_hosts"));
    for (path, _) in files(&demo.state()).iter().filter(|(p, _)| !pinned(p)) {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
}

fn hosts_files(demo: &Demo, secrets: &BTreeMap<String, String>) {
    let patterns: String = secrets.values().map(|s| format!("{s}\n")).collect();
    for host in HOSTS {
        demo.lab.exec_with_stdin(host, &["sh", "-c", "umask 077; cat > /root/patterns"], patterns.as_bytes()).unwrap();
        // The search itself must be able to find something.
        let sanity = demo.sh(host, "grep -rlF -f /root/patterns /etc/quorate /var/lib/quorate | sort");
        assert!(sanity.contains("/etc/quorate/pki/host.key") && sanity.contains("state.json"), "{host}: {sanity}");
        let (_, readable) = demo.try_sh(
            host,
            "find / /run /tmp /dev/shm -xdev -type f -perm -o=r -cnewer /root/before -print0 | xargs -0r grep -laF -f /root/patterns",
        );
        assert_eq!(readable, "", "{host}: others may read a secret");
        let (_, logged) = demo.try_sh(
            host,
            "journalctl -a --no-pager | grep -aF -f /root/patterns
             find /var/log -type f -print0 | xargs -0r grep -laF -f /root/patterns
             grep -laF -f /root/patterns /var/lib/quorate/journal* /var/lib/quorate/manifest.json /var/lib/quorate/debts.json",
        );
        assert_eq!(logged, "", "{host}: a secret is in a log or journal");
        let keys = demo.sh(
            host,
            "find /etc/quorate -name '*.key' -printf '%m\\n' | sort -u; stat -c %a /var/lib/quorate/state.json",
        );
        assert_eq!(keys, "400\n600\n", "{host}");
        demo.sh(host, "rm /root/patterns");
    }
}
