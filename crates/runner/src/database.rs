//! The replicated database as its agents tell it, and orders to them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use wire::replication::{Ask, Status, Told};
use wire::{Note, Reply, Request};

use crate::fleet::{self, Fleet};

/// An agent answers from memory.
const ANSWER: Duration = Duration::from_secs(2);
/// Between two looks at how an order goes.
const PAUSE: Duration = Duration::from_millis(150);

/// What the agents of the database hosts tell; a host that does not answer is missing, with the reason beside.
pub async fn statuses(cluster: &Cluster, fleet: &Fleet) -> (BTreeMap<HostName, Status>, BTreeMap<HostName, Note>) {
    let members: Vec<_> = cluster.database_members().iter().map(|h| h.name.clone()).collect();
    let answers =
        fleet::ask(&fleet.links, ANSWER, |host| members.contains(host).then(|| Request::Database(Ask::Status {})))
            .await;
    let mut told = BTreeMap::new();
    let mut silent: BTreeMap<HostName, Note> =
        fleet.absent.iter().filter(|(h, _)| members.contains(h)).map(|(h, n)| (h.clone(), n.clone())).collect();
    for (host, answer) in answers {
        match answer {
            Ok(Reply::Database(Told::Status(status))) => {
                told.insert(host, *status);
            }
            Ok(_) => {
                silent.insert(host.clone(), Note::new("host-odd-answer").with("host", host));
            }
            Err(note) => {
                silent.insert(host, note);
            }
        }
    }
    (told, silent)
}

/// Gives an order to one host's agent. It is accepted when this returns, not done.
pub async fn order(fleet: &Fleet, host: &HostName, ask: Ask) -> Result<(), Note> {
    let link = fleet.links.get(host).ok_or_else(|| Note::new("db-host-silent").with("host", host))?;
    match link.request(Request::Database(ask), ANSWER).await? {
        Reply::Database(Told::Accepted) => Ok(()),
        Reply::Database(Told::Refused(note)) => Err(note),
        _ => Err(Note::new("host-odd-answer").with("host", host)),
    }
}

/// Looks until the answers satisfy, or the time is over; how long that took.
pub async fn until(
    cluster: &Cluster,
    fleet: &Fleet,
    limit: Duration,
    satisfied: impl Fn(&BTreeMap<HostName, Status>) -> bool,
) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        let (told, _) = statuses(cluster, fleet).await;
        if satisfied(&told) {
            return Some(begun.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}
