//! The main job: from one file to a foundation that works, and the same file again changes nothing.

use crate::support::{Demo, HOSTS};
use crate::writer::Writer;

/// Inode, change time and content of every file that is managed, and the start times of every unit: what a second
/// run must leave alone.
const FINGERPRINT: &str = "
    find /etc /var/lib/quorate/manifest.json /var/lib/quorate/state.json /usr/local/lib/quorate -xdev -type f \
        -printf '%p %i %T@ %C@\\n' | sort
    for unit in etcd mariadb quorate-agent haproxy nginx keepalived; do
        echo $unit $(systemctl show -p InvocationID,ActiveEnterTimestampMonotonic,ExecMainPID --value $unit)
    done
    ip -4 -o address | cut -d' ' -f1-7";

/// What Rancher 1.6 and its MaxScale want of a database (RA16-5, RA16-6), beside the example's own schema.
const DECLARED: &str = "    accounts:
      - user: scale_monusr
        grants:
          - { privileges: [REPLICATION SLAVE, REPLICATION CLIENT, SHOW DATABASES], on: '*.*' }
          - { privileges: [SELECT], on: mysql.user }
          - { privileges: [SELECT, INSERT], on: cattle.* }
    schemas:
      - { name: cattle, charset: utf8, collation: utf8_general_ci }
";

/// The schema has its character set, and the account its privileges and nothing else, on every member.
fn assert_declared(demo: &Demo) {
    for host in HOSTS {
        let ask = |query: &str| demo.sh(host, &format!("mariadb -NBe \"{query}\""));
        let made = ask(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = 'cattle'",
        );
        assert_eq!(made.trim(), "utf8mb3\tutf8mb3_general_ci", "{host}");
        let grants = ask("SHOW GRANTS FOR scale_monusr").replace('`', "");
        let of = |on: &str| {
            let line =
                grants.lines().find(|l| l.contains(&format!(" ON {on} TO "))).unwrap_or_else(|| panic!("{grants}"));
            line.split(" ON ").next().unwrap().to_owned()
        };
        assert_eq!(of("*.*"), "GRANT SHOW DATABASES, REPLICATION SLAVE, BINLOG MONITOR", "{host}");
        assert_eq!((of("mysql.user"), of("cattle.*")), ("GRANT SELECT".to_owned(), "GRANT SELECT, INSERT".to_owned()));
        assert_eq!(grants.lines().count(), 3, "{grants}");
    }
    assert_eq!(demo.password("scale_monusr").len(), 32);
}

#[test]
fn one_file_makes_a_working_foundation_and_a_second_run_changes_nothing() {
    let demo = Demo::fresh("e2e-deploy");
    demo.edit("    schemas:\n", DECLARED);
    demo.apply().expect(0);
    demo.assert_one_of_each();
    assert_declared(&demo);
    for vip in [demo.platform_vip(), demo.database_vip()] {
        assert_eq!(demo.holders(&HOSTS, &vip).len(), 1, "{vip} has exactly one holder");
    }
    for host in HOSTS {
        for unit in ["etcd", "mariadb", "quorate-agent", "haproxy", "nginx", "keepalived"] {
            assert_eq!(demo.sh(host, &format!("systemctl is-enabled {unit}")).trim(), "enabled", "{host} {unit}");
        }
    }
    let writer = Writer::start(&demo);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let written = writer.stop();
    assert!(written.acknowledged.len() > 5, "{written:?}");
    for host in HOSTS {
        assert!(written.lost(&demo, host).is_empty());
    }

    let before: Vec<_> = HOSTS.iter().map(|h| demo.sh(h, FINGERPRINT)).collect();
    let again = demo.run(&["apply", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["outcomes"].as_object().unwrap().len(), 0, "{again}");
    let trips: Vec<_> = again["roundTrips"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).collect();
    assert!(trips.iter().all(|t| *t <= 3), "at most three round trips per host: {trips:?}");
    let after: Vec<_> = HOSTS.iter().map(|h| demo.sh(h, FINGERPRINT)).collect();
    assert_eq!(before, after);
}

#[test]
fn the_other_examples_work_too_and_say_what_they_survive() {
    let margins = |demo: &Demo| -> Vec<(String, u64)> {
        let status = demo.status().expect(0).json();
        let capabilities = status["capabilities"].as_array().unwrap().clone();
        capabilities
            .iter()
            .map(|c| (c["capability"].as_str().unwrap().to_owned(), c["margin"].as_u64().unwrap()))
            .collect()
    };
    for (name, preset, hosts, expected) in [
        ("e2e-single", model::Preset::Single, 1, [("coordination", 0), ("database", 0), ("ingress", 0)]),
        ("e2e-five", model::Preset::FiveNode, 5, [("coordination", 1), ("database", 1), ("ingress", 2)]),
    ] {
        let demo = Demo::of(name, preset, hosts);
        demo.apply().expect(0);
        assert_eq!(margins(&demo), expected.map(|(c, m)| (c.to_owned(), m)), "{name}");
        let again = demo.run(&["apply", "--yes", "--json"]).expect(0).json();
        assert_eq!(again["outcomes"].as_object().unwrap().len(), 0, "{again}");
        let writer = Writer::start(&demo);
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert!(!writer.stop().acknowledged.is_empty(), "{name}: the database takes writes through its virtual IP");
    }
}
