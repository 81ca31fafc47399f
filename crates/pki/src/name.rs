//! Which names may stand in a certificate. Peers compare names byte by byte and some read them as C strings, so only
//! what every one of them reads alike is let in.

use std::net::IpAddr;

use rcgen::SanType;

use crate::error::Error;

/// Longest common name, in bytes (RFC 5280, ub-common-name).
const MAX_COMMON_NAME: usize = 64;

const EXPECTED_LABEL: &str = "lower-case letters, digits and hyphens, at most 63";
const EXPECTED_DNS: &str = "a DNS name in lower case (labels of letters, digits and hyphens) or an IP address";

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_dns_name(text: &str) -> bool {
    let labels = || text.split('.');
    // Four numbers are a mistyped address, not a name.
    let numbers = labels().count() == 4 && labels().all(|l| l.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && labels().all(is_label) && !numbers
}

/// The cluster's name, if it may stand in an authority's name.
pub(crate) fn cluster(name: &str) -> Result<&str, Error> {
    if is_label(name) {
        Ok(name)
    } else {
        Err(Error::Name { what: "the cluster's name", name: name.to_owned(), expected: EXPECTED_LABEL })
    }
}

/// The common name, cut to what the field may hold. Nobody identifies a peer by it; the subjects do that in full.
pub(crate) fn common_name(name: &str) -> Result<&str, Error> {
    if !is_dns_name(name) {
        return Err(Error::Name { what: "the common name", name: name.to_owned(), expected: EXPECTED_DNS });
    }
    Ok(cut(name))
}

/// The common name as [`common_name`] lets it stand.
pub(crate) fn cut(name: &str) -> &str {
    name.get(..MAX_COMMON_NAME).unwrap_or(name).trim_end_matches(['.', '-'])
}

/// A DNS name or IP address by which a peer is called.
pub(crate) fn subject(text: &str) -> Result<SanType, Error> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let refused = || Error::Name { what: "the subject", name: text.to_owned(), expected: EXPECTED_DNS };
    if !is_dns_name(text) {
        return Err(refused());
    }
    Ok(SanType::DnsName(text.try_into().map_err(|_| refused())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_peer_reads_alike() {
        for fine in ["node1", "node1.demo", "localhost", "a-b.c", "10.88.0.11", "fd00::1", "1", "1.2.3"] {
            assert!(subject(fine).is_ok(), "{fine}");
        }
        for not in
            ["", ".", "a.", ".a", "a..b", "-a", "a-", "A", "a_b", "*.demo", "a b", "a\0.demo", "ä", "10.88.0.256"]
        {
            assert!(subject(not).is_err(), "{not}");
        }
        assert!(cluster("demo").is_ok() && cluster("demo.example").is_err() && cluster("").is_err());
    }

    #[test]
    fn a_long_common_name_is_cut_where_a_name_may_end() {
        let long = format!("{}.{}", "a".repeat(63), "b".repeat(63));
        assert_eq!(common_name(&long).unwrap(), "a".repeat(63));
        assert_eq!(common_name("node1.demo").unwrap(), "node1.demo");
    }
}
