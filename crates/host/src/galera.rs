//! The local Galera member as its recovery after a full outage sees and moves it. Root only.
//!
//! What decides stands in `failover::galera`; here is what it rests on and what it does.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use wire::Note;
use wire::facts::GaleraPosition;

use crate::error::Error;
use crate::probes::Session;
use crate::probes::galera::{Status, is_uuid};
use crate::resources::file::write_flag;
use crate::resources::{galera, unit};
use crate::{command, looks, probes, store};

const UNIT: &str = "mariadb.service";
/// The member was stopped for a recovery, and where it stood then. Any start of the unit removes it.
const HELD: &str = "/run/quorate/galera-held.json";
/// Why the recovery does not go on, for whoever asks for the member.
const WORD: &str = "/run/quorate/galera-recovery.json";
/// A word that nobody repeats any more is old.
const WORD_LASTS: Duration = Duration::from_secs(30);
/// The view that Galera comes back with after a crash: with it, some members might form a group without the others.
const VIEW: &str = "/var/lib/mysql/gvwstate.dat";
/// For a recovery with everything that it copies; a step's own limit is shorter.
const RECOVERY: Duration = Duration::from_secs(890);
const AGAIN: Duration = Duration::from_millis(300);
const ASK: Duration = Duration::from_secs(1);

/// What the member is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Its server answers.
    Runs {
        primary: bool,
        uuid: Option<String>,
    },
    /// It has opened the group's port and waits for the others.
    Waits,
    /// Its unit starts or stops, or its server does not answer.
    Busy,
    Failed,
    /// Stopped by [`hold`], at this position.
    Held(GaleraPosition),
    /// Stopped by somebody else, since this moment of systemd's clock.
    Stopped(String),
}

/// Looks at the member.
pub fn doing() -> Doing {
    if let Ok(status) = Session::open(ASK).and_then(|mut session| Status::read(&mut session)) {
        let uuid = Some(status.value("wsrep_cluster_state_uuid").to_owned()).filter(|u| is_uuid(u));
        return Doing::Runs { primary: status.primary, uuid };
    }
    let shown = looks::show(UNIT);
    let value = |name: &str| shown.get(name).map_or("", String::as_str);
    match value("ActiveState") {
        "inactive" | "failed" => match (held(), value("ActiveState")) {
            (Some(position), _) => Doing::Held(position),
            // Also one that was cut off while it was being held.
            (None, "failed") => Doing::Failed,
            (None, _) if is_held(UNIT) => Doing::Failed,
            (None, _) => Doing::Stopped(value("InactiveEnterTimestampMonotonic").to_owned()),
        },
        "activating" if value("SubState") == "start" && looks::listens(looks::GALERA_PORT) => Doing::Waits,
        _ => Doing::Busy,
    }
}

/// Where the member's data stand; of a stopped member after a recovery run, if it needs one.
pub fn position() -> GaleraPosition {
    let mut position = probes::galera_position();
    position.formed = position.primary || galera::formed();
    position
}

/// Where the data of a member stand that is not stopped: its group, if it says so.
pub fn group() -> GaleraPosition {
    let (uuid, _) = probes::galera::saved();
    GaleraPosition { uuid, formed: galera::formed(), ..GaleraPosition::default() }
}

/// Ends the server and forgets its saved view, so that it can only join or be told to lead; its position.
pub fn hold() -> Result<GaleraPosition, Error> {
    // Whoever waits for the start that ends now should know why.
    write_flag(Path::new(HELD), "")?;
    unit::kill(UNIT)?;
    match fs::remove_file(VIEW) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("cannot remove", VIEW)(e)),
        _ => {}
    }
    let position = position();
    write_flag(Path::new(HELD), &serde_json::to_string(&position).unwrap_or_default())?;
    Ok(position)
}

/// Starts the member as the first of its group; `flag` is what its unit reads for that one start.
pub fn lead(flag: &Path, content: &str) -> Result<(), Error> {
    galera::lead()?;
    write_flag(flag, content)?;
    join()
}

/// Starts the member.
pub fn join() -> Result<(), Error> {
    let _ = command::run("systemctl", &["reset-failed", UNIT], command::SHORT);
    command::succeed("systemctl", &["start", "--no-block", UNIT], command::SHORT).map(drop)
}

/// Ends a server that is in no group, and starts it anew.
pub fn rejoin() -> Result<(), Error> {
    unit::kill(UNIT)?;
    join()
}

/// Whether a unit is the member's and is held for a recovery.
pub(crate) fn is_held(name: &str) -> bool {
    name == UNIT && fs::exists(HELD).unwrap_or(false)
}

/// Waits for a member that the recovery has stopped to come back by it; whether it did.
pub(crate) fn comes_back() -> bool {
    let deadline = Instant::now() + RECOVERY;
    while Instant::now() < deadline {
        match looks::unit(UNIT).active.as_str() {
            "active" => return true,
            "inactive" | "failed" if !is_held(UNIT) => return false,
            _ => std::thread::sleep(AGAIN),
        }
    }
    false
}

fn held() -> Option<GaleraPosition> {
    serde_json::from_slice(&fs::read(HELD).ok()?).ok()
}

/// Leaves word why the recovery does not go on; to be repeated as long as it holds.
pub fn say(word: Option<&Note>) -> Result<(), Error> {
    match word {
        Some(note) => store::replace(Path::new(WORD), &serde_json::to_vec(note).unwrap_or_default(), 0o644),
        None => {
            let _ = fs::remove_file(WORD);
            Ok(())
        }
    }
}

/// The recovery's word, if it left one lately.
pub(crate) fn word() -> Option<Note> {
    let age = fs::metadata(WORD).and_then(|m| m.modified()).ok()?.elapsed().unwrap_or_default();
    if age > WORD_LASTS { None } else { serde_json::from_slice(&fs::read(WORD).ok()?).ok() }
}
