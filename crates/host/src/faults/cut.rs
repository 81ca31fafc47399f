//! Packets dropped on this host, by tables of our own that go with the fault.
//!
//! Two families, since ARP passes by the rules of IP: a host that is cut off must not go on answering for a virtual IP
//! that it holds. What a peer sends from an address that is not its own (a virtual IP) is told by its hardware address.
//! What a peer must not receive by broadcast or multicast only the peer can drop: the link between two groups of hosts
//! is cut by ordering the cut on both sides. keepalived's gratuitous ARP passes by the ARP family too (it is a packet
//! socket's), so that a host that nobody shall hear is also silenced where its interfaces send, if its kernel can do so
//! (netdev egress, Linux 5.16).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};
use std::{fs, thread};

use wire::Note;
use wire::fault::{Cut, Direction};

use super::{PREFIX, name, not_undone};
use crate::command::{self, SHORT};
use crate::error::Error;

/// How long a neighbour may take to tell its hardware address.
const ASK: Duration = Duration::from_millis(300);
const SSH: u16 = 22;
/// Before the kernel's own tracking of connections, and before everybody else's rules.
const PRIORITY: i32 = -300;

/// A connection that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    operator: IpAddr,
    /// This host's address and port as the operator reaches them.
    own: IpAddr,
    port: u16,
    /// Who on this host's segment passes the packets on: the operator itself, or a router.
    next: IpAddr,
}

/// Refuses when the host has no nftables.
pub fn check() -> Result<(), Error> {
    match command::run("nft", &["--version"], SHORT) {
        Ok(output) if output.success => Ok(()),
        _ => Err(Error::Noted(Note::new("fault-no-nft"))),
    }
}

/// Drops the packets from now on.
pub fn cut(id: &str, cut: &Cut) -> Result<(), Error> {
    let kept = cut.except_ssh_of.map(kept).unwrap_or_default();
    load(id, &ruleset(&name(id), cut, &kept, &hardware(&cut.from)))?;
    silence_arp(id, cut, &kept);
    Ok(())
}

/// Nobody hears from this host any more, and it hears nobody.
pub fn silence(id: &str) -> Result<(), Error> {
    let all = Cut { from: vec![], direction: Direction::Both, except_ssh_of: None };
    load(id, &ruleset(&name(id), &all, &[], &[]))?;
    silence_arp(id, &all, &[]);
    Ok(())
}

fn load(id: &str, rules: &str) -> Result<(), Error> {
    command::succeed("nft", &[rules], SHORT)?;
    if tables()?.iter().filter(|t| t.ends_with(&format!(" {}", name(id)))).count() >= 2 {
        return Ok(());
    }
    Err(Error::Damaged(format!("nftables took the tables {} and does not show them", name(id))))
}

/// Stops ARP of a host that nobody shall hear where the interfaces send it. An older kernel cannot, and leaves the cut
/// as it is without: only what keepalived announces unasked gets out then.
fn silence_arp(id: &str, cut: &Cut, kept: &[Kept]) {
    let interfaces: Vec<String> = fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|interface| interface != "lo")
        .collect();
    if cut.from.is_empty() && cut.direction != Direction::In && !interfaces.is_empty() {
        let _ = command::run("nft", &[&egress(&name(id), &interfaces, kept)], SHORT);
    }
}

fn egress(table: &str, interfaces: &[String], kept: &[Kept]) -> String {
    let devices: Vec<String> = interfaces.iter().map(|i| format!("\"{i}\"")).collect();
    let mut rules: Vec<String> = kept
        .iter()
        .filter(|k| k.own.is_ipv4() && k.next.is_ipv4())
        .map(|k| format!("arp saddr ip {} arp daddr ip {} accept", k.own, k.next))
        .collect();
    rules.push("ether type arp drop".to_owned());
    let rules: String = rules.iter().map(|r| format!("    {r}\n")).collect();
    let devices = set(&devices);
    format!(
        "table netdev {table} {{\n  chain outgoing {{\n    type filter hook egress devices = {devices} priority \
         {PRIORITY}; policy accept;\n{rules}  }}\n}}\n"
    )
}

/// Takes the tables away and sees them gone. Fine when there are none.
pub fn heal(id: &str) -> Result<(), Error> {
    let ours = |table: &String| table.ends_with(&format!(" {}", name(id)));
    for table in tables()?.iter().filter(|t| ours(t)) {
        command::succeed("nft", &[&format!("delete table {table}")], SHORT)?;
    }
    tables()?.into_iter().find(ours).map_or(Ok(()), |table| Err(not_undone(format!("table {table}"))))
}

/// The tables of all faults, each with its family. Without nftables there are none.
pub fn tables() -> Result<Vec<String>, Error> {
    if check().is_err() {
        return Ok(vec![]);
    }
    let output = command::succeed("nft", &["list", "tables"], SHORT)?;
    let tables = output.stdout.lines().filter_map(|l| l.trim().strip_prefix("table "));
    Ok(tables.filter(|t| t.split(' ').nth(1).is_some_and(|n| n.starts_with(PREFIX))).map(str::to_owned).collect())
}

/// The ways by which the operator's SSH reaches this host: the address it gave, and the connection that this order
/// came over, which differs from it behind a bastion or an address translation.
fn kept(operator: IpAddr) -> Vec<Kept> {
    let mut ways = BTreeSet::new();
    let port = match connection() {
        Some((client, own, port)) => {
            ways.insert((client, own, port));
            port
        }
        None => SSH,
    };
    if let Some(own) = own_address_towards(operator) {
        ways.insert((operator, own, port));
    }
    ways.into_iter().map(|(operator, own, port)| Kept { operator, own, port, next: next_hop(operator) }).collect()
}

/// `SSH_CONNECTION` of this process or of an ancestor: sudo keeps it from the helper.
fn connection() -> Option<(IpAddr, IpAddr, u16)> {
    let mut pid = std::process::id();
    while pid > 1 {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let variable = environment.split(|b| *b == 0).find_map(|v| v.strip_prefix(b"SSH_CONNECTION="));
        if let Some(found) = variable.and_then(|v| parse_connection(std::str::from_utf8(v).ok()?)) {
            return Some(found);
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        pid = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    }
    None
}

/// Client address and port, server address and port (ssh(1)).
fn parse_connection(text: &str) -> Option<(IpAddr, IpAddr, u16)> {
    let fields: Vec<&str> = text.split(' ').collect();
    let [client, _, own, port] = fields.as_slice() else { return None };
    Some((client.parse().ok()?, own.parse().ok()?, port.parse().ok()?))
}

fn own_address_towards(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // Sends nothing; the kernel only chooses the way.
    socket.connect((peer, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn next_hop(peer: IpAddr) -> IpAddr {
    let gateway = || {
        let route = command::succeed("ip", &["route", "get", &peer.to_string()], SHORT).ok()?.stdout;
        let mut words = route.split_whitespace();
        words.find(|w| *w == "via")?;
        words.next()?.parse().ok()
    };
    gateway().unwrap_or(peer)
}

/// The hardware addresses of those peers that are on this host's own segment, and of nobody else.
fn hardware(peers: &[IpAddr]) -> Vec<String> {
    let peers: BTreeSet<String> = peers.iter().filter(|p| p.is_ipv4()).map(IpAddr::to_string).collect();
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) else { return vec![] };
    for peer in &peers {
        // To the discard port: makes the kernel ask for a neighbour that it does not know.
        let _ = socket.send_to(&[], (peer.as_str(), 9));
    }
    let deadline = Instant::now() + ASK;
    loop {
        let table = fs::read_to_string("/proc/net/arp").unwrap_or_default();
        let (known, macs) = of_peers_alone(&table, &peers);
        if known == peers.len() || Instant::now() >= deadline {
            return macs;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// How many of the peers the neighbour table knows, and the hardware addresses that are theirs and nobody else's: a
/// router that answers for a peer is not the peer.
fn of_peers_alone(table: &str, peers: &BTreeSet<String>) -> (usize, Vec<String>) {
    let rows: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
    let rows: Vec<(&str, &str)> = rows
        .iter()
        .filter_map(|r| match r.as_slice() {
            [address, _, flags, mac, ..] if flags.starts_with("0x") && *flags != "0x0" => Some((*address, *mac)),
            _ => None,
        })
        .collect();
    let (theirs, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(address, _)| peers.contains(*address));
    let macs: BTreeSet<String> =
        theirs.iter().filter(|(_, m)| others.iter().all(|(_, o)| o != m)).map(|(_, m)| (*m).to_owned()).collect();
    (theirs.len(), macs.into_iter().collect())
}

/// The nftables input. The names of its tables are new, so it adds and replaces nothing.
fn ruleset(table: &str, cut: &Cut, kept: &[Kept], macs: &[String]) -> String {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = cut.from.iter().copied().partition(|a| a.is_ipv4());
    let mut input = vec!["iifname \"lo\" accept".to_owned()];
    let mut output = vec!["oifname \"lo\" accept".to_owned()];
    let (mut arp_input, mut arp_output) = (vec![], vec![]);
    for Kept { operator, own, port, next } in kept {
        let family = if operator.is_ipv4() { "ip" } else { "ip6" };
        input.push(format!("{family} saddr {operator} {family} daddr {own} tcp dport {port} accept"));
        output.push(format!("{family} saddr {own} {family} daddr {operator} tcp sport {port} accept"));
        if next.is_ipv4() {
            // For the address that SSH comes to only: not for a virtual IP that this host may hold.
            arp_input.push(format!("arp saddr ip {next} arp daddr ip {own} accept"));
            arp_output.push(format!("arp saddr ip {own} arp daddr ip {next} accept"));
        } else {
            let neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept";
            input.push(neighbours.to_owned());
            output.push(neighbours.to_owned());
        }
    }
    if cut.from.is_empty() {
        for rules in [&mut input, &mut output, &mut arp_input, &mut arp_output] {
            rules.push("drop".to_owned());
        }
    }
    for (family, addresses) in [("ip", &v4), ("ip6", &v6)].into_iter().filter(|(_, a)| !a.is_empty()) {
        let set = set(addresses);
        input.push(format!("{family} saddr {set} drop"));
        output.push(format!("{family} daddr {set} drop"));
    }
    if !v4.is_empty() {
        arp_input.push(format!("arp saddr ip {} drop", set(&v4)));
        arp_output.push(format!("arp daddr ip {} drop", set(&v4)));
    }
    if !macs.is_empty() {
        let set = set(macs);
        input.push(format!("ether saddr {set} drop"));
        arp_input.push(format!("arp saddr ether {set} drop"));
    }
    match cut.direction {
        Direction::Both => {}
        Direction::In => (output, arp_output) = (vec![], vec![]),
        Direction::Out => (input, arp_input) = (vec![], vec![]),
    }
    // Not "input" and "output": what this host passes on is dropped as well.
    let ip = [chain("incoming", "prerouting", &input), chain("outgoing", "postrouting", &output)].concat();
    let arp = [chain("incoming", "input", &arp_input), chain("outgoing", "output", &arp_output)].concat();
    format!("table inet {table} {{\n{ip}}}\ntable arp {table} {{\n{arp}}}\n")
}

fn chain(name: &str, hook: &str, rules: &[String]) -> String {
    let rules: String = rules.iter().map(|r| format!("    {r}\n")).collect();
    if rules.is_empty() {
        return String::new();
    }
    format!("  chain {name} {{\n    type filter hook {hook} priority {PRIORITY}; policy accept;\n{rules}  }}\n")
}

fn set(elements: &[impl ToString]) -> String {
    format!("{{ {} }}", elements.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn everybody_is_dropped_but_the_operators_ssh() {
        let cut = Cut { from: vec![], direction: Direction::Both, except_ssh_of: Some(ip("10.0.0.1")) };
        let kept = [Kept { operator: ip("10.0.0.1"), own: ip("10.0.0.11"), port: 22, next: ip("10.0.0.1") }];
        let expected = "\
table inet t {
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    iifname \"lo\" accept
    ip saddr 10.0.0.1 ip daddr 10.0.0.11 tcp dport 22 accept
    drop
  }
  chain outgoing {
    type filter hook postrouting priority -300; policy accept;
    oifname \"lo\" accept
    ip saddr 10.0.0.11 ip daddr 10.0.0.1 tcp sport 22 accept
    drop
  }
}
table arp t {
  chain incoming {
    type filter hook input priority -300; policy accept;
    arp saddr ip 10.0.0.1 arp daddr ip 10.0.0.11 accept
    drop
  }
  chain outgoing {
    type filter hook output priority -300; policy accept;
    arp saddr ip 10.0.0.11 arp daddr ip 10.0.0.1 accept
    drop
  }
}
";
        assert_eq!(ruleset("t", &cut, &kept, &[]), expected);
    }

    #[test]
    fn one_direction_leaves_the_other_alone() {
        let from = vec![ip("10.0.0.12"), ip("fd00::2")];
        let cut = Cut { from, direction: Direction::In, except_ssh_of: None };
        let text = ruleset("t", &cut, &[], &["02:00:00:00:00:01".into()]);
        let expected = "\
table inet t {
  chain incoming {
    type filter hook prerouting priority -300; policy accept;
    iifname \"lo\" accept
    ip saddr { 10.0.0.12 } drop
    ip6 saddr { fd00::2 } drop
    ether saddr { 02:00:00:00:00:01 } drop
  }
}
table arp t {
  chain incoming {
    type filter hook input priority -300; policy accept;
    arp saddr ip { 10.0.0.12 } drop
    arp saddr ether { 02:00:00:00:00:01 } drop
  }
}
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_router_that_answers_for_a_peer_is_not_cut() {
        let table = "\
IP address       HW type     Flags       HW address            Mask     Device
10.0.0.12        0x1         0x2         02:00:00:00:00:12     *        eth0
10.0.0.13        0x1         0x0         00:00:00:00:00:00     *        eth0
10.0.0.14        0x1         0x2         02:00:00:00:00:fe     *        eth0
10.0.0.254       0x1         0x2         02:00:00:00:00:fe     *        eth0";
        let peers = ["10.0.0.12", "10.0.0.13", "10.0.0.14"].map(str::to_owned).into();
        assert_eq!(of_peers_alone(table, &peers), (2, vec!["02:00:00:00:00:12".to_owned()]));
    }

    #[test]
    fn the_operators_connection_is_read() {
        assert_eq!(parse_connection("10.0.0.1 51000 10.0.0.11 2222"), Some((ip("10.0.0.1"), ip("10.0.0.11"), 2222)));
        assert_eq!(parse_connection("10.0.0.1"), None);
    }
}
