//! What a drill found, on one page: predicted beside observed, and what was never tried.

mod timeline;
pub mod trial;

use drill::{Outcome, Report};
use maud::{Markup, html};

use super::{Tone, badge, columns, document, numbers, section, table, words};
use crate::text::Texts;

/// The page of a drill.
pub fn page(report: &Report, texts: &Texts) -> String {
    let title = texts.get("page-drill-title", &[("cluster", report.cluster.clone())]);
    let trials = html! {
        (timeline::legend(texts))
        @for (place, of) in report.trials.iter().enumerate() { (trial::trial(place, of, texts)) }
    };
    let sections: [(&str, &str, Markup); 5] = [
        ("results", "page-heading-results", trial::results(report, texts)),
        ("gaps", "page-heading-gaps", gaps(report, texts)),
        ("not-tested", "page-heading-not-tested", not_tested(report, texts)),
        ("trials", "page-heading-trials", trials),
        ("settings", "page-heading-settings", settings(report, texts)),
    ];
    let about = [("started", report.started.clone()), ("program", report.program.clone())];
    let content = html! {
        header {
            h1 { (title) }
            p class="quiet" { (texts.get("page-drill-subtitle", &about)) }
        }
        (verdict(report, texts))
        nav aria-label=(texts.plain("page-contents")) {
            ul { @for (id, heading, _) in &sections { li { a href=(format!("#{id}")) { (texts.plain(heading)) } } } }
        }
        @for (id, heading, content) in &sections { (section(id, &texts.plain(heading), content)) }
    };
    document(&title, &content, texts)
}

/// How many trials ended how.
struct Counts {
    passed: usize,
    failed: usize,
    not_run: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let count = |which: fn(&Outcome) -> bool| report.trials.iter().filter(|t| which(&t.outcome)).count();
        Self {
            passed: count(|o| *o == Outcome::Passed),
            failed: count(|o| *o == Outcome::Failed),
            not_run: count(|o| matches!(o, Outcome::NotRun(_))),
        }
    }
}

fn verdict(report: &Report, texts: &Texts) -> Markup {
    let counts = Counts::of(report);
    let (tone, headline) = match (report.passed(), counts.failed) {
        (true, _) => (Tone::Good, "page-drill-passed"),
        (false, 0) => (Tone::Warning, "page-drill-incomplete"),
        (false, _) => (Tone::Bad, "page-drill-failed"),
    };
    let numbers = [
        ("passed", counts.passed.to_string()),
        ("failed", counts.failed.to_string()),
        ("notrun", counts.not_run.to_string()),
        ("total", report.trials.len().to_string()),
    ];
    html! {
        div class=(format!("verdict {}", tone.class())) {
            p { span aria-hidden="true" { (tone.sign()) } " " (texts.plain(headline)) }
            ul {
                li { (texts.get("page-drill-counts", &numbers)) }
                @if counts.not_run > 0 { li { (texts.plain("page-drill-not-run")) } }
                @if !report.not_tested.is_empty() {
                    @let count = report.not_tested.len().to_string();
                    li { a href="#not-tested" { (texts.get("page-drill-not-tested", &[("count", count)])) } }
                }
                @if let Some(lost) = lost_writes(report) { li { (lost_words(lost, texts)) } }
            }
        }
    }
}

/// Acknowledged writes that were lost, of how many; `None` where nothing was observed.
fn lost_writes(report: &Report) -> Option<(u64, u64)> {
    let seen: Vec<_> = report.trials.iter().filter_map(|t| t.observation.as_ref()).collect();
    let sum = |of: fn(&drill::DataObservation) -> u64| seen.iter().map(|o| of(&o.data)).sum();
    (!seen.is_empty()).then(|| (sum(|d| d.lost.len() as u64), sum(|d| d.acknowledged)))
}

fn lost_words((lost, acknowledged): (u64, u64), texts: &Texts) -> String {
    let numbers =
        [("lost", numbers::grouped(&lost.to_string())), ("acknowledged", numbers::grouped(&acknowledged.to_string()))];
    texts.get("page-drill-writes", &numbers)
}

fn gaps(report: &Report, texts: &Texts) -> Markup {
    let gaps = report.gaps();
    if gaps.is_empty() {
        return html! { p { (texts.plain("page-gaps-none")) } };
    }
    let columns = columns(&["page-capability", "page-gap-trials#", "page-gap-p50#", "page-gap-max#"], texts);
    let rows: Vec<Markup> = gaps
        .iter()
        .map(|g| {
            html! {
                th scope="row" { (words::capability(texts, g.capability)) }
                td class="number" { (g.trials) }
                td class="number" { (numbers::milliseconds(g.p50_ms)) }
                td class="number" { (numbers::milliseconds(g.max_ms)) }
            }
        })
        .collect();
    html! { (table(&texts.plain("page-gaps-caption"), &columns, &rows)) }
}

fn not_tested(report: &Report, texts: &Texts) -> Markup {
    if report.not_tested.is_empty() {
        return html! { p { (texts.plain("page-not-tested-none")) } };
    }
    let columns = columns(&["page-not-tested-what", "page-not-tested-why"], texts);
    let rows: Vec<Markup> =
        report.not_tested.iter().map(|n| html! { th scope="row" { (n.what) } td { (texts.note(&n.why)) } }).collect();
    html! {
        p { (badge(Tone::Warning, &texts.plain("page-not-tested-warning"))) }
        (table(&texts.plain("page-not-tested-caption"), &columns, &rows))
    }
}

fn settings(report: &Report, texts: &Texts) -> Markup {
    let s = &report.settings;
    let facts = [
        ("page-setting-rounds", s.rounds.to_string()),
        ("page-setting-hold", numbers::milliseconds(s.hold_ms as f64)),
        ("page-setting-judged", numbers::milliseconds(s.judged_ms as f64)),
        ("page-setting-patience", numbers::milliseconds(s.patience_ms as f64)),
        ("page-setting-undo", numbers::milliseconds(s.undo_after_ms as f64)),
        ("page-setting-program", report.program.clone()),
        ("page-setting-started", report.started.clone()),
    ];
    let columns = columns(&["page-host", "page-versions"], texts);
    let rows: Vec<Markup> = report
        .versions
        .iter()
        .map(|(host, what)| html! { th scope="row" { (host) } td { (what.join(", ")) } })
        .collect();
    html! {
        dl class="facts" { @for (name, value) in facts { dt { (texts.plain(name)) } dd { (value) } } }
        @if !rows.is_empty() { (table(&texts.plain("page-versions-caption"), &columns, &rows)) }
    }
}
