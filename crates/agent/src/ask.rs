//! Asking this host's agent, for keepalived: once a second, so nothing but one short connection.
//!
//! When no agent answers, the verdict's own probes are run instead: an agent that is being restarted, or is dead on
//! all hosts, must not by itself take the virtual IPs away.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use wire::{AGENT_PORT, CONFIG_DIR, Note};

use crate::board::Verdict;
use crate::checks;
use crate::config::Config;

/// For the agent's answer; with the probes' own limit it stays below the two seconds that keepalived waits.
const LIMIT: Duration = Duration::from_millis(500);
/// A verdict is a few hundred bytes.
const LONGEST: u64 = 64 * 1024;

/// Prints the verdict as JSON; success means "yes".
pub fn ask(verdict: &str) -> ExitCode {
    let agent = SocketAddr::from((Ipv4Addr::LOCALHOST, AGENT_PORT));
    let (yes, words) = decide(agent, &Path::new(CONFIG_DIR).join(crate::CONFIG), verdict);
    // keepalived closes the other end of the pipe; that is no reason to fail.
    let _ = writeln!(io::stdout(), "{words}");
    if yes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn decide(agent: SocketAddr, config: &Path, verdict: &str) -> (bool, String) {
    match question(agent, verdict) {
        Ok((200, body)) => (true, body),
        Ok((503, body)) => (false, body),
        // Another status is not an agent's.
        Ok(_) | Err(_) => {
            let verdict = probe(config, verdict);
            let words = serde_json::to_string(&verdict).unwrap_or_default();
            (verdict.ok, words)
        }
    }
}

/// The agent's status code and body.
fn question(agent: SocketAddr, verdict: &str) -> io::Result<(u16, String)> {
    let deadline = Instant::now() + LIMIT;
    let mut stream = TcpStream::connect_timeout(&agent, LIMIT)?;
    stream.set_write_timeout(Some(LIMIT))?;
    let request = format!("GET /verdict/{verdict} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || answer.len() as u64 > LONGEST {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => break,
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let status = head.strip_prefix("HTTP/1.").and_then(|h| h.split(' ').nth(1)).and_then(|s| s.parse().ok());
    Ok((status.ok_or(io::ErrorKind::InvalidData)?, body.to_owned()))
}

/// The verdict without an agent. The database's cannot be had so: who writes is agreed on between agents.
fn probe(config: &Path, name: &str) -> Verdict {
    let no = |note: Note| Verdict { verdict: name.to_owned(), ok: false, note: Some(note), age_ms: 0 };
    let probes = match (Config::load(config), name) {
        (Ok(config), "gateway") => config.gateway,
        (Ok(config), "balancer") => config.balancer,
        (Ok(_), _) => return no(Note::new("agent-silent-here")),
        (Err(error), _) => return no(Note::new("agent-configuration").with("error", error)),
    };
    let answer = checks::judge(name, host::probes::run_all(&probes));
    Verdict { verdict: name.to_owned(), ok: answer.ok, note: answer.note, age_ms: 0 }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn agent(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    fn config(gateway: SocketAddr) -> tempfile::Config {
        tempfile::write(&format!(
            r#"{{"host":"node1","listen":"127.0.0.1:1","gateway":[{{"component":"gateway","name":"http","kind":
                {{"http":{{"address":"{gateway}","path":"/healthz","contains":"demo"}}}}}}]}}"#
        ))
    }

    /// A file that goes away with its test.
    mod tempfile {
        use std::path::PathBuf;

        pub struct Config(pub PathBuf);

        impl Drop for Config {
            fn drop(&mut self) {
                let _ = std::fs::remove_file(&self.0);
            }
        }

        pub fn write(text: &str) -> Config {
            let id = (std::process::id(), std::thread::current().id());
            let path = std::env::temp_dir().join(format!("quorate-agent-{id:?}.json"));
            std::fs::write(&path, text).unwrap();
            Config(path)
        }
    }

    const WELL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndemo";
    const ILL: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

    #[test]
    fn the_agents_word_counts_when_it_answers() {
        let config = config(agent(WELL));
        assert!(decide(agent(WELL), &config.0, "gateway").0);
        assert!(!decide(agent(ILL), &config.0, "gateway").0);
    }

    #[test]
    fn without_an_agent_the_probes_are_run() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (well, ill) = (config(agent(WELL)), agent(ILL));
        assert!(decide(closed, &well.0, "gateway").0);
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let since = Instant::now();
        assert!(decide(mute.local_addr().unwrap(), &well.0, "gateway").0);
        assert!(since.elapsed() < Duration::from_millis(900));
        drop(well);
        assert!(!decide(closed, &config(ill).0, "gateway").0);
        assert!(!decide(closed, Path::new("/nonexistent/agent.json"), "gateway").0);
    }

    #[test]
    fn a_database_without_an_agent_may_not_be_written() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (yes, words) = decide(closed, &config(closed).0, "database");
        assert!(!yes && words.contains("agent-silent-here"), "{words}");
    }
}
