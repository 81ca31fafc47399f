use wire::replication::Server;

use super::*;

fn told(hosts: &[(&str, Standing, &str, &str)], sync: &[&str]) -> BTreeMap<HostName, Status> {
    hosts
        .iter()
        .map(|(host, standing, source, position)| {
            let follows = !source.is_empty();
            let server = Server {
                up: true,
                writable: *standing == Standing::Primary,
                source: follows.then(|| (*source).to_owned()),
                io: follows,
                sql: follows,
                position: (*position).to_owned(),
                ..Server::default()
            };
            let record = Kept { epoch: 7, primary: "a".into(), sync: sync.iter().map(|s| (*s).into()).collect() };
            let status = Status {
                host: (*host).into(),
                standing: *standing,
                record: Some(record),
                server,
                coordinated: true,
                ..Status::default()
            };
            (HostName::from(*host), status)
        })
        .collect()
}

fn replicas(told: &BTreeMap<HostName, Status>) -> Replicas<'_> {
    Replicas { hosts: ["a", "b", "c"].map(HostName::from).to_vec(), blocks: false, told }
}

const A: (&str, Standing, &str, &str) = ("a", Standing::Primary, "", "0-1-9");
const B: (&str, Standing, &str, &str) = ("b", Standing::Following, "a", "0-1-9");
const C: (&str, Standing, &str, &str) = ("c", Standing::Following, "a", "0-1-8");

#[test]
fn what_the_loss_of_a_host_would_mean() {
    let fate = |hosts: &[_], sync: &[&str], host: &str| {
        let told = told(hosts, sync);
        replicas(&told).fate(&host.into()).to_string()
    };
    assert_eq!(fate(&[A, B, C], &["b"], "a"), "db-fate-takes-over heir=b");
    assert_eq!(fate(&[A, B, C], &["b"], "b"), "db-fate-replaced other=c");
    assert_eq!(fate(&[A, B, C], &["b"], "c"), "db-fate-nothing");
    assert_eq!(fate(&[A, B], &["b"], "b"), "db-fate-alone primary=a");
    let blocked = told(&[A, B], &["b"]);
    assert_eq!(Replicas { blocks: true, ..replicas(&blocked) }.fate(&"b".into()).to_string(), "db-fate-waits");
    assert_eq!(fate(&[A, C], &[], "a"), "db-fate-down host=a");
    // Named as synchronous, and not there.
    assert_eq!(fate(&[A, C], &["b"], "a"), "db-fate-down host=a");
    assert_eq!(fate(&[], &[], "a"), "db-fate-unknown");
}

#[test]
fn orders_that_would_do_harm_are_refused() {
    let all = told(&[A, B, C], &["b"]);
    let all = replicas(&all);
    let code = |note: Note| note.code;
    assert_eq!(all.switchover(None), Ok(("a".into(), "b".into())));
    assert_eq!(all.switchover(Some("c")), Ok(("a".into(), "c".into())));
    assert_eq!(all.switchover(Some("a")).map_err(code), Err("db-already-primary".into()));
    assert_eq!(all.switchover(Some("x")).map_err(code), Err("db-no-such-host".into()));
    assert_eq!(all.force(None).map_err(code), Err("db-has-primary".into()));
    assert_eq!(all.reinit("a").map_err(code), Err("db-reinit-primary".into()));
    assert_eq!(all.reinit("b"), Ok("b".into()));

    let alone = told(&[A], &[]);
    assert_eq!(replicas(&alone).switchover(None).map_err(code), Err("db-no-synchronous".into()));
    assert_eq!(replicas(&alone).switchover(Some("b")).map_err(code), Err("db-does-not-follow".into()));

    let lost = told(&[B, C], &[]);
    let lost = replicas(&lost);
    assert_eq!(lost.force(None), Ok("b".into()));
    assert_eq!(lost.force(Some("c")), Ok("c".into()));
    assert_eq!(lost.force(Some("a")).map_err(code), Err("db-host-silent".into()));
    assert_eq!(lost.reinit("c").map_err(code), Err("db-no-primary".into()));

    // Shut until somebody has everything: a copy is what it waits for.
    let mut waits = told(&[("a", Standing::Promoting, "", "0-1-9"), C], &[]);
    assert_eq!(replicas(&waits).reinit("c").map_err(code), Err("db-no-primary".into()));
    waits.values_mut().for_each(|s| s.why = Some("synchronous".into()));
    assert_eq!(replicas(&waits).reinit("c"), Ok("c".into()));
    assert_eq!(replicas(&waits).reinit("a").map_err(code), Err("db-reinit-primary".into()));

    let mut cut = told(&[B, C], &[]);
    cut.values_mut().for_each(|s| s.coordinated = false);
    assert_eq!(replicas(&cut).force(None).map_err(code), Err("db-force-no-etcd".into()), "a lead is won in etcd");
    assert_eq!(replicas(&cut).force(Some("c")).map_err(code), Err("db-force-no-etcd".into()));
}
