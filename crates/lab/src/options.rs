//! What a lab should be, and the checks that need nothing but the wish itself.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Site, names};

/// A host as somebody else named it, such as a cluster file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpec {
    pub name: String,
    pub address: Ipv4Addr,
}

/// Which hosts a lab has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// node1 to nodeN at addresses .11, .12, … of the subnet: of this one, or of a free one.
    Count(usize, Option<Ipv4Net>),
    /// These, on this subnet.
    Listed {
        subnet: Ipv4Net,
        hosts: Vec<HostSpec>,
        /// Addresses that must stay free for others, such as virtual IPs: the operator's machine takes none of them.
        reserved: Vec<Ipv4Addr>,
    },
}

/// A directory of every host that is a filesystem of its own, of limited size, so that it can run full without taking
/// the host or this machine with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filesystem {
    /// Absolute, such as /var/lib/mysql. What the root has there is copied into it.
    pub path: PathBuf,
    pub mib: u64,
}

/// The smallest filesystem that an engine can be tried on, and the largest that a test machine should carry per host.
const FILESYSTEM_MIB: std::ops::RangeInclusive<u64> = 32..=16 * 1024;

impl FromStr for Filesystem {
    type Err = Error;

    /// `PATH=SIZE`, the size in MiB, or with M or G behind it.
    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (path, size) = text.rsplit_once('=')?;
            let (number, unit) = match size.strip_suffix(['G', 'g']) {
                Some(number) => (number, 1024),
                None => (size.strip_suffix(['M', 'm']).unwrap_or(size), 1),
            };
            Some(Self { path: path.into(), mib: number.parse::<u64>().ok()?.checked_mul(unit)? })
        };
        let filesystem = parse().ok_or_else(|| Error::BadFilesystem(text.to_owned()))?;
        filesystem.check()?;
        Ok(filesystem)
    }
}

impl Filesystem {
    fn check(&self) -> Result<()> {
        let plain = self.path.components().skip(1).all(|c| matches!(c, Component::Normal(_)));
        let good =
            self.path.is_absolute() && plain && self.path != Path::new("/") && FILESYSTEM_MIB.contains(&self.mib);
        if good { Ok(()) } else { Err(Error::BadFilesystem(format!("{}={}", self.path.display(), self.mib))) }
    }
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Options {
    pub site: Site,
    /// Lower-case letters, digits, hyphens; at most 32.
    pub name: String,
    pub hosts: Hosts,
    /// Public SSH keys that may log in beside the lab's own, one line each.
    pub authorized: Vec<String>,
    /// Directories of each host that get a filesystem of limited size.
    pub filesystems: Vec<Filesystem>,
    /// The hosts that are virtual machines: for these a kill is a power loss, which takes what was not on the disk.
    pub vms: Vec<String>,
    /// How long every host may take until it answers on SSH.
    pub deadline: Duration,
}

impl Hosts {
    /// Hosts as a cluster file describes them. A lab is one bridge with IPv4 addresses: what does not fit is refused.
    pub fn listed(networks: &[IpNet], hosts: &[(String, IpAddr)], reserved: &[IpAddr]) -> Result<Self> {
        let v4 = |a: &IpAddr| match a {
            IpAddr::V4(a) => Some(*a),
            IpAddr::V6(_) => None,
        };
        let listed = hosts.iter().map(|(name, address)| match v4(address) {
            Some(address) => Ok(HostSpec { name: name.clone(), address }),
            None => Err(Error::NotForLab(format!("host {name} has the IPv6 address {address}"))),
        });
        let hosts: Vec<_> = listed.collect::<Result<_>>()?;
        let around_all = |net: &IpNet| match net {
            IpNet::V4(net) if hosts.iter().all(|h| net.contains(&h.address)) => Some(*net),
            _ => None,
        };
        let subnet = networks
            .iter()
            .find_map(around_all)
            .ok_or_else(|| Error::NotForLab("its hosts are not all in one of its IPv4 networks".to_owned()))?;
        Ok(Self::Listed { subnet, hosts, reserved: reserved.iter().filter_map(v4).collect() })
    }
}

impl Options {
    /// A lab of `count` hosts on a free subnet.
    pub fn new(name: impl Into<String>, count: usize) -> Self {
        Self {
            site: Site::from_env(),
            name: name.into(),
            hosts: Hosts::Count(count, None),
            authorized: Vec::new(),
            filesystems: Vec::new(),
            vms: Vec::new(),
            // 30 hosts took 7 s on two busy cores; a slow disk after a fresh build of the root may multiply that.
            deadline: Duration::from_secs(120),
        }
    }

    /// Refuses names and filesystems that could not be used.
    pub(crate) fn check(&self) -> Result<()> {
        names::check("lab", &self.name, 32)?;
        match (self.vms.first(), self.filesystems.first()) {
            (Some(host), Some(_)) => Err(Error::VmFilesystem(host.clone())),
            _ => self.filesystems.iter().try_for_each(Filesystem::check),
        }
    }
}

/// The subnet of the first lab on a machine; examples use its addresses.
pub const FIRST_SUBNET: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 88, 0, 0), 24);

/// The subnets to try, in this order, when nobody asked for a certain one.
pub fn candidate_subnets() -> impl Iterator<Item = Ipv4Net> {
    let further = (0..=255).map(|third| Ipv4Net::new_assert(Ipv4Addr::new(10, 89, third, 0), 24));
    std::iter::once(FIRST_SUBNET).chain(further)
}

/// node1 to nodeN on a subnet, at addresses .11, .12, …
pub fn numbered(count: usize, subnet: Ipv4Net) -> Result<Vec<HostSpec>> {
    // The first ten addresses stay free for the operator's machine and for VIPs, the last for broadcast.
    let room = subnet.hosts().count().saturating_sub(10);
    if count == 0 || count > room {
        return Err(Error::HostCount { wanted: count, room, subnet });
    }
    let hosts = subnet.hosts().skip(10).take(count).zip(1..);
    Ok(hosts.map(|(address, k)| HostSpec { name: format!("node{k}"), address }).collect())
}

/// Refuses hosts that cannot live on one bridge together.
pub fn check_hosts(subnet: Ipv4Net, hosts: &[HostSpec]) -> Result<()> {
    // The number in a machine's name has three digits.
    if hosts.is_empty() || hosts.len() > 250 {
        return Err(Error::HostCount { wanted: hosts.len(), room: 250, subnet });
    }
    let mut seen = (BTreeSet::new(), BTreeSet::new());
    for host in hosts {
        names::check("host", &host.name, 63)?;
        if !subnet.contains(&host.address) || host.address == subnet.network() || host.address == subnet.broadcast() {
            return Err(Error::OutsideSubnet { host: host.name.clone(), address: host.address, subnet });
        }
        if !seen.0.insert(&host.name) {
            return Err(Error::DuplicateName(host.name.clone()));
        }
        if !seen.1.insert(host.address) {
            return Err(Error::DuplicateAddress(host.address));
        }
    }
    Ok(())
}

/// The operator's address: the first of the subnet that nobody else has.
pub fn operator_address(subnet: Ipv4Net, hosts: &[HostSpec], reserved: &[Ipv4Addr]) -> Result<Ipv4Addr> {
    let taken = |a: &Ipv4Addr| hosts.iter().any(|h| h.address == *a) || reserved.contains(a);
    let room = subnet.hosts().count().saturating_sub(1);
    subnet.hosts().find(|a| !taken(a)).ok_or(Error::HostCount { wanted: hosts.len(), room, subnet })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, address: &str) -> HostSpec {
        HostSpec { name: name.into(), address: address.parse().unwrap() }
    }

    #[test]
    fn hosts_are_numbered_from_eleven() {
        let hosts = numbered(3, FIRST_SUBNET).unwrap();
        assert_eq!(hosts[0], host("node1", "10.88.0.11"));
        assert_eq!(hosts[2], host("node3", "10.88.0.13"));
        assert!(numbered(0, FIRST_SUBNET).is_err());
        assert!(numbered(245, FIRST_SUBNET).is_err());
        assert_eq!(numbered(244, FIRST_SUBNET).unwrap()[243].address.to_string(), "10.88.0.254");
    }

    #[test]
    fn the_operator_takes_the_first_free_address() {
        let subnet = "10.1.2.0/24".parse().unwrap();
        let hosts = [host("a", "10.1.2.1"), host("b", "10.1.2.2")];
        let vip = "10.1.2.3".parse().unwrap();
        assert_eq!(operator_address(subnet, &hosts, &[vip]).unwrap().to_string(), "10.1.2.4");
        assert_eq!(operator_address(subnet, &[], &[]).unwrap().to_string(), "10.1.2.1");
        let full = "10.1.2.0/30".parse().unwrap();
        assert!(operator_address(full, &hosts, &[]).is_err());
    }

    #[test]
    fn a_cluster_files_hosts_must_share_one_network() {
        let nets: Vec<IpNet> = ["fd00::/64", "10.1.0.0/24", "10.2.0.0/24"].map(|n| n.parse().unwrap()).into();
        let at = |address: &str| ("a".to_owned(), address.parse::<IpAddr>().unwrap());
        let vip = ["10.2.0.100".parse().unwrap()];
        let hosts = Hosts::listed(&nets, &[at("10.2.0.5"), at("10.2.0.6")], &vip).unwrap();
        let Hosts::Listed { subnet, hosts, reserved } = hosts else { panic!("not listed") };
        assert_eq!((subnet.to_string().as_str(), hosts.len(), reserved.len()), ("10.2.0.0/24", 2, 1));
        assert!(Hosts::listed(&nets, &[at("10.1.0.5"), at("10.2.0.6")], &[]).is_err());
        assert!(Hosts::listed(&nets, &[at("fd00::5")], &[]).is_err());
    }

    #[test]
    fn impossible_hosts_are_refused() {
        let subnet = "10.1.2.0/24".parse().unwrap();
        let cases: [&[HostSpec]; 6] = [
            &[],
            &[host("a", "10.1.3.1")],
            &[host("a", "10.1.2.0")],
            &[host("a", "10.1.2.255")],
            &[host("a", "10.1.2.5"), host("a", "10.1.2.6")],
            &[host("a", "10.1.2.5"), host("b", "10.1.2.5")],
        ];
        for hosts in cases {
            assert!(check_hosts(subnet, hosts).is_err(), "{hosts:?}");
        }
        assert!(check_hosts(subnet, &[host("a", "10.1.2.5"), host("b", "10.1.2.6")]).is_ok());
    }

    #[test]
    fn filesystems_are_read_as_people_write_sizes() {
        let cases = [("/var/lib/mysql=400", 400), ("/var/lib/mysql=400M", 400), ("/var/lib/mysql=2G", 2048)];
        for (text, mib) in cases {
            assert_eq!(text.parse::<Filesystem>().unwrap(), Filesystem { path: "/var/lib/mysql".into(), mib });
        }
        for bad in ["/var/lib/mysql", "var/lib=400", "/=400", "/a/../b=400", "/a=1", "/a=99G", "/a=x", "/a=-5M"] {
            assert!(bad.parse::<Filesystem>().is_err(), "{bad}");
        }
    }

    #[test]
    fn candidates_begin_with_the_first_and_do_not_overlap() {
        let all: Vec<_> = candidate_subnets().collect();
        assert_eq!(all[0], FIRST_SUBNET);
        assert_eq!(all.len(), 257);
        assert_eq!(Ipv4Net::aggregate(&all).len(), 2);
    }
}
