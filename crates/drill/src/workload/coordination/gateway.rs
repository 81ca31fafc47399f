//! etcd's key-value calls over its JSON gateway (version 3 of the interface, as of etcd 3.4) with mutual TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::super::{Coordination, Error};
use crate::history::Value;

/// Keys asked for at once.
const PAGE: usize = 2000;
/// An answer with so many keys is far smaller.
const LONGEST: u64 = 4 << 20;

/// Why a call failed.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Trouble {
    /// It never reached a member.
    NotSent(String),
    /// It was sent, and may have been done.
    Unknown(String),
}

impl Trouble {
    pub fn words(self) -> String {
        match self {
            Self::NotSent(words) | Self::Unknown(words) => words,
        }
    }
}

/// A client that asks one member after the other: the next one after each failure, and never the same thing twice.
pub(in super::super) struct Gateway {
    agent: ureq::Agent,
    members: Vec<(String, SocketAddr)>,
    turn: usize,
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(default)]
    kvs: Vec<Key>,
}

#[derive(Debug, Deserialize)]
struct Key {
    key: String,
    /// How often it was put, as a number or as text.
    #[serde(default)]
    version: Json,
}

impl Gateway {
    pub fn new(target: &Coordination, members: &[(String, SocketAddr)], patience: Duration) -> Result<Self, Error> {
        let unusable = |e: ureq::Error| Error::Certificate(e.to_string());
        let key = PrivateKey::from_pem(target.key.expose().as_bytes()).map_err(unusable)?;
        // The only provider that this program is built with.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&certificates(&target.ca)?))
            .client_cert(Some(ClientCert::new_with_certs(&certificates(&target.certificate)?, key)))
            .build();
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(patience))
            .user_agent("quorate")
            .tls_config(tls)
            .build()
            .new_agent();
        Ok(Self { agent, members: members.to_vec(), turn: 0 })
    }

    /// The host of the member that is asked next.
    pub fn member(&self) -> Option<String> {
        self.members.get(self.turn).map(|(name, _)| name.clone())
    }

    pub fn members(&self) -> usize {
        self.members.len()
    }

    pub fn put(&mut self, prefix: &str, value: Value) -> Result<(), Trouble> {
        let body =
            json!({ "key": STANDARD.encode(key(prefix, value)), "value": STANDARD.encode(value.sequence.to_string()) });
        self.ask("put", &body).map(drop)
    }

    /// The highest value of a writer, by a linearizable read. `known`: one that was acknowledged; where it is, only those
    /// after it are read.
    pub fn highest(&mut self, prefix: &str, of: u16, known: Option<Value>) -> Result<Option<Value>, Trouble> {
        let (all, end) = (writer(prefix, of), after(&writer(prefix, of)));
        let last = |found: Vec<(Value, u64)>| found.last().map(|(value, _)| *value);
        if let Some(known) = known
            && let Some(highest) = last(self.values(prefix, key(prefix, known), &end)?)
        {
            return Ok(Some(highest));
        }
        self.values(prefix, all, &end).map(last)
    }

    /// All values under the prefix, each with how often it was put.
    pub fn all(&mut self, prefix: &str) -> Result<Vec<(Value, u64)>, Trouble> {
        self.values(prefix, prefix.to_owned(), &after(prefix))
    }

    /// Values in the order of their keys, which is etcd's own. No order is asked for: etcd would read everything up to
    /// the end each time, sort it, and only then look at the limit.
    fn values(&mut self, prefix: &str, mut from: String, end: &str) -> Result<Vec<(Value, u64)>, Trouble> {
        let mut values = Vec::new();
        loop {
            let body = json!({
                "key": STANDARD.encode(&from), "range_end": STANDARD.encode(end), "limit": PAGE, "keys_only": true,
            });
            let page = self.range(&body)?;
            for key in &page.kvs {
                values.push(parse(prefix, key)?);
            }
            match page.kvs.last() {
                // What follows the last key that was read.
                Some(last) if page.kvs.len() == PAGE => from = decode(&last.key)? + "\0",
                _ => return Ok(values),
            }
        }
    }

    /// The first keys under the prefix.
    pub fn some(&mut self, prefix: &str, most: usize) -> Result<Vec<String>, Trouble> {
        let body = json!({
            "key": STANDARD.encode(prefix), "range_end": STANDARD.encode(after(prefix)), "limit": most,
            "keys_only": true,
        });
        self.range(&body)?.kvs.iter().map(|k| decode(&k.key)).collect()
    }

    /// Deletes all keys under the prefix.
    pub fn delete(&mut self, prefix: &str) -> Result<(), Trouble> {
        let body = json!({ "key": STANDARD.encode(prefix), "range_end": STANDARD.encode(after(prefix)) });
        self.ask("deleterange", &body).map(drop)
    }

    fn range(&mut self, body: &Json) -> Result<Range, Trouble> {
        let answer = self.ask("range", body)?;
        serde_json::from_value(answer).map_err(|e| Trouble::Unknown(format!("an answer that cannot be read: {e}")))
    }

    fn ask(&mut self, call: &str, body: &Json) -> Result<Json, Trouble> {
        let Some((_, address)) = self.members.get(self.turn) else {
            return Err(Trouble::NotSent("there is no member to ask".to_owned()));
        };
        let answer = self.answer(&format!("https://{address}/v3/kv/{call}"), body);
        if answer.is_err() {
            self.turn = (self.turn + 1) % self.members.len();
        }
        answer
    }

    fn answer(&self, url: &str, body: &Json) -> Result<Json, Trouble> {
        let mut response = self.agent.post(url).send_json(body).map_err(|e| trouble(&e))?;
        let status = response.status();
        let answer: Result<Json, _> = response.body_mut().with_config().limit(LONGEST).read_json();
        if status.is_success() {
            return answer.map_err(|e| trouble(&e));
        }
        // What etcd refuses it may have begun with: a leader that is lost, a proposal that takes too long.
        let words = answer.ok().and_then(|a| a.get("error").and_then(Json::as_str).map(str::to_owned));
        Err(Trouble::Unknown(format!("{} {}", status.as_u16(), words.unwrap_or_default())))
    }
}

fn trouble(error: &ureq::Error) -> Trouble {
    let refused = |e: &std::io::Error| e.kind() == std::io::ErrorKind::ConnectionRefused;
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        | ureq::Error::ConnectionFailed
        | ureq::Error::HostNotFound => Trouble::NotSent(format!("no connection: {error}")),
        ureq::Error::Io(e) if refused(e) => Trouble::NotSent(format!("no connection: {error}")),
        ureq::Error::Timeout(_) => Trouble::Unknown("no answer in time".to_owned()),
        other => Trouble::Unknown(other.to_string()),
    }
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, Error> {
    let mut found = Vec::new();
    for item in parse_pem(pem.as_bytes()) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| Error::Certificate(e.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(Error::Certificate("there is none in the text".to_owned())) } else { Ok(found) }
}

fn key(prefix: &str, value: Value) -> String {
    format!("{}{:020}", writer(prefix, value.writer), value.sequence)
}

/// What all keys of a writer begin with.
fn writer(prefix: &str, writer: u16) -> String {
    format!("{prefix}{writer:05}/")
}

/// The first key after all that begin with this text, which ends with a slash.
fn after(prefix: &str) -> String {
    let mut end = prefix.trim_end_matches('/').to_owned();
    end.push('0');
    end
}

fn decode(key: &str) -> Result<String, Trouble> {
    let bytes = STANDARD.decode(key).ok();
    bytes
        .and_then(|b| String::from_utf8(b).ok())
        .ok_or_else(|| Trouble::Unknown("a key that cannot be read".to_owned()))
}

fn parse(prefix: &str, key: &Key) -> Result<(Value, u64), Trouble> {
    let name = decode(&key.key)?;
    let value = name
        .strip_prefix(prefix)
        .and_then(|n| n.split_once('/'))
        .and_then(|(writer, sequence)| Some(Value { writer: writer.parse().ok()?, sequence: sequence.parse().ok()? }));
    let version = key.version.as_u64().or_else(|| key.version.as_str()?.parse().ok());
    value.zip(version).ok_or_else(|| Trouble::Unknown(format!("a key that is not the drill's: {name:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_as_they_were_named() {
        let key = |name: &str, version| Key { key: STANDARD.encode(name), version };
        let value = Value { writer: 3, sequence: 42 };
        let name = super::key("q/d1/", value);
        assert_eq!(parse("q/d1/", &key(&name, json!("2"))), Ok((value, 2)));
        assert_eq!(parse("q/d1/", &key(&name, json!(1))), Ok((value, 1)));
        assert!(parse("q/d1/", &key("q/d1/other", json!(1))).is_err());
        // All keys of one writer, and of all writers, end before this.
        assert!(name < after(&writer("q/d1/", 3)) && writer("q/d1/", 4) >= after(&writer("q/d1/", 3)));
        assert!(name < after("q/d1/") && *"q/d10/" >= *after("q/d1/"));
    }

    #[test]
    fn what_never_left_is_told_from_what_may_have_arrived() {
        let refused = ureq::Error::Io(std::io::ErrorKind::ConnectionRefused.into());
        assert!(matches!(trouble(&refused), Trouble::NotSent(_)));
        assert!(matches!(trouble(&ureq::Error::Timeout(ureq::Timeout::Connect)), Trouble::NotSent(_)));
        assert!(matches!(trouble(&ureq::Error::Timeout(ureq::Timeout::Global)), Trouble::Unknown(_)));
        assert!(matches!(trouble(&ureq::Error::Io(std::io::ErrorKind::BrokenPipe.into())), Trouble::Unknown(_)));
    }
}
