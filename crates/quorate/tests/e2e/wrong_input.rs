//! Wrong input: refused before anything is touched, with the place and the way out, and never with a panic.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Demo, Ended, HOSTS};

/// The program, without any host.
fn run(directory: &Path, words: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(words).current_dir(directory).env("XDG_STATE_HOME", directory.join("state")).env("LANG", "C");
    let ended: Ended = command.stdin(Stdio::null()).output().unwrap().into();
    never_panics(words, &ended);
    ended
}

#[track_caller]
fn never_panics(words: &[&str], ended: &Ended) {
    for text in ["panicked", "RUST_BACKTRACE", "unwrap", "src/"] {
        assert!(!ended.stderr.contains(text), "{words:?}: {}", ended.stderr);
    }
    assert!([0, 1, 2, 3, 4].contains(&ended.code), "{words:?} ended with {}", ended.code);
}

const EXAMPLE: &str = include_str!("../../../../examples/three-node.yaml");

#[test]
fn wrong_files_are_refused_with_the_place_and_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("id.pub"), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me\n").unwrap();
    // A public key under a name that does not say so.
    std::fs::write(path("key"), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me\n").unwrap();
    let key = |name: &str| format!("keyFile: {}", path(name).display());
    let replaced = |from: &str, to: &str| {
        assert!(EXAMPLE.contains(from), "{from}");
        EXAMPLE.replacen(from, to, 1)
    };
    let old_key = "keyFile: ~/.ssh/id_ed25519";
    // What is in the file, and what must be said about it: the place as line:column, what was found, what to write.
    let cases: [(&str, String, &[&str]); 10] = [
        ("bracket", replaced("[control, gateway, database]", "[control, gateway"), &["cluster.yaml:", "YAML"]),
        ("key", replaced("failureDomain:", "failureDomian:"), &["failureDomian", "failureDomain", "cluster.yaml:24:"]),
        ("twice", replaced("name: node2,", "name: node1,"), &["node1"]),
        ("type", replaced("name: demo", "name: [demo]"), &["cluster.yaml:"]),
        ("empty", String::new(), &["quorate init"]),
        ("public", replaced(old_key, &key("id.pub")), &["public key", "private"]),
        ("password", replaced("user: root", "user: root\n    password: hunter2"), &["passwordFrom"]),
        ("vip", replaced("vip: 10.88.0.100", "vip: 10.88.0.11"), &["10.88.0.11", "node1"]),
        (
            "even",
            replaced("node3, address", "node3, address").replacen(
                "roles: [control, gateway, database], failureDomain: { rack: c }",
                "roles: [gateway, database], failureDomain: { rack: c }",
                1,
            ),
            &["2 members", "etcd"],
        ),
        ("binary", "\u{0}\u{1}\u{fffd}: [".to_owned(), &["cluster.yaml:"]),
    ];
    for (name, text, said) in cases {
        std::fs::write(path("cluster.yaml"), text).unwrap();
        for command in ["check", "plan", "apply", "status", "destroy"] {
            let ended = run(directory.path(), &[command]).expect(2);
            for expected in said {
                assert!(ended.stderr.contains(expected), "{name}, {command}: {expected} is not in {}", ended.stderr);
            }
            assert!(!ended.stderr.contains("hunter2"), "{name}: a password is shown");
        }
    }
    std::fs::write(path("cluster.yaml"), [0xff, 0xfe, 0x00, 0x80]).unwrap();
    let ended = run(directory.path(), &["check"]).expect(2);
    assert!(ended.stderr.contains("cluster.yaml"), "{}", ended.stderr);

    // What the file says is right; what it names is not.
    std::fs::write(path("cluster.yaml"), replaced(old_key, &key("key"))).unwrap();
    run(directory.path(), &["check"]).expect(0);
    let ended = run(directory.path(), &["plan"]).expect(2);
    assert!(ended.stderr.contains("public") && ended.stderr.contains("private"), "{}", ended.stderr);
    std::fs::write(path("cluster.yaml"), replaced(old_key, "passwordFrom: { env: QUORATE_NOT_SET }")).unwrap();
    let ended = run(directory.path(), &["plan"]);
    assert!(ended.code == 2 && ended.stderr.contains("QUORATE_NOT_SET"), "{ended:?}");
    std::fs::write(path("cluster.yaml"), replaced(old_key, "passwordFrom: { file: /nowhere/password }")).unwrap();
    let ended = run(directory.path(), &["plan"]);
    assert!(ended.code == 2 && ended.stderr.contains("/nowhere/password"), "{ended:?}");
    assert!(!path("state").exists(), "nothing was remembered of a file that is wrong");
}

#[test]
fn wrong_words_are_refused_and_chinese_is_spoken() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cluster.yaml");
    std::fs::write(&file, EXAMPLE).unwrap();
    std::fs::write(directory.path().join("broken.json"), "{").unwrap();
    let cases: [(&[&str], &str); 15] = [
        (&["check", "missing.yaml"], "missing.yaml"),
        (&["check", "."], "."),
        (&["apply", "-j", "x", "--yes"], "3+"),
        (&["apply", "-j", "0", "--yes"], "3+"),
        (&["plan", "-j", "1,,2"], "3+"),
        (&["plan", "-j", "4-2"], "4-2"),
        (&["plan", "-j", "99"], "99"),
        (&["plan", "--only", "ectd"], "etcd"),
        (&["plan", "--only", "node9"], "node9"),
        (&["apply", "--plan", "missing.json"], "missing.json"),
        (&["apply", "--plan", "broken.json"], "broken.json"),
        (&["apply", "--from-generation", "x"], "from-generation"),
        (&["applly"], "apply"),
        (&["plan", "--bogus"], "--bogus"),
        (&["init", "-o", "cluster.yaml"], "cluster.yaml"),
    ];
    for (words, said) in cases {
        let ended = run(directory.path(), words);
        assert_eq!(ended.code, 2, "{words:?}: {ended:?}");
        assert!(ended.stderr.contains(said), "{words:?}: {said} is not in {}", ended.stderr);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), EXAMPLE, "an existing file is left alone");

    let chinese = |s: &str| s.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    let right = run(directory.path(), &["check", "--lang", "zh-CN"]).expect(0);
    assert!(chinese(&right.stdout) > 3, "{}", right.stdout);
    std::fs::write(&file, EXAMPLE.replace("failureDomain", "failureDomian")).unwrap();
    let wrong = run(directory.path(), &["check", "--lang", "zh-CN"]).expect(2);
    assert!(chinese(&wrong.stderr) > 20, "{}", wrong.stderr);
    let missing = run(directory.path(), &["plan", "missing.yaml", "--lang", "zh-CN"]).expect(2);
    assert!(chinese(&missing.stderr) > 3, "{}", missing.stderr);
    let english = run(directory.path(), &["plan", "missing.yaml"]).expect(2);
    assert_eq!(chinese(&english.stderr), 0, "{}", english.stderr);
}

#[test]
fn hosts_that_cannot_be_worked_on_are_named_and_nothing_is_done() {
    let mut demo = Demo::fresh("e2e-wrong");
    let file = std::fs::read_to_string(demo.file()).unwrap();
    let run = |words: &[&str]| {
        let ended = demo.run(words);
        never_panics(words, &ended);
        ended
    };

    // An account that is not root and was given no way to become it.
    demo.edit("user: root", "user: ops");
    let ended = run(&["apply", "--yes"]);
    assert!(ended.code == 2 && ended.stderr.contains("sudo"), "{ended:?}");
    // sudo asks for a password, and the file says that it does not, or has the wrong one.
    demo.edit("user: ops", "user: ops\n    sudo: {}");
    let ended = run(&["apply", "--yes"]);
    assert!(ended.code == 2 && ended.stderr.contains("passwordFrom"), "{ended:?}");
    std::fs::write(demo.directory().join("wrong"), "not-the-password\n").unwrap();
    let from = format!("sudo: {{ passwordFrom: {{ file: {} }} }}", demo.directory().join("wrong").display());
    demo.edit("sudo: {}", &from);
    let ended = run(&["apply", "--yes"]);
    assert!(ended.code == 2 && ended.stderr.contains("the password is wrong"), "{ended:?}");
    assert!(!ended.stderr.contains("not-the-password"), "{ended:?}");
    // A key that no host knows.
    let other = demo.directory().join("other");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other).status().unwrap();
    assert!(made.success());
    std::fs::write(demo.file(), file.replace(demo.lab.key_file().to_str().unwrap(), other.to_str().unwrap())).unwrap();
    let ended = run(&["apply", "--yes"]);
    assert!(ended.code == 2 && ended.stderr.contains("node"), "{ended:?}");
    // Nobody is there to say yes.
    std::fs::write(demo.file(), &file).unwrap();
    run(&["apply"]).expect(2);
    for host in HOSTS {
        let left = demo.try_sh(host, "ls -d /etc/quorate /var/lib/quorate/manifest.json /var/lib/quorate/state.json").1;
        assert_eq!(left, "", "{host}");
    }

    // A host whose key is another than before is not talked to.
    demo.sh("node2", "rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh");
    let ended = demo.run(&["apply", "--yes"]);
    never_panics(&["apply"], &ended);
    assert!(ended.code == 1 && ended.stderr.contains("node2") && ended.stderr.contains("known_hosts"), "{ended:?}");

    // Nobody answers at all.
    demo.lab.kill_all(&HOSTS).unwrap();
    for words in [&["plan"][..], &["apply", "--yes"], &["status"], &["check", "--hosts"], &["destroy", "--yes", "demo"]]
    {
        let ended = demo.run(words);
        never_panics(words, &ended);
        assert_ne!(ended.code, 0, "{words:?}: {ended:?}");
        let text = format!("{}{}", ended.stdout, ended.stderr);
        assert!(HOSTS.iter().all(|h| text.contains(h)), "{words:?} names every host: {text}");
    }
}

/// What the file may ask for and this version cannot bring: said before any host is touched.
#[test]
fn what_cannot_be_deployed_yet_is_refused_before_anything_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    let file = include_str!("../../../../examples/rancher-1.6.yaml");
    std::fs::write(directory.path().join("cluster.yaml"), file).unwrap();
    run(directory.path(), &["check"]).expect(0);
    let ended = run(directory.path(), &["apply", "--yes"]).expect(1);
    assert!(ended.stderr.contains("LVS (IPVS directors) (lvs1, lvs2)"), "{}", ended.stderr);
    assert!(!directory.path().join("state").exists(), "nothing was begun");
    let chinese = run(directory.path(), &["--lang", "zh-CN", "apply", "--yes"]).expect(1);
    assert!(chinese.stderr.contains("尚不能部署"), "{}", chinese.stderr);
}
