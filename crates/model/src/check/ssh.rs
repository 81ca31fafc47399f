//! How to log in: the cluster's settings with a host's own laid over them, and secrets that are none.

use std::path::PathBuf;

use super::{Findings, names};
use crate::codes;
use crate::problem::Span;
use crate::raw::{self, Hidden};
use crate::types::{Bastion, SecretSource, Ssh, SshAuth, Sudo};
use crate::yaml::At;

const DEFAULT_KEY: &str = "~/.ssh/id_ed25519";
const SSH_PORT: u16 = 22;

/// One `ssh:` mapping of the file, checked where it stands; what it leaves out is `None`.
#[derive(Clone, Default)]
pub(super) struct Layer {
    user: Option<String>,
    port: Option<u16>,
    auth: Option<SshAuth>,
    sudo: Option<Sudo>,
    bastion: Option<BastionLayer>,
}

#[derive(Clone)]
struct BastionLayer {
    address: String,
    user: Option<String>,
    port: Option<u16>,
    auth: Option<SshAuth>,
}

impl Layer {
    /// Reads one mapping; its findings are reported once, however many hosts inherit from it.
    pub(super) fn read(raw: &raw::Ssh, found: &mut Findings) -> Self {
        hidden(raw.password.as_ref(), found);
        Self {
            user: raw.user.as_ref().map(|u| user(u, found)),
            port: raw.port.as_ref().and_then(|p| found.port(p)),
            auth: auth(raw.key_file.as_ref(), raw.password_from.as_ref(), found),
            sudo: raw.sudo.as_ref().map(|s| {
                hidden(s.password.as_ref(), found);
                Sudo { password: s.password_from.as_ref().and_then(|p| secret(p, found)) }
            }),
            bastion: raw.bastion.as_ref().map(|b| {
                hidden(b.password.as_ref(), found);
                names::server(&b.address, found);
                BastionLayer {
                    address: b.address.value.clone(),
                    user: b.user.as_ref().map(|u| user(u, found)),
                    port: b.port.as_ref().and_then(|p| found.port(p)),
                    auth: auth(b.key_file.as_ref(), b.password_from.as_ref(), found),
                }
            }),
        }
    }

    /// This layer over a lower one, setting by setting; a bastion counts as one setting.
    pub(super) fn over(self, lower: &Self) -> Self {
        let lower = lower.clone();
        Self {
            user: self.user.or(lower.user),
            port: self.port.or(lower.port),
            auth: self.auth.or(lower.auth),
            sudo: self.sudo.or(lower.sudo),
            bastion: self.bastion.or(lower.bastion),
        }
    }

    /// Fills in what no layer said.
    pub(super) fn finish(self) -> Ssh {
        let user = self.user.unwrap_or_else(|| "root".to_owned());
        let auth = self.auth.unwrap_or_else(default_auth);
        let bastion = self.bastion.map(|b| Bastion {
            address: b.address,
            user: b.user.unwrap_or_else(|| user.clone()),
            port: b.port.unwrap_or(SSH_PORT),
            // A key may be offered anywhere; a password is for the machine that it was given for.
            auth: b.auth.unwrap_or_else(|| match &auth {
                SshAuth::KeyFile(_) => auth.clone(),
                SshAuth::Password(_) => default_auth(),
            }),
        });
        let sudo = (user != "root").then(|| self.sudo.unwrap_or(Sudo { password: None }));
        Ssh { port: self.port.unwrap_or(SSH_PORT), user, auth, sudo, bastion }
    }
}

fn default_auth() -> SshAuth {
    SshAuth::KeyFile(PathBuf::from(DEFAULT_KEY))
}

fn user(at: &At<String>, found: &mut Findings) -> String {
    // What useradd refuses too; a name that begins with a hyphen would be read as an option by sudo.
    let fine = !at.value.is_empty()
        && at.value.len() <= 256
        && !at.value.starts_with('-')
        && !at.value.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, ':' | '/' | '@'));
    if !fine {
        found.add(codes::BAD_USER.at(at.span));
    }
    at.value.clone()
}

fn auth(
    key_file: Option<&At<String>>,
    password_from: Option<&At<raw::SecretSource>>,
    found: &mut Findings,
) -> Option<SshAuth> {
    if let (Some(key), Some(password)) = (key_file, password_from) {
        found.add(codes::AUTH_TWICE.at(password.span).related(key.span, "keyFile"));
    }
    let key = key_file.map(|k| SshAuth::KeyFile(self::key_file(k, found)));
    let password = password_from.and_then(|p| secret(p, found)).map(SshAuth::Password);
    key.or(password)
}

fn key_file(at: &At<String>, found: &mut Findings) -> PathBuf {
    let text = at.value.trim();
    let public = ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|p| text.starts_with(p));
    if text.is_empty() {
        found.add(codes::KEY_EMPTY.at(at.span));
    } else if text.starts_with("-----BEGIN") || (public && text.contains(' ')) {
        found.add(codes::KEY_INLINE.at(at.span));
    } else if let Some(private) = text.strip_suffix(".pub") {
        found.add(codes::PUBLIC_KEY.at(at.span).arg("path", text).arg("private", private));
    }
    PathBuf::from(text)
}

/// Where a secret comes from, or a finding; what was written in its place is never repeated.
pub(super) fn secret(at: &At<raw::SecretSource>, found: &mut Findings) -> Option<SecretSource> {
    let from = match &at.value {
        raw::SecretSource::Plain => {
            found.add(plain("passwordFrom", at.span));
            return None;
        }
        raw::SecretSource::From(from) => from,
    };
    let given = [("env", &from.env), ("file", &from.file), ("prompt", &from.prompt)];
    let mut given = given.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let (Some((key, value)), None) = (given.next(), given.next()) else {
        let keys = [("env", &from.env), ("file", &from.file), ("prompt", &from.prompt)];
        let keys: Vec<&str> = keys.into_iter().filter(|(_, v)| v.is_some()).map(|(k, _)| k).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        found.add(codes::SECRET_SOURCE.at(at.span).arg("found", keys));
        return None;
    };
    if value.value.is_empty() {
        found.add(codes::SECRET_EMPTY.at(value.span).arg("key", key));
        return None;
    }
    let text = value.value.clone();
    match key {
        "env" if !is_env_name(&text) => {
            found.add(codes::SECRET_ENV.at(value.span));
            None
        }
        "env" => Some(SecretSource::Env(text)),
        "file" => Some(SecretSource::File(PathBuf::from(text))),
        _ => Some(SecretSource::Prompt(text)),
    }
}

fn is_env_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// Refuses a `password:` key.
pub(super) fn hidden(at: Option<&At<Hidden>>, found: &mut Findings) {
    if let Some(at) = at {
        found.add(plain("password", at.span));
    }
}

fn plain(key: &str, mut span: Span) -> crate::problem::Problem {
    // The text under the span is shown beside the message: point at the place without covering the secret.
    span.len = 0;
    codes::PLAIN_PASSWORD.at(span).arg("key", key)
}
