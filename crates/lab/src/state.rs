//! What is known about a lab on disk: written before the effect, replaced as a whole, read by every command.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::error::IoContext;
use crate::faults::Cut;
use crate::options::Filesystem;
use crate::site::lock_dir;
use crate::{Error, Result, Site};

const FILE: &str = "lab.json";

/// What somebody last did to a host's power. Whether the host lives is seen from its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Power {
    On,
    Paused,
    Off,
}

/// What a host is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A systemd-nspawn container: quick, but with this machine's kernel, clock and page cache.
    #[default]
    Container,
    /// A virtual machine under software emulation: slow, with all of its own.
    Vm,
}

/// One host of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostState {
    pub name: String,
    pub address: Ipv4Addr,
    /// Counted from 1, in the order in which the hosts were given.
    pub index: usize,
    #[serde(default)]
    pub kind: Kind,
    pub power: Power,
}

/// One lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub name: String,
    pub subnet: Ipv4Net,
    /// The bridge's own address: the operator's machine.
    pub operator: Ipv4Addr,
    /// The shared root under the hosts' disks.
    pub root: PathBuf,
    pub hosts: Vec<HostState>,
    #[serde(default)]
    pub cuts: Vec<Cut>,
    /// Directories of each host with a filesystem of limited size.
    #[serde(default)]
    pub filesystems: Vec<Filesystem>,
}

impl State {
    /// The state of a lab, as last written.
    pub fn load(site: &Site, name: &str) -> Result<Self> {
        let path = site.lab_dir(name).join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound && !site.lab_dir(name).exists() => {
                return Err(no_such_lab(site, name));
            }
            Err(e) => return Err(Error::BadState { name: name.to_owned(), path, why: e.to_string() }),
        };
        serde_json::from_slice(&bytes).map_err(|e| Error::BadState { name: name.to_owned(), path, why: e.to_string() })
    }

    /// Replaces what is on disk; a reader sees the old or the new state, never half of one.
    pub fn save(&self, site: &Site) -> Result<()> {
        let dir = site.lab_dir(&self.name);
        let (path, fresh) = (dir.join(FILE), dir.join(".lab.json.new"));
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| Error::BadState {
            name: self.name.clone(),
            path: path.clone(),
            why: e.to_string(),
        })?;
        bytes.push(b'\n');
        let mut file = File::create(&fresh).doing("cannot write", &fresh)?;
        file.write_all(&bytes).doing("cannot write", &fresh)?;
        fs::rename(&fresh, &path).doing("cannot replace", &path)
    }

    /// The host called `name`.
    pub fn host(&self, name: &str) -> Result<&HostState> {
        self.hosts.iter().find(|h| h.name == name).ok_or_else(|| self.no_such_host(name))
    }

    /// The same, to be changed.
    pub fn host_mut(&mut self, name: &str) -> Result<&mut HostState> {
        let error = self.no_such_host(name);
        self.hosts.iter_mut().find(|h| h.name == name).ok_or(error)
    }

    fn no_such_host(&self, name: &str) -> Error {
        let known = self.hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", ");
        Error::NoSuchHost { lab: self.name.clone(), host: name.to_owned(), known }
    }
}

/// Held by whoever changes a lab.
pub(crate) fn lock_lab(site: &Site, name: &str) -> Result<File> {
    let dir = site.lab_dir(name);
    // It fails when the lab is taken down while we wait.
    lock_dir(&dir).map_err(|e| if dir.exists() { e } else { no_such_lab(site, name) })
}

fn no_such_lab(site: &Site, name: &str) -> Error {
    let known = site.lab_names();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Error::NoSuchLab { name: name.to_owned(), known }
}

/// The subnets of all labs here, each with the lab that has it.
pub(crate) fn lab_subnets(site: &Site) -> Vec<(Ipv4Net, String)> {
    let labs = site.lab_names().into_iter().filter_map(|n| State::load(site, &n).ok());
    labs.map(|s| (s.subnet, format!("{} of lab {}", s.subnet, s.name))).collect()
}

/// The roots that labs here stand on.
pub(crate) fn roots_in_use(site: &Site) -> Vec<PathBuf> {
    let labs = site.lab_names().into_iter().filter_map(|n| State::load(site, &n).ok());
    labs.map(|s| s.root).collect()
}

/// A lab's private SSH key, for root and ops on every host.
pub fn key_file(lab_dir: &Path) -> PathBuf {
    lab_dir.join("id_ed25519")
}

/// The password of the user ops, for SSH and for sudo.
pub fn password_file(lab_dir: &Path) -> PathBuf {
    lab_dir.join("ops-password")
}
