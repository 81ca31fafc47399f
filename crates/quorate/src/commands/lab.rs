//! `quorate lab`: test hosts on this machine, and faults from outside them.
//!
//! Only the translation between words and the crate `lab`, which does the work. The caller reads the cluster file that
//! `--file` names, as for every other command, and passes it in.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use lab::{Cut, Error, Filesystem, Hosts, IpNet, Ipv4Net, Lab, Options, Site};
use model::{Cluster, EndpointKind, SshAuth};

/// What to do with a lab.
#[derive(Debug, Args)]
pub struct LabArgs {
    /// The lab's name; several live side by side
    #[arg(long, global = true, default_value = "default")]
    name: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make hosts, and return when all of them answer on SSH
    Up {
        /// How many: node1 to nodeN
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        count: Option<usize>,
        /// Take the hosts' names and addresses from a cluster file
        #[arg(long, value_name = "CLUSTER.YAML")]
        file: Option<PathBuf>,
        /// The hosts' network, such as 10.88.0.0/24; a free one otherwise
        #[arg(long, conflicts_with = "file")]
        subnet: Option<Ipv4Net>,
        /// Give a directory of each host a filesystem of its own of this size, such as /var/lib/mysql=400M
        #[arg(long = "filesystem", value_name = "DIRECTORY=SIZE")]
        filesystems: Vec<Filesystem>,
        /// Make these hosts virtual machines: slow, but killing one is a power loss
        #[arg(long = "vm", value_name = "HOST[,HOST…]", value_delimiter = ',')]
        vms: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a command in a host as root; its exit code is this command's
    Exec {
        host: String,
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Switch hosts off without warning
    Kill {
        #[arg(required = true)]
        hosts: Vec<String>,
    },
    /// Switch hosts on again, with the disks they had
    Start {
        #[arg(required = true)]
        hosts: Vec<String>,
    },
    /// Stop hosts in the middle of whatever they do
    Pause {
        #[arg(required = true)]
        hosts: Vec<String>,
    },
    /// Let paused hosts go on
    Resume {
        #[arg(required = true)]
        hosts: Vec<String>,
    },
    /// Cut a host from everybody, or one side from the other: `cut node1`, `cut node1,node2 node3,operator`
    Cut {
        #[arg(value_name = "HOST[,HOST…]")]
        side: String,
        #[arg(value_name = "HOST[,HOST…]")]
        from: Option<String>,
    },
    /// Undo all cuts, or exactly the one that was made with these words
    Heal {
        #[arg(value_name = "HOST[,HOST…]")]
        side: Option<String>,
        #[arg(value_name = "HOST[,HOST…]", requires = "side")]
        from: Option<String>,
    },
    /// Undo a fault when its time has come: runs beside the lab for a program that may die
    #[command(hide = true)]
    Supervise,
    /// Show how each host is: running, paused, cut, dead
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove the lab and everything it made
    Down {
        /// All labs, and whatever a crash left of others
        #[arg(long)]
        all: bool,
    },
}

impl LabArgs {
    /// The cluster file to read before [`run`].
    pub fn file(&self) -> Option<&Path> {
        match &self.action {
            Action::Up { file, .. } => file.as_deref(),
            _ => None,
        }
    }
}

/// Does it. `cluster` is what [`LabArgs::file`] holds, if it names one.
///
/// # Errors
/// Those of the crate `lab`, made for the operator's eyes.
pub fn run(args: LabArgs, cluster: Option<&Cluster>) -> Result<ExitCode, Error> {
    let site = Site::from_env();
    let open = || Lab::open(&site, &args.name);
    let together = |hosts: &[String], act: fn(&mut Lab, &[&str]) -> lab::Result<()>| {
        act(&mut open()?, &hosts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    match &args.action {
        Action::Up { count, subnet, filesystems, vms, json, .. } => {
            let mut options = Options { site: site.clone(), ..Options::new(&args.name, count.unwrap_or_default()) };
            options.hosts = match cluster {
                Some(cluster) => hosts_of(cluster)?,
                None => Hosts::Count(count.unwrap_or_default(), *subnet),
            };
            options.authorized = cluster.map(public_keys).unwrap_or_default();
            options.filesystems.clone_from(filesystems);
            options.vms.clone_from(vms);
            if !lab::root::is_built(&site) {
                say(format_args!("building the lab's root from Debian packages: about a minute, once"));
            }
            let lab = Lab::up(options)?;
            if *json { print_json(&description(&lab)) } else { print_lab(&lab) }
        }
        Action::Exec { host, command } => {
            let argv: Vec<&str> = command.iter().map(String::as_str).collect();
            let code = open()?.exec_attached(host, &argv)?;
            return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
        }
        Action::Kill { hosts } => together(hosts, Lab::kill_all)?,
        Action::Start { hosts } => together(hosts, Lab::start_all)?,
        Action::Pause { hosts } => together(hosts, Lab::pause_all)?,
        Action::Resume { hosts } => together(hosts, Lab::resume_all)?,
        Action::Cut { side, from } => cuts(side, from.as_deref()).into_iter().try_for_each(|cut| open()?.cut(cut))?,
        Action::Heal { side: None, .. } => open()?.heal()?,
        Action::Heal { side: Some(side), from } => {
            cuts(side, from.as_deref()).iter().try_for_each(|cut| open()?.heal_cut(cut))?;
        }
        Action::Supervise => lab::supervise(&site)?,
        Action::Status { json } => print_status(&open()?, *json)?,
        Action::Down { all: true } => {
            for name in lab::down_all(&site)? {
                say(format_args!("removed {name}"));
            }
        }
        Action::Down { all: false } => {
            if !lab::down(&site, &args.name)? {
                say(format_args!("there was no lab named {}", args.name));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The hosts of a cluster file, as lab hosts.
fn hosts_of(cluster: &Cluster) -> Result<Hosts, Error> {
    if let Some(host) = cluster.hosts.iter().find(|h| h.ssh_address() != h.address) {
        return Err(Error::NotForLab(format!("host {} has an external address", host.name)));
    }
    let networks: Vec<IpNet> = cluster.networks.iter().map(|n| n.cidr).collect();
    let hosts: Vec<_> = cluster.hosts.iter().map(|h| (h.name.to_string(), h.address)).collect();
    let vips = cluster.endpoints.iter().filter_map(|e| match &e.kind {
        EndpointKind::Vip(vip) => Some(vip.address),
        _ => None,
    });
    Hosts::listed(&networks, &hosts, &vips.collect::<Vec<IpAddr>>())
}

/// The public halves of the keys that the cluster file logs in with, where they lie beside the private ones.
fn public_keys(cluster: &Cluster) -> Vec<String> {
    let mut keys = Vec::new();
    for host in &cluster.hosts {
        let SshAuth::KeyFile(path) = &host.ssh.auth else { continue };
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let path = path.strip_prefix("~").map_or_else(|_| path.clone(), |rest| home.join(rest));
        let Ok(key) = fs::read_to_string(format!("{}.pub", path.display())) else { continue };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// One side alone is cut from everybody, host by host; two sides are cut from each other.
fn cuts(side: &str, from: Option<&str>) -> Vec<Cut> {
    let names = |side: &str| side.split(',').map(str::to_owned).collect::<Vec<_>>();
    match from {
        Some(from) => vec![Cut::Between(names(side), names(from))],
        None => names(side).into_iter().map(Cut::Host).collect(),
    }
}

fn description(lab: &Lab) -> serde_json::Value {
    serde_json::json!({
        "name": lab.name(),
        "subnet": lab.subnet(),
        "operator": lab.operator(),
        "keyFile": lab.key_file(),
        "opsPasswordFile": lab.password_file(),
        "hosts": lab.hosts().iter().map(|h| serde_json::json!({ "name": h.name, "address": h.address })).collect::<Vec<_>>(),
    })
}

fn print_lab(lab: &Lab) {
    for host in lab.hosts() {
        out(format_args!("{:<16} {}", host.name, host.address));
    }
    out(format_args!("root logs in with the key {}", lab.key_file().display()));
    out(format_args!("ops logs in with it too, or with the password in {}", lab.password_file().display()));
}

fn print_status(lab: &Lab, json: bool) -> Result<(), Error> {
    let hosts = lab.status()?;
    if json {
        print_json(&serde_json::json!({ "name": lab.name(), "subnet": lab.subnet(), "hosts": hosts }));
        return Ok(());
    }
    for host in hosts {
        let pid = host.pid.map(|p| format!("pid {p}")).unwrap_or_default();
        let cut = match host.cut_from.as_slice() {
            [] => String::new(),
            others => format!("cut from {}", others.join(", ")),
        };
        let line =
            format!("{:<16} {:<15} {:<8} {pid:<12} {cut}", host.name, host.address.to_string(), host.health.as_str());
        out(format_args!("{}", line.trim_end()));
    }
    Ok(())
}

fn print_json(value: &serde_json::Value) {
    out(format_args!("{value:#}"));
}

/// A reader that has gone away (as `head` does) is no error of ours.
fn out(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
