//! What somebody changed by hand is shown and put back, and nothing else is touched; what Quorate made can be taken
//! back, and nothing else goes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Demo, HOSTS};

const MARK: &str = "# edited by hand";
const UNITS: [&str; 6] = ["etcd", "mariadb", "quorate-agent", "haproxy", "nginx", "keepalived"];

/// `host key` of everything that a plan changes, units that take the changes up aside.
fn planned(plan: &Value) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap();
    let of_step = |s: &Value| -> Vec<String> {
        let host = s["host"].as_str().unwrap();
        let changes = s["changes"].as_array().unwrap();
        // A unit's own difference has aspects; one that only takes up a changed file has none.
        let own = |c: &&Value| !c["key"].as_str().unwrap().starts_with("unit:") || c["changes"] != Value::Array(vec![]);
        changes.iter().filter(own).map(|c| format!("{host} {}", c["key"].as_str().unwrap())).collect()
    };
    steps.iter().flat_map(of_step).collect()
}

/// The differences that a plan shows for one thing.
fn shown<'p>(plan: &'p Value, host: &str, key: &str) -> &'p Value {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|s| s["host"] == host);
    let mut changes = steps.flat_map(|s| s["changes"].as_array().unwrap());
    changes.find(|c| c["key"] == key).unwrap_or_else(|| panic!("{host} {key} is not in {plan:#}"))
}

/// Paths of the files that a host's manifest lists.
fn managed(demo: &Demo, host: &str) -> Vec<String> {
    let manifest: Value = serde_json::from_str(&demo.sh(host, "cat /var/lib/quorate/manifest.json")).unwrap();
    let keys = manifest["entries"].as_array().unwrap().iter().map(|e| e["key"].as_str().unwrap());
    keys.filter_map(|k| k.strip_prefix("file:").or_else(|| k.strip_prefix("program:"))).map(str::to_owned).collect()
}

/// The key under which a managed file is compared: the three files of a certificate are one thing.
fn key_of(path: &str, all: &[String]) -> String {
    if path == "/usr/local/lib/quorate/quorate" {
        return format!("program:{path}");
    }
    let directory = path.rsplit_once('/').unwrap().0;
    let key = all.iter().find(|p| p.starts_with(&format!("{directory}/")) && p.ends_with(".key"));
    match key {
        Some(key) if path.ends_with(".crt") || path == key => format!("certificate:{}", key.trim_end_matches(".key")),
        _ => format!("file:{path}"),
    }
}

/// What must stay as it was: every file by inode, times and content, every unit by its start.
fn fingerprint(demo: &Demo, host: &str) -> BTreeMap<String, String> {
    let script = "find /etc /usr/local /var/lib/quorate/manifest.json /var/lib/quorate/state.json -xdev -type f \
                      -printf '%p %i %m %u:%g %T@ %C@\\n'
                  for u in etcd mariadb quorate-agent haproxy nginx keepalived; do
                      echo unit:$u $(systemctl is-enabled $u) $(systemctl show -p InvocationID --value $u)
                  done";
    let pair = |l: &str| l.split_once(' ').map(|(k, v)| (k.to_owned(), v.to_owned()));
    demo.sh(host, script).lines().filter_map(pair).collect()
}

fn different(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> BTreeSet<String> {
    let keys = before.keys().chain(after.keys());
    keys.filter(|k| before.get(*k) != after.get(*k)).cloned().collect()
}

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.map(str::to_owned).into()
}

#[test]
fn a_hand_edit_of_anything_managed_is_shown_and_only_that_is_repaired() {
    let demo = Demo::deployed("e2e-drift");
    the_operators_own_change(&demo);
    every_file(&demo);
    every_kind(&demo);
    each_part_of_a_certificate(&demo);
}

/// What differs because the cluster file has changed was changed by nobody on the host.
fn the_operators_own_change(demo: &Demo) {
    demo.edit("[platform.example.com]", "[platform.example.org]");
    let plan = demo.run(&["plan", "--json"]).expect(0).json();
    let changes = plan["steps"].as_array().unwrap().iter().flat_map(|s| s["changes"].as_array().unwrap());
    let drift: Vec<_> = changes.map(|c| c["drift"].as_bool()).collect();
    assert!(!drift.is_empty() && drift.iter().all(|d| *d == Some(false)), "{plan:#}");
    demo.edit("[platform.example.org]", "[platform.example.com]");
}

/// Every file of every manifest, on every host at once.
fn every_file(demo: &Demo) {
    let contents = "cd /; cat /var/lib/quorate/manifest.json | grep -o '\"file:[^\"]*\"' | cut -d: -f2 | tr -d '\"' \
                    | grep -v 'crt$\\|key$' | sort | xargs sha256sum /usr/local/lib/quorate/quorate";
    let before: Vec<_> = HOSTS.iter().map(|h| demo.sh(h, contents)).collect();
    let mut expected = BTreeSet::new();
    for host in HOSTS {
        let files = managed(demo, host);
        assert!(files.len() >= 19, "{host}: {files:?}");
        for path in &files {
            // A program that runs cannot be written to; who replaces it by hand moves another one there.
            demo.sh(
                host,
                &format!("cp -aL {path} /root/edited && echo '{MARK}' >> /root/edited && mv /root/edited {path}"),
            );
            expected.insert(format!("{host} {}", key_of(path, &files)));
        }
    }

    let plan = demo.run(&["plan", "--json"]).expect(0).json();
    assert_eq!(planned(&plan), expected);
    for entry in expected.iter().filter(|e| e.contains(" file:")) {
        let (host, key) = entry.split_once(' ').unwrap();
        let shown = shown(&plan, host, key);
        let content = &shown["changes"][0];
        assert_eq!((&content["aspect"], &shown["drift"]), (&"content".into(), &true.into()), "{shown}");
        assert!(content["before"].as_str().unwrap().contains(MARK), "{shown}");
        assert!(!content["after"].as_str().unwrap().contains(MARK), "{shown}");
    }
    let text = demo.run(&["plan"]).expect(0).stdout;
    let lines = text.lines().filter(|l| l.trim() == format!("-{MARK}")).count();
    assert_eq!(lines, expected.iter().filter(|e| e.contains(" file:")).count(), "{text}");

    demo.apply().expect(0);
    let after: Vec<_> = HOSTS.iter().map(|h| demo.sh(h, contents)).collect();
    assert_eq!(before, after);
    for host in HOSTS {
        let edited = demo.try_sh(host, &format!("grep -rl '{MARK}' /etc/quorate /etc/systemd /etc/mysql /usr/local")).1;
        assert_eq!(edited, "", "{host}");
    }
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
    demo.assert_one_of_each();
}

/// Each other kind of change, spread over the hosts; whatever needs no restart keeps running.
fn every_kind(demo: &Demo) {
    let before = HOSTS.map(|h| fingerprint(demo, h));
    demo.sh("node1", "rm /etc/quorate/pki/host.key; systemctl disable --quiet nginx");
    demo.sh("node1", "mariadb -e \"REVOKE INSERT ON platform.* FROM platform@'%'\"");
    demo.sh("node2", "sysctl -qw net.ipv4.ip_nonlocal_bind=0; chmod 0600 /etc/haproxy/haproxy.cfg");
    demo.sh("node2", "chown quorate:quorate /etc/nginx/conf.d/quorate.conf; chmod 0644 /etc/quorate/etcd/member.key");
    demo.sh(
        "node3",
        "sed -i '/quorate demo: begin/,/end/s/node1.demo/node9.demo/' /etc/hosts; chmod 0777 /etc/quorate",
    );
    demo.sh(
        "node3",
        "echo '192.0.2.1 theirs' >> /etc/hosts; systemctl stop keepalived; rm /etc/sysctl.d/90-quorate.conf",
    );

    let plan = demo.run(&["plan", "--json"]).expect(0).json();
    let expected = set([
        "node1 certificate:/etc/quorate/pki/host",
        "node1 unit:nginx.service",
        "node1 account:platform@%",
        "node2 sysctl:net.ipv4.ip_nonlocal_bind",
        "node2 file:/etc/haproxy/haproxy.cfg",
        "node2 file:/etc/nginx/conf.d/quorate.conf",
        "node2 certificate:/etc/quorate/etcd/member",
        "node3 block:/etc/hosts:demo",
        "node3 directory:/etc/quorate",
        "node3 unit:keepalived.service",
        "node3 file:/etc/sysctl.d/90-quorate.conf",
    ]);
    assert_eq!(planned(&plan), expected);
    let aspects = [
        ("node1", "unit:nginx.service", "enabled", "false", "true"),
        ("node2", "sysctl:net.ipv4.ip_nonlocal_bind", "value", "0", "1"),
        ("node2", "file:/etc/haproxy/haproxy.cfg", "mode", "0600", "0644"),
        ("node2", "file:/etc/nginx/conf.d/quorate.conf", "owner", "quorate:quorate", "root:root"),
        ("node2", "certificate:/etc/quorate/etcd/member", "mode", "0644", "0400"),
        ("node3", "directory:/etc/quorate", "mode", "0777", "0755"),
        ("node3", "unit:keepalived.service", "active", "inactive", "active"),
    ];
    for (host, key, aspect, from, to) in aspects {
        let change = &shown(&plan, host, key)["changes"][0];
        assert_eq!(
            (&change["aspect"], &change["before"], &change["after"]),
            (&aspect.into(), &from.into(), &to.into())
        );
    }
    let hosts = &shown(&plan, "node3", "block:/etc/hosts:demo")["changes"][0];
    assert!(hosts["before"].as_str().unwrap().contains("node9.demo"), "{hosts}");
    let account = &shown(&plan, "node1", "account:platform@%")["changes"][0];
    assert_eq!(account["aspect"], "privileges", "{account}");

    demo.apply().expect(0);
    let after = HOSTS.map(|h| fingerprint(demo, h));
    assert_eq!(
        different(&before[0], &after[0]),
        set(["/etc/quorate/pki/ca.crt", "/etc/quorate/pki/host.crt", "/etc/quorate/pki/host.key"])
    );
    // A key that others could read is not trusted any more: it is made anew, and etcd must take it up.
    let etcd = ["ca.crt", "member.crt", "member.key"].map(|f| format!("/etc/quorate/etcd/{f}"));
    let mut on_node2 = set(["/etc/haproxy/haproxy.cfg", "/etc/nginx/conf.d/quorate.conf", "unit:etcd"]);
    on_node2.extend(etcd);
    assert_eq!(different(&before[1], &after[1]), on_node2);
    assert_eq!(
        different(&before[2], &after[2]),
        set(["/etc/hosts", "/etc/sysctl.d/90-quorate.conf", "unit:keepalived"])
    );
    assert_eq!(demo.sh("node2", "cat /proc/sys/net/ipv4/ip_nonlocal_bind").trim(), "1");
    let hosts = demo.sh("node3", "cat /etc/hosts");
    assert!(hosts.contains("192.0.2.1 theirs") && hosts.contains("node1.demo") && !hosts.contains("node9"), "{hosts}");
    let grants = demo.sh("node2", "mariadb -NBe \"SHOW GRANTS FOR platform@'%'\"");
    assert!(grants.contains("GRANT ALL PRIVILEGES ON `platform`.*"), "{grants}");
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
}

/// A certificate is three files: an edit of each alone is seen, also where readers of PEM would not mind it.
fn each_part_of_a_certificate(demo: &Demo) {
    let edits = [
        ("node1", "rm /etc/quorate/pki/host.crt"),
        ("node2", "echo '# edited by hand' >> /etc/quorate/pki/host.crt"),
        ("node3", "echo '# edited by hand' >> /etc/quorate/pki/host.key"),
        ("node1", "chmod 0600 /etc/quorate/etcd/ca.crt"),
        ("node2", "rm /etc/quorate/mariadb/ca.crt"),
        ("node3", "cat /etc/quorate/pki/host.crt > /etc/quorate/etcd/member.crt"),
    ];
    let key = |edit: &str| {
        let directory = edit.rsplit_once('/').unwrap().0.rsplit_once(' ').unwrap().1.to_owned();
        let name = [("pki", "host"), ("etcd", "member"), ("mariadb", "server")];
        let (_, name) = name.iter().find(|(d, _)| directory.ends_with(d)).unwrap();
        format!("certificate:{directory}/{name}")
    };
    for (host, edit) in edits {
        demo.sh(host, edit);
    }
    let plan = demo.run(&["plan", "--json"]).expect(0).json();
    assert_eq!(planned(&plan), edits.map(|(host, edit)| format!("{host} {}", key(edit))).into());
    demo.apply().expect(0);
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
    demo.assert_one_of_each();
}

/// All that `apply` could leave behind: files with owner, mode and content, units, accounts, settings, addresses,
/// listeners. Not the data of engines, which are kept, and not what every change of an account leaves.
const EVERYTHING: &str = "
    find /etc /usr/local /var/lib /var/cache /root /opt /srv /home /run/quorate /run/systemd/system -xdev \
        \\( -path /var/lib/mysql -o -path /var/lib/etcd -o -path /var/lib/systemd -o -path '/var/lib/apt/*' \
           -o -path /var/lib/haproxy -o -path '/var/lib/nginx/*' -o -path /var/cache/ldconfig \\) -prune \
        -o \\( -type d -printf '%p d %m %u:%g\\n' -o -type l -printf '%p l %l\\n' -o -printf '%p f %m %u:%g\\n' \\) \
        | grep -v '^/etc/\\(passwd\\|group\\|shadow\\|gshadow\\|subuid\\|subgid\\)-\\|^/etc/\\.pwd\\.lock'
    find /etc /usr/local /root -xdev -type f ! -name '*-' ! -name .pwd.lock -exec sha256sum {} + | sed 's/\\([^ ]*\\)  \\(.*\\)/\\2 content \\1/'
    systemctl list-unit-files --no-legend --no-pager | sed 's/  */ /g; s/^/unit-file /'
    for u in etcd mariadb quorate-agent haproxy nginx keepalived mariadb.socket; do echo active $u $(systemctl is-active $u); done
    echo sysctl $(cat /proc/sys/net/ipv4/ip_nonlocal_bind)
    getent passwd; getent group; ip -4 -o address | cut -d' ' -f1-7; ss -Hltn | sed 's/  */ /g' | cut -d' ' -f4 | sed 's/^/listens /'";

fn everything(demo: &Demo, host: &str) -> BTreeSet<String> {
    demo.sh(host, EVERYTHING).lines().map(str::to_owned).collect()
}

#[test]
fn destroy_takes_back_exactly_what_apply_made_and_apply_works_again() {
    let demo = Demo::fresh("e2e-destroy");
    // Configurations that somebody had before Quorate came: they must come back, with mode and owner.
    demo.sh(
        "node1",
        "printf 'global_defs {\\n}\\n' > /etc/keepalived/keepalived.conf; chmod 0600 /etc/keepalived/keepalived.conf",
    );
    demo.sh("node2", "echo '# theirs' > /etc/nginx/conf.d/quorate.conf; chown ops:ops /etc/nginx/conf.d/quorate.conf");
    demo.sh("node2", "mkdir -p -m 0700 /etc/systemd/system/mariadb.service.d; echo '[Unit]' > /etc/systemd/system/mariadb.service.d/mine.conf");
    demo.sh("node3", "echo '192.0.2.1 theirs' >> /etc/hosts; systemctl enable --quiet --now nginx");
    let before = HOSTS.map(|h| everything(&demo, h));

    demo.apply().expect(0);
    demo.sh("node1", "mariadb platform -e 'CREATE TABLE kept (v INT); INSERT INTO kept VALUES (42)'");
    let running = HOSTS.map(|h| everything(&demo, h));
    for words in [&["destroy", "--yes", "another"][..], &["destroy"]] {
        let refused = demo.run(words).expect(2);
        assert!(refused.stderr.contains("demo"), "the name to give is said: {}", refused.stderr);
    }
    assert_eq!(HOSTS.map(|h| everything(&demo, h)), running, "a wrong name changes nothing");

    demo.run(&["destroy", "--yes", "demo"]).expect(0);
    for (host, before) in HOSTS.iter().zip(&before) {
        let after = everything(&demo, host);
        let (gone, left): (Vec<_>, Vec<_>) = (before.difference(&after).collect(), after.difference(before).collect());
        assert!(gone.is_empty() && left.is_empty(), "{host}: gone {gone:#?}, left {left:#?}");
        assert_eq!(demo.sh(host, "ls /var/lib/mysql | grep -c platform").trim(), "1", "the data are kept");
    }
    // Taken back once more: nothing is there to take.
    demo.run(&["destroy", "--yes", "demo"]).expect(0);

    demo.apply().expect(0);
    demo.assert_one_of_each();
    for host in HOSTS {
        assert_eq!(demo.sh(host, "mariadb -NBe 'SELECT v FROM platform.kept'").trim(), "42", "{host}");
        for unit in UNITS {
            assert_eq!(demo.sh(host, &format!("systemctl is-active {unit}")).trim(), "active", "{host} {unit}");
        }
    }
    assert_eq!(demo.run(&["plan", "--json"]).expect(0).json()["steps"], Value::Array(vec![]));
}
