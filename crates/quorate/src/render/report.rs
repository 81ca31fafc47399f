//! How a run ended.

use anstream::println;
use runner::{Report, StepOutcome};

use super::{BAD, DIM, GOOD, WARN, status};
use crate::text::Texts;

pub fn show(report: &Report, texts: &Texts) {
    for (host, note) in &report.absent {
        println!("{BAD}✘{BAD:#} {host}: {}", texts.note(note));
    }
    for (step, outcome) in &report.outcomes {
        match outcome {
            StepOutcome::Done { .. } => {}
            StepOutcome::Failed(note) => println!("{BAD}✘{BAD:#} {step}: {}", texts.note(note)),
            StepOutcome::Blocked(note) => println!("{WARN}■{WARN:#} {step}: {}", texts.note(note)),
            StepOutcome::Skipped { needs } => {
                println!("{DIM}-{DIM:#} {step}: {}", texts.get("step-skipped", &[("needs", needs.clone())]));
            }
        }
    }
    status::brief(&report.health, texts);
    let done = report.outcomes.values().filter(|o| matches!(o, StepOutcome::Done { .. })).count();
    let arguments = [
        ("done", done.to_string()),
        ("total", report.outcomes.len().to_string()),
        ("seconds", format!("{:.1}", report.elapsed_ms as f64 / 1000.0)),
        ("directory", report.directory.display().to_string()),
    ];
    let style = if report.complete() { GOOD } else { BAD };
    let id = match (report.outcomes.is_empty(), report.complete()) {
        (true, _) => "apply-unchanged",
        (false, true) => "apply-done",
        (false, false) => "apply-incomplete",
    };
    println!("{style}{}{style:#}", texts.get(id, &arguments));
}
