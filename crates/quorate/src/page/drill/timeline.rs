//! When each capability served during a trial: one lane each, with what the drill did and the longest gap.

use components::Capability;
use drill::{Span, Timeline, TrialReport};
use maud::{Markup, PreEscaped, html};

use super::trial::{observed, of_capability, promised};
use crate::page::svg::{self, at, fit, path, text, width};
use crate::page::{numbers, words};
use crate::text::Texts;

/// Pixels.
const LEFT: f64 = 190.0;
const PLOT: f64 = 860.0;
const RIGHT: f64 = 20.0;
const HEAD: f64 = 34.0;
const LANE: f64 = 46.0;
/// A span is never drawn narrower, or it would not be seen.
const NARROWEST: f64 = 2.5;
/// No more spans of one kind than this are drawn in a lane: the longest.
const MOST_SPANS: usize = 400;

/// A trial's timeline.
pub fn timeline(place: usize, trial: &TrialReport, texts: &Texts) -> Markup {
    let timeline = &trial.timeline;
    let high = HEAD + timeline.capabilities.len() as f64 * LANE + 26.0;
    let mut out = String::new();
    let mut said = Vec::new();
    axis(timeline, high, &mut out);
    for (lane, (capability, spans)) in timeline.capabilities.iter().enumerate() {
        let y = HEAD + lane as f64 * LANE;
        out.push_str(&draw_lane(trial, *capability, spans, y, texts).into_string());
        said.push(in_words(trial, *capability, spans, texts));
    }
    marks(timeline, high, texts, &mut out);
    let title = texts.get("page-timeline-title", &[("trial", trial.prediction.trial.name.clone())]);
    svg::drawing(&format!("timeline-{}", place + 1), (LEFT + PLOT + RIGHT, high), &title, &said.join(" "), &out)
}

fn place_of(timeline: &Timeline, ms: f64) -> f64 {
    LEFT + (ms / timeline.ended_ms).clamp(0.0, 1.0) * PLOT
}

/// A line for every so many seconds, at most a dozen.
fn axis(timeline: &Timeline, high: f64, out: &mut String) {
    const STEPS: [f64; 14] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];
    let seconds = timeline.ended_ms / 1000.0;
    let step = STEPS.into_iter().find(|s| seconds / s <= 12.0).unwrap_or(seconds / 12.0);
    for count in 0..=12_u32 {
        let second = f64::from(count) * step;
        if second > seconds {
            break;
        }
        let x = place_of(timeline, second * 1000.0);
        out.push_str(
            &html! {
                (path(&format!("M{} {}V{}", at(x), at(HEAD - 2.0), at(high - 22.0)), "axis"))
                (text(x, high - 8.0, "dim middle", &format!("{} s", at(second))))
            }
            .into_string(),
        );
    }
}

fn draw_lane(trial: &TrialReport, capability: Capability, spans: &[Span], y: f64, texts: &Texts) -> Markup {
    let timeline = &trial.timeline;
    let (promise, seen) = of_capability(trial, capability);
    let name = fit(&words::capability(texts, capability), LEFT - 14.0, 13.0);
    let said = match seen {
        Some(seen) => format!("{} → {}", promised(promise, texts), observed(seen.observed, texts)),
        None => promised(promise, texts),
    };
    let middle = y + LANE / 2.0;
    html! {
        g {
            (text(0.0, middle - 3.0, "title", &name))
            (text(0.0, middle + 13.0, "dim", &fit(&said, LEFT - 10.0, 11.0)))
            rect x=(at(LEFT)) y=(at(middle - 3.0)) width=(at(PLOT)) height="6" class="lane" {}
            // The good ones first: a short failure stays in sight.
            @for span in shown(spans, true) { (bar(timeline, &span, middle, 10.0)) }
            @for span in shown(spans, false) { (bar(timeline, &span, middle, 24.0)) }
            @if let Some(gap) = longest(spans) {
                @let word = numbers::milliseconds(seen.and_then(|s| s.gap_ms).unwrap_or(gap.to_ms - gap.from_ms));
                @let (from, to) = (place_of(timeline, gap.from_ms), place_of(timeline, gap.to_ms));
                @let inside = to - from > width(&word, 12.0) + 12.0;
                @let right = to + width(&word, 12.0) + 8.0 < LEFT + PLOT;
                @if inside { (text((from + to) / 2.0, middle + 4.0, "inside middle", &word)) }
                @else if right { (text(to + 5.0, middle - 8.0, "gap halo", &word)) }
                @else { (text(from - 5.0, middle - 8.0, "gap halo end", &word)) }
            }
        }
    }
}

fn bar(timeline: &Timeline, span: &Span, middle: f64, high: f64) -> Markup {
    let x = place_of(timeline, span.from_ms);
    let wide = (place_of(timeline, span.to_ms) - x).max(NARROWEST);
    let class = if span.good { "span-good" } else { "span-bad" };
    html! {
        rect x=(at(x)) y=(at(middle - high / 2.0)) width=(at(wide)) height=(at(high)) class=(class) {
            title { (numbers::milliseconds(span.from_ms)) " – " (numbers::milliseconds(span.to_ms)) }
        }
    }
}

/// The spans of one kind; where they are too many to be told apart, the longest of them.
fn shown(spans: &[Span], good: bool) -> Vec<Span> {
    let mut of: Vec<Span> = spans.iter().filter(|s| s.good == good).copied().collect();
    if of.len() > MOST_SPANS {
        of.sort_by(|a, b| (b.to_ms - b.from_ms).total_cmp(&(a.to_ms - a.from_ms)));
        of.truncate(MOST_SPANS);
    }
    of
}

fn longest(spans: &[Span]) -> Option<&Span> {
    spans.iter().filter(|s| !s.good).max_by(|a, b| (a.to_ms - a.from_ms).total_cmp(&(b.to_ms - b.from_ms)))
}

/// What the drill did, above the lanes.
fn marks(timeline: &Timeline, high: f64, texts: &Texts, out: &mut String) {
    let mut free = f64::MIN;
    for (ms, what) in &timeline.marks {
        let word = match what.as_str() {
            "inject" => texts.plain("page-mark-inject"),
            "undo" => texts.plain("page-mark-undo"),
            "whole" => texts.plain("page-mark-whole"),
            other => other.to_owned(),
        };
        let x = place_of(timeline, *ms);
        let wide = width(&word, 12.0);
        // Words beside each other where their lines are too close.
        let start = x.max(free).min(LEFT + PLOT + RIGHT - wide - 2.0).max(LEFT);
        free = start + wide + 10.0;
        out.push_str(
            &html! {
                g {
                    title { (word) " " (numbers::milliseconds(*ms)) }
                    (path(&format!("M{} 22V{}", at(x), at(high - 22.0)), "mark"))
                    (path(&format!("M{} 20l4 7h-8z", at(x)), "mark-head"))
                    (text(start, 14.0, "", &word))
                }
            }
            .into_string(),
        );
    }
}

fn in_words(trial: &TrialReport, capability: Capability, spans: &[Span], texts: &Texts) -> String {
    let (promise, seen) = of_capability(trial, capability);
    let arguments = [
        ("capability", words::capability(texts, capability)),
        ("predicted", promised(promise, texts)),
        ("observed", seen.map_or("–".to_owned(), |s| observed(s.observed, texts))),
        ("gap", longest(spans).map_or("0 ms".to_owned(), |s| numbers::milliseconds(s.to_ms - s.from_ms))),
    ];
    texts.get("page-timeline-words", &arguments)
}

/// What the bars mean.
pub fn legend(texts: &Texts) -> Markup {
    let bar = |high: u32, class: &str| {
        html! { rect x="0" y=(13 - high / 2) width="26" height=(high) class=(class) {} }.into_string()
    };
    let signs = [
        (bar(10, "span-good"), "page-legend-good"),
        (bar(24, "span-bad"), "page-legend-bad"),
        (bar(6, "lane"), "page-legend-none"),
    ];
    html! {
        p class="legend" {
            @for (sign, word) in signs {
                span {
                    svg xmlns="http://www.w3.org/2000/svg" width="26" height="26" viewBox="0 0 26 26" aria-hidden="true" {
                        (PreEscaped(sign))
                    }
                    (texts.plain(word))
                }
            }
        }
    }
}
