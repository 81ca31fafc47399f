//! A private key with its certificate chain, and the root that its peers must chain to.

use std::fs;
use std::path::PathBuf;

use secret::Secret;
use time::OffsetDateTime;
use wire::Difference;
use wire::resource::Certificate;

use super::{change, differs, file};
use crate::error::Error;
use crate::store::Store;

fn paths(certificate: &Certificate) -> [PathBuf; 3] {
    let at = |name: String| certificate.dir.join(name);
    [at(format!("{}.crt", certificate.name)), at(format!("{}.key", certificate.name)), at("ca.crt".to_owned())]
}

pub fn observe(wanted: &Certificate) -> Result<Difference, Error> {
    let [chain, key, root] = paths(wanted);
    let (Ok(chain), Ok(secret)) = (fs::read_to_string(chain), fs::read_to_string(&key)) else {
        return Ok(Difference::Missing);
    };
    let mut changes = Vec::new();
    if !pki::fits(&chain, &Secret::new(secret)) {
        changes.push(change("certificate", "of another key", "renewed"));
    }
    let reason =
        pki::needs_renewal(&chain, true, &wanted.root, &wanted.common_name, &wanted.subjects, OffsetDateTime::now_utc());
    if let Some(reason) = reason {
        changes.push(change("certificate", format!("{reason:?}"), "renewed"));
    }
    if fs::read_to_string(root).unwrap_or_default() != wanted.root {
        changes.push(change("root", "another", "the cluster's"));
    }
    if let Difference::Differs(attributes) = file::observe_attributes(&key, &wanted.owner, 0o400)? {
        changes.extend(attributes);
    }
    Ok(differs(changes))
}

pub fn apply(store: &Store, cluster: &str, wanted: &Certificate) -> Result<(), Error> {
    let Some(issued) = &wanted.issued else {
        return Err(Error::Damaged("the step came without the certificate that it installs".to_owned()));
    };
    let [chain, key, root] = paths(wanted);
    let group = "root";
    for path in [&chain, &key, &root] {
        file::note_before(store, cluster, &format!("file:{}", path.display()), path)?;
    }
    // The key last: a crash before it leaves a pair that does not match and is made anew.
    file::apply(store, cluster, &root, wanted.root.as_bytes(), "root", group, 0o644)?;
    file::apply(store, cluster, &chain, issued.chain.as_bytes(), "root", group, 0o644)?;
    file::apply(store, cluster, &key, issued.key.expose().as_bytes(), &wanted.owner, group, 0o400)
}
