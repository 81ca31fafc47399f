//! Backups at an operator's word: which host does it, and what becomes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use ::backup::{Standing, choose};
use model::{Cluster, DatabaseMode, HostName};
use wire::backup::{BackupReply, BackupRequest};
use wire::{Note, Reply, Request};

use crate::Error;
use crate::fleet::Fleet;
use crate::link::Link;

/// For answers that need no more than a look.
const LOOK: Duration = Duration::from_secs(60);
/// For work on a whole database.
const WORK: Duration = Duration::from_secs(24 * 3600);
const PAUSE: Duration = Duration::from_millis(500);

/// Hosts that can make, list and restore this cluster's backups, in the order in which they come forward.
pub fn makers(cluster: &Cluster) -> Result<Vec<HostName>, Error> {
    let hosts = components::by_id("backup").map(|c| c.hosts(cluster)).unwrap_or_default();
    if hosts.is_empty() {
        return Err(Note::new("backup-not-asked-for").into());
    }
    Ok(hosts.into_iter().map(|h| h.name.clone()).collect())
}

/// What work should go to a host that does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Any that is reached will do.
    Reading,
    /// One that has the data; better not the one that clients write to.
    Copying,
    /// The one that clients write to; of Galera any other, if that one does not reach the backups.
    Writing,
}

/// The host for a piece of work.
pub async fn host_for(cluster: &Cluster, fleet: &mut Fleet, work: For) -> Result<Link, Error> {
    let makers = makers(cluster)?;
    let absent = |fleet: &Fleet| {
        let why: Vec<_> = makers.iter().filter_map(|m| fleet.absent.get(m)).map(ToString::to_string).collect();
        let names: Vec<_> = makers.iter().map(ToString::to_string).collect();
        let note = Note::new("backup-no-host").with("hosts", names.join(", "));
        Error::from(note.with("error", why.first().cloned().unwrap_or_else(|| "-".to_owned())))
    };
    if work == For::Reading {
        return makers.iter().find_map(|m| fleet.links.get(m)).cloned().ok_or_else(|| absent(fleet));
    }
    let answers = fleet.ask_all(LOOK, |h| makers.contains(h).then_some(Request::Backup(BackupRequest::Standing))).await;
    let mut standings = BTreeMap::new();
    for (host, answer) in answers {
        match answer {
            Ok(Reply::Backup(reply)) => {
                if let BackupReply::Standing { serves, writes } = *reply {
                    standings.insert(host.to_string(), Standing { serves, writes });
                }
            }
            // Not deployed there yet, or with a damaged file: worth more than silence.
            Err(note) if note.code != "host-lost" && note.code != "host-silent" => return Err(note.into()),
            _ => {}
        }
    }
    let names: Vec<String> = makers.iter().map(ToString::to_string).collect();
    let served = choose(&names, &standings);
    let chosen = match work {
        For::Writing => loader(&names, &standings).or_else(|| served.clone().filter(|_| any_member(cluster))),
        _ => served.clone(),
    };
    match (chosen.and_then(|c| fleet.links.get(&HostName(c))), served) {
        (Some(link), _) => Ok(link.clone()),
        // A copy takes no writes, and the host that does cannot read the backups.
        (None, Some(host)) if work == For::Writing => Err(Note::new("backup-load-elsewhere").with("host", host).into()),
        _ => Err(absent(fleet)),
    }
}

/// The host that clients write to, if it reaches the backups.
fn loader(names: &[String], standings: &BTreeMap<String, Standing>) -> Option<String> {
    names.iter().find(|n| standings.get(*n).is_some_and(|s| s.serves && s.writes)).cloned()
}

/// Whether what is written to any member reaches all of them.
fn any_member(cluster: &Cluster) -> bool {
    cluster.database.as_ref().is_some_and(|d| matches!(d.mode, DatabaseMode::Galera(_)))
}

/// Asks one host for something that may take long; `seen` hears meanwhile what it is doing, with bytes.
pub async fn ask(link: &Link, request: BackupRequest, seen: impl Fn(&str, u64)) -> Result<BackupReply, Error> {
    let work = link.request(Request::Backup(request), WORK);
    tokio::pin!(work);
    loop {
        tokio::select! {
            answer = &mut work => {
                return match answer {
                    Ok(Reply::Backup(reply)) => Ok(*reply),
                    Ok(_) => Err(Note::new("host-answer").with("host", &link.host).into()),
                    Err(note) if note.args.contains_key("host") => Err(note.into()),
                    Err(note) => Err(Error::AtHost { host: link.host.clone(), note }),
                };
            }
            () = tokio::time::sleep(PAUSE) => {
                let progress = link.request(Request::Backup(BackupRequest::Progress), LOOK).await;
                if let Ok(Reply::Backup(reply)) = progress
                    && let BackupReply::Progress { stage, bytes } = *reply
                {
                    seen(&stage, bytes);
                }
            }
        }
    }
}
