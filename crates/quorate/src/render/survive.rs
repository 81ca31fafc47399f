//! What a cluster survives, on a terminal: the table, the single points of failure with their remedies, the cuts.

use std::collections::BTreeMap;

use anstream::println;
use components::Capability;
use model::Cluster;
use survival::Loss;
use survival::survey::{CapabilitySurvey, SinglePoint, Survey};

use super::{BAD, BOLD, DIM, GOOD, WARN, table};
use crate::page::{numbers, words};
use crate::text::Texts;

/// Sets that are shown of one capability; all of them are in the JSON.
const SHOWN: usize = 4;

pub fn show(cluster: &Cluster, survey: &Survey, texts: &Texts) {
    println!(
        "{BOLD}{}{BOLD:#}  {}",
        survey.cluster,
        texts.get("survive-basis", &[("hosts", cluster.hosts.len().to_string())])
    );
    if !survey.without.is_empty() {
        let hosts = survey.without.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        println!("{WARN}{}{WARN:#}", texts.get("page-without", &[("hosts", hosts)]));
    }
    println!();
    capabilities(survey, texts);
    println!();
    for c in &survey.capabilities {
        smallest(c, texts);
    }
    println!();
    single_points(survey, texts);
    cuts(survey, texts);
}

/// The table alone, as `plan` shows it.
pub fn capabilities(survey: &Survey, texts: &Texts) {
    let head = [
        "column-capability",
        "column-margin",
        "column-any-one",
        "column-any-two",
        "column-availability",
        "column-minutes",
    ];
    let mut rows = vec![head.map(|c| texts.plain(c)).to_vec()];
    let yes = |yes: bool| texts.plain(if yes { "page-yes" } else { "page-no" });
    for c in &survey.capabilities {
        rows.push(vec![
            words::capability(texts, c.capability),
            margin(c, texts),
            yes(c.survives_any_one),
            yes(c.survives_any_two),
            c.availability.map_or_else(|| "-".to_owned(), |a| numbers::percent(a.availability, a.nines)),
            c.availability.map_or_else(|| "-".to_owned(), |a| numbers::minutes(a.minutes_per_year)),
        ]);
    }
    for (place, line) in table(&rows).into_iter().enumerate() {
        match place.checked_sub(1).and_then(|p| survey.capabilities.get(p)) {
            None => println!("{BOLD}{line}{BOLD:#}"),
            Some(c) if !c.works => println!("{BAD}{line}{BAD:#}"),
            Some(c) if !c.survives_any_one => println!("{WARN}{line}{WARN:#}"),
            Some(_) => println!("{line}"),
        }
    }
}

/// How the margins of one file differ from those of another, a line each; nothing where they do not.
pub fn change(before: &Survey, after: &Survey, texts: &Texts) {
    let of = |survey: &Survey, capability| {
        let found = survey.capabilities.iter().find(|c| c.capability == capability);
        found.map(|c| (c.margin.map_or(usize::MAX, |m| m), margin(c, texts)))
    };
    let all = before.capabilities.iter().chain(&after.capabilities).map(|c| c.capability);
    let all: std::collections::BTreeSet<Capability> = all.collect();
    for capability in all {
        let (old, new) = (of(before, capability), of(after, capability));
        if old == new {
            continue;
        }
        let worse = old.as_ref().map(|o| o.0) > new.as_ref().map(|n| n.0);
        let shown = |m: Option<(usize, String)>| m.map_or_else(|| texts.plain("page-none"), |(_, text)| text);
        let arguments =
            [("capability", words::capability(texts, capability)), ("before", shown(old)), ("after", shown(new))];
        let (style, sign) = if worse { (BAD, '▼') } else { (GOOD, '▲') };
        println!("{style}{sign}{style:#} {}", texts.get("plan-margin", &arguments));
    }
}

/// Hosts that may be lost at once; where one after another are more, both.
fn margin(c: &CapabilitySurvey, texts: &Texts) -> String {
    if !c.works {
        return texts.plain("state-lost");
    }
    let many = || texts.plain("margin-many");
    let shown = |m: Option<usize>| m.map_or_else(many, |m| m.to_string());
    if c.margin == c.margin_settled {
        return shown(c.margin);
    }
    texts.get("margin-and-settled", &[("now", shown(c.margin)), ("settled", shown(c.margin_settled))])
}

fn smallest(c: &CapabilitySurvey, texts: &Texts) {
    if !c.works {
        return;
    }
    let name = words::capability(texts, c.capability);
    let least = c.smallest.first().map(Vec::len);
    let sets: Vec<String> =
        c.smallest.iter().filter(|s| Some(s.len()) == least).map(|s| words::losses(texts, s)).collect();
    let (id, arguments) = if sets.is_empty() {
        ("survive-no-set", [("capability", name), ("sets", String::new())])
    } else {
        ("survive-ends", [("capability", name), ("sets", words::list(texts, &sets, SHOWN))])
    };
    println!("{DIM}{}{DIM:#}", texts.get(id, &arguments));
}

fn single_points(survey: &Survey, texts: &Texts) {
    if survey.single_points.is_empty() {
        println!("{GOOD}✔{GOOD:#} {}", texts.plain("page-single-none"));
        return;
    }
    println!("{BOLD}{}{BOLD:#}", texts.plain("page-heading-single"));
    let mut by_loss: BTreeMap<&Loss, Vec<&SinglePoint>> = BTreeMap::new();
    for point in &survey.single_points {
        by_loss.entry(&point.loss).or_default().push(point);
    }
    for (loss, points) in by_loss {
        let capabilities: Vec<Capability> = points.iter().map(|p| p.capability).collect();
        let ends = texts.get("page-single-ends", &[("capabilities", words::capabilities(texts, capabilities))]);
        println!("{BAD}✘{BAD:#} {BOLD}{}{BOLD:#}: {ends}", words::loss(texts, loss));
        let mut components: Vec<&String> = points.iter().flat_map(|p| &p.components).collect();
        components.sort_unstable();
        components.dedup();
        if let Loss::Component { component, .. } = loss {
            components.push(component);
        }
        let mut remedies: Vec<String> = components.iter().filter_map(|c| words::remedy(texts, c)).collect();
        if remedies.is_empty() {
            let (id, kind) = match loss {
                Loss::Host(_) => ("page-remedy-host", ""),
                Loss::Component { .. } => ("page-remedy-component", ""),
                Loss::Domain { kind, .. } => ("page-remedy-domain", kind.as_str()),
                Loss::Cut { kind, .. } => ("page-remedy-cut", kind.as_str()),
                Loss::Outside(_) => ("page-remedy-outside", ""),
            };
            remedies.push(texts.get(id, &[("kind", kind.to_owned())]));
        }
        for remedy in remedies {
            println!("    {DIM}→ {remedy}{DIM:#}");
        }
    }
}

/// What is left on each side of a cut, for those that not both sides keep.
fn cuts(survey: &Survey, texts: &Texts) {
    if survey.cuts.is_empty() {
        return;
    }
    println!("\n{BOLD}{}{BOLD:#}", texts.plain("page-heading-cuts"));
    for cut in &survey.cuts {
        let pick = |wanted: fn(&survival::CapabilitySides) -> bool| {
            let names: Vec<String> =
                cut.capabilities.iter().filter(|c| wanted(c)).map(|c| words::capability(texts, c.capability)).collect();
            if names.is_empty() { texts.plain("page-none") } else { words::list(texts, &names, names.len()) }
        };
        let arguments = [("cut", cut.name.clone()), ("near", pick(|c| c.near)), ("far", pick(|c| c.far))];
        println!("  {}", texts.get("survive-cut", &arguments));
    }
}
