//! What the protocol knows, for others: the verdict, the metrics, the status.

use std::collections::BTreeMap;
use std::time::Duration;

use failover::{Node, Position, Server, Source, Standing, View};
use wire::replication as wire_db;
use wire::{Note, ProbeReport};

use crate::board::{Answer, Following};

/// A view that is older says nothing of now.
const VIEW: Duration = Duration::from_secs(3);
/// For so long a server must have followed before its lag counts. One that has just connected has not heard yet what it
/// misses and takes itself for caught up; one that cannot apply is started again each second, only to fail again.
const STEADY: Duration = Duration::from_secs(2);

/// For so long a server that goes on applying may be without its source and be taken for one that has followed all the
/// time: it connects anew when it is to acknowledge, or no more to.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known besides what the protocol keeps.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// When etcd was read last.
    pub viewed: Option<Duration>,
    /// How far the server is behind its source, by its own word.
    lag: Option<Duration>,
    /// When that was seen.
    seen: Duration,
    course: Option<Course>,
    /// How far the primary's log went when it was first heard of, which this server has not received yet.
    awaited: Option<(Position, Duration)>,
}

/// What every look has shown for a while.
#[derive(Clone, Debug)]
struct Course {
    source: String,
    since: Duration,
    /// Since when nothing is received.
    paused: Option<Duration>,
}

/// What one look shows of a server that should follow the present primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copying<'a> {
    From(&'a str),
    /// It applies, and receives nothing at this moment.
    Paused(&'a str),
    No,
}

impl Aside {
    /// What a look at this moment showed, and how far the server was behind.
    pub fn looked(&mut self, at: Duration, copying: Copying<'_>, lag: Option<Duration>) {
        self.seen = at;
        self.lag = lag;
        let (Copying::From(source) | Copying::Paused(source)) = copying else {
            self.course = None;
            return;
        };
        let course = self.course.take().filter(|course| course.source == source);
        let course = course.filter(|course| course.paused.is_none_or(|since| at.saturating_sub(since) <= PAUSE));
        self.course = match copying {
            Copying::From(_) => {
                let since = course.map_or(at, |course| course.since);
                Some(Course { source: source.to_owned(), since, paused: None })
            }
            _ => course.map(|course| Course { paused: course.paused.or(Some(at)), ..course }),
        };
    }

    /// The primary's log goes so far, by its own word, and this server has received so much of it; `None`: it does not
    /// follow.
    pub fn compare(&mut self, now: Duration, positions: Option<(&Position, Position)>) {
        self.awaited = positions.and_then(|(told, received)| {
            let awaited = self.awaited.take().filter(|(position, _)| !received.covers(position));
            awaited.or_else(|| (!received.covers(told)).then(|| (told.clone(), now)))
        });
    }

    /// How far the server is behind the primary, where that is known. By its own word it is not at all once it has applied
    /// what it received: one that can receive nothing more, as with a full disk, would never know.
    fn behind(&self) -> Option<Duration> {
        let awaited = self.awaited.as_ref().map_or(Duration::ZERO, |(_, since)| self.seen.saturating_sub(*since));
        self.lag.map(|lag| lag.max(awaited))
    }

    fn steady(&self) -> bool {
        self.course.as_ref().is_some_and(|course| self.seen.saturating_sub(course.since) >= STEADY)
    }
}

/// The verdict `database`: whether this host is the open primary.
pub fn answer(node: &Node, me: &str, aside: &Aside, now: Duration) -> Answer {
    let standing = node.standing();
    let leader = node.view().and_then(|v| v.leader.as_ref()).map(|l| l.host.as_str());
    let (ok, until, note) = match &standing {
        Standing::Primary { until, asynchronous } => {
            (now < *until, Some(*until), asynchronous.then(|| Note::new("replication-asynchronous")))
        }
        _ => (false, None, Some(why_not(node, leader, me))),
    };
    let report = ProbeReport {
        component: "replication".to_owned(),
        name: "server".to_owned(),
        ok: ok || follows(node),
        note: if ok || !follows(node) { note.clone() } else { None },
        readings: BTreeMap::new(),
        took_ms: 0,
    };
    Answer { ok, note, until, reports: vec![report], gauges: gauges(node, me, aside) }
}

fn why_not(node: &Node, leader: Option<&str>, me: &str) -> Note {
    match (node.sight().map(|s| &s.server), leader) {
        (_, Some(host)) if host != me => Note::new("agent-other-writes").with("host", host),
        (Some(Server::Silent), _) => Note::new("database-silent").with("error", "no answer in time"),
        _ => Note::new("agent-no-writer"),
    }
}

/// Whether the server follows the present primary, with both threads.
pub fn follows(node: &Node) -> bool {
    source(node).is_some_and(|s| s.io)
}

/// What the last look showed, and how far the server was behind by its own word; `None`: nothing, the server was silent.
pub fn copying(node: &Node, lag: Option<Duration>) -> Option<Copying<'_>> {
    if node.sight().is_some_and(|sight| sight.server == Server::Silent) {
        return None;
    }
    Some(match source(node) {
        Some(source) if source.io && lag.is_some() => Copying::From(&source.host),
        Some(source) => Copying::Paused(&source.host),
        None => Copying::No,
    })
}

/// The server's source, if it is the present primary and what comes from it is applied.
fn source(node: &Node) -> Option<&Source> {
    let (view, Server::Up(up)) = (node.view()?, &node.sight()?.server) else { return None };
    let owner = owner(view);
    up.source.as_ref().filter(|s| owner == Some(s.host.as_str()) && s.sql && !s.diverged)
}

/// Who leads and owns the record.
fn owner(view: &View) -> Option<&str> {
    let (leader, record) = (view.leader.as_ref()?, view.known()?);
    (leader.epoch == record.epoch).then_some(leader.host.as_str())
}

/// How far the primary's log goes, by its own word, where this host follows it, and how much of it is here.
pub fn compared(node: &Node) -> Option<(&Position, Position)> {
    let (view, Server::Up(up)) = (node.view()?, &node.sight()?.server) else { return None };
    let source = up.source.as_ref().filter(|_| follows(node))?;
    Some((&view.report(&source.host)?.applied, source.received.clone().or_further(&up.written)))
}

/// How far this host is behind the present primary; `None` when it does not follow it, or has not for long enough to know.
/// A server that is silent for a moment was so far behind when it last answered.
pub fn following(node: &Node, aside: &Aside) -> Option<Following> {
    let (course, owner) = (aside.course.as_ref()?, owner(node.view()?)?);
    let lag = aside.behind().filter(|_| aside.steady() && course.source == owner)?;
    Some(Following { lag, at: aside.seen })
}

fn gauges(node: &Node, me: &str, aside: &Aside) -> BTreeMap<&'static str, u64> {
    let mut gauges = BTreeMap::new();
    let primary = matches!(node.standing(), Standing::Primary { .. });
    gauges.insert("quorate_replication_primary", u64::from(primary));
    gauges.insert("quorate_replication_following", u64::from(follows(node)));
    if let Some(record) = node.view().and_then(View::known) {
        gauges.insert("quorate_replication_epoch", record.epoch);
        if record.primary.host == me {
            gauges.insert("quorate_replication_synchronous", record.sync.len() as u64);
        }
    }
    if let Some(lag) = aside.behind() {
        gauges.insert("quorate_replication_lag_milliseconds", u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
    }
    gauges
}

/// The status, as the helper and `quorate db` ask for it.
pub fn status(node: &Node, me: &str, aside: &Aside, now: Duration) -> wire_db::Status {
    let (standing, why, asynchronous) = match node.standing() {
        Standing::Starting => (wire_db::Standing::Starting, None, false),
        Standing::Following { waits } => (wire_db::Standing::Following, waits.map(str::to_owned), false),
        Standing::Promoting { waits } => (wire_db::Standing::Promoting, Some(waits.to_owned()), false),
        Standing::Primary { asynchronous, .. } => (wire_db::Standing::Primary, None, asynchronous),
        Standing::HandingOver { to } => (wire_db::Standing::HandingOver, Some(to), false),
        Standing::Fencing { why } => (wire_db::Standing::Fencing, Some(why.to_owned()), false),
    };
    let view = node.view();
    wire_db::Status {
        host: me.to_owned(),
        standing,
        why,
        asynchronous,
        coordinated: aside.viewed.is_some_and(|at| now.saturating_sub(at) <= VIEW),
        leader: view.and_then(|v| v.leader.as_ref()).map(|l| l.host.clone()),
        record: view.and_then(View::known).map(|r| wire_db::Kept {
            epoch: r.epoch,
            primary: r.primary.host.clone(),
            sync: r.sync.iter().map(|m| m.host.clone()).collect(),
        }),
        server: server(node, aside),
    }
}

fn server(node: &Node, aside: &Aside) -> wire_db::Server {
    let Some(Server::Up(up)) = node.sight().map(|s| &s.server) else { return wire_db::Server::default() };
    let source = up.source.as_ref();
    wire_db::Server {
        up: true,
        instance: up.instance.clone(),
        writable: up.writable,
        source: source.map(|s| s.host.clone()),
        io: source.is_some_and(|s| s.io),
        sql: source.is_some_and(|s| s.sql),
        position: up.written.to_string(),
        received: source.map(|s| s.received.to_string()).unwrap_or_default(),
        lag_ms: aside.behind().and_then(|lag| u64::try_from(lag.as_millis()).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady_at(aside: &mut Aside, ms: u64, copying: Copying<'_>) -> bool {
        aside.looked(Duration::from_millis(ms), copying, None);
        aside.steady()
    }

    #[test]
    fn who_begins_to_follow_is_not_near_before_that_has_lasted() {
        let mut aside = Aside::default();
        let mut look = |ms, copying| steady_at(&mut aside, ms, copying);
        let a = Copying::From("a");
        assert!(!look(0, a) && !look(1800, a));
        assert!(look(2000, a));
        // Every second it is started again, and fails again.
        let again: Vec<bool> = (11..30).map(|i| look(i * 200, if i % 5 == 0 { Copying::No } else { a })).collect();
        assert!(again[..4].iter().all(|steady| *steady));
        assert!(!again[4..].iter().any(|steady| *steady), "{again:?}");
    }

    #[test]
    fn who_connects_anew_at_once_has_followed_all_the_time() {
        let mut aside = Aside::default();
        let mut look = |ms, copying| steady_at(&mut aside, ms, copying);
        assert!(!look(0, Copying::Paused("a")) && !look(100, Copying::From("a")));
        assert!(look(2100, Copying::From("a")));
        assert!(look(2300, Copying::Paused("a")) && look(3200, Copying::Paused("a")) && look(3300, Copying::From("a")));
        // Not where that takes long, and not where it is another one's.
        assert!(look(3500, Copying::Paused("a")) && !look(4600, Copying::From("a")));
        assert!(look(6600, Copying::From("a")) && !look(6700, Copying::From("b")));
    }

    #[test]
    fn who_receives_nothing_more_falls_behind() {
        let position = |text: &str| text.parse::<Position>().unwrap();
        let mut aside = Aside::default();
        let mut look = |ms, told, received| {
            let now = Duration::from_millis(ms);
            aside.compare(now, Some((&position(told), position(received))));
            aside.looked(now, Copying::From("a"), Some(Duration::ZERO));
            aside.behind().unwrap().as_millis()
        };
        assert_eq!(look(0, "0-1-10", "0-1-10"), 0);
        assert_eq!(look(200, "0-1-12", "0-1-11"), 0);
        // It receives, if always a little late.
        assert_eq!(look(400, "0-1-14", "0-1-13"), 0);
        assert_eq!(look(600, "0-1-16", "0-1-13"), 200);
        assert_eq!(look(9400, "0-1-90", "0-1-13"), 9000);
        assert_eq!(look(9600, "0-1-92", "0-1-92"), 0);
    }
}
