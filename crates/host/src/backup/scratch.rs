//! A server for a moment: restored data with a socket of its own, out of reach of any network and of the live server's
//! files, bounded in what it may use, and gone when it is dropped.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use wire::Note;

use crate::command::{self, Running};
use crate::error::Error;
use crate::probes::Session;
use crate::resources;

/// On the disk of the state directory; as large as the data.
const DIRECTORY: &str = "/var/lib/quorate/scratch";
const UNIT: &str = "quorate-scratch.service";
/// A restored server recovers nothing: `--prepare` has.
const START: Duration = Duration::from_secs(120);
const PREPARE: Duration = Duration::from_secs(6 * 3600);
/// What one statement may take: a check of a large table is one.
const STATEMENT: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Scratch {
    root: PathBuf,
}

impl Scratch {
    /// An empty place with room for this many bytes. What an earlier one left when its host died goes first.
    pub fn new(bytes: u64) -> Result<Self, Error> {
        let scratch = Self { root: PathBuf::from(DIRECTORY) };
        scratch.clear()?;
        let parent = Path::new(wire::STATE_DIR);
        let space = rustix::fs::statvfs(parent).map_err(|e| Error::file("cannot look at", parent)(e.into()))?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        // Preparing writes logs, and applying binary logs lets tables grow.
        let needed = bytes + bytes / 4 + (256 << 20);
        if free < needed {
            let mib = |b: u64| (b >> 20).to_string();
            let note = Note::new("backup-no-room").with("directory", DIRECTORY);
            return Err(Error::Noted(note.with("free", mib(free)).with("needed", mib(needed))));
        }
        for directory in [scratch.root.clone(), scratch.data(), scratch.binlogs()] {
            fs::create_dir_all(&directory).map_err(Error::file("cannot make the directory", &directory))?;
            resources::set_attributes(&directory, "mysql", "mysql", 0o700)?;
        }
        Ok(scratch)
    }

    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub fn binlogs(&self) -> PathBuf {
        self.root.join("binlogs")
    }

    pub fn socket(&self) -> String {
        self.root.join("socket").display().to_string()
    }

    /// Takes the streamed copy: what is written to the program's input appears in the data directory.
    pub fn unpack(&self) -> Result<Running, Error> {
        let data = self.data().display().to_string();
        Running::start("mbstream", &["-x", "-C", &data], &[], Stdio::piped(), Stdio::null())
    }

    /// Makes the copy consistent and starts a server on it.
    pub fn start(&self) -> Result<Session, Error> {
        let data = self.data().display().to_string();
        command::succeed("mariabackup", &["--prepare", &format!("--target-dir={data}")], PREPARE)?;
        give(&self.data())?;
        let log = self.root.join("log").display().to_string();
        let option = |name: &str, value: &str| format!("--{name}={value}");
        let server = [
            option("datadir", &data),
            option("socket", &self.socket()),
            option("pid-file", &self.root.join("pid").display().to_string()),
            option("log-error", &log),
            option("tmpdir", &self.root.display().to_string()),
            option("innodb-buffer-pool-size", "128M"),
            option("key-buffer-size", "8M"),
        ];
        let mut arguments = vec![
            "--quiet".to_owned(),
            option("unit", UNIT),
            "--collect".to_owned(),
            option("uid", "mysql"),
            option("gid", "mysql"),
        ];
        // Nothing of the live server is within its reach, and it stays below the live server's needs.
        for property in [
            "Description=Restored backup, for a trial",
            "PrivateNetwork=yes",
            "PrivateTmp=yes",
            "ProtectHome=yes",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "InaccessiblePaths=-/var/lib/mysql",
            "CPUWeight=20",
            "IOWeight=20",
            "MemoryMax=2G",
            "OOMScoreAdjust=900",
            "LimitNOFILE=16384",
            "RuntimeMaxSec=12h",
        ] {
            arguments.push(option("property", property));
        }
        arguments.push(option("property", &format!("ReadWritePaths={DIRECTORY}")));
        // Without a binary log of its own, without anybody to replicate from, and with its plain accounts: the root's
        // socket is all that it answers on.
        arguments.extend(["/usr/sbin/mariadbd", "--no-defaults"].map(str::to_owned));
        arguments.extend(server);
        for flag in
            ["--skip-networking", "--skip-log-bin", "--skip-slave-start", "--wsrep-on=OFF", "--event-scheduler=OFF"]
        {
            arguments.push(flag.to_owned());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command::succeed("systemd-run", &arguments, command::SHORT)?;
        let deadline = Instant::now() + START;
        loop {
            match Session::open_at(&self.socket(), STATEMENT) {
                Ok(session) => return Ok(session),
                Err(_) if Instant::now() < deadline && !ended() => std::thread::sleep(PAUSE),
                Err(trouble) => {
                    let said = fs::read_to_string(&log).unwrap_or_default();
                    let error = said.lines().rfind(|l| l.contains("[ERROR]")).map(str::to_owned);
                    let note = Note::new("backup-not-started");
                    return Err(Error::Noted(note.with("error", error.unwrap_or_else(|| trouble.to_string()))));
                }
            }
        }
    }

    fn clear(&self) -> Result<(), Error> {
        // Fails where there is no such unit; what counts is that the directory goes.
        let _ = command::run("systemctl", &["kill", "--signal=KILL", "--", UNIT], command::SHORT);
        let _ = command::run("systemctl", &["stop", "--", UNIT], command::SHORT);
        let _ = command::run("systemctl", &["reset-failed", "--", UNIT], command::SHORT);
        match fs::remove_dir_all(&self.root) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file("cannot remove", &self.root)(e)),
            _ => Ok(()),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            tracing::warn!(%error, "a restored backup is left");
        }
    }
}

fn ended() -> bool {
    let state = command::run("systemctl", &["is-active", "--", UNIT], command::SHORT);
    !state.is_ok_and(|o| matches!(o.stdout.trim(), "active" | "activating"))
}

/// Gives everything below a directory to the server's account.
fn give(directory: &Path) -> Result<(), Error> {
    let mut open = vec![directory.to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).map_err(Error::file("cannot read", &path))?.flatten() {
            let kind = entry.file_type().map_err(Error::file("cannot look at", entry.path()))?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                let file = fs::File::open(entry.path()).map_err(Error::file("cannot open", entry.path()))?;
                resources::set_owner(&file, "mysql", "mysql")?;
                file.set_permissions(fs::Permissions::from_mode(0o600))
                    .map_err(Error::file("cannot protect", entry.path()))?;
            }
        }
        resources::set_attributes(&path, "mysql", "mysql", 0o700)?;
    }
    Ok(())
}
