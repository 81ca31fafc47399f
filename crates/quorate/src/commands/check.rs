//! `quorate check`: the file, and with `--hosts` the preflight of the hosts.

use std::process::ExitCode;
use std::time::Duration;

use planner::preflight::{self, Severity};
use ssh::Limits;

use crate::args::CheckArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::Texts;
use crate::{exit, render};

/// Looks that listen to the segment take a good second.
const LIMIT: Duration = Duration::from_secs(20);

pub fn run(args: &CheckArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    if !args.hosts {
        if args.json {
            println!(
                "{}",
                serde_json::json!({ "cluster": context.cluster.name, "hosts": context.cluster.hosts.len() })
            );
        } else {
            render::file_is_right(&context.cluster, texts);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let passwords = context.passwords()?;
    let (runtime, mut fleet) = context.connect(&args.file, Limits::default(), texts)?;
    let cluster = &context.cluster;
    let (seen, slow) = runtime.block_on(async {
        // Clocks first: the slow looks of the second round would blur the measurement.
        let seen = runner::observe::facts(cluster, &mut fleet, LIMIT, |_| vec![]).await;
        let looks = |host: &_| {
            let looks = preflight::looks(cluster, host).into_iter();
            looks.map(|look| runner::secrets::fill_look(look, &passwords)).collect()
        };
        let slow = runner::observe::facts(cluster, &mut fleet, LIMIT, looks).await;
        (seen, slow)
    });
    let findings = preflight::preflight(cluster, &slow.facts, &fleet.absent, &seen.skew_ms);
    let worst = findings.iter().map(|f| f.severity).min();
    if args.json {
        println!("{}", render::findings_json(&findings, texts));
    } else {
        render::findings(cluster, &findings, texts);
    }
    Ok(ExitCode::from(if worst == Some(Severity::Error) { exit::FAILED } else { exit::DONE }))
}
