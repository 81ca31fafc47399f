//! Host keys, pinned at first use in a file of OpenSSH's known_hosts format, so that `ssh -o UserKnownHostsFile=…`
//! shares it and an operator can read it.
//!
//! A first key is shown or, by an explicit choice, accepted; another key than the pinned one is never accepted.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use russh::keys::{Algorithm, HashAlg, PublicKey};

use crate::error::Error;
use crate::target::Target;

/// What happens at first contact with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknownKey {
    /// [`Error::UnknownHostKey`] carries the key, to be shown and pinned by the caller.
    Refuse,
    /// The key is pinned without a question, as automation wants it.
    AcceptNew,
}

/// The key that a host offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The host's name in the cluster file.
    pub host: String,
    /// The address that offered it.
    pub address: IpAddr,
    /// The port that offered it.
    pub port: u16,
    /// `ssh-ed25519` and the like.
    pub algorithm: String,
    /// `SHA256:…`, as `ssh-keygen -lf` prints it.
    pub fingerprint: String,
    key: PublicKey,
}

impl HostKey {
    pub(crate) fn new(target: &Target, key: &PublicKey) -> Self {
        Self {
            host: target.host.clone(),
            address: target.address,
            port: target.port,
            algorithm: key.algorithm().as_str().to_owned(),
            fingerprint: fingerprint(key),
            key: PublicKey::new(key.key_data().clone(), ""),
        }
    }

    /// Address and port as known_hosts writes them.
    pub fn location(&self) -> String {
        location(self.address, self.port)
    }
}

/// The pinned keys of the hosts of one cluster.
#[derive(Debug)]
pub struct Trust {
    path: PathBuf,
    unknown: OnUnknownKey,
    pinned: Mutex<Vec<Pinned>>,
}

#[derive(Debug, Clone)]
struct Pinned {
    location: String,
    key: PublicKey,
}

impl Trust {
    /// Reads `path`, which need not exist yet; its directory is made when the first key is pinned.
    pub fn open(path: impl Into<PathBuf>, unknown: OnUnknownKey) -> Result<Self, Error> {
        let path = path.into();
        let pinned = Mutex::new(parse(&read(&path)?));
        Ok(Self { path, unknown, pinned })
    }

    /// Pins keys that the operator has confirmed.
    pub fn pin(&self, keys: &[HostKey]) -> Result<(), Error> {
        self.edit(|text| {
            let known = parse(text);
            for key in keys {
                let location = key.location();
                if known.iter().any(|p| p.location == location && p.key.key_data() == key.key.key_data()) {
                    continue;
                }
                let openssh = key.key.to_openssh().map_err(|e| self.failed(&e.to_string()))?;
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(&format!("{location} {} {}\n", openssh.trim(), key.host));
            }
            Ok(())
        })
    }

    /// Forgets a host that is gone or was reinstalled.
    pub fn forget(&self, address: IpAddr, port: u16) -> Result<(), Error> {
        let location = location(address, port);
        self.edit(|text| {
            let keep = |line: &&str| !parse_line(line).iter().any(|p| p.location == location);
            *text = text.lines().filter(keep).map(|line| format!("{line}\n")).collect();
            Ok(())
        })
    }

    /// Accepts, pins or refuses what a host offers.
    pub(crate) fn check(&self, offered: HostKey) -> Result<(), Error> {
        let location = offered.location();
        let pinned: Vec<Pinned> = self.lock().iter().filter(|p| p.location == location).cloned().collect();
        if pinned.iter().any(|p| p.key.key_data() == offered.key.key_data()) {
            return Ok(());
        }
        if !pinned.is_empty() {
            let pinned = pinned.iter().map(|p| fingerprint(&p.key)).collect();
            return Err(Error::HostKeyChanged { offered: Box::new(offered), pinned, file: self.path.clone() });
        }
        match self.unknown {
            OnUnknownKey::Refuse => Err(Error::UnknownHostKey(Box::new(offered))),
            OnUnknownKey::AcceptNew => self.pin(&[offered]),
        }
    }

    /// The kinds of key to ask a host for first: a server offers one of many, and another kind than the pinned one
    /// would look like a change.
    pub(crate) fn algorithms(&self, target: &Target) -> Vec<Algorithm> {
        let location = location(target.address, target.port);
        self.lock().iter().filter(|p| p.location == location).map(|p| p.key.algorithm()).collect()
    }

    /// Other processes of the operator may pin at the same time: hence the lock, the second reading and the rename.
    fn edit(&self, change: impl FnOnce(&mut String) -> Result<(), Error>) -> Result<(), Error> {
        let failed = |e: std::io::Error| self.failed(&e.to_string());
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir).map_err(failed)?;
        }
        let beside = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let lock = File::create(beside(".lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;

        let before = read(&self.path)?;
        let mut text = before.clone();
        change(&mut text)?;
        if text != before {
            let next = beside(".new");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next);
            let file = file.as_mut().map_err(|e| self.failed(&e.to_string()))?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            fs::rename(&next, &self.path).map_err(failed)?;
        }
        *self.lock() = parse(&text);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Pinned>> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, reason: &str) -> Error {
        Error::KnownHosts { path: self.path.clone(), reason: reason.to_owned() }
    }
}

fn read(path: &Path) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Error::KnownHosts { path: path.to_owned(), reason: e.to_string() }),
    }
}

fn parse(text: &str) -> Vec<Pinned> {
    text.lines().flat_map(parse_line).collect()
}

/// Comments, markers and hashed names are not ours and name no host that we know: a host named only there is unknown,
/// which asks, and never trusted.
fn parse_line(line: &str) -> Vec<Pinned> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', '@', '|']) {
        return Vec::new();
    }
    let Some((names, key)) = line.split_once(char::is_whitespace) else { return Vec::new() };
    let Ok(key) = PublicKey::from_openssh(key.trim()) else { return Vec::new() };
    names.split(',').map(|name| Pinned { location: name.to_owned(), key: key.clone() }).collect()
}

fn location(address: IpAddr, port: u16) -> String {
    if port == 22 { address.to_string() } else { format!("[{address}]:{port}") }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Auth;
    use secret::Secret;

    const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGMsnPEfBPX2I6HG0S5X1Ll1i0cFAGw/R0wCGtzuH7oB";

    fn offered(openssh: &str, port: u16) -> HostKey {
        let target = Target {
            host: "node1".into(),
            address: "10.0.0.1".parse().unwrap(),
            port,
            user: "root".into(),
            auth: Auth::Password(Secret::new(String::new())),
            sudo: None,
            bastion: None,
        };
        HostKey::new(&target, &PublicKey::from_openssh(openssh).unwrap())
    }

    #[test]
    fn first_key_asks_then_holds_and_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/known_hosts");
        let trust = Trust::open(&path, OnUnknownKey::Refuse).unwrap();

        let Err(Error::UnknownHostKey(key)) = trust.check(offered(A, 22)) else { panic!("accepted") };
        trust.pin(&[*key]).unwrap();
        trust.check(offered(A, 22)).unwrap();
        assert!(matches!(trust.check(offered(A, 2222)), Err(Error::UnknownHostKey(_))), "a port is another server");

        for trust in
            [Trust::open(&path, OnUnknownKey::Refuse).unwrap(), Trust::open(&path, OnUnknownKey::AcceptNew).unwrap()]
        {
            let error = trust.check(offered(B, 22)).unwrap_err();
            assert!(matches!(&error, Error::HostKeyChanged { pinned, .. } if pinned.len() == 1), "{error}");
        }

        trust.forget("10.0.0.1".parse().unwrap(), 22).unwrap();
        assert!(matches!(trust.check(offered(B, 22)), Err(Error::UnknownHostKey(_))));
    }

    #[test]
    fn accepting_keeps_what_others_pinned_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        let one = Trust::open(&path, OnUnknownKey::AcceptNew).unwrap();
        let other = Trust::open(&path, OnUnknownKey::AcceptNew).unwrap();
        one.check(offered(A, 22)).unwrap();
        other.check(offered(B, 2222)).unwrap();
        one.check(offered(A, 22)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("10.0.0.1 {A} node1\n[10.0.0.1]:2222 {B} node1\n"));
    }

    #[test]
    fn lines_of_others_are_ignored_not_trusted() {
        let text = format!("# comment\n\n|1|abc|def {A}\n@revoked 10.0.0.1 {A}\n10.0.0.1\n10.0.0.1 ssh-ed25519 AAAA\n");
        assert!(parse(&text).is_empty());
        assert_eq!(parse(&format!("node1,10.0.0.1 {A} c\n")).len(), 2);
    }
}
