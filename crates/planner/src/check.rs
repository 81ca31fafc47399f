//! The checker of plans: what must be true of every plan, whatever made it. A plan that fails is never carried out.

use std::collections::BTreeSet;

use wire::Resource;

use crate::plan::{Plan, Stage};

/// Why a plan is not carried out: a defect of the planner, or a damaged file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("two steps are called {0}")]
    Duplicate(String),
    #[error("step {step} needs {needs}, which does not come before it")]
    Order { step: String, needs: String },
    #[error("steps {0} and {1} would disturb the same component at the same time")]
    TwoAtOnce(String, String),
    #[error("{0} and {1} would both found the cluster")]
    TwoFounders(String, String),
    #[error("step {0} carries a secret")]
    Secret(String),
}

/// Every flaw of a plan.
pub fn check(plan: &Plan) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for step in &plan.steps {
        for needs in &step.needs {
            let known = plan.step(needs).is_some();
            if known && !seen.contains(needs.as_str()) {
                flaws.push(Flaw::Order { step: step.id.clone(), needs: needs.clone() });
            }
        }
        if !seen.insert(&step.id) {
            flaws.push(Flaw::Duplicate(step.id.clone()));
        }
        for resource in &step.resources {
            let secret = match resource {
                Resource::Certificate(c) => c.issued.is_some(),
                Resource::BackupCredentials { credentials, .. } => credentials.is_some(),
                Resource::GaleraSeed { seed, .. } => seed.is_some(),
                Resource::SqlAccount { auth: wire::SqlAuth::Password { value, .. }, .. } => value.is_some(),
                _ => false,
            };
            if secret {
                flaws.push(Flaw::Secret(step.id.clone()));
            }
        }
    }
    flaws.extend(together(plan));
    flaws.extend(founders(plan));
    flaws
}

/// Disturbing steps of one component must form a chain.
fn together(plan: &Plan) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let disturbing: Vec<_> = plan.steps.iter().filter(|s| s.disturbs && s.stage == Stage::Run).collect();
    for (position, later) in disturbing.iter().enumerate() {
        for earlier in disturbing.iter().take(position).filter(|e| e.component == later.component) {
            if !reaches(plan, &later.id, &earlier.id) {
                flaws.push(Flaw::TwoAtOnce(earlier.id.clone(), later.id.clone()));
            }
        }
    }
    flaws
}

fn reaches(plan: &Plan, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id)
            && let Some(step) = plan.step(id)
        {
            open.extend(step.needs.iter().map(String::as_str));
        }
    }
    false
}

/// At most one member founds a Galera cluster. (etcd's static founding is one act of all members.)
fn founders(plan: &Plan) -> Vec<Flaw> {
    let founding: Vec<_> = plan
        .steps
        .iter()
        .filter(|s| s.component == "galera")
        .filter(|s| {
            s.resources
                .iter()
                .any(|r| matches!(r, Resource::Flag { content, .. } if content.contains("--wsrep-new-cluster")))
        })
        .collect();
    founding.windows(2).map(|w| Flaw::TwoFounders(w[0].id.clone(), w[1].id.clone())).collect()
}
