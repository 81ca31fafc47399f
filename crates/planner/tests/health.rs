//! What the probes saw in, what works and what more may fail out; and what the guard makes of it.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use std::collections::BTreeMap;

use common::{cluster, well};
use model::{Cluster, HostName, Preset};
use planner::guard::guard;
use planner::health::{Health, Seen, State, health};
use wire::{Note, ProbeReport};

type Reports = BTreeMap<HostName, Vec<ProbeReport>>;

/// A cluster as the probes saw it.
struct Probed {
    cluster: Cluster,
    reports: Reports,
    absent: BTreeMap<HostName, Note>,
}

impl Probed {
    fn well(preset: Preset) -> Self {
        let cluster = cluster(preset);
        let reports = well(&cluster);
        Self { cluster, reports, absent: BTreeMap::new() }
    }

    fn without(mut self, host: &str) -> Self {
        self.reports.remove(&HostName::from(host));
        self.absent.insert(host.into(), Note::new("ssh-timeout"));
        self
    }

    /// A component that does not work on a host.
    fn failing(mut self, component: &str, host: &str) -> Self {
        let reports = self.reports.get_mut(&HostName::from(host)).unwrap();
        for report in reports.iter_mut().filter(|r| r.component == component) {
            report.ok = false;
            report.note = Some(Note::new("broken"));
        }
        self
    }

    /// Who holds an endpoint's address.
    fn held(mut self, endpoint: &str, holders: &[&str]) -> Self {
        for (host, reports) in &mut self.reports {
            for report in reports.iter_mut().filter(|r| r.name == format!("holds-{endpoint}")) {
                let holds = if holders.contains(&host.as_str()) { "yes" } else { "no" };
                report.readings.insert("holds".to_owned(), holds.to_owned());
            }
        }
        self
    }

    /// Through an endpoint's address nobody gets an answer, but for the hosts named.
    fn silent(mut self, endpoint: &str, but: &[&str]) -> Self {
        for (host, reports) in &mut self.reports {
            for report in reports.iter_mut().filter(|r| r.name == format!("reach-{endpoint}")) {
                report.ok = but.contains(&host.as_str());
            }
        }
        self
    }

    fn noted(mut self, component: &str, host: &str, code: &str) -> Self {
        let reports = self.reports.get_mut(&HostName::from(host)).unwrap();
        reports.iter_mut().find(|r| r.component == component).unwrap().note = Some(Note::new(code));
        self
    }

    fn seen(&self) -> Seen<'_> {
        Seen { cluster: &self.cluster, reports: &self.reports, absent: &self.absent }
    }

    fn health(&self) -> Health {
        health(self.seen())
    }

    /// The whole in one line, then the capabilities with their margins, of how many, and notes.
    fn line(&self) -> String {
        let health = self.health();
        let capability = |c: &planner::health::CapabilityHealth| {
            let margin = c.margin.map_or("-".to_owned(), |m| m.to_string());
            let full = c.full_margin.map_or("-".to_owned(), |m| m.to_string());
            let notes: String = c.notes.iter().map(|n| format!(" {n}")).collect();
            format!("{} {:?} {margin}/{full}{notes}", c.capability.id(), c.state)
        };
        let all: Vec<_> = health.capabilities.iter().map(capability).collect();
        format!("{:?}: {}", health.state, all.join("; "))
    }

    fn guard(&self, component: &str, host: &str) -> String {
        guard(self.seen(), component, &host.into()).map_or_else(|note| note.to_string(), |()| "go on".to_owned())
    }
}

#[test]
fn capabilities_and_their_margins() {
    let three = || Probed::well(Preset::ThreeNode);
    let cases: &[(&str, Probed, &str)] = &[
        ("all well", three(), "Healthy: coordination Healthy 1/1; database Healthy 1/1; ingress Healthy 2/2"),
        (
            "one host away, and its addresses have moved",
            three().without("node1").held("platform", &["node2"]).held("database", &["node3"]),
            "Degraded: coordination Degraded 0/1; database Degraded 0/1; ingress Degraded 1/2",
        ),
        (
            "one host away, and its addresses have not moved yet",
            three().without("node1").silent("platform", &[]).silent("database", &[]),
            "Lost: coordination Degraded 0/1; database Lost -/1 vip-no-holder endpoint=database; \
             ingress Lost -/2 vip-no-holder endpoint=platform",
        ),
        (
            "two hosts away",
            three().without("node2").without("node3"),
            "Lost: coordination Lost -/1; database Lost -/1; ingress Degraded 0/2",
        ),
        (
            "all hosts away",
            three().without("node1").without("node2").without("node3"),
            "Lost: coordination Lost -/1; database Lost -/1 vip-no-holder endpoint=database; \
             ingress Lost -/2 vip-no-holder endpoint=platform",
        ),
        (
            "nobody holds an address",
            three().held("database", &[]),
            "Lost: coordination Healthy 1/1; database Lost -/1 vip-no-holder endpoint=database; \
             ingress Healthy 2/2",
        ),
        (
            "two hold an address",
            three().held("platform", &["node1", "node3"]),
            "Degraded: coordination Healthy 1/1; database Healthy 1/1; \
             ingress Degraded 2/2 vip-several-holders endpoint=platform hosts=node1, node3",
        ),
        (
            "an address is held and does not answer",
            three().silent("platform", &[]),
            "Lost: coordination Healthy 1/1; database Healthy 1/1; \
             ingress Lost -/2 endpoint-silent endpoint=platform holder=node1",
        ),
        (
            "an address that somebody got an answer from",
            three().silent("platform", &["node2"]),
            "Healthy: coordination Healthy 1/1; database Healthy 1/1; ingress Healthy 2/2",
        ),
        (
            "a member of etcd is down",
            three().failing("etcd", "node2"),
            "Degraded: coordination Degraded 0/1; database Healthy 1/1; ingress Healthy 2/2",
        ),
        (
            "etcd has lost its quorum",
            three().failing("etcd", "node2").failing("etcd", "node3"),
            "Lost: coordination Lost -/1; database Healthy 1/1; ingress Healthy 2/2",
        ),
        (
            "two members of Galera are down",
            three().failing("galera", "node2").failing("galera", "node3"),
            "Lost: coordination Healthy 1/1; database Lost -/1; ingress Healthy 2/2",
        ),
        (
            "no agent can name a writer",
            three().failing("agent", "node1").failing("agent", "node2").failing("agent", "node3"),
            "Lost: coordination Healthy 1/1; database Lost -/1; ingress Healthy 2/2",
        ),
        (
            "a gateway is down on one host and keepalived on another",
            three().failing("gateway", "node2").failing("vip", "node3"),
            "Degraded: coordination Healthy 1/1; database Healthy 1/1; ingress Degraded 0/2",
        ),
        (
            "a balancer is down on two hosts",
            three().failing("balancer", "node2").failing("balancer", "node3"),
            "Degraded: coordination Healthy 1/1; database Degraded 0/1; ingress Healthy 2/2",
        ),
        (
            "something noteworthy on a host that works",
            three().noted("galera", "node2", "galera-donor"),
            "Degraded: coordination Healthy 1/1; database Healthy 1/1; ingress Healthy 2/2",
        ),
        (
            "one host alone has nothing to lose",
            Probed::well(Preset::Single),
            "Healthy: coordination Healthy 0/0; database Healthy 0/0; ingress Healthy 0/0",
        ),
        (
            "five hosts",
            Probed::well(Preset::FiveNode),
            "Healthy: coordination Healthy 1/1; database Healthy 1/1; ingress Healthy 2/2",
        ),
        (
            "five hosts, one that only keeps data away",
            Probed::well(Preset::FiveNode).without("node5"),
            "Degraded: coordination Healthy 1/1; database Degraded 0/1; ingress Healthy 2/2",
        ),
    ];
    for (case, probed, expected) in cases {
        assert_eq!(probed.line(), *expected, "{case}");
    }
}

#[test]
fn hosts_and_components() {
    let health = Probed::well(Preset::ThreeNode).without("node1").failing("etcd", "node3").health();
    let hosts: Vec<_> = health
        .hosts
        .iter()
        .map(|h| {
            (h.host.as_str(), h.reached, h.state, h.notes.iter().map(Note::to_string).collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        hosts,
        [
            ("node1", false, State::Lost, "ssh-timeout".to_owned()),
            ("node2", true, State::Healthy, String::new()),
            ("node3", true, State::Degraded, "broken".to_owned()),
        ]
    );
    let etcd = health.components.iter().find(|c| c.component == "etcd").unwrap();
    assert_eq!((etcd.healthy, etcd.total), (1, 3));
    let vip = health.components.iter().find(|c| c.component == "vip").unwrap();
    assert_eq!((vip.healthy, vip.total), (2, 3));
    assert!(health.components.iter().all(|c| c.component != "names"), "nothing to probe");
}

#[test]
fn the_guard_takes_away_nothing_that_works() {
    let three = || Probed::well(Preset::ThreeNode);
    let two_balancers = || three().failing("balancer", "node2").failing("balancer", "node3");
    let cases: &[(&str, Probed, (&str, &str), &str)] = &[
        ("all well", three(), ("etcd", "node1"), "go on"),
        ("all well", three(), ("galera", "node1"), "go on"),
        ("all well", three(), ("vip", "node1"), "go on"),
        (
            "a host away",
            three().without("node3"),
            ("etcd", "node1"),
            "guard-refused capability=coordination component=etcd down=node3 host=node1",
        ),
        (
            "a host away",
            three().without("node3"),
            ("galera", "node2"),
            "guard-refused capability=database component=galera down=node3 host=node2",
        ),
        ("a host away, and no quorum in question", three().without("node3"), ("gateway", "node1"), "go on"),
        (
            "another member down",
            three().failing("etcd", "node2"),
            ("etcd", "node1"),
            "guard-refused capability=coordination component=etcd down=node2 host=node1",
        ),
        ("the one that is down itself", three().failing("etcd", "node2"), ("etcd", "node2"), "go on"),
        ("another engine down there", three().failing("galera", "node2"), ("etcd", "node1"), "go on"),
        (
            "the quorum is lost already",
            three().failing("etcd", "node2").failing("etcd", "node3"),
            ("etcd", "node1"),
            "go on",
        ),
        (
            "the last balancer",
            two_balancers(),
            ("balancer", "node1"),
            "guard-refused capability=database component=balancer down=node2, node3 host=node1",
        ),
        (
            "keepalived before the last balancer",
            two_balancers(),
            ("vip", "node1"),
            "guard-refused capability=database component=vip down=node2, node3 host=node1",
        ),
        ("keepalived elsewhere", two_balancers(), ("vip", "node2"), "go on"),
        // Nothing can stand in for the only host, so there is nothing to wait for.
        ("the only host", Probed::well(Preset::Single), ("etcd", "node1"), "go on"),
        ("the only host", Probed::well(Preset::Single), ("mariadb", "node1"), "go on"),
        ("the only host", Probed::well(Preset::Single), ("vip", "node1"), "go on"),
        ("a component that no capability needs", three().without("node3"), ("names", "node1"), "go on"),
    ];
    for (case, probed, (component, host), expected) in cases {
        assert_eq!(probed.guard(component, host), *expected, "{case}: {component} on {host}");
    }
}

/// Of what another installer brought, nobody looks: it counts as up while its host is there, and what it rests on is
/// seen through the components that are watched.
#[test]
fn what_nobody_watches_is_up_while_its_host_is() {
    let plan = || {
        let cluster = model::parse(include_str!("../../../examples/cloudpods-4.yaml")).unwrap();
        let reports = well(&cluster);
        Probed { cluster, reports, absent: BTreeMap::new() }
    };
    let state = |probed: Probed, capability: &str| {
        let health = probed.health();
        let found = health.capabilities.iter().find(|c| c.capability.id() == capability).unwrap();
        (found.state, found.margin)
    };
    assert_eq!(plan().health().state, State::Healthy);
    assert_eq!(state(plan(), "control"), (State::Healthy, Some(0)));
    assert_eq!(state(plan(), "workloads"), (State::Healthy, Some(2)));
    // No margin was there to lose: the database host alone ends it either way.
    assert_eq!(state(plan().without("node2"), "control"), (State::Healthy, Some(0)));
    assert_eq!(state(plan().without("node2"), "workloads"), (State::Degraded, Some(1)));
    assert_eq!(state(plan().failing("mariadb", "node4"), "control"), (State::Lost, None));
    assert_eq!(state(plan().failing("mariadb", "node4"), "workloads"), (State::Healthy, Some(2)));
    assert_eq!(state(plan().held("platform", &[]), "control"), (State::Lost, None), "users come in there");

    let outside = model::parse(include_str!("../../../examples/rainbond-5.17-external.yaml")).unwrap();
    let reports = well(&outside);
    let health = Probed { cluster: outside, reports, absent: BTreeMap::new() }.health();
    let seen: Vec<_> = health.capabilities.iter().map(|c| c.capability.id()).collect();
    // Storage and artifacts are outside too, and nothing was seen of them.
    assert_eq!(seen, ["control", "coordination", "database", "ingress", "workloads"]);
}

/// An external database is looked at by every host that needs it: it serves while one of them can use it.
#[test]
fn an_external_database_is_what_its_users_see() {
    let plan = || {
        let cluster = model::parse(include_str!("../../../examples/rainbond-5.17-external.yaml")).unwrap();
        let reports = well(&cluster);
        Probed { cluster, reports, absent: BTreeMap::new() }
    };
    let states = |probed: Probed| {
        let health = probed.health();
        let of = |id: &str| health.capabilities.iter().find(|c| c.capability.id() == id).unwrap();
        let notes: Vec<_> = of("database").notes.iter().map(ToString::to_string).collect();
        (of("database").state, of("control").state, of("workloads").state, notes)
    };
    use State::{Healthy, Lost};
    assert_eq!(states(plan()), (Healthy, Healthy, Healthy, vec![]));
    assert_eq!(states(plan().failing("external", "node1")), (Healthy, Healthy, Healthy, vec![]));
    assert_eq!(plan().failing("external", "node1").health().state, State::Degraded, "one host's way to it is lost");
    let all = plan().failing("external", "node1").failing("external", "node2").failing("external", "node3");
    let note = "outside-lost what=database: mysql.example.com:3306".to_owned();
    assert_eq!(states(all), (Lost, Lost, Healthy, vec![note]));
}

/// A run waits at its end for what comes right by itself: a backup that failed does not, and is told all the same.
#[test]
fn a_failed_backup_is_told_and_not_waited_for() {
    let text = include_str!("../../../examples/replication.yaml").replace(
        "    schemas:",
        "    backup: { to: { directory: { path: /mnt/backup } }, keep: { daily: 1, weekly: 0 } }\n    schemas:",
    );
    let cluster = model::parse(&text).unwrap();
    let plan = || Probed { cluster: cluster.clone(), reports: well(&cluster), absent: BTreeMap::new() };
    let state = |probed: Probed| {
        let health = probed.health();
        (health.state, health.settled(&cluster))
    };
    assert_eq!(state(plan()), (State::Healthy, true));
    assert_eq!(state(plan().failing("backup", "node3")), (State::Degraded, true));
    assert_eq!(state(plan().failing("backup", "node3").failing("gateway", "node2")), (State::Degraded, false));
    assert_eq!(state(plan().failing("backup", "node3").without("node2")), (State::Degraded, false));
    assert_eq!(state(plan().noted("replication", "node2", "replication-behind")), (State::Degraded, false));
}
