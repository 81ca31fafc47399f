//! What brings the top event about, exactly: minimal cut sets, probability and importance on decision diagrams.
//!
//! A tree is simplified ([`graph`]), cut into independent modules ([`modules`]) and each module is made a binary
//! decision diagram ([`build`], [`bdd`]); probabilities are sums over its nodes, cut sets are a second, zero-suppressed
//! diagram ([`cut_sets`], [`zbdd`]) whose sets are counted without being written out. Everything is deterministic, runs
//! without recursion, and stops with an error at the limit of nodes.
//!
//! Why an own engine: of the libraries, biodivine-lib-bdd has no zero-suppressed diagrams, no complement edges and
//! one table per operation; OxiDD has both kinds, but for tables of a fixed size and several threads, and neither
//! subtracts supersets, limits the order while it works, or stops at a budget. Those are the operations that cut sets
//! are made of; what is left to take from a library is a hash table.

mod bdd;
mod build;
mod counting;
mod cut_sets;
mod error;
mod graph;
mod listing;
mod modules;
mod order;
mod probability;
mod store;
mod zbdd;

pub use error::{AnalysisError, Limits};
pub use listing::HIGHEST_ORDER;
pub use probability::Importance;

use self::build::Module;
use self::cut_sets::ModuleSets;
use self::graph::Graph;
use self::probability::Chance;
use crate::fault_tree::{BasicEvent, EventId, FaultTree};

/// How many minimal cut sets there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutSetCounts {
    /// By order: place 1 is the number of single points of failure. Place 0 is 1 if the top event is certain. It ends
    /// with the highest order that has any. A number that is `u128::MAX` means "at least".
    pub by_order: Vec<u128>,
    /// Whether orders above the one asked for were left out, so that there may be more.
    pub limited: bool,
}

impl CutSetCounts {
    /// Of all orders that were counted; `u128::MAX` means "at least".
    pub fn total(&self) -> u128 {
        self.by_order.iter().fold(0, |sum: u128, count| sum.saturating_add(*count))
    }

    /// The order of the smallest cut sets.
    pub fn smallest(&self) -> Option<usize> {
        self.by_order.iter().position(|count| *count > 0)
    }
}

/// The families of all modules, and up to which order they go.
struct Families {
    order: Option<usize>,
    modules: Vec<ModuleSets>,
}

/// One tree, ready to be asked. Diagrams are built when the first question needs them, and kept.
pub struct Analysis {
    name: String,
    events: Vec<BasicEvent>,
    graph: Graph,
    modules: Vec<usize>,
    coherent: bool,
    limits: Limits,
    diagrams: Option<Vec<Module>>,
    families: Option<Families>,
}

impl Analysis {
    /// Checks and simplifies a tree.
    ///
    /// # Errors
    /// What [`FaultTree::check`] finds.
    pub fn new(tree: &FaultTree, limits: Limits) -> Result<Self, AnalysisError> {
        tree.check()?;
        let graph = Graph::new(tree)?;
        Ok(Self {
            name: tree.name.clone(),
            events: tree.events.clone(),
            modules: modules::modules(&graph),
            coherent: graph.is_coherent(),
            graph,
            limits,
            diagrams: None,
            families: None,
        })
    }

    /// Whether more failures never help. Of other trees, see [`Analysis::cut_sets`] for what a cut set is.
    pub fn is_coherent(&self) -> bool {
        self.coherent
    }

    /// How many nodes the binary diagrams of all modules have.
    ///
    /// # Errors
    /// [`AnalysisError::TooLarge`].
    pub fn diagram_size(&mut self) -> Result<usize, AnalysisError> {
        Ok(self.diagrams()?.iter().map(|module| module.diagram.nodes.len() - 1).sum())
    }

    fn too_large(&self, by_order: bool) -> AnalysisError {
        AnalysisError::TooLarge { tree: self.name.clone(), limit: self.limits.nodes, by_order }
    }

    fn diagrams(&mut self) -> Result<&[Module], AnalysisError> {
        if self.diagrams.is_none() {
            let built = build::diagrams(&self.graph, &self.modules, self.limits.nodes);
            self.diagrams = Some(built.map_err(|_| self.too_large(false))?);
        }
        Ok(self.diagrams.as_deref().unwrap_or_default())
    }

    /// Whether the top is the negation of the last module's root.
    fn top_is_negated(&self) -> bool {
        let negated = self.diagrams.as_ref().and_then(|modules| modules.last()).is_some_and(|module| module.negated);
        self.graph.top.is_negated() != negated
    }

    /// The probability of the top event, exactly (to rounding).
    ///
    /// # Errors
    /// [`AnalysisError::UnknownProbability`], [`AnalysisError::TooLarge`].
    pub fn probability(&mut self) -> Result<f64, AnalysisError> {
        self.probability_given(&[])
    }

    /// The probability of the top event where some events are known to have happened (`true`) or not (`false`). Uses
    /// the diagram that is there, so asking often is cheap.
    ///
    /// # Errors
    /// As [`Analysis::probability`].
    pub fn probability_given(&mut self, known: &[(EventId, bool)]) -> Result<f64, AnalysisError> {
        let mut chances = self.chances(known)?;
        for (event, happened) in known {
            if let Some(chance) = chances.get_mut(event.0) {
                *chance = Chance::of(f64::from(u8::from(*happened)));
            }
        }
        let top = probability::top(self.diagrams()?, &|event| chances[event.0]);
        Ok(top.probability(self.top_is_negated()))
    }

    /// Of all events that the top depends on; those that do not matter may be without.
    fn chances(&mut self, known: &[(EventId, bool)]) -> Result<Vec<Chance>, AnalysisError> {
        let mut chances: Vec<Chance> =
            self.events.iter().map(|event| Chance::of(event.probability.unwrap_or_default())).collect();
        let used = self.diagrams()?.iter().flat_map(|module| &module.leaves).filter_map(|leaf| match leaf {
            build::Leaf::Event(event) => Some(*event),
            build::Leaf::Module(_) => None,
        });
        let needed: Vec<EventId> = used.filter(|event| !known.iter().any(|(other, _)| other == event)).collect();
        for event in needed {
            let BasicEvent { name, probability } = &self.events[event.0];
            let Some(probability) = probability else {
                return Err(AnalysisError::UnknownProbability { event: name.clone() });
            };
            chances[event.0] = Chance::of(*probability);
        }
        Ok(chances)
    }

    /// How much each event matters that the top depends on, by event.
    ///
    /// # Errors
    /// As [`Analysis::probability`].
    pub fn importance(&mut self) -> Result<Vec<Importance>, AnalysisError> {
        let chances = self.chances(&[])?;
        let negated = self.top_is_negated();
        Ok(probability::importance(self.diagrams()?, negated, &|event| chances[event.0]))
    }

    /// The families up to an order at least.
    fn families(&mut self, order: Option<usize>) -> Result<&[ModuleSets], AnalysisError> {
        let reaches = |families: &Families| match (families.order, order) {
            (None, _) => true,
            (Some(there), Some(asked)) => there >= asked,
            (Some(_), None) => false,
        };
        if !self.families.as_ref().is_some_and(reaches) {
            let modules = self.build_families(order)?;
            self.families = Some(Families { order, modules });
        }
        Ok(self.families.as_ref().map(|families| families.modules.as_slice()).unwrap_or_default())
    }

    fn build_families(&mut self, order: Option<usize>) -> Result<Vec<ModuleSets>, AnalysisError> {
        let limit = self.limits.nodes;
        if let (Some(order), true, None) = (order, self.coherent, &self.diagrams)
            && let Ok(families) = cut_sets::from_gates(&self.graph, &self.modules, order, limit)
        {
            return Ok(families);
        }
        let families = cut_sets::from_diagrams(self.diagrams()?, order, limit);
        families.map_err(|_| self.too_large(order.is_some()))
    }

    /// Whether the top event is true when no event happens: then the empty set is its one cut set. Needs the families.
    fn is_certain(&self) -> bool {
        if self.coherent && self.graph.top.node() != 0 {
            return false;
        }
        self.top_is_negated()
    }

    /// How many minimal cut sets there are of each order, up to `max_order` if one is given. Counting them takes time by
    /// the size of a diagram, not by their number.
    ///
    /// # Errors
    /// [`AnalysisError::TooLarge`]; [`AnalysisError::TooManyOrders`] where sets have thousands of different orders.
    pub fn cut_set_counts(&mut self, max_order: Option<usize>) -> Result<CutSetCounts, AnalysisError> {
        self.families(max_order)?;
        let limited = max_order.is_some_and(|order| order < self.events.len());
        if self.is_certain() {
            return Ok(CutSetCounts { by_order: vec![1], limited: false });
        }
        let most = self.limits.counts;
        let counts = counting::counts(self.families(max_order)?, max_order, most);
        let mut by_order = counts.map_err(|_| AnalysisError::TooManyOrders { tree: self.name.clone() })?;
        while by_order.last() == Some(&0) {
            by_order.pop();
        }
        Ok(CutSetCounts { by_order, limited })
    }

    /// The minimal cut sets up to `max_order` (at most [`HIGHEST_ORDER`]), the smallest first, `max_listed` at most.
    /// Sets of one size are in the order of their events; where the list ends within a size, which ones are listed is
    /// deterministic, but not by their names.
    ///
    /// Of a tree that is not coherent: the minimal sets such that the top event occurs when exactly they happen.
    ///
    /// # Errors
    /// [`AnalysisError::TooLarge`].
    pub fn cut_sets(
        &mut self,
        max_order: Option<usize>,
        max_listed: usize,
    ) -> Result<Vec<Vec<EventId>>, AnalysisError> {
        self.families(max_order)?;
        if self.is_certain() {
            return Ok(if max_listed > 0 { vec![Vec::new()] } else { Vec::new() });
        }
        let order = max_order.unwrap_or(HIGHEST_ORDER);
        Ok(listing::list(self.families(max_order)?, order, max_listed))
    }

    /// The events that alone bring the top event about.
    ///
    /// # Errors
    /// [`AnalysisError::TooLarge`].
    pub fn single_points(&mut self) -> Result<Vec<EventId>, AnalysisError> {
        let sets = self.cut_sets(Some(1), usize::MAX)?;
        Ok(sets.into_iter().flatten().collect())
    }
}
