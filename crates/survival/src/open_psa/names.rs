//! Who is meant by a name.
//!
//! Public elements are known everywhere by their name, private ones inside the container that defines them by their
//! name and elsewhere by their path (`tree.component.name`). What is defined in the container that a reference stands in
//! comes first.

use std::collections::HashMap;

use super::error::{OpenPsaError, Problem};
use super::expression::required;
use super::source::{At, Element, Sources};

/// What a name can stand for in a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Gate(usize),
    Event(usize),
    House(bool),
}

impl Named {
    pub fn kind(self) -> &'static str {
        match self {
            Self::Gate(_) => "gate",
            Self::Event(_) => "basic-event",
            Self::House(_) => "house-event",
        }
    }
}

/// Where something is defined.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// `tree.component`; empty in model data.
    pub path: String,
    pub private: bool,
}

impl Container {
    /// The container that an element of this one makes.
    pub fn inner(&self, name: &str, element: Element<'_>) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, private: self.is_private(element) }
    }

    pub fn is_private(&self, element: Element<'_>) -> bool {
        match element.attribute("role") {
            Some((role, _)) => role == "private",
            None => self.private,
        }
    }

    /// What an element is called: its name if it is public, its path if it is private.
    pub fn id(&self, name: &str, element: Element<'_>) -> String {
        if self.is_private(element) { self.full(name) } else { name.to_owned() }
    }

    pub fn full(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// All events, by what they can be called.
#[derive(Default)]
pub struct Names {
    by_id: HashMap<String, (Named, At)>,
    by_path: HashMap<String, Named>,
}

impl Names {
    /// Enters a definition.
    pub fn define(
        &mut self,
        sources: &Sources<'_>,
        container: &Container,
        (name, element): (&str, Element<'_>),
        named: Named,
    ) -> Result<(), OpenPsaError> {
        let id = container.id(name, element);
        if let Some((_, first)) = self.by_id.get(&id) {
            let problem = Problem::Duplicate { name: id, first: sources.place(*first) };
            return Err(sources.error(element.at(), problem));
        }
        self.by_path.insert(container.full(name), named);
        self.by_id.insert(id, (named, element.at()));
        Ok(())
    }

    /// What is meant by a reference in a container.
    pub fn find(&self, name: &str, base: &str) -> Option<Named> {
        let local = if base.is_empty() { None } else { self.by_path.get(&format!("{base}.{name}")).copied() };
        local.or_else(|| self.by_id.get(name).map(|(named, _)| *named)).or_else(|| self.by_path.get(name).copied())
    }
}

/// The name of a definition.
pub fn name_of<'a>(sources: &Sources<'_>, element: Element<'a>) -> Result<&'a str, OpenPsaError> {
    let (name, at) = required(sources, element, "name")?;
    let allowed = |c: char| !c.is_whitespace() && c != '.';
    if name.is_empty() || !name.chars().all(allowed) || name.starts_with('-') || name.ends_with('-') {
        return Err(sources.error(at, Problem::BadName { name: name.to_owned() }));
    }
    Ok(name)
}
