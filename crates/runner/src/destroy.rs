//! Taking back what Quorate made, on every connected host.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Cluster, HostName};
use wire::{LockRequest, Note, Reply, Request};

use crate::fleet::Fleet;
use crate::lock::{Keeper, fence, give_back, granted, grants, next_token, release};
use crate::state::keepers;
use crate::{Error, observe};

const LIMIT: Duration = Duration::from_secs(300);

/// What one host gave back and what it kept, as resource keys.
pub type Withdrawn = BTreeMap<HostName, Result<(Vec<String>, Vec<String>), Note>>;

/// Withdraws the cluster from every connected host; interrupted, it can be repeated.
pub async fn destroy(
    cluster: &Cluster,
    fleet: &mut Fleet,
    holder: &str,
    run: &str,
    delete_data: bool,
) -> Result<Withdrawn, Error> {
    let observation = observe::facts(cluster, fleet, Duration::from_secs(30), |_| vec![]).await;
    let ours: Vec<HostName> = observation
        .facts
        .iter()
        .filter(|(_, f)| {
            f.cluster.as_deref() == Some(cluster.name.as_str())
                || f.state.as_ref().is_some_and(|s| s.cluster == cluster.name)
        })
        .map(|(h, _)| h.clone())
        .collect();
    let token = next_token(&observation.facts);
    let keepers = keepers(cluster);
    let answers = fleet
        .ask_all(Duration::from_secs(10), |host| {
            Some(Request::Lock(LockRequest::Acquire {
                token,
                holder: holder.to_owned(),
                run: run.to_owned(),
                control: keepers.contains(host),
            }))
        })
        .await;
    let granted_by = grants(answers);
    if let Err(note) = granted(&keepers, &granted_by) {
        give_back(&fleet.links, &granted_by, token).await;
        return Err(note.into());
    }
    fence(&fleet.links, &granted_by, token).await;
    let keeper = Keeper::start(fleet.links.clone(), keepers, token);
    let answers = fleet
        .ask_all(LIMIT, |host| {
            ours.contains(host).then(|| Request::Withdraw { token, cluster: cluster.name.clone(), delete_data })
        })
        .await;
    let withdrawn = answers
        .into_iter()
        .map(|(host, answer)| {
            let outcome = match answer {
                Ok(Reply::Withdrawn { removed, kept }) => Ok((removed, kept)),
                Ok(_) => Err(Note::new("host-answer").with("host", &host)),
                Err(note) => Err(note),
            };
            (host, outcome)
        })
        .collect();
    drop(keeper);
    release(&fleet.links, token).await;
    Ok(withdrawn)
}
