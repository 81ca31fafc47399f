//! The questions that every component answers.

use std::collections::BTreeMap;

use model::{Cluster, Host, HostName};
use wire::{Facts, Fault, Look, Looked, Note, Probe, ProbeReport, Resource};

use crate::rule::{Capability, Rule};

/// Where a question is asked: one host of a cluster, as observed.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub cluster: &'a Cluster,
    pub host: &'a Host,
    pub facts: &'a Facts,
}

impl At<'_> {
    /// The interface that carries the host's address; what a VIP is put on.
    pub fn interface(&self) -> Option<&str> {
        self.facts
            .interfaces
            .iter()
            .find(|i| i.addresses.iter().any(|(a, _)| *a == self.host.address))
            .map(|i| i.name.as_str())
    }
}

/// All hosts as observed. A host that is missing from `facts` was not reached.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub cluster: &'a Cluster,
    pub facts: &'a BTreeMap<HostName, Facts>,
    /// The member whose data shall count after a full outage, by the operator's word, whatever the others have.
    pub recover_with: Option<&'a HostName>,
}

impl<'a> View<'a> {
    /// What a look on a host saw.
    pub fn looked(&self, host: &HostName, look: &Look) -> Option<&'a Looked> {
        self.facts.get(host).and_then(|f| f.looks.get(&look.key()))
    }

    /// Whether an engine of ours has come up on a host before, whatever it does now.
    pub fn came_up(&self, host: &HostName, unit: &str) -> bool {
        self.facts.get(host).is_some_and(|f| f.came_up.iter().any(|u| u == unit))
    }

    /// Hosts of the list that were not reached.
    pub fn absent<'h>(&self, hosts: &[&'h Host]) -> Vec<&'h Host> {
        hosts.iter().copied().filter(|h| !self.facts.contains_key(&h.name)).collect()
    }
}

/// How a member comes into its group.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// As the unit's own configuration says.
    Plain,
    /// With one-shot flags, after the members named have started.
    With { flags: Vec<Resource>, after: Vec<HostName> },
    /// Only these acts now; the start is decided anew after them.
    Clear(Vec<Resource>),
    /// Not now: the reason.
    Refused(Note),
}

/// How the members of a group come, decided from what was observed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Membership {
    pub starts: BTreeMap<HostName, Start>,
    /// The member that is disturbed after all others: to disturb it costs more.
    pub last: Option<HostName>,
}

/// State that exists once per cluster, inside an engine, and is made through one of its hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct Once {
    pub through: HostName,
    pub resources: Vec<Resource>,
}

/// How many hosts may be disturbed at once, and what a restart takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// Nothing runs that a change could disturb.
    Still,
    /// Changes are taken up one host after another; each is seen to work before the next.
    OneByOne,
}

/// A reading that should wake somebody although every member still works, or would hide that it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Unique in its component, such as `receive-queue`; the words for the operator are under `watch-<component>-<name>`.
    pub name: &'static str,
    /// When it fires, in PromQL over what the agents export.
    pub expression: String,
    /// Seconds that it must last.
    pub hold_s: u64,
}

/// Who brings a component to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployable {
    /// This version of Quorate.
    Now,
    /// A later version: the file may ask for it and the rules know it, but `apply` cannot bring it about yet.
    Later,
    /// Another installer, on these same hosts: relied upon, never deployed.
    Elsewhere,
}

/// One engine, or one piece of a host's configuration, that Quorate deploys.
///
/// All answers are pure functions: the same file and the same observations give the same answers.
pub trait Component: Sync {
    /// The identifier in steps, probes and rules.
    fn id(&self) -> &'static str;

    /// The hosts that it runs on; empty when the file has no use for it.
    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host>;

    /// Who brings it to a host of [`Self::hosts`].
    fn deployable(&self, cluster: &Cluster, host: &Host) -> Deployable {
        let _ = (cluster, host);
        Deployable::Now
    }

    /// What must be known of a host before the other questions can be answered.
    fn looks(&self, cluster: &Cluster, host: &Host) -> Vec<Look> {
        let _ = (cluster, host);
        Vec::new()
    }

    /// What the host must look like; units last. Nothing, where somebody else deploys it or nobody yet.
    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let _ = at;
        Vec::new()
    }

    /// Components whose work on the same host comes before this one starts running.
    fn after(&self) -> &'static [&'static str] {
        &[]
    }

    /// Components whose work on every host comes before this one starts running.
    fn after_everywhere(&self) -> &'static [&'static str] {
        &[]
    }

    /// Components that are configured on the same host before this one starts running, although they run after it.
    fn after_configuring(&self) -> &'static [&'static str] {
        &[]
    }

    /// How members come, where that cannot be read from the file.
    fn membership(&self, view: View<'_>) -> Membership {
        let _ = view;
        Membership::default()
    }

    /// State inside the engine, made once for the cluster.
    fn once(&self, view: View<'_>) -> Option<Once> {
        let _ = view;
        None
    }

    /// How changes that disturb it are rolled out.
    fn rollout(&self) -> Rollout {
        Rollout::Still
    }

    /// What it contributes to the rules of capabilities.
    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let _ = cluster;
        Vec::new()
    }

    /// Which capabilities (the first of each pair) also need all that another one needs.
    fn rests_on(&self, cluster: &Cluster) -> Vec<(Capability, Capability)> {
        let _ = cluster;
        Vec::new()
    }

    /// How it fails on a host by itself: for as long as one of these lasts, its leaf of the rules does not hold there. A
    /// killed unit lasts until its service manager has started it again.
    fn failures(&self, cluster: &Cluster, host: &Host) -> Vec<Fault> {
        let _ = (cluster, host);
        Vec::new()
    }

    /// How one sees that it works on a host.
    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let _ = (cluster, host);
        Vec::new()
    }

    /// What must be seen on a host before a step that starts or changes the component counts as done: what the
    /// component can do by itself, where its probes also depend on others.
    fn awaits(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        self.probes(cluster, host)
    }

    /// What only the reports of all hosts together show, as a remark on one of them. Reports of every reached host.
    fn together(&self, cluster: &Cluster, reports: &BTreeMap<HostName, Vec<ProbeReport>>) -> Vec<(HostName, Note)> {
        let _ = (cluster, reports);
        Vec::new()
    }

    /// Readings to be woken by, beside the number of members that work.
    fn watches(&self, cluster: &Cluster) -> Vec<Watch> {
        let _ = cluster;
        Vec::new()
    }

    /// TCP ports that it listens on, on a host.
    fn ports(&self, cluster: &Cluster, host: &Host) -> Vec<u16> {
        let _ = (cluster, host);
        Vec::new()
    }
}

/// The failures of an engine that is one unit, with its data in a directory.
pub(crate) fn unit_failures(unit: &str, data: Option<&str>) -> Vec<Fault> {
    let unit = || unit.to_owned();
    let mut failures = vec![Fault::Stop { unit: unit() }, Fault::Kill { unit: unit() }, Fault::Freeze { unit: unit() }];
    failures.extend(data.map(|directory| Fault::Fill { directory: directory.into() }));
    failures
}
