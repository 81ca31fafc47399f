//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::db::DbArgs;
use crate::commands::lab::LabArgs;

/// Plans, deploys, proves and keeps a highly available cluster from one file
#[derive(Debug, Parser)]
#[command(name = "quorate", version, max_term_width = 100)]
pub struct Cli {
    /// Language of messages: en or zh-CN; from LANG otherwise
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a cluster file to begin with
    Init(InitArgs),
    /// Check a cluster file, and with --hosts whether the hosts are ready for it
    Check(CheckArgs),
    /// Show what `apply` would change, file by file
    Plan(PlanArgs),
    /// Bring the hosts to what the file says
    Apply(ApplyArgs),
    /// Show what works, what more may fail, and what is wrong
    Status(StatusArgs),
    /// Reckon what a cluster file survives, what it does not, and how available that is
    Survive(SurviveArgs),
    /// Break the running cluster on purpose, and compare what happens with what was predicted
    Drill(DrillArgs),
    /// Look after the cluster's database
    #[command(hide = true)]
    Db(DbArgs),
    /// Take back everything that `apply` made
    Destroy(DestroyArgs),
    /// Show a generated password
    Secret(SecretArgs),
    /// Print Prometheus alerting rules for a cluster file
    Alerts(AlertsArgs),
    /// Print the JSON Schema of cluster files, for editors
    Schema,
    /// Make test hosts on this machine, and break them
    Lab(LabArgs),
    /// Serve requests on a host
    #[command(hide = true)]
    Helper,
    /// Undo a fault of a drill on this host: what the host's own timer runs
    #[command(hide = true)]
    UndoFault { id: String },
    /// Answer the local verdicts on a host
    #[command(hide = true)]
    Agent {
        #[arg(long)]
        config: PathBuf,
    },
    /// Look after this host's backups: what its timers run
    #[command(hide = true)]
    Backup {
        #[arg(value_enum)]
        work: BackupWork,
    },
    /// Bring the host's Galera member back after a full outage
    #[command(hide = true)]
    GaleraRecover {
        #[arg(long)]
        config: PathBuf,
    },
    /// Ask the agent for a verdict
    #[command(hide = true)]
    Verdict { name: String },
}

/// What a host's timers do for its backups.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BackupWork {
    /// Make a backup, if it is this host's turn
    Take,
    /// Bring binary logs over
    Ship,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    #[arg(long, value_enum, default_value = "three-node")]
    pub preset: PresetName,
    /// Write the file here instead of printing it; an existing file is left alone
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PresetName {
    Single,
    ThreeNode,
    FiveNode,
}

/// Which cluster, and how to get to its hosts.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The cluster file
    #[arg(value_name = "CLUSTER.YAML", default_value = "cluster.yaml")]
    pub file: PathBuf,
    /// Pin the SSH keys of hosts seen for the first time without asking
    #[arg(long)]
    pub accept_new_host_keys: bool,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Look at the hosts too; nothing is changed on them
    #[arg(long)]
    pub hosts: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SelectArgs {
    /// Only this component, host or step; may be given several times
    #[arg(long, value_name = "COMPONENT|HOST|STEP")]
    pub only: Vec<String>,
    /// Only the steps of these numbers, such as 1,2 or 3+; `plan` shows the numbers
    #[arg(short = 'j', value_name = "NUMBERS")]
    pub numbers: Option<String>,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub file: FileArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Save the plan, for `apply --plan`
    #[arg(long, short, value_name = "PLAN.JSON")]
    pub output: Option<PathBuf>,
    /// The file was derived from this generation of the cluster
    #[arg(long, value_name = "N")]
    pub from_generation: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub file: FileArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Carry out exactly this saved plan, or nothing
    #[arg(long, value_name = "PLAN.JSON")]
    pub plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// The file was derived from this generation of the cluster
    #[arg(long, value_name = "N")]
    pub from_generation: Option<u64>,
    /// After a full outage of Galera, let the data of this host count, whatever the other members may have: only if they
    /// are lost for good
    #[arg(long, value_name = "HOST")]
    pub recover_with: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Stand still at STEP:operator, STEP:before-action or STEP:before-result, to be killed from outside
    #[arg(long, hide = true, value_name = "STEP:POINT")]
    pub hold_at: Option<String>,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Look again every two seconds
    #[arg(long, short)]
    pub watch: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DrillArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Break this, such as 'kill host node2', 'stop etcd node1' or 'cut node1 from node2,node3'; several at once with
    /// +; may be given several times. Without it: every host and every component, one at a time
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<String>,
    /// Also break every pair of hosts at once
    #[arg(long, default_value_t = 1, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub order: u8,
    /// Only whole hosts, no single components
    #[arg(long)]
    pub hosts_only: bool,
    /// Make also the trials in which a capability is predicted to be lost
    #[arg(long)]
    pub expect_loss: bool,
    /// Hosts may be reset without warning
    #[arg(long)]
    pub allow_power: bool,
    /// The hosts are those of this lab: they are killed and paused from outside
    #[arg(long, value_name = "NAME")]
    pub lab: Option<String>,
    /// Test these predictions, saved by an earlier drill, instead of those of the rules
    #[arg(long, value_name = "PREDICTIONS.JSON", conflicts_with_all = ["fault", "order", "hosts_only"])]
    pub predictions: Option<PathBuf>,
    /// How often every trial is made
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub rounds: u16,
    /// Break what is drawn at random, one thing or two at a time, until so many minutes are over
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["fault", "order", "hosts_only", "predictions", "rounds"])]
    pub soak: Option<u32>,
    /// Draw the same again
    #[arg(long, value_name = "NUMBER", requires = "soak")]
    pub seed: Option<u64>,
    /// Seconds for which a fault lasts
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(5..=600))]
    pub hold: u64,
    /// Write a page for the browser, which needs nothing else
    #[arg(long, value_name = "FILE.HTML")]
    pub html: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SurviveArgs {
    /// The cluster file
    #[arg(value_name = "CLUSTER.YAML", default_value = "cluster.yaml")]
    pub file: PathBuf,
    /// What if these hosts were lost already
    #[arg(long, value_name = "HOST[,HOST]", value_delimiter = ',')]
    pub without: Vec<String>,
    /// List sets of up to so many losses (2); the smallest are listed in any case. With --open-psa, count no larger ones
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=12))]
    pub order: Option<u8>,
    /// Write a page for the browser, which needs nothing else
    #[arg(long, value_name = "FILE.HTML")]
    pub html: Option<PathBuf>,
    /// Without a file: print the cluster's fault trees in the Open-PSA format. With files: analyse that model instead
    #[arg(long, value_name = "MODEL.XML", num_args = 0..=1, default_missing_value = "", conflicts_with = "html")]
    pub open_psa: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AlertsArgs {
    /// The cluster file
    #[arg(value_name = "CLUSTER.YAML", default_value = "cluster.yaml")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct DestroyArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Do not ask; the cluster's name must be given instead
    #[arg(long, value_name = "CLUSTER")]
    pub yes: Option<String>,
    /// Delete etcd's data as well; without it data stays on the hosts
    #[arg(long)]
    pub delete_data: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SecretArgs {
    #[command(subcommand)]
    pub action: SecretAction,
}

#[derive(Debug, Subcommand)]
pub enum SecretAction {
    /// Print the password of a database account
    Show {
        /// The account
        name: String,
        #[command(flatten)]
        file: FileArgs,
    },
}
