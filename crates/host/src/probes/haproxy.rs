//! HAProxy's own view, over its local socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use wire::Note;

use super::{LIMIT, Seen};

/// An answer is a few kilobytes; more is not HAProxy's.
const LONGEST: usize = 4 << 20;

pub(super) fn alive(socket: &Path) -> Seen {
    match ask(socket, "show info") {
        Err(error) => silent(socket, &error),
        Ok(answer) => {
            let mut seen = Seen::good();
            for (name, reading) in [("Version", "version"), ("CurrConns", "connections")] {
                let value = answer.lines().filter_map(|l| l.split_once(": ")).find(|(key, _)| *key == name);
                if let Some((_, value)) = value {
                    seen = seen.reading(reading, value.trim());
                }
            }
            if seen.readings.is_empty() { silent(socket, &io::ErrorKind::InvalidData.into()) } else { seen }
        }
    }
}

/// Exactly one server of the backend takes connections.
pub(super) fn writer(socket: &Path, backend: &str) -> Seen {
    match ask(socket, "show stat") {
        Err(error) => silent(socket, &error),
        Ok(table) => judge(backend, &table),
    }
}

/// Some server of the backend takes connections, and not only the one that stands in for the others.
pub(super) fn reader(socket: &Path, backend: &str) -> Seen {
    match ask(socket, "show stat") {
        Err(error) => silent(socket, &error),
        Ok(table) => judge_reader(backend, &table),
    }
}

fn judge_reader(backend: &str, table: &str) -> Seen {
    let servers = servers(backend, table);
    let up = |backup: bool| servers.iter().filter(move |s| s.backup == backup && s.up()).map(|s| s.name);
    let seen = if servers.is_empty() {
        Seen::bad(Note::new("haproxy-no-backend").with("backend", backend))
    } else if up(false).next().is_some() {
        Seen::good()
    } else if up(true).next().is_some() {
        Seen { note: Some(Note::new("haproxy-no-replica")), ..Seen::good() }
    } else {
        Seen::bad(Note::new("haproxy-no-reader").with("backend", backend))
    };
    seen.reading("servers", states(&servers)).reading("replicas", up(false).collect::<Vec<_>>().join(" "))
}

fn judge(backend: &str, table: &str) -> Seen {
    let servers = servers(backend, table);
    let up: Vec<_> = servers.iter().filter(|s| s.up()).map(|s| s.name).collect();
    let seen = match up.as_slice() {
        [_] => Seen::good(),
        [] if servers.is_empty() => Seen::bad(Note::new("haproxy-no-backend").with("backend", backend)),
        [] => Seen::bad(Note::new("haproxy-no-writer").with("backend", backend)),
        several => Seen::bad(Note::new("haproxy-several-writers").with("servers", several.join(", "))),
    };
    seen.reading("servers", states(&servers)).reading("writer", up.join(" "))
}

/// A server of a backend, as HAProxy sees it.
struct Server<'t> {
    name: &'t str,
    state: &'t str,
    /// Whether it stands in for the others.
    backup: bool,
}

impl Server<'_> {
    fn up(&self) -> bool {
        self.state.starts_with("UP")
    }
}

fn states(servers: &[Server<'_>]) -> String {
    servers.iter().map(|s| format!("{}={}", s.name, s.state)).collect::<Vec<_>>().join(" ")
}

/// The servers of a backend, from the table of `show stat`, which names its own columns.
fn servers<'t>(backend: &str, table: &'t str) -> Vec<Server<'t>> {
    let mut lines = table.lines();
    let Some(header) = lines.find_map(|l| l.strip_prefix("# ")) else { return vec![] };
    let column = |name: &str| header.split(',').position(|c| c == name);
    let (Some(proxy), Some(server), Some(status)) = (column("pxname"), column("svname"), column("status")) else {
        return vec![];
    };
    lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|row| row.get(proxy) == Some(&backend))
        .filter_map(|row| {
            let backup = column("bck").and_then(|c| row.get(c)).is_some_and(|b| *b == "1");
            Some(Server { name: row.get(server)?, state: row.get(status)?, backup })
        })
        .filter(|s| !matches!(s.name, "FRONTEND" | "BACKEND"))
        .collect()
}

fn silent(socket: &Path, error: &io::Error) -> Seen {
    Seen::bad(Note::new("haproxy-silent").with("socket", socket.display()).with("error", error))
}

fn ask(socket: &Path, command: &str) -> io::Result<String> {
    let deadline = Instant::now() + LIMIT;
    let mut stream = connect(socket)?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(format!("{command}\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => return Ok(String::from_utf8_lossy(&answer).into_owned()),
            read if answer.len() + read > LONGEST => return Err(io::ErrorKind::FileTooLarge.into()),
            read => answer.extend_from_slice(&buffer[..read]),
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// Connects without waiting: a stopped HAProxy fills its queue, and the standard library's connect would then
/// wait for ever.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let descriptor = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&descriptor, &SocketAddrUnix::new(socket)?)?;
    let stream = UnixStream::from(descriptor);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "# pxname,svname,qcur,status,weight,\n";

    fn table(states: &[(&str, &str)]) -> String {
        let mut table = format!("{HEADER}database,FRONTEND,,OPEN,,\n");
        for (name, state) in states {
            table += &format!("database,{name},0,{state},1,\n");
        }
        table + "database,BACKEND,0,UP,1,\nother,x,0,UP,1,\n\n"
    }

    #[test]
    fn exactly_one_server_must_be_up() {
        let code = |states: &[(&str, &str)]| judge("database", &table(states)).note.map(|n| n.code);
        assert_eq!(code(&[("node1", "UP"), ("node2", "DOWN")]), None);
        assert_eq!(code(&[("node1", "UP 1/2"), ("node2", "DOWN 1/2")]), None);
        assert_eq!(code(&[("node1", "DOWN"), ("node2", "MAINT")]).as_deref(), Some("haproxy-no-writer"));
        assert_eq!(code(&[("node1", "UP"), ("node2", "UP")]).as_deref(), Some("haproxy-several-writers"));
        assert_eq!(code(&[]).as_deref(), Some("haproxy-no-backend"));
        assert_eq!(judge("database", "").note.unwrap().code, "haproxy-no-backend");
    }

    #[test]
    fn the_readings_name_the_writer() {
        let seen = judge("database", &table(&[("node1", "DOWN"), ("node2", "UP")]));
        assert_eq!(seen.readings["writer"], "node2");
        assert_eq!(seen.readings["servers"], "node1=DOWN node2=UP");
    }

    #[test]
    fn reads_go_to_replicas_or_else_to_the_primary() {
        let see = |replica: &str, primary: &str| {
            let seen = judge_reader(
                "reads",
                &format!(
                    "# pxname,svname,bck,status,\nreads,FRONTEND,,OPEN,\nreads,node1,0,{replica},\n\
                     reads,node1-primary,1,{primary},\nreads,BACKEND,0,UP,\n"
                ),
            );
            (seen.ok, seen.note.map(|n| n.code).unwrap_or_default(), seen.readings["replicas"].clone())
        };
        assert_eq!(see("UP", "DOWN"), (true, String::new(), "node1".to_owned()));
        assert_eq!(see("DOWN", "UP (via database/node1)"), (true, "haproxy-no-replica".to_owned(), String::new()));
        assert_eq!(see("DOWN", "DOWN"), (false, "haproxy-no-reader".to_owned(), String::new()));
        assert_eq!(judge_reader("reads", "").note.unwrap().code, "haproxy-no-backend");
    }

    #[test]
    fn a_stopped_haproxy_is_reported_and_never_waited_for() {
        let path = std::env::temp_dir().join(format!("quorate-haproxy-{}.sock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert_eq!(alive(&path).note.unwrap().code, "haproxy-silent");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let since = Instant::now();
        assert_eq!(alive(&path).note.unwrap().code, "haproxy-silent");
        assert!(since.elapsed() < Duration::from_millis(1400));
        // Fill the queue: from here a blocking connect would hang.
        let mut queued = Vec::new();
        while let Ok(stream) = connect(&path) {
            queued.push(stream);
        }
        let since = Instant::now();
        assert_eq!(alive(&path).note.unwrap().code, "haproxy-silent");
        assert!(since.elapsed() < Duration::from_millis(100));
        drop(listener);
        std::fs::remove_file(&path).unwrap();
    }
}
