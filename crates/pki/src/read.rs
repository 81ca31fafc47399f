//! Reading certificates back.

use time::OffsetDateTime;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

/// The certificates of a PEM text, in its order; `None` when it holds anything else or nothing.
pub(crate) fn blocks(pem: &str) -> Option<Vec<Pem>> {
    let blocks: Vec<Pem> = Pem::iter_from_buffer(pem.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!blocks.is_empty() && blocks.iter().all(|b| b.label == "CERTIFICATE")).then_some(blocks)
}

/// The certificate in a block, if it is one and nothing follows it.
pub(crate) fn certificate(block: &Pem) -> Option<X509Certificate<'_>> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(&block.contents).ok()?;
    rest.is_empty().then_some(certificate)
}

/// From when to when a certificate is valid.
pub(crate) fn validity(certificate: &X509Certificate<'_>) -> (OffsetDateTime, OffsetDateTime) {
    let validity = certificate.validity();
    (validity.not_before.to_datetime(), validity.not_after.to_datetime())
}

/// Whether `issuer` is an authority and signed `certificate`.
pub(crate) fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    issuer.is_ca()
        && certificate.issuer().as_raw() == issuer.subject().as_raw()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}
