//! Leaf certificates: what a host or an engine shows to its peers, as server and as client.

use rcgen::{ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use secret::Secret;
use time::OffsetDateTime;
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
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Members of etcd and Galera are servers and clients of one another.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = template::key()?;
    let leaf = signer.sign("leaf certificate", &params, &key)?;
    Ok(Issued { chain: leaf + &intermediate.certificate, key: Secret::new(key.serialize_pem()) })
}
