//! Reading a private key with errors that say which of the usual mistakes was made.

use std::path::Path;

use russh::keys::{self, PrivateKey, decode_secret_key, ssh_key};
use secret::Secret;

use crate::error::{Error, KeyFileReason};

/// Reads and, if it is encrypted, decrypts a private key. Decrypting takes about a second of CPU by design.
pub(crate) fn load(path: &Path, passphrase: Option<&Secret>) -> Result<PrivateKey, Error> {
    let fail = |reason| Error::KeyFile { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| fail(unreadable(&e)))?;
    decode(&text, passphrase).map_err(fail)
}

fn unreadable(error: &std::io::Error) -> KeyFileReason {
    match error.kind() {
        std::io::ErrorKind::InvalidData => KeyFileReason::NotAKey("it is not text".into()),
        _ => KeyFileReason::Unreadable(error.to_string()),
    }
}

fn decode(text: &str, passphrase: Option<&Secret>) -> Result<PrivateKey, KeyFileReason> {
    if is_public(text) {
        return Err(KeyFileReason::PublicKey);
    }
    let locked = || match passphrase {
        None => KeyFileReason::Encrypted,
        Some(_) => KeyFileReason::WrongPassphrase,
    };
    // A passphrase for a key that has none is no mistake worth stopping for, so the plain reading comes first.
    match decode_secret_key(text, None) {
        Ok(key) if !key.is_encrypted() => return Ok(key),
        Ok(_) => {}
        Err(keys::Error::KeyIsEncrypted) => {}
        Err(_) if text.contains("ENCRYPTED") || text.contains("Encryption: aes") => {}
        Err(error) => return Err(KeyFileReason::NotAKey(describe(&error))),
    }
    match passphrase {
        None => Err(locked()),
        Some(secret) => match decode_secret_key(text, Some(secret.expose())) {
            Ok(key) if !key.is_encrypted() => Ok(key),
            _ => Err(locked()),
        },
    }
}

fn is_public(text: &str) -> bool {
    let text = text.trim_start();
    ssh_key::PublicKey::from_openssh(text.trim_end()).is_ok()
        || text.starts_with("ssh-")
        || text.starts_with("ecdsa-sha2-")
        || text.starts_with("sk-")
        || text.starts_with("-----BEGIN PUBLIC KEY")
        || text.starts_with("-----BEGIN RSA PUBLIC KEY")
        || text.starts_with("---- BEGIN SSH2 PUBLIC KEY")
}

fn describe(error: &keys::Error) -> String {
    match error {
        keys::Error::CouldNotReadKey => "it holds no private key".into(),
        other => format!("it cannot be parsed ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::openssh_public(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me@here\n",
        KeyFileReason::PublicKey
    )]
    #[case::pem_public("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", KeyFileReason::PublicKey)]
    #[case::empty("", KeyFileReason::NotAKey("it holds no private key".into()))]
    #[case::other("hello\n", KeyFileReason::NotAKey("it holds no private key".into()))]
    #[case::certificate(
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        KeyFileReason::NotAKey("it holds no private key".into())
    )]
    fn usual_mistakes_are_named(#[case] text: &str, #[case] expected: KeyFileReason) {
        assert_eq!(decode(text, None).unwrap_err(), expected);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(Path::new("/nonexistent/id"), None).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/id"), "{error}");
    }
}
