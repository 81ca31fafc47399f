//! The gate: which packets reach the server. It is the kernel's packet filter, so it shuts by itself when the agent that
//! should have kept it open is frozen or gone.
//!
//! Every packet is judged, not only those that begin a connection: a session of a client ends with the lease just like
//! the right to begin one. What comes over the loopback interface to the host's own address is judged too.
//!
//! The gate also speaks for a virtual IP that this host has just given up. Clients go on asking this host until the next
//! one announces the address; left unanswered they would ask again after a second, and so they are refused at once and
//! come back within their own patience. The host does not hold the address meanwhile, nor does it say so to anybody.

use std::net::IpAddr;
use std::time::Duration;

use wire::replication::GATE;

use super::netlink::{self, Change};
use crate::error::Error;
use crate::{clock, command};

const LIMIT: Duration = Duration::from_secs(5);
/// How long a source is refused at most when nobody takes it back.
const FORSAKEN: Duration = Duration::from_secs(5);
/// How long clients of an address that was given up are refused: longer than any promotion that is to be waited for.
const YIELDED: Duration = Duration::from_secs(10);

/// The gate in front of one server.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Where clients reach the server.
    pub port: u16,
    /// Where replicas reach it.
    pub replication_port: u16,
}

impl Gate {
    /// Sets the gate up, shut to everybody who was not let in before: an agent that starts anew within its lease leaves
    /// its clients where they are.
    pub fn prepare(&self) -> Result<(), Error> {
        run(&self.rules())?;
        if let Err(error) = run(&self.farewell()) {
            tracing::warn!(%error, "clients of an address that moves will wait a second longer (this needs Linux 5.9)");
        }
        Ok(())
    }

    /// Lets clients in until this moment, those of the virtual IP too; `false` when it was past before they were, and the
    /// gate is shut.
    pub fn open(&self, until: Duration) -> Result<bool, Error> {
        self.let_in(until, &[Change::Empty { set: "yielded" }, Change::Empty { set: "yielded6" }])
    }

    /// The same, with the virtual IP left to whoever has it.
    pub fn lend(&self, until: Duration) -> Result<bool, Error> {
        self.let_in(until, &[])
    }

    fn let_in(&self, until: Duration, besides: &[Change<'static>]) -> Result<bool, Error> {
        let left = until.saturating_sub(clock::now());
        if left.as_millis() == 0 {
            return self.shut().map(|()| false);
        }
        change(&[&self.opening(left), besides].concat())?;
        // The kernel counts from when the command got there.
        if clock::now() >= until {
            return self.shut().map(|()| false);
        }
        Ok(true)
    }

    /// Shuts clients out.
    pub fn shut(&self) -> Result<(), Error> {
        change(&[Change::Empty { set: "open" }])
    }

    /// Refuses, for a while, whoever still asks this host for an address that it is about to give up.
    pub fn farewell_to(&self, address: IpAddr) -> Result<(), Error> {
        change(&[Change::Put { set: set_of("yielded", address), key: key(address), life: Some(YIELDED) }])
    }

    /// Lets exactly these replicas in.
    pub fn admit(&self, replicas: &[IpAddr]) -> Result<(), Error> {
        change(&admission(replicas))
    }

    /// Refuses every new connection to this source, at once and for a moment. A receiving thread with a source that is
    /// frozen or gone would otherwise wait for seconds before it ends: in order to say goodbye it connects anew.
    ///
    /// The end of its old connection must reach the source, or that hangs as the replica comes back (see
    /// [`end_stale`](super::end_stale)).
    pub fn forsake(&self, source: IpAddr) -> Result<(), Error> {
        change(&[Change::Put { set: set_of("forsaken", source), key: key(source), life: Some(FORSAKEN) }])
    }

    /// Takes [`Self::forsake`] back, for all sources.
    pub fn relent(&self) -> Result<(), Error> {
        change(&[Change::Empty { set: "forsaken" }, Change::Empty { set: "forsaken6" }])
    }

    fn rules(&self) -> String {
        let Self { port, replication_port } = self;
        // Of one transaction: there is no moment without rules. What the sets hold stays.
        format!(
            "add table inet {GATE}
add set inet {GATE} open {{ type inet_service; flags timeout; }}
add set inet {GATE} replicas {{ type ipv4_addr; }}
add set inet {GATE} replicas6 {{ type ipv6_addr; }}
add set inet {GATE} forsaken {{ type ipv4_addr; flags timeout; }}
add set inet {GATE} forsaken6 {{ type ipv6_addr; flags timeout; }}
add set inet {GATE} yielded {{ type ipv4_addr; flags timeout; }}
add set inet {GATE} yielded6 {{ type ipv6_addr; flags timeout; }}
add chain inet {GATE} arriving {{ type filter hook input priority -10; policy accept; }}
add chain inet {GATE} leaving {{ type filter hook output priority -10; policy accept; }}
flush chain inet {GATE} arriving
flush chain inet {GATE} leaving
add rule inet {GATE} arriving tcp dport {port} tcp dport @open accept
add rule inet {GATE} arriving tcp dport {port} reject with tcp reset
add rule inet {GATE} arriving tcp dport {replication_port} ip saddr @replicas accept
add rule inet {GATE} arriving tcp dport {replication_port} ip6 saddr @replicas6 accept
add rule inet {GATE} arriving tcp dport {replication_port} drop
add rule inet {GATE} leaving tcp dport {replication_port} tcp flags syn / fin,syn,rst,ack ip daddr @forsaken reject with tcp reset
add rule inet {GATE} leaving tcp dport {replication_port} tcp flags syn / fin,syn,rst,ack ip6 daddr @forsaken6 reject with tcp reset"
        )
    }

    /// Before routing, for the address is not this host's any more. Kernels before 5.9 cannot refuse there.
    fn farewell(&self) -> String {
        let port = self.port;
        format!(
            "add chain inet {GATE} passing {{ type filter hook prerouting priority -10; policy accept; }}
flush chain inet {GATE} passing
add rule inet {GATE} passing tcp dport {port} ip daddr @yielded reject with tcp reset
add rule inet {GATE} passing tcp dport {port} ip6 daddr @yielded6 reject with tcp reset"
        )
    }

    /// An element that is there already keeps its old end, so it is taken out and put in again, in one transaction.
    fn opening(&self, left: Duration) -> [Change<'static>; 3] {
        let key = || self.port.to_be_bytes().to_vec();
        let new = Change::Put { set: "open", key: key(), life: Some(left) };
        [new.clone(), Change::Take { set: "open", key: key() }, new]
    }
}

fn admission(replicas: &[IpAddr]) -> Vec<Change<'static>> {
    let mut changes = vec![Change::Empty { set: "replicas" }, Change::Empty { set: "replicas6" }];
    let member = |r: &IpAddr| Change::Put { set: set_of("replicas", *r), key: key(*r), life: None };
    changes.extend(replicas.iter().map(member));
    changes
}

/// Of the two sets with this name, that for the family of the address.
fn set_of(name: &'static str, address: IpAddr) -> &'static str {
    match (name, address) {
        ("replicas", IpAddr::V6(_)) => "replicas6",
        ("forsaken", IpAddr::V6(_)) => "forsaken6",
        ("yielded", IpAddr::V6(_)) => "yielded6",
        _ => name,
    }
}

fn key(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn change(changes: &[Change<'_>]) -> Result<(), Error> {
    netlink::change(GATE, changes).map_err(|e| Error::Damaged(format!("the gate in front of the database: {e}")))
}

/// Carries a script out as one transaction.
fn run(script: &str) -> Result<(), Error> {
    command::succeed("nft", &[script], LIMIT).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: Gate = Gate { port: 3306, replication_port: 3307 };

    #[test]
    fn the_gate_is_made_without_a_moment_of_no_rules_and_keeps_who_is_in() {
        let rules = GATE.rules();
        assert!(rules.contains("flush chain") && !rules.contains("flush set") && !rules.contains("delete"), "{rules}");
        let reject = rules.find("tcp dport 3306 reject with tcp reset").unwrap();
        assert!(rules.find("tcp dport 3306 tcp dport @open accept").unwrap() < reject);
        assert!(rules.ends_with("reject with tcp reset"));
    }

    #[test]
    fn a_forsaken_source_is_refused_new_connections_only() {
        let rules = GATE.rules();
        let mut leaving = rules.lines().filter(|rule| rule.contains("leaving tcp"));
        assert!(leaving.all(|rule| rule.contains("tcp flags syn / fin,syn,rst,ack")), "{rules}");
    }

    #[test]
    fn each_opening_replaces_the_last_ones_end() {
        let [first, taken, last] = GATE.opening(Duration::from_millis(3500));
        let key = vec![0x0c, 0xea];
        let life = Some(Duration::from_millis(3500));
        assert_eq!(first, Change::Put { set: "open", key: key.clone(), life });
        assert_eq!((last, taken), (first, Change::Take { set: "open", key }));
    }

    #[test]
    fn exactly_the_named_replicas_are_admitted() {
        let changes = admission(&["10.0.0.2".parse().unwrap(), "fd00::3".parse().unwrap()]);
        let empty = |set| Change::Empty { set };
        assert_eq!(changes[..2], [empty("replicas"), empty("replicas6")]);
        assert_eq!(changes[2], Change::Put { set: "replicas", key: vec![10, 0, 0, 2], life: None });
        assert!(matches!(&changes[3], Change::Put { set: "replicas6", key, life: None } if key.len() == 16));
    }

    #[test]
    fn an_address_that_was_given_up_is_refused_before_routing() {
        let rules = GATE.farewell();
        assert!(rules.contains("hook prerouting") && rules.contains("ip6 daddr @yielded6 reject"), "{rules}");
        assert!(!GATE.rules().contains("prerouting"));
    }
}
