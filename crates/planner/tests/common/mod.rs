//! A cluster as observed, built up in a few words: fresh or settled hosts, and then what is otherwise on them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::fmt;

use model::{Cluster, Host, HostName, Preset};
use planner::steps::{Observations, plan};
use planner::{Plan, check, desired};
use wire::facts::{GaleraPosition, ReplicaFacts};
use wire::replication::{Kept, Standing, Status};
use wire::{
    Change, Difference, Facts, Interface, Look, Looked, Note, Observed, ProbeKind, ProbeReport, Resource, UnitFacts,
};

const UUID: &str = "e7a0a1f0-0000-11ef-8000-000000000001";

pub fn cluster(preset: Preset) -> Cluster {
    model::parse(model::preset(preset)).unwrap()
}

/// What was observed of a cluster.
#[derive(Clone)]
pub struct World {
    pub cluster: Cluster,
    pub facts: BTreeMap<HostName, Facts>,
    pub observed: BTreeMap<HostName, Vec<Observed>>,
    pub absent: BTreeMap<HostName, Note>,
    settled: bool,
    pub recover_with: Option<HostName>,
}

/// What differs, for a law that was broken.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} without {:?}", self.cluster.name, self.absent.keys().collect::<Vec<_>>())?;
        for (host, list) in &self.observed {
            for observed in list.iter().filter(|o| o.difference.is_change()) {
                writeln!(f, "{host} {}: {:?}", observed.key, observed.difference)?;
            }
        }
        Ok(())
    }
}

impl World {
    /// Hosts that were just installed, without any package of ours.
    pub fn fresh(preset: Preset) -> Self {
        Self::of(cluster(preset), false)
    }

    /// Hosts on which everything is as it must be.
    pub fn settled(preset: Preset) -> Self {
        Self::of(cluster(preset), true)
    }

    /// Hosts of this cluster, just installed or as they must be.
    pub fn of(cluster: Cluster, settled: bool) -> Self {
        let facts: BTreeMap<_, _> =
            cluster.hosts.iter().map(|h| (h.name.clone(), facts(&cluster, h, settled))).collect();
        let observed = observed(&cluster, &facts, settled);
        Self { cluster, facts, observed, absent: BTreeMap::new(), settled, recover_with: None }
    }

    /// A host that was not reached.
    pub fn without(mut self, host: &str) -> Self {
        let host = HostName::from(host);
        self.facts.remove(&host);
        self.observed.remove(&host);
        self.absent.insert(host, Note::new("ssh-timeout"));
        // Another host may be asked now about what exists once per cluster, or none.
        for (host, mut now) in observed(&self.cluster, &self.facts, self.settled) {
            let list = self.observed.entry(host).or_default();
            for observed in &mut now {
                if let Some(before) = list.iter().find(|o| o.key == observed.key) {
                    observed.clone_from(before);
                }
            }
            *list = now;
        }
        self
    }

    /// One thing that is otherwise.
    pub fn with(mut self, host: &str, key: &str, difference: Difference) -> Self {
        let list = self.observed.get_mut(&HostName::from(host)).unwrap();
        list.iter_mut().find(|o| o.key == key).unwrap_or_else(|| panic!("{host} has no {key}")).difference = difference;
        self
    }

    /// An answer to a look.
    pub fn looking(mut self, host: &str, look: &Look, looked: Looked) -> Self {
        self.facts.get_mut(&HostName::from(host)).unwrap().looks.insert(look.key(), looked);
        self
    }

    /// The plan, which must be free of flaws.
    pub fn plan(&self) -> Plan {
        let seen = Observations {
            facts: &self.facts,
            observed: &self.observed,
            absent: &self.absent,
            recover_with: self.recover_with.as_ref(),
        };
        let plan = plan(&self.cluster, seen);
        assert_eq!(check::check(&plan), []);
        plan
    }

    /// The plan, a line per step.
    pub fn lines(&self) -> Vec<String> {
        self.plan().steps.iter().map(line).collect()
    }
}

/// A step: what it does, what it needs, and why it cannot be done now.
pub fn line(step: &planner::Step) -> String {
    let mut line = format!("{}:", step.id);
    for change in &step.changes {
        line += &format!(" {:?} {}", change.kind, change.key);
        line += if change.drift { " (drift)" } else { "" };
    }
    for resource in &step.resources {
        if resource.is_act() {
            line += &format!(" [{}]", resource.key());
        }
    }
    if !step.needs.is_empty() {
        line += &format!(" <- {}", step.needs.join(", "));
    }
    if let Some(note) = &step.blocked {
        line += &format!(" ! {note}");
    }
    line
}

/// How everything that is wanted compares.
fn observed(cluster: &Cluster, facts: &BTreeMap<HostName, Facts>, settled: bool) -> BTreeMap<HostName, Vec<Observed>> {
    let observe = |resource: &Resource| Observed {
        key: resource.key(),
        difference: if settled { Difference::None } else { unmade(resource) },
        drift: settled,
    };
    let wanted = desired::per_host(&desired::parts(cluster, facts, None));
    wanted.into_iter().map(|(host, list)| (host, list.iter().map(observe).collect())).collect()
}

fn facts(cluster: &Cluster, host: &Host, settled: bool) -> Facts {
    let looks = desired::looks(cluster, host).into_iter().map(|look| {
        let looked = match &look {
            Look::Unit(_) => Looked::Unit(UnitFacts { exists: settled, enabled: settled, active: String::new() }),
            Look::Exists(_) => Looked::Exists(settled),
            Look::Galera => Looked::Galera(if settled { primary() } else { GaleraPosition::default() }),
            Look::Replication => {
                Looked::Replication(Box::new(if settled { follower(host, "node1") } else { ReplicaFacts::default() }))
            }
            Look::EtcdMembers { .. } => Looked::EtcdMembers(Err("nobody answers".to_owned())),
            other => panic!("what does a host answer to {other:?}?"),
        };
        (look.key(), looked)
    });
    Facts {
        interfaces: vec![Interface { name: "ens3".to_owned(), addresses: vec![(host.address, 24)] }],
        looks: looks.collect(),
        ..Facts::default()
    }
}

fn primary() -> GaleraPosition {
    GaleraPosition {
        running: true,
        unit_active: true,
        primary: true,
        cluster_size: 3,
        uuid: Some(UUID.to_owned()),
        seqno: Some(7),
        initialised: true,
        formed: true,
        ..GaleraPosition::default()
    }
}

/// A member of a replicated database whose primary this is.
pub fn follower(host: &Host, primary: &str) -> ReplicaFacts {
    let standing = if host.name.as_str() == primary { Standing::Primary } else { Standing::Following };
    let agent = Status {
        host: host.name.to_string(),
        standing,
        coordinated: true,
        leader: Some(primary.to_owned()),
        record: Some(Kept { epoch: 7, primary: primary.to_owned(), sync: vec!["node2".to_owned()] }),
        ..Status::default()
    };
    ReplicaFacts { data: true, foreign_schemas: vec!["platform".to_owned()], agent: Some(agent) }
}

/// A stopped member of Galera at this position.
pub fn was_at(seqno: i64) -> Looked {
    let stopped = GaleraPosition { running: false, unit_active: false, primary: false, ..primary() };
    Looked::Galera(GaleraPosition { seqno: Some(seqno), cluster_size: 0, ..stopped })
}

/// How a resource compares on a host that has nothing of it.
fn unmade(resource: &Resource) -> Difference {
    match resource {
        Resource::Unit { enabled: false, active: false, .. } => Difference::None,
        Resource::Sysctl { .. } => changed("value", "0", "1"),
        Resource::SqlSchema { .. } | Resource::SqlAccount { .. } | Resource::SqlWriterTable => {
            Difference::Unknown("no server".to_owned())
        }
        _ => Difference::Missing,
    }
}

/// One aspect that differs.
pub fn changed(aspect: &str, before: &str, after: &str) -> Difference {
    Difference::Differs(vec![Change { aspect: aspect.to_owned(), before: before.to_owned(), after: after.to_owned() }])
}

/// A file that somebody edited.
pub fn edited() -> Difference {
    changed("content", "by hand\n", "as it must be\n")
}

/// A unit that runs with an older configuration.
pub fn owes(effect: &str) -> Difference {
    changed("owes", effect, "")
}

/// A unit that somebody stopped.
pub fn stopped() -> Difference {
    changed("active", "inactive", "active")
}

/// What the probes say on every host when all is well; the first candidate holds each virtual IP.
pub fn well(cluster: &Cluster) -> BTreeMap<HostName, Vec<ProbeReport>> {
    let holder = |address: &std::net::IpAddr, host: &Host| {
        cluster.vips().any(|(_, vip)| vip.address == *address && vip.candidates.first() == Some(&host.name))
    };
    let report = |probe: wire::Probe, host: &Host| {
        let mut readings = BTreeMap::new();
        if let ProbeKind::Holds { address } = &probe.kind {
            readings.insert("holds".to_owned(), if holder(address, host) { "yes" } else { "no" }.to_owned());
        }
        ProbeReport { component: probe.component, name: probe.name, ok: true, note: None, readings, took_ms: 3 }
    };
    let reports = |host: &Host| planner::health::probes(cluster, host).into_iter().map(|p| report(p, host)).collect();
    cluster.hosts.iter().map(|h| (h.name.clone(), reports(h))).collect()
}
