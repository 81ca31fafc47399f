//! What works and what more may fail: the components' rules over what the probes saw.

use std::collections::BTreeMap;

use components::{Capability, Losses, Rule};
use model::{Cluster, HostName};
use serde::Serialize;
use wire::{Note, ProbeReport};

/// How many further losses are looked for; more than this is "many".
const MARGIN_LIMIT: usize = 4;

/// What was seen of a cluster at one moment.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub cluster: &'a Cluster,
    /// Reports of every reached host.
    pub reports: &'a BTreeMap<HostName, Vec<ProbeReport>>,
    /// Why the others were not reached.
    pub absent: &'a BTreeMap<HostName, Note>,
}

impl Seen<'_> {
    /// Whether a component works on a host: it was reached, and every probe of the component there was well. Of what
    /// nobody looks at, such as what another installer brought, no more can be said than that its host is there.
    pub fn up(&self, component: &str, host: &HostName) -> bool {
        self.reports.get(host).is_some_and(|reports| {
            let mut of_component = reports.iter().filter(|r| r.component == component).peekable();
            match of_component.peek() {
                Some(_) => of_component.all(|r| r.ok),
                None => !self.watched(component, host),
            }
        })
    }

    /// Whether something outside works: where it is looked at, any host that sees it work; of the rest nothing is known.
    fn outside(&self, what: &str) -> bool {
        let mut watched = components::watched_outside(self.cluster).into_iter().filter(|(event, _)| event == what);
        watched.all(|(_, id)| {
            let hosts = components::by_id(id).map(|c| c.hosts(self.cluster)).unwrap_or_default();
            hosts.iter().any(|h| self.up(id, &h.name))
        })
    }

    /// Whether a component has probes on a host.
    fn watched(&self, component: &str, host: &HostName) -> bool {
        let host = self.cluster.host(host);
        match (components::of_leaf(component), host) {
            (Some(component), Some(host)) => !component.probes(self.cluster, host).is_empty(),
            _ => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Healthy,
    /// It works, with less margin than the file provides.
    Degraded,
    Lost,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub cluster: String,
    pub state: State,
    pub capabilities: Vec<CapabilityHealth>,
    pub components: Vec<ComponentHealth>,
    pub hosts: Vec<HostHealth>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityHealth {
    pub capability: Capability,
    pub state: State,
    /// Further host losses of the worst kind that it survives now; `None` when lost.
    pub margin: Option<usize>,
    /// The margin when everything is up.
    pub full_margin: Option<usize>,
    pub notes: Vec<Note>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentHealth {
    pub component: String,
    pub healthy: usize,
    pub total: usize,
    pub notes: Vec<(HostName, Note)>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostHealth {
    pub host: HostName,
    pub address: String,
    pub roles: Vec<model::Role>,
    pub reached: bool,
    pub state: State,
    pub notes: Vec<Note>,
}

impl Health {
    /// Whether a run that has ended need not wait any longer: all is well, but for what no step waits for, such as the last
    /// backup, which stays as it is until somebody makes another.
    pub fn settled(&self, cluster: &Cluster) -> bool {
        let stays = |c: &ComponentHealth| {
            components::by_id(&c.component)
                .is_some_and(|k| k.hosts(cluster).iter().all(|h| k.awaits(cluster, h).is_empty()))
        };
        self.hosts.iter().all(|h| h.reached)
            && self.capabilities.iter().all(|c| c.state == State::Healthy)
            && self.components.iter().all(|c| (c.healthy == c.total && c.notes.is_empty()) || stays(c))
    }
}

/// Puts everything together.
pub fn health(seen: Seen<'_>) -> Health {
    // Of what rests on no host of the cluster nothing was seen, unless somebody looks at it from here.
    let watched = components::watched_outside(seen.cluster);
    let seen_of = |rule: &Rule| {
        !rule.leaves().is_empty() || rule.outside().iter().any(|what| watched.iter().any(|(w, _)| w == what))
    };
    let rules = components::capabilities(seen.cluster).into_iter().filter(|(_, rule)| seen_of(rule));
    let capabilities: Vec<_> = rules.map(|(c, rule)| capability(seen, c, &rule)).collect();
    let components = components::all()
        .iter()
        .filter_map(|component| {
            let together = component.together(seen.cluster, seen.reports);
            let hosts = component.hosts(seen.cluster);
            let probed: Vec<_> = hosts.iter().filter(|h| !component.probes(seen.cluster, h).is_empty()).collect();
            (!probed.is_empty()).then(|| ComponentHealth {
                component: component.id().to_owned(),
                healthy: probed.iter().filter(|h| seen.up(component.id(), &h.name)).count(),
                total: probed.len(),
                notes: probed.iter().flat_map(|h| notes_of(seen, component.id(), &h.name)).chain(together).collect(),
            })
        })
        .collect::<Vec<_>>();
    let hosts: Vec<_> = seen.cluster.hosts.iter().map(|host| host_health(seen, host, &components)).collect();
    let worst = capabilities.iter().map(|c| c.state).max().unwrap_or(State::Healthy);
    let any_wrong = hosts.iter().any(|h| h.state != State::Healthy);
    let state = if worst == State::Healthy && any_wrong { State::Degraded } else { worst };
    Health { cluster: seen.cluster.name.clone(), state, capabilities, components, hosts }
}

fn capability(seen: Seen<'_>, capability: Capability, rule: &Rule) -> CapabilityHealth {
    let hosts: Vec<HostName> = seen.cluster.hosts.iter().map(|h| h.name.clone()).collect();
    let up = |c: &str, h: &HostName| seen.up(c, h);
    let settled = rule.as_settled(&up);
    let now = survival::margin(&settled, &hosts, Losses::AtOnce, &up, MARGIN_LIMIT);
    let full = survival::margin(rule, &hosts, Losses::AtOnce, &|_, _| true, MARGIN_LIMIT);
    let mut notes = Vec::new();
    let outside = |what: &str| seen.outside(what);
    let mut works = now.works && settled.holds_with(Losses::AtOnce, &up, &outside);
    let lost = rule.outside().into_iter().filter(|what| !outside(what));
    notes.extend(lost.map(|what| Note::new("outside-lost").with("what", what)));
    for (name, holders, answered) in endpoints(seen, capability) {
        if holders.len() > 1 {
            notes.push(Note::new("vip-several-holders").with("endpoint", &name).with("hosts", holders.join(", ")));
        }
        if holders.is_empty() {
            works = false;
            notes.push(Note::new("vip-no-holder").with("endpoint", &name));
        } else if !answered {
            works = false;
            notes.push(Note::new("endpoint-silent").with("endpoint", &name).with("holder", holders.join(", ")));
        }
    }
    let margin = works.then_some(now.survives.unwrap_or(MARGIN_LIMIT));
    let full_margin = full.works.then_some(full.survives.unwrap_or(MARGIN_LIMIT));
    let state = match (works, margin < full_margin || !notes.is_empty()) {
        (false, _) => State::Lost,
        (true, true) => State::Degraded,
        (true, false) => State::Healthy,
    };
    CapabilityHealth { capability, state, margin, full_margin, notes }
}

/// The virtual IPs in front of a capability and of what it rests on: who holds each, and whether anybody got an answer
/// through it.
fn endpoints(seen: Seen<'_>, capability: Capability) -> Vec<(String, Vec<String>, bool)> {
    let foundation = components::foundation(seen.cluster, capability);
    seen.cluster
        .vips()
        .filter(|(endpoint, _)| foundation.contains(&components::behind(endpoint)))
        .map(|(endpoint, _)| {
            let report = |name: &str, well: &dyn Fn(&ProbeReport) -> bool| -> Vec<String> {
                seen.reports
                    .iter()
                    .filter(|(_, reports)| reports.iter().any(|r| r.name == name && well(r)))
                    .map(|(host, _)| host.to_string())
                    .collect()
            };
            let holders =
                report(&format!("holds-{}", endpoint.name), &|r| r.readings.get("holds").is_some_and(|h| h == "yes"));
            let answered = !report(&format!("reach-{}", endpoint.name), &|r| r.ok).is_empty();
            (endpoint.name.clone(), holders, answered)
        })
        .collect()
}

fn notes_of(seen: Seen<'_>, component: &str, host: &HostName) -> Vec<(HostName, Note)> {
    let reports = seen.reports.get(host).map(Vec::as_slice).unwrap_or_default();
    reports
        .iter()
        .filter(|r| r.component == component)
        .filter_map(|r| r.note.clone())
        .map(|note| (host.clone(), note))
        .collect()
}

fn host_health(seen: Seen<'_>, host: &model::Host, components: &[ComponentHealth]) -> HostHealth {
    let reached = seen.reports.contains_key(&host.name);
    let mut notes: Vec<Note> = seen.absent.get(&host.name).cloned().into_iter().collect();
    notes.extend(components.iter().flat_map(|c| &c.notes).filter(|(h, _)| *h == host.name).map(|(_, n)| n.clone()));
    let failing = components.iter().any(|c| {
        let runs_here =
            components::by_id(&c.component).is_some_and(|k| k.hosts(seen.cluster).iter().any(|h| h.name == host.name));
        runs_here && !seen.up(&c.component, &host.name)
    });
    let state = match (reached, failing || !notes.is_empty()) {
        (false, _) => State::Lost,
        (true, true) => State::Degraded,
        (true, false) => State::Healthy,
    };
    HostHealth {
        host: host.name.clone(),
        address: host.address.to_string(),
        roles: host.roles.iter().copied().collect(),
        reached,
        state,
        notes,
    }
}

/// Every probe of a host, as its components define them.
pub fn probes(cluster: &Cluster, host: &model::Host) -> Vec<wire::Probe> {
    components::all()
        .iter()
        .filter(|c| c.hosts(cluster).iter().any(|h| h.name == host.name))
        .flat_map(|c| c.probes(cluster, host))
        .collect()
}
