//! What a drill breaks: one or more strikes in the same moment, and which losses of the fault tree they stand for.

use components::Capability;
use model::{Cluster, Host, HostName};
use serde::{Deserialize, Serialize};
use survival::Loss;
use wire::Fault;
use wire::fault::{Cut, Direction};

/// One blow against one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Strike {
    pub host: HostName,
    pub how: How,
}

/// Where a strike comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// The host is switched off from outside: test hosts only.
    Kill,
    /// The host stands still: test hosts only.
    Pause,
    /// By the host's own helper.
    Fault(Fault),
}

/// What is tried, before anybody says how it will end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// As an operator would write it after `--fault`.
    pub name: String,
    pub strikes: Vec<Strike>,
    /// The basic events that happen; none for a fault that the host's own service manager repairs in a moment.
    pub losses: Vec<Loss>,
    /// A link that is cut between two groups.
    #[serde(default)]
    pub partition: Option<Partition>,
}

/// A cut between two groups of hosts. The clients are with the far one, and so is the operator's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    pub near: Vec<HostName>,
    pub far: Vec<HostName>,
}

/// What a drill may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Means {
    /// The hosts are test hosts on this machine: they can be killed and paused from outside.
    pub lab: bool,
    /// Hosts may be reset.
    pub power: bool,
}

impl Trial {
    /// The loss of whole hosts in the same moment, by the hardest means there are.
    pub fn of_hosts(cluster: &Cluster, hosts: &[HostName], means: Means) -> Self {
        let (verb, how): (_, fn() -> How) = match means {
            Means { lab: true, .. } => ("kill", || How::Kill),
            Means { power: true, .. } => ("reset", || How::Fault(Fault::Reset)),
            _ => ("cut", || cut(Direction::Both)),
        };
        let names: Vec<_> = cluster.hosts.iter().map(|h| &h.name).filter(|h| hosts.contains(h)).collect();
        Self {
            name: names.iter().map(|h| format!("{verb} host {h}")).collect::<Vec<_>>().join(" + "),
            strikes: names.iter().map(|h| Strike { host: (*h).clone(), how: how() }).collect(),
            losses: names.iter().map(|h| Loss::Host((*h).clone())).collect(),
            partition: None,
        }
    }

    /// The loss of one component on one host; `None` where nothing of it can be broken.
    pub fn of_component(cluster: &Cluster, component: &str, host: &Host) -> Option<Self> {
        let failures = components::by_id(component)?.failures(cluster, host);
        Some(Self::of_fault(component, host, failures.into_iter().next()?))
    }

    fn of_fault(component: &str, host: &Host, fault: Fault) -> Self {
        let (verb, momentary) = match &fault {
            Fault::Kill { .. } => ("kill", true),
            Fault::Freeze { .. } => ("freeze", false),
            Fault::Stop { .. } => ("stop", false),
            Fault::Fill { .. } => ("fill", false),
            Fault::Cut(_) => ("cut", false),
            Fault::Reset => ("reset", false),
        };
        let loss = Loss::Component { component: component.to_owned(), host: host.name.clone() };
        Self {
            name: format!("{verb} {component} {}", host.name),
            strikes: vec![Strike { host: host.name.clone(), how: How::Fault(fault) }],
            losses: if momentary { vec![] } else { vec![loss] },
            partition: None,
        }
    }

    /// Both at once.
    fn and(mut self, other: Self) -> Self {
        self.name = format!("{} + {}", self.name, other.name);
        self.strikes.extend(other.strikes);
        self.losses.extend(other.losses);
        self.partition = self.partition.or(other.partition);
        self
    }

    /// The hosts that send and hear nobody any more.
    pub fn deaf(&self) -> impl Iterator<Item = &HostName> {
        let deaf = |s: &&Strike| match &s.how {
            How::Fault(Fault::Cut(cut)) => cut.direction == Direction::In && cut.from.is_empty(),
            _ => false,
        };
        self.strikes.iter().filter(deaf).map(|s| &s.host)
    }

    /// What stands still or hears nothing, and then goes on with what it knew: whole hosts, or units on them.
    pub fn going_on(&self) -> impl Iterator<Item = (&HostName, Option<&str>)> {
        let sides = self.partition.iter().flat_map(|p| p.near.iter().chain(&p.far));
        let struck = self.strikes.iter().filter_map(|s| match &s.how {
            How::Pause | How::Fault(Fault::Cut(_)) => Some((&s.host, None)),
            How::Fault(Fault::Freeze { unit }) => Some((&s.host, Some(unit.as_str()))),
            _ => None,
        });
        struck.chain(sides.map(|host| (host, None)))
    }

    /// Whether some host falls silent or stands still with a virtual IP that it may still believe to hold.
    pub fn may_double_holders(&self) -> bool {
        let holds = |unit: &str| unit.starts_with("keepalived");
        let silent = |s: &Strike| match &s.how {
            How::Pause | How::Fault(Fault::Cut(_)) => true,
            How::Fault(Fault::Freeze { unit }) => holds(unit),
            _ => false,
        };
        self.partition.is_some() || self.strikes.iter().any(silent)
    }
}

/// No packets between a host and anybody.
fn cut(direction: Direction) -> How {
    // Whose connection is spared is known only when it stands.
    How::Fault(Fault::Cut(Cut { from: vec![], direction, except_ssh_of: None }))
}

/// Why a fault could not be understood: what was written, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misunderstood {
    #[error("`{0}` is no fault; write for instance: {EXAMPLES}")]
    Grammar(String),
    #[error("there is no host `{name}` in the file; there are {hosts}")]
    Host { name: String, hosts: String },
    #[error("`{component}` does not run on {host}, or nothing of it can be broken there; there is {running}")]
    Component { component: String, host: String, running: String },
    #[error("{component} on {host} cannot be broken like that: {verb}")]
    Verb { component: String, host: String, verb: String },
    #[error("{0} needs test hosts (--lab): a real host cannot be stopped or switched off from outside")]
    LabOnly(String),
    #[error("`reset host` switches a host off hard; say --allow-power if that is wanted")]
    Power,
    #[error("{0} cannot be cut from itself; name it on one side alone")]
    Itself(String),
    #[error("only one cut between groups of hosts can be made at a time; `cut host` cuts one off from everybody")]
    TwoCuts,
    #[error("{0} is struck twice, and the first blow leaves nothing of it to break; leave one of them out")]
    Twice(String),
}

const EXAMPLES: &str = "kill host node2, pause host node2, cut host node2 [in|out], cut node1 from node2,node3, \
                        reset host node2, stop etcd node2, kill galera node2, freeze vip node1, fill galera node3; \
                        several at once with +";

/// Reads a fault as an operator writes it.
///
/// # Errors
/// What cannot be understood, names what the file does not have, or needs means that are not there.
pub fn parse(text: &str, cluster: &Cluster, means: Means) -> Result<Trial, Misunderstood> {
    let mut parts = text.split('+').map(|part| parse_one(part.trim(), cluster, means));
    let first = parts.next().ok_or_else(|| Misunderstood::Grammar(text.to_owned()))??;
    let trial = parts.try_fold(first, |trial, part| {
        let part = part?;
        // Both would be counted as losses, and one be made.
        if trial.partition.is_some() && part.partition.is_some() {
            return Err(Misunderstood::TwoCuts);
        }
        Ok(trial.and(part))
    })?;
    let total = |how: &How| matches!(how, How::Kill | How::Pause | How::Fault(Fault::Reset));
    for (place, one) in trial.strikes.iter().enumerate() {
        let mut others = trial.strikes[..place].iter().filter(|s| s.host == one.host);
        if others.any(|other| other == one || total(&one.how) || total(&other.how)) {
            return Err(Misunderstood::Twice(one.host.to_string()));
        }
    }
    Ok(trial)
}

fn parse_one(text: &str, cluster: &Cluster, means: Means) -> Result<Trial, Misunderstood> {
    let host = |name: &str| {
        cluster.host(&name.into()).ok_or_else(|| Misunderstood::Host {
            name: name.to_owned(),
            hosts: cluster.hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [verb @ ("kill" | "pause"), "host", name] => {
            let how = if *verb == "kill" { How::Kill } else { How::Pause };
            if !means.lab {
                return Err(Misunderstood::LabOnly((*verb).to_owned() + " host"));
            }
            Ok(whole_host(text, host(name)?, how))
        }
        ["reset", "host", name] if means.power => Ok(whole_host(text, host(name)?, How::Fault(Fault::Reset))),
        ["reset", "host", _] => Err(Misunderstood::Power),
        ["cut", "host", name, rest @ ..] => {
            let direction = match rest {
                [] => Direction::Both,
                ["in"] => Direction::In,
                ["out"] => Direction::Out,
                _ => return Err(Misunderstood::Grammar(text.to_owned())),
            };
            Ok(whole_host(text, host(name)?, cut(direction)))
        }
        ["cut", near, "from", far] => {
            let list = |names: &str| names.split(',').map(host).collect::<Result<Vec<&Host>, _>>();
            let (near, far) = (list(near)?, list(far)?);
            match near.iter().find(|n| far.iter().any(|f| f.name == n.name)) {
                Some(both) => Err(Misunderstood::Itself(both.name.to_string())),
                None => Ok(between(text, &near, &far)),
            }
        }
        // Other verbs mean components.
        [_, "host", _] => Err(Misunderstood::Grammar(text.to_owned())),
        [verb, component, name] => {
            let host = host(name)?;
            component_fault(verb, component, cluster, host)
        }
        _ => Err(Misunderstood::Grammar(text.to_owned())),
    }
}

fn whole_host(name: &str, host: &Host, how: How) -> Trial {
    Trial {
        name: name.to_owned(),
        strikes: vec![Strike { host: host.name.clone(), how }],
        losses: vec![Loss::Host(host.name.clone())],
        partition: None,
    }
}

/// What the near group does is lost to everybody else.
fn between(name: &str, near: &[&Host], far: &[&Host]) -> Trial {
    let names = |of: &[&Host]| of.iter().map(|h| h.name.clone()).collect();
    Trial {
        name: name.to_owned(),
        strikes: vec![],
        losses: near.iter().map(|h| Loss::Host(h.name.clone())).collect(),
        partition: Some(Partition { near: names(near), far: names(far) }),
    }
}

fn component_fault(verb: &str, component: &str, cluster: &Cluster, host: &Host) -> Result<Trial, Misunderstood> {
    let failures = |id: &str| {
        let runs = components::by_id(id).filter(|c| c.hosts(cluster).iter().any(|h| h.name == host.name));
        runs.map(|c| c.failures(cluster, host)).unwrap_or_default()
    };
    let known = failures(component);
    if known.is_empty() {
        let running: Vec<_> = components::all().iter().map(|c| c.id()).filter(|id| !failures(id).is_empty()).collect();
        return Err(Misunderstood::Component {
            component: component.to_owned(),
            host: host.name.to_string(),
            running: running.join(", "),
        });
    }
    let fault = known.into_iter().find(|fault| {
        matches!(
            (verb, fault),
            ("kill", Fault::Kill { .. })
                | ("freeze", Fault::Freeze { .. })
                | ("stop", Fault::Stop { .. })
                | ("fill", Fault::Fill { .. })
        )
    });
    let wrong =
        || Misunderstood::Verb { component: component.to_owned(), host: host.name.to_string(), verb: verb.to_owned() };
    fault.map(|fault| Trial::of_fault(component, host, fault)).ok_or_else(wrong)
}

/// The trials of a drill: every loss of order one, whether it is survived or not; with order two, every pair of hosts
/// as well.
pub fn trials(cluster: &Cluster, order: usize, with_components: bool, means: Means) -> Vec<Trial> {
    let hosts: Vec<&HostName> = cluster.hosts.iter().map(|h| &h.name).collect();
    let mut trials: Vec<Trial> =
        hosts.iter().map(|h| Trial::of_hosts(cluster, std::slice::from_ref(*h), means)).collect();
    if with_components {
        for component in components::all() {
            trials.extend(
                component.hosts(cluster).into_iter().filter_map(|h| Trial::of_component(cluster, component.id(), h)),
            );
        }
    }
    if order >= 2 {
        for (place, first) in hosts.iter().enumerate() {
            for second in &hosts[place + 1..] {
                let pair = [(*first).clone(), (*second).clone()];
                trials.push(Trial::of_hosts(cluster, &pair, means));
            }
        }
    }
    trials
}

/// The capabilities that the workload can exercise.
pub const EXERCISED: [Capability; 3] = [Capability::Coordination, Capability::Database, Capability::Ingress];
