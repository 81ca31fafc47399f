//! Taking, keeping and giving up the run lock on a majority of the hosts that keep it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use model::HostName;
use wire::lock::LOCK_TTL_MS;
use wire::{Facts, LockGrant, LockRequest, Note, Reply, Request};

use crate::fleet::ask;
use crate::link::Link;
use crate::observe::now_ms;

/// Whether enough of the keepers granted; the reason if not.
pub fn granted(keepers: &[HostName], grants: &BTreeMap<HostName, LockGrant>) -> Result<(), Note> {
    let yes = keepers.iter().filter(|k| matches!(grants.get(k), Some(LockGrant::Granted))).count();
    if yes * 2 > keepers.len() {
        return Ok(());
    }
    let refusals = grants.iter().filter_map(|(host, grant)| match grant {
        LockGrant::Refused(holder) if holder.left_ms > 0 => Some((host, holder)),
        _ => None,
    });
    // A host may still know a run that died with a step under way there: of several, the latest has the lock.
    let refusal = refusals.max_by_key(|(_, holder)| holder.token);
    Err(match refusal {
        Some((host, holder)) => Note::new("lock-held")
            .with("holder", &holder.holder)
            .with("since_ms", holder.since_ms)
            .with("left", (holder.left_ms + 999) / 1000)
            .with("host", host),
        None => {
            let missing = keepers.iter().filter(|k| !matches!(grants.get(*k), Some(LockGrant::Granted)));
            Note::new("lock-no-majority")
                .with("granted", yes)
                .with("keepers", keepers.len())
                .with("missing", missing.map(HostName::as_str).collect::<Vec<_>>().join(", "))
        }
    })
}

/// A token above every one that the hosts have seen, and above those of a cluster that was destroyed on them: it forgot
/// its tokens, but its runs were earlier, so the time in milliseconds is above them too.
pub fn next_token(facts: &BTreeMap<HostName, Facts>) -> u64 {
    let seen = facts.values().map(|f| f.token).max().unwrap_or(0);
    u64::try_from(now_ms()).unwrap_or(0).max(seen + 1)
}

/// Renews the lock until dropped. When a majority no longer grants it, `lost` is set and nothing more may begin.
pub struct Keeper {
    task: tokio::task::JoinHandle<()>,
    lost: Arc<AtomicBool>,
}

impl Keeper {
    pub fn start(links: BTreeMap<HostName, Link>, keepers: Vec<HostName>, token: u64) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&lost);
        let task = tokio::spawn(async move {
            let pause = Duration::from_millis(LOCK_TTL_MS / 4);
            loop {
                tokio::time::sleep(pause).await;
                let answers = ask(&links, pause, |_| Some(Request::Lock(LockRequest::Renew { token }))).await;
                let grants = grants(answers);
                // A host that does not answer has not refused: the lock is lost when somebody else has it, or when
                // too few remain to keep it.
                if granted(&keepers, &grants).is_err() {
                    flag.store(true, Ordering::SeqCst);
                    return;
                }
            }
        });
        Self { task, lost }
    }

    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The grants among answers.
pub fn grants(answers: BTreeMap<HostName, Result<Reply, Note>>) -> BTreeMap<HostName, LockGrant> {
    answers
        .into_iter()
        .filter_map(|(host, answer)| match answer {
            Ok(
                Reply::Lock(grant) | Reply::Observed { lock: Some(grant), .. } | Reply::Finished { lock: grant, .. },
            ) => Some((host, grant)),
            _ => None,
        })
        .collect()
}

/// Gives back what was granted where it was not enough. Only there: another run may have begun with the same token,
/// and the hosts that refused this one may have granted it to that one.
pub async fn give_back(links: &BTreeMap<HostName, Link>, grants: &BTreeMap<HostName, LockGrant>, token: u64) {
    let here = |host: &HostName| matches!(grants.get(host), Some(LockGrant::Granted));
    ask(links, Duration::from_secs(5), |host| here(host).then(|| Request::Lock(LockRequest::Release { token }))).await;
}

/// Tells the hosts that refused the winner's token, so that they take no more from the run that they still had
/// granted: one that lost its hold on the others, or died with a step under way.
pub async fn fence(links: &BTreeMap<HostName, Link>, grants: &BTreeMap<HostName, LockGrant>, token: u64) {
    let here = |host: &HostName| matches!(grants.get(host), Some(LockGrant::Refused(_)));
    ask(links, Duration::from_secs(5), |host| here(host).then(|| Request::Lock(LockRequest::Renew { token }))).await;
}

/// The run lock, taken by somebody who changes nothing that a plan would: a drill, while it breaks things.
pub struct Held {
    pub token: u64,
    links: BTreeMap<HostName, Link>,
    keeper: Keeper,
}

impl Held {
    /// Takes the lock on a majority of the hosts that keep it, and renews it until it is released or dropped.
    ///
    /// # Errors
    /// Who has it, or that too few hosts could be asked.
    pub async fn take(
        cluster: &model::Cluster,
        fleet: &crate::Fleet,
        facts: &BTreeMap<HostName, Facts>,
        holder: String,
        run: String,
    ) -> Result<Self, Note> {
        let (keepers, token, links) = (crate::state::keepers(cluster), next_token(facts), fleet.links.clone());
        let control = |host: &HostName| keepers.contains(host);
        let acquire = |host: &HostName| {
            let (holder, run, control) = (holder.clone(), run.clone(), control(host));
            Some(Request::Lock(LockRequest::Acquire { token, holder, run, control }))
        };
        let grants = grants(ask(&links, Duration::from_secs(10), acquire).await);
        if let Err(note) = granted(&keepers, &grants) {
            give_back(&links, &grants, token).await;
            return Err(note);
        }
        fence(&links, &grants, token).await;
        let keeper = Keeper::start(links.clone(), keepers, token);
        Ok(Self { token, links, keeper })
    }

    /// Gives the lock up everywhere.
    pub async fn release(self) {
        drop(self.keeper);
        release(&self.links, self.token).await;
    }
}

/// Gives the lock up everywhere; a host that does not hear it lets it expire.
pub async fn release(links: &BTreeMap<HostName, Link>, token: u64) {
    ask(links, Duration::from_secs(5), |_| Some(Request::Lock(LockRequest::Release { token }))).await;
}

#[cfg(test)]
mod tests {
    use wire::LockHolder;

    use super::*;

    #[test]
    fn the_latest_of_several_holders_is_named() {
        let keepers: Vec<HostName> = ["node1", "node2", "node3"].map(HostName::from).into();
        let refused = |token, holder: &str| {
            let (run, since_ms, left_ms) = (holder.to_owned(), 0, 9000);
            LockGrant::Refused(LockHolder { token, holder: holder.to_owned(), run, since_ms, left_ms })
        };
        let grants = [refused(5, "died"), refused(8, "works"), refused(8, "works")];
        let note = granted(&keepers, &keepers.iter().cloned().zip(grants).collect()).unwrap_err();
        assert_eq!((note.code.as_str(), note.args["holder"].as_str()), ("lock-held", "works"));
    }
}
