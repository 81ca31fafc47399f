//! How a command fails: what to say, what to advise, and the exit code.

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use model::HostName;
use planner::preflight::Finding;
use wire::Note;

use crate::exit;
use crate::text::Texts;

/// A failed command. Libraries return typed errors; this is where they become words.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: Message,
}

#[derive(Debug)]
pub enum Message {
    /// Already printed in full, such as the problems of a cluster file.
    Shown,
    Plain(String),
    Note(Note),
    /// What a host said.
    At(HostName, Note),
    Findings(Vec<Finding>),
}

impl Failure {
    pub fn shown(code: u8) -> Self {
        Self { code, message: Message::Shown }
    }

    pub fn plain(code: u8, text: impl Into<String>) -> Self {
        Self { code, message: Message::Plain(text.into()) }
    }

    pub fn note(code: u8, note: Note) -> Self {
        Self { code, message: Message::Note(note) }
    }

    pub fn print(&self, texts: &Texts) {
        let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        let label = texts.plain("label-error");
        match &self.message {
            Message::Shown => {}
            Message::Findings(findings) => {
                for finding in findings {
                    let host = finding.host.as_ref().map(|h| format!("{h}: ")).unwrap_or_default();
                    eprintln!("{style}{label}{style:#} {host}{}", texts.note(&finding.note));
                }
                eprintln!("{}", texts.plain("hosts-not-ready"));
            }
            Message::Plain(text) => eprintln!("{style}{label}{style:#} {text}"),
            Message::Note(note) => eprintln!("{style}{label}{style:#} {}", texts.note(note)),
            Message::At(host, note) => eprintln!("{style}{label}{style:#} {host}: {}", texts.note(note)),
        }
    }
}

impl From<runner::Error> for Failure {
    fn from(error: runner::Error) -> Self {
        match error {
            runner::Error::Noted(mut note) => {
                if let Some(since) = note.args.get("since_ms").and_then(|s| s.parse::<i64>().ok()) {
                    note = note.with("since", crate::render::clock(since));
                }
                // A file that the cluster has moved past is wrong input; everything else failed.
                let usage = ["file-stale", "plan-outdated", "host-of-other-cluster"].contains(&note.code.as_str());
                Self::note(if usage { exit::USAGE } else { exit::FAILED }, note)
            }
            runner::Error::AtHost { host, note } => Self { code: exit::FAILED, message: Message::At(host, note) },
            runner::Error::NotReady(findings) => Self { code: exit::FAILED, message: Message::Findings(findings) },
            runner::Error::Ssh(error) => {
                Self::plain(if is_input(&error) { exit::USAGE } else { exit::FAILED }, error.to_string())
            }
            other => Self::plain(exit::FAILED, other.to_string()),
        }
    }
}

/// Whether what the operator gave to log in with is wrong, rather than a host or the way to it.
fn is_input(error: &ssh::Error) -> bool {
    use ssh::Error;
    match error {
        Error::KeyFile { .. }
        | Error::AuthRefused { .. }
        | Error::NotRoot { .. }
        | Error::Sudo { .. }
        | Error::Input(_) => true,
        Error::Bastion { source, .. } => is_input(source),
        _ => false,
    }
}

impl Failure {
    /// Shows what the cluster's latest file has that the operator's lacks, where that is what is wrong.
    pub fn of_run(error: runner::Error, text: &str) -> Self {
        if let runner::Error::Noted(note) = &error
            && note.code == "file-stale"
            && let Some(latest) = note.args.get("diff")
        {
            crate::render::file_difference(text, latest);
        }
        error.into()
    }
}

impl From<Note> for Failure {
    fn from(note: Note) -> Self {
        // A secret that is not where the file says, an address that is none: the file or its surroundings are wrong.
        let usage = ["secret-env-missing", "secret-file-unreadable", "bastion-address"].contains(&note.code.as_str());
        Self::note(if usage { exit::USAGE } else { exit::FAILED }, note)
    }
}
