//! Ends connections of replicas that are gone without a word, as with a network that was cut.
//!
//! MariaDB (10.11.19, and its main branch of 2026) waits, as a replica comes back, for the thread that receives
//! acknowledgements to let go of the replica's last connection (`kill_zombie_dump_threads`, `Ack_receiver::remove_slave`);
//! that thread is woken by the end of that connection alone, and nobody can connect meanwhile. The kernel would send again what was not confirmed, ever more seldom, for a quarter of
//! an hour, before it gave such a connection up.

use std::time::Duration;

use crate::command;
use crate::error::Error;

/// A source says something twice a second, and the replica's kernel confirms it at once.
const SILENCE: Duration = Duration::from_millis(1500);
const LIMIT: Duration = Duration::from_secs(2);

/// Ends connections to this port that the other side has not confirmed anything on for a while; how many. A kernel without
/// `CONFIG_INET_DIAG_DESTROY` ends none.
pub fn end_stale(port: u16) -> Result<usize, Error> {
    let local = format!(":{port}");
    let established = ["state", "established", "sport", "=", &local];
    let listed = command::succeed("ss", &[&["-tinH"], &established[..]].concat(), LIMIT)?;
    let mut ended = 0;
    for peer in stale(&listed.stdout) {
        let told = command::succeed("ss", &[&["-KtnH"], &established[..], &["dst", peer]].concat(), LIMIT)?;
        // It tells of those that it could end.
        ended += told.stdout.lines().count();
    }
    Ok(ended)
}

/// The other ends of such connections, as `ss -tin` prints them: a line with the addresses, one with what TCP knows.
fn stale(listed: &str) -> Vec<&str> {
    let mut peer = None;
    let mut stale = Vec::new();
    for line in listed.lines() {
        if !line.starts_with(char::is_whitespace) {
            peer = line.split_whitespace().nth(3);
        } else if let (Some(peer), Some(ago)) = (peer.take(), confirmed(line))
            && ago > SILENCE
        {
            stale.push(peer);
        }
    }
    stale
}

/// How long ago the other side confirmed something.
fn confirmed(line: &str) -> Option<Duration> {
    let ago = line.split_whitespace().find_map(|field| field.strip_prefix("lastack:"))?;
    ago.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_without_a_sign_of_the_other_side_are_found() {
        let listed = "\
0      912            10.88.0.11:3307         10.88.0.12:45088 timer:(on,3.2sec,4)\n\
\t cubic wscale:10,10 rto:6528 backoff:5 rtt:0.1/0.05 cwnd:1 unacked:9 lastsnd:3310 lastrcv:9870 lastack:9870\n\
0      0              10.88.0.11:3307         10.88.0.13:51234\n\
\t cubic wscale:10,10 rto:204 rtt:0.059/0.029 cwnd:10 lastsnd:320 lastrcv:7777 lastack:320\n\
0      0              [fd00::b]:3307          [fd00::c]:40000\n\
\t cubic lastack:1501 minrtt:0.06\n";
        assert_eq!(stale(listed), ["10.88.0.12:45088", "[fd00::c]:40000"]);
        assert_eq!(stale(""), Vec::<&str>::new());
    }
}
