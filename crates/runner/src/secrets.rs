//! The cluster's secrets: made once, filled into resources on their way to a host, never part of a plan.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{Cluster, DatabaseMode};
use rand::Rng;
use secret::Secret;
use time::OffsetDateTime;
use wire::backup::Credentials;
use wire::state::{BackupSecrets, ClusterSecrets};
use wire::{ExternalServer, GaleraSeed, Look, Note, Resource, SqlAuth};

use crate::Error;

/// Length of a generated password: 32 letters and digits are 190 bits.
const PASSWORD_LENGTH: usize = 32;

/// Secrets of a new cluster, and the root authority whose key the operator keeps.
pub fn generate(cluster: &Cluster, now: OffsetDateTime) -> Result<(ClusterSecrets, pki::Root), Error> {
    let root = pki::new_root(&cluster.name, now)?;
    let intermediate = pki::new_intermediate(&cluster.name, &root, now)?;
    let secrets = ClusterSecrets {
        root_certificate: root.certificate.clone(),
        intermediate_certificate: intermediate.certificate,
        intermediate_key: intermediate.key,
        passwords: BTreeMap::new(),
        backup: None,
    };
    Ok((secrets, root))
}

/// Adds what the file asks for and the secrets lack; a password that the operator gives replaces the one kept.
pub fn complete(cluster: &Cluster, secrets: &mut ClusterSecrets, given: &BTreeMap<String, Secret>) {
    complete_backup(cluster, secrets, given);
    for user in components::logins(cluster) {
        secrets.passwords.entry(user.to_owned()).or_insert_with(password);
    }
    let Some(database) = &cluster.database else { return };
    for (user, _) in database.logins() {
        match (given.get(user), &database.mode) {
            (Some(password), _) => {
                secrets.passwords.insert(user.to_owned(), password.clone());
            }
            // The account of a database that somebody else keeps: without a password, it has none.
            (None, DatabaseMode::External { .. }) => {
                secrets.passwords.insert(user.to_owned(), Secret::new(String::new()));
            }
            (None, _) => {
                secrets.passwords.entry(user.to_owned()).or_insert_with(password);
            }
        }
    }
}

/// Under which names [`complete`] is given the keys of an S3-compatible store; no account can be called so.
pub const S3_ACCESS_KEY: &str = "backup/access-key";
pub const S3_SECRET_KEY: &str = "backup/secret-key";

/// The key that opens backups is made once, and stays when the file asks for no backups any more: some may lie somewhere.
fn complete_backup(cluster: &Cluster, secrets: &mut ClusterSecrets, given: &BTreeMap<String, Secret>) {
    if cluster.database.as_ref().is_none_or(|d| d.backup.is_none()) {
        return;
    }
    let new = || BackupSecrets { identity: backup::seal::new_identity(), access_key: None, secret_key: None };
    let backup = secrets.backup.get_or_insert_with(new);
    backup.access_key = given.get(S3_ACCESS_KEY).cloned().or(backup.access_key.take());
    backup.secret_key = given.get(S3_SECRET_KEY).cloned().or(backup.secret_key.take());
}

/// What a host that makes backups gets to know: everything but the key that opens them.
fn credentials(secrets: &ClusterSecrets) -> Option<Credentials> {
    let backup = secrets.backup.as_ref()?;
    Some(Credentials {
        recipient: backup::seal::recipient(&backup.identity).ok()?,
        seal: backup::seal::seal(&backup.identity).ok()?,
        access_key: backup.access_key.clone(),
        secret_key: backup.secret_key.clone(),
    })
}

fn password() -> Secret {
    let mut rng = rand::rng();
    Secret::new((0..PASSWORD_LENGTH).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect())
}

/// Identities made up once per pass and given to all members alike.
#[derive(Default)]
pub struct Identities {
    galera: Mutex<Option<GaleraSeed>>,
}

impl Identities {
    /// Fresh every time: a cluster made anew under an old name must not be taken for the old one.
    fn galera(&self, members: &[String]) -> GaleraSeed {
        let mut seed = self.galera.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || GaleraSeed { cluster: uuid(), members: members.iter().map(|m| (m.clone(), uuid())).collect() };
        seed.get_or_insert_with(fresh).clone()
    }
}

/// A random UUID (version 4, RFC 9562).
fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-")
}

/// A resource as a host needs it to compare: with the root that certificates chain to and the passwords of accounts.
pub fn fill(resource: &Resource, secrets: &ClusterSecrets) -> Resource {
    let mut filled = resource.clone();
    match &mut filled {
        Resource::Certificate(certificate) => certificate.root.clone_from(&secrets.root_certificate),
        Resource::BackupCredentials { credentials: filled, .. } => *filled = credentials(secrets),
        Resource::SqlAccount { auth: SqlAuth::Password { name, value }, .. }
        | Resource::SecretFile { secret: name, value, .. } => {
            *value = secrets.passwords.get(name).cloned();
        }
        Resource::ExternalSchema { server, .. } => fill_server(server, &secrets.passwords),
        _ => {}
    }
    filled
}

/// A look as a host needs it: with the password of the database's account.
pub fn fill_look(mut look: Look, passwords: &BTreeMap<String, Secret>) -> Look {
    if let Look::External { server, .. } = &mut look {
        fill_server(server, passwords);
    }
    look
}

fn fill_server(server: &mut ExternalServer, passwords: &BTreeMap<String, Secret>) {
    server.password = passwords.get(&server.user).cloned();
}

/// A resource as a host needs it to make it so: with a freshly issued certificate as well.
pub fn fill_and_issue(
    resource: &Resource,
    secrets: &ClusterSecrets,
    identities: &Identities,
    now: OffsetDateTime,
) -> Result<Resource, Note> {
    let mut filled = fill(resource, secrets);
    if let Resource::GaleraSeed { members, seed, .. } = &mut filled {
        *seed = Some(identities.galera(members));
    }
    if let Resource::Certificate(certificate) = &mut filled {
        let intermediate = pki::Intermediate {
            certificate: secrets.intermediate_certificate.clone(),
            key: secrets.intermediate_key.clone(),
        };
        let issued = pki::issue(&intermediate, &certificate.common_name, &certificate.subjects, now)
            .map_err(|e| Note::new("certificate-not-issued").with("error", e))?;
        certificate.issued = Some(issued);
    }
    Ok(filled)
}
