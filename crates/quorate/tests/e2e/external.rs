//! A database that somebody else keeps: what is wrong with it is found before anything is changed, and what is right is
//! used, watched, and never taken for Quorate's own.
//!
//! Debian 12 has no MySQL. A MariaDB that Quorate knows nothing of stands for it, and tells another version by its option
//! `version`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Demo, Ended, eventually};

const FILE: &str = "\
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: demo }
spec:
  ssh: { user: root, keyFile: ~/.ssh/id_ed25519 }
  networks: [{ name: lan, cidr: 10.88.0.0/24 }]
  hosts:
    - { name: node1, address: 10.88.0.11, roles: [control] }
  database:
    external: { host: 10.88.0.12, user: rainbond, passwordFrom: { file: PASSWORD } }
    schemas: [{ name: console }, { name: region }]
  platform: { kind: rainbond, version: 5.17 }
";
const RIGHT: &str = "only-the-keeper-and-we-know";
const WRONG: &str = "an-older-password";

/// Starts the keeper's server with these settings.
fn serve(demo: &Demo, settings: &str) {
    let configuration = format!("[mysqld]\nbind-address = 0.0.0.0\n{settings}");
    let path = "/etc/mysql/mariadb.conf.d/99-keeper.cnf";
    demo.sh("node2", &format!("printf '%s\\n' '{configuration}' > {path} && systemctl restart mariadb"));
}

fn sql(demo: &Demo, statements: &str) {
    demo.sh("node2", &format!("mariadb -e \"{statements}\""));
}

/// What the agent on the control host exports.
fn metrics(demo: &Demo) -> String {
    let mut agent = TcpStream::connect((format!("{}11", demo.prefix()), 9346)).unwrap();
    agent.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    agent.write_all(b"GET /metrics HTTP/1.1\r\nhost: node1\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    agent.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_external_database_is_judged_before_anything_is_changed() {
    let demo = Demo::with("e2e-external", FILE, 2);
    let password = demo.directory().join("password");
    demo.edit("PASSWORD", password.to_str().unwrap());
    let give = |word: &str| std::fs::write(&password, format!("{word}\n")).unwrap();
    let refused = |case: &str, expected: &[&str]| -> Ended {
        let ended = demo.apply().expect(1);
        for text in expected {
            assert!(ended.stderr.contains(text), "{case}: {}", ended.stderr);
        }
        assert!(!ended.stderr.contains(RIGHT) && !ended.stderr.contains(WRONG), "{case}: {}", ended.stderr);
        let left =
            demo.try_sh("node1", "ls -d /etc/quorate /var/lib/quorate/manifest.json /var/lib/quorate/state.json").1;
        assert_eq!(left, "", "{case}: something was changed");
        ended
    };

    give(RIGHT);
    refused("nobody there", &["node1: ", "cannot be reached"]);

    serve(&demo, "version = 5.6.50-log");
    sql(&demo, "CREATE DATABASE console CHARACTER SET latin1");
    sql(&demo, &format!("CREATE USER rainbond IDENTIFIED BY '{RIGHT}'; GRANT ALL ON console.* TO rainbond"));
    give(WRONG);
    refused("a wrong password", &["node1: ", "name or the password is wrong"]);
    give(RIGHT);
    sql(&demo, "SET GLOBAL read_only = 1");
    let create = "CREATE DATABASE IF NOT EXISTS `region` CHARACTER SET utf8mb4; GRANT ALL PRIVILEGES ON `region`.*";
    let version = "version 5.6.50-log, and rainbond 5.17 works only with MySQL 5.7, 8.0";
    refused("everything at once", &["read_only is on", version, "console has the character set latin1", create]);

    // What its keeper was asked for; region is left for Quorate to make. Now it wants sessions to be encrypted, by a
    // certificate that nobody knows.
    let plain = demo.run(&["check", "--hosts"]).expect(1);
    assert!(plain.stdout.contains("offers no encryption"), "{}", plain.stdout);
    demo.sh(
        "node2",
        "cd /etc/mysql && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=keeper -days 2 \
           -keyout keeper.key -out keeper.crt 2>/dev/null && chown mysql keeper.key",
    );
    let tls = "ssl_cert = /etc/mysql/keeper.crt\nssl_key = /etc/mysql/keeper.key\nrequire_secure_transport = ON";
    serve(&demo, &format!("version = 8.0.36\n{tls}"));
    sql(&demo, "ALTER DATABASE console CHARACTER SET utf8mb4; GRANT ALL ON region.* TO rainbond");
    let findings = demo.run(&["check", "--hosts"]).expect(0);
    assert!(findings.stdout.contains("has no schema region; it will be made"), "{}", findings.stdout);
    assert!(!findings.stdout.contains("offers no encryption"), "{}", findings.stdout);
    demo.apply().expect(0);
    let made = "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = 'region'";
    assert_eq!(demo.sh("node2", &format!("mariadb -NBe \"{made}\"")).trim(), "utf8mb4");
    let steps = demo.run(&["plan", "--json"]).expect(0).json()["steps"].clone();
    assert_eq!(steps.as_array().map(Vec::len), Some(0), "{steps}");

    // The password is in the one file that the agent reads, and in nothing that others may read or that is kept of runs.
    let kept = demo.sh("node1", "stat -c '%U:%G %a' /etc/quorate/external-database.password");
    assert_eq!(kept.trim(), "root:quorate 640");
    let found = demo.try_sh("node1", &format!("grep -rl {RIGHT} /etc /var/log /run")).1;
    assert_eq!(found.trim(), "/etc/quorate/external-database.password");
    let runs = std::process::Command::new("grep").args(["-rl", RIGHT]).arg(demo.state()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&runs.stdout), "");

    let state = |capability: &str| {
        let status = demo.status();
        let found =
            status.json()["capabilities"].as_array().unwrap().iter().find(|c| c["capability"] == capability).cloned();
        (status.code, found.unwrap()["state"].as_str().unwrap().to_owned())
    };
    // A machine with much else to do may be late for a probe's limit.
    let patience = Duration::from_secs(15);
    eventually("the database serves", patience, || state("database").1 == "healthy");
    let seen = |value: u8| {
        let sample = format!("quorate_probe_ok{{component=\"external\",name=\"writable\"}} {value}");
        metrics(&demo).contains(&sample)
    };
    eventually("the agent sees the database", patience, || seen(1));
    // A failover of its keeper's that hangs half-way: it answers, and takes no writes.
    sql(&demo, "SET GLOBAL read_only = 1");
    assert_eq!(state("database"), (4, "lost".to_owned()));
    eventually("the agent sees that nothing is taken", patience, || seen(0));
    sql(&demo, "SET GLOBAL read_only = 0");
    eventually("the control plane has its database again", patience, || state("control").1 == "healthy");

    // Taking the cluster back leaves what is not on its hosts.
    demo.run(&["destroy", "--yes", "demo"]).expect(0);
    assert_eq!(demo.sh("node2", "mariadb -NBe \"SHOW DATABASES LIKE 'region'\"").trim(), "region");
}
