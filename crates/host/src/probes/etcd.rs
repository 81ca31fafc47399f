//! The local etcd member, over its client port with the member's own certificate (etcd's JSON gateway, as of 3.4).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};
use wire::Note;
use wire::facts::EtcdMember;

use super::{LIMIT, Seen, http};

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

/// Why etcd did not answer as asked.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{}: {error}", path.display())]
    File { path: std::path::PathBuf, error: String },
    #[error("no answer in time")]
    Late,
    #[error("{0}")]
    Silent(String),
    #[error("{0}")]
    Refused(String),
}

#[derive(Debug, Default, Deserialize)]
struct Header {
    #[serde(default)]
    member_id: String,
    #[serde(default)]
    raft_term: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    header: Header,
    #[serde(default)]
    version: String,
    #[serde(default)]
    leader: String,
    #[serde(default)]
    raft_index: String,
}

#[derive(Debug, Deserialize)]
struct Members {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    #[serde(rename = "ID", default)]
    id: String,
    /// Missing for a member that never started.
    #[serde(default)]
    name: String,
    #[serde(rename = "peerURLs", default)]
    peer_urls: Vec<String>,
    #[serde(rename = "clientURLs", default)]
    client_urls: Vec<String>,
}

/// The members that the etcd at `address` knows, within 0.8 s; the error is words for the operator.
pub fn etcd_members(address: SocketAddr, ca: &Path, certificate: &Path, key: &Path) -> Result<Vec<EtcdMember>, String> {
    let deadline = Instant::now() + LOOK;
    Client::new(&Access { address, ca, certificate, key })
        .and_then(|client| client.members(deadline))
        .map_err(|trouble| format!("etcd at {address}: {trouble}"))
}

pub(super) fn member(access: &Access<'_>, expected: &[String]) -> Seen {
    let deadline = Instant::now() + LIMIT;
    let client = match Client::new(access) {
        Ok(client) => client,
        Err(trouble) => return Seen::bad(trouble.note(access.address)),
    };
    // The member's own view comes first: it is answered without a quorum and says why the read may fail.
    let status = match client.status(deadline) {
        Ok(status) => status,
        Err(trouble) => return Seen::bad(trouble.note(access.address)),
    };
    let leaderless = matches!(status.leader.as_str(), "" | "0");
    let seen = match client.read(deadline) {
        Ok(()) => match client.members(deadline) {
            Ok(members) => compare(expected, &members),
            Err(trouble) => Seen::bad(trouble.note(access.address)),
        },
        Err(_) if leaderless => Seen::bad(Note::new("etcd-no-leader")),
        Err(Trouble::Late) => Seen::bad(Note::new("etcd-no-quorum")),
        Err(trouble) => Seen::bad(trouble.note(access.address)),
    };
    seen.reading("version", status.version)
        .reading("member", status.header.member_id)
        .reading("leader", status.leader)
        .reading("raftTerm", status.header.raft_term)
        .reading("raftIndex", status.raft_index)
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

impl Trouble {
    fn note(&self, address: SocketAddr) -> Note {
        match self {
            Self::File { .. } => Note::new("etcd-certificate").with("error", self),
            Self::Late | Self::Silent(_) => Note::new("etcd-silent").with("address", address).with("error", self),
            Self::Refused(error) => Note::new("etcd-refuses").with("address", address).with("error", error),
        }
    }
}

impl From<ureq::Error> for Trouble {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Late,
            other => Self::Silent(other.to_string()),
        }
    }
}

/// One connection, used for all questions.
struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    fn new(access: &Access<'_>) -> Result<Self, Trouble> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&certificates(access.ca)?))
            .client_cert(Some(ClientCert::new_with_certs(&certificates(access.certificate)?, private_key(access.key)?)))
            .build();
        let agent = http::client(LIMIT).tls_config(tls).build().new_agent();
        Ok(Self { agent, base: format!("https://{}", access.address) })
    }

    fn status(&self, deadline: Instant) -> Result<Status, Trouble> {
        self.ask("/v3/maintenance/status", &json!({}), deadline)
    }

    /// A linearizable read, which etcd answers only after a quorum confirmed its leader.
    fn read(&self, deadline: Instant) -> Result<(), Trouble> {
        self.ask::<Value>("/v3/kv/range", &json!({ "key": STANDARD.encode(KEY) }), deadline).map(drop)
    }

    fn members(&self, deadline: Instant) -> Result<Vec<EtcdMember>, Trouble> {
        let Members { members } = self.ask("/v3/cluster/member/list", &json!({}), deadline)?;
        Ok(members
            .into_iter()
            .map(|m| EtcdMember { id: m.id, name: m.name, peer_urls: m.peer_urls, client_urls: m.client_urls })
            .collect())
    }

    fn ask<A: for<'de> Deserialize<'de>>(&self, path: &str, body: &Value, deadline: Instant) -> Result<A, Trouble> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let request = self.agent.post(format!("{}{path}", self.base)).config().timeout_global(Some(left)).build();
        let mut response = request.send_json(body)?;
        let status = response.status();
        let answer: Value = response.body_mut().read_json()?;
        if status.is_success() {
            serde_json::from_value(answer).map_err(|e| Trouble::Refused(e.to_string()))
        } else {
            let words = answer.get("error").and_then(Value::as_str).unwrap_or("without words");
            Err(Trouble::Refused(format!("{} {words}", status.as_u16())))
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Trouble> {
    let failed = |error: String| Trouble::File { path: path.to_owned(), error };
    let pem = fs::read(path).map_err(|e| failed(e.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| failed(e.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(failed("holds no certificate".to_owned())) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKey<'static>, Trouble> {
    let failed = |error: String| Trouble::File { path: path.to_owned(), error };
    let pem = fs::read(path).map_err(|e| failed(e.to_string()))?;
    PrivateKey::from_pem(&pem).map_err(|e| failed(e.to_string()))
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
    fn the_gateways_answers_are_understood() {
        let status: Status = serde_json::from_str(
            r#"{"header":{"cluster_id":"1","member_id":"2","revision":"3","raft_term":"4"},"version":"3.4.23","dbSize":"20480","leader":"2","raftIndex":"9","raftTerm":"4"}"#,
        )
        .unwrap();
        assert_eq!(
            (status.leader.as_str(), status.raft_index.as_str(), status.header.raft_term.as_str()),
            ("2", "9", "4")
        );
        let list: Members =
            serde_json::from_str(r#"{"header":{},"members":[{"ID":"7","peerURLs":["https://10.0.0.1:2380"]}]}"#)
                .unwrap();
        assert_eq!(list.members[0].name, "");
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
