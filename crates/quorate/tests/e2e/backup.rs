//! A backup that was never restored is not one: rows come back as of the moment before the mistake, a forged backup is
//! refused, a target that is away leaves nothing half done, and no secret is seen meanwhile.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::s3_store::{BUCKET, Store};
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
    // So much to replay that it can be watched.
    sql("INSERT INTO platform.orders SELECT seq FROM platform.orders, platform.seq_10_to_100000 WHERE id = 1");
    sql("DELETE FROM platform.orders WHERE id >= 10");
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

#[test]
fn an_s3_store_keeps_backups() {
    let demo = Demo::of("e2e-s3", model::Preset::Single, 1);
    let mut store = Store::start(demo.lab.operator());
    let file = |name: &str| {
        let path = demo.directory().join(name);
        std::fs::write(&path, format!("the {name} key")).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let to = format!(
        "{{ endpoint: \"{}\", bucket: {BUCKET}, prefix: lab, accessKeyFrom: {{ file: {} }}, secretKeyFrom: {{ file: {} }} }}",
        store.endpoint(),
        file("access"),
        file("secret"),
    );
    let backup = format!("single: {{}}\n    backup: {{ to: {{ s3: {to} }}, keep: {{ daily: 1, weekly: 0 }} }}\n#");
    demo.edit("single: {}", &backup);
    let watch = Watch::start();
    demo.apply().expect(0);
    let sql = |statement: &str| demo.sh("node1", &format!("mariadb -NBe \"{statement}\""));
    // More than one part of an upload, and nothing that could be compressed.
    sql("CREATE TABLE platform.parts (id INT PRIMARY KEY, part BLOB); \
         INSERT INTO platform.parts SELECT seq, RANDOM_BYTES(1024) FROM platform.seq_1_to_40000");

    let stranger = demo.run(&["db", "backup"]).expect(1);
    assert!(stranger.stderr.contains("node1: ") && stranger.stderr.contains("prove who it is"), "{}", stranger.stderr);
    let trusted = ["sh", "-c", "cat > /usr/local/share/ca-certificates/store.crt && update-ca-certificates"];
    demo.lab.exec_with_stdin("node1", &trusted, &store.authority()).unwrap();
    let missing = demo.run(&["db", "backup"]).expect(1);
    assert!(missing.stderr.contains("NoSuchBucket"), "{}", missing.stderr);
    store.make_bucket();

    let made = demo.run(&["db", "backup", "--json"]).expect(0).json();
    assert!(made["backup"]["verified"]["tables"].as_u64().unwrap() > 1, "{made}");
    let before = moment(&demo);
    sql("DELETE FROM platform.parts WHERE id > 7");
    let load = ["db", "restore", "latest", "--schema", "platform", "--as", "rescued", "--yes"];
    demo.run(&[&load[..], &["--until", &before]].concat()).expect(0);
    assert_eq!(sql("SELECT COUNT(*), SUM(LENGTH(part)) FROM rescued.parts"), "40000\t40960000\n");
    let same = "SELECT COUNT(*) FROM rescued.parts r JOIN platform.parts p USING (id) WHERE r.part = p.part";
    assert_eq!(sql(same), "7\n");
    let watched = watch.stop();
    assert!(!watched.saw("the secret key"), "the store's key was on a command line or in an environment");

    let base = "name = next(o['Key'] for o in s3.list_objects_v2(Bucket=bucket)['Contents'] if 'base/' in o['Key'])\n\
                data = bytearray(s3.get_object(Bucket=bucket, Key=name)['Body'].read())\n";
    // The mark of an object ends with the number of parts that it came in.
    let tag = store.python(&format!("{base}print(s3.head_object(Bucket=bucket, Key=name)['ETag'].strip('\"'))"));
    assert!(tag.trim().rsplit_once('-').is_some_and(|(_, parts)| parts != "1"), "{tag}");
    store.python(&format!("{base}data[20_000_000] ^= 1\ns3.put_object(Bucket=bucket, Key=name, Body=bytes(data))"));
    let tampered = demo.run(&["db", "restore", "latest"]).expect(1);
    assert!(tampered.stderr.contains("is not what a host of this cluster wrote"), "{}", tampered.stderr);
    store.stop();
    let away = demo.run(&["db", "backup"]).expect(1);
    assert!(away.stderr.contains("Nothing half done is left"), "{}", away.stderr);
    store.restart();
    store.make_bucket();
    demo.run(&["db", "backup"]).expect(0);
    let listed = demo.run(&["db", "backup", "--list", "--json"]).expect(0).json();
    assert_eq!(listed["backups"].as_array().unwrap().len(), 1, "{listed}");
    let names = store.names();
    assert!(names.iter().all(|n| n.starts_with("lab/solo/") && !n.ends_with(".begun")), "{names:?}");
    assert_eq!(store.python("print(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', []))"), "[]\n");
    assert_eq!(demo.sh("node1", "ls -d /var/lib/quorate/scratch 2>/dev/null || true"), "");
}
