//! All hosts of a cluster: connected at the same time, asked at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::HostName;
use ssh::{Connector, HELPER_DIR, HostKey, Limits, Program, Target, Trust};
use tokio::task::JoinSet;
use wire::{Note, Reply, Request};

use crate::Error;
use crate::link::Link;

/// The connected hosts, and why the others are not.
#[derive(Default)]
pub struct Fleet {
    pub links: BTreeMap<HostName, Link>,
    pub absent: BTreeMap<HostName, Note>,
}

/// How connecting to all hosts ended.
pub enum Connected {
    Fleet(Fleet),
    /// Hosts whose keys nobody has confirmed yet; nothing was sent to any of these.
    UnknownKeys(Vec<HostKey>),
}

/// Connects to every target and starts the helper there.
///
/// A host that cannot be reached is absent and no error. A host that refuses the login or offers another key than the
/// pinned one is an error: the operator must look at it before anything is done anywhere.
pub async fn connect(
    targets: Vec<Target>,
    trust: Arc<Trust>,
    limits: Limits,
    program: &Program,
) -> Result<Connected, Error> {
    let connector = Arc::new(Connector::new(trust, limits));
    let mut tasks = JoinSet::new();
    for target in targets {
        let (connector, program) = (Arc::clone(&connector), program.clone());
        tasks.spawn(async move {
            let host = HostName(target.host.clone());
            let link = async {
                let session = connector.connect(&target).await?;
                let pipe = session.start_helper(&program, HELPER_DIR).await?;
                Ok(Link::new(host.clone(), session, pipe))
            };
            let outcome: Result<Link, ssh::Error> = link.await;
            (host, outcome)
        });
    }
    let (mut fleet, mut unknown, mut refused) = (Fleet::default(), Vec::new(), Vec::new());
    while let Some(joined) = tasks.join_next().await {
        let Ok((host, outcome)) = joined else { continue };
        match outcome {
            Ok(link) => {
                fleet.links.insert(host, link);
            }
            Err(error) if error.is_absent() => {
                let note = Note::new("host-unreachable").with("host", &host).with("error", error);
                fleet.absent.insert(host, note);
            }
            Err(error) => match error.unknown_host_key() {
                Some(key) => unknown.push(key.clone()),
                None => refused.push(error),
            },
        }
    }
    if let Some(error) = refused.into_iter().next() {
        return Err(error.into());
    }
    unknown.sort_by(|a, b| a.host.cmp(&b.host));
    Ok(if unknown.is_empty() { Connected::Fleet(fleet) } else { Connected::UnknownKeys(unknown) })
}

impl Fleet {
    /// Asks every connected host at the same time. A host that does not answer becomes absent.
    pub async fn ask_all(
        &mut self,
        limit: Duration,
        request: impl Fn(&HostName) -> Option<Request>,
    ) -> BTreeMap<HostName, Result<Reply, Note>> {
        let answers = ask(&self.links, limit, request).await;
        for (host, answer) in &answers {
            if let Err(note) = answer
                && (note.code == "host-lost" || note.code == "host-silent")
            {
                self.links.remove(host);
                self.absent.insert(host.clone(), note.clone());
            }
        }
        answers
    }

    /// Requests sent to each host so far.
    pub fn round_trips(&self) -> BTreeMap<HostName, u64> {
        self.links.iter().map(|(h, l)| (h.clone(), l.round_trips())).collect()
    }
}

/// Asks these hosts at the same time.
pub async fn ask(
    links: &BTreeMap<HostName, Link>,
    limit: Duration,
    request: impl Fn(&HostName) -> Option<Request>,
) -> BTreeMap<HostName, Result<Reply, Note>> {
    let mut tasks = JoinSet::new();
    for (host, link) in links {
        let Some(request) = request(host) else { continue };
        let link = link.clone();
        tasks.spawn(async move { (link.host.clone(), link.request(request, limit).await) });
    }
    let mut answers = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((host, answer)) = joined {
            answers.insert(host, answer);
        }
    }
    answers
}
