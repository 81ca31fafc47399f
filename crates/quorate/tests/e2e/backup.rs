//! A backup that was never restored is not one: rows come back as of the moment before the mistake, a forged backup is
//! refused, a target that is away leaves nothing half done, and no secret is seen meanwhile.

use std::time::Duration;

use crate::secrets::Watch;
use crate::support::Demo;

/// A time as `--until` reads it, between what was before and what comes.
fn moment(demo: &Demo) -> String {
    // Binary logs know whole seconds.
    std::thread::sleep(Duration::from_millis(1100));
    let now = demo.sh("node1", "date -u '+%F %T'").trim().to_owned();
    std::thread::sleep(Duration::from_millis(1100));
    now
}

#[test]
fn a_dropped_table_comes_back_as_of_the_moment_before() {
    let demo = Demo::of("e2e-backup", model::Preset::Single, 1);
    let backup =
        "single: {}\n    backup: { to: { directory: { path: /mnt/backup } }, keep: { daily: 1, weekly: 0 } }\n#";
    demo.edit("single: {}", backup);
    demo.sh("node1", "mkdir /mnt/backup");
    demo.apply().expect(0);
    let sql = |statement: &str| demo.sh("node1", &format!("mariadb -NBe \"{statement}\""));
    sql("CREATE TABLE platform.orders (id INT PRIMARY KEY); INSERT INTO platform.orders VALUES (1), (2)");

    let watch = Watch::start();
    let made = demo.run(&["db", "backup", "--json"]).expect(0).json();
    assert!(made["backup"]["verified"]["tables"].as_u64().unwrap() > 1, "{made}");
    let first = made["backup"]["record"]["name"].as_str().unwrap().to_owned();
    sql("INSERT INTO platform.orders VALUES (3)");
    let before = moment(&demo);
    sql("DROP TABLE platform.orders");
    let at = ["--until", &before];
    let restored = demo.run(&[&["db", "restore", &first, "--json"], &at[..]].concat()).expect(0).json();
    let platform = restored["schemas"].as_array().unwrap().iter().find(|s| s["name"] == "platform").unwrap();
    assert_eq!((platform["tables"].as_u64(), platform["rows"].as_u64()), (Some(1), Some(3)), "{restored}");
    let load = ["db", "restore", "latest", "--schema", "platform", "--as", "rescued", "--yes"];
    demo.run(&[&load[..], &at].concat()).expect(0);
    assert_eq!(sql("SELECT GROUP_CONCAT(id ORDER BY id) FROM rescued.orders"), "1,2,3\n");
    // Where there are tables, nothing is loaded over them.
    let occupied = demo.run(&[&load[..], &at].concat()).expect(1);
    assert!(occupied.stderr.contains("--replace"), "{}", occupied.stderr);
    let watched = watch.stop();
    let state: serde_json::Value = serde_json::from_str(&demo.sh("node1", "cat /var/lib/quorate/state.json")).unwrap();
    let key = state["secrets"]["backup"]["identity"].as_str().unwrap().to_owned();
    assert!(watched.saw("--stream=mbstream") && watched.saw("--stop-datetime"), "the watch sees what it must");
    assert!(!watched.saw(&key), "the key was on a command line or in an environment");
    let elsewhere = "grep -rlaF -f - /etc /run /tmp /mnt /var/log /usr/local /root 2>/dev/null || true";
    let found = demo.lab.exec_with_stdin("node1", &["sh", "-c", elsewhere], key.as_bytes()).unwrap();
    assert_eq!(found.stdout, "", "the key is kept with the cluster's state alone");

    // The host's own timer makes one as well; of a day one stays.
    demo.sh("node1", "sed -i 's/\"intervalS\": 86400/\"intervalS\": 1/' /etc/quorate/backup/config.json; systemctl start quorate-backup");
    let listed = demo.run(&["db", "backup", "--list", "--json"]).expect(0).json();
    let names: Vec<_> =
        listed["backups"].as_array().unwrap().iter().map(|b| b["record"]["name"].as_str().unwrap()).collect();
    assert!(names.len() == 1 && names[0] != first, "{listed}");
    assert!(listed["backups"][0]["verified"].is_object(), "{listed}");

    demo.sh("node1", "printf x | dd of=$(ls /mnt/backup/*/base/*.age) bs=1 seek=200000 conv=notrunc");
    let tampered = demo.run(&["db", "restore", "latest"]).expect(1);
    assert!(tampered.stderr.contains("node1: "), "{}", tampered.stderr);
    assert!(tampered.stderr.contains("is not what a host of this cluster wrote"), "{}", tampered.stderr);
    demo.sh("node1", "mv /mnt/backup /mnt/away");
    let away = demo.run(&["db", "backup"]).expect(1);
    assert!(away.stderr.contains("Nothing half done is left"), "{}", away.stderr);
    demo.sh("node1", "test ! -e /mnt/backup && mv /mnt/away /mnt/backup");
    assert_eq!(demo.sh("node1", "find /mnt/backup -name '.partial*' -o -name '*.begun'"), "");
    assert_eq!(
        demo.sh("node1", "ls -d /var/lib/quorate/scratch 2>/dev/null; systemctl list-units -q 'quorate-scratch*'"),
        ""
    );
}
