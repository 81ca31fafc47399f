//! The numbers: margins, sets of losses, cuts, availability and importance.

use maud::{Markup, html};
use survival::Loss;
use survival::survey::{CapabilitySurvey, LossImportance, Survey};

use crate::page::{Column, Tone, badge, columns, numbers, table, words};
use crate::text::Texts;

/// Of the sets of losses of one capability, so many are listed.
const MOST_SETS: usize = 40;
/// In a table's cell.
const FEW_SETS: usize = 3;
/// Cuts that are listed.
const MOST_CUTS: usize = 40;

fn yes(holds: bool, texts: &Texts) -> Markup {
    if holds { badge(Tone::Good, &texts.plain("page-yes")) } else { badge(Tone::Bad, &texts.plain("page-no")) }
}

/// One row per capability.
pub fn capabilities(survey: &Survey, texts: &Texts) -> Markup {
    let ids = [
        "page-capability",
        "page-margin#",
        "page-margin-settled#",
        "page-any-one",
        "page-any-two",
        "page-smallest",
        "page-availability#",
        "page-nines#",
        "page-minutes#",
        "page-cut-sets#",
    ];
    let rows: Vec<Markup> = survey.capabilities.iter().map(|c| capability(c, texts)).collect();
    html! {
        (table(&texts.plain("page-capabilities-caption"), &columns(&ids, texts), &rows))
        ul class="quiet" {
            li { (texts.plain("page-margin-words")) }
            li { (texts.plain("page-cut-sets-words")) }
        }
    }
}

fn capability(c: &CapabilitySurvey, texts: &Texts) -> Markup {
    let margin = |margin: Option<usize>| match margin {
        _ if !c.works => texts.plain("page-lost"),
        Some(margin) => margin.to_string(),
        None => texts.plain("page-margin-many"),
    };
    let sets = plainest_first(c, texts);
    let order = |place: usize| texts.get("page-order", &[("order", (place + 1).to_string())]);
    html! {
        th scope="row" {
            (words::capability(texts, c.capability))
            @if !c.works { " " (badge(Tone::Bad, &texts.plain("page-lost"))) }
        }
        td class="number" { (margin(c.margin)) }
        td class="number" { (margin(c.margin_settled)) }
        td { (yes(c.survives_any_one, texts)) }
        td { (yes(c.survives_any_two, texts)) }
        td class="name" {
            @for set in sets.iter().take(FEW_SETS) { div { (set) } }
            @if sets.len() > FEW_SETS {
                a href=(format!("#losses-of-{}", c.capability.id())) {
                    (texts.get("page-more", &[("count", (sets.len() - FEW_SETS).to_string())]))
                }
            }
            @if sets.is_empty() { (texts.plain("page-none")) }
        }
        @if let Some(a) = c.availability {
            td class="number" { (numbers::percent(a.availability, a.nines)) }
            td class="number" { (numbers::nines(a.nines)) }
            td class="number" { (numbers::minutes(a.minutes_per_year)) }
        } @else {
            td class="number" colspan="3" { (texts.plain("page-too-large")) }
        }
        td class="number" {
            @for (place, count) in c.cut_sets.iter().enumerate() { div { (order(place)) ": " (numbers::grouped(count)) } }
            @if c.cut_sets.is_empty() { "–" }
        }
    }
}

/// The sets in words: those of hosts alone first, for a domain or a cut in the place of one of its hosts says no more.
fn plainest_first(c: &CapabilitySurvey, texts: &Texts) -> Vec<String> {
    let mut sets: Vec<&Vec<Loss>> = c.smallest.iter().collect();
    let others = |set: &Vec<Loss>| set.iter().filter(|l| !matches!(l, Loss::Host(_) | Loss::Outside(_))).count();
    sets.sort_by_key(|set| (set.len(), others(set)));
    sets.into_iter().map(|set| words::losses(texts, set)).collect()
}

/// The smallest sets of losses of every capability.
pub fn smallest(survey: &Survey, texts: &Texts) -> Markup {
    html! {
        p { (texts.plain("page-losses-intro")) }
        @for c in &survey.capabilities {
            h3 id=(format!("losses-of-{}", c.capability.id())) { (words::capability(texts, c.capability)) }
            @if c.smallest.is_empty() { p { (texts.plain("page-none-listed")) } }
            ul class="sets" {
                @for set in plainest_first(c, texts).iter().take(MOST_SETS) { li { (set) } }
            }
            @if c.smallest.len() > MOST_SETS {
                p class="quiet" { (texts.get("page-more", &[("count", (c.smallest.len() - MOST_SETS).to_string())])) }
            }
        }
    }
}

/// What works on each side of a cut.
pub fn cuts(survey: &Survey, texts: &Texts) -> Markup {
    let Some(first) = survey.cuts.first() else { return html! {} };
    let mut columns = columns(&["page-cut-off", "page-cut-hosts"], texts);
    columns.extend(
        first.capabilities.iter().map(|c| Column { name: words::capability(texts, c.capability), numeric: false }),
    );
    let rows: Vec<Markup> = survey
        .cuts
        .iter()
        .take(MOST_CUTS)
        .map(|cut| {
            let near: Vec<String> = cut.near.iter().map(ToString::to_string).collect();
            html! {
                th scope="row" { (cut.name) }
                td class="name" { (words::list(texts, &near, 6)) }
                @for c in &cut.capabilities { td { (sides(c.near, c.far, texts)) } }
            }
        })
        .collect();
    html! {
        p { (texts.plain("page-cuts-intro")) }
        @if !survey.without.is_empty() { p { (texts.plain("page-cuts-whole")) } }
        (table(&texts.plain("page-cuts-caption"), &columns, &rows))
        @if survey.cuts.len() > MOST_CUTS {
            p class="quiet" { (texts.get("page-more", &[("count", (survey.cuts.len() - MOST_CUTS).to_string())])) }
        }
    }
}

fn sides(near: bool, far: bool, texts: &Texts) -> Markup {
    let (tone, word) = match (near, far) {
        (false, true) => (Tone::Good, "page-side-far"),
        (true, false) => (Tone::Warning, "page-side-near"),
        (true, true) => (Tone::Plain, "page-side-both"),
        (false, false) => (Tone::Bad, "page-side-none"),
    };
    badge(tone, &texts.plain(word))
}

/// The events that matter most, capability by capability.
pub fn importance(survey: &Survey, texts: &Texts) -> Markup {
    let ids = ["page-event", "page-fussell-vesely#", "page-birnbaum#", "page-raw#", "page-rrw#"];
    html! {
        p { (texts.plain("page-importance-intro")) }
        div class="importance" {
            @for c in survey.capabilities.iter().filter(|c| !c.importance.is_empty()) {
                (table(&words::capability(texts, c.capability), &columns(&ids, texts),
                    &c.importance.iter().map(|i| important(i, texts)).collect::<Vec<_>>()))
            }
        }
    }
}

fn important(of: &LossImportance, texts: &Texts) -> Markup {
    let loss: &Loss = &of.loss;
    html! {
        th scope="row" { (words::loss(texts, loss)) }
        td class="number" { (numbers::significant(of.fussell_vesely)) }
        td class="number" { (numbers::significant(of.birnbaum)) }
        td class="number" { (numbers::significant(of.raw)) }
        td class="number" { (of.rrw.map_or("∞".to_owned(), numbers::significant)) }
    }
}
