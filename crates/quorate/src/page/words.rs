//! Words that both pages share, from the catalogue.

use components::Capability;
use survival::Loss;

use crate::text::Texts;

/// A text that the catalogue may lack, such as the name of a component that came later.
fn known(texts: &Texts, id: &str) -> Option<String> {
    Some(texts.plain(id)).filter(|text| text != id)
}

/// The name of a capability.
pub fn capability(texts: &Texts, capability: Capability) -> String {
    texts.plain(&format!("capability-{}", capability.id()))
}

/// The name of a component: its identifier where the catalogue has no better one.
pub fn component(texts: &Texts, id: &str) -> String {
    known(texts, &format!("component-{id}")).unwrap_or_else(|| id.to_owned())
}

/// What was or may be lost.
pub fn loss(texts: &Texts, loss: &Loss) -> String {
    match loss {
        Loss::Host(host) => texts.get("page-loss-host", &[("host", host.to_string())]),
        Loss::Component { component, host } => {
            texts.get("page-loss-component", &[("component", component.clone()), ("host", host.to_string())])
        }
        Loss::Domain { kind, name } => texts.get("page-loss-domain", &[("kind", kind.clone()), ("name", name.clone())]),
        Loss::Cut { kind, name } => texts.get("page-loss-cut", &[("kind", kind.clone()), ("name", name.clone())]),
        Loss::Outside(what) => texts.get("page-loss-outside", &[("what", what.clone())]),
    }
}

/// Several losses in the same moment.
pub fn losses(texts: &Texts, set: &[Loss]) -> String {
    set.iter().map(|l| loss(texts, l)).collect::<Vec<_>>().join(" + ")
}

/// A list, cut off after `most` items with the number of those left out.
pub fn list(texts: &Texts, items: &[String], most: usize) -> String {
    let shown = items.iter().take(most).cloned().collect::<Vec<_>>().join(&texts.plain("page-list-separator"));
    match items.len().saturating_sub(most) {
        0 => shown,
        rest => texts.get("page-list-more", &[("list", shown), ("count", rest.to_string())]),
    }
}

/// The names of capabilities.
pub fn capabilities(texts: &Texts, which: impl IntoIterator<Item = Capability>) -> String {
    let names: Vec<_> = which.into_iter().map(|c| capability(texts, c)).collect();
    list(texts, &names, names.len())
}

/// What to do about a single point of failure in this component.
pub fn remedy(texts: &Texts, component: &str) -> Option<String> {
    known(texts, &format!("page-remedy-{component}"))
}
