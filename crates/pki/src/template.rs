//! What all certificates of a cluster have in common: algorithm, serial number, how time is counted.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SerialNumber};
use time::{Duration, OffsetDateTime};

use crate::error::Error;

/// Lives in days: an authority signs for as long as the next one down lives, several times over.
pub(crate) const ROOT_DAYS: i64 = 3652;
pub(crate) const INTERMEDIATE_DAYS: i64 = 1826;
pub(crate) const LEAF_DAYS: i64 = 365;

/// How far a peer's clock may be behind and still accept a certificate that was made this moment.
const SKEW: Duration = Duration::minutes(5);

/// A fresh key. P-256 is what every engine and library here verifies quickly and none has to be told about.
pub(crate) fn key() -> Result<KeyPair, Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .map_err(|e| Error::Make { what: "private key", reason: e.to_string() })
}

/// A certificate's parameters, valid from now for a number of days, but no longer than the authority that signs it.
pub(crate) fn params(
    common_name: &str,
    now: OffsetDateTime,
    days: i64,
    until: Option<OffsetDateTime>,
) -> Result<CertificateParams, Error> {
    let never = || Error::Make { what: "certificate", reason: format!("{now} is no time that a certificate can name") };
    let not_before = now.checked_sub(SKEW).ok_or_else(never)?;
    let not_after = now.checked_add(Duration::days(days)).ok_or_else(never)?;
    let mut params = CertificateParams::default();
    params.not_before = not_before;
    params.not_after = until.map_or(not_after, |u| u.min(not_after));
    params.serial_number = Some(serial());
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Quorate");
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

/// A random serial number of 16 bytes: positive, and of one length whatever the dice say (RFC 5280 allows 20).
fn serial() -> SerialNumber {
    let mut bytes: [u8; 16] = rand::random();
    bytes[0] = bytes[0] & 0x3f | 0x40;
    SerialNumber::from_slice(&bytes)
}
