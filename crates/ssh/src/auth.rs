//! Logging in with what the target names, and the server's refusals in the operator's words.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Interactive};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg};
use russh::{MethodKind, MethodSet};
use secret::Secret;

use crate::connect::Verifier;
use crate::error::Error;
use crate::target::Target;

/// What is tried, read and decrypted before anything is connected.
#[derive(Clone)]
pub(crate) enum Credential {
    Key { key: Arc<PrivateKey>, name: String },
    Password(Secret),
}

pub(crate) async fn log_in(
    handle: &mut Handle<Verifier>,
    target: &Target,
    credential: &Credential,
) -> Result<(), Error> {
    let refused = |tried: &str, left: &MethodSet, partial: bool| Error::AuthRefused {
        host: target.host.clone(),
        user: target.user.clone(),
        tried: tried.to_owned(),
        methods_left: left.iter().map(|m| <&str>::from(m).to_owned()).collect(),
        partial,
    };
    let lost = |error: russh::Error| Error::Lost {
        host: target.host.clone(),
        reason: format!("while logging in as {}: {error}", target.user),
    };
    let result = match credential {
        Credential::Key { key, name } => {
            let hash = if matches!(key.algorithm(), Algorithm::Rsa { .. }) { rsa_hash(handle).await } else { None };
            let key = PrivateKeyWithHashAlg::new(key.clone(), hash);
            let result = handle.authenticate_publickey(&target.user, key).await.map_err(lost)?;
            (result, format!("the key {name}"))
        }
        Credential::Password(password) => {
            let result = handle.authenticate_password(&target.user, password.expose()).await.map_err(lost)?;
            let result = match result {
                AuthResult::Failure { remaining_methods, partial_success: false }
                    if remaining_methods.contains(&MethodKind::KeyboardInteractive) =>
                {
                    answer(handle, &target.user, password).await.map_err(lost)?
                }
                other => other,
            };
            (result, "a password".to_owned())
        }
    };
    match result {
        (AuthResult::Success, _) => Ok(()),
        // The library reports a connection that ended in the middle as an empty refusal.
        (AuthResult::Failure { remaining_methods, .. }, tried)
            if remaining_methods.is_empty() && handle.is_closed() =>
        {
            Err(Error::Lost {
                host: target.host.clone(),
                reason: format!(
                    "the server hung up while {} logged in with {tried}; too many attempts, or the account is locked",
                    target.user
                ),
            })
        }
        (AuthResult::Failure { remaining_methods, partial_success }, tried) => {
            Err(refused(&tried, &remaining_methods, partial_success))
        }
    }
}

/// Servers that do not say which signatures they take are old, but all that live know SHA-256; SHA-1 is not offered.
async fn rsa_hash(handle: &Handle<Verifier>) -> Option<HashAlg> {
    match handle.best_supported_rsa_hash().await {
        Ok(Some(Some(hash))) => Some(hash),
        _ => Some(HashAlg::Sha256),
    }
}

/// Answers the one hidden question of a PAM conversation; a second round means that the answer was wrong or that a
/// second factor is asked for.
async fn answer(handle: &mut Handle<Verifier>, user: &str, password: &Secret) -> Result<AuthResult, russh::Error> {
    let mut response = handle.authenticate_keyboard_interactive_start(user, None).await?;
    let mut answered = false;
    loop {
        match response {
            Interactive::Success => return Ok(AuthResult::Success),
            Interactive::Failure { remaining_methods, partial_success } => {
                return Ok(AuthResult::Failure { remaining_methods, partial_success });
            }
            Interactive::InfoRequest { prompts, .. } => {
                if answered && !prompts.is_empty() {
                    return Ok(AuthResult::Failure {
                        remaining_methods: MethodSet::from([MethodKind::KeyboardInteractive].as_slice()),
                        partial_success: true,
                    });
                }
                answered |= !prompts.is_empty();
                let answers = prompts
                    .iter()
                    .map(|prompt| if prompt.echo { String::new() } else { password.expose().to_owned() })
                    .collect();
                response = handle.authenticate_keyboard_interactive_respond(answers).await?;
            }
        }
    }
}
