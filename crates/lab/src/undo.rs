//! Undoing a fault from outside when whoever injected it is gone.
//!
//! A host that is killed or paused cannot undo that itself. Before such a fault, a supervisor is started beside the lab:
//! a process in a session of its own, in the lab's cgroup and not in the operator's, so that it outlives the operator's
//! death and ends with the lab. It waits, and then undoes exactly what it was told to, unless its order has been taken
//! back. The order is a file in the lab's directory; the supervisor that holds its lock is alive, and no process is
//! known by its number.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use fs2::FileExt;
use serde::{Deserialize, Serialize};

use crate::command::{program, tail};
use crate::error::IoContext;
use crate::faults::Cut;
use crate::lab::Lab;
use crate::{Error, Result, Site};

/// What a supervisor puts right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Undo {
    /// Switch these hosts on again.
    Start(Vec<String>),
    /// Let these hosts go on.
    Resume(Vec<String>),
    /// Undo this cut and no other.
    Heal(Cut),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    what: Undo,
    after_ms: u64,
}

/// The program that becomes the supervisor. It calls [`supervise`] with the lab and the order that it finds in
/// [`ORDER`], besides the site that the environment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    pub program: PathBuf,
    pub args: Vec<String>,
}

/// The environment variable with a supervisor's lab and order: `LAB/ORDER`.
pub const ORDER: &str = "QUORATE_LAB_UNDO";

/// How long a supervisor may take until it is seen waiting.
const STARTUP: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(20);
/// How often a supervisor tries, a second apart, before it gives up and leaves its order and its log to be found.
const TRIES: usize = 60;

/// Joins the cgroup given first and leaves the operator's session; the shell is done when that has happened.
const LAUNCH: &str = r#"echo $$ > "$1/cgroup.procs"; shift; exec setsid --fork "$@""#;

/// A supervisor that waits. Dropping this leaves it waiting, as the death of the operator does.
#[derive(Debug)]
#[must_use = "the fault is undone when the time has come, unless the order is taken back"]
pub struct Armed {
    path: PathBuf,
    order: File,
}

impl Armed {
    /// Takes the order back, once the fault has been undone: afterwards nothing more comes from this supervisor.
    /// One that is just undoing it is waited for.
    pub fn disarm(self) -> Result<()> {
        remove(&self.path)?;
        // The supervisor holds the lock for as long as it lives.
        FileExt::lock_exclusive(&self.order).doing("cannot lock", &self.path)?;
        remove(&log_of(&self.path))
    }
}

impl Supervisor {
    /// This very program, as `quorate lab supervise`.
    fn myself(lab: &str) -> Result<Self> {
        let program = std::env::current_exe().doing("cannot find", "/proc/self/exe")?;
        Ok(Self { program, args: ["lab", "--name", lab, "supervise"].map(str::to_owned).into() })
    }
}

impl Lab {
    /// Starts a supervisor that undoes a fault when this time has passed, and returns when it is seen waiting. To be
    /// called before the fault, by the program `quorate`; others name the program in [`Lab::arm_undo_by`].
    pub fn arm_undo(&self, after: Duration, what: Undo) -> Result<Armed> {
        self.arm_undo_by(&Supervisor::myself(self.name())?, after, what)
    }

    /// The same, by a program that the caller names.
    ///
    /// # Errors
    /// When no supervisor waits; then there is no order either.
    pub fn arm_undo_by(&self, supervisor: &Supervisor, after: Duration, what: Undo) -> Result<Armed> {
        match &what {
            Undo::Start(hosts) | Undo::Resume(hosts) => hosts.iter().try_for_each(|h| self.host(h).map(drop))?,
            Undo::Heal(_) => {}
        }
        let id: String = rand::random::<[u8; 4]>().iter().map(|b| format!("{b:02x}")).collect();
        let path = path_of(&self.dir, &id);
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        write(&path, &Order { what, after_ms })?;
        let armed = Armed { order: File::open(&path).doing("cannot open", &path)?, path };
        match self.launch(supervisor, &id, &armed) {
            Ok(()) => Ok(armed),
            Err(error) => {
                let _ = remove(&armed.path);
                let _ = remove(&log_of(&armed.path));
                Err(error)
            }
        }
    }

    fn launch(&self, supervisor: &Supervisor, id: &str, armed: &Armed) -> Result<()> {
        let log = log_of(&armed.path);
        let output = File::create(&log).doing("cannot write", &log)?;
        let errors = output.try_clone().doing("cannot write", &log)?;
        let mut command = program("sh");
        command.args(["-c", LAUNCH, "launch"]).arg(self.cgroups()?.supervisors()?);
        command.arg(&supervisor.program).args(&supervisor.args);
        command.env(ORDER, format!("{}/{id}", self.name()));
        command.env("QUORATE_LAB_STATE", &self.site.state).env("QUORATE_LAB_CACHE", &self.site.cache);
        command.current_dir("/").stdin(Stdio::null()).stdout(output).stderr(errors);
        let status = command.status().map_err(|e| Error::NotArmed { lab: self.name().to_owned(), said: e.to_string() });
        let start = Instant::now();
        while status.as_ref().is_ok_and(std::process::ExitStatus::success) && start.elapsed() < STARTUP {
            match FileExt::try_lock_shared(&armed.order) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e).doing("cannot lock", &armed.path),
                Ok(()) => FileExt::unlock(&armed.order).doing("cannot unlock", &armed.path)?,
            }
            thread::sleep(STEP / 4);
        }
        status?;
        let said = tail(&fs::read_to_string(&log).unwrap_or_default(), 3);
        Err(Error::NotArmed { lab: self.name().to_owned(), said })
    }

    /// The orders of this lab that nobody has taken back, and that no supervisor has carried out: what a check for
    /// residue looks at.
    pub fn undo_orders(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let ids = entries
            .filter_map(|e| Some(e.file_name().to_str()?.strip_prefix("undo-")?.strip_suffix(".json")?.to_owned()));
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    fn undo(&mut self, what: &Undo) -> Result<()> {
        let hosts: Vec<&str> = match what {
            Undo::Start(hosts) | Undo::Resume(hosts) => hosts.iter().map(String::as_str).collect(),
            Undo::Heal(_) => vec![],
        };
        match what {
            Undo::Start(_) => self.start_all(&hosts),
            Undo::Resume(_) => self.resume_all(&hosts),
            Undo::Heal(cut) => self.heal_cut(cut),
        }
    }
}

/// The supervisor's whole life: waits until the time of the order in [`ORDER`] has come and carries it out.
///
/// # Errors
/// When there is no such order, or after many tries it cannot be carried out.
pub fn supervise(site: &Site) -> Result<()> {
    let named = std::env::var(ORDER).unwrap_or_default();
    let (lab, id) = named.split_once('/').unwrap_or((&named, ""));
    let path = path_of(&site.lab_dir(lab), id);
    let file = File::open(&path).doing("cannot open the order", &path)?;
    FileExt::lock_exclusive(&file).doing("cannot lock", &path)?;
    let start = Instant::now();
    let order: Order = serde_json::from_reader(&file).map_err(std::io::Error::from).doing("cannot read", &path)?;
    while start.elapsed() < Duration::from_millis(order.after_ms) {
        if !path.exists() {
            return Ok(());
        }
        thread::sleep(STEP);
    }
    let mut left = TRIES;
    while path.exists() {
        left -= 1;
        match Lab::open(site, lab).and_then(|mut lab| lab.undo(&order.what)) {
            Ok(()) => {
                remove(&log_of(&path))?;
                return remove(&path);
            }
            Err(error) if left == 0 => return Err(error),
            Err(error) => eprintln!("{error}"),
        }
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn path_of(lab_dir: &Path, id: &str) -> PathBuf {
    lab_dir.join(format!("undo-{id}.json"))
}

fn log_of(order: &Path) -> PathBuf {
    order.with_extension("log")
}

fn write(path: &Path, order: &Order) -> Result<()> {
    let bytes = serde_json::to_vec(order).map_err(std::io::Error::from).doing("cannot write", path)?;
    let file = File::create_new(path);
    file.and_then(|mut f| f.write_all(&bytes)).doing("cannot write", path)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other.doing("cannot remove", path),
    }
}
