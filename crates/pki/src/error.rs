//! Why a certificate could not be made.

/// Why a certificate could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A name that must not stand in a certificate.
    #[error("{what} {name:?} cannot stand in a certificate: use {expected}")]
    Name { what: &'static str, name: String, expected: &'static str },
    /// A leaf without any name or address answers for nobody.
    #[error("the certificate for {common_name:?} would name no host: give it at least one DNS name or IP address")]
    NoSubjects { common_name: String },
    /// The authority that should sign cannot be used.
    #[error(
        "the {authority} authority cannot sign: {reason}; \
         restore its certificate and key from the copy that was kept, or make a new {authority} authority"
    )]
    Authority { authority: &'static str, reason: String },
    /// The authority that should sign is no longer, or not yet, valid.
    #[error(
        "the {authority} authority is valid from {from} to {until}, and this machine's clock says {now}: \
         set the clock right, or make a new {authority} authority"
    )]
    NotValid { authority: &'static str, from: String, until: String, now: String },
    /// A key or a signature could not be made.
    #[error("the {what} could not be made: {reason}")]
    Make { what: &'static str, reason: String },
}
