//! What can go wrong between here and a running helper, told to the operator: what happened on which host, what it
//! means, what to do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::channel::Exit;
use crate::trust::HostKey;

/// A failed connection, login, start or exchange.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No TCP connection.
    #[error("{host}: cannot reach {address}: {reason}")]
    Unreachable {
        /// The host's name.
        host: String,
        /// Where it should have answered.
        address: SocketAddr,
        /// The network's answer.
        reason: String,
    },

    /// Nothing came back in time.
    #[error("{host}: no answer from {address} within {} while {phase}", seconds(.after))]
    Timeout {
        /// The host's name.
        host: String,
        /// Where it should have answered.
        address: SocketAddr,
        /// What was waited for.
        phase: Phase,
        /// The limit that was reached.
        after: Duration,
    },

    /// Something answers, but no SSH connection comes of it.
    #[error(
        "{host}: {address} answers, but not as an SSH server that can be used: {reason}; is the port right, and is sshd not overloaded?"
    )]
    Handshake {
        /// The host's name.
        host: String,
        /// Where it was connected to.
        address: SocketAddr,
        /// What the protocol says.
        reason: String,
    },

    /// First contact: the key must be confirmed and pinned before anything is sent.
    #[error(
        "{}: its SSH host key ({}) {} is not known yet; compare it with `ssh-keygen -lf` on the host's console, then confirm it or use --accept-new-host-keys",
        .0.host, .0.algorithm, .0.fingerprint
    )]
    UnknownHostKey(Box<HostKey>),

    /// Another key than the pinned one; nothing was sent.
    #[error(
        "{}: the SSH host key of {} has changed: pinned {}, offered ({}) {}; either the host was reinstalled or somebody answers in its place, so nothing was sent to it; if you reinstalled it, remove its line from {} and connect again",
        .offered.host, .offered.location(), .pinned.join(" and "), .offered.algorithm, .offered.fingerprint, .file.display()
    )]
    HostKeyChanged {
        /// What was offered now.
        offered: Box<HostKey>,
        /// Fingerprints of what is pinned for this address.
        pinned: Vec<String>,
        /// Where it is pinned.
        file: PathBuf,
    },

    /// The file of pinned keys cannot be read or written.
    #[error("cannot use the pinned host keys in {}: {reason}", .path.display())]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },

    /// The private key cannot be used.
    #[error("cannot use the private key {}: {reason}", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: KeyFileReason,
    },

    /// The host does not let the account in.
    #[error(
        "{host}: login as {user} with {tried} was refused; the server {}",
        methods(.methods_left, *.partial)
    )]
    AuthRefused {
        /// The host's name.
        host: String,
        /// The account.
        user: String,
        /// What was tried: "the key PATH" or "a password".
        tried: String,
        /// What the server would accept instead, in the protocol's names.
        methods_left: Vec<String>,
        /// The server accepted what was tried but wants a second factor as well.
        partial: bool,
    },

    /// The way to the host leads through a bastion, and it failed there.
    #[error("{host}: through the bastion {bastion}: {source}")]
    Bastion {
        /// The host behind it.
        host: String,
        /// The bastion's name.
        bastion: String,
        /// What failed there.
        source: Box<Error>,
    },

    /// The connection ended under way.
    #[error("{host}: the SSH connection was lost: {reason}")]
    Lost {
        /// The host's name.
        host: String,
        /// What is known about it.
        reason: String,
    },

    /// The server runs no commands for this account.
    #[error("{host}: the SSH server refuses to run a command for {user}: {reason}")]
    Refused {
        /// The host's name.
        host: String,
        /// The account.
        user: String,
        /// The server's answer.
        reason: String,
    },

    /// The account's shell ended, or talked without end, before our script ran.
    #[error("{host}: the login shell of {user} did not run our command ({exit}){}", said(.output))]
    Shell {
        /// The host's name.
        host: String,
        /// The account.
        user: String,
        /// How it ended.
        exit: Exit,
        /// The last lines that it wrote.
        output: String,
    },

    /// The account is not root and has no sudo.
    #[error("{host}: {user} is not root; log in as root or set `sudo` for this host")]
    NotRoot {
        /// The host's name.
        host: String,
        /// The account.
        user: String,
    },

    /// sudo does not make the account root.
    #[error("{host}: sudo for {user}: {reason}")]
    Sudo {
        /// The host's name.
        host: String,
        /// The account.
        user: String,
        /// Why not.
        reason: SudoReason,
    },

    /// The program was built for other machines.
    #[error("{host}: is {remote}, but this program is built for {program}; run Quorate from a {remote} build")]
    Architecture {
        /// The host's name.
        host: String,
        /// What `uname -m` says there.
        remote: String,
        /// What the program is built for.
        program: String,
    },

    /// The program could not be put on the host.
    #[error("{host}: cannot install the helper in {dir} ({step}){}", said(.output))]
    Upload {
        /// The host's name.
        host: String,
        /// Where it should live.
        dir: String,
        /// Which step failed.
        step: String,
        /// What the tools on the host said.
        output: String,
    },

    /// The helper ended.
    #[error("{host}: the helper ended ({exit}){}", said(.output))]
    Helper {
        /// The host's name.
        host: String,
        /// How it ended.
        exit: Exit,
        /// The last lines of its stderr.
        output: String,
    },

    /// What came from the helper is no frame, or what was to be sent is too large for one.
    #[error("{host}: {reason}")]
    Frame {
        /// The host's name.
        host: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A caller's mistake, found before anything was sent.
    #[error("{0}")]
    Input(String),
}

impl Error {
    /// The host could not be talked to at all: it counts as absent, which does not stop the others.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Lost { .. } => true,
            Self::Bastion { source, .. } => source.is_absent(),
            _ => false,
        }
    }

    /// The key to show, confirm and pin, if that is all that is missing (of the host or of a bastion before it).
    pub fn unknown_host_key(&self) -> Option<&HostKey> {
        match self {
            Self::UnknownHostKey(key) => Some(key),
            Self::Bastion { source, .. } => source.unknown_host_key(),
            _ => None,
        }
    }
}

/// What was waited for when the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// TCP and key exchange.
    Connect,
    /// Authentication.
    Login,
    /// The script before the helper.
    Start,
    /// The upload made no progress.
    Upload,
    /// The helper was asked to end.
    Finish,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Login => "logging in",
            Self::Start => "starting the helper",
            Self::Upload => "uploading the helper",
            Self::Finish => "ending the helper",
        })
    }
}

/// Why a private key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileReason {
    /// The other half was named.
    #[error("it is a public key; name the private key, usually the same path without .pub")]
    PublicKey,
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// A passphrase is needed.
    #[error("it is encrypted and no passphrase was given")]
    Encrypted,
    /// The passphrase is wrong.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// It is not a key, or of a kind that is not supported.
    #[error("{0}; expected an ed25519, ECDSA or RSA private key in OpenSSH, PEM or PuTTY format")]
    NotAKey(String),
}

/// Why sudo does not make the account root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SudoReason {
    /// `sudo -n` was refused.
    #[error(
        "it asks for a password and none was given; add passwordFrom under sudo in the cluster file, or NOPASSWD in sudoers"
    )]
    PasswordNeeded,
    /// It asked again after the password.
    #[error("the password is wrong")]
    PasswordWrong,
    /// The account may not.
    #[error("the account may not run commands as root; add it to the group sudo or to sudoers (sudo says: {0})")]
    NotAllowed(String),
    /// `requiretty` is set.
    #[error("sudoers requires a terminal; remove `requiretty` for this account")]
    NeedsTty,
    /// sudo is not installed.
    #[error("it is not installed; install it, or log in as root")]
    Missing,
    /// Anything else.
    #[error("it failed: {0}")]
    Other(String),
}

fn seconds(d: &Duration) -> String {
    let tenths = (d.as_millis() + 50) / 100;
    if tenths.is_multiple_of(10) { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

fn said(output: &str) -> String {
    let output = output.trim();
    if output.is_empty() { String::new() } else { format!("; it said: {output}") }
}

fn methods(left: &[String], partial: bool) -> String {
    match (left.is_empty(), partial) {
        (true, _) => "names no other way in".into(),
        (false, false) => format!("accepts {}", left.join(", ")),
        (false, true) => format!("wants {} as a second factor, which is not supported", left.join(", ")),
    }
}
