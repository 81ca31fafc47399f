//! An authenticated connection to one host, on which commands run.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, Disconnect};

use crate::channel::{Exec, within};
use crate::connect::Verifier;
use crate::error::{Error, Phase};
use crate::pipe::HelperPipe;
use crate::program::Program;
use crate::target::{Limits, Target};
use crate::upload;

/// An authenticated connection; cheap to clone, closed when the last clone and the last channel are gone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    handle: Handle<Verifier>,
    target: Target,
    limits: Limits,
    lost: Arc<Mutex<Option<String>>>,
    round_trip: Option<Duration>,
    _via: Option<Session>,
}

impl Session {
    pub(crate) fn new(
        handle: Handle<Verifier>,
        target: Target,
        limits: Limits,
        lost: Arc<Mutex<Option<String>>>,
        round_trip: Option<Duration>,
        via: Option<Session>,
    ) -> Self {
        Self(Arc::new(Inner { handle, target, limits, lost, round_trip, _via: via }))
    }

    /// Whom it is connected to.
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// Its limits.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The time that the TCP handshake took; unknown behind a bastion.
    pub fn round_trip(&self) -> Option<Duration> {
        self.0.round_trip
    }

    /// False once the connection has ended.
    pub fn is_open(&self) -> bool {
        !self.0.handle.is_closed()
    }

    /// Runs a command of the account's login shell, without sudo. Never put a secret into it: `ps` shows it.
    pub async fn exec(&self, command: &str) -> Result<Exec, Error> {
        let Inner { target, limits, lost, .. } = self.0.as_ref();
        let opening = async {
            let channel = self.0.handle.channel_open_session().await?;
            channel.exec(true, command).await?;
            Ok::<_, russh::Error>(channel)
        };
        match within(limits.start, opening).await {
            Some(Ok(channel)) => Ok(Exec::start(channel, lost.clone())),
            Some(Err(russh::Error::ChannelOpenFailure(reason))) => Err(Error::Refused {
                host: target.host.clone(),
                user: target.user.clone(),
                reason: format!("{reason:?}; MaxSessions in sshd_config may be reached"),
            }),
            Some(Err(error)) => Err(Error::Lost { host: target.host.clone(), reason: error.to_string() }),
            None => Err(self.timeout(Phase::Start)),
        }
    }

    /// Puts `program` into `dir` on the host unless it is there, and starts it as root with the argument `helper`.
    pub async fn start_helper(&self, program: &Program, dir: &str) -> Result<HelperPipe, Error> {
        upload::start(self, program, dir).await
    }

    /// Says goodbye; channels that are still open end.
    pub async fn close(&self) {
        let goodbye = self.0.handle.disconnect(Disconnect::ByApplication, "", "en");
        let _ = within(Duration::from_millis(500), goodbye).await;
    }

    pub(crate) async fn tunnel(&self, to: SocketAddr) -> Result<Channel<Msg>, russh::Error> {
        self.0.handle.channel_open_direct_tcpip(to.ip().to_string(), to.port().into(), "127.0.0.1", 0).await
    }

    pub(crate) fn timeout(&self, phase: Phase) -> Error {
        let (host, address) = (self.0.target.host.clone(), self.0.target.socket());
        Error::Timeout { host, address, phase, after: self.0.limits.start }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("target", &self.0.target).finish_non_exhaustive()
    }
}
