//! The order to undo a fault, held by this host's own systemd.
//!
//! One service, two occasions: a transient timer starts it in this boot, and a link starts it at the next boot. The
//! link is what a timer cannot be: a host that is reset in the middle of a fault has lost its timer, yet not the file
//! that fills its disk. At a boot it runs before every ordinary service, so that a database finds its disk free again.
//! Nothing is installed on a host beforehand, and nothing stays: both go with the fault.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wire::{Note, PROGRAM};

use super::record::Record;
use super::{PREFIX, name};
use crate::command::{self, SHORT};
use crate::error::Error;
use crate::store;

const UNITS: &str = "/etc/systemd/system";
/// Units wanted here start before all ordinary ones.
const AT_BOOT: &str = "/etc/systemd/system/sysinit.target.wants";
/// How long systemd may take until it shows a timer that it has accepted as waiting.
const SHOWN: Duration = Duration::from_secs(2);

/// Gives the order and sees that systemd holds it.
pub fn arm(record: &Record) -> Result<(), Error> {
    let id = &record.injection.id;
    let service = format!("{}.service", name(id));
    let path = Path::new(UNITS).join(&service);
    store::replace(&path, service_text(record, &program()?).as_bytes(), 0o644)?;
    fs::create_dir_all(AT_BOOT).map_err(Error::file("cannot make the directory", AT_BOOT))?;
    let link = Path::new(AT_BOOT).join(&service);
    match symlink(&path, &link) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(Error::file("cannot make the link", &link)(e)),
        _ => {}
    }
    if let Ok(directory) = fs::File::open(AT_BOOT) {
        let _ = directory.sync_all();
    }
    let after = format!("--on-active={}ms", record.injection.undo_after_ms);
    let unit = format!("--unit={service}");
    command::succeed("systemd-run", &["--quiet", &after, "--timer-property=AccuracySec=100ms", &unit], SHORT)?;
    let timer = format!("{}.timer", name(id));
    let deadline = Instant::now() + SHOWN;
    loop {
        let shown = crate::looks::show(&timer);
        let state = |key: &str| shown.get(key).cloned().unwrap_or_default();
        match (state("ActiveState").as_str(), state("SubState").as_str()) {
            // Elapsed and running: a very short time is over already, and the service waits for this fault's record.
            ("active", "waiting" | "running" | "elapsed") => return Ok(()),
            (active, sub) if Instant::now() >= deadline => {
                let note = Note::new("fault-timer-not-armed").with("timer", timer);
                return Err(Error::Noted(note.with("state", format!("{active} ({sub})"))));
            }
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Takes the order back. Fine when there is none; and it may be the order itself that does this.
pub fn disarm(id: &str) -> Result<(), Error> {
    let (service, timer) = (format!("{}.service", name(id)), format!("{}.timer", name(id)));
    let runs_here = fs::read_to_string("/proc/self/cgroup").unwrap_or_default().contains(&service);
    // Units that are not there any more make systemctl fail; what counts is looked at below.
    let mut stop = vec!["stop", "--", &timer];
    if !runs_here {
        stop.push(&service);
    }
    command::run("systemctl", &stop, SHORT)?;
    for path in [Path::new(AT_BOOT).join(&service), Path::new(UNITS).join(&service)] {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(Error::file("cannot remove", &path)(e)),
            _ => {}
        }
    }
    command::run("systemctl", &["reset-failed", "--", &timer, &service], SHORT)?;
    let left = |unit: &String| !(runs_here && *unit == service);
    match loaded()?.into_iter().find(|u| (*u == timer || *u == service) && left(u)) {
        Some(unit) => Err(super::not_undone(unit)),
        None => Ok(()),
    }
}

/// The files and links of all orders, and the units of them that systemd holds.
pub fn left() -> Result<Vec<String>, Error> {
    let mut left: Vec<String> = files().into_iter().map(|p| p.display().to_string()).collect();
    left.extend(loaded()?);
    left.sort();
    Ok(left)
}

/// The identifiers of the faults that there is an order for.
pub fn orders() -> Vec<String> {
    let id = |p: PathBuf| Some(p.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(".service")?.to_owned());
    files().into_iter().filter_map(id).collect()
}

fn files() -> Vec<PathBuf> {
    let entries = [UNITS, AT_BOOT].iter().flat_map(|directory| fs::read_dir(directory).into_iter().flatten().flatten());
    let ours = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(PREFIX));
    entries.map(|e| e.path()).filter(ours).collect()
}

/// The units of all orders that systemd holds or runs, or that failed. One that only its memory of a removed file keeps
/// listed, until it reads its units anew, does nothing any more.
fn loaded() -> Result<Vec<String>, Error> {
    let pattern = format!("{PREFIX}*");
    let list = ["list-units", "--all", "--plain", "--no-legend", "--full", &pattern];
    let output = command::succeed("systemctl", &list, SHORT)?;
    Ok(output.stdout.lines().filter_map(holding).collect())
}

/// The unit of a line of `systemctl list-units`, unless it is inactive.
fn holding(line: &str) -> Option<String> {
    let mut fields = line.split_whitespace();
    let (unit, _load, active) = (fields.next()?, fields.next()?, fields.next()?);
    (active != "inactive").then(|| unit.to_owned())
}

/// This very program: what wrote the record understands it. The program that units run may be of another release.
fn program() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(Error::file("cannot find", "/proc/self/exe"))?;
    let usable = [own, PathBuf::from(PROGRAM)].into_iter().find(|p| p.is_file());
    usable.ok_or_else(|| Error::Noted(Note::new("fault-no-program").with("path", PROGRAM)))
}

/// It tries until it is done: a unit may need others, which come back later, to start again.
fn service_text(record: &Record, program: &Path) -> String {
    let id = &record.injection.id;
    let mount = record.file.as_ref().and_then(|f| f.parent()).map(|m| format!("RequiresMountsFor={}\n", quoted(m)));
    format!(
        "# Made by `quorate drill` for the time of one fault; it removes itself.\n\
         [Unit]\n\
         Description=Undo of the drill's fault {id}\n\
         DefaultDependencies=no\n\
         After=local-fs.target\n\
         Before=sysinit.target\n\
         {}\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={} undo-fault {id}\n\
         Restart=on-failure\n\
         RestartSec=2s\n\
         TimeoutStartSec=900\n",
        mount.unwrap_or_default(),
        quoted(program)
    )
}

/// A path as systemd reads it back.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy().replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use wire::{Fault, Injection};

    use super::*;

    #[test]
    fn a_unit_that_does_nothing_any_more_is_not_left() {
        assert_eq!(holding("a.timer loaded active waiting Undo").as_deref(), Some("a.timer"));
        assert_eq!(holding("a.service loaded failed failed Undo").as_deref(), Some("a.service"));
        assert_eq!(holding("a.service loaded inactive dead Undo"), None);
    }

    #[test]
    fn a_full_disk_is_freed_at_the_next_boot_once_it_is_mounted() {
        let injection = Injection {
            id: "one".into(),
            cluster: "demo".into(),
            token: 1,
            fault: Fault::Fill { directory: "/data/x".into() },
            undo_after_ms: 1000,
        };
        let file = Some(PathBuf::from("/data/.quorate-drill-one"));
        let mut record = Record { injection, boot_id: "b".into(), units: vec![], file, grouped: false };
        let text = service_text(&record, Path::new("/opt/100% q"));
        assert!(text.contains("\nRequiresMountsFor=\"/data\"\n"), "{text}");
        assert!(text.contains("\nExecStart=\"/opt/100%% q\" undo-fault one\n"), "{text}");
        record.file = None;
        assert!(!service_text(&record, Path::new("/q")).contains("RequiresMountsFor"));
    }
}
