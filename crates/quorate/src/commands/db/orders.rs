//! `quorate db switchover`, `db failover` and `db reinit`: orders to the agents, each looked at first and followed until
//! it is done.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use anstream::println;
use clap::Args;
use model::HostName;
use planner::replicas::Replicas;
use wire::Note;
use wire::replication::{Ask, Standing};

use super::Connected;
use crate::args::FileArgs;
use crate::context;
use crate::exit;
use crate::failure::Failure;
use crate::text::Texts;

/// A host may first have to become synchronous.
const SWITCHOVER: Duration = Duration::from_secs(70);
const FORCE: Duration = Duration::from_secs(60);
/// A copy of everything.
const REINIT: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Args)]
pub struct SwitchoverArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// The host to hand over to; the synchronous one, if not given
    #[arg(long, value_name = "HOST")]
    pub to: Option<String>,
}

#[derive(Debug, Args)]
pub struct FailoverArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Needed: without it nothing is done, for agents fail over by themselves whenever nothing can be lost
    #[arg(long)]
    pub force: bool,
    /// The host that becomes primary; the one with the furthest log, if not given
    #[arg(long, value_name = "HOST")]
    pub to: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ReinitArgs {
    /// The host whose data are replaced by a copy of the primary's
    #[arg(value_name = "HOST")]
    pub host: String,
    #[command(flatten)]
    pub file: FileArgs,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Hands the lead over to a host that has everything.
pub fn switchover(args: &SwitchoverArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let connected = Connected::to(&args.file, texts)?;
    let (told, _) = connected.statuses();
    let refused = |note| Failure::note(exit::FAILED, note);
    let (from, to) =
        Replicas::new(&connected.context.cluster, &told).switchover(args.to.as_deref()).map_err(refused)?;
    connected.order(&from, Ask::Switchover { to: Some(to.0.clone()) })?;
    connected.until_primary(&to, SWITCHOVER, "db-switched", texts)
}

/// Makes a host primary that may lack acknowledged writes.
pub fn failover(args: &FailoverArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    if !args.force {
        return Err(Failure::note(exit::USAGE, Note::new("db-failover-needs-force")));
    }
    let connected = Connected::to(&args.file, texts)?;
    let (told, silent) = connected.statuses();
    let refused = |note| Failure::note(exit::FAILED, note);
    let replicas = Replicas::new(&connected.context.cluster, &told);
    let to = replicas.force(args.to.as_deref()).map_err(refused)?;
    let record = replicas.record();
    let arguments = [
        ("host", to.to_string()),
        ("log", told.get(&to).map(|s| s.server.position.clone()).unwrap_or_default()),
        ("primary", record.map(|r| r.primary.clone()).unwrap_or_default()),
        ("sync", record.map(|r| r.sync.join(", ")).filter(|s| !s.is_empty()).unwrap_or_else(|| "-".into())),
        ("silent", silent.keys().map(HostName::as_str).collect::<Vec<_>>().join(", ")),
    ];
    println!("{}", texts.get("db-failover-warning", &arguments));
    confirm(args.yes, texts)?;
    connected.order(&to, Ask::Force {})?;
    connected.until_primary(&to, FORCE, "db-forced", texts)
}

/// Replaces a host's data by a copy.
pub fn reinit(args: &ReinitArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let connected = Connected::to(&args.file, texts)?;
    let (told, _) = connected.statuses();
    let host = Replicas::new(&connected.context.cluster, &told)
        .reinit(&args.host)
        .map_err(|note| Failure::note(exit::FAILED, note))?;
    println!("{}", texts.get("db-reinit-warning", &[("host", host.to_string())]));
    confirm(args.yes, texts)?;
    let before = told.get(&host).map(|s| s.server.instance.clone());
    connected.order(&host, Ask::Rebuild {})?;
    let cluster = &connected.context.cluster;
    let follows = |told: &_| {
        let anew = |h: &std::collections::BTreeMap<HostName, wire::replication::Status>| {
            h.get(&host).map(|s| s.server.instance.clone()) != before
        };
        Replicas::new(cluster, told).follows(&host) && anew(told)
    };
    connected.report(REINIT, follows, "db-reinitialised", &host, texts)
}

fn confirm(yes: bool, texts: &Texts) -> Result<(), Failure> {
    let agreed = yes || (std::io::stdin().is_terminal() && context::ask_yes(&texts.plain("db-go-on")));
    if agreed { Ok(()) } else { Err(Failure::note(exit::USAGE, Note::new("db-declined"))) }
}

impl Connected {
    fn until_primary(&self, to: &HostName, limit: Duration, done: &str, texts: &Texts) -> Result<ExitCode, Failure> {
        let leads = |told: &std::collections::BTreeMap<HostName, wire::replication::Status>| {
            told.get(to).is_some_and(|s| s.standing == Standing::Primary)
        };
        self.report(limit, leads, done, to, texts)
    }

    fn report(
        &self,
        limit: Duration,
        satisfied: impl Fn(&std::collections::BTreeMap<HostName, wire::replication::Status>) -> bool,
        done: &str,
        host: &HostName,
        texts: &Texts,
    ) -> Result<ExitCode, Failure> {
        let looking = runner::database::until(&self.context.cluster, &self.fleet, limit, satisfied);
        match self.runtime.block_on(looking) {
            Some(took) => {
                let took = format!("{:.1}", took.as_secs_f64());
                println!("{}", texts.get(done, &[("host", host.to_string()), ("seconds", took)]));
                Ok(ExitCode::from(exit::DONE))
            }
            None => {
                let note = Note::new("db-order-not-done").with("host", host).with("seconds", limit.as_secs());
                Err(Failure::note(exit::FAILED, note))
            }
        }
    }
}
