//! What tells a database that is about to lose something from one that is well, while every member still answers.

use std::collections::BTreeMap;

use model::{Host, HostName};
use wire::{Note, ProbeReport};

use crate::component::Watch;

/// Two hosts that both say they are the primary: the older of them is about to learn of the newer, and must have shut its
/// door; anything else is worth waking somebody.
pub(super) fn compare(members: &[&Host], reports: &BTreeMap<HostName, Vec<ProbeReport>>) -> Vec<(HostName, Note)> {
    let primary = |host: &HostName| {
        let of = reports.get(host)?.iter().find(|r| r.component == super::ID)?;
        (of.readings.get("role").map(String::as_str) == Some("primary")).then(|| host.clone())
    };
    let primaries: Vec<HostName> = members.iter().filter_map(|h| primary(&h.name)).collect();
    if primaries.len() < 2 {
        return vec![];
    }
    let names = primaries.iter().map(HostName::as_str).collect::<Vec<_>>().join(", ");
    primaries.iter().map(|h| (h.clone(), Note::new("replication-several-primaries").with("hosts", &names))).collect()
}

/// Sources of the bounds: a failover takes less than ten seconds with its lease of five; a replica that catches up after
/// a restart takes longer than one that follows.
pub(super) fn watches(members: usize) -> Vec<Watch> {
    let watch = |name, hold_s, expression: &str| Watch { name, expression: expression.to_owned(), hold_s };
    vec![
        watch("no-primary", 15, "(sum(quorate_replication_primary) or vector(0)) < 1"),
        watch("several-primaries", 5, "sum(quorate_replication_primary) > 1"),
        watch("not-synchronous", 30, "(max(quorate_replication_synchronous) or vector(0)) < 1"),
        watch("not-following", 60, "quorate_replication_following == 0 and quorate_replication_primary == 0"),
        watch("lag", 60, "quorate_replication_lag_milliseconds > 10000"),
        // What no agent exports raises no alarm of its own.
        Watch {
            name: "unwatched",
            expression: format!("(count(quorate_replication_primary) or vector(0)) < {members}"),
            hold_s: 30,
        },
    ]
}
