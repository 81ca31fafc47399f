//! `quorate drill`: breaks the running cluster on purpose and compares what happens with what was predicted.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anstream::eprintln;
use drill::conduct::{Conductor, Hosts, Moment};
use drill::workload::Pace;
use drill::{Means, NotTested, Prediction, Report, Settings, Trial};
use model::Cluster;
use runner::Fleet;
use ssh::Limits;
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use wire::Note;

use crate::args::{DrillArgs, FileArgs};
use crate::context::{self, Context};
use crate::failure::{Failure, Message};
use crate::text::Texts;
use crate::{exit, page, render};

/// Milliseconds at the end of a fault in which it is judged whether a capability serves.
const JUDGED_MS: u64 = 5000;
/// Milliseconds that the cluster may take to be whole again: a database that copies its state anew takes a while.
const PATIENCE_MS: u64 = 180_000;
/// Milliseconds after the end of the hold at which hosts and supervisors undo a fault that nobody has undone.
const SLACK_MS: u64 = 30_000;

pub fn run(args: &DrillArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    let lab = args.lab.as_deref().map(|name| lab::Lab::open(&lab::Site::from_env(), name)).transpose();
    let lab = lab.map_err(|e| Failure::plain(exit::USAGE, e.to_string()))?;
    let means = Means { lab: lab.is_some(), power: args.allow_power };
    let (predictions, not_tested) = planned(&context.cluster, args, means)?;
    if !args.json {
        render::drill::planned(&predictions, &not_tested, texts);
    }
    if predictions.is_empty() {
        return Err(Failure::note(exit::USAGE, Note::new("drill-nothing")));
    }
    let directory = context.directory.join("drills").join(OffsetDateTime::now_utc().unix_timestamp().to_string());
    let saved = serde_json::to_vec_pretty(&predictions).unwrap_or_default();
    let agreed = args.yes || (std::io::stdin().is_terminal() && context::ask_yes(&texts.plain("drill-question")));
    if !agreed {
        return Err(Failure::note(exit::USAGE, Note::new("drill-declined")));
    }

    let stop = Arc::new(AtomicBool::new(false));
    let _listener = stop_on_ctrl_c(&stop, texts.plain("drill-stopping"))?;
    let hold_ms = args.hold * 1000;
    runner::journal::write_private(&directory.join("predictions.json"), &saved)?;
    let reach = Reach { context: &context, file: &args.file, texts };
    let conductor = Conductor {
        cluster: &context.cluster,
        hosts: &reach,
        lab,
        settings: Settings {
            rounds: usize::from(args.rounds),
            hold_ms,
            judged_ms: JUDGED_MS.min(hold_ms / 2),
            patience_ms: PATIENCE_MS,
            undo_after_ms: hold_ms + SLACK_MS,
        },
        pace: Pace::default(),
        directory: directory.clone(),
        holder: context::holder(),
        until: args.soak.map(|m| Instant::now() + Duration::from_secs(u64::from(m) * 60)),
        stop,
        tell: Box::new(|moment| {
            if !args.json {
                tell(&moment, texts)
            }
        }),
    };
    let report = conductor.drill(predictions, not_tested);
    finish(&report, args, &directory, texts)
}

fn finish(report: &Report, args: &DrillArgs, directory: &Path, texts: &Texts) -> Result<ExitCode, Failure> {
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    runner::journal::write_private(&directory.join("report.json"), json.as_bytes())?;
    let html = args.html.clone().unwrap_or_else(|| directory.join("report.html"));
    std::fs::write(&html, page::drill::page(report, texts)).map_err(|e| {
        Failure::note(exit::FAILED, Note::new("file-unwritable").with("path", html.display()).with("error", e))
    })?;
    if args.json {
        println!("{json}");
    } else {
        render::drill::report(report, texts);
        println!("{}", texts.get("survive-page", &[("path", html.display().to_string())]));
    }
    Ok(ExitCode::from(if report.passed() { exit::DONE } else { exit::FAILED }))
}

/// What is tried, and what is not because it is predicted to end badly.
fn planned(cluster: &Cluster, args: &DrillArgs, means: Means) -> Result<(Vec<Prediction>, Vec<NotTested>), Failure> {
    let why = || Note::new("drill-expects-loss");
    let sorted = |all: Vec<Prediction>| {
        let (made, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(|p| args.expect_loss || !p.expects_loss());
        (made, refused.into_iter().map(|p| NotTested { what: p.trial.name, why: why() }).collect())
    };
    if let Some(path) = &args.predictions {
        let unreadable = |error: String| {
            Failure::note(exit::USAGE, Note::new("file-unreadable").with("path", path.display()).with("error", error))
        };
        let text = std::fs::read(path).map_err(|e| unreadable(e.to_string()))?;
        return Ok(sorted(serde_json::from_slice(&text).map_err(|e| unreadable(e.to_string()))?));
    }
    let trials: Vec<Trial> = if let Some(minutes) = args.soak {
        let seed = args.seed.unwrap_or_else(|| OffsetDateTime::now_utc().unix_timestamp().unsigned_abs());
        eprintln!("--soak {minutes} --seed {seed}");
        // More than fit in: each takes at least as long as its fault.
        let count = usize::try_from(u64::from(minutes) * 60 / args.hold).unwrap_or(0) + 1;
        drill::soak(cluster, seed, count, means)
    } else if args.fault.is_empty() {
        drill::trials(cluster, usize::from(args.order), !args.hosts_only, means)
    } else {
        let parsed = args.fault.iter().map(|f| drill::parse(f, cluster, means)).collect::<Result<_, _>>();
        parsed.map_err(|e| Failure::plain(exit::USAGE, e.to_string()))?
    };
    let rules = components::capabilities(cluster);
    Ok(sorted(trials.into_iter().map(|t| Prediction::new(cluster, &rules, t)).collect()))
}

/// The way to the hosts, taken anew before each trial.
struct Reach<'a> {
    context: &'a Context,
    file: &'a FileArgs,
    texts: &'a Texts,
}

impl Hosts for Reach<'_> {
    fn connect(&self) -> Result<(Runtime, Fleet), Note> {
        self.context.connect(self.file, Limits::default(), self.texts).map_err(|failure| match failure.message {
            Message::Note(note) | Message::At(_, note) => note,
            Message::Plain(error) => Note::new("drill-no-hosts").with("error", error),
            Message::Shown | Message::Findings(_) => Note::new("drill-no-hosts").with("error", "-"),
        })
    }
}

fn tell(moment: &Moment, texts: &Texts) {
    match moment {
        Moment::Begins { number, of, name } => {
            let arguments = [("number", number.to_string()), ("of", of.to_string()), ("name", name.clone())];
            eprintln!("{}", texts.get("drill-begins", &arguments));
        }
        Moment::Steady => eprintln!("  {}", texts.plain("drill-steady")),
        Moment::Broken => eprintln!("  {}", texts.plain("drill-broken")),
        Moment::Undone => eprintln!("  {}", texts.plain("drill-undone")),
        Moment::Whole => eprintln!("  {}", texts.plain("drill-whole")),
        Moment::Ended { outcome } => eprintln!("  {}", render::drill::outcome(outcome, texts)),
    }
}

/// The first Ctrl-C ends the drill after the fault under way has been undone; the second leaves at once, and the hosts
/// undo it by themselves.
fn stop_on_ctrl_c(stop: &Arc<AtomicBool>, message: String) -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
    let stop = Arc::clone(stop);
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("\n{message}");
            stop.store(true, Ordering::SeqCst);
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
    });
    Ok(runtime)
}
