//! Asking this host's agent over its own socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use wire::replication::{AGENT_SOCKET, Ask, Status, Told};

/// For the agent to answer; it answers from memory.
const LIMIT: Duration = Duration::from_millis(900);

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the agent does not answer at {AGENT_SOCKET}: {0}")]
pub struct Silent(String);

/// Asks, and waits for the answer.
pub fn ask(ask: &Ask) -> Result<Told, Silent> {
    let answer = || -> std::io::Result<Told> {
        let mut stream = UnixStream::connect(AGENT_SOCKET)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        let mut line = serde_json::to_vec(ask)?;
        line.push(b'\n');
        stream.write_all(&line)?;
        let mut text = String::new();
        BufReader::new(stream).read_line(&mut text)?;
        Ok(serde_json::from_str(&text)?)
    };
    answer().map_err(|e| Silent(e.to_string()))
}

/// How the agent sees the database.
pub fn status() -> Result<Status, Silent> {
    match ask(&Ask::Status {})? {
        Told::Status(status) => Ok(*status),
        Told::Accepted => Err(Silent("it answered another question".to_owned())),
        Told::Refused(note) => Err(Silent(note.to_string())),
    }
}
