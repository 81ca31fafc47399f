//! What a cluster survives, on one page: for those who decide about it, and for the auditor who keeps it.

mod basis;
mod tables;
mod verdict;

use components::Capability;
use maud::{Markup, html};
use model::Cluster;
use survival::CapabilityTree;
use survival::survey::Survey;

use super::{architecture, document, section, tree, words};
use crate::text::Texts;

/// The page of a survey. `trees` are drawn in their order; a capability without one is told in the tables alone.
pub fn page(cluster: &Cluster, survey: &Survey, trees: &[(Capability, CapabilityTree)], texts: &Texts) -> String {
    let title = texts.get("page-survive-title", &[("cluster", survey.cluster.clone())]);
    let drawn = html! {
        p { (texts.plain("page-trees-intro")) }
        (tree::legend(texts))
        @for (capability, of) in trees {
            h3 id=(format!("tree-of-{}", capability.id())) { (words::capability(texts, *capability)) }
            (tree::tree(*capability, of, texts))
        }
    };
    let mut sections: Vec<(&str, &str, Markup)> = vec![
        ("single", "page-heading-single", verdict::single_points(survey, texts)),
        ("capabilities", "page-heading-capabilities", tables::capabilities(survey, texts)),
        (
            "architecture-section",
            "page-heading-architecture",
            architecture::architecture(cluster, &survey.without, texts),
        ),
        ("losses", "page-heading-losses", tables::smallest(survey, texts)),
    ];
    if !survey.cuts.is_empty() {
        sections.push(("cuts", "page-heading-cuts", tables::cuts(survey, texts)));
    }
    if !trees.is_empty() {
        sections.push(("trees", "page-heading-trees", drawn));
    }
    sections.push(("importance", "page-heading-importance", tables::importance(survey, texts)));
    sections.push(("basis", "page-heading-basis", basis::basis(cluster, texts)));
    let content = html! {
        header {
            h1 { (title) }
            p class="quiet" {
                (texts.get("page-survive-subtitle", &[("hosts", cluster.hosts.len().to_string())]))
            }
        }
        (verdict::verdict(survey, texts))
        nav aria-label=(texts.plain("page-contents")) {
            ul { @for (id, heading, _) in &sections { li { a href=(format!("#{id}")) { (texts.plain(heading)) } } } }
        }
        @for (id, heading, content) in &sections { (section(id, &texts.plain(heading), content)) }
    };
    document(&title, &content, texts)
}
