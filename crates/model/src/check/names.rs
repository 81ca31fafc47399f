//! Names: which ones are well-formed, and that no two things share one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Findings;
use crate::codes;
use crate::problem::Code;
use crate::yaml::At;

/// A DNS label (RFC 1123, in lower case): names of hosts end up in host names, certificates and file names.
pub(super) fn is_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Labels with dots between them, at most 253 bytes (RFC 1035).
pub(super) fn is_dns_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Refuses what is no DNS label. `what` is a word that the texts translate.
pub(super) fn label(what: &str, name: &At<String>, found: &mut Findings) {
    if !is_label(&name.value) {
        found.add(codes::BAD_NAME.at(name.span).arg("what", what).arg("name", &name.value));
    }
}

/// Refuses what is no DNS name.
pub(super) fn dns_name(name: &At<String>, found: &mut Findings) {
    // An address in place of a name would otherwise pass: its octets are labels.
    if !is_dns_name(&name.value) || name.value.parse::<IpAddr>().is_ok() {
        found.add(codes::BAD_DNS_NAME.at(name.span).arg("name", &name.value));
    }
}

/// Refuses what is neither a DNS name nor an address.
pub(super) fn server(name: &At<String>, found: &mut Findings) {
    if !is_dns_name(&name.value) && name.value.parse::<IpAddr>().is_err() {
        found.add(codes::BAD_SERVER.at(name.span).arg("value", &name.value));
    }
}

/// An identifier of the database that needs no quoting anywhere; at most `max` bytes.
pub(super) fn identifier(code: Code, name: &At<String>, max: usize, found: &mut Findings) {
    let text = &name.value;
    let fine = (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if !fine {
        found.add(code.at(name.span).arg("name", text));
    }
}

/// Refuses the second and every further use of a name.
pub(super) fn unique<'a>(what: &str, names: impl IntoIterator<Item = &'a At<String>>, found: &mut Findings) {
    let mut first: BTreeMap<&str, &At<String>> = BTreeMap::new();
    for name in names {
        if let Some(earlier) = first.get(name.value.as_str()) {
            let finding = codes::DUPLICATE_NAME.at(name.span).related(earlier.span, &earlier.value);
            found.add(finding.arg("what", what).arg("name", &name.value).arg("line", earlier.span.line));
        } else {
            first.insert(&name.value, name);
        }
    }
}
