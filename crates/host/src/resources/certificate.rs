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
    let (Ok(text), Ok(secret)) = (fs::read_to_string(&chain), fs::read_to_string(&key).map(Secret::new)) else {
        return Ok(Difference::Missing);
    };
    let mut changes = Vec::new();
    if !pki::fits(&text, &secret) {
        changes.push(change("certificate", "of another key", "renewed"));
    }
    let reason =
        pki::needs_renewal(&text, true, &wanted.root, &wanted.common_name, &wanted.subjects, OffsetDateTime::now_utc());
    if let Some(reason) = reason {
        changes.push(change("certificate", format!("{reason:?}"), "renewed"));
    }
    if fs::read_to_string(&root).unwrap_or_default() != wanted.root {
        changes.push(change("root", "another", "the cluster's"));
    }
    if !is_pem(&text, 2) || !is_pem(secret.expose(), 1) {
        changes.push(change("certificate", "edited", "renewed"));
    }
    for (path, owner, mode) in [(&chain, "root", 0o644), (&key, wanted.owner.as_str(), 0o400), (&root, "root", 0o644)] {
        if let Difference::Differs(attributes) = file::observe_attributes(path, owner, mode)? {
            changes.extend(attributes);
        }
    }
    Ok(differs(changes))
}

/// Whether a text is this many PEM blocks and nothing else: what readers of PEM skip is a hand edit all the same.
fn is_pem(text: &str, blocks: usize) -> bool {
    let (mut inside, mut found) = (false, 0);
    for line in text.lines() {
        match (inside, line.starts_with("-----BEGIN "), line.starts_with("-----END ")) {
            (false, true, _) => inside = true,
            (true, _, true) => (inside, found) = (false, found + 1),
            (true, false, false) => {}
            _ => return false,
        }
    }
    !inside && found == blocks
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_of_pem_skip_is_a_hand_edit_all_the_same() {
        let block = "-----BEGIN X-----\nabc=\n-----END X-----\n";
        assert!(is_pem(block, 1));
        assert!(is_pem(&block.repeat(2), 2));
        let wrong = [
            String::new(),
            block.repeat(2),
            format!("{block}# a\n"),
            format!("\n{block}"),
            block.replace("-----END", ""),
        ];
        for text in wrong {
            assert!(!is_pem(&text, 1), "{text}");
        }
    }
}
