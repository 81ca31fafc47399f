//! From a target to a session: the TCP connection or the channel through a bastion, the key exchange with the host's key
//! checked against the pinned one, and the login, each within its limit.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use russh::client::{self, DisconnectReason, Handle};
use russh::keys::{Algorithm, PrivateKey, PublicKeyOrCertificate};
use russh::{Preferred, cipher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::auth::{Credential, log_in};
use crate::channel::within;
use crate::error::{Error, Phase};
use crate::guard::Guarded;
use crate::keyfile;
use crate::session::Session;
use crate::target::{Auth, Limits, Target};
use crate::trust::{HostKey, Trust};

/// Connects to the hosts of one cluster. Bastions are connected to once and shared, keys are read once.
pub struct Connector {
    trust: Arc<Trust>,
    limits: Limits,
    keys: tokio::sync::Mutex<HashMap<PathBuf, Arc<PrivateKey>>>,
    bastions: Mutex<HashMap<(String, SocketAddr), Shared>>,
}

type Shared = Arc<tokio::sync::Mutex<Option<Session>>>;

impl Connector {
    /// A connector that trusts the pinned keys of `trust`.
    pub fn new(trust: Arc<Trust>, limits: Limits) -> Self {
        Self { trust, limits, keys: Default::default(), bastions: Default::default() }
    }

    /// The pinned keys, for pinning what [`Error::UnknownHostKey`] showed.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Connects and logs in.
    pub async fn connect(&self, target: &Target) -> Result<Session, Error> {
        // Before the network: a wrong key file is the operator's mistake on every host and known at once.
        let credential = self.credential(&target.auth).await?;
        let Some(bastion) = &target.bastion else { return self.direct(target, &credential).await };
        let wrap = |source| Error::Bastion {
            host: target.host.clone(),
            bastion: bastion.host.clone(),
            source: Box::new(source),
        };
        let via = self.bastion(bastion).await.map_err(wrap)?;
        self.through(target, &credential, via).await.map_err(|error| match error {
            error @ (Error::Unreachable { .. } | Error::Lost { .. }) => wrap(error),
            other => other,
        })
    }

    async fn direct(&self, target: &Target, credential: &Credential) -> Result<Session, Error> {
        let started = Instant::now();
        let stream = match within(self.limits.connect, TcpStream::connect(target.socket())).await {
            Some(Ok(stream)) => stream,
            Some(Err(error)) => return Err(unreachable(target, &network(&error))),
            None => return Err(timeout(target, Phase::Connect, self.limits.connect)),
        };
        let round_trip = started.elapsed();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(host = target.host, %error, "TCP_NODELAY is not set");
        }
        let left = self.limits.connect.saturating_sub(round_trip);
        self.handshake(target, credential, stream, left, Some(round_trip), None).await
    }

    async fn through(&self, target: &Target, credential: &Credential, via: Session) -> Result<Session, Error> {
        let started = Instant::now();
        let opening = via.tunnel(target.socket());
        let channel = match within(self.limits.connect, opening).await {
            Some(Ok(channel)) => channel,
            Some(Err(russh::Error::ChannelOpenFailure(reason))) => {
                return Err(unreachable(target, &format!("the bastion answers {reason:?}")));
            }
            Some(Err(error)) => return Err(unreachable(target, &format!("the bastion does not forward: {error}"))),
            None => return Err(timeout(target, Phase::Connect, self.limits.connect)),
        };
        let left = self.limits.connect.saturating_sub(started.elapsed());
        self.handshake(target, credential, channel.into_stream(), left, None, Some(via)).await
    }

    /// The session with a bastion, made by the first who needs it.
    fn bastion<'a>(&'a self, target: &'a Target) -> Pin<Box<dyn Future<Output = Result<Session, Error>> + Send + 'a>> {
        Box::pin(async move {
            let slot = {
                let mut bastions = self.bastions.lock().unwrap_or_else(PoisonError::into_inner);
                bastions.entry((target.user.clone(), target.socket())).or_default().clone()
            };
            let mut slot = slot.lock().await;
            match slot.as_ref() {
                Some(session) if session.is_open() => Ok(session.clone()),
                _ => Ok(slot.insert(self.connect(target).await?).clone()),
            }
        })
    }

    async fn credential(&self, auth: &Auth) -> Result<Credential, Error> {
        match auth {
            Auth::Password(password) => Ok(Credential::Password(password.clone())),
            Auth::Key { path, passphrase } => {
                let mut keys = self.keys.lock().await;
                let name = path.display().to_string();
                if let Some(key) = keys.get(path) {
                    return Ok(Credential::Key { key: key.clone(), name });
                }
                let (file, passphrase) = (path.clone(), passphrase.clone());
                let read = tokio::task::spawn_blocking(move || keyfile::load(&file, passphrase.as_ref())).await;
                let key = Arc::new(read.map_err(|e| Error::Input(format!("reading {name} was interrupted: {e}")))??);
                keys.insert(path.clone(), key.clone());
                Ok(Credential::Key { key, name })
            }
        }
    }

    async fn handshake<S>(
        &self,
        target: &Target,
        credential: &Credential,
        stream: S,
        limit: Duration,
        round_trip: Option<Duration>,
        via: Option<Session>,
    ) -> Result<Session, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let lost = Arc::new(Mutex::new(None));
        let verifier = Verifier { target: target.clone(), trust: self.trust.clone(), lost: lost.clone() };
        let token = CancellationToken::new();
        let stream = Guarded::new(stream, token.clone());
        // Dropped on every early return, and with this future: no half-made connection outlives its limit.
        let give_up = token.drop_guard();

        let connecting = client::connect_stream(Arc::new(self.config(target)), stream, verifier);
        let mut handle: Handle<Verifier> = match within(limit, connecting).await {
            Some(Ok(handle)) => handle,
            Some(Err(Failure::Known(error))) => return Err(*error),
            Some(Err(Failure::Ssh(error))) => {
                let (host, address) = (target.host.clone(), target.socket());
                return Err(Error::Handshake { host, address, reason: protocol(&error) });
            }
            None => return Err(timeout(target, Phase::Connect, self.limits.connect)),
        };
        match within(self.limits.login, log_in(&mut handle, target, credential)).await {
            Some(result) => result?,
            None => return Err(timeout(target, Phase::Login, self.limits.login)),
        }
        let _ = give_up.disarm();
        Ok(Session::new(handle, target.clone(), self.limits, lost, round_trip, via))
    }

    fn config(&self, target: &Target) -> client::Config {
        let mut ciphers = vec![cipher::AES_256_GCM];
        ciphers.extend(Preferred::DEFAULT.cipher.iter().filter(|c| **c != cipher::AES_256_GCM));
        client::Config {
            window_size: 16 * 1024 * 1024,
            channel_buffer_size: 512,
            keepalive_interval: Some(self.limits.keepalive),
            keepalive_max: self.limits.keepalive_max,
            nodelay: true,
            preferred: Preferred {
                // With AES in hardware, which every server has, it costs half of ChaCha20.
                cipher: ciphers.into(),
                key: host_key_order(&self.trust.algorithms(target)).into(),
                ..Preferred::DEFAULT
            },
            ..client::Config::default()
        }
    }
}

/// The pinned kinds first; SHA-1 signatures never.
fn host_key_order(pinned: &[Algorithm]) -> Vec<Algorithm> {
    let rsa = |a: &Algorithm| matches!(a, Algorithm::Rsa { .. });
    let same_kind = |a: &Algorithm, b: &Algorithm| a == b || (rsa(a) && rsa(b));
    let offered = Preferred::DEFAULT.key.iter().filter(|a| **a != Algorithm::Rsa { hash: None });
    let (first, rest): (Vec<_>, Vec<_>) = offered.cloned().partition(|a| pinned.iter().any(|p| same_kind(a, p)));
    first.into_iter().chain(rest).collect()
}

/// Checks the host's key in the middle of the key exchange and remembers why a connection ended.
pub(crate) struct Verifier {
    target: Target,
    trust: Arc<Trust>,
    lost: Arc<Mutex<Option<String>>>,
}

/// What a handshake fails with: an error that is already told to the operator, or the library's.
#[derive(Debug)]
pub(crate) enum Failure {
    Known(Box<Error>),
    Ssh(russh::Error),
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for Verifier {
    type Error = Failure;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Failure> {
        let offered = HostKey::new(&self.target, &offered.public_key());
        self.trust.check(offered).map(|()| true).map_err(|error| Failure::Known(Box::new(error)))
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut client::Session) -> Result<(), Failure> {
        tracing::debug!(host = self.target.host, banner, "the server greets");
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Failure>) -> Result<(), Failure> {
        let (text, result) = match reason {
            DisconnectReason::ReceivedDisconnect(info) => (info.message.clone(), Ok(())),
            DisconnectReason::Error(Failure::Ssh(error)) => (protocol(&error), Err(Failure::Ssh(error))),
            DisconnectReason::Error(Failure::Known(error)) => (error.to_string(), Err(Failure::Known(error))),
        };
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        result
    }
}

fn unreachable(target: &Target, reason: &str) -> Error {
    Error::Unreachable { host: target.host.clone(), address: target.socket(), reason: reason.to_owned() }
}

fn timeout(target: &Target, phase: Phase, after: Duration) -> Error {
    Error::Timeout { host: target.host.clone(), address: target.socket(), phase, after }
}

fn network(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "the connection was refused: no SSH server listens there".into(),
        ErrorKind::HostUnreachable => "no route to the host: it is off, or not on this network".into(),
        ErrorKind::NetworkUnreachable => "this machine has no route to that network".into(),
        _ => error.to_string(),
    }
}

fn protocol(error: &russh::Error) -> String {
    match error {
        russh::Error::HUP | russh::Error::Disconnect => "it closed the connection".into(),
        russh::Error::KeepaliveTimeout => "it stopped answering".into(),
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            format!("no {kind:?} algorithm in common; it offers only {}", theirs.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use russh::keys::HashAlg;

    #[test]
    fn pinned_kinds_are_asked_for_first() {
        let rsa = Algorithm::Rsa { hash: None };
        let order = host_key_order(&[rsa]);
        assert_eq!(order.first(), Some(&Algorithm::Rsa { hash: Some(HashAlg::Sha512) }));
        assert_eq!(order.get(2), Some(&Algorithm::Ed25519));
        assert!(!order.contains(&Algorithm::Rsa { hash: None }));
        assert_eq!(host_key_order(&[]).first(), Some(&Algorithm::Ed25519));
    }
}
