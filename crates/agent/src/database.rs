//! The local database's verdict, several times a second over connections that stay open.
//!
//! One thread looks and decides; in a group another one carries out the writes that the [`election`](crate::election)
//! wants. A write that waits for the group, as all do while it settles on a new view, so never keeps the first from
//! seeing that the quorum is lost; and a server that hangs costs the first its short limit and the verdict its "yes".

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use host::probes::galera::{Standing, Status};
use host::probes::writer::{self, Writer};
use host::probes::{Seen, Session, Trouble};
use wire::{Note, Probe, ProbeKind, ProbeReport};

use crate::board::{Answer, Board};
use crate::config::{Candidate, Config};
use crate::election::{Action, Decision, Election, Fitness, Outcome, Reason, Row, Sight, View};
use crate::{Error, checks, clock, replication, worker};

const NAME: &str = "database";
const EACH: Duration = Duration::from_millis(150);
/// For an answer of the server to a look.
const LOOK: Duration = Duration::from_millis(500);
/// For the acknowledgement of a write. Longer than a view change, shorter than the lease.
const WRITE: Duration = Duration::from_secs(2);

/// Starts looking at the host's database, if it has one.
pub fn start(config: &Arc<Config>, board: &Arc<Board>) -> Result<(), Error> {
    if config.replication.is_some() {
        return replication::start(config, board);
    }
    let Some(probe) = config.database.first().cloned() else { return checks::start(NAME, &[], checks::VERDICT, board) };
    match probe.kind {
        ProbeKind::Galera { members } if !config.writers.is_empty() => group(probe, members, config, board),
        ProbeKind::Galera { members } => {
            alone(probe, board, move |session| Status::read(session).map(|status| status.judge(members)))
        }
        ProbeKind::Mariadb => alone(probe, board, host::probes::writable_by),
        _ => checks::start(NAME, &config.database, checks::VERDICT, board),
    }
}

/// A database that need not agree with others.
fn alone(
    probe: Probe,
    board: &Arc<Board>,
    look: impl Fn(&mut Session) -> Result<Seen, Trouble> + Send + 'static,
) -> Result<(), Error> {
    let board = Arc::clone(board);
    worker::start(NAME, move || {
        let mut line = Line::new(LOOK);
        loop {
            let since = Instant::now();
            let seen = line.with(&look).unwrap_or_else(|trouble| Seen::bad(trouble.note()));
            board.publish(NAME, checks::judge(NAME, vec![report(&probe, seen, since.elapsed())]));
            std::thread::sleep(EACH.saturating_sub(since.elapsed()));
        }
    })
}

/// A member of a group that agrees on one writer.
fn group(probe: Probe, members: usize, config: &Arc<Config>, board: &Arc<Board>) -> Result<(), Error> {
    let (wish, wishes) = mpsc::channel();
    let (end, ends) = mpsc::channel();
    let me = config.host.clone();
    worker::start("writer", move || write(&me, &wishes, &end))?;
    let (config, board) = (Arc::clone(config), Arc::clone(board));
    worker::start(NAME, move || {
        let order = config.writers.iter().map(|w| w.name.clone()).collect();
        let mut election = Election::new(config.host.clone(), order);
        let mut line = Line::new(LOOK);
        let mut changes = Changes::default();
        let mut canary = Canary { last: None, at: clock::now() };
        loop {
            let since = Instant::now();
            // Taken before the look: what it shows is at least this new.
            let now = clock::now();
            let looked = line.with(look);
            let sight = sight(now, &looked, &config.writers);
            let decision = election.look(&sight);
            if let Some(action) = decision.action {
                let _ = wish.send(action);
            }
            changes.see(sight.row.as_ref());
            canary.see(now, sight.row.as_ref());
            let seen = match &looked {
                Ok((status, _)) => status.judge(members),
                Err(trouble) => host::probes::galera::silent(trouble),
            };
            let mut answer = answer(&decision, &seen, &looked);
            answer.gauges = gauges(&config.host, &looked, changes.count);
            answer.gauges.insert("quorate_canary_age_milliseconds", canary.age(now));
            answer.reports = vec![report(&probe, seen, since.elapsed())];
            board.publish_at(NAME, answer, now);
            // The end of a write is looked at at once: it may be what the verdict waits for.
            if let Ok(outcome) = ends.recv_timeout(EACH.saturating_sub(since.elapsed())) {
                election.done(outcome);
            }
        }
    })
}

/// What one look at a member brings: its status, and the agreement or why it cannot be read.
type Looked = Result<(Status, Result<Option<Writer>, Trouble>), Trouble>;

fn look(session: &mut Session) -> Looked {
    let status = Status::read(session)?;
    match writer::read(session) {
        // A connection that broke is of no use for the next look.
        Err(Trouble::Silent(why)) => Err(Trouble::Silent(why)),
        row => Ok((status, row)),
    }
}

fn sight(now: Duration, looked: &Looked, writers: &[Candidate]) -> Sight {
    let Ok((status, row)) = looked else {
        return Sight { now, fitness: Fitness::Unfit, view: View::default(), row: None };
    };
    let fitness = match status.standing {
        // Its row needs no new page: the beat of a writer goes on where nothing else can be written.
        _ if status.full => Fitness::Unfit,
        Standing::Synced if status.ready && status.primary => Fitness::Synced,
        Standing::Donor if status.ready && status.primary => Fitness::Donor,
        _ => Fitness::Unfit,
    };
    let row = row.as_ref().ok().cloned().flatten();
    let row = row.map(|w| Row { host: w.host, epoch: w.epoch, beat: w.beat });
    Sight { now, fitness, view: view(&status.incoming, writers), row }
}

/// Votes without data: Galera lists where each member is reached, and of an arbitrator nothing.
fn arbitrators(incoming: &str) -> u64 {
    if incoming.is_empty() { 0 } else { incoming.split(',').filter(|e| e.trim().is_empty()).count() as u64 }
}

/// The view's members by name. Galera lists where each is reached; an arbitrator without data has an empty entry.
fn view(incoming: &str, writers: &[Candidate]) -> View {
    let mut view = View::default();
    for entry in incoming.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        let address: Option<IpAddr> = entry
            .parse::<SocketAddr>()
            .map(|a| a.ip())
            .or_else(|_| entry.trim_start_matches('[').trim_end_matches(']').parse())
            .ok();
        match writers.iter().find(|w| Some(w.address) == address) {
            Some(host) => view.hosts.push(host.name.clone()),
            None => view.strangers += 1,
        }
    }
    view
}

fn answer(decision: &Decision, seen: &Seen, looked: &Looked) -> Answer {
    let note = match &decision.reason {
        // A writer in a small group is worth a word, and still the writer; an unfit member says itself why.
        Reason::Writer | Reason::Unfit => seen.note.clone(),
        Reason::NoRow => Some(match looked {
            Ok((_, Err(trouble))) => trouble.note(),
            _ => Note::new("database-no-table"),
        }),
        Reason::Unconfirmed => Some(Note::new("agent-unconfirmed")),
        Reason::Other(host) => Some(Note::new("agent-other-writes").with("host", host)),
        Reason::Vacant => Some(Note::new("agent-no-writer")),
    };
    Answer { ok: decision.yes(), note, until: decision.until, ..Answer::default() }
}

fn gauges(me: &str, looked: &Looked, changes: u64) -> BTreeMap<&'static str, u64> {
    let mut gauges = BTreeMap::from([("quorate_writer_changes_total", changes)]);
    if let Ok((status, row)) = looked {
        gauges.insert("quorate_galera_cluster_size", status.size as u64);
        gauges.insert("quorate_galera_arbitrators", arbitrators(&status.incoming));
        gauges.insert("quorate_galera_primary", u64::from(status.primary));
        gauges.insert("quorate_galera_ready", u64::from(status.ready));
        for (gauge, variable) in [
            ("quorate_galera_local_state", "wsrep_local_state"),
            ("quorate_galera_conf_id", "wsrep_cluster_conf_id"),
            ("quorate_galera_receive_queue", "wsrep_local_recv_queue"),
            ("quorate_galera_flow_control_paused_nanoseconds_total", "wsrep_flow_control_paused_ns"),
        ] {
            gauges.extend(status.number(variable).map(|value| (gauge, value)));
        }
        if let Ok(Some(row)) = row {
            gauges.insert("quorate_writer_epoch", row.epoch);
            gauges.insert("quorate_writer_here", u64::from(row.host == me));
        }
    }
    gauges
}

/// Counts the changes of the writer.
#[derive(Default)]
struct Changes {
    last: Option<String>,
    count: u64,
}

impl Changes {
    fn see(&mut self, row: Option<&Row>) {
        let Some(row) = row.filter(|r| !r.host.is_empty()) else { return };
        if self.last.as_ref().is_some_and(|last| *last != row.host) {
            self.count += 1;
        }
        self.last = Some(row.host.clone());
    }
}

/// When this member last got something new from the writer: its beat, a row that it changes each second, read back
/// here.
struct Canary {
    last: Option<(u64, u64)>,
    at: Duration,
}

impl Canary {
    fn see(&mut self, now: Duration, row: Option<&Row>) {
        let Some(row) = row else { return };
        let beat = Some((row.epoch, row.beat));
        if self.last != beat {
            (self.last, self.at) = (beat, now);
        }
    }

    /// In milliseconds; grows from the agent's start where nothing was ever read.
    fn age(&self, now: Duration) -> u64 {
        u64::try_from(now.saturating_sub(self.at).as_millis()).unwrap_or(u64::MAX)
    }
}

fn report(probe: &Probe, seen: Seen, took: Duration) -> ProbeReport {
    ProbeReport {
        component: probe.component.clone(),
        name: probe.name.clone(),
        ok: seen.ok,
        note: seen.note,
        readings: seen.readings,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

/// Carries out the election's writes, one after the other.
fn write(me: &str, wishes: &mpsc::Receiver<Action>, ends: &mpsc::Sender<Outcome>) {
    let mut line = Line::new(WRITE);
    for action in wishes {
        let written = line.with(|session| {
            writer::prepare(session)?;
            match action {
                Action::Claim { seen, beat } => writer::claim(session, me, seen, beat),
                Action::Beat { epoch } => writer::beat(session, me, epoch),
            }
        });
        let outcome = match written {
            Ok(true) => Outcome::Done,
            Err(Trouble::Silent(_)) => Outcome::Unknown,
            Ok(false) | Err(_) => Outcome::Refused,
        };
        if let (Action::Claim { seen, .. }, Outcome::Done) = (action, outcome) {
            tracing::info!(epoch = seen + 1, "this host writes");
        }
        if ends.send(outcome).is_err() {
            return;
        }
    }
}

/// A connection to the local server that is opened when it is needed and dropped when the server falls silent.
struct Line {
    limit: Duration,
    session: Option<Session>,
}

impl Line {
    fn new(limit: Duration) -> Self {
        Self { limit, session: None }
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Session) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let done = work(Session::kept(&mut self.session, self.limit)?);
        if matches!(done, Err(Trouble::Silent(_))) {
            self.session = None;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers() -> Vec<Candidate> {
        ["10.0.0.1", "10.0.0.2", "fd00::3"]
            .iter()
            .zip(["a", "b", "c"])
            .map(|(address, name)| Candidate { name: name.into(), address: address.parse().unwrap() })
            .collect()
    }

    #[test]
    fn galeras_addresses_are_mapped_to_hosts() {
        let view = |incoming: &str| {
            let view = view(incoming, &writers());
            (view.hosts.join(""), view.strangers)
        };
        assert_eq!(view("10.0.0.2:3306,10.0.0.1:3306"), ("ba".into(), 0));
        assert_eq!(view("10.0.0.1:3306,[fd00::3]:3306"), ("ac".into(), 0));
        assert_eq!(view("10.0.0.1"), ("a".into(), 0));
        // An arbitrator; a member that nobody knows; one that has not said where it is.
        assert_eq!(view(",10.0.0.1:3306"), ("a".into(), 0));
        assert_eq!(view("10.0.0.1:3306,10.0.0.9:3306"), ("a".into(), 1));
        assert_eq!(view("10.0.0.1:3306,AUTO"), ("a".into(), 1));
        assert_eq!(view(""), (String::new(), 0));
    }

    #[test]
    fn a_vote_without_data_is_counted() {
        assert_eq!(["", "10.0.0.1:3306", ",10.0.0.1:3306", "10.0.0.1:3306,,"].map(arbitrators), [0, 0, 1, 2]);
    }

    #[test]
    fn a_silent_server_is_unfit_and_the_note_says_why() {
        let looked: Looked = Err(Trouble::Silent("refused".into()));
        let sight = sight(Duration::ZERO, &looked, &writers());
        assert_eq!(sight.fitness, Fitness::Unfit);
        let decision = Election::new("a", vec!["a".into()]).look(&sight);
        let seen = Seen::bad(Trouble::Silent("refused".into()).note());
        let answer = answer(&decision, &seen, &looked);
        assert!(!answer.ok);
        assert_eq!(answer.note.unwrap().code, "database-silent");
    }

    #[test]
    fn the_canary_grows_old_while_nothing_new_arrives() {
        let mut canary = Canary { last: None, at: Duration::from_secs(10) };
        let row = |beat| Row { host: "a".into(), epoch: 1, beat };
        let mut age = |ms, row: Option<&Row>| {
            canary.see(Duration::from_millis(ms), row);
            canary.age(Duration::from_millis(ms))
        };
        assert_eq!(age(12_000, None), 2_000);
        assert_eq!(age(12_100, Some(&row(7))), 0);
        assert_eq!(age(13_000, Some(&row(7))), 900);
        assert_eq!(age(13_200, None), 1_100);
        assert_eq!(age(13_300, Some(&row(8))), 0);
    }

    #[test]
    fn changes_of_the_writer_are_counted() {
        let mut changes = Changes::default();
        for host in ["", "a", "a", "b", "", "b", "a"] {
            changes.see(Some(&Row { host: host.into(), epoch: 0, beat: 0 }));
        }
        changes.see(None);
        assert_eq!(changes.count, 2);
    }
}
