//! The authorities: who signs what, and for how long.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData};
use secret::Secret;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::Error;
use crate::{name, read, template};

/// The authority that every host trusts, for ten years. Its key never goes to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// PEM.
    pub certificate: String,
    /// PKCS#8, PEM.
    pub key: Secret,
}

/// The authority that issues leaf certificates, signed by the root, for five years. It cannot make further authorities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intermediate {
    /// PEM.
    pub certificate: String,
    /// PKCS#8, PEM.
    pub key: Secret,
}

/// Makes a root for a cluster.
///
/// # Errors
/// When the cluster's name is no DNS label, or no key can be made.
pub fn new_root(cluster: &str, now: OffsetDateTime) -> Result<Root, Error> {
    let params = authority(&format!("{} root", name::cluster(cluster)?), now, template::ROOT_DAYS, None, 1)?;
    let key = template::key()?;
    let certificate =
        params.self_signed(&key).map_err(|e| Error::Make { what: "root certificate", reason: e.to_string() })?;
    Ok(Root { certificate: certificate.pem(), key: Secret::new(key.serialize_pem()) })
}

/// Makes an intermediate, signed by the root.
///
/// # Errors
/// When the root cannot be read, has expired, or its key is not its certificate's.
pub fn new_intermediate(cluster: &str, root: &Root, now: OffsetDateTime) -> Result<Intermediate, Error> {
    let cluster = name::cluster(cluster)?;
    let signer = Signer::load("root", &root.certificate, &root.key, now)?;
    let common_name = format!("{cluster} intermediate");
    let params = authority(&common_name, now, template::INTERMEDIATE_DAYS, Some(signer.until), 0)?;
    let key = template::key()?;
    Ok(Intermediate {
        certificate: signer.sign("intermediate certificate", &params, &key)?,
        key: Secret::new(key.serialize_pem()),
    })
}

/// An authority's parameters; below it stand at most `below` further authorities.
fn authority(
    common_name: &str,
    now: OffsetDateTime,
    days: i64,
    until: Option<OffsetDateTime>,
    below: u8,
) -> Result<CertificateParams, Error> {
    let mut params = template::params(common_name, now, days, until)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// An authority, ready to sign.
pub(crate) struct Signer {
    issuer: Issuer<'static, KeyPair>,
    /// What it signs must not outlive it.
    pub until: OffsetDateTime,
}

impl Signer {
    /// Reads an authority and sees that it may sign now.
    pub fn load(authority: &'static str, pem: &str, key: &Secret, now: OffsetDateTime) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Authority { authority, reason };
        let blocks = read::blocks(pem).ok_or_else(|| unusable("its certificate is no PEM text".to_owned()))?;
        let certificate = blocks
            .first()
            .and_then(read::certificate)
            .ok_or_else(|| unusable("its certificate is damaged".to_owned()))?;
        let (from, until) = read::validity(&certificate);
        if now < from || now > until {
            let (from, until, now) = (from.to_string(), until.to_string(), now.to_string());
            return Err(Error::NotValid { authority, from, until, now });
        }
        let key = KeyPair::from_pem(key.expose()).map_err(|_| unusable("its key is no PKCS#8 PEM text".to_owned()))?;
        // A signature by another key would be noticed only by the peers, as a handshake that fails.
        if key.subject_public_key_info() != certificate.public_key().raw {
            return Err(unusable("its key is not the key of its certificate".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_pem(pem, key).map_err(|e| unusable(e.to_string()))?;
        Ok(Self { issuer, until })
    }

    /// A certificate with these parameters for a key, PEM.
    pub fn sign(&self, what: &'static str, params: &CertificateParams, key: &KeyPair) -> Result<String, Error> {
        let certificate =
            params.signed_by(key, &self.issuer).map_err(|e| Error::Make { what, reason: e.to_string() })?;
        Ok(certificate.pem())
    }
}
