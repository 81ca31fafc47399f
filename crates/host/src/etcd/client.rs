//! Questions to etcd.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::config::AutoHeaderValue;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};
use wire::facts::EtcdMember;

use super::answer::{Granted, Kept, Members, Range, Ranged, Refusal, Status, Swapped};
use super::trouble::Trouble;
use super::txn::{Change, Swap, Txn, b64};
use crate::probes::http;

/// How long one of several endpoints may take to be connected to, and leave a question open that may be asked again
/// elsewhere.
const ATTEMPT: Duration = Duration::from_millis(500);
/// Nothing that is kept for the cluster is longer.
const LONGEST: u64 = 8 << 20;

/// How etcd is reached, and with which certificate. Daemons are told it in this form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub endpoints: Vec<SocketAddr>,
    pub ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Open connections to etcd, used one question after another. Every question has a deadline.
pub struct Client {
    agent: ureq::Agent,
    endpoints: Vec<SocketAddr>,
    good: Answering,
}

/// The place of the endpoint that answered last. Clients of the same endpoints that share it need not find out one after
/// another that one is lost.
#[derive(Clone, Debug, Default)]
pub struct Answering(Arc<AtomicUsize>);

/// Whether a question may be asked again when nobody knows whether it was carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Harmless,
    Never,
}

impl Client {
    /// Reads the certificates; connects when there is something to ask.
    pub fn new(access: &Access) -> Result<Self, Trouble> {
        Self::beside(access, &Answering::default())
    }

    /// The same, beside other clients of the same endpoints.
    pub fn beside(access: &Access, good: &Answering) -> Result<Self, Trouble> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates(&access.certificate)?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&certificates(&access.ca)?))
            .client_cert(Some(ClientCert::new_with_certs(&chain, private_key(&access.key)?)))
            .build();
        // By a header "Accept" etcd knows that a question came through its gateway, and logs a warning for each one.
        let agent = http::client(http::straight(ATTEMPT).tls_config(tls).accept(AutoHeaderValue::None).build());
        Ok(Self { agent, endpoints: access.endpoints.clone(), good: good.clone() })
    }

    /// The answering member's own view, which needs no quorum.
    pub fn status(&self, deadline: Instant) -> Result<Status, Trouble> {
        self.ask("/v3/maintenance/status", &json!({}), Again::Harmless, deadline)
    }

    /// Has the member that is asked, which must be etcd's leader, hand its lead to another one; it has when this returns.
    pub fn hand_on(&self, to: &str, deadline: Instant) -> Result<(), Trouble> {
        let body = json!({ "targetID": to });
        self.ask::<Value>("/v3/maintenance/transfer-leadership", &body, Again::Never, deadline).map(drop)
    }

    /// The members.
    pub fn members(&self, deadline: Instant) -> Result<Vec<EtcdMember>, Trouble> {
        self.ask::<Members>("/v3/cluster/member/list", &json!({}), Again::Harmless, deadline).map(Into::into)
    }

    /// All keys that begin with `prefix`, as of one revision; answered only after a quorum confirmed etcd's leader.
    pub fn range(&self, prefix: &str, deadline: Instant) -> Result<Range, Trouble> {
        let body = json!({ "key": b64(prefix), "rangeEnd": b64(after(prefix)) });
        let Ranged { header, kvs } = self.ask("/v3/kv/range", &body, Again::Harmless, deadline)?;
        Ok(Range { revision: header.revision, entries: kvs })
    }

    /// Carries out a transaction. When the error is not [`Trouble::untouched`], it may have been, or may yet be, done.
    pub fn txn(&self, txn: &Txn, deadline: Instant) -> Result<Swap, Trouble> {
        let Swapped { header, succeeded } = self.ask("/v3/kv/txn", &txn.body(), Again::Never, deadline)?;
        Ok(if succeeded { Swap::Done(header.revision) } else { Swap::Changed })
    }

    /// Puts a value, whatever was there; the revision.
    pub fn put(&self, key: &str, value: &[u8], deadline: Instant) -> Result<u64, Trouble> {
        self.always(Change::Put { key: key.to_owned(), value: value.to_owned(), lease: None }, deadline)
    }

    /// Deletes a key; the revision.
    pub fn delete(&self, key: &str, deadline: Instant) -> Result<u64, Trouble> {
        self.always(Change::Delete { key: key.to_owned() }, deadline)
    }

    fn always(&self, change: Change, deadline: Instant) -> Result<u64, Trouble> {
        match self.txn(&Txn { compares: vec![], changes: vec![change] }, deadline)? {
            Swap::Done(revision) => Ok(revision),
            Swap::Changed => Err(Trouble::Silent("etcd refused what it was asked to do in any case".to_owned())),
        }
    }

    /// A new lease of so many seconds; its number. One that was granted without the answer arriving ends by itself.
    pub fn grant(&self, seconds: u64, deadline: Instant) -> Result<u64, Trouble> {
        let body = json!({ "TTL": seconds.to_string() });
        self.ask::<Granted>("/v3/lease/grant", &body, Again::Harmless, deadline).map(|granted| granted.id)
    }

    /// Prolongs a lease to its full time; `false` when there is no such lease any more.
    pub fn keep(&self, lease: u64, deadline: Instant) -> Result<bool, Trouble> {
        let body = json!({ "ID": lease.to_string() });
        self.ask::<Kept>("/v3/lease/keepalive", &body, Again::Harmless, deadline).map(|kept| kept.result.ttl > 0)
    }

    /// Ends a lease, and with it the keys that hang on it. One that has ended already is no error.
    pub fn revoke(&self, lease: u64, deadline: Instant) -> Result<(), Trouble> {
        let body = json!({ "ID": lease.to_string() });
        match self.ask::<Value>("/v3/lease/revoke", &body, Again::Harmless, deadline) {
            Err(trouble) if trouble.missing() => Ok(()),
            other => other.map(drop),
        }
    }

    fn ask<A: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        body: &Value,
        again: Again,
        deadline: Instant,
    ) -> Result<A, Trouble> {
        let first = self.good.0.load(Ordering::Relaxed);
        let count = self.endpoints.len();
        let mut last = Trouble::Unsent("no endpoint is known".to_owned());
        for place in (0..count).map(|turn| (first + turn) % count) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            // Where there is nowhere else to ask, there is nothing to save time for.
            let connect = if count > 1 { left.min(ATTEMPT) } else { left };
            let limit = if again == Again::Harmless { connect } else { left };
            match self.attempt(place, path, body, (connect, limit)) {
                Ok(answer) => {
                    self.good.0.store(place, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(trouble) => {
                    let on = if again == Again::Harmless {
                        trouble.elsewhere()
                    } else {
                        matches!(trouble, Trouble::Unsent(_))
                    };
                    // Whatever comes of this question, the next one begins with another endpoint.
                    if trouble.elsewhere() {
                        self.good.0.store((place + 1) % count, Ordering::Relaxed);
                    }
                    last = trouble;
                    if !on {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    fn attempt<A: for<'de> Deserialize<'de>>(
        &self,
        place: usize,
        path: &str,
        body: &Value,
        (connect, limit): (Duration, Duration),
    ) -> Result<A, Trouble> {
        let Some(endpoint) = self.endpoints.get(place) else {
            return Err(Trouble::Unsent("no endpoint is known".to_owned()));
        };
        let request = self
            .agent
            .post(format!("https://{endpoint}{path}"))
            .config()
            .timeout_global(Some(limit))
            .timeout_connect(Some(connect))
            .build();
        let mut response = request.send_json(body)?;
        let well = response.status().is_success();
        let text = response.body_mut().with_config().limit(LONGEST).read_to_string()?;
        understand(well, &text)
    }
}

/// The first object of an answer: keep-alives are answered by a stream.
fn understand<A: for<'de> Deserialize<'de>>(well: bool, text: &str) -> Result<A, Trouble> {
    let damaged = |e: serde_json::Error| Trouble::Silent(format!("etcd's answer is not understood: {e}"));
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let answer = first.unwrap_or(Ok(Value::Null)).map_err(damaged)?;
    match (well, answer.get("error")) {
        (true, None) => serde_json::from_value(answer).map_err(damaged),
        // In a stream the refusal is an object under `error`, otherwise `error` is the words again.
        (_, Some(error)) if error.is_object() => Err(refusal(error)),
        _ => Err(refusal(&answer)),
    }
}

fn refusal(answer: &Value) -> Trouble {
    let Refusal { code, message } = serde_json::from_value(answer.clone()).unwrap_or_default();
    let words = if message.is_empty() { "etcd refused without words".to_owned() } else { message };
    Trouble::Refused { code, words }
}

/// The first key after all that begin with `prefix`.
fn after(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // etcd's word for "to the end".
    vec![0]
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

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(after("quorate/database/"), b"quorate/database0");
        assert_eq!(after(""), [0]);
    }

    #[test]
    fn the_first_object_of_a_stream_is_the_answer() {
        let kept: Kept = understand(true, "{\"result\":{\"ID\":\"7\",\"TTL\":\"5\"}}\n{\"result\":{}}\n").unwrap();
        assert_eq!(kept.result.ttl, 5);
        let refused = understand::<Kept>(true, r#"{"error":{"grpc_code":14,"http_code":503,"message":"no leader"}}"#);
        assert_eq!(refused.unwrap_err(), Trouble::Refused { code: 14, words: "no leader".into() });
        let plain = r#"{"error":"etcdserver: requested lease not found","code":5,"message":"etcdserver: requested lease not found"}"#;
        assert!(understand::<Value>(false, plain).unwrap_err().missing());
        assert!(!understand::<Value>(false, "<html>").unwrap_err().untouched());
        assert!(!understand::<Value>(false, "").unwrap_err().untouched());
    }

    #[test]
    fn an_endpoint_that_is_closed_costs_nothing_and_changes_nothing() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = Client {
            agent: http::client(http::straight(ATTEMPT).build()),
            endpoints: vec![closed, closed],
            good: Answering::default(),
        };
        let since = Instant::now();
        assert!(client.put("a", b"b", since + Duration::from_secs(2)).unwrap_err().untouched());
        assert!(since.elapsed() < Duration::from_millis(300));
    }
}
