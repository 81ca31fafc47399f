//! An S3-compatible store, by signed requests over HTTP (path style, Signature Version 4).
//!
//! Objects go up in parts and come down in ranges, so that no request lasts long and each can be tried again. Memory
//! holds one part at a time.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rusty_s3::actions::{
    CompleteMultipartUpload, CompleteMultipartUploadResponse, CreateMultipartUpload, ListObjectsV2,
};
use rusty_s3::{Bucket, S3Action, UrlStyle};
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use wire::Note;
use wire::backup::Credentials;

use super::Object;
use crate::command;
use crate::error::Error;

/// How long a signed request may be used; longer than any one takes.
const SIGNED_FOR: Duration = Duration::from_secs(900);
/// The first parts; later ones grow, for a store takes 10,000 of them: so 880 GB fit.
const PART: usize = 16 << 20;
/// After so many parts, parts are larger by another [`PART`].
const PARTS_OF_A_SIZE: usize = 1000;
const RANGE: u64 = 16 << 20;
/// How often a request is made before its failure counts, with growing pauses.
const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(120);
/// Answers that are not objects.
const LONGEST_ANSWER: u64 = 16 << 20;
/// Debian's authorities, those that an operator added included.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

pub struct Store {
    bucket: Bucket,
    credentials: rusty_s3::Credentials,
    /// With a slash at its end.
    prefix: String,
    agent: ureq::Agent,
}

impl Store {
    pub fn new(
        endpoint: &str,
        bucket: &str,
        prefix: String,
        region: &str,
        credentials: &Credentials,
    ) -> Result<Self, Error> {
        let (Some(access), Some(secret)) = (&credentials.access_key, &credentials.secret_key) else {
            return Err(Error::Noted(Note::new("backup-no-credentials")));
        };
        let bad = |e: &dyn fmt::Display| Error::Damaged(format!("{endpoint} is no place of an S3 store: {e}"));
        let url = endpoint.parse().map_err(|e| bad(&e))?;
        let bucket = Bucket::new(url, UrlStyle::Path, bucket.to_owned(), region.to_owned()).map_err(|e| bad(&e))?;
        Ok(Self {
            bucket,
            credentials: rusty_s3::Credentials::new(access.expose(), secret.expose()),
            prefix,
            agent: agent()?,
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut action = ListObjectsV2::new(&self.bucket, Some(&self.credentials));
            action.with_prefix(self.key(prefix));
            if let Some(token) = token.take() {
                action.with_continuation_token(token);
            }
            let url = action.sign(SIGNED_FOR);
            let body = self.answer(|| self.agent.get(url.as_str()).call())?;
            let page = ListObjectsV2::parse_response(&body)
                .map_err(|e| io::Error::other(format!("its listing cannot be read: {e}")))?;
            names.extend(page.contents.iter().filter_map(|o| o.key.strip_prefix(&self.prefix)).map(str::to_owned));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    pub fn read(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let mut reading =
            Reading { store: self, key: self.key(name), at: 0, range: io::Cursor::default(), ended: false };
        // So that what is not there is said now and not in the middle of something.
        reading.next()?;
        Ok(Box::new(reading))
    }

    pub fn write(&self, name: &str) -> io::Result<Box<dyn Object + '_>> {
        Ok(Box::new(Writing { store: self, key: self.key(name), buffer: Vec::new(), upload: None, tags: Vec::new() }))
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        let key = self.key(name);
        let url = self.bucket.delete_object(Some(&self.credentials), &key).sign(SIGNED_FOR);
        self.answer(|| self.agent.delete(url.as_str()).call()).map(|_| ())
    }

    /// The body of a request's answer.
    fn answer(&self, request: impl Fn() -> Result<Response, ureq::Error>) -> io::Result<String> {
        let mut response = attempt(request)?;
        response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string().map_err(plain)
    }

    fn put(&self, url: &str, bytes: &[u8]) -> io::Result<Response> {
        attempt(|| self.agent.put(url).send(bytes))
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket.base_url().as_str().trim_end_matches('/'), self.prefix.trim_end_matches('/'))
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// Makes a request until it gets an answer that another attempt would not change.
fn attempt(request: impl Fn() -> Result<Response, ureq::Error>) -> io::Result<Response> {
    let mut made = 0;
    loop {
        made += 1;
        let (error, again) = match request() {
            Ok(response) if response.status().is_success() => return Ok(response),
            Ok(response) => {
                let status = response.status();
                (refusal(response), status.is_server_error() || status.as_u16() == 429)
            }
            Err(error) => (plain(error), true),
        };
        if !again || made >= ATTEMPTS {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(500) * made);
    }
}

/// An error without the address that was asked: signatures stand in it.
fn plain(error: ureq::Error) -> io::Error {
    let stranger = |error: &rustls::Error| {
        io::Error::other(format!(
            "it cannot prove who it is: {error} (the authority of its certificate must be among this host's: put one of \
             your own into /usr/local/share/ca-certificates as a .crt file and run update-ca-certificates)"
        ))
    };
    match error {
        ureq::Error::Io(error) => match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            Some(error) => stranger(error),
            None => error,
        },
        ureq::Error::Timeout(_) => io::Error::new(io::ErrorKind::TimedOut, "no answer in time"),
        ureq::Error::HostNotFound => io::Error::other("its name is not known to this host's resolver"),
        ureq::Error::ConnectionFailed => io::Error::other("no connection"),
        ureq::Error::Rustls(error) => stranger(&error),
        other => io::Error::other(other.to_string().split("://").next().unwrap_or_default().to_owned()),
    }
}

/// What the store said: the code and the message of its answer, without resources and signatures.
fn refusal(mut response: Response) -> io::Error {
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string().unwrap_or_default();
    let part = |tag: &str| {
        let (_, rest) = body.split_once(&format!("<{tag}>"))?;
        rest.split_once("</").map(|(text, _)| text.to_owned())
    };
    let said = [part("Code"), part("Message")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let kind = if status == 404 { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
    io::Error::new(kind, format!("it answered {status} {said}").trim().to_owned())
}

fn agent() -> Result<ureq::Agent, Error> {
    let config = ureq::Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(ANSWER * 4))
        .timeout_recv_response(Some(ANSWER))
        .user_agent("quorate");
    let roots: Vec<Certificate<'static>> = std::fs::read(AUTHORITIES)
        .map(|pem| {
            let of = |item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            };
            parse_pem(&pem).filter_map(of).collect()
        })
        .unwrap_or_default();
    let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(RootCerts::new_with_certs(&roots)).build();
    Ok(ureq::Agent::with_parts(config.tls_config(tls).build(), DefaultConnector::default(), HostsResolver))
}

/// Looks names up as the host does. The C library's own look-up loads code at run time, which a static program should
/// not.
#[derive(Debug)]
struct HostsResolver;

impl Resolver for HostsResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let addresses: Vec<IpAddr> = match host.parse() {
            Ok(address) => vec![address],
            Err(_) => command::run("getent", &["ahosts", host], CONNECT)
                .map(|o| o.stdout.lines().filter_map(|l| l.split_whitespace().next()?.parse().ok()).collect())
                .unwrap_or_default(),
        };
        let mut found = self.empty();
        let mut seen = std::collections::BTreeSet::new();
        for address in addresses.into_iter().filter(|a| seen.insert(*a)).take(8) {
            found.push(SocketAddr::new(address, port));
        }
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

/// An object on its way down.
struct Reading<'a> {
    store: &'a Store,
    key: String,
    at: u64,
    range: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl Reading<'_> {
    /// Gets the next range; an empty one is the end.
    fn next(&mut self) -> io::Result<()> {
        let url = self.store.bucket.get_object(Some(&self.store.credentials), &self.key).sign(SIGNED_FOR);
        let range = format!("bytes={}-{}", self.at, self.at + RANGE - 1);
        let mut made = 0;
        let bytes = loop {
            made += 1;
            let outcome = attempt(|| self.store.agent.get(url.as_str()).header("range", &range).call());
            let mut response = match outcome {
                // Asked for what is behind the end.
                Err(e) if e.to_string().contains("416") => break Vec::new(),
                outcome => outcome?,
            };
            if self.at > 0 && response.status().as_u16() != 206 {
                return Err(io::Error::other("it does not hand out parts of objects"));
            }
            match response.body_mut().with_config().limit(u64::MAX).read_to_vec() {
                Ok(bytes) => break bytes,
                Err(e) if made >= ATTEMPTS => return Err(plain(e)),
                Err(_) => {}
            }
        };
        self.at += bytes.len() as u64;
        self.ended = (bytes.len() as u64) < RANGE;
        self.range = io::Cursor::new(bytes);
        Ok(())
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.range.read(out)?;
            if read > 0 || self.ended || out.is_empty() {
                return Ok(read);
            }
            self.next()?;
        }
    }
}

/// An object on its way up.
struct Writing<'a> {
    store: &'a Store,
    key: String,
    buffer: Vec<u8>,
    /// Once there is more than one part.
    upload: Option<String>,
    tags: Vec<String>,
}

impl Writing<'_> {
    fn part_size(&self) -> usize {
        PART * (1 + self.tags.len() / PARTS_OF_A_SIZE)
    }

    /// Sends what is gathered as the next part.
    fn send(&mut self) -> io::Result<()> {
        let (store, credentials) = (self.store, Some(&self.store.credentials));
        let upload = match &self.upload {
            Some(upload) => upload.clone(),
            None => {
                let url = CreateMultipartUpload::new(&store.bucket, credentials, &self.key).sign(SIGNED_FOR);
                let body = store.answer(|| store.agent.post(url.as_str()).send_empty())?;
                let answer = CreateMultipartUpload::parse_response(&body)
                    .map_err(|e| io::Error::other(format!("its answer cannot be read: {e}")))?;
                self.upload.insert(answer.upload_id().to_owned()).clone()
            }
        };
        let number = u16::try_from(self.tags.len() + 1).map_err(|_| io::Error::other("it is too large"))?;
        let url = store.bucket.upload_part(credentials, &self.key, number, &upload).sign(SIGNED_FOR);
        let response = store.put(url.as_str(), &self.buffer)?;
        let tag = response.headers().get("etag").and_then(|t| t.to_str().ok());
        self.tags.push(tag.ok_or_else(|| io::Error::other("it did not name the part that it got"))?.to_owned());
        self.buffer.clear();
        Ok(())
    }
}

impl Write for Writing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= self.part_size() {
            self.send()?;
        }
        let taken = bytes.len().min(self.part_size() - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Object for Writing<'_> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let (store, credentials) = (self.store, Some(&self.store.credentials));
        if self.upload.is_none() {
            let url = store.bucket.put_object(credentials, &self.key).sign(SIGNED_FOR);
            return store.put(url.as_str(), &self.buffer).map(|_| ());
        }
        if !self.buffer.is_empty() {
            self.send()?;
        }
        let upload = self.upload.clone().unwrap_or_default();
        let tags = self.tags.iter().map(String::as_str);
        let action = CompleteMultipartUpload::new(&store.bucket, credentials, &self.key, &upload, tags);
        let (url, body) = (action.sign(SIGNED_FOR), action.body());
        let answer = store.answer(|| store.agent.post(url.as_str()).send(body.as_str()))?;
        CompleteMultipartUploadResponse::parse(&answer)
            .map_err(|_| io::Error::other("it did not put the parts together"))?;
        self.upload = None;
        Ok(())
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            let credentials = Some(&self.store.credentials);
            let url = self.store.bucket.abort_multipart_upload(credentials, &self.key, upload).sign(SIGNED_FOR);
            let _ = self.store.agent.delete(url.as_str()).call();
        }
    }
}
