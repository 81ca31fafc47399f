//! Whom to connect to and with what patience: plain data, filled from the cluster file by the caller.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secret::Secret;

/// One host as SSH sees it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The host's name in the cluster file, for messages.
    pub host: String,
    /// The address that is connected to; the host key is pinned to it and the port.
    pub address: IpAddr,
    /// The port of its SSH server.
    pub port: u16,
    /// The account that logs in.
    pub user: String,
    /// What the account authenticates with.
    pub auth: Auth,
    /// How the account becomes root; `None` when it is root.
    pub sudo: Option<Sudo>,
    /// The host in between, if the address is not reachable from here. Its `sudo` is not used.
    pub bastion: Option<Box<Target>>,
}

impl Target {
    /// Address and port.
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

/// What an account authenticates with.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A private key (OpenSSH, PEM or PuTTY format; ed25519, ECDSA or RSA).
    Key {
        /// The private key's file.
        path: PathBuf,
        /// What an encrypted key is decrypted with.
        passphrase: Option<Secret>,
    },
    /// A password; also answers a keyboard-interactive question.
    Password(Secret),
}

/// How an account becomes root.
#[derive(Debug, Clone)]
pub enum Sudo {
    /// sudo asks nothing (`NOPASSWD`).
    NoPassword,
    /// sudo asks for this password; it is sent only after sudo has asked.
    Password(Secret),
}

/// How long each part may take before it is an error.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// TCP connection, key exchange and check of the host key.
    pub connect: Duration,
    /// Authentication; servers wait about two seconds before they refuse a password.
    pub login: Duration,
    /// From the command to the helper's start, each pause of an upload, and the helper's end.
    pub start: Duration,
    /// Pause between two signs of life; the connection is given up after [`Limits::keepalive_max`] without an answer.
    pub keepalive: Duration,
    /// How many signs of life may stay unanswered.
    pub keepalive_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            login: Duration::from_secs(10),
            start: Duration::from_secs(20),
            keepalive: Duration::from_secs(5),
            keepalive_max: 3,
        }
    }
}
