//! Everything about the host in one look: no command is started but for what a component asked for.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wire::facts::Listening;
use wire::{Facts, Interface, Look, PROTOCOL};

use crate::error::Error;
use crate::store::Store;
use crate::{journal, lock, looks};

/// Gathers the facts; the looks run at the same time.
pub fn gather(store: &Store, wanted: &[Look]) -> Result<Facts, Error> {
    let looks = looks::look_at_all(wanted);
    let manifest = store.manifest()?;
    let (token, holder) = lock::look(store)?;
    let release = text("/etc/os-release");
    let field = |name: &str| {
        release
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix('='))
            .map(|v| v.trim_matches('"').to_owned())
            .unwrap_or_default()
    };
    Ok(Facts {
        protocol: PROTOCOL,
        hostname: text("/proc/sys/kernel/hostname"),
        machine_id: text("/etc/machine-id"),
        boot_id: text("/proc/sys/kernel/random/boot_id"),
        os: field("ID"),
        os_version: field("VERSION_ID"),
        kernel: text("/proc/sys/kernel/osrelease"),
        memory_mib: memory_mib(),
        disk_free_mib: disk_free_mib("/var/lib"),
        clock_ms: journal::now_ms(),
        interfaces: interfaces(),
        selinux: selinux(),
        firewalls: firewalls(),
        listening: listening(),
        root: rustix::process::geteuid().is_root(),
        systemd: fs::exists("/run/systemd/system").unwrap_or(false),
        looks,
        cluster: manifest.as_ref().map(|m| m.cluster.clone()),
        came_up: manifest.as_ref().map(|m| m.came_up.iter().cloned().collect()).unwrap_or_default(),
        owned: manifest.map(|m| m.entries.into_iter().map(|e| e.key).collect()).unwrap_or_default(),
        state: store.state()?,
        lock: holder,
        token,
        unfinished: journal::unfinished(store),
    })
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn memory_mib() -> u64 {
    text("/proc/meminfo")
        .lines()
        .find_map(|l| l.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib / 1024)
}

fn disk_free_mib(path: &str) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |s| s.f_bavail.saturating_mul(s.f_frsize) >> 20)
}

fn interfaces() -> Vec<Interface> {
    let mut found: BTreeMap<String, Vec<(IpAddr, u8)>> = BTreeMap::new();
    for entry in nix::ifaddrs::getifaddrs().into_iter().flatten() {
        let Some(address) = entry.address.as_ref() else { continue };
        let ip: IpAddr = if let Some(v4) = address.as_sockaddr_in() {
            v4.ip().into()
        } else if let Some(v6) = address.as_sockaddr_in6() {
            v6.ip().into()
        } else {
            continue;
        };
        let prefix = entry.netmask.as_ref().map_or(0, |mask| {
            if let Some(v4) = mask.as_sockaddr_in() {
                u8::try_from(u32::from(v4.ip()).count_ones()).unwrap_or(0)
            } else if let Some(v6) = mask.as_sockaddr_in6() {
                u8::try_from(u128::from(v6.ip()).count_ones()).unwrap_or(0)
            } else {
                0
            }
        });
        found.entry(entry.interface_name).or_default().push((ip, prefix));
    }
    found.into_iter().map(|(name, addresses)| Interface { name, addresses }).collect()
}

fn selinux() -> String {
    match text("/sys/fs/selinux/enforce").as_str() {
        "1" => "enforcing".to_owned(),
        "0" => "permissive".to_owned(),
        _ => String::new(),
    }
}

/// Firewalls by the units that load them: what an operator would have to open ports in.
fn firewalls() -> Vec<String> {
    ["firewalld", "ufw", "nftables", "netfilter-persistent"]
        .into_iter()
        .filter(|unit| {
            fs::exists(format!("/sys/fs/cgroup/system.slice/{unit}.service")).unwrap_or(false)
                || fs::exists(format!("/run/systemd/units/invocation:{unit}.service")).unwrap_or(false)
        })
        .map(str::to_owned)
        .collect()
}

fn listening() -> Vec<Listening> {
    let mut sockets = Vec::new();
    for (path, v6) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
        for line in text(path).lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            // Field 3 is the state (0A: listening), field 9 the inode.
            if let (Some(local), Some(&"0A"), Some(inode)) = (fields.get(1), fields.get(3), fields.get(9))
                && let Some((address, port)) = socket_address(local, v6)
            {
                sockets.push((address, port, (*inode).to_owned()));
            }
        }
    }
    let owners = socket_owners();
    sockets
        .into_iter()
        .map(|(address, port, inode)| Listening {
            address,
            port,
            process: owners.get(&inode).cloned().unwrap_or_default(),
        })
        .collect()
}

fn socket_address(text: &str, v6: bool) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    if !v6 {
        return Some((Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.swap_bytes()).into(), port));
    }
    let mut bytes = [0u8; 16];
    for (word, chunk) in bytes.chunks_mut(4).enumerate() {
        let value = u32::from_str_radix(address.get(word * 8..word * 8 + 8)?, 16).ok()?;
        chunk.copy_from_slice(&value.to_le_bytes());
    }
    let v6 = Ipv6Addr::from(bytes);
    Some((v6.to_ipv4_mapped().map_or(v6.into(), IpAddr::from), port))
}

fn socket_owners() -> HashMap<String, String> {
    let mut owners = HashMap::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if !process.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        for fd in fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(fd.path())
                && let Some(inode) = target.to_string_lossy().strip_prefix("socket:[").and_then(|s| s.strip_suffix(']'))
            {
                let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default().trim().to_owned();
                owners.insert(inode.to_owned(), name);
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_net_addresses_are_read() {
        assert_eq!(socket_address("0100007F:0CEA", false), Some((Ipv4Addr::LOCALHOST.into(), 3306)));
        assert_eq!(
            socket_address("00000000000000000000000001000000:0050", true),
            Some((Ipv6Addr::LOCALHOST.into(), 80))
        );
        assert_eq!(socket_address("rubbish", false), None);
    }

    #[test]
    fn this_machine_has_a_loopback_interface() {
        assert!(interfaces().iter().any(|i| i.addresses.iter().any(|(a, _)| a.is_loopback())));
    }
}
