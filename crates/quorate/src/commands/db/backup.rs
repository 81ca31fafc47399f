//! `quorate db backup`: makes a backup now and restores it for a trial, or lists those that there are.

use std::process::ExitCode;

use anstream::{eprintln, println};
use clap::Args;
use runner::Fleet;
use runner::backup::{For, ask, host_for, makers};
use secret::Secret;
use ssh::Limits;
use tokio::runtime::Runtime;
use wire::Note;
use wire::backup::{BackupReply, BackupRequest, BinlogSpan, ListedBackup};

use crate::args::FileArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::{self, BackupProgress};
use crate::text::Texts;
use crate::{exit, render::backup as shown};

#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// List the backups that there are, with age, size and whether they were ever restored
    #[arg(long)]
    pub list: bool,
    /// Do not restore it for a trial afterwards; what was never restored does not count as a backup
    #[arg(long, conflicts_with = "list")]
    pub no_verify: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A cluster whose file asks for backups, connected to.
pub(super) struct Connected {
    pub context: Context,
    pub runtime: Runtime,
    pub fleet: Fleet,
}

impl Connected {
    pub fn to(file: &FileArgs, texts: &Texts) -> Result<Self, Failure> {
        let context = Context::load(&file.file, texts)?;
        makers(&context.cluster).map_err(usage)?;
        let (runtime, fleet) = context.connect(file, Limits::default(), texts)?;
        Ok(Self { context, runtime, fleet })
    }

    /// The key that opens backups, from the control hosts.
    pub fn key(&mut self) -> Result<Secret, Failure> {
        let kept = runner::apply::kept_secrets(&self.context.cluster, &mut self.fleet);
        let secrets = self.runtime.block_on(kept)?;
        let key = secrets.backup.map(|b| b.identity);
        key.ok_or_else(|| Failure::note(exit::FAILED, Note::new("backup-no-key")))
    }

    /// Has a host do something, with what it is doing meanwhile shown.
    pub fn ask(
        &mut self,
        work: For,
        request: BackupRequest,
        texts: &Texts,
    ) -> Result<(model::HostName, BackupReply), Failure> {
        let (cluster, fleet) = (&self.context.cluster, &mut self.fleet);
        let progress = BackupProgress::new(texts);
        let outcome = self.runtime.block_on(async {
            let link = host_for(cluster, fleet, work).await?;
            let reply = ask(&link, request, |stage, bytes| progress.show(&link.host, stage, bytes)).await?;
            Ok::<_, runner::Error>((link.host.clone(), reply))
        });
        progress.end();
        Ok(outcome?)
    }

    /// Every backup at the target, oldest first, and until when binary logs go on from them.
    pub fn list(&mut self, texts: &Texts) -> Result<(Vec<ListedBackup>, Vec<BinlogSpan>), Failure> {
        match self.ask(For::Reading, BackupRequest::List, texts)? {
            (_, BackupReply::Listed { backups, binlogs }) => Ok((backups, binlogs)),
            (host, _) => Err(odd(&host)),
        }
    }
}

pub(super) fn odd(host: &model::HostName) -> Failure {
    Failure::note(exit::FAILED, Note::new("host-odd-answer").with("host", host))
}

fn usage(error: runner::Error) -> Failure {
    let mut failure = Failure::from(error);
    failure.code = exit::USAGE;
    failure
}

pub fn run(args: &BackupArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let mut connected = Connected::to(&args.file, texts)?;
    if args.list {
        let (backups, binlogs) = connected.list(texts)?;
        if args.json {
            let value = serde_json::json!({ "backups": backups, "binlogs": binlogs });
            println!("{}", serde_json::to_string_pretty(&value).unwrap_or_default());
        } else {
            shown::list(&backups, &binlogs, render::now_s(), texts);
        }
        return Ok(ExitCode::from(exit::DONE));
    }
    let identity = if args.no_verify { None } else { Some(connected.key()?) };
    let (host, reply) = connected.ask(For::Copying, BackupRequest::Take { identity }, texts)?;
    let BackupReply::Taken { backup, removed } = reply else { return Err(odd(&host)) };
    if args.json {
        let value = serde_json::json!({ "backup": backup, "removed": removed });
        println!("{}", serde_json::to_string_pretty(&value).unwrap_or_default());
    } else {
        shown::taken(&backup, &removed, texts);
    }
    if backup.verified.is_none() {
        eprintln!("{}", texts.get("backup-unverified", &[("backup", backup.record.name.clone())]));
    }
    Ok(ExitCode::from(exit::DONE))
}
