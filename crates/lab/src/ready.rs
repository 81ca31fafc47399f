//! Waiting until hosts answer on SSH.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::cgroup::Cgroup;
use crate::command::tail;
use crate::disk::Disk;
use crate::lab::Lab;
use crate::state::{HostState, Kind};
use crate::{Error, Result, faults, vm};

const STEP: Duration = Duration::from_millis(20);
/// How long a container may take to have its first process.
const LAUNCH: Duration = Duration::from_secs(5);

/// How far a host has come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Launching,
    Booting,
    Listening,
    Ready,
    Dead,
}

/// Waits until sshd of every one of these hosts answers with its banner. A host that is cut off cannot answer: for it,
/// listening is enough. A virtual machine may take longer, and shows itself on the network only: one that is cut off is
/// not waited for.
pub(crate) fn wait(lab: &Lab, hosts: &[HostState], deadline: Duration) -> Result<()> {
    let start = Instant::now();
    let cgroup = Cgroup::of_lab(&lab.names.bridge())?;
    let mut waiting: Vec<_> = hosts.iter().map(|h| (h, cgroup.host(h.index), Stage::Launching)).collect();
    while !waiting.is_empty() {
        for (host, cgroup, stage) in &mut waiting {
            let limit = if host.kind == Kind::Vm { deadline.max(vm::BOOT) } else { deadline };
            let reachable = !faults::isolated(host, &lab.state.cuts);
            *stage = observe(host, cgroup, reachable, *stage, start.elapsed());
            let why = match stage {
                Stage::Ready => continue,
                Stage::Dead => "it ended",
                _ if start.elapsed() < limit => continue,
                Stage::Launching => "its systemd did not start",
                Stage::Booting => "its sshd does not listen yet",
                Stage::Listening => "its sshd listens but sends no banner",
            };
            let console = Disk::of(&lab.dir, host.index).console;
            let said = fs::read_to_string(&console).unwrap_or_default();
            return Err(Error::NotReady {
                host: host.name.clone(),
                address: host.address,
                waited: start.elapsed(),
                why: why.to_owned(),
                said: tail(&said, 3),
                console,
            });
        }
        waiting.retain(|(.., stage)| *stage != Stage::Ready);
        if !waiting.is_empty() {
            thread::sleep(STEP);
        }
    }
    Ok(())
}

/// Looks from inside until sshd listens, and only then knocks: a first packet to an address that nobody has yet would
/// wait a whole second for its next try.
fn observe(host: &HostState, cgroup: &Cgroup, reachable: bool, before: Stage, elapsed: Duration) -> Stage {
    if !cgroup.populated() {
        return if before == Stage::Launching && elapsed < LAUNCH { Stage::Launching } else { Stage::Dead };
    }
    if host.kind == Kind::Vm {
        let ready = !reachable || banner(SocketAddr::from((host.address, 22)));
        return if ready { Stage::Ready } else { Stage::Booting };
    }
    match cgroup.leader() {
        Some(leader) if listens(leader, 22) => {}
        _ => return Stage::Booting,
    }
    if !reachable || banner(SocketAddr::from((host.address, 22))) { Stage::Ready } else { Stage::Listening }
}

/// Whether something listens on a TCP port in the network namespace of a process.
fn listens(pid: u32, port: u16) -> bool {
    let tables = ["tcp", "tcp6"].map(|t| fs::read_to_string(format!("/proc/{pid}/net/{t}")).unwrap_or_default());
    tables.iter().any(|t| has_listener(t, port))
}

/// Reads the kernel's table of sockets: local address and port in hexadecimal, state 0A is LISTEN.
fn has_listener(table: &str, port: u16) -> bool {
    let port = format!(":{port:04X}");
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some("0A")
    })
}

/// Whether an SSH server greets.
fn banner(address: SocketAddr) -> bool {
    let patience = Duration::from_secs(1);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, patience) else { return false };
    let mut start = [0; 4];
    stream.set_read_timeout(Some(patience)).is_ok() && stream.read_exact(&mut start).is_ok() && &start == b"SSH-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_told_from_a_connection() {
        let table = "\
  sl  local_address rem_address   st tx_queue
   0: 00000000:0016 00000000:0000 0A 00000000:00000000
   1: 0B00580A:1F90 0100580A:C35E 01 00000000:00000000";
        assert!(has_listener(table, 22));
        assert!(!has_listener(table, 8080));
        assert!(!has_listener(table, 2));
    }
}
