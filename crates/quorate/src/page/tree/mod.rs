//! A capability's fault tree as a drawing, with the signs of IEC 61025.
//!
//! [`shape`] decides what is drawn and how it is called, [`drawing`] where it stands.

mod drawing;
mod shape;

use components::Capability;
use maud::{Markup, PreEscaped, html};
use survival::CapabilityTree;

use super::{svg, words};
use crate::text::Texts;

/// The tree of one capability.
pub fn tree(capability: Capability, tree: &CapabilityTree, texts: &Texts) -> Markup {
    let shape = shape::shape(capability, tree, texts);
    let (size, content) = drawing::draw(&shape);
    let name = words::capability(texts, capability);
    let title = texts.get("page-tree-title", &[("capability", name)]);
    let numbers = [("gates", tree.tree.gates.len().to_string()), ("events", tree.tree.events.len().to_string())];
    html! {
        (svg::drawing(&format!("tree-{}", capability.id()), size, &title, &shape.words, &content))
        @if shape.cut_short { p class="quiet" { (texts.get("page-tree-cut-short", &numbers)) } }
    }
}

/// What the signs mean.
pub fn legend(texts: &Texts) -> Markup {
    let signs = [
        (drawing::and_gate(2.0, 1.0), "page-tree-and"),
        (drawing::or_gate(2.0, 1.0), "page-tree-or"),
        (drawing::vote_gate(15.0, 1.0, "2/3"), "page-tree-vote"),
        (drawing::circle(15.0, 13.0, "event"), "page-tree-basic"),
        (drawing::circle(15.0, 13.0, "event dashed"), "page-tree-again"),
        (drawing::triangle(15.0, 13.0), "page-tree-transfer"),
        (drawing::diamond(15.0, 13.0), "page-tree-undeveloped"),
        (drawing::house(15.0, 13.0, true), "page-tree-house"),
    ];
    html! {
        p class="legend" {
            @for (sign, word) in signs {
                span {
                    svg xmlns="http://www.w3.org/2000/svg" width="30" height="26" viewBox="0 0 30 26" aria-hidden="true" {
                        (PreEscaped(sign))
                    }
                    (texts.plain(word))
                }
            }
        }
    }
}
