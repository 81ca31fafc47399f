//! `quorate db status`: who is primary, who has every acknowledged write, and what the loss of each host would mean now.

use std::process::ExitCode;

use anstream::println;
use clap::Args;
use planner::replicas::Replicas;
use wire::replication::{Standing, Status};

use super::Connected;
use crate::args::FileArgs;
use crate::exit;
use crate::failure::Failure;
use crate::render::{BOLD, table};
use crate::text::Texts;

#[derive(Debug, Args)]
pub struct DbStatusArgs {
    #[command(flatten)]
    pub file: FileArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &DbStatusArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let connected = Connected::to(&args.file, texts)?;
    let (told, silent) = connected.statuses();
    let replicas = Replicas::new(&connected.context.cluster, &told);
    let record = replicas.record();
    if args.json {
        let hosts: serde_json::Map<_, _> = replicas
            .all()
            .map(|(host, status)| {
                let lost = replicas.fate(host);
                (host.to_string(), serde_json::json!({ "status": status, "silent": silent.get(host), "ifLost": lost }))
            })
            .collect();
        let all = serde_json::json!({ "primary": replicas.primary(), "record": record, "hosts": hosts });
        println!("{}", serde_json::to_string_pretty(&all).unwrap_or_default());
    } else {
        if let Some(record) = record {
            let sync = match (record.sync.is_empty(), replicas.blocks()) {
                (false, _) => record.sync.join(", "),
                (true, false) => texts.plain("db-nobody"),
                (true, true) => texts.plain("db-nobody-waits"),
            };
            let arguments = [("epoch", record.epoch.to_string()), ("primary", record.primary.clone()), ("sync", sync)];
            let leads = replicas.primary().is_some_and(|p| p.0 == record.primary);
            println!("{}\n", texts.get(if leads { "db-record" } else { "db-record-last" }, &arguments));
        }
        let heading = ["db-column-host", "db-column-role", "db-column-log", "db-column-lag", "db-column-if-lost"];
        let mut rows = vec![heading.map(|c| texts.plain(c)).to_vec()];
        for (host, status) in replicas.all() {
            let (role, log, lag) = match status {
                Some(status) => {
                    let alone = if replicas.blocks() { "db-role-primary-waits" } else { "db-role-primary-alone" };
                    (
                        role(status, alone, record.is_some_and(|r| r.sync.contains(&host.0)), texts),
                        log(status),
                        lag(status),
                    )
                }
                None => (texts.plain("db-role-silent"), "-".into(), "-".into()),
            };
            rows.push(vec![host.to_string(), role, log, lag, texts.note(&replicas.fate(host))]);
        }
        for (place, line) in table(&rows).into_iter().enumerate() {
            if place == 0 { println!("{BOLD}{line}{BOLD:#}") } else { println!("{line}") }
        }
        for (number, note) in silent.values().enumerate() {
            println!("{}{}", if number == 0 { "\n" } else { "" }, texts.note(note));
        }
    }
    let whole = replicas.all().all(|(h, s)| s.is_some() && (replicas.primary() == Some(h) || replicas.follows(h)));
    Ok(ExitCode::from(match (replicas.primary(), record) {
        (None, _) | (_, None) => exit::LOST,
        (_, Some(record)) if record.sync.is_empty() || !whole => exit::DEGRADED,
        _ => exit::DONE,
    }))
}

fn role(status: &Status, alone: &str, synchronous: bool, texts: &Texts) -> String {
    let why = status.why.clone().unwrap_or_default();
    let word = match status.standing {
        Standing::Primary if status.asynchronous => texts.plain(alone),
        Standing::Primary => texts.plain("db-role-primary"),
        Standing::Following if !why.is_empty() => return texts.get("db-role-waiting", &[("why", why)]),
        Standing::Following if synchronous => texts.plain("db-role-synchronous"),
        Standing::Following => texts.plain("db-role-asynchronous"),
        Standing::Promoting => return texts.get("db-role-promoting", &[("why", why)]),
        Standing::HandingOver => texts.plain("db-role-handing-over"),
        Standing::Fencing => return texts.get("db-role-fencing", &[("why", why)]),
        Standing::Starting => texts.plain("db-role-starting"),
    };
    if status.coordinated { word } else { format!("{word} {}", texts.plain("db-role-uncoordinated")) }
}

fn log(status: &Status) -> String {
    if status.server.position.is_empty() { "-".to_owned() } else { status.server.position.clone() }
}

fn lag(status: &Status) -> String {
    status.server.lag_ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.1} s", ms as f64 / 1000.0))
}
