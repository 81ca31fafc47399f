//! The database: its modes, what lives in it, and where its backups go.

use crate::{BASE, DATABASE, case, findings};

#[test]
fn databases() {
    case(&[("{ galera: {} }", "{}")], &["14:13 database-mode-missing"]);
    case(&[("galera: {}", "galera: {}, single: {}")], &["14:13 database-mode-several modes=single, galera"]);
    case(&[("galera: {}", "replication: {}")], &[]);
    case(
        &[
            ("  endpoints:", "    - { name: node4, address: 10.88.0.14, roles: [database] }\n  endpoints:"),
            ("galera: {}", "replication: {}"),
        ],
        &["15:28 replication-count count=4"],
    );
    case(
        &[("galera: {}", "replication: { mode: semi }")],
        &[
            "14:30 unknown-key expected=bufferPoolMib, maxConnections, timing, onReplicaLoss, maxLagSeconds key=mode nearest=none",
        ],
    );
    case(&[("galera: {}", "single: {}")], &["14:23 single-count count=3"]);
    let plain = (
        "{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }",
        "{ name: node1, address: 10.88.0.11, roles: [control, gateway] }",
    );
    case(&[plain], &["14:23 galera-even count=2 fewer=1 more=3 need=2 survives=0"]);
    case(
        &[
            plain,
            (
                "node2, address: 10.88.0.12, roles: [control, gateway, database]",
                "node2, address: 10.88.0.12, roles: [control, gateway]",
            ),
        ],
        &["14:23 galera-too-few count=1"],
    );
    case(
        &[("galera: {}", "galera: { bufferPoolMib: 1, gcacheMib: 99999999, maxConnections: -1 }")],
        &[
            "14:40 out-of-range key=bufferPoolMib max=1048576 min=32 value=1",
            "14:54 out-of-range key=gcacheMib max=1048576 min=16 value=99999999",
            "14:80 out-of-range key=maxConnections max=100000 min=10 value=-1",
        ],
    );
    case(
        &[(
            "galera: {}",
            "galera: {}, schemas: [{ name: a-b }, { name: ok, user: 'x y' }, { name: ok }, { name: mysql }, { name: z, user: root }]",
        )],
        &[
            "14:45 bad-database-name name=a-b",
            "14:70 bad-database-user name=x y",
            "14:87 duplicate-name line=14 name=ok what=schema",
            "14:101 reserved-database-name name=mysql",
            "14:127 reserved-database-name name=root",
        ],
    );
    case(
        &[
            ("galera: {}", "external: { host: 'a b', port: 0, user: '' }"),
            (DATABASE, "{ name: other, dns: { name: db }, ports: [1] }"),
        ],
        &[
            "14:33 bad-server value=a b",
            "14:46 out-of-range key=port max=65535 min=1 value=0",
            "14:55 bad-database-user name=",
        ],
    );
}

#[test]
fn settings_of_replication() {
    case(
        &[("galera: {}", "replication: { timing: quick, onReplicaLoss: blok, maxConnections: 1 }")],
        &[
            "14:38 unknown-choice expected=safe, fast key=timing nearest=none value=quick",
            "14:60 unknown-choice expected=degrade, block key=onReplicaLoss nearest=block value=blok",
            "14:82 out-of-range key=maxConnections max=100000 min=10 value=1",
        ],
    );
    case(
        &[
            ("10.88.0.0/24", "'fd00::/16'"),
            ("10.88.0.11", "'fd00:1::1'"),
            ("10.88.0.12", "'fd00:2::1'"),
            ("10.88.0.13", "'fd00:2::2'"),
            ("10.88.0.100", "'fd00::3'"),
            ("10.88.0.101", "'fd00::4'"),
            ("galera: {}", "replication: {}"),
        ],
        &["9:31 replication-server-ids host=node2 other=node1"],
    );
}

#[test]
fn schemas_and_accounts() {
    let judged = |rest: &str, expected: &[&str]| case(&[("galera: {}", &format!("galera: {{}}, {rest}"))], expected);
    judged(
        "schemas: [{ name: a, charset: utf8, collation: utf8_general_ci }, { name: b, charset: utf8mb3, collation: utf8mb3_bin }, { name: c }]",
        &[],
    );
    judged(
        "schemas: [{ name: a, charset: utf8mb5 }, { name: b, charset: koi8r }, { name: c, charset: latin1, collation: utf8_bin }, { name: d, collation: 'utf8mb4_;' }]",
        &[
            "14:57 unknown-charset charset=utf8mb5 expected=utf8mb4, utf8, latin1, gbk, ascii nearest=utf8mb4",
            "14:88 unknown-charset charset=koi8r expected=utf8mb4, utf8, latin1, gbk, ascii nearest=none",
            "14:136 bad-collation charset=latin1 collation=utf8_bin",
            "14:170 bad-collation charset=utf8mb4 collation=utf8mb4_;",
        ],
    );
    let account = |account: &str, expected: &[&str]| {
        judged(&format!("schemas: [{{ name: cattle }}], accounts: [{account}]"), expected);
    };
    account(
        "{ user: monitor, hosts: ['10.88.0.%', localhost], grants: [{ privileges: [replication client, REPLICATION SLAVE, SHOW DATABASES], on: '*.*' }, { privileges: [SELECT], on: mysql.user }, { privileges: [ALL], on: cattle.* }] }",
        &[],
    );
    account("{ user: watcher }", &[]);
    account(
        "{ user: cattle }, { user: root, hosts: [] }, { user: b, hosts: ['a b'], password: hunter2 }",
        &[
            "14:75 duplicate-name line=14 name=cattle what=databaseUser",
            "14:93 reserved-database-name name=root",
            "14:106 bad-account-host host=",
            "14:131 bad-account-host host=a b",
            "14:149 plain-password key=password",
        ],
    );
    let grant = |privileges: &str, on: &str, expected: &[&str]| {
        account(&format!("{{ user: a, grants: [{{ privileges: [{privileges}], on: '{on}' }}] }}"), expected);
    };
    for privilege in ["ALL", "SUPER", "GRANT OPTION", "READ ONLY ADMIN", "read_only admin", "FILE", "CREATE USER"] {
        let upper = privilege.to_ascii_uppercase();
        grant(privilege, "*.*", &[&format!("14:102 privilege-administers privilege={upper}")]);
    }
    grant("GRANT OPTION", "cattle.*", &["14:102 privilege-administers privilege=GRANT OPTION"]);
    grant("INSERT", "*.*", &["14:102 privilege-level on=*.* privilege=INSERT"]);
    grant("PROCESS", "cattle.*", &["14:102 privilege-level on=cattle.* privilege=PROCESS"]);
    grant("EXECUTE", "cattle.t", &["14:102 privilege-level on=cattle.t privilege=EXECUTE"]);
    grant("UPDATE", "mysql.user", &["14:102 privilege-on-system on=mysql.user privilege=UPDATE"]);
    grant("", "cattle.*", &["14:101 privileges-missing on=cattle.*"]);
    grant("SELECT", "catle.*", &["14:115 unknown-schema expected=cattle name=catle nearest=cattle"]);
    grant("SELECT", "cattle", &["14:115 bad-grant-object on=cattle"]);
    grant("SELECT", "*.t", &["14:115 bad-grant-object on=*.t"]);
    grant(
        "SELCT",
        "cattle.*",
        &[
            "14:102 unknown-privilege expected=ALL, SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER, CREATE TEM… nearest=SELECT privilege=SELCT",
        ],
    );
    case(
        &[
            ("galera: {}", "external: { host: db, user: u }, accounts: [{ user: a }]"),
            (DATABASE, "{ name: other, dns: { name: db }, ports: [1] }"),
        ],
        &["14:59 accounts-external"],
    );
}

#[test]
fn backups() {
    let with = |backup: &str| format!("database: {{ galera: {{}}, backup: {backup} }}");
    let refused = |backup: &str, expected: &[&str]| case(&[("database: { galera: {} }", &with(backup))], expected);
    let s3 = |change: (&str, &str)| {
        let s3 = "{ to: { s3: { endpoint: 'https://s3.example.com:9000', bucket: db-backups, prefix: /a/b/, \
                  accessKeyFrom: { env: A }, secretKeyFrom: { env: B } } } }";
        assert!(s3.contains(change.0), "{}", change.0);
        s3.replacen(change.0, change.1, 1)
    };
    refused(
        "{ to: { directory: { path: /mnt/backup } }, schedule: weekly sun 02:30, keep: { daily: 0 }, binlogEvery: 1 }",
        &[],
    );
    refused(&s3(("x", "x")), &[]);
    let found = |backup: &str| {
        let text = BASE.replace("database: { galera: {} }", &with(backup));
        findings(&text)
            .iter()
            .map(|f| f.split_once(' ').map_or(f.clone(), |(_, rest)| rest.to_owned()))
            .collect::<Vec<_>>()
    };
    for (backup, code) in [
        ("{ to: {} }".to_owned(), "backup-target"),
        ("{ to: { directory: { path: /mnt/b } }, schedule: daily }".to_owned(), "backup-schedule"),
        ("{ to: { directory: { path: /mnt/b } }, binlogEvery: 0 }".to_owned(), "out-of-range"),
        ("{ to: { directory: { path: mnt/b } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /var/lib/mysql/b } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /mnt/../etc } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: / } } }".to_owned(), "backup-path"),
        ("{ to: { directory: { path: /mnt/b, host: node9 } } }".to_owned(), "backup-host"),
        (s3(("https://", "ftp://")), "backup-endpoint"),
        (s3(("https://", "https://user@")), "backup-endpoint"),
        (s3(("9000", "9000/x")), "backup-endpoint"),
        (s3(("db-backups", "Db")), "backup-bucket"),
        (s3(("/a/b/", "'a b'")), "backup-prefix"),
        (s3(("{ env: B }", "hunter2")), "plain-password"),
    ] {
        let found = found(&backup);
        assert!(found.len() == 1 && found[0].contains(code), "{backup}: {found:?}");
    }
    let external = BASE.replace(
        "database: { galera: {} }",
        "database: { external: { host: db, user: a }, backup: { to: { directory: { path: /b } } } }",
    );
    assert!(findings(&external).contains(&"14:56 backup-external".to_owned()));
}
