//! The gate: which packets reach the server. It is the kernel's packet filter, so it shuts by itself when the agent that
//! should have kept it open is frozen or gone.
//!
//! Every packet is judged, not only those that begin a connection: a session of a client ends with the lease just like
//! the right to begin one. What comes over the loopback interface to the host's own address is judged too.

use std::net::IpAddr;
use std::time::Duration;

use wire::replication::GATE;

use crate::error::Error;
use crate::{clock, command};

const LIMIT: Duration = Duration::from_secs(5);
/// How long a source is refused at most when nobody takes it back.
const FORSAKEN: &str = "5s";

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
        run(&self.rules())
    }

    /// Lets clients in until this moment; `false` when it was past before they were, and the gate is shut.
    pub fn open(&self, until: Duration) -> Result<bool, Error> {
        let left = until.saturating_sub(clock::now());
        if left.as_millis() == 0 {
            return self.shut().map(|()| false);
        }
        run(&self.opening(left))?;
        // The kernel counts from when the command got there.
        if clock::now() >= until {
            return self.shut().map(|()| false);
        }
        Ok(true)
    }

    /// Shuts clients out.
    pub fn shut(&self) -> Result<(), Error> {
        run(&format!("flush set inet {GATE} open"))
    }

    /// Lets exactly these replicas in.
    pub fn admit(&self, replicas: &[IpAddr]) -> Result<(), Error> {
        run(&admission(replicas))
    }

    /// Refuses everything that goes to this source, at once and for a moment. A receiving thread with a source that is
    /// frozen or gone would otherwise wait for seconds before it ends: in order to say goodbye it connects anew.
    pub fn forsake(&self, source: IpAddr) -> Result<(), Error> {
        let set = set_of("forsaken", source);
        run(&format!("add element inet {GATE} {set} {{ {source} timeout {FORSAKEN} }}"))
    }

    /// Takes [`Self::forsake`] back, for all sources.
    pub fn relent(&self) -> Result<(), Error> {
        run(&format!("flush set inet {GATE} forsaken\nflush set inet {GATE} forsaken6"))
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
add chain inet {GATE} arriving {{ type filter hook input priority -10; policy accept; }}
add chain inet {GATE} leaving {{ type filter hook output priority -10; policy accept; }}
flush chain inet {GATE} arriving
flush chain inet {GATE} leaving
add rule inet {GATE} arriving tcp dport {port} tcp dport @open accept
add rule inet {GATE} arriving tcp dport {port} reject with tcp reset
add rule inet {GATE} arriving tcp dport {replication_port} ip saddr @replicas accept
add rule inet {GATE} arriving tcp dport {replication_port} ip6 saddr @replicas6 accept
add rule inet {GATE} arriving tcp dport {replication_port} drop
add rule inet {GATE} leaving tcp dport {replication_port} ip daddr @forsaken reject with tcp reset
add rule inet {GATE} leaving tcp dport {replication_port} ip6 daddr @forsaken6 reject with tcp reset"
        )
    }

    /// An element that is there already keeps its old time-out, so it is taken out and put in again, in one transaction.
    fn opening(&self, left: Duration) -> String {
        let element = format!("element inet {GATE} open {{ {}", self.port);
        let new = format!("add {element} timeout {}ms }}", left.as_millis());
        format!("{new}\ndelete {element} }}\n{new}")
    }
}

fn admission(replicas: &[IpAddr]) -> String {
    let mut script = format!("flush set inet {GATE} replicas\nflush set inet {GATE} replicas6");
    for replica in replicas {
        let set = set_of("replicas", *replica);
        script.push_str(&format!("\nadd element inet {GATE} {set} {{ {replica} }}"));
    }
    script
}

fn set_of(name: &str, address: IpAddr) -> String {
    if address.is_ipv4() { name.to_owned() } else { format!("{name}6") }
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
    fn each_opening_replaces_the_last_ones_end() {
        assert_eq!(
            GATE.opening(Duration::from_millis(3500)),
            "add element inet quorate_database open { 3306 timeout 3500ms }\n\
             delete element inet quorate_database open { 3306 }\n\
             add element inet quorate_database open { 3306 timeout 3500ms }"
        );
    }

    #[test]
    fn exactly_the_named_replicas_are_admitted() {
        assert_eq!(
            admission(&["10.0.0.2".parse().unwrap(), "fd00::3".parse().unwrap()]),
            "flush set inet quorate_database replicas\nflush set inet quorate_database replicas6\n\
             add element inet quorate_database replicas { 10.0.0.2 }\n\
             add element inet quorate_database replicas6 { fd00::3 }"
        );
    }
}
