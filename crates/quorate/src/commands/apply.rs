//! `quorate apply`: brings the hosts to what the file says.

use std::io::IsTerminal;
use std::process::ExitCode;

use model::HostName;
use planner::Plan;
use planner::health::State;
use planner::select::{Selection, parse_numbers};
use runner::execute::{HoldAt, HoldPoint};
use ssh::Limits;
use wire::Note;
use wire::message::Hold;

use crate::args::{ApplyArgs, SelectArgs};
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::text::Texts;
use crate::{exit, render};

pub fn run(args: ApplyArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    if let Some(note) = later(&context.cluster, texts) {
        return Err(Failure::note(exit::FAILED, note));
    }
    if let Some(host) = &args.recover_with
        && !context.cluster.database_members().iter().any(|h| h.name.as_str() == host)
    {
        return Err(Failure::note(exit::USAGE, Note::new("galera-recover-with-unfit").with("host", host)));
    }
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    let (events, receiver) = tokio::sync::mpsc::unbounded_channel();
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let options = runner::ApplyOptions {
        cluster: context.cluster.clone(),
        text: context.text.clone(),
        directory: context.directory.clone(),
        selection: selection(&args.select, &context.cluster)?,
        saved,
        from_generation: args.from_generation,
        recover_with: args.recover_with.as_deref().map(HostName::from),
        passwords: context.passwords()?,
        holder: context::holder(),
        hold: args.hold_at.as_deref().map(hold).transpose()?,
        events,
        stop,
    };
    let (runtime, fleet) = context.connect(&args.file, Limits::default(), texts)?;
    let progress = render::progress::Progress::new(!args.json);
    let confirm = |plan: &Plan| {
        if !args.json {
            render::plan::show(&context.cluster, plan, texts);
        }
        let agreed = args.yes || (std::io::stdin().is_terminal() && context::ask_yes(&texts.plain("apply-question")));
        if agreed {
            progress.begin(plan.steps.len());
        }
        agreed
    };
    let report = runtime.block_on(async {
        let ctrl_c = tokio::spawn(stop_on_ctrl_c(stopper, texts.plain("apply-stopping")));
        let shown = tokio::spawn(progress.clone().follow(receiver, texts.language_tag()));
        let report = runner::apply(options, fleet, confirm).await;
        ctrl_c.abort();
        shown.abort();
        report
    });
    progress.end();
    let report = report.map_err(|e| Failure::of_run(e, &context.text))?;
    if report.declined {
        return Err(Failure::note(exit::USAGE, Note::new("apply-declined")));
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        render::report::show(&report, texts);
    }
    let code = match (report.complete(), report.health.state) {
        (false, _) => exit::FAILED,
        (true, State::Healthy) => exit::DONE,
        (true, State::Degraded) => exit::DEGRADED,
        (true, State::Lost) => exit::LOST,
    };
    Ok(ExitCode::from(code))
}

/// The first Ctrl-C lets the steps under way finish; the second leaves at once, and the next run picks up.
async fn stop_on_ctrl_c(stopper: tokio::sync::watch::Sender<bool>, message: String) {
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("\n{message}");
        let _ = stopper.send(true);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    }
}

/// What the file asks for and this version cannot deploy, with the hosts: half a cluster would be no use to anybody.
pub fn later(cluster: &model::Cluster, texts: &Texts) -> Option<Note> {
    let listed: Vec<String> = components::later(cluster)
        .iter()
        .map(|(component, hosts)| {
            let hosts: Vec<&str> = hosts.iter().map(|h| h.name.as_str()).collect();
            format!("{} ({})", texts.plain(&format!("component-{}", component.id())), hosts.join(", "))
        })
        .collect();
    (!listed.is_empty()).then(|| Note::new("not-deployable-yet").with("what", listed.join("; ")))
}

/// Reads `--only` and `-j`.
pub fn selection(args: &SelectArgs, cluster: &model::Cluster) -> Result<Selection, Failure> {
    let unknown = |name: &str| {
        let components: Vec<_> = components::all().iter().map(|c| c.id()).collect();
        let hosts: Vec<_> = cluster.hosts.iter().map(|h| h.name.as_str()).collect();
        let note = Note::new("selection-unknown").with("name", name).with("components", components.join(", "));
        Failure::note(exit::USAGE, note.with("hosts", hosts.join(", ")))
    };
    let is_host = |name: &str| cluster.hosts.iter().any(|h| h.name.as_str() == name);
    for name in &args.only {
        let known = match name.split('/').collect::<Vec<_>>().as_slice() {
            [name] => components::by_id(name).is_some() || is_host(name),
            [component, host, "configure" | "run" | "once"] => components::by_id(component).is_some() && is_host(host),
            _ => false,
        };
        if !known {
            return Err(unknown(name));
        }
    }
    let numbers = match args.numbers.as_deref() {
        Some(text) => parse_numbers(text).map_err(|e| Failure::plain(exit::USAGE, e.to_string()))?,
        None => vec![],
    };
    if let Some((from, _)) = numbers.iter().find(|(from, _)| *from > components::all().len()) {
        return Err(unknown(&from.to_string()));
    }
    Ok(Selection { only: args.only.clone(), numbers })
}

fn read_plan(path: &std::path::Path) -> Result<Plan, Failure> {
    let wrong = |error: String| {
        Failure::note(exit::USAGE, Note::new("plan-unreadable").with("path", path.display()).with("error", error))
    };
    let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))
}

fn hold(text: &str) -> Result<HoldAt, Failure> {
    let (step, point) = text.rsplit_once(':').unwrap_or((text, ""));
    let point = match point {
        "operator" => HoldPoint::Operator,
        "before-action" => HoldPoint::Helper(Hold::BeforeAction),
        "before-result" => HoldPoint::Helper(Hold::BeforeResult),
        _ => return Err(Failure::plain(exit::USAGE, format!("`{text}` is not STEP:POINT"))),
    };
    Ok(HoldAt { step: step.to_owned(), point })
}
