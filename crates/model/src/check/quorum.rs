//! Counts that decide what survives: members of etcd, and compute hosts of a plan that claims high availability.
//!
//! A plan claims high availability for workloads when its control plane has it, that is, with three or more members
//! of etcd: whoever pays for those expects that what runs on a lost compute host is started on another one.
//! A plan with a single member promises nothing and may have a single compute host.

use super::Findings;
use super::hosts::Checked;
use crate::problem::Span;
use crate::types::Role;
use crate::yaml::At;
use crate::{codes, raw};

/// Every member answers every write; beyond nine, more members only make etcd slower (etcd's own FAQ).
const MAX_ETCD: usize = 9;
const MIN_COMPUTE: usize = 2;
/// What the source systems are built and tested for.
const MAX_COMPUTE: usize = 100;

pub(super) fn check(raw: &At<Vec<raw::Host>>, hosts: &[Checked<'_>], found: &mut Findings) {
    if hosts.is_empty() || hosts.iter().any(|h| h.roles_unclear) {
        return;
    }
    let members = etcd_members(hosts);
    etcd(raw.span, &members, found);
    if members.len() >= 3 {
        compute(hosts, found);
    }
}

fn etcd_members<'h, 'a>(hosts: &'h [Checked<'a>]) -> Vec<&'h Checked<'a>> {
    let with = |role| hosts.iter().filter(|h| h.roles.contains(&role)).collect::<Vec<_>>();
    let named = with(Role::Etcd);
    if named.is_empty() { with(Role::Control) } else { named }
}

fn etcd(place: Span, members: &[&Checked<'_>], found: &mut Findings) {
    let count = members.len();
    let Some(last) = members.last() else {
        found.add(codes::ETCD_NONE.at(place));
        return;
    };
    if count > MAX_ETCD {
        found.add(codes::ETCD_TOO_MANY.at(last.raw.roles.span).arg("members", count));
    } else if count.is_multiple_of(2) {
        let mut finding = codes::ETCD_EVEN.at(last.raw.roles.span).arg("members", count);
        for member in members.iter().rev().skip(1).rev() {
            finding = finding.related(member.raw.roles.span, member.name());
        }
        let finding = finding.arg("need", majority(count)).arg("survives", survives(count));
        let finding = finding.arg("fewer", count - 1).arg("more", count + 1);
        found.add(finding.arg("more-survives", survives(count + 1)));
    }
}

fn compute(hosts: &[Checked<'_>], found: &mut Findings) {
    let compute: Vec<_> = hosts.iter().filter(|h| h.roles.contains(&Role::Compute)).collect();
    match (compute.len(), compute.last()) {
        (count, Some(last)) if count < MIN_COMPUTE => {
            found.add(codes::COMPUTE_FEW.at(last.raw.roles.span).arg("count", count));
        }
        (count, Some(last)) if count > MAX_COMPUTE => {
            found.add(codes::COMPUTE_MANY.at(last.raw.roles.span).arg("count", count));
        }
        _ => {}
    }
}

/// How many of `members` must agree.
pub(super) fn majority(members: usize) -> usize {
    members / 2 + 1
}

/// How many of `members` may be lost at once.
pub(super) fn survives(members: usize) -> usize {
    members - majority(members)
}
