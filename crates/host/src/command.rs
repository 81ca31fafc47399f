//! Running a program on the host: bounded in time, output captured, nothing secret on its command line.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long an ordinary command may take.
pub const SHORT: Duration = Duration::from_secs(30);

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Output {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end, or kills it at the deadline.
pub fn run(program: &str, args: &[&str], limit: Duration) -> Result<Output, Error> {
    let failed = |outcome: String, message: String| Error::Command {
        program: std::iter::once(program).chain(args.iter().copied()).collect::<Vec<_>>().join(" "),
        outcome,
        message,
    };
    let mut child = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .env("DEBIAN_FRONTEND", "noninteractive")
        // systemctl would tell systemd that it is the agent, and is refused with a line in the journal.
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed("could not be started".to_owned(), e.to_string()))?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() >= deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("did not end within {} s", limit.as_secs()), String::new()));
            }
            Ok(None) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(e) => return Err(failed("could not be waited for".to_owned(), e.to_string())),
        }
    };
    Ok(Output { success: status.success(), stdout: stdout(), stderr: stderr() })
}

/// Like [`run`], for programs whose failure is an error.
pub fn succeed(program: &str, args: &[&str], limit: Duration) -> Result<Output, Error> {
    let output = run(program, args, limit)?;
    if output.success {
        return Ok(output);
    }
    let said = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
    let tail: Vec<_> = said.trim().lines().rev().take(6).collect();
    Err(Error::Command {
        program: std::iter::once(program).chain(args.iter().copied()).collect::<Vec<_>>().join(" "),
        outcome: "failed".to_owned(),
        message: tail.into_iter().rev().collect::<Vec<_>>().join("; "),
    })
}

/// Reads a pipe on a thread of its own, so that a full pipe cannot block the program.
fn collect<R: Read + Send + 'static>(pipe: Option<R>) -> impl FnOnce() -> String {
    let reader = pipe.map(|mut pipe| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    move || reader.and_then(|r| r.join().ok()).unwrap_or_default()
}

/// A program under way whose streams are the caller's; killed when dropped before its end.
pub struct Running {
    name: String,
    child: std::process::Child,
    errors: Option<std::thread::JoinHandle<Vec<String>>>,
}

/// How many of a program's last words are kept.
const LAST_WORDS: usize = 8;

impl Running {
    /// Starts a program; what it complains of is kept for [`Running::end`].
    pub fn start(
        program: &str,
        args: &[&str],
        environment: &[(&str, &str)],
        stdin: Stdio,
        stdout: Stdio,
    ) -> Result<Self, Error> {
        let mut child = Command::new(program)
            .args(args)
            .env("LC_ALL", "C")
            .envs(environment.iter().copied())
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| Error::Command {
                program: program.to_owned(),
                outcome: "could not be started".to_owned(),
                message: e.to_string(),
            })?;
        let errors = child.stderr.take().map(|pipe| std::thread::spawn(move || last_words(pipe)));
        Ok(Self { name: program.to_owned(), child, errors })
    }

    pub fn stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    pub fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the end; a failure carries the last words.
    pub fn end(mut self) -> Result<(), Error> {
        drop(self.child.stdin.take());
        let status = self.child.wait();
        let words = self.errors.take().and_then(|e| e.join().ok()).unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(()),
            outcome => Err(Error::Command {
                program: self.name.clone(),
                outcome: outcome.map_or_else(|e| e.to_string(), |s| format!("failed ({s})")),
                message: words.join("; "),
            }),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.errors.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn last_words(pipe: impl Read) -> Vec<String> {
    use std::io::BufRead;
    let mut words = std::collections::VecDeque::new();
    let mut reader = std::io::BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        words.push_back(String::from_utf8_lossy(&line).trim().to_owned());
        if words.len() > LAST_WORDS {
            words.pop_front();
        }
        line.clear();
    }
    words.into()
}
