//! What answers over HTTP: the gateway and the agent.

use std::net::SocketAddr;
use std::time::Duration;

use ureq::config::{Config, ConfigBuilder};
use ureq::http::Uri;
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use wire::Note;

use super::{LIMIT, Seen};

/// Nothing that a probe reads is longer.
const LONGEST: u64 = 64 * 1024;
/// For what goes out and for what comes in, on each connection: all of it is resident. The headers of an answer must fit.
const BUFFER: usize = 16 * 1024;

/// How to go to exactly the address that is given: no proxy of the environment, no redirects.
pub(crate) fn straight(limit: Duration) -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(limit))
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .user_agent("quorate")
}

/// A client that knows addresses only, and looks no name up.
pub(crate) fn client(config: Config) -> ureq::Agent {
    ureq::Agent::with_parts(config, DefaultConnector::default(), Literal)
}

/// Reads the address that stands in the place of a name. ureq's own resolver starts a thread for each question, also
/// where there is nothing to look up: fourteen a second on an idle host of a replicated database.
#[derive(Debug)]
struct Literal;

impl Resolver for Literal {
    fn resolve(&self, uri: &Uri, _config: &Config, _limit: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let address = uri.authority().and_then(|a| a.as_str().parse().ok()).ok_or(ureq::Error::HostNotFound)?;
        let mut found = self.empty();
        found.push(address);
        Ok(found)
    }
}

pub(super) fn answers(address: SocketAddr, path: &str, contains: &str) -> Seen {
    let url = format!("http://{address}{path}");
    match get(&url) {
        Err(error) => Seen::bad(Note::new("http-silent").with("url", url).with("error", error)),
        Ok((200, body)) if body.contains(contains) => Seen::good(),
        Ok((200, _)) => Seen::bad(Note::new("http-stranger").with("url", url).with("expected", contains)),
        Ok((status, _)) => Seen::bad(Note::new("http-status").with("url", url).with("status", status)),
    }
}

pub(super) fn agent(address: SocketAddr) -> Seen {
    match get(&format!("http://{address}/healthz")) {
        Err(error) => Seen::bad(Note::new("agent-silent").with("address", address).with("error", error)),
        Ok((200, body)) => {
            let answer: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let mut seen = Seen::good();
            for name in ["version", "host"] {
                if let Some(value) = answer.get(name).and_then(|v| v.as_str()) {
                    seen = seen.reading(name, value);
                }
            }
            seen
        }
        Ok((status, _)) => Seen::bad(Note::new("agent-status").with("address", address).with("status", status)),
    }
}

/// What an agent tells of its member, in Prometheus' text format.
pub(super) fn metrics(address: SocketAddr) -> Option<String> {
    match get(&format!("http://{address}/metrics")) {
        Ok((200, body)) => Some(body),
        _ => None,
    }
}

fn get(url: &str) -> Result<(u16, String), ureq::Error> {
    let mut response = client(straight(LIMIT).build()).get(url).call()?;
    let status = response.status().as_u16();
    Ok((status, response.body_mut().with_config().limit(LONGEST).read_to_string()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 1024];
                let _ = stream.read(&mut buffer);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    fn code(seen: &Seen) -> &str {
        seen.note.as_ref().map_or("", |n| n.code.as_str())
    }

    #[test]
    fn the_answer_must_be_200_and_name_who_answers() {
        let good = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\ndemo node1");
        assert_eq!(answers(good, "/healthz", "demo node1"), Seen::good());
        assert_eq!(code(&answers(good, "/healthz", "demo node2")), "http-stranger");
        let moved = server("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        assert_eq!(code(&answers(moved, "/healthz", "")), "http-status");
    }

    #[test]
    fn names_are_not_looked_up() {
        let sought = |uri: &str| Literal.resolve(&uri.parse().unwrap(), &Config::default(), NextTimeout::default());
        for (uri, address) in [("http://10.0.0.1:80/a", "10.0.0.1:80"), ("https://[fd00::1]:2379/v3", "[fd00::1]:2379")]
        {
            assert_eq!(sought(uri).unwrap()[..], [address.parse().unwrap()]);
        }
        assert!(matches!(sought("http://localhost:80/"), Err(ureq::Error::HostNotFound)));
    }

    #[test]
    fn a_closed_port_is_reported_at_once_and_a_silent_one_within_the_limit() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let since = std::time::Instant::now();
        assert_eq!(code(&answers(closed, "/", "")), "http-silent");
        assert!(since.elapsed() < Duration::from_millis(200));
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(code(&agent(mute.local_addr().unwrap())), "agent-silent");
        assert!(since.elapsed() < Duration::from_millis(1400));
    }
}
