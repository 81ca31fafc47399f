//! What is wrong with the hosts before anything is changed on them: all findings at once, so that an operator mends
//! them in one round. `check --hosts` shows them all; the `apply` that would found
//! a new cluster goes no further than an error.

mod alone;
mod external;
mod ports;
mod server;
mod together;
mod vips;

use std::collections::BTreeMap;

use model::{Cluster, Host, HostName};
use serde::{Deserialize, Serialize};
use wire::{Facts, Look, Note};

/// How much a finding matters; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Applying would fail, or break something.
    Error,
    /// It works, at a risk that the operator should have chosen.
    Warning,
    /// Something to know.
    Info,
}

/// One thing that the operator should know before applying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub severity: Severity,
    /// `None` for what concerns several hosts: the note names them.
    pub host: Option<HostName>,
    /// Codes begin with `preflight-`, but for why a host was not reached, which is passed on as it came.
    pub note: Note,
}

/// Everything that is known, and what was found so far.
struct Check<'a> {
    cluster: &'a Cluster,
    facts: &'a BTreeMap<HostName, Facts>,
    findings: Vec<Finding>,
}

impl<'a> Check<'a> {
    /// The hosts that answered, in the order of the file.
    fn hosts(&self) -> impl Iterator<Item = (&'a Host, &'a Facts)> + use<'a> {
        let facts = self.facts;
        self.cluster.hosts.iter().filter_map(move |h| facts.get(&h.name).map(|f| (h, f)))
    }

    /// Whether a host is already a part of this cluster.
    fn is_ours(&self, facts: &Facts) -> bool {
        facts.cluster.as_ref() == Some(&self.cluster.name)
    }

    fn on(&mut self, severity: Severity, host: &Host, note: Note) {
        self.findings.push(Finding { severity, host: Some(host.name.clone()), note });
    }

    /// What several hosts see alike, said once.
    fn once(&mut self, severity: Severity, note: Note) {
        if !self.findings.iter().any(|f| f.note == note) {
            self.over_all(severity, note);
        }
    }

    fn over_all(&mut self, severity: Severity, note: Note) {
        self.findings.push(Finding { severity, host: None, note });
    }
}

/// All findings, the gravest first, then those on several hosts, then in the order of the file.
///
/// `facts` holds the hosts that answered, with the answers to [`looks`]; `unreachable` says why the others did not;
/// `operator_clock` is by how many milliseconds each host's clock is ahead of the operator's.
pub fn preflight(
    cluster: &Cluster,
    facts: &BTreeMap<HostName, Facts>,
    unreachable: &BTreeMap<HostName, Note>,
    operator_clock: &BTreeMap<HostName, i64>,
) -> Vec<Finding> {
    let mut check = Check { cluster, facts, findings: Vec::new() };
    for (host, note) in unreachable {
        check.findings.push(Finding { severity: Severity::Error, host: Some(host.clone()), note: note.clone() });
    }
    alone::check(&mut check);
    ports::check(&mut check);
    together::identities(&mut check);
    together::clocks(&mut check, operator_clock);
    external::check(&mut check);
    vips::addresses(&mut check);
    vips::vrids(&mut check);
    let place = |f: &Finding| f.host.as_ref().map(|name| cluster.hosts.iter().position(|h| h.name == *name));
    check.findings.sort_by_key(|f| (f.severity, place(f)));
    check.findings
}

/// A wrong account or password of an external database.
const EXTERNAL_DENIED: &str = "preflight-external-denied";

/// Why an external database cannot be used as the file says: what a run is refused for before it changes anything.
///
/// Where the cluster stands already and the file is the one it stands by, only a wrong password counts, which would
/// otherwise go to the hosts: a server that is down or was changed by its keeper shows in the status, and is no reason to
/// keep a cluster from being repaired.
pub fn external_refusals(cluster: &Cluster, facts: &BTreeMap<HostName, Facts>, stands: bool) -> Vec<Finding> {
    let mut check = Check { cluster, facts, findings: Vec::new() };
    external::check(&mut check);
    check.findings.retain(|f| f.severity == Severity::Error && (!stands || f.note.code == EXTERNAL_DENIED));
    check.findings
}

/// What preflight must look at on this host: the first candidate of a virtual IP asks for its address, one host per
/// network listens for VRRP, and those who need an external database look at it.
pub fn looks(cluster: &Cluster, host: &Host) -> Vec<Look> {
    let mut looks = vips::looks(cluster, host);
    looks.extend(components::external_look(cluster, host));
    looks.extend(alone::looks(cluster, host));
    looks
}
