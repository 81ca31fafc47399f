//! Desired and observed in, steps out.

use std::collections::BTreeMap;

use components::{Membership, Rollout, Start, View};
use model::{Cluster, HostName};
use wire::{Difference, Facts, Note, Observed, Resource, UnitEffect};

use crate::desired::{Part, parts};
use crate::plan::{ChangeKind, Plan, PlannedChange, Stage, Step};

/// Seconds: installing packages over a slow line.
const CONFIGURE_LIMIT: u64 = 1200;
/// Seconds: starting a unit and seeing it work; a database may first copy everything from another member.
const RUN_LIMIT: u64 = 180;
/// Seconds: all members of a database cluster finding each other. It takes one or two; a member lost on the way keeps
/// the others waiting, and the run's next pass tries again.
const GALERA_FORM_LIMIT: u64 = 45;
/// Seconds: a member that copies everything from another before it works.
const COPY_LIMIT: u64 = 3600;
/// Seconds: statements inside a running engine.
const ONCE_LIMIT: u64 = 60;

/// Everything that was observed.
#[derive(Clone, Copy)]
pub struct Observations<'a> {
    pub facts: &'a BTreeMap<HostName, Facts>,
    /// Per reached host, one entry per resource of [`crate::desired::per_host`].
    pub observed: &'a BTreeMap<HostName, Vec<Observed>>,
    pub absent: &'a BTreeMap<HostName, Note>,
    /// The database member whose data shall count after a full outage, by the operator's word.
    pub recover_with: Option<&'a HostName>,
}

/// Plans what brings the reached hosts to the file.
pub fn plan(cluster: &Cluster, seen: Observations<'_>) -> Plan {
    let parts = parts(cluster, seen.facts, seen.recover_with);
    let mut steps: Vec<Step> = Vec::new();
    let mut memberships: BTreeMap<&str, Membership> = BTreeMap::new();
    for part in &parts {
        let id = part.component.id();
        let membership = memberships.entry(id).or_insert_with(|| {
            part.component.membership(View { cluster, facts: seen.facts, recover_with: seen.recover_with })
        });
        if part.once {
            steps.extend(once(part, seen));
        } else {
            let configure = configure(part, seen);
            let run = run(cluster, part, seen, configure.as_ref(), membership.starts.get(&part.host));
            steps.extend(configure);
            steps.extend(run);
        }
    }
    connect(&mut steps, &memberships);
    Plan {
        cluster: cluster.name.clone(),
        steps: sorted(steps),
        absent: seen.absent.clone(),
        leftovers: leftovers(&parts, seen.facts),
    }
}

fn difference<'a>(seen: Observations<'a>, host: &HostName, resource: &Resource) -> Option<&'a Observed> {
    let key = resource.key();
    seen.observed.get(host)?.iter().find(|o| o.key == key)
}

fn step(part: &Part, stage: Stage, limit_s: u64) -> Step {
    let component = part.component.id();
    Step {
        id: format!("{component}/{}/{}", part.host, stage.id()),
        number: components::number(component),
        component: component.to_owned(),
        host: part.host.clone(),
        stage,
        resources: vec![],
        changes: vec![],
        needs: vec![],
        awaits: vec![],
        disturbs: false,
        blocked: None,
        limit_s,
    }
}

/// The changes of everything but units.
fn configure(part: &Part, seen: Observations<'_>) -> Option<Step> {
    let mut step = step(part, Stage::Configure, CONFIGURE_LIMIT);
    collect(&mut step, part.resources.iter().filter(|r| !r.is_unit()), &part.host, seen);
    (!step.resources.is_empty()).then_some(step)
}

fn once(part: &Part, seen: Observations<'_>) -> Option<Step> {
    let mut step = step(part, Stage::Once, ONCE_LIMIT);
    collect(&mut step, part.resources.iter(), &part.host, seen);
    (!step.resources.is_empty()).then_some(step)
}

fn collect<'r>(
    step: &mut Step,
    resources: impl Iterator<Item = &'r Resource>,
    host: &HostName,
    seen: Observations<'_>,
) {
    for resource in resources {
        let Some(observed) = difference(seen, host, resource) else { continue };
        let (kind, changes) = match &observed.difference {
            Difference::None => continue,
            Difference::Missing => (ChangeKind::Create, vec![]),
            Difference::Differs(changes) => (ChangeKind::Change, changes.clone()),
            Difference::Unknown(why) => (
                ChangeKind::Change,
                vec![wire::Change { aspect: "unknown".to_owned(), before: why.clone(), after: String::new() }],
            ),
        };
        step.resources.push(resource.clone());
        step.changes.push(PlannedChange { key: observed.key.clone(), kind, changes, drift: observed.drift });
    }
}

/// What happens to units: started, stopped, or made to take up what `configure` changes.
fn run(
    cluster: &Cluster,
    part: &Part,
    seen: Observations<'_>,
    configure: Option<&Step>,
    start: Option<&Start>,
) -> Option<Step> {
    let galera = part.component.id() == "galera";
    let mut step = step(part, Stage::Run, RUN_LIMIT);
    let mut comes_up = false;
    for resource in part.resources.iter().filter(|r| r.is_unit()) {
        let (name, active) = match resource {
            Resource::Unit { name, active, .. } => (name, *active),
            Resource::Piloted { unit, .. } => (unit, true),
            _ => continue,
        };
        let touched = configure
            .into_iter()
            .flat_map(|c| &c.resources)
            .flat_map(Resource::touches)
            .filter(|t| t.unit == *name)
            .map(|t| t.effect)
            .max();
        let observed = difference(seen, &part.host, resource);
        let (mut kind, changes, drift) = match observed.map(|o| (&o.difference, o.drift)) {
            Some((Difference::Differs(changes), drift)) => (Some(unit_change(changes)), changes.clone(), drift),
            Some((Difference::Missing, drift)) => {
                (Some(if active { ChangeKind::Start } else { ChangeKind::Stop }), vec![], drift)
            }
            Some((Difference::Unknown(_), drift)) => (Some(ChangeKind::Change), vec![], drift),
            Some((Difference::None, _)) | None => (None, vec![], false),
        };
        if active && matches!(kind, None | Some(ChangeKind::Enable | ChangeKind::Reload)) {
            // It runs now: what configure changes is taken up by the running unit.
            kind = match touched {
                Some(UnitEffect::Restart) => Some(ChangeKind::Restart),
                Some(UnitEffect::Reload) if kind != Some(ChangeKind::Restart) => Some(ChangeKind::Reload),
                _ => kind,
            };
        }
        let Some(kind) = kind else { continue };
        comes_up |= matches!(kind, ChangeKind::Start | ChangeKind::Restart);
        step.disturbs |= matches!(kind, ChangeKind::Restart | ChangeKind::Stop) && active;
        step.resources.push(resource.clone());
        step.changes.push(PlannedChange { key: resource.key(), kind, changes, drift });
    }
    if step.resources.is_empty() {
        return None;
    }
    // A restart too: where the distribution's package has started the engine with its own configuration, that restart
    // is the member's first start in its group.
    if comes_up {
        match start {
            Some(Start::Refused(note)) => step.blocked = Some(note.clone()),
            Some(Start::With { flags, .. }) => {
                let units = std::mem::take(&mut step.resources);
                step.resources = flags.iter().cloned().chain(units).collect();
                // It serves in no group yet, and founders that wait for each other must not be put in a row.
                step.disturbs = false;
            }
            Some(Start::Clear(acts)) => {
                step.resources.clone_from(acts);
                return Some(step);
            }
            Some(Start::Plain) | None => {}
        }
        if galera && matches!(start, Some(Start::With { .. } | Start::Plain)) && step.blocked.is_none() {
            step.limit_s = if copies(part, seen, start) { COPY_LIMIT } else { GALERA_FORM_LIMIT };
        }
        if part.component.id() == "replication" && matches!(start, Some(Start::Plain)) && has_primary(seen) {
            step.limit_s = COPY_LIMIT;
        }
    }
    if let Some(host) = cluster.host(&part.host) {
        step.awaits = part.component.awaits(cluster, host);
    }
    Some(step)
}

/// Whether a member joins others that serve, now or by then, and so may have to copy all their data. Members that only
/// wait for each other copy nothing: they have each other soon or are stuck.
fn copies(part: &Part, seen: Observations<'_>, start: Option<&Start>) -> bool {
    let look = wire::Look::Galera.key();
    let follows = matches!(start, Some(Start::With { after, .. }) if !after.is_empty());
    follows
        || seen.facts.iter().any(|(host, facts)| {
            let serves = matches!(facts.looks.get(&look), Some(wire::Looked::Galera(p)) if p.primary);
            *host != part.host && serves
        })
}

/// Whether a replicated database has a primary, from which a replica may have to copy everything.
fn has_primary(seen: Observations<'_>) -> bool {
    let look = wire::Look::Replication.key();
    let leader = |facts: &Facts| match facts.looks.get(&look) {
        Some(wire::Looked::Replication(f)) => f.agent.as_ref().and_then(|a| a.leader.clone()),
        _ => None,
    };
    seen.facts.values().any(|f| leader(f).is_some())
}

/// What the differences of a unit amount to.
fn unit_change(changes: &[wire::Change]) -> ChangeKind {
    let of = |aspect: &str| changes.iter().find(|c| c.aspect == aspect);
    if let Some(active) = of("active") {
        return if active.after == "active" { ChangeKind::Start } else { ChangeKind::Stop };
    }
    match of("owes").map(|c| c.before.as_str()) {
        Some("restart") => ChangeKind::Restart,
        Some(_) => ChangeKind::Reload,
        None => ChangeKind::Enable,
    }
}

/// Ties the steps together: configuration before running, other components' work before this one's, one host after
/// another where a change disturbs, founders before joiners.
fn connect(steps: &mut [Step], memberships: &BTreeMap<&str, Membership>) {
    let all: Vec<(String, String, HostName, Stage, bool)> =
        steps.iter().map(|s| (s.id.clone(), s.component.clone(), s.host.clone(), s.stage, s.disturbs)).collect();
    let turns = turns(steps, memberships);
    for step in steps {
        let mut needs: Vec<String> = Vec::new();
        let component = components::by_id(&step.component);
        let start = |host: &HostName| memberships.get(step.component.as_str()).and_then(|m| m.starts.get(host));
        let starts_after = match start(&step.host) {
            Some(Start::With { after, .. }) => after.as_slice(),
            _ => &[],
        };
        // Founders wait for each other inside their engine: none begins before all are ready, or some would wait for one
        // whose packages could not be installed, and a founding would be left half done.
        let founds = |host: &HostName| matches!(start(host), Some(Start::With { after, .. }) if after.is_empty());
        let founder = founds(&step.host);
        for (id, other, host, stage, _) in &all {
            let same_host = *host == step.host;
            let wanted = match step.stage {
                Stage::Configure => {
                    // Certificates and accounts of a host come after its identity.
                    same_host && other == "identity" && step.component != "identity" && *stage == Stage::Configure
                }
                Stage::Run => {
                    let earlier = component.is_some_and(|c| c.after().contains(&other.as_str()));
                    let everywhere = component.is_some_and(|c| c.after_everywhere().contains(&other.as_str()));
                    let configured = component.is_some_and(|c| c.after_configuring().contains(&other.as_str()));
                    (same_host && *other == step.component && *stage == Stage::Configure)
                        || (same_host && earlier)
                        || (everywhere && *stage == Stage::Run)
                        || (same_host && configured && *stage == Stage::Configure)
                        || (*other == step.component && *stage == Stage::Run && starts_after.contains(host))
                        || (*other == step.component && *stage == Stage::Configure && founder && founds(host))
                }
                Stage::Once => *other == step.component && *stage == Stage::Run && same_host,
            };
            if wanted && *id != step.id {
                needs.push(id.clone());
            }
        }
        needs.extend(turns.get(&step.id).cloned());
        needs.sort_unstable();
        needs.dedup();
        step.needs = needs;
    }
}

/// Which disturbing step of the same component each one comes after: in the order of the hosts, but for the member whose
/// disturbance costs most.
fn turns(steps: &[Step], memberships: &BTreeMap<&str, Membership>) -> BTreeMap<String, String> {
    let mut rows: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in steps {
        let in_turn = components::by_id(&step.component).is_some_and(|c| c.rollout() == Rollout::OneByOne);
        if step.disturbs && in_turn {
            rows.entry(&step.component).or_default().push(step);
        }
    }
    let mut turns = BTreeMap::new();
    for (component, mut row) in rows {
        let last = memberships.get(component).and_then(|m| m.last.as_ref());
        row.sort_by_key(|step| Some(&step.host) == last);
        turns.extend(row.windows(2).map(|pair| (pair[1].id.clone(), pair[0].id.clone())));
    }
    turns
}

/// An order in which every step follows those that it needs; otherwise as it was.
fn sorted(mut open: Vec<Step>) -> Vec<Step> {
    let mut done: Vec<Step> = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let ready = open
            .iter()
            .position(|s| s.needs.iter().all(|n| done.iter().any(|d| d.id == *n) || !open.iter().any(|o| o.id == *n)));
        // A cycle cannot arise from the rules above; if one did, the checker of plans refuses the plan.
        done.push(open.remove(ready.unwrap_or(0)));
    }
    done
}

/// What the manifests hold that no part asks for: left by a role that a host no longer has.
fn leftovers(parts: &[Part], facts: &BTreeMap<HostName, Facts>) -> BTreeMap<HostName, Vec<String>> {
    let mut leftovers = BTreeMap::new();
    for (host, facts) in facts {
        let wanted: Vec<&Resource> = parts.iter().filter(|p| p.host == *host).flat_map(|p| &p.resources).collect();
        let keys: Vec<String> = wanted.iter().map(|r| r.key()).collect();
        let certificates: Vec<String> = wanted
            .iter()
            .filter_map(|r| match r {
                Resource::Certificate(c) => Some(format!("file:{}/", c.dir.display())),
                _ => None,
            })
            .collect();
        let left: Vec<String> = facts
            .owned
            .iter()
            .filter(|k| !keys.contains(k))
            .filter(|k| !certificates.iter().any(|c| k.starts_with(c)))
            .filter(|k| {
                !["schema:", "account:", "table:", "user:", "package:", "gate:", "address:"]
                    .iter()
                    .any(|p| k.starts_with(p))
            })
            .cloned()
            .collect();
        if !left.is_empty() {
            leftovers.insert(host.clone(), left);
        }
    }
    leftovers
}
