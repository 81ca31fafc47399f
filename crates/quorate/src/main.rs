//! The program: one subcommand per file under `commands`, rendering under `render`, words under `locales`.

mod args;
mod commands;
mod context;
mod failure;
mod page;
mod render;
mod text;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{BackupWork, Cli, Command};
use crate::failure::Failure;
use crate::text::Texts;

/// Exit codes that scripts may rely on.
pub mod exit {
    /// Done, or healthy.
    pub const DONE: u8 = 0;
    /// Something that was asked for did not get done.
    pub const FAILED: u8 = 1;
    /// Wrong input or usage.
    pub const USAGE: u8 = 2;
    /// Everything works, with less margin than the file provides.
    pub const DEGRADED: u8 = 3;
    /// A capability is down.
    pub const LOST: u8 = 4;
}

fn main() -> ExitCode {
    // keepalived asks once a second on every host: answered before anything else is set up.
    let mut words = std::env::args().skip(1);
    if let (Some("verdict"), Some(name), None) = (words.next().as_deref(), words.next(), words.next()) {
        return agent::ask(&name);
    }
    // The only provider compiled in; a second installation in the same process is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let cli = Cli::parse();
    let texts = Texts::choose(cli.lang.as_deref());
    match run(cli, &texts) {
        Ok(code) => code,
        Err(failure) => {
            failure.print(&texts);
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli, texts: &Texts) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Init(args) => commands::init::run(&args, texts),
        Command::Check(args) => commands::check::run(&args, texts),
        Command::Plan(args) => commands::plan::run(&args, texts),
        Command::Apply(args) => commands::apply::run(args, texts),
        Command::Status(args) => commands::status::run(&args, texts),
        Command::Drill(args) => commands::drill::run(&args, texts),
        Command::Survive(args) => commands::survive::run(&args, texts),
        Command::Db(args) => commands::db::run(args, texts),
        Command::Destroy(args) => commands::destroy::run(&args, texts),
        Command::Secret(args) => commands::secret::run(&args, texts),
        Command::Alerts(args) => commands::alerts::run(&args, texts),
        Command::Schema => commands::schema::run(),
        Command::Lab(args) => commands::lab_with_file(args, texts),
        Command::Helper => Ok(host::helper::serve()),
        Command::UndoFault { id } => Ok(host::faults::undo_here(&id)),
        Command::Agent { config } => {
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
            agent::run(&config).map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup { work: BackupWork::Take } => Ok(host::backup::take_here()),
        Command::Backup { work: BackupWork::Ship } => Ok(host::backup::ship_here()),
        Command::GaleraRecover { config } => {
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).without_time().init();
            agent::recover::run(&config).map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verdict { name } => Ok(agent::ask(&name)),
    }
}
