//! One trial after another: in the table of results, and by itself with its timeline.

use components::Capability;
use drill::{CapabilityObservation, Difference, Holders, Observation, Observed, Outcome, Reads, Report, TrialReport};
use maud::{Markup, html};
use wire::Note;

use super::timeline;
use crate::page::{Column, Tone, badge, columns, numbers, table, words};
use crate::text::Texts;

/// Of the values in question, so many are shown.
const MOST_VALUES: usize = 12;

/// Predicted beside observed, one row per trial.
pub fn results(report: &Report, texts: &Texts) -> Markup {
    if report.trials.is_empty() {
        return html! { p { (texts.plain("page-results-none")) } };
    }
    let mut capabilities: Vec<Capability> =
        report.trials.iter().flat_map(|t| &t.prediction.capabilities).map(|p| p.capability).collect();
    let seen = report.trials.iter().filter_map(|t| t.observation.as_ref());
    capabilities.extend(seen.flat_map(|o| &o.capabilities).map(|c| c.capability));
    capabilities.sort_unstable();
    capabilities.dedup();
    let mut heads = columns(&["page-trial", "page-outcome"], texts);
    heads.extend(capabilities.iter().map(|c| Column { name: words::capability(texts, *c), numeric: false }));
    heads.extend(columns(&["page-data", "page-holders", "page-whole#"], texts));
    let rows: Vec<Markup> =
        report.trials.iter().enumerate().map(|(place, t)| row(place, t, &capabilities, texts)).collect();
    html! {
        (table(&texts.plain("page-results-caption"), &heads, &rows))
        p class="quiet" { (texts.plain("page-results-note")) }
    }
}

fn row(place: usize, trial: &TrialReport, capabilities: &[Capability], texts: &Texts) -> Markup {
    html! {
        th scope="row" {
            a href=(format!("#trial-{}", place + 1)) { (trial.prediction.trial.name) }
            small class="quiet" { " " (texts.get("page-round", &[("round", trial.round.to_string())])) }
        }
        td { (outcome(trial, texts)) }
        @for capability in capabilities { td class="short" { (capability_cell(trial, *capability, texts)) } }
        @if let Some(seen) = &trial.observation {
            td class="short" { (data_cell(trial, seen, texts)) }
            td { (holders_cell(trial, seen, texts)) }
            td class="number" { (whole(seen, texts)) }
        } @else {
            td { "–" } td { "–" } td class="number" { "–" }
        }
    }
}

fn outcome(trial: &TrialReport, texts: &Texts) -> Markup {
    match &trial.outcome {
        Outcome::Passed => badge(Tone::Good, &texts.plain("page-passed")),
        Outcome::Failed => badge(Tone::Bad, &texts.plain("page-failed")),
        Outcome::NotRun(_) => badge(Tone::Warning, &texts.plain("page-not-run")),
    }
}

/// A promise as [`TrialReport::promised`] tells it.
pub fn promised(promise: Option<Option<bool>>, texts: &Texts) -> String {
    texts.plain(match promise {
        Some(Some(true)) => "page-serves",
        Some(Some(false)) => "page-is-lost",
        Some(None) => "page-may-be-lost",
        None => "page-no-promise",
    })
}

fn predicted(what: String, texts: &Texts) -> String {
    texts.get("page-predicted", &[("what", what)])
}

pub fn observed(how: Observed, texts: &Texts) -> String {
    texts.plain(match how {
        Observed::Served => "page-observed-served",
        Observed::Lost => "page-observed-lost",
        Observed::Unsteady => "page-observed-unsteady",
        Observed::NotAsked => "page-observed-not-asked",
    })
}

/// What was promised and what was seen of one capability.
pub fn of_capability(
    trial: &TrialReport,
    capability: Capability,
) -> (Option<Option<bool>>, Option<&CapabilityObservation>) {
    let promise = trial.promised(capability);
    let seen = trial.observation.as_ref().and_then(|o| o.capabilities.iter().find(|c| c.capability == capability));
    (promise, seen)
}

/// Whether what was seen is what was promised.
pub fn tone(promise: Option<Option<bool>>, how: Observed) -> Tone {
    match promise {
        _ if how == Observed::NotAsked => Tone::Plain,
        Some(serves) if drill::as_promised(serves, how) => Tone::Good,
        _ => Tone::Bad,
    }
}

fn capability_cell(trial: &TrialReport, capability: Capability, texts: &Texts) -> Markup {
    let (promise, seen) = of_capability(trial, capability);
    html! {
        small { (predicted(promised(promise, texts), texts)) }
        @if let Some(seen) = seen {
            (badge(tone(promise, seen.observed), &observed(seen.observed, texts)))
            @if let Some(gap) = seen.gap_ms {
                small { (texts.get("page-gap", &[("gap", numbers::milliseconds(gap))])) }
            } @else if seen.observed == Observed::Served { small { (texts.plain("page-no-gap")) } }
            @if let Some(most) = seen.gap_at_most_ms.filter(|_| seen.gap_ms.is_some()) {
                small { (texts.get("page-gap-most", &[("gap", numbers::milliseconds(most))])) }
            }
        } @else { "–" }
    }
}

const BACK: &str = "page-data-back";

/// What became of the data, as counts with their texts; those that must be none.
fn data_faults(seen: &Observation) -> [(&'static str, &Vec<String>); 5] {
    let data = &seen.data;
    [
        ("page-data-lost", &data.lost),
        ("page-data-invented", &data.invented),
        ("page-data-twice", &data.twice),
        (BACK, &data.back_in_time),
        ("page-data-two-writers", &data.two_writers),
    ]
}

fn data_cell(trial: &TrialReport, seen: &Observation, texts: &Texts) -> Markup {
    let acknowledged = numbers::grouped(&seen.data.acknowledged.to_string());
    let faults: Vec<_> = data_faults(seen).into_iter().filter(|(_, values)| !values.is_empty()).collect();
    html! {
        @for (text, values) in &faults {
            @let expected = *text == BACK && trial.prediction.reads == Reads::MayBeLate;
            @let tone = if expected { Tone::Plain } else { Tone::Bad };
            div { (badge(tone, &texts.get(text, &[("count", values.len().to_string())]))) }
        }
        @if faults.is_empty() { (badge(Tone::Good, &texts.plain("page-data-whole"))) }
        small { (texts.get("page-data-acknowledged", &[("count", acknowledged)])) }
        @if trial.prediction.reads == Reads::MayBeLate {
            small { (predicted(texts.plain("page-data-promise-late"), texts)) }
        }
    }
}

fn holders_cell(trial: &TrialReport, seen: &Observation, texts: &Texts) -> Markup {
    let holders = &seen.holders;
    let wrong = trial.differences.iter().any(|d| matches!(d, Difference::TwoHolders { .. }));
    let ms = |ms: u64| numbers::milliseconds(ms as f64);
    html! {
        @if holders.samples == 0 {
            (badge(Tone::Plain, &texts.plain("page-holders-not-seen")))
        } @else if holders.two_ms == 0 && holders.two_apart_ms == 0 {
            (badge(Tone::Good, &texts.plain("page-holders-one")))
        } @else {
            @let tone = if wrong { Tone::Bad } else { Tone::Good };
            @for (time, text) in [(holders.two_ms, "page-holders-two"), (holders.two_apart_ms, "page-holders-apart")] {
                @if time > 0 { div { (badge(tone, &texts.get(text, &[("time", ms(time))]))) } }
            }
        }
        @match trial.prediction.holders {
            Holders::One => { small { (predicted(texts.plain("page-holders-promise-one"), texts)) } }
            Holders::TwoUntilHeard { within_ms } => {
                small { (predicted(texts.get("page-holders-promise-two", &[("time", ms(within_ms))]), texts)) }
            }
        }
    }
}

fn whole(seen: &Observation, texts: &Texts) -> Markup {
    match seen.whole_after_ms {
        Some(ms) => html! { (numbers::milliseconds(ms as f64)) },
        None => badge(Tone::Bad, &texts.plain("page-not-whole")),
    }
}

/// A trial with its timeline and everything that was not as predicted.
pub fn trial(place: usize, trial: &TrialReport, texts: &Texts) -> Markup {
    let prediction = &trial.prediction;
    let losses = words::losses(texts, &prediction.trial.losses);
    html! {
        article id=(format!("trial-{}", place + 1)) {
            h3 {
                (prediction.trial.name) " · " (texts.get("page-round", &[("round", trial.round.to_string())])) " "
                (outcome(trial, texts))
            }
            @if losses.is_empty() { p class="quiet" { (texts.plain("page-trial-momentary")) } }
            @else { p class="quiet" { (texts.get("page-trial-losses", &[("losses", losses)])) } }
            @if let Outcome::NotRun(why) = &trial.outcome {
                p { (texts.plain("page-not-run")) (texts.plain("page-colon")) (texts.note(why)) }
            }
            @if !trial.differences.is_empty() {
                ul {
                    @for difference in &trial.differences {
                        li { (badge(Tone::Bad, "")) " " (words_of(difference, texts)) }
                    }
                }
            }
            @if trial.timeline.ended_ms > 0.0 { (timeline::timeline(place, trial, texts)) }
            @if let Some(seen) = &trial.observation { (evidence(seen, texts)) }
        }
    }
}

/// The values in question, and what nobody can know.
fn evidence(seen: &Observation, texts: &Texts) -> Markup {
    let unknown = [
        ("written", numbers::grouped(&seen.data.unknown_written.to_string())),
        ("missing", numbers::grouped(&seen.data.unknown_not_written.to_string())),
    ];
    html! {
        @for (text, values) in data_faults(seen).into_iter().filter(|(_, values)| !values.is_empty()) {
            @let what = texts.get(text, &[("count", values.len().to_string())]);
            p { (what) " (" (words::list(texts, values, MOST_VALUES)) ")" }
        }
        @if seen.data.unknown_written + seen.data.unknown_not_written > 0 {
            p class="quiet" { (texts.get("page-data-unknown", &unknown)) }
        }
    }
}

/// One thing that was not as predicted, in words.
pub fn words_of(difference: &Difference, texts: &Texts) -> String {
    let name = |c: &Capability| words::capability(texts, *c);
    let counted = |id: &str, count: &usize| texts.get(id, &[("count", count.to_string())]);
    match difference {
        Difference::Capability { capability, predicted_to_serve, observed: how } => {
            let arguments = [
                ("capability", name(capability)),
                ("predicted", promised(Some(Some(*predicted_to_serve)), texts)),
                ("observed", observed(*how, texts)),
            ];
            texts.get("page-differs-capability", &arguments)
        }
        Difference::NotPredicted { capability } => {
            texts.get("page-differs-not-predicted", &[("capability", name(capability))])
        }
        Difference::LostWrites { count } => counted("page-differs-lost", count),
        Difference::InventedWrites { count } => counted("page-differs-invented", count),
        Difference::DoubledWrites { count } => counted("page-differs-twice", count),
        Difference::BackInTime { count } => counted("page-differs-back", count),
        Difference::TwoWriters { count } => counted("page-differs-two-writers", count),
        Difference::TwoHolders { ms, allowed_ms } => {
            let arguments =
                [("time", numbers::milliseconds(*ms as f64)), ("allowed", numbers::milliseconds(*allowed_ms as f64))];
            texts.get("page-differs-holders", &arguments)
        }
        Difference::Unread { what } => {
            texts.get("page-differs-unread", &[("what", words::list(texts, what, MOST_VALUES))])
        }
        Difference::NotWhole { what } => {
            let said = |(place, note): &(String, Note)| match place.as_str() {
                "" => texts.note(note),
                place => format!("{place}: {}", texts.note(note)),
            };
            let what: Vec<_> = what.iter().map(said).collect();
            texts.get("page-differs-not-whole", &[("what", words::list(texts, &what, MOST_VALUES))])
        }
        Difference::Residue { what } => {
            texts.get("page-differs-residue", &[("what", words::list(texts, what, MOST_VALUES))])
        }
    }
}
