//! What components want to know before they can say what the host must look like.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use wire::facts::{GaleraPosition, ReplicaFacts};
use wire::replication::DATA_FILE;
use wire::{Look, Looked, UnitFacts};

use crate::{agent, command, external, probes, resources};

/// The schema that the first primary of a replicated database makes.
const SCHEMA: &str = "quorate";
const MARIADB: &str = "mariadb.service";
/// Where members of a Galera group talk to each other.
pub const GALERA_PORT: u16 = 4567;
/// How long VRRP advertisements are listened for: a little more than the usual interval of one second.
const VRRP_LISTEN: Duration = Duration::from_millis(1300);

/// Answers all looks, at the same time.
pub fn look_at_all(looks: &[Look]) -> BTreeMap<String, Looked> {
    thread::scope(|scope| {
        let running: Vec<_> = looks.iter().map(|look| (look.key(), scope.spawn(move || look_at(look)))).collect();
        running.into_iter().filter_map(|(key, thread)| Some((key, thread.join().ok()?))).collect()
    })
}

fn look_at(look: &Look) -> Looked {
    match look {
        Look::Unit(name) => Looked::Unit(unit(name)),
        Look::File(path) => Looked::File(fs::read_to_string(path).ok()),
        Look::Exists(path) => Looked::Exists(fs::exists(path).unwrap_or(false)),
        Look::Packages(names) => Looked::Packages(resources::package::versions(names)),
        Look::Galera => Looked::Galera(galera()),
        Look::Replication => Looked::Replication(Box::new(replica())),
        Look::EtcdMembers { address, ca, certificate, key } => Looked::EtcdMembers(if Path::new(key).exists() {
            probes::etcd_members(*address, ca, certificate, key)
        } else {
            Err("no certificate yet".to_owned())
        }),
        Look::Answers(address) => Looked::Answers(answers(*address)),
        Look::External { server, schemas } => Looked::External(external::look(server, schemas)),
        Look::Vrids => Looked::Vrids(vrids().unwrap_or_default()),
    }
}

fn replica() -> ReplicaFacts {
    let schemas = resources::galera::foreign_schemas();
    // An agent gives every directory its identity; only what a primary has opened has the schema.
    let marked = fs::exists(Path::new(resources::galera::DATA).join(DATA_FILE)).unwrap_or(false);
    ReplicaFacts {
        data: marked && schemas.iter().any(|s| s == SCHEMA),
        foreign_schemas: schemas,
        agent: agent::status().ok(),
    }
}

/// Where the local Galera member stands, with what only its data directory and its unit tell.
fn galera() -> GaleraPosition {
    let mut position = probes::galera_position();
    position.formed = position.primary || resources::galera::formed();
    position.foreign_schemas = resources::galera::foreign_schemas();
    // Before it has opened the group's port it recovers its own data, which may take long and must not be cut short.
    if position.unit_active && !position.running && listens(GALERA_PORT) {
        position.waiting_ms = starting_for(MARIADB).as_millis().try_into().unwrap_or(u64::MAX);
    }
    position
}

/// Whether anything on this host accepts connections to a TCP port.
pub fn listens(port: u16) -> bool {
    const LISTEN: &str = "0A";
    let local = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(fs::read_to_string).any(|table| {
        table.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next().is_some_and(|l| l.ends_with(&local)) && fields.nth(1) == Some(LISTEN)
        })
    })
}

/// How long a unit has been starting.
fn starting_for(name: &str) -> Duration {
    let since =
        command::run("systemctl", &["show", "-p", "InactiveExitTimestampMonotonic", "--value", name], command::SHORT)
            .ok()
            .and_then(|o| o.stdout.trim().parse::<u64>().ok())
            .map_or(Duration::ZERO, Duration::from_micros);
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::from_secs(now.tv_sec.try_into().unwrap_or(0)).saturating_sub(since)
}

/// A unit's state as systemd tells it.
pub fn unit(name: &str) -> UnitFacts {
    let shown = show(name);
    UnitFacts {
        exists: shown.get("LoadState").is_some_and(|s| s != "not-found"),
        enabled: enabled(name),
        active: shown.get("ActiveState").cloned().unwrap_or_default(),
    }
}

/// Whether a unit starts at boot: whether another one wants or requires it. Read from the links themselves, since
/// systemd goes on telling what it knew when it last read its units.
fn enabled(name: &str) -> bool {
    let linked = |directory: &fs::DirEntry| {
        let kind = directory.path().extension().is_some_and(|e| e == "wants" || e == "requires");
        kind && fs::symlink_metadata(directory.path().join(name)).is_ok()
    };
    ["/etc/systemd/system", "/run/systemd/system"]
        .iter()
        .any(|root| fs::read_dir(root).into_iter().flatten().flatten().any(|d| linked(&d)))
}

/// The properties that matter here.
pub fn show(name: &str) -> BTreeMap<String, String> {
    let properties = "LoadState,ActiveState,SubState,InactiveEnterTimestampMonotonic,NeedDaemonReload,Result,CanReload,\
                      ConditionResult";
    command::run("systemctl", &["show", "-p", properties, "--", name], command::SHORT)
        .map(|o| {
            o.stdout.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
        })
        .unwrap_or_default()
}

/// The hardware address that answers for an address on this host's segment, if any does.
///
/// A datagram to the discard port makes the kernel ask by ARP; its answer stands in the neighbour table.
fn answers(address: IpAddr) -> Option<String> {
    // What the table remembers of an address that somebody had a while ago is no answer.
    let _ = command::run("ip", &["neighbour", "flush", "to", &address.to_string()], command::SHORT);
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    let deadline = Instant::now() + Duration::from_millis(1200);
    while Instant::now() < deadline {
        let _ = socket.send_to(&[], SocketAddr::new(address, 9));
        thread::sleep(Duration::from_millis(100));
        let table = fs::read_to_string("/proc/net/arp").unwrap_or_default();
        let row = table.lines().find(|l| l.split_whitespace().next() == Some(&address.to_string()));
        if let Some(fields) = row.map(|r| r.split_whitespace().collect::<Vec<_>>())
            && let [_, _, flags, hardware, ..] = fields.as_slice()
            && *flags != "0x0"
        {
            return Some((*hardware).to_owned());
        }
    }
    None
}

/// VRRP router identifiers heard, by multicast or addressed to this host.
fn vrids() -> Option<Vec<u8>> {
    use rustix::net::{AddressFamily, Protocol, SocketType, ipproto, recv, socket, sockopt};
    const VRRP: u32 = 112;
    let _ = ipproto::ICMP;
    let protocol = Protocol::from_raw(std::num::NonZeroU32::new(VRRP)?);
    let raw = socket(AddressFamily::INET, SocketType::RAW, Some(protocol)).ok()?;
    let group = std::net::Ipv4Addr::new(224, 0, 0, 18);
    let _ = sockopt::set_ip_add_membership(&raw, &group, &std::net::Ipv4Addr::UNSPECIFIED);
    sockopt::set_socket_timeout(&raw, sockopt::Timeout::Recv, Some(Duration::from_millis(100))).ok()?;
    let deadline = Instant::now() + VRRP_LISTEN;
    let mut heard = Vec::new();
    let mut packet = [0u8; 256];
    while Instant::now() < deadline {
        let Ok((length, _)) = recv(&raw, &mut packet[..], rustix::net::RecvFlags::empty()) else { continue };
        // The IP header's length is in words of four bytes; VRRP's second byte is the router identifier.
        let header = usize::from(packet[0] & 0x0f) * 4;
        if let Some(vrid) = packet.get(..length).and_then(|p| p.get(header + 1)) {
            heard.push(*vrid);
        }
    }
    heard.sort_unstable();
    heard.dedup();
    Some(heard)
}
