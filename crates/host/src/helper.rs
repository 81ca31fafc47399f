//! The helper: answers the operator's requests on one host, over its standard input and output.
//!
//! Requests are carried out at the same time, each on a thread of its own; steps that must not overlap are ordered by
//! the operator's program. When the connection ends, steps under way are brought to their end and written to the
//! journal, the run lock that was taken over this connection is given up, and then the helper goes. A run whose operator
//! dies visibly thus stands in nobody's way; one that falls silent loses the lock by expiry.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use wire::message::Hold;
use wire::{Act, ActResult, Envelope, LockGrant, LockRequest, Note, Outcome, Probe, Reply, Request, STATE_DIR, frame};

use crate::error::Error;
use crate::store::Store;
use crate::{agent, facts, faults, journal, lock, probes, resources, withdraw};

/// What actions under way get to end before the lock of a run that lost its operator is given up.
const GRACE: Duration = Duration::from_secs(3);
/// How often a probe is repeated while a step waits for it.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until standard input ends.
pub fn serve() -> ExitCode {
    let store = Store::new(STATE_DIR);
    let output = Arc::new(Mutex::new(io::stdout()));
    let mut input = io::stdin().lock();
    let mut running = Vec::new();
    let connection = Arc::new(Connection::default());
    let code = loop {
        let request: Envelope<Request> = match read_frame(&mut input) {
            Ok(Some(bytes)) => match frame::decode(&bytes) {
                Ok(request) => request,
                Err(error) => {
                    eprintln!("quorate helper: {error}");
                    break ExitCode::from(2);
                }
            },
            Ok(None) => break ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("quorate helper: {error}");
                break ExitCode::from(2);
            }
        };
        let (store, output, connection) = (store.clone(), Arc::clone(&output), Arc::clone(&connection));
        running.retain(|t: &thread::JoinHandle<()>| !t.is_finished());
        running.push(thread::spawn(move || {
            let token = acquired(&request.body);
            let reply = answer(&store, request.body, &connection);
            if let Some(token) = token
                && granted(&reply)
            {
                connection.token.store(token, Ordering::SeqCst);
            }
            if let Ok(bytes) = frame::encode(&Envelope { id: request.id, body: reply }) {
                let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
                let _ = output.write_all(&length).and_then(|()| output.write_all(&bytes)).and_then(|()| output.flush());
            }
        }));
    };
    connection.ended.store(true, Ordering::SeqCst);
    let deadline = Instant::now() + GRACE;
    while running.iter().any(|t| !t.is_finished()) && Instant::now() < deadline {
        thread::sleep(PAUSE);
    }
    give_up_lock(&store, connection.token.load(Ordering::SeqCst));
    for thread in running {
        let _ = thread.join();
    }
    code
}

/// What the threads share about the operator at the other end.
#[derive(Default)]
struct Connection {
    /// The token of the run lock that was taken over it; 0 if none was.
    token: AtomicU64,
    /// Nobody waits for results any more.
    ended: AtomicBool,
}

/// Safe although the operator may live on and an action may still be under way: the operator cannot act here without
/// its connection, and whoever gets the lock next carries a higher token, which ends the step before its next action.
fn give_up_lock(store: &Store, token: u64) {
    if token > 0
        && let Err(error) = lock::request(store, &LockRequest::Release { token })
    {
        eprintln!("quorate helper: {error}");
    }
}

fn granted(reply: &Reply) -> bool {
    matches!(reply, Reply::Lock(LockGrant::Granted) | Reply::Observed { lock: Some(LockGrant::Granted), .. })
}

/// The token with which a request wants to take the lock.
fn acquired(request: &Request) -> Option<u64> {
    match request {
        Request::Lock(LockRequest::Acquire { token, .. })
        | Request::Observe { lock: Some(LockRequest::Acquire { token, .. }), .. } => Some(*token),
        _ => None,
    }
}

fn read_frame(input: &mut impl Read) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error>> {
    let mut prefix = [0u8; 4];
    match input.read_exact(&mut prefix) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e.into()),
    }
    let mut bytes = vec![0; frame::announced(prefix)?];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn answer(store: &Store, request: Request, connection: &Arc<Connection>) -> Reply {
    carry_out(store, request, connection).unwrap_or_else(|error| Reply::Refused(error.note()))
}

fn carry_out(store: &Store, request: Request, connection: &Arc<Connection>) -> Result<Reply, Error> {
    Ok(match request {
        Request::Ping => Reply::Pong,
        Request::Facts { looks } => Reply::Facts(Box::new(facts::gather(store, &looks)?)),
        Request::Observe { resources, lock } => {
            let lock = lock.map(|l| lock::request(store, &l)).transpose()?;
            Reply::Observed { observed: resources::observe_all(&resources, store)?, lock }
        }
        Request::Probe { probes } => Reply::Probed(probes::run_all(&probes)),
        Request::Lock(request) => {
            let grant = lock::request(store, &request)?;
            if matches!(request, LockRequest::Release { .. }) {
                journal::supersede(store)?;
            }
            Reply::Lock(grant)
        }
        Request::Finish { probes, lock } => {
            let reports = probes::run_all(&probes);
            let lock = lock::request(store, &lock)?;
            journal::supersede(store)?;
            Reply::Finished { reports, lock }
        }
        Request::Store { token, state } => {
            lock::admit(store, token)?;
            // Another run may have committed between this one's first look and its lock.
            if let Some(present) = store.state()?
                && (present.generation > state.generation
                    || present.cluster != state.cluster
                    || (present.generation == state.generation && present.file != state.file))
            {
                let note =
                    Note::new("state-newer").with("generation", present.generation).with("cluster", present.cluster);
                return Err(Error::Noted(note));
            }
            store.set_state(&state)?;
            Reply::Stored
        }
        Request::Withdraw { token, cluster, delete_data } => {
            lock::admit(store, token)?;
            let (removed, kept) = withdraw::withdraw(store, &cluster, delete_data)?;
            Reply::Withdrawn { removed, kept }
        }
        Request::Act(act) => Reply::Acted(act_within_limit(store, act, connection)),
        Request::Inject(injection) => {
            lock::admit(store, injection.token)?;
            faults::inject(store, &injection)?;
            Reply::Injected
        }
        Request::Undo { id } => {
            faults::undo(store, &id)?;
            Reply::Undone
        }
        Request::Database(ask) => match agent::ask(&ask) {
            Ok(told) => Reply::Database(told),
            Err(error) => Reply::Refused(Note::new("agent-socket-silent").with("error", error)),
        },
        Request::Backup(request) => Reply::Backup(Box::new(crate::backup::answer(request)?)),
        Request::Residue => Reply::Residue(faults::residue(store)?),
    })
}

/// What a step is doing, for the message when its time is up, and whether it may go on.
struct Progress {
    doing: Mutex<String>,
    cancelled: AtomicBool,
    connection: Arc<Connection>,
}

impl Progress {
    fn say(&self, doing: String) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing;
    }
}

fn act_within_limit(store: &Store, act: Act, connection: &Arc<Connection>) -> ActResult {
    let begun = Instant::now();
    let limit = Duration::from_millis(act.timeout_ms);
    let progress = Arc::new(Progress {
        doing: Mutex::default(),
        cancelled: AtomicBool::new(false),
        connection: Arc::clone(connection),
    });
    let (sender, receiver) = mpsc::channel();
    {
        let (store, progress) = (store.clone(), Arc::clone(&progress));
        thread::spawn(move || {
            let mut changed = Vec::new();
            let failure = perform(&store, &act, &progress, &mut changed).err().map(|e| e.note());
            let _ = sender.send((changed, failure));
        });
    }
    let (changed, failure) = receiver.recv_timeout(limit).unwrap_or_else(|_| {
        progress.cancelled.store(true, Ordering::SeqCst);
        let doing = progress.doing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (vec![], Some(Note::new("step-timeout").with("seconds", limit.as_secs()).with("doing", doing)))
    });
    ActResult { changed, failure, took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

fn perform(store: &Store, act: &Act, progress: &Progress, changed: &mut Vec<String>) -> Result<(), Error> {
    lock::admit(store, act.token)?;
    journal::append(store, &act.run, &act.step, Outcome::Intent)?;
    hold(act, Hold::BeforeAction);
    let outcome = apply_all(store, act, progress, changed);
    hold(act, Hold::BeforeResult);
    let entry = match &outcome {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(error.note().to_string()),
    };
    journal::append(store, &act.run, &act.step, entry)?;
    outcome
}

fn apply_all(store: &Store, act: &Act, progress: &Progress, changed: &mut Vec<String>) -> Result<(), Error> {
    let mut left = BTreeMap::new();
    let applied = apply_each(store, act, progress, changed, &mut left);
    store.leave(left)?;
    applied?;
    await_all(&act.awaits, progress)
}

fn apply_each(
    store: &Store,
    act: &Act,
    progress: &Progress,
    changed: &mut Vec<String>,
    left: &mut BTreeMap<String, String>,
) -> Result<(), Error> {
    for resource in &act.resources {
        if progress.cancelled.load(Ordering::SeqCst) {
            return Err(Error::Noted(Note::new("step-cancelled")));
        }
        // Each change asks again: the lock may have passed to another run while the last one took its time.
        lock::admit(store, act.token)?;
        progress.say(resource.key());
        if resources::apply(resource, store, &act.cluster)? {
            changed.push(resource.key());
        }
        left.insert(resource.key(), resources::fingerprint(resource));
    }
    Ok(())
}

/// Repeats the probes until all of them see their function performed; the step's limit ends the wait.
fn await_all(awaited: &[Probe], progress: &Progress) -> Result<(), Error> {
    let mut open: Vec<Probe> = awaited.to_vec();
    loop {
        let reports = probes::run_all(&open);
        open = open.into_iter().zip(&reports).filter(|(_, r)| !r.ok).map(|(p, _)| p).collect();
        let Some(waiting) = reports.iter().find(|r| !r.ok) else { return Ok(()) };
        let note = waiting.note.as_ref().map(ToString::to_string).unwrap_or_default();
        progress.say(format!("{}/{}: {note}", waiting.component, waiting.name));
        if progress.cancelled.load(Ordering::SeqCst) || progress.connection.ended.load(Ordering::SeqCst) {
            return Err(Error::Noted(Note::new("step-cancelled")));
        }
        thread::sleep(PAUSE);
    }
}

/// Says where a helper that is to be killed stands still; on a filesystem that does not outlive the host's power.
const HELD: &str = "/run/quorate-held";

fn hold(act: &Act, point: Hold) {
    if act.hold == Some(point) {
        let _ = fs::write(HELD, format!("{} {}\n", act.run, act.step));
        loop {
            thread::park();
        }
    }
}
