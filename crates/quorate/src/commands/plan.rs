//! `quorate plan`: what `apply` would change.

use std::process::ExitCode;

use model::Cluster;
use ssh::Limits;
use survival::survey::{Question, survey};

use crate::args::PlanArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::WARN;
use crate::text::Texts;
use crate::{commands, exit, render};

/// What the file survives, in short, and what it changes of that.
fn survives(before: Option<&Cluster>, after: &Cluster, texts: &Texts) -> Result<(), Failure> {
    let reckon =
        |cluster| survey(cluster, &Question::default()).map_err(|e| Failure::plain(exit::FAILED, e.to_string()));
    let after = reckon(after)?;
    println!("\n{}", texts.plain("plan-survives"));
    render::survive::capabilities(&after, texts);
    if let Some(before) = before {
        render::survive::change(&reckon(before)?, &after, texts);
    }
    Ok(())
}

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
        recover_with: None,
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
        let present = planned.facts.values().filter_map(|f| f.state.as_ref()).max_by_key(|s| s.generation);
        let before = present.and_then(|state| model::parse(&state.file).ok());
        survives(before.as_ref(), &context.cluster, texts)?;
    }
    Ok(ExitCode::from(if planned.plan.absent.is_empty() { exit::DONE } else { exit::DEGRADED }))
}
