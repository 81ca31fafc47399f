//! The answer in words: what survives what, and what does not survive something, with the remedy.

use std::collections::{BTreeMap, BTreeSet};

use components::Capability;
use maud::{Markup, html};
use survival::Loss;
use survival::survey::{CapabilitySurvey, SinglePoint, Survey};

use crate::page::{Tone, words};
use crate::text::Texts;

/// No more single points than this are told one by one.
const MOST: usize = 60;

/// The first thing on the page.
pub fn verdict(survey: &Survey, texts: &Texts) -> Markup {
    let of = |which: &dyn Fn(&CapabilitySurvey) -> bool| -> Vec<Capability> {
        survey.capabilities.iter().filter(|c| which(c)).map(|c| c.capability).collect()
    };
    let lost = of(&|c| !c.works);
    let none = of(&|c| c.works && !c.survives_any_one);
    let one = of(&|c| c.works && c.survives_any_one && !c.survives_any_two);
    let two = of(&|c| c.works && c.survives_any_two);
    let (tone, headline) = if survey.capabilities.is_empty() {
        (Tone::Warning, "page-verdict-empty")
    } else if !lost.is_empty() {
        (Tone::Bad, "page-verdict-lost")
    } else if !none.is_empty() {
        (Tone::Bad, "page-verdict-none")
    } else if !survey.single_points.is_empty() {
        (Tone::Warning, "page-verdict-other")
    } else if one.is_empty() {
        (Tone::Good, "page-verdict-two")
    } else {
        (Tone::Good, "page-verdict-one")
    };
    let lines = [
        ("page-verdict-lost-line", lost),
        ("page-verdict-none-line", none),
        ("page-verdict-one-line", one),
        ("page-verdict-two-line", two),
    ];
    let without: Vec<String> = survey.without.iter().map(ToString::to_string).collect();
    html! {
        div class=(format!("verdict {}", tone.class())) {
            p { span aria-hidden="true" { (tone.sign()) } " " (texts.plain(headline)) }
            @if !without.is_empty() {
                p { strong { (texts.get("page-without", &[("hosts", words::list(texts, &without, 12))])) } }
            }
            ul {
                @for (line, which) in lines.into_iter().filter(|(_, which)| !which.is_empty()) {
                    li { (texts.get(line, &[("capabilities", words::capabilities(texts, which))])) }
                }
                @if !survey.single_points.is_empty() {
                    li { (texts.get("page-verdict-single", &[("count", by_loss(survey).len().to_string())])) }
                }
            }
        }
    }
}

/// Each loss once, with everything that it ends.
fn by_loss(survey: &Survey) -> BTreeMap<&Loss, Vec<&SinglePoint>> {
    let mut found: BTreeMap<&Loss, Vec<&SinglePoint>> = BTreeMap::new();
    for point in &survey.single_points {
        found.entry(&point.loss).or_default().push(point);
    }
    found
}

/// What ends a capability alone.
pub fn single_points(survey: &Survey, texts: &Texts) -> Markup {
    let points = by_loss(survey);
    if points.is_empty() {
        return html! { p { (super::super::badge(Tone::Good, &texts.plain("page-single-none"))) } };
    }
    let rest = points.len().saturating_sub(MOST);
    html! {
        p { (texts.plain("page-single-intro")) }
        // What helps a cluster that has lost something is that it comes back.
        @if !survey.without.is_empty() { div class="remedy" { (texts.plain("page-remedy-without")) } }
        ol {
            @for (loss, points) in points.iter().take(MOST) {
                li {
                    strong { (words::loss(texts, loss)) } (texts.plain("page-colon"))
                    @let ended = words::capabilities(texts, points.iter().map(|p| p.capability));
                    (texts.get("page-single-ends", &[("capabilities", ended)]))
                    @let components = components(points);
                    @if !components.is_empty() {
                        " " (texts.get("page-single-runs", &[("components", names(&components, texts))]))
                    }
                    @if survey.without.is_empty() {
                        @for remedy in remedies(loss, &components, texts) { div class="remedy" { (remedy) } }
                    }
                }
            }
        }
        @if rest > 0 { p class="quiet" { (texts.get("page-more", &[("count", rest.to_string())])) } }
    }
}

fn components(points: &[&SinglePoint]) -> BTreeSet<String> {
    points.iter().flat_map(|p| &p.components).cloned().collect()
}

fn names(components: &BTreeSet<String>, texts: &Texts) -> String {
    let names: Vec<_> = components.iter().map(|c| words::component(texts, c)).collect();
    words::list(texts, &names, names.len())
}

fn remedies(loss: &Loss, components: &BTreeSet<String>, texts: &Texts) -> Vec<String> {
    let of = |component: &String| words::remedy(texts, component);
    match loss {
        Loss::Host(_) => {
            let found: BTreeSet<String> = components.iter().filter_map(of).collect();
            if found.is_empty() { vec![texts.plain("page-remedy-host")] } else { found.into_iter().collect() }
        }
        Loss::Component { component, .. } => {
            vec![of(component).unwrap_or_else(|| texts.plain("page-remedy-component"))]
        }
        Loss::Domain { kind, .. } => vec![texts.get("page-remedy-domain", &[("kind", kind.clone())])],
        Loss::Cut { kind, .. } => vec![texts.get("page-remedy-cut", &[("kind", kind.clone())])],
        Loss::Outside(_) => vec![texts.plain("page-remedy-outside")],
    }
}
