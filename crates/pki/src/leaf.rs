//! Leaf certificates: what a host or an engine shows to its peers, as server and as client.

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use secret::Secret;
use time::{Duration, OffsetDateTime};
use wire::resource::Issued;

use crate::authority::{Intermediate, Signer};
use crate::error::Error;
use crate::{name, template};

/// Issues a certificate with a fresh key for these DNS names and IP addresses, for a year or for as long as the
/// intermediate lives. The chain holds the leaf and the intermediate; the key is PKCS#8.
///
/// A common name of more than 64 bytes is cut; peers go by the subjects.
///
/// # Errors
/// When a name is no DNS name, none is given, or the intermediate cannot sign.
pub fn issue(
    intermediate: &Intermediate,
    common_name: &str,
    subjects: &[String],
    now: OffsetDateTime,
) -> Result<Issued, Error> {
    let signer = Signer::load("intermediate", &intermediate.certificate, &intermediate.key, now)?;
    let mut params = template::params(name::common_name(common_name)?, now, template::LEAF_DAYS, Some(signer.until))?;
    for subject in subjects {
        let subject = name::subject(subject)?;
        if !params.subject_alt_names.contains(&subject) {
            params.subject_alt_names.push(subject);
        }
    }
    if params.subject_alt_names.is_empty() {
        return Err(Error::NoSubjects { common_name: common_name.to_owned() });
    }
    // Members of etcd and Galera are servers and clients of one another.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    finish(&signer, intermediate, params)
}

/// Issues a certificate with a fresh key that proves who asks and serves nobody: for a client that lives no longer than
/// `life`, and whose key is never written down.
///
/// # Errors
/// When the common name is no DNS name, or the intermediate cannot sign.
pub fn issue_client(
    intermediate: &Intermediate,
    common_name: &str,
    life: Duration,
    now: OffsetDateTime,
) -> Result<Issued, Error> {
    let signer = Signer::load("intermediate", &intermediate.certificate, &intermediate.key, now)?;
    let until = now.checked_add(life).map_or(signer.until, |u| u.min(signer.until));
    let mut params = template::params(name::common_name(common_name)?, now, template::LEAF_DAYS, Some(until))?;
    params.subject_alt_names.push(name::subject(common_name)?);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    finish(&signer, intermediate, params)
}

/// Signs a leaf's parameters for a fresh key.
fn finish(signer: &Signer, intermediate: &Intermediate, mut params: CertificateParams) -> Result<Issued, Error> {
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = template::key()?;
    let leaf = signer.sign("leaf certificate", &params, &key)?;
    Ok(Issued { chain: leaf + &intermediate.certificate, key: Secret::new(key.serialize_pem()) })
}
