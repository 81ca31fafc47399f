//! `quorate db restore`: restores a backup into a scratch instance, to any moment that the binary logs reach, looks at
//! it, and, where asked, loads one schema of it into the live database.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::println;
use clap::Args;
use runner::backup::For;
use secret::Secret;
use wire::Note;
use wire::backup::{BackupReply, BackupRequest, ListedBackup, Load, Until};

use super::backup::{Connected, odd};
use crate::args::FileArgs;
use crate::context;
use crate::exit;
use crate::failure::Failure;
use crate::render::backup as shown;
use crate::text::Texts;

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup, as `db backup --list` names it, or `latest`: the last before the moment
    #[arg(value_name = "BACKUP")]
    pub backup: String,
    #[command(flatten)]
    pub file: FileArgs,
    /// Up to this moment, by binary logs: a time in UTC such as '2026-11-20 14:05:00' (what happened in that second is
    /// left out), the last transaction's GTID, or `latest`. Without it: as the backup is
    #[arg(long, value_name = "TIME|GTID")]
    pub until: Option<String>,
    /// Load this schema into the live database; without it nothing live is touched
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
    /// Load it under this name, beside what is there
    #[arg(long = "as", value_name = "NAME", requires = "schema")]
    pub under: Option<String>,
    /// A live schema of that name is dropped first, after a fresh backup of everything
    #[arg(long, requires = "schema")]
    pub replace: bool,
    /// The key that opens the backup, in a file; that of the cluster, if not given
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &RestoreArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let wrong = |code: &str, value: &str| Failure::note(exit::USAGE, Note::new(code).with("value", value));
    let until = match &args.until {
        None => Until::Backup,
        Some(text) => backup::parse_until(text).ok_or_else(|| wrong("backup-bad-moment", text))?,
    };
    let load = match &args.schema {
        None => None,
        Some(schema) => {
            let under = args.under.clone().unwrap_or_else(|| schema.clone());
            for name in [schema, &under] {
                let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                let system = ["mysql", "sys", "information_schema", "performance_schema", "quorate"];
                if !plain || name.is_empty() || name.starts_with('-') || system.contains(&name.as_str()) {
                    return Err(wrong("backup-bad-schema", name));
                }
            }
            Some(Load { schema: schema.clone(), under, replace: args.replace })
        }
    };
    let mut connected = Connected::to(&args.file, texts)?;
    let identity = match &args.key {
        None => connected.key()?,
        Some(path) => Secret::new(std::fs::read_to_string(path).map_err(|e| {
            Failure::note(exit::USAGE, Note::new("file-unreadable").with("path", path.display()).with("error", e))
        })?),
    };
    let (backups, _) = connected.list(texts)?;
    let name = choose(&args.backup, &until, &backups)
        .ok_or_else(|| Failure::note(exit::USAGE, Note::new("backup-none-such").with("backup", &args.backup)))?;
    if let Some(load) = &load {
        let id = if load.replace { "restore-replace-warning" } else { "restore-load-warning" };
        let arguments = [
            ("schema", load.schema.clone()),
            ("under", load.under.clone()),
            ("backup", name.clone()),
            ("until", args.until.clone().unwrap_or_else(|| texts.plain("restore-as-backed-up"))),
        ];
        println!("{}", texts.get(id, &arguments));
        let agreed = args.yes || (std::io::stdin().is_terminal() && context::ask_yes(&texts.plain("restore-question")));
        if !agreed {
            return Err(Failure::note(exit::USAGE, Note::new("restore-declined")));
        }
    }
    // What is loaded is loaded through the host that takes writes; what is only looked at spares it.
    let work = if load.is_some() { For::Writing } else { For::Copying };
    let request = BackupRequest::Restore { backup: name, until, identity, load };
    let (host, reply) = connected.ask(work, request, texts)?;
    let BackupReply::Restored(restored) = reply else { return Err(odd(&host)) };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&restored).unwrap_or_default());
    } else {
        shown::restored(&restored, texts);
    }
    Ok(ExitCode::from(exit::DONE))
}

/// The backup of that name; for `latest` the last that ended before the moment.
fn choose(name: &str, until: &Until, backups: &[ListedBackup]) -> Option<String> {
    let usable = |b: &&ListedBackup| !matches!(until, Until::Time(at_s) if b.record.ended_s > *at_s);
    let found = match name {
        "latest" => backups.iter().rfind(usable),
        _ => backups.iter().find(|b| b.record.name == name),
    };
    found.map(|b| b.record.name.clone())
}
