//! Shared storage: one kind, and the hosts that it needs.

use super::Findings;
use super::hosts::Checked;
use super::names;
use crate::platform::Storage;
use crate::problem::Problem;
use crate::types::Role;
use crate::yaml::At;
use crate::{codes, raw};

/// More copies make every write slower and nothing safer.
const MAX_REPLICAS: i64 = 9;

pub(super) fn check(at: &At<raw::Storage>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Storage> {
    let raw = &at.value;
    let kinds =
        [("glusterfs", raw.glusterfs.is_some()), ("nfs", raw.nfs.is_some()), ("external", raw.external.is_some())];
    let given: Vec<&str> = kinds.into_iter().filter_map(|(key, there)| there.then_some(key)).collect();
    if given.len() > 1 {
        found.add(codes::STORAGE_KIND_SEVERAL.at(at.span).arg("kinds", given.join(", ")));
        return None;
    }
    if let Some(external) = &raw.external {
        names::server(&external.value.address, found);
        return Some(Storage::External { address: external.value.address.value.clone() });
    }
    if let Some(glusterfs) = &raw.glusterfs {
        return self::glusterfs(glusterfs, hosts, found);
    }
    let Some(nfs) = &raw.nfs else {
        found.add(codes::STORAGE_KIND_NONE.at(at.span));
        return None;
    };
    let members = members(hosts)?;
    if members.len() != 1 {
        found.add(counted(codes::NFS_COUNT.at(nfs.span), &members));
    }
    Some(Storage::Nfs)
}

fn glusterfs(at: &At<raw::Glusterfs>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Storage> {
    let asked = match &at.value.replicas {
        Some(replicas) => Some(found.number::<usize>("replicas", replicas, 2, MAX_REPLICAS)?),
        None => None,
    };
    let members = members(hosts)?;
    let count = members.len();
    if count < 2 {
        found.add(counted(codes::GLUSTERFS_FEW.at(at.span), &members));
        return None;
    }
    // Of three copies two outvote a third that was cut off; two copies cannot.
    let replicas = asked.unwrap_or(if count.is_multiple_of(3) { 3 } else { 2 });
    if !count.is_multiple_of(replicas) {
        let span = at.value.replicas.as_ref().map_or(at.span, |r| r.span);
        found.add(counted(codes::GLUSTERFS_REPLICAS.at(span), &members).arg("replicas", replicas));
        return None;
    }
    Some(Storage::Glusterfs { replicas })
}

/// The hosts with the role storage; `None` where the roles could not be read.
fn members<'h, 'a>(hosts: &'h [Checked<'a>]) -> Option<Vec<&'h Checked<'a>>> {
    let clear = !hosts.iter().any(|h| h.roles_unclear);
    clear.then(|| hosts.iter().filter(|h| h.roles.contains(&Role::Storage)).collect())
}

fn counted(mut finding: Problem, members: &[&Checked<'_>]) -> Problem {
    for member in members {
        finding = finding.related(member.raw.roles.span, member.name());
    }
    finding.arg("count", members.len())
}
