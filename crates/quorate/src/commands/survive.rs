//! `quorate survive`: what a cluster survives, reckoned from its file alone; and fault trees of others.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use components::Losses;
use model::{Cluster, HostName};
use serde::Serialize;
use survival::diagram::{Analysis, Limits};
use survival::open_psa::{Options, Source};
use survival::survey::{Question, survey};
use survival::{CapabilityTree, Grain, capability_tree};
use wire::Note;

use crate::args::SurviveArgs;
use crate::failure::Failure;
use crate::text::Texts;
use crate::{context, exit, page, render};

/// More sets than anybody reads; a program asks for them with `--json`.
const MOST: usize = 200;
/// Up to which order sets are listed, if nothing else is asked for.
const LISTED: usize = 2;

pub fn run(args: &SurviveArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let models: Vec<&Path> = args.open_psa.iter().filter(|p| !p.is_empty()).map(Path::new).collect();
    if !models.is_empty() {
        return open_psa(&models, args, texts);
    }
    let (cluster, _) = context::read(&args.file, texts)?;
    let without = hosts(&cluster, &args.without)?;
    if !args.open_psa.is_empty() {
        let trees = trees(&cluster, &without)?;
        let trees: Vec<_> = trees.iter().map(|(_, t)| &t.tree).collect();
        emit(&survival::open_psa::write(&trees));
        return Ok(ExitCode::SUCCESS);
    }
    let order = args.order.map(usize::from);
    let question = Question { order: order.unwrap_or(LISTED), most: MOST, without: without.clone() };
    let survey = survey(&cluster, &question).map_err(failed)?;
    if let Some(path) = &args.html {
        let page = page::survive::page(&cluster, &survey, &trees(&cluster, &without)?, texts);
        std::fs::write(path, page).map_err(|e| {
            Failure::note(exit::FAILED, Note::new("file-unwritable").with("path", path.display()).with("error", e))
        })?;
    }
    if args.json {
        emit(&(serde_json::to_string_pretty(&survey).unwrap_or_default() + "\n"));
    } else {
        render::survive::show(&cluster, &survey, texts);
        if let Some(path) = &args.html {
            println!("\n{}", texts.get("survive-page", &[("path", path.display().to_string())]));
        }
    }
    let lost = survey.capabilities.iter().any(|c| !c.works);
    Ok(ExitCode::from(if lost { exit::LOST } else { exit::DONE }))
}

/// Prints what may be long and is often piped into something that reads only its beginning.
fn emit(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::plain(exit::FAILED, error.to_string())
}

fn hosts(cluster: &Cluster, names: &[String]) -> Result<Vec<HostName>, Failure> {
    names
        .iter()
        .map(|name| match cluster.host(&name.as_str().into()) {
            Some(host) => Ok(host.name.clone()),
            None => {
                let known = cluster.hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", ");
                Err(Failure::note(exit::USAGE, Note::new("unknown-host").with("host", name).with("hosts", known)))
            }
        })
        .collect()
}

/// Every capability's tree, with all basic events.
fn trees(cluster: &Cluster, without: &[HostName]) -> Result<Vec<(components::Capability, CapabilityTree)>, Failure> {
    components::capabilities(cluster)
        .into_iter()
        .map(|(capability, rule)| {
            let left = |_: &str, host: &HostName| !without.contains(host);
            // As the survey does: a group that has lost its quorum does not recount.
            let rule = if rule.holds(Losses::AtOnce, &left) { rule.as_settled(&left) } else { rule };
            let (at_once, all) = (Losses::AtOnce, Grain::Everything);
            let tree = capability_tree(cluster, capability.id(), &rule, without, at_once, all).map_err(failed)?;
            Ok((capability, tree))
        })
        .collect()
}

/// What is said of one top event of a model.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TopReport {
    fault_tree: String,
    gate: String,
    coherent: bool,
    /// By order from 0; as text, for there may be more than a JSON number holds.
    cut_sets: Vec<String>,
    /// Whether there may be sets of higher orders, which were not asked for.
    limited: bool,
    total: String,
    /// `None` where an event has no probability, or the diagram is too large.
    probability: Option<f64>,
    smallest: Vec<Vec<String>>,
}

fn open_psa(models: &[&Path], args: &SurviveArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|e| {
            Failure::note(exit::USAGE, Note::new("file-unreadable").with("path", path.display()).with("error", e))
        })
    };
    let texts_of =
        models.iter().map(|p| Ok((p.display().to_string(), read(p)?))).collect::<Result<Vec<_>, Failure>>()?;
    let sources: Vec<Source<'_>> = texts_of.iter().map(|(name, text)| Source { name, text }).collect();
    let model = survival::open_psa::read(&sources, Options::default())
        .map_err(|error| Failure::plain(exit::USAGE, error.to_string()))?;
    let order = args.order.map(usize::from);
    let mut reports = Vec::new();
    for top in &model.tops {
        let tree = model.fault_tree(top);
        let mut analysis = Analysis::new(&tree, Limits::default()).map_err(failed)?;
        let counts = analysis.cut_set_counts(order).map_err(failed)?;
        let sets = analysis.cut_sets(order.or(Some(LISTED)), MOST).map_err(failed)?;
        reports.push(TopReport {
            fault_tree: top.fault_tree.clone(),
            gate: top.gate.clone(),
            coherent: analysis.is_coherent(),
            total: counts.total().to_string(),
            cut_sets: counts.by_order.iter().map(u128::to_string).collect(),
            limited: counts.limited,
            probability: analysis.probability().ok(),
            smallest: sets
                .into_iter()
                .map(|set| set.into_iter().map(|e| tree.events[e.0].name.clone()).collect())
                .collect(),
        });
    }
    if args.json {
        emit(&(serde_json::to_string_pretty(&reports).unwrap_or_default() + "\n"));
        return Ok(ExitCode::SUCCESS);
    }
    for note in &model.notes {
        eprintln!("{note}");
    }
    for report in &reports {
        let orders: Vec<String> = report
            .cut_sets
            .iter()
            .enumerate()
            .filter(|(_, count)| *count != "0")
            .map(|(order, count)| format!("{order}: {count}"))
            .collect();
        let arguments = [
            ("tree", report.fault_tree.clone()),
            ("gate", report.gate.clone()),
            ("total", report.total.clone()),
            ("orders", orders.join(", ")),
            ("probability", report.probability.map_or_else(|| "-".to_owned(), |p| format!("{p:e}"))),
        ];
        println!("{}", texts.get(if report.limited { "open-psa-limited" } else { "open-psa-top" }, &arguments));
    }
    Ok(ExitCode::SUCCESS)
}
