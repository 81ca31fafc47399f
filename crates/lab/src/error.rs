//! What can go wrong with a lab, said to the person who has to put it right.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;

/// Why a lab operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("lab hosts need root: containers, bridges and mounts are made; run this as root")]
    NotRoot,

    #[error("the program `{tool}` is not installed; run `apt-get install {package}`")]
    MissingTool { tool: &'static str, package: &'static str },

    #[error("`{program}` failed ({status}) while {doing}: {stderr}")]
    Command { doing: String, program: String, status: String, stderr: String },

    #[error("{doing}: {path}: {source}")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },

    #[error(
        "no cgroup2 hierarchy is mounted on this machine, so hosts could be neither killed nor paused as a whole; run `mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`"
    )]
    NoCgroup,

    #[error(
        "no package source for Debian {suite} (component main) in /etc/apt/sources.list or /etc/apt/sources.list.d; the lab's root is made from this machine's own Debian sources"
    )]
    NoSources { suite: &'static str },

    #[error("`{name}` cannot name a {what}: use 1 to {max} lower-case letters, digits and inner hyphens")]
    BadName { what: &'static str, name: String, max: usize },

    #[error("the name `{0}` is used by two hosts")]
    DuplicateName(String),

    #[error("the address {0} is used twice")]
    DuplicateAddress(Ipv4Addr),

    #[error("host {host}: address {address} is not a usable address of {subnet}")]
    OutsideSubnet { host: String, address: Ipv4Addr, subnet: Ipv4Net },

    #[error("a lab of {wanted} hosts was asked for; {subnet} has room for 1 to {room}")]
    HostCount { wanted: usize, room: usize, subnet: Ipv4Net },

    #[error("this cluster cannot be a lab: {0}; a lab has one network, with IPv4 addresses")]
    NotForLab(String),

    #[error("{subnet} overlaps {by}; give the lab another subnet or take that one down")]
    SubnetTaken { subnet: Ipv4Net, by: String },

    #[error(
        "`{0}` is no filesystem for lab hosts: write a directory and a size from 32M to 16G, such as /var/lib/mysql=400M"
    )]
    BadFilesystem(String),

    #[error(
        "host {0} is to be a virtual machine, and filesystems of limited size were asked for: those are made for containers only; leave out one of the two"
    )]
    VmFilesystem(String),

    #[error("no free subnet is left for a lab; see `quorate lab status` and take one down")]
    NoSubnetLeft,

    #[error("a lab named `{0}` exists already; take it down with `quorate lab down --name {0}` or choose another name")]
    Exists(String),

    #[error("there is no lab named `{name}`; known: {known}")]
    NoSuchLab { name: String, known: String },

    #[error("lab {lab} has no host `{host}`; its hosts are {known}")]
    NoSuchHost { lab: String, host: String, known: String },

    #[error("host {host} of lab {lab} is {state}: {hint}")]
    WrongState { lab: String, host: String, state: &'static str, hint: &'static str },

    #[error(
        "host {host} ({address}) did not answer on SSH within {waited:?}: {why}; its console ({console}) ends with:\n{said}"
    )]
    NotReady { host: String, address: Ipv4Addr, waited: Duration, why: String, said: String, console: PathBuf },

    #[error(
        "the process that would have undone the fault of lab {lab} did not start, so nothing was broken; its last words: {said}"
    )]
    NotArmed { lab: String, said: String },

    #[error("processes of {what} are still alive {waited:?} after they were killed; they probably wait for the disk")]
    StillAlive { what: String, waited: Duration },

    #[error(
        "the state of lab {name} in {path} cannot be read ({why}); `quorate lab down --name {name}` removes it all the same"
    )]
    BadState { name: String, path: PathBuf, why: String },
}

/// Adds what was being done, and to which path, to an I/O error.
pub(crate) trait IoContext<T> {
    fn doing(self, doing: &'static str, path: impl Into<PathBuf>) -> crate::Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: impl Into<PathBuf>) -> crate::Result<T> {
        self.map_err(|source| Error::Io { doing, path: path.into(), source })
    }
}

impl<T> IoContext<T> for nix::Result<T> {
    fn doing(self, doing: &'static str, path: impl Into<PathBuf>) -> crate::Result<T> {
        self.map_err(io::Error::from).doing(doing, path)
    }
}
