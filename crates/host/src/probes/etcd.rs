//! The local etcd member, over its client port with the member's own certificate.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wire::Note;
use wire::facts::EtcdMember;

use super::{LIMIT, Seen};
use crate::etcd::{self, Client, Trouble};

/// What is read, and need not exist: what counts is that a quorum agreed on the answer.
const KEY: &str = "quorate/probe";
/// For the question who the members are, which a member that waits for its peers leaves open.
const LOOK: Duration = Duration::from_millis(800);

/// How the member is reached.
pub(super) struct Access<'a> {
    pub address: SocketAddr,
    pub ca: &'a Path,
    pub certificate: &'a Path,
    pub key: &'a Path,
}

/// A connection that did well, for the next probe of this process: a daemon that looks again and again does not have to
/// prove itself each time.
static KEPT: Mutex<Option<(etcd::Access, Client)>> = Mutex::new(None);

impl Access<'_> {
    fn owned(&self) -> etcd::Access {
        etcd::Access {
            endpoints: vec![self.address],
            ca: self.ca.to_owned(),
            certificate: self.certificate.to_owned(),
            key: self.key.to_owned(),
        }
    }

    fn client(&self) -> Result<Client, Trouble> {
        let access = self.owned();
        match KEPT.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((kept, client)) if kept == access => Ok(client),
            _ => Client::new(&access),
        }
    }

    fn keep(&self, client: Client) {
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some((self.owned(), client));
    }
}

/// The members that the etcd at `address` knows, within 0.8 s; the error is words for the operator.
pub fn etcd_members(address: SocketAddr, ca: &Path, certificate: &Path, key: &Path) -> Result<Vec<EtcdMember>, String> {
    let deadline = Instant::now() + LOOK;
    Access { address, ca, certificate, key }
        .client()
        .and_then(|client| client.members(deadline))
        .map_err(|trouble| format!("etcd at {address}: {trouble}"))
}

pub(super) fn member(access: &Access<'_>, expected: &[String]) -> Seen {
    let deadline = Instant::now() + LIMIT;
    let client = match access.client() {
        Ok(client) => client,
        Err(trouble) => return Seen::bad(note(&trouble, access.address)),
    };
    // The member's own view comes first: it is answered without a quorum and says why the read may fail.
    let status = match client.status(deadline) {
        Ok(status) => status,
        Err(trouble) => return Seen::bad(note(&trouble, access.address)),
    };
    // A linearizable read, which etcd answers only after a quorum confirmed its leader.
    let seen = match client.range(KEY, deadline) {
        Ok(_) => match client.members(deadline) {
            Ok(members) => compare(expected, &members),
            Err(trouble) => Seen::bad(note(&trouble, access.address)),
        },
        Err(_) if status.leaderless() => Seen::bad(Note::new("etcd-no-leader")),
        Err(Trouble::Late) => Seen::bad(Note::new("etcd-no-quorum")),
        Err(trouble) => Seen::bad(note(&trouble, access.address)),
    };
    if seen.ok {
        access.keep(client);
    }
    seen.reading("version", &status.version)
        .reading("member", status.member())
        .reading("leader", &status.leader)
        .reading("raftTerm", status.raft_term())
        .reading("raftIndex", &status.raft_index)
}

/// The members must be exactly the expected ones.
fn compare(expected: &[String], members: &[EtcdMember]) -> Seen {
    let missing: Vec<_> = expected.iter().filter(|e| !members.iter().any(|m| m.name == **e)).cloned().collect();
    let extra: Vec<_> = members
        .iter()
        .filter(|m| !expected.contains(&m.name))
        // One that never started has no name yet.
        .map(|m| if m.name.is_empty() { m.peer_urls.join(" ") } else { m.name.clone() })
        .collect();
    let list = |names: &[String]| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    let seen = if missing.is_empty() && extra.is_empty() {
        Seen::good()
    } else {
        Seen::bad(Note::new("etcd-members-differ").with("missing", list(&missing)).with("extra", list(&extra)))
    };
    let names: Vec<_> = members.iter().map(|m| m.name.as_str()).collect();
    seen.reading("members", names.join(" "))
}

fn note(trouble: &Trouble, address: SocketAddr) -> Note {
    match trouble {
        Trouble::File { .. } => Note::new("etcd-certificate").with("error", trouble),
        Trouble::Unsent(_) | Trouble::Late | Trouble::Silent(_) => {
            Note::new("etcd-silent").with("address", address).with("error", trouble)
        }
        Trouble::Refused { words, .. } => Note::new("etcd-refuses").with("address", address).with("error", words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(names: &[&str]) -> Vec<EtcdMember> {
        names
            .iter()
            .map(|n| EtcdMember {
                id: "1".into(),
                name: (*n).into(),
                peer_urls: vec!["https://10.0.0.9:2380".into()],
                client_urls: vec![],
            })
            .collect()
    }

    #[test]
    fn members_must_be_exactly_the_expected_ones() {
        let expected = ["a".to_owned(), "b".to_owned()];
        let note = |names: &[&str]| compare(&expected, &members(names)).note.map(|n| n.to_string()).unwrap_or_default();
        assert_eq!(note(&["b", "a"]), "");
        assert_eq!(note(&["a"]), "etcd-members-differ extra=- missing=b");
        assert_eq!(note(&["a", "b", ""]), "etcd-members-differ extra=https://10.0.0.9:2380 missing=-");
        assert_eq!(note(&["a", "c"]), "etcd-members-differ extra=c missing=b");
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_named() {
        let path = Path::new("/nonexistent/ca.crt");
        let access = Access { address: "127.0.0.1:1".parse().unwrap(), ca: path, certificate: path, key: path };
        let note = member(&access, &[]).note.unwrap();
        assert_eq!(note.code, "etcd-certificate");
        assert!(note.args["error"].starts_with("/nonexistent/ca.crt: "));
    }
}
