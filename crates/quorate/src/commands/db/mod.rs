//! `quorate db`: everything that is done to the database by hand. One file per subcommand.

mod backup;
mod orders;
mod restore;
mod status;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use model::{DatabaseMode, HostName};
use runner::Fleet;
use ssh::Limits;
use wire::Note;
use wire::replication::{Ask, Status};

use crate::args::FileArgs;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::text::Texts;

/// A dead host must not keep the others waiting.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(1500),
    login: Duration::from_millis(2000),
    start: Duration::from_secs(5),
    keepalive: Duration::from_secs(5),
    keepalive_max: 2,
};

#[derive(Debug, Args)]
pub struct DbArgs {
    #[command(subcommand)]
    pub action: DbAction,
}

#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Who is primary, who has every acknowledged write, and what the loss of each host would mean now
    Status(status::DbStatusArgs),
    /// Hand the lead over to a host that has everything; clients reconnect after a moment
    Switchover(orders::SwitchoverArgs),
    /// Make a host primary although acknowledged writes may be missing there (only with --force)
    Failover(orders::FailoverArgs),
    /// Replace a host's data by a copy of the primary's
    Reinit(orders::ReinitArgs),
    /// Make a backup now and restore it for a trial, or list those that there are
    Backup(backup::BackupArgs),
    /// Restore a backup beside the live database, to any moment, and load a schema of it where asked
    Restore(restore::RestoreArgs),
}

pub fn run(args: DbArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    match args.action {
        DbAction::Status(args) => status::run(&args, texts),
        DbAction::Switchover(args) => orders::switchover(&args, texts),
        DbAction::Failover(args) => orders::failover(&args, texts),
        DbAction::Reinit(args) => orders::reinit(&args, texts),
        DbAction::Backup(args) => backup::run(&args, texts),
        DbAction::Restore(args) => restore::run(&args, texts),
    }
}

/// A cluster with a replicated database, connected to.
struct Connected {
    context: Context,
    runtime: tokio::runtime::Runtime,
    fleet: Fleet,
}

impl Connected {
    fn to(file: &FileArgs, texts: &Texts) -> Result<Self, Failure> {
        let context = Context::load(&file.file, texts)?;
        let mode = context.cluster.database.as_ref().map(|d| &d.mode);
        if !matches!(mode, Some(DatabaseMode::Replication(_))) {
            return Err(Failure::note(exit::USAGE, Note::new("db-not-replicated")));
        }
        let (runtime, fleet) = context.connect(file, LIMITS, texts)?;
        Ok(Self { context, runtime, fleet })
    }

    fn statuses(&self) -> (BTreeMap<HostName, Status>, BTreeMap<HostName, Note>) {
        self.runtime.block_on(runner::database::statuses(&self.context.cluster, &self.fleet))
    }

    fn order(&self, host: &HostName, ask: Ask) -> Result<(), Failure> {
        let ordered = self.runtime.block_on(runner::database::order(&self.fleet, host, ask));
        ordered.map_err(|note| Failure::note(exit::FAILED, note))
    }
}
