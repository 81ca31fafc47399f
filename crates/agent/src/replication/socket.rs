//! The agent's own socket on the host, for root: questions and orders, one JSON line there, one back.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use wire::Note;
use wire::replication::{AGENT_SOCKET, Ask, Told};

use super::{Inbox, Input};
use crate::{Error, worker};

/// For a line to come, and to go.
const LIMIT: Duration = Duration::from_secs(1);
/// For the protocol's answer.
const ANSWER: Duration = Duration::from_millis(700);
/// A question is some dozens of bytes.
const LONGEST: u64 = 4096;

/// Starts listening.
pub fn start(inbox: Inbox) -> Result<(), Error> {
    let listener = listen(Path::new(AGENT_SOCKET)).map_err(|source| Error::Start { what: AGENT_SOCKET, source })?;
    worker::start("socket", move || {
        for stream in listener.incoming() {
            match stream {
                // One after another: whoever asks is root, and gets its answer from memory.
                Ok(stream) => {
                    if let Err(error) = answer(stream, &inbox) {
                        tracing::debug!(%error, "a question on the agent's socket");
                    }
                }
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    })
}

fn listen(path: &Path) -> io::Result<UnixListener> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    // Bound under another name, so that nobody ever finds it open to all.
    let aside = path.with_extension("new");
    let _ = fs::remove_file(&aside);
    let listener = UnixListener::bind(&aside)?;
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o600))?;
    fs::rename(&aside, path)?;
    Ok(listener)
}

fn answer(stream: UnixStream, inbox: &Inbox) -> io::Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let mut line = String::new();
    BufReader::new((&stream).take(LONGEST)).read_line(&mut line)?;
    let told = match serde_json::from_str::<Ask>(&line) {
        Ok(ask) => {
            let (answer, told) = sync_channel(1);
            inbox.put(Input::Asked { ask, answer });
            told.recv_timeout(ANSWER).unwrap_or_else(|_| Told::Refused(Note::new("agent-starting")))
        }
        Err(error) => Told::Refused(Note::new("agent-question").with("error", error)),
    };
    let mut bytes = serde_json::to_vec(&told)?;
    bytes.push(b'\n');
    (&stream).write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_line_is_answered_by_a_line() {
        let path = std::env::temp_dir().join(format!("quorate-socket-{}", std::process::id()));
        let listener = listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (sender, inputs) = channel();
        std::thread::spawn(move || {
            while let Ok(Input::Asked { ask, answer }) = inputs.recv() {
                assert_eq!(ask, Ask::Switchover { to: None });
                answer.send(Told::Accepted).unwrap();
            }
        });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &Inbox(sender.clone())).unwrap();
            }
        });
        let ask = |line: &str| {
            let mut stream = UnixStream::connect(&path).unwrap();
            stream.write_all(line.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(ask("{\"switchover\":{\"to\":null}}\n"), "\"accepted\"\n");
        assert!(ask("{\"dance\":{}}\n").contains("agent-question"));
        fs::remove_file(&path).unwrap();
    }
}
