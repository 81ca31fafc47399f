//! `quorate plan`: what `apply` would change.

use std::process::ExitCode;

use ssh::Limits;

use crate::args::PlanArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::WARN;
use crate::text::Texts;
use crate::{commands, exit, render};

pub fn run(args: &PlanArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    // Before connecting: it holds whether or not the hosts are there.
    if let Some(note) = commands::apply::later(&context.cluster, texts) {
        anstream::eprintln!("{WARN}!{WARN:#} {}", texts.note(&note));
    }
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let (_, stop) = tokio::sync::watch::channel(false);
    let options = runner::ApplyOptions {
        cluster: context.cluster.clone(),
        text: context.text.clone(),
        directory: context.directory.clone(),
        selection: commands::apply::selection(&args.select, &context.cluster)?,
        saved: None,
        from_generation: args.from_generation,
        passwords: context.passwords()?,
        holder: String::new(),
        hold: None,
        events,
        stop,
    };
    let (runtime, mut fleet) = context.connect(&args.file, Limits::default(), texts)?;
    let planned = runtime
        .block_on(runner::apply::plan_only(&options, &mut fleet))
        .map_err(|e| Failure::of_run(e, &context.text))?;
    if let Some(path) = &args.output {
        let bytes = serde_json::to_vec_pretty(&planned.plan).unwrap_or_default();
        runner::journal::write_private(path, &bytes)?;
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&planned.plan).unwrap_or_default());
    } else {
        render::plan::show(&context.cluster, &planned.plan, texts);
    }
    Ok(ExitCode::from(if planned.plan.absent.is_empty() { exit::DONE } else { exit::DEGRADED }))
}
