//! A drill on a terminal: what is going to be tried, and predicted beside observed.

use anstream::println;
use components::Held;
use drill::{Expected, NotTested, Outcome, Prediction, Reads, Report};
use model::HostName;

use super::{BAD, BOLD, DIM, GOOD, WARN, table};
use crate::page::drill::trial::{observed, of_capability, promised, words_of};
use crate::page::{numbers, words};
use crate::text::Texts;

/// What is going to be tried, with its predictions.
pub fn planned(predictions: &[Prediction], not_tested: &[NotTested], texts: &Texts) {
    println!("{BOLD}{}{BOLD:#}", texts.get("drill-planned", &[("count", predictions.len().to_string())]));
    for prediction in predictions {
        println!("  {}  {DIM}{}{DIM:#}", prediction.trial.name, promises(prediction, texts));
    }
    untested(not_tested, texts);
}

/// Everything that is not said to serve, in a line.
fn promises(prediction: &Prediction, texts: &Texts) -> String {
    let those = |expected: &Expected| -> Vec<_> {
        prediction.capabilities.iter().filter(|p| p.expected == *expected).map(|p| p.capability).collect()
    };
    let mut said = Vec::new();
    for (expected, id) in [(Expected::Lost, "drill-loses"), (Expected::Open, "drill-open")] {
        let capabilities = those(&expected);
        if !capabilities.is_empty() {
            said.push(texts.get(id, &[("capabilities", words::capabilities(texts, capabilities))]));
        }
    }
    for promise in &prediction.capabilities {
        let Expected::LostIfHeld(held) = &promise.expected else { continue };
        for Held { address, by } in held {
            let arguments = [
                ("capability", words::capability(texts, promise.capability)),
                ("address", address.to_string()),
                ("hosts", by.iter().map(HostName::as_str).collect::<Vec<_>>().join(", ")),
            ];
            said.push(texts.get("drill-loses-held", &arguments));
        }
    }
    if said.is_empty() { texts.plain("drill-all-serve") } else { said.join("; ") }
}

fn untested(not_tested: &[NotTested], texts: &Texts) {
    if not_tested.is_empty() {
        return;
    }
    println!("{WARN}{}{WARN:#}", texts.get("page-drill-not-tested", &[("count", not_tested.len().to_string())]));
    for one in not_tested {
        println!("  {}  {DIM}{}{DIM:#}", one.what, texts.note(&one.why));
    }
}

/// How a trial ended, in a line.
pub fn outcome(outcome: &Outcome, texts: &Texts) -> String {
    match outcome {
        Outcome::Passed => format!("{GOOD}✔{GOOD:#} {}", texts.plain("drill-as-predicted")),
        Outcome::Failed => format!("{BAD}✘{BAD:#} {}", texts.plain("drill-not-as-predicted")),
        Outcome::NotRun(note) => format!("{WARN}!{WARN:#} {}", texts.note(note)),
    }
}

/// The whole report.
pub fn report(report: &Report, texts: &Texts) {
    let mut asked: Vec<_> =
        report.trials.iter().flat_map(|t| &t.prediction.capabilities).map(|p| p.capability).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut rows = vec![vec![texts.plain("column-fault")]];
    rows[0].extend(asked.iter().map(|c| words::capability(texts, *c)));
    rows[0].push(texts.plain("column-whole-after"));
    for trial in &report.trials {
        let mut row = vec![trial.prediction.trial.name.clone()];
        for capability in &asked {
            let (promise, seen) = of_capability(trial, *capability);
            let gap = seen.and_then(|s| s.gap_ms).map(|ms| format!(" ({})", numbers::milliseconds(ms)));
            let seen = seen.map_or_else(|| "-".to_owned(), |s| observed(s.observed, texts));
            row.push(format!("{} / {seen}{}", promised(promise, texts), gap.unwrap_or_default()));
        }
        let whole = trial.observation.as_ref().and_then(|o| o.whole_after_ms);
        row.push(whole.map_or_else(|| "-".to_owned(), |ms| numbers::milliseconds(ms as f64)));
        rows.push(row);
    }
    println!("\n{DIM}{}{DIM:#}", texts.plain("drill-columns"));
    for (place, line) in table(&rows).into_iter().enumerate() {
        match place.checked_sub(1).and_then(|p| report.trials.get(p)).map(|t| &t.outcome) {
            None => println!("{BOLD}{line}{BOLD:#}"),
            Some(Outcome::Passed) => println!("{line}"),
            Some(Outcome::Failed) => println!("{BAD}{line}{BAD:#}"),
            Some(Outcome::NotRun(_)) => println!("{WARN}{line}{WARN:#}"),
        }
    }
    for trial in &report.trials {
        for difference in &trial.differences {
            println!("{BAD}✘{BAD:#} {}: {}", trial.prediction.trial.name, words_of(difference, texts));
        }
        if let Outcome::NotRun(note) = &trial.outcome {
            println!("{WARN}!{WARN:#} {}: {}", trial.prediction.trial.name, texts.note(note));
        }
        let late = trial.observation.as_ref().map_or(0, |o| o.data.back_in_time.len());
        if late > 0 && trial.prediction.reads == Reads::MayBeLate {
            let said = texts.get("drill-late-reads", &[("count", late.to_string())]);
            println!("{WARN}!{WARN:#} {}: {said}", trial.prediction.trial.name);
        }
    }
    for gaps in report.gaps() {
        let arguments = [
            ("capability", words::capability(texts, gaps.capability)),
            ("p50", numbers::milliseconds(gaps.p50_ms)),
            ("max", numbers::milliseconds(gaps.max_ms)),
            ("trials", gaps.trials.to_string()),
        ];
        println!("{}", texts.get("drill-gaps", &arguments));
    }
    let (acknowledged, lost) = report
        .trials
        .iter()
        .filter_map(|t| t.observation.as_ref())
        .fold((0, 0), |(a, l), o| (a + o.data.acknowledged, l + o.data.lost.len()));
    let arguments = [("lost", lost.to_string()), ("acknowledged", acknowledged.to_string())];
    println!("{}", texts.get("page-drill-writes", &arguments));
    untested(&report.not_tested, texts);
    let (style, id) = if report.passed() { (GOOD, "page-drill-passed") } else { (BAD, "drill-failed") };
    println!("{style}{}{style:#}", texts.plain(id));
}
