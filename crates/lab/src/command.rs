//! Running system programs: one way to say which one failed, at what, and which package it comes from.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use crate::{Error, Result};

/// What a command left: its exit code and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit code; 128 + N if signal N ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Whether the exit code is 0.
    pub fn ok(&self) -> bool {
        self.code == 0
    }
}

/// Programs that are not on every Debian machine, and the packages that bring them.
const PACKAGES: [(&str, &str); 10] = [
    ("mmdebstrap", "mmdebstrap"),
    ("systemd-nspawn", "systemd-container"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("ssh-keygen", "openssh-client"),
    ("nsenter", "util-linux"),
    ("unshare", "util-linux"),
    ("setsid", "util-linux"),
    ("mkfs.ext4", "e2fsprogs"),
    ("chroot", "coreutils"),
];

/// What emulated hosts need besides.
const VM_PACKAGES: [(&str, &str); 2] = [("qemu-system-x86_64", "qemu-system-x86"), ("ssh", "openssh-client")];

/// Refuses early, before anything is made, when a program is missing.
pub fn check_tools(vms: bool) -> Result<()> {
    let path = search_path();
    let further: &[_] = if vms { &VM_PACKAGES } else { &[] };
    let missing = PACKAGES
        .iter()
        .chain(further)
        .find(|(tool, _)| !std::env::split_paths(&path).any(|dir| dir.join(tool).is_file()));
    match missing {
        Some(&(tool, package)) => Err(Error::MissingTool { tool, package }),
        None => Ok(()),
    }
}

/// The caller's PATH and the directories of system programs, which are missing from it under cron and su.
fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    path.push(":/usr/sbin:/sbin");
    path
}

/// A command that finds system programs wherever the caller came from.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PATH", search_path());
    command
}

/// Runs a program to its end; anything but exit code 0 is an error that says what was being done.
pub(crate) fn run(doing: &str, name: &str, args: &[&str], stdin: &[u8]) -> Result<Output> {
    let mut command = program(name);
    command.args(args);
    let output = capture(doing, &mut command, stdin)?;
    if output.ok() {
        return Ok(output);
    }
    Err(Error::Command {
        doing: doing.to_owned(),
        program: name.to_owned(),
        status: format!("exit code {}", output.code),
        stderr: tail(&output.stderr, 12),
    })
}

/// Runs a prepared command, feeds it, and returns what it left, whatever its exit code.
pub(crate) fn capture(doing: &str, command: &mut Command, stdin: &[u8]) -> Result<Output> {
    let failed = |e: std::io::Error, command: &Command| Error::Command {
        doing: doing.to_owned(),
        program: command.get_program().to_string_lossy().into_owned(),
        status: e.to_string(),
        stderr: String::new(),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(e, command))?;
    let pipe = child.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut pipe) = pipe {
                // A command may well end without reading all that it is given.
                let _ = pipe.write_all(stdin);
            }
        });
        child.wait_with_output()
    })
    .map_err(|e| failed(e, command))?;
    Ok(Output {
        code: code(output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The exit code as a shell would say it.
pub(crate) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|s| 128 + s)).unwrap_or(1)
}

/// The last lines of a long output: where the reason usually stands.
pub(crate) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
