//! Taking back exactly what Quorate made on this host, by its ownership manifest, last made first.

use std::fs;
use std::path::Path;

use wire::PROGRAM;

use crate::error::Error;
use crate::resources::unit;
use crate::store::{self, Before, Entry, Store};
use crate::{command, faults};

/// Directories that engines fill with data. They are kept unless the operator asks for their deletion.
const DATA: [&str; 1] = ["/var/lib/etcd/quorate"];

const AGENT: &str = "unit:quorate-agent.service";

/// Takes everything of the cluster back; what was removed and what was left, as resource keys.
///
/// Interrupted, it goes on where it stopped: every entry is struck out only after it was taken back.
pub fn withdraw(store: &Store, cluster: &str, delete_data: bool) -> Result<(Vec<String>, Vec<String>), Error> {
    let Some(manifest) = store.manifest()? else { return Ok((vec![], vec![])) };
    if manifest.cluster != cluster {
        let note = wire::Note::new("withdraw-other-cluster").with("cluster", &manifest.cluster).with("asked", cluster);
        return Err(Error::Noted(note));
    }
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    // What a drill has broken is to end with the cluster, and the orders to undo it need this directory.
    faults::undo_all(store)?;
    // Units first: nothing may run while its files go.
    let (units, rest): (Vec<_>, Vec<_>) = manifest.entries.into_iter().partition(|e| e.key.starts_with("unit:"));
    // The agent before all: it would start again what it keeps running.
    let (agent, units): (Vec<_>, Vec<_>) = units.into_iter().partition(|e| e.key == AGENT);
    for entry in agent.into_iter().chain(units.into_iter().rev()).chain(rest.into_iter().rev()) {
        if take_back(store, &entry)? {
            removed.push(entry.key.clone())
        } else {
            kept.push(entry.key.clone())
        }
        store.disown(&entry.key)?;
    }
    for path in DATA {
        if Path::new(path).exists() {
            if delete_data {
                fs::remove_dir_all(path).map_err(Error::file("cannot remove", path))?;
                removed.push(format!("data:{path}"));
            } else {
                kept.push(format!("data:{path}"));
            }
        }
    }
    command::succeed("systemctl", &["daemon-reload"], command::SHORT)?;
    // The helper goes too, though it is this very process: what runs needs its name no longer.
    fs::remove_dir_all(store.root()).map_err(Error::file("cannot remove", store.root()))?;
    let _ = fs::remove_dir_all(wire::RUNTIME_DIR);
    Ok((removed, kept))
}

/// Takes one entry back; whether anything went.
fn take_back(store: &Store, entry: &Entry) -> Result<bool, Error> {
    let Some((kind, name)) = entry.key.split_once(':') else { return Ok(false) };
    match (kind, &entry.before) {
        (_, Before::Present) => Ok(false),
        ("unit", Before::Unit { enabled, active }) => {
            let now = crate::looks::unit(name);
            if !now.exists {
                return Ok(false);
            }
            if !active && now.active != "inactive" {
                unit::systemctl("stop", name)?;
            }
            if now.enabled != *enabled {
                unit::enable(name, *enabled)?;
            }
            if *active && now.active != "active" {
                // It ran before Quorate came; its own configuration is back by the end, so it may fail now.
                let _ = unit::systemctl("start", name);
            }
            Ok(true)
        }
        ("file", Before::Nothing) => remove_file(Path::new(name)),
        ("program", _) => {
            let removed = remove_file(Path::new(PROGRAM))?;
            // Made together with the link; somebody else's files in it keep it.
            let _ = Path::new(PROGRAM).parent().map(fs::remove_dir);
            Ok(removed)
        }
        ("file", Before::File { sha256, mode, owner, group }) => {
            let content = store.kept(sha256)?;
            store::replace_with(Path::new(name), &content, *mode, |f| crate::resources::set_owner(f, owner, group))?;
            Ok(true)
        }
        ("directory", Before::Nothing) => match fs::remove_dir(name) {
            Ok(()) => Ok(true),
            // Somebody else keeps something there.
            Err(_) => Ok(false),
        },
        ("directory", Before::Directory { mode, owner, group }) => {
            crate::resources::set_attributes(Path::new(name), owner, group, *mode)?;
            Ok(true)
        }
        ("block", _) => {
            if let Some((path, marker)) = name.rsplit_once(':') {
                crate::resources::remove_block(Path::new(path), marker)?;
            }
            Ok(true)
        }
        // Without the agent it would stay shut.
        ("gate", Before::Nothing) => {
            Ok(command::run("nft", &["delete", "table", "inet", wire::replication::GATE], command::SHORT)?.success)
        }
        ("address", Before::Nothing) => {
            // Whoever holds it knows where; it is on at most one interface.
            let held = nix::ifaddrs::getifaddrs().into_iter().flatten().find(|i| carries(i, name));
            match held {
                Some(i) => command::succeed("ip", &["address", "del", name, "dev", &i.interface_name], command::SHORT)
                    .map(|_| true),
                None => Ok(false),
            }
        }
        ("sysctl", Before::Value { text }) => crate::resources::set_kernel(name, text).map(|()| true),
        ("user", Before::Nothing) => {
            // An account that still owns processes stays; everything of ours has been stopped by now.
            Ok(command::run("userdel", &[name], command::SHORT)?.success)
        }
        // Data and packages stay: a package may have become somebody else's in the meantime, data is never ours.
        _ => Ok(false),
    }
}

fn carries(interface: &nix::ifaddrs::InterfaceAddress, cidr: &str) -> bool {
    let wanted: Option<std::net::IpAddr> = cidr.split('/').next().and_then(|a| a.parse().ok());
    let Some(address) = &interface.address else { return false };
    let v4 = address.as_sockaddr_in().map(|a| std::net::IpAddr::V4(a.ip()));
    let v6 = address.as_sockaddr_in6().map(|a| std::net::IpAddr::V6(a.ip()));
    wanted.is_some() && v4.or(v6) == wanted
}

fn remove_file(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::file("cannot remove", path)(e)),
    }
}
