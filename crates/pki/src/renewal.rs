//! Whether a certificate on a host still does. Runs in the helper on every host at every plan: it only reads.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rcgen::{KeyPair, PublicKeyData};
use secret::Secret;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::authority::Intermediate;
use crate::{name, read};

/// Why a certificate must be made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// There is no certificate, or no key to it.
    Missing,
    /// What is there is no leaf followed by its intermediate.
    Damaged,
    /// The chain does not end in this cluster's root.
    OtherRoot,
    /// It names other hosts or addresses.
    OtherSubjects,
    /// It was made by a machine whose clock is ahead, and no peer accepts it yet.
    NotYetValid,
    /// Less than a third of its life is left, or what is above it ends as soon.
    Expiring,
}

impl Reason {
    /// The identifier in messages and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::OtherRoot => "otherRoot",
            Self::OtherSubjects => "otherSubjects",
            Self::NotYetValid => "notYetValid",
            Self::Expiring => "expiring",
        }
    }
}

/// Why a host's chain must be issued anew, if it must: the first of the reasons, in their order.
///
/// `chain_pem` is the file's text, empty where there is none. Whether the key belongs to it is asked of [`fits`].
pub fn needs_renewal(
    chain_pem: &str,
    key_pem_present: bool,
    root_pem: &str,
    common_name: &str,
    subjects: &[String],
    now: OffsetDateTime,
) -> Option<Reason> {
    if chain_pem.trim().is_empty() || !key_pem_present {
        return Some(Reason::Missing);
    }
    let Some(blocks) = read::blocks(chain_pem) else { return Some(Reason::Damaged) };
    let chain: Option<Vec<_>> = blocks.iter().map(read::certificate).collect();
    let Some([leaf, intermediate]) = chain.as_deref() else { return Some(Reason::Damaged) };
    if leaf.is_ca() || !read::signed_by(leaf, intermediate) {
        return Some(Reason::Damaged);
    }
    let root_blocks = read::blocks(root_pem).unwrap_or_default();
    let Some(root) = root_blocks.first().and_then(read::certificate) else { return Some(Reason::OtherRoot) };
    if !read::signed_by(intermediate, &root) {
        return Some(Reason::OtherRoot);
    }
    if !names(leaf, common_name, subjects) {
        return Some(Reason::OtherSubjects);
    }
    lifetime(&[leaf, intermediate, &root], now)
}

/// Why the intermediate must be made anew, which takes the root's key, if it must. As long as it need not, no leaf
/// is cut short by it.
pub fn intermediate_needs_renewal(intermediate: &Intermediate, root_pem: &str, now: OffsetDateTime) -> Option<Reason> {
    let blocks = read::blocks(&intermediate.certificate).unwrap_or_default();
    let Some(certificate) = blocks.first().and_then(read::certificate) else { return Some(Reason::Damaged) };
    if !fits(&intermediate.certificate, &intermediate.key) {
        return Some(Reason::Damaged);
    }
    let root_blocks = read::blocks(root_pem).unwrap_or_default();
    match root_blocks.first().and_then(read::certificate) {
        Some(root) if read::signed_by(&certificate, &root) => lifetime(&[&certificate, &root], now),
        _ => Some(Reason::OtherRoot),
    }
}

/// Whether a private key belongs to the chain's first certificate. A crash between writing the one and the other
/// leaves a pair that does not fit.
pub fn fits(chain_pem: &str, key_pem: &Secret) -> bool {
    let blocks = read::blocks(chain_pem).unwrap_or_default();
    let (Some(leaf), Ok(key)) = (blocks.first().and_then(read::certificate), KeyPair::from_pem(key_pem.expose()))
    else {
        return false;
    };
    key.subject_public_key_info() == leaf.public_key().raw
}

/// Whether a certificate names exactly these subjects, in whatever order and spelling of addresses.
fn names(leaf: &X509Certificate<'_>, common_name: &str, subjects: &[String]) -> bool {
    let mut common_names = leaf.subject().iter_common_name().filter_map(|a| a.as_str().ok());
    let found = leaf
        .subject_alternative_name()
        .ok()
        .flatten()
        .and_then(|extension| extension.value.general_names.iter().map(subject).collect::<Option<BTreeSet<_>>>());
    let wanted = subjects.iter().map(|s| s.parse::<IpAddr>().map_or_else(|_| s.clone(), |a| a.to_string())).collect();
    common_names.next() == Some(name::cut(common_name)) && found == Some(wanted)
}

/// A subject as text; `None` for a kind that Quorate never issues.
fn subject(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// What is wrong with the time for which a chain is valid. The first certificate's life is the measure.
fn lifetime(chain: &[&X509Certificate<'_>], now: OffsetDateTime) -> Option<Reason> {
    let lives: Vec<_> = chain.iter().map(|c| read::validity(c)).collect();
    if lives.iter().any(|(from, _)| now < *from) {
        return Some(Reason::NotYetValid);
    }
    let (from, until) = *lives.first()?;
    let end = lives.iter().map(|(_, until)| *until).min()?;
    ((end - now) * 3 < until - from).then_some(Reason::Expiring)
}
