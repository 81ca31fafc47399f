//! The lab's bridge, and which subnets are free on this machine.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use ipnet::Ipv4Net;
use nix::ifaddrs::getifaddrs;

use crate::command::run;
use crate::names::Names;
use crate::options::candidate_subnets;
use crate::{Error, Result};

/// Subnets that are in use on the machine, each with who uses it.
pub fn used_subnets() -> Vec<(Ipv4Net, String)> {
    let Ok(addresses) = getifaddrs() else { return Vec::new() };
    let used = addresses.filter_map(|a| {
        let address = a.address?.as_sockaddr_in()?.ip();
        let mask = a.netmask?.as_sockaddr_in()?.ip();
        let net = Ipv4Net::with_netmask(address, mask).ok()?;
        Some((net.trunc(), format!("{net} of this machine's interface {}", a.interface_name)))
    });
    used.collect()
}

/// The asked-for subnet if nobody uses it, else the first free one.
pub fn choose(asked: Option<Ipv4Net>, used: &[(Ipv4Net, String)]) -> Result<Ipv4Net> {
    let conflict = |n: &Ipv4Net| used.iter().find(|(u, _)| u.contains(n) || n.contains(u));
    match asked {
        Some(subnet) => match conflict(&subnet) {
            Some((_, by)) => Err(Error::SubnetTaken { subnet, by: by.clone() }),
            None => Ok(subnet.trunc()),
        },
        None => candidate_subnets().find(|n| conflict(n).is_none()).ok_or(Error::NoSubnetLeft),
    }
}

/// Makes the bridge with the operator's address on it, and writes the owner on it for those who find it later.
pub fn create_bridge(names: &Names, subnet: Ipv4Net, operator: Ipv4Addr, owner: &Path) -> Result<()> {
    let bridge = names.bridge();
    let [_, _, third, fourth] = operator.octets();
    let tag = u16::from_str_radix(bridge.trim_start_matches(crate::names::PREFIX), 16).unwrap_or_default();
    // Without a fixed address a bridge takes the lowest of its ports', and the operator's would change with each host.
    let mac = format!("02:51:{:02x}:{:02x}:{third:02x}:{fourth:02x}", tag >> 8, tag & 0xff);
    let prefix = subnet.prefix_len();
    // VRRP and other multicast must reach hosts that never sent an IGMP report.
    let script = format!(
        "link add name {bridge} address {mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n\
         link set dev {bridge} alias {}\n\
         address add {operator}/{prefix} broadcast + dev {bridge}\n\
         link set dev {bridge} up\n",
        owner.display()
    );
    run("making the lab's bridge", "ip", &["-batch", "-"], script.as_bytes())?;
    Ok(())
}

/// Lays the cable of an emulated host: its machine's end is on the bridge before the host is there. A container's is
/// laid by systemd-nspawn.
pub fn lay_cable(names: &Names, index: usize) -> Result<()> {
    let (link, bridge) = (names.link(index), names.bridge());
    let script = format!("tuntap add dev {link} mode tap\nlink set dev {link} master {bridge} up\n");
    run("laying a network cable", "ip", &["-batch", "-"], script.as_bytes())?;
    Ok(())
}

/// The state directory of the lab that a bridge belongs to, as the bridge says.
pub fn owner(bridge: &str) -> Option<String> {
    let alias = fs::read_to_string(format!("/sys/class/net/{bridge}/ifalias")).ok()?;
    Some(alias.trim().to_owned()).filter(|a| !a.is_empty())
}

/// All interfaces of this machine.
pub fn interfaces() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/sys/class/net") else { return Vec::new() };
    entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect()
}

/// Removes the bridge and whatever cables of the lab are left. Fine when there are none.
pub fn remove(names: &Names) -> Result<()> {
    let bridge = names.bridge();
    interfaces().iter().filter(|i| names.owns_link(i) || **i == bridge).try_for_each(|i| remove_link(i))
}

/// Removes an interface if it is there. The cable of a host that has died goes with it, but at its own pace, and until
/// then its name is taken.
pub fn remove_link(interface: &str) -> Result<()> {
    let there = || Path::new("/sys/class/net").join(interface).exists();
    if !there() {
        return Ok(());
    }
    let removed = run("removing a network interface", "ip", &["link", "delete", "dev", interface], &[]);
    if there() { removed.map(drop) } else { Ok(()) }
}

/// Raises the machine's limits that many hosts share: each host's systemd takes inotify instances, each database
/// asynchronous I/O slots, and all hosts together one neighbour table.
pub fn raise_limits() {
    let floors: [(&str, u64); 6] = [
        ("fs/inotify/max_user_instances", 8192),
        ("fs/inotify/max_user_watches", 524_288),
        ("fs/aio-max-nr", 1_048_576),
        ("net/ipv4/neigh/default/gc_thresh1", 4096),
        ("net/ipv4/neigh/default/gc_thresh2", 8192),
        ("net/ipv4/neigh/default/gc_thresh3", 16_384),
    ];
    for (key, floor) in floors {
        let path = Path::new("/proc/sys").join(key);
        let now = fs::read_to_string(&path).ok().and_then(|v| v.trim().parse::<u64>().ok());
        if now.is_some_and(|n| n < floor)
            && let Err(error) = fs::write(&path, floor.to_string())
        {
            tracing::warn!(key, floor, %error, "cannot raise a limit of this machine: labs with many hosts may fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(nets: &[&str]) -> Vec<(Ipv4Net, String)> {
        nets.iter().map(|n| (n.parse().unwrap(), format!("test {n}"))).collect()
    }

    #[test]
    fn a_free_subnet_is_chosen() {
        let cases = [
            (vec![], "10.88.0.0/24"),
            (vec!["10.88.0.0/24"], "10.89.0.0/24"),
            (vec!["10.88.0.128/25", "10.89.0.0/23"], "10.89.2.0/24"),
            (vec!["10.88.0.0/16", "192.168.0.0/16"], "10.89.0.0/24"),
        ];
        for (taken, expected) in cases {
            assert_eq!(choose(None, &used(&taken)).unwrap().to_string(), expected, "{taken:?}");
        }
        assert!(matches!(choose(None, &used(&["10.0.0.0/8"])), Err(Error::NoSubnetLeft)));
    }

    #[test]
    fn an_asked_for_subnet_is_taken_or_refused() {
        let asked = Some("10.7.0.5/24".parse().unwrap());
        assert_eq!(choose(asked, &[]).unwrap().to_string(), "10.7.0.0/24");
        let error = choose(asked, &used(&["10.7.0.0/16"])).unwrap_err().to_string();
        assert!(error.contains("overlaps test 10.7.0.0/16"), "{error}");
    }
}
