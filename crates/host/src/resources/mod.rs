//! Observing, comparing and changing each kind of resource.
//!
//! Every change goes through [`apply`]: what units will owe is noted first, then what was there before, then the
//! change is made, and last what does not run owes nothing. A crash in between leaves a debt too many, never one too few.

mod account;
mod backup_credentials;
mod block;
mod certificate;
pub mod file;
pub mod galera;
mod kernel;
pub mod package;
mod piloted;
mod program;
pub mod sql;
pub mod unit;

use std::collections::BTreeMap;

use secret::Secret;
use sha2::{Digest, Sha256};
use wire::{Change, Difference, Observed, Resource};

use crate::error::Error;
use crate::external;
use crate::store::{Before, Store, hex};

pub use block::remove as remove_block;
pub use file::{owner_of, set_attributes, set_owner};
pub use kernel::set as set_kernel;

/// Compares a resource with what the host has.
pub fn observe(resource: &Resource, store: &Store) -> Difference {
    let difference = match resource {
        Resource::Package { name } => package::observe(name),
        Resource::User { name } => Ok(account::observe(name)),
        Resource::Directory { path, owner, group, mode } => file::observe_directory(path, owner, group, *mode),
        Resource::File { path, content, owner, group, mode, .. } => file::observe(path, content, owner, group, *mode),
        Resource::BackupCredentials { path, credentials } => backup_credentials::observe(path, credentials.as_ref()),
        Resource::Block { path, marker, content } => block::observe(path, marker, content),
        Resource::Sysctl { key, value } => kernel::observe(key, value),
        Resource::Certificate(certificate) => certificate::observe(certificate),
        Resource::Program { .. } => program::observe(),
        Resource::Unit { name, enabled, active } => unit::observe(store, name, *enabled, *active),
        Resource::Piloted { unit, .. } => piloted::observe(store, unit),
        Resource::Flag { .. } | Resource::Kill { .. } | Resource::GaleraSeed { .. } | Resource::GaleraLead { .. } => {
            Ok(Difference::Missing)
        }
        Resource::SecretFile { path, owner, group, mode, around, value, .. } => {
            let content = value.as_ref().map(|secret| with_secret(around.as_deref(), secret));
            file::observe_secret(path, content.as_ref(), owner, group, *mode)
        }
        Resource::SqlSchema { name, charset, collation } => sql::observe_schema(name, charset, collation.as_deref()),
        Resource::ExternalSchema { server, name, .. } => external::observe_schema(server, name),
        Resource::SqlAccount { user, host, auth, grants } => sql::observe_account(user, host, auth, grants),
        Resource::SqlWriterTable => sql::observe_writer_table(),
    };
    difference.unwrap_or_else(|error| Difference::Unknown(error.to_string()))
}

/// Tells what a resource is wanted to be from anything else that it could be wanted to be.
pub fn fingerprint(resource: &Resource) -> String {
    // Structures of this program's own always have a form.
    hex(&Sha256::digest(serde_json::to_vec(resource).unwrap_or_default()))
}

/// Compares many, and says which of them somebody else has changed.
pub fn observe_all(resources: &[Resource], store: &Store) -> Result<Vec<Observed>, Error> {
    let left: BTreeMap<String, String> = store
        .manifest()?
        .map(|m| m.entries.into_iter().filter_map(|e| Some((e.key, e.left?))).collect())
        .unwrap_or_default();
    Ok(std::thread::scope(|scope| {
        let running: Vec<_> = resources.iter().map(|r| (r, scope.spawn(move || observe(r, store)))).collect();
        let seen = |(resource, thread): (&Resource, std::thread::ScopedJoinHandle<'_, Difference>)| {
            let key = resource.key();
            let difference = thread.join().unwrap_or_else(|_| Difference::Unknown("the comparison crashed".to_owned()));
            let drift = difference.is_change() && left.get(&key).is_some_and(|l| *l == fingerprint(resource));
            Observed { key, difference, drift }
        };
        running.into_iter().map(seen).collect()
    }))
}

/// Makes the host have the resource; whether anything was changed.
pub fn apply(resource: &Resource, store: &Store, cluster: &str) -> Result<bool, Error> {
    if resource.is_act() {
        act(resource)?;
        return Ok(true);
    }
    let difference = observe(resource, store);
    if let Difference::Unknown(why) = &difference
        && !matches!(
            resource,
            Resource::SqlSchema { .. }
                | Resource::ExternalSchema { .. }
                | Resource::SqlAccount { .. }
                | Resource::SqlWriterTable
        )
    {
        return Err(Error::Damaged(why.clone()));
    }
    if !difference.is_change() {
        // It was already as it must be: noted, so that taking back leaves it.
        if !matches!(resource, Resource::ExternalSchema { .. }) {
            store.own(cluster, &resource.key(), || Ok(Before::Present))?;
        }
        return Ok(false);
    }
    for touch in resource.touches() {
        store.owe(&touch.unit, touch.effect)?;
    }
    if let Resource::File { path, .. } = resource
        && path.starts_with(unit::DIRECTORY)
    {
        unit::note_change()?;
    }
    if matches!(resource, Resource::SqlSchema { .. } | Resource::SqlAccount { .. } | Resource::SqlWriterTable) {
        piloted::only_primary()?;
    }
    match resource {
        Resource::Package { name } => package::apply(store, cluster, name),
        Resource::User { name } => account::apply(store, cluster, name),
        Resource::Directory { path, owner, group, mode } => {
            file::apply_directory(store, cluster, path, owner, group, *mode)
        }
        Resource::File { path, content, owner, group, mode, .. } => {
            file::apply(store, cluster, path, content.as_bytes(), owner, group, *mode)
        }
        Resource::BackupCredentials { path, credentials } => {
            backup_credentials::apply(store, cluster, path, credentials.as_ref())
        }
        Resource::Block { path, marker, content } => block::apply(store, cluster, path, marker, content),
        Resource::Sysctl { key, value } => kernel::apply(store, cluster, key, value),
        Resource::Certificate(certificate) => certificate::apply(store, cluster, certificate),
        Resource::Program { .. } => program::apply(store, cluster),
        Resource::Unit { name, enabled, active } => unit::apply(store, cluster, name, *enabled, *active),
        Resource::Piloted { unit, address } => piloted::apply(store, cluster, unit, address.as_deref()),
        Resource::Flag { .. } | Resource::Kill { .. } | Resource::GaleraSeed { .. } | Resource::GaleraLead { .. } => {
            act(resource)
        }
        Resource::SecretFile { path, owner, group, mode, secret, around, value, .. } => {
            let value =
                value.as_ref().ok_or_else(|| Error::Damaged(format!("the step came without the secret {secret}")))?;
            let content = with_secret(around.as_deref(), value);
            file::apply(store, cluster, path, content.expose().as_bytes(), owner, group, *mode)
        }
        Resource::SqlSchema { name, charset, collation } => {
            sql::apply_schema(store, cluster, name, charset, collation.as_deref())
        }
        Resource::ExternalSchema { server, name, charset, collation } => {
            external::apply_schema(server, name, charset, collation.as_deref())
        }
        Resource::SqlAccount { user, host, auth, grants } => {
            sql::apply_account(store, cluster, user, host, auth, grants)
        }
        Resource::SqlWriterTable => sql::apply_writer_table(store, cluster),
    }?;
    for touch in resource.touches() {
        // Whoever starts it from now on starts it with this.
        if unit::at_rest(&touch.unit) {
            store.settle(&touch.unit)?;
        }
    }
    Ok(true)
}

/// The content of a file that holds a secret.
fn with_secret(around: Option<&str>, secret: &Secret) -> Secret {
    around.map_or_else(|| secret.clone(), |text| Secret::new(text.replace(wire::resource::SECRET, secret.expose())))
}

/// Does what leaves nothing to compare and nothing to take back.
fn act(resource: &Resource) -> Result<(), Error> {
    match resource {
        Resource::Flag { path, content } => file::write_flag(path, content),
        Resource::Kill { unit } => unit::kill(unit),
        Resource::GaleraSeed { member, members, seed } => galera::seed(member, members, seed.as_ref()),
        Resource::GaleraLead { .. } => galera::lead(),
        _ => Ok(()),
    }
}

fn change(aspect: &str, before: impl ToString, after: impl ToString) -> Change {
    Change { aspect: aspect.to_owned(), before: before.to_string(), after: after.to_string() }
}

fn differs(changes: Vec<Change>) -> Difference {
    if changes.is_empty() { Difference::None } else { Difference::Differs(changes) }
}
