//! Cuts and pauses as data, and the one ruleset that follows from them.
//!
//! The ruleset is rendered from the whole state and replaced in one transaction, so cutting, healing and restarting
//! hosts in any order cannot leave a rule behind. Interfaces are matched by name: a cut outlives the host's restart.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::command::{program, run};
use crate::names::Names;
use crate::state::{HostState, Power};

/// The name that stands for the operator's machine in a cut between two sides.
pub const OPERATOR: &str = "operator";

/// A network fault between hosts, both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cut {
    /// The host reaches nobody, the operator's machine included.
    Host(String),
    /// No host of one side reaches a host of the other. [`OPERATOR`] may be on a side.
    Between(Vec<String>, Vec<String>),
}

impl Cut {
    /// The names it mentions.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        let (a, b): (&[String], &[String]) = match self {
            Self::Host(h) => (std::slice::from_ref(h), &[]),
            Self::Between(a, b) => (a, b),
        };
        a.iter().chain(b)
    }
}

/// Whether the host is separated from everybody: cut off, or silent because it is paused or dead.
pub fn isolated(host: &HostState, cuts: &[Cut]) -> bool {
    host.power != Power::On || cuts.iter().any(|c| matches!(c, Cut::Host(name) if *name == host.name))
}

/// Whom a host does not reach because of a cut between sides.
pub fn cut_from(host: &str, cuts: &[Cut]) -> Vec<String> {
    let mut others = BTreeSet::new();
    for cut in cuts {
        let Cut::Between(a, b) = cut else { continue };
        for (here, there) in [(a, b), (b, a)] {
            if here.iter().any(|h| h == host) {
                others.extend(there.iter().cloned());
            }
        }
    }
    others.into_iter().collect()
}

/// The nftables input that makes the network be as the state says.
pub fn ruleset(names: &Names, hosts: &[HostState], cuts: &[Cut]) -> String {
    let table = names.bridge();
    let link = |name: &str| hosts.iter().find(|h| h.name == name).map(|h| names.link(h.index));
    let alone: BTreeSet<_> = hosts.iter().filter(|h| isolated(h, cuts)).map(|h| quoted(&names.link(h.index))).collect();
    let mut between = BTreeSet::new();
    let mut operator = BTreeSet::new();
    for cut in cuts {
        let Cut::Between(a, b) = cut else { continue };
        for (a, b) in a.iter().flat_map(|a| b.iter().map(move |b| (a, b))) {
            match (link(a), link(b)) {
                (Some(x), Some(y)) => {
                    between.insert(format!("{} . {}", quoted(&x), quoted(&y)));
                    between.insert(format!("{} . {}", quoted(&y), quoted(&x)));
                }
                (Some(x), None) if b == OPERATOR => _ = operator.insert(quoted(&x)),
                (None, Some(y)) if a == OPERATOR => _ = operator.insert(quoted(&y)),
                _ => {}
            }
        }
    }
    let chains = [
        chain("entering", "prerouting", "iifname", &alone),
        chain("leaving", "postrouting", "oifname", &alone),
        chain("between", "forward", "iifname . oifname", &between),
        chain("to_operator", "input", "iifname", &operator),
        chain("from_operator", "output", "oifname", &operator),
    ]
    .concat();
    // Adding before deleting makes the deletion succeed whether or not the table exists.
    let fresh = format!("add table bridge {table}\ndelete table bridge {table}\n");
    if chains.is_empty() { fresh } else { format!("{fresh}table bridge {table} {{\n{chains}}}\n") }
}

/// A chain that drops what matches any of the elements; nothing when there are none.
fn chain(name: &str, hook: &str, key: &str, elements: &BTreeSet<String>) -> String {
    if elements.is_empty() {
        return String::new();
    }
    let elements = elements.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!(
        "  chain {name} {{\n    type filter hook {hook} priority -300; policy accept;\n    \
         {key} {{ {elements} }} drop\n  }}\n"
    )
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Makes the network be as the state says.
pub fn apply(names: &Names, hosts: &[HostState], cuts: &[Cut]) -> Result<()> {
    run("changing who reaches whom in the lab", "nft", &["-f", "-"], ruleset(names, hosts, cuts).as_bytes())?;
    Ok(())
}

/// Removes the lab's table. Fine when there is none.
pub fn remove(names: &Names) -> Result<()> {
    apply(names, &[], &[])
}

/// The tables of all labs on this machine.
pub fn tables() -> Vec<String> {
    let Ok(output) = program("nft").args(["list", "tables", "bridge"]).output() else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|l| l.strip_prefix("table bridge ").map(|t| t.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::state::Kind;

    fn hosts() -> Vec<HostState> {
        (1..=3)
            .map(|index| HostState {
                name: format!("node{index}"),
                address: [10, 88, 0, 10 + index as u8].into(),
                index,
                kind: Kind::Container,
                power: Power::On,
            })
            .collect()
    }

    fn rules(hosts: &[HostState], cuts: &[Cut]) -> String {
        let names = Names::new(Path::new("/state"), "default");
        ruleset(&names, hosts, cuts).replace(&names.bridge(), "LAB")
    }

    #[test]
    fn no_fault_no_table() {
        assert_eq!(rules(&hosts(), &[]), "add table bridge LAB\ndelete table bridge LAB\n");
    }

    #[test]
    fn a_link_is_cut_both_ways() {
        let text = rules(&hosts(), &[Cut::Between(vec!["node1".into()], vec!["node2".into(), OPERATOR.into()])]);
        let expected = "\
add table bridge LAB
delete table bridge LAB
table bridge LAB {
  chain between {
    type filter hook forward priority -300; policy accept;
    iifname . oifname { \"vb-LAB-001\" . \"vb-LAB-002\", \"vb-LAB-002\" . \"vb-LAB-001\" } drop
  }
  chain to_operator {
    type filter hook input priority -300; policy accept;
    iifname { \"vb-LAB-001\" } drop
  }
  chain from_operator {
    type filter hook output priority -300; policy accept;
    oifname { \"vb-LAB-001\" } drop
  }
}
";
        assert_eq!(text, expected);
    }

    #[test]
    fn whoever_is_not_on_is_silent_and_stays_cut_afterwards() {
        let mut hosts = hosts();
        hosts[1].power = Power::Paused;
        let cuts = [Cut::Host("node1".into())];
        let text = rules(&hosts, &cuts);
        assert!(text.contains("iifname { \"vb-LAB-001\", \"vb-LAB-002\" } drop"), "{text}");
        hosts[1].power = Power::On;
        let text = rules(&hosts, &cuts);
        assert!(text.contains("oifname { \"vb-LAB-001\" } drop"), "{text}");
        assert!(!text.contains("vb-LAB-002"), "{text}");
    }
}
