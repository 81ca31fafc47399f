//! etcd's answers. Whatever is zero or empty is left out of them, and 64-bit numbers are strings.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};
use wire::facts::EtcdMember;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Header {
    #[serde(default)]
    pub member_id: String,
    #[serde(default, deserialize_with = "number")]
    pub revision: u64,
    #[serde(default)]
    pub raft_term: String,
}

/// A member's own view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    #[serde(default)]
    header: Header,
    #[serde(default)]
    pub version: String,
    /// Empty or 0 without one.
    #[serde(default)]
    pub leader: String,
    #[serde(default)]
    pub raft_index: String,
}

impl Status {
    /// The member that answered.
    pub fn member(&self) -> &str {
        &self.header.member_id
    }

    /// Which election's leader it follows.
    pub fn raft_term(&self) -> &str {
        &self.header.raft_term
    }

    /// Whether it knows no leader.
    pub fn leaderless(&self) -> bool {
        matches!(self.leader.as_str(), "" | "0")
    }
}

/// One consistent read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// etcd's revision as of the read.
    pub revision: u64,
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Entry {
    #[serde(deserialize_with = "text")]
    pub key: String,
    #[serde(default, deserialize_with = "bytes")]
    pub value: Vec<u8>,
    #[serde(default, deserialize_with = "number")]
    pub create_revision: u64,
    #[serde(default, deserialize_with = "number")]
    pub mod_revision: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ranged {
    #[serde(default)]
    pub header: Header,
    #[serde(default)]
    pub kvs: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Swapped {
    #[serde(default)]
    pub header: Header,
    #[serde(default)]
    pub succeeded: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Granted {
    #[serde(rename = "ID", deserialize_with = "number")]
    pub id: u64,
}

/// The first object of the answer to a keep-alive, which is a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    #[serde(default)]
    pub result: Remaining,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Remaining {
    #[serde(rename = "TTL", default, deserialize_with = "number")]
    pub ttl: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Members {
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

impl From<Members> for Vec<EtcdMember> {
    fn from(members: Members) -> Self {
        let one = |m: Member| EtcdMember { id: m.id, name: m.name, peer_urls: m.peer_urls, client_urls: m.client_urls };
        members.members.into_iter().map(one).collect()
    }
}

/// A refusal, of a plain question or within a stream.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default, alias = "grpc_code")]
    pub code: u64,
    #[serde(default)]
    pub message: String,
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    parse(&String::deserialize(deserializer)?)
}

fn parse<T: FromStr<Err: Display>, E: de::Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(E::custom)
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::from_utf8(bytes(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_answers_are_understood() {
        let status: Status = serde_json::from_str(
            r#"{"header":{"cluster_id":"1","member_id":"2","revision":"3","raft_term":"4"},"version":"3.4.23","dbSize":"20480","leader":"2","raftIndex":"9","raftTerm":"4"}"#,
        )
        .unwrap();
        assert_eq!((status.leader.as_str(), status.raft_index.as_str(), status.raft_term()), ("2", "9", "4"));
        let list: Members =
            serde_json::from_str(r#"{"header":{},"members":[{"ID":"7","peerURLs":["https://10.0.0.1:2380"]}]}"#)
                .unwrap();
        assert_eq!(Vec::from(list)[0].name, "");
    }

    #[test]
    fn what_is_zero_is_left_out_of_an_answer() {
        let ranged: Ranged = serde_json::from_str(
            r#"{"header":{"revision":"12"},"kvs":[{"key":"Zm9v","create_revision":"3","mod_revision":"5","version":"2","value":"YmFy"},{"key":"Zm9w","create_revision":"4","mod_revision":"4"}],"count":"2"}"#,
        )
        .unwrap();
        assert_eq!(ranged.header.revision, 12);
        assert_eq!((ranged.kvs[0].key.as_str(), ranged.kvs[0].mod_revision), ("foo", 5));
        assert_eq!((ranged.kvs[0].value.as_slice(), ranged.kvs[1].value.as_slice()), (&b"bar"[..], &b""[..]));
        let none: Ranged = serde_json::from_str(r#"{"header":{"revision":"12"}}"#).unwrap();
        assert!(none.kvs.is_empty());
        let swapped: Swapped = serde_json::from_str(r#"{"header":{"revision":"12"},"responses":[]}"#).unwrap();
        assert!(!swapped.succeeded);
        let gone: Kept = serde_json::from_str(r#"{"result":{"header":{},"ID":"7587"}}"#).unwrap();
        assert_eq!(gone.result.ttl, 0);
    }
}
