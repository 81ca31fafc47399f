//! The local member of a replicated database, as its agent sees it, which is the only one that knows who the primary is.

use wire::Note;
use wire::replication::{Standing, Status};

use super::Seen;
use crate::agent;

/// From here on a replica could not soon take the primary's place, in milliseconds: a promotion takes as long as the rest
/// takes to receive and apply.
const LAG_MS: u64 = 5_000;

pub(super) fn member() -> Seen {
    match agent::status() {
        Ok(status) => judge(&status),
        Err(silent) => Seen::bad(Note::new("replication-agent-silent").with("error", silent)),
    }
}

/// A member works when it is the primary and takes writes, or when it follows the present primary and could, itself or by
/// way of another, take its place.
fn judge(status: &Status) -> Seen {
    let server = &status.server;
    let why = || status.why.clone().unwrap_or_default();
    let bad = |code: &str| Some((false, Note::new(code)));
    let verdict = match status.standing {
        Standing::Primary if !server.writable => bad("replication-primary-shut"),
        Standing::Primary if status.asynchronous => Some((true, Note::new("replication-asynchronous"))),
        Standing::Primary if !status.coordinated => Some((true, Note::new("replication-no-etcd"))),
        Standing::Primary => None,
        Standing::Starting => bad("replication-no-etcd"),
        Standing::Promoting | Standing::HandingOver => {
            Some((false, Note::new("replication-changes").with("why", why())))
        }
        Standing::Fencing => Some((false, Note::new("replication-fenced").with("why", why()))),
        Standing::Following => follower(status),
    };
    let mut seen = match verdict {
        None => Seen::good(),
        Some((ok, note)) => Seen { ok, note: Some(note), ..Seen::default() },
    };
    let role = match status.standing {
        Standing::Primary => "primary",
        Standing::Following => "replica",
        _ => "none",
    };
    let record = status.record.as_ref();
    let synchronous = record.is_some_and(|r| r.sync.contains(&status.host));
    for (name, value) in [
        ("role", Some(role.to_owned())),
        ("leader", status.leader.clone()),
        ("epoch", record.map(|r| r.epoch.to_string())),
        ("synchronous", Some(if synchronous { "yes" } else { "no" }.to_owned())),
        ("syncSet", record.map(|r| r.sync.join(","))),
        ("source", server.source.clone()),
        ("position", Some(server.position.clone())),
        ("received", Some(server.received.clone())),
        ("lagMs", server.lag_ms.map(|l| l.to_string())),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            seen.readings.insert(name.to_owned(), value);
        }
    }
    seen
}

fn follower(status: &Status) -> Option<(bool, Note)> {
    let server = &status.server;
    let bad = |note: Note| Some((false, note));
    let Some(record) = &status.record else { return bad(Note::new("replication-not-founded")) };
    let Some(leader) = &status.leader else {
        return bad(Note::new("replication-no-primary").with("last", &record.primary));
    };
    if !server.up {
        let why = status.why.clone().unwrap_or_default();
        return bad(Note::new("replication-server-down").with("why", why));
    }
    match &server.source {
        Some(source) if source == leader => {}
        Some(source) => {
            return bad(Note::new("replication-wrong-source").with("source", source).with("leader", leader));
        }
        None => return bad(Note::new("replication-not-following").with("leader", leader)),
    }
    if !server.io {
        return bad(Note::new("replication-not-receiving").with("leader", leader));
    }
    if !server.sql {
        return bad(Note::new("replication-not-applying").with("leader", leader));
    }
    if record.sync.is_empty() {
        // Nobody but the primary may be the primary: this host adds nothing yet.
        return bad(Note::new("replication-not-synchronous"));
    }
    let lag = server.lag_ms.filter(|l| *l > LAG_MS)?;
    bad(Note::new("replication-lags").with("lag", lag))
}

#[cfg(test)]
mod tests {
    use wire::replication::{Kept, Server};

    use super::*;

    fn replica() -> Status {
        let server = Server {
            up: true,
            source: Some("node1".to_owned()),
            io: true,
            sql: true,
            position: "0-1-9".to_owned(),
            ..Server::default()
        };
        let record = Kept { epoch: 7, primary: "node1".to_owned(), sync: vec!["node2".to_owned()] };
        Status {
            host: "node2".to_owned(),
            standing: Standing::Following,
            coordinated: true,
            leader: Some("node1".to_owned()),
            record: Some(record),
            server,
            ..Status::default()
        }
    }

    fn judged(change: impl FnOnce(&mut Status)) -> String {
        let mut status = replica();
        change(&mut status);
        let seen = judge(&status);
        format!("{} {}", seen.ok, seen.note.map(|n| n.code).unwrap_or_default()).trim().to_owned()
    }

    fn primary(status: &mut Status) {
        status.standing = Standing::Primary;
        status.host = "node1".to_owned();
        status.server = Server { up: true, writable: true, ..Server::default() };
    }

    #[test]
    fn a_member_works_as_the_primary_or_behind_the_present_one() {
        assert_eq!(judged(|_| {}), "true");
        assert_eq!(judged(primary), "true");
        let asynchronous = |s: &mut Status| {
            primary(s);
            s.asynchronous = true;
        };
        assert_eq!(judged(asynchronous), "true replication-asynchronous");
        assert_eq!(judged(|s| s.server.lag_ms = Some(60_000)), "false replication-lags");
        assert_eq!(judge(&replica()).readings["synchronous"], "yes");
    }

    #[test]
    fn everything_else_is_said() {
        assert_eq!(judged(|s| s.leader = None), "false replication-no-primary");
        assert_eq!(judged(|s| s.record = None), "false replication-not-founded");
        assert_eq!(judged(|s| s.server.up = false), "false replication-server-down");
        assert_eq!(judged(|s| s.server.source = None), "false replication-not-following");
        assert_eq!(judged(|s| s.leader = Some("node3".to_owned())), "false replication-wrong-source");
        assert_eq!(judged(|s| s.server.io = false), "false replication-not-receiving");
        assert_eq!(judged(|s| s.server.sql = false), "false replication-not-applying");
        assert_eq!(judged(|s| s.record.as_mut().unwrap().sync.clear()), "false replication-not-synchronous");
        assert_eq!(judged(|s| s.standing = Standing::Fencing), "false replication-fenced");
        assert_eq!(judged(|s| s.standing = Standing::Starting), "false replication-no-etcd");
        let shut = |s: &mut Status| {
            primary(s);
            s.server.writable = false;
        };
        assert_eq!(judged(shut), "false replication-primary-shut");
    }
}
