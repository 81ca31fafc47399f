//! Reads a model: first all definitions of all files, then what they say of each other.

use std::collections::HashMap;

use super::common_cause::{Split, subsets};
use super::error::{OpenPsaError, Problem};
use super::expression::{Evaluator, Parameter, Parameters, boolean, required};
use super::formula::Formulas;
use super::names::{Container, Named, Names, name_of};
use super::source::{Element, Source, Sources};
use crate::fault_tree::{BasicEvent, EventId, FaultTree, Gate, GateId, GateKind, Input, depth_first};

/// How a model is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What `system-mission-time` stands for, in hours.
    pub mission_time: f64,
    /// Whether common-cause groups fail together. Otherwise their members fail one by one, with the whole probability.
    pub common_cause: bool,
}

impl Default for Options {
    /// As SCRAM without options: a year, and no common causes.
    fn default() -> Self {
        Self { mission_time: 8760.0, common_cause: false }
    }
}

/// A gate that no other gate of its fault tree depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    pub fault_tree: String,
    pub gate: String,
    id: GateId,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Model {
    /// The top events, in the order of the files.
    pub tops: Vec<Top>,
    /// What was left out, in words, with its place; at most a hundred.
    pub notes: Vec<String>,
    events: Vec<BasicEvent>,
    gates: Vec<Gate>,
}

impl Model {
    /// How many basic events there are in all fault trees.
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// How many gates there are in all fault trees, with those of nested formulas.
    pub fn gates(&self) -> usize {
        self.gates.len()
    }

    /// The tree below one of the [`Model::tops`].
    pub fn fault_tree(&self, top: &Top) -> FaultTree {
        let mut events = HashMap::new();
        let mut gates = HashMap::from([(top.id, GateId(0))]);
        let mut tree =
            FaultTree { name: top.gate.clone(), events: Vec::new(), gates: Vec::new(), top: Input::Gate(GateId(0)) };
        // In the order in which the gates are first named.
        let mut order = vec![top.id];
        let mut at = 0;
        while let Some(id) = order.get(at).copied() {
            at += 1;
            let Some(gate) = self.gates.get(id.0) else { continue };
            let mut gate = gate.clone();
            for input in &mut gate.inputs {
                match input {
                    Input::Constant(_) => {}
                    Input::Event(event) => {
                        let old = *event;
                        *event = *events.entry(old).or_insert_with(|| {
                            tree.events.push(self.events[old.0].clone());
                            EventId(tree.events.len() - 1)
                        });
                    }
                    Input::Gate(inner) => {
                        let old = *inner;
                        *inner = *gates.entry(old).or_insert_with(|| {
                            order.push(old);
                            GateId(order.len() - 1)
                        });
                    }
                }
            }
            tree.gates.push(gate);
        }
        tree
    }
}

/// Reads one model from its files.
///
/// # Errors
/// The first problem found, with file, line and column.
pub fn read(files: &[Source<'_>], options: Options) -> Result<Model, OpenPsaError> {
    let sources = Sources { files };
    let nothing = || OpenPsaError { file: String::new(), line: 0, column: 0, problem: Problem::Nothing };
    let documents = (0..files.len()).map(|file| sources.parse(file)).collect::<Result<Vec<_>, _>>()?;
    let mut reader = Reader { sources: &sources, options, ..Reader::empty(&sources) };
    for (file, document) in documents.iter().enumerate() {
        let root = Element::root(file, document);
        if root.tag() != "opsa-mef" {
            return Err(sources.error(root.at(), Problem::NoModel { found: root.tag().to_owned() }));
        }
        reader.definitions(root)?;
    }
    let first = documents.first().map(|document| Element::root(0, document)).ok_or_else(nothing)?;
    reader.finish(first)
}

/// A gate's definition.
struct GateDefinition<'a> {
    element: Element<'a>,
    base: String,
    /// The fault tree that it is in.
    tree: Option<usize>,
}

struct EventDefinition<'a> {
    element: Element<'a>,
    base: String,
}

struct Group<'a> {
    element: Element<'a>,
    name: &'a str,
    base: String,
    members: Vec<usize>,
}

struct Reader<'s, 'a> {
    sources: &'s Sources<'a>,
    options: Options,
    names: Names,
    gates: Vec<Gate>,
    gate_definitions: Vec<GateDefinition<'a>>,
    events: Vec<BasicEvent>,
    /// Of the events that are not members of a group.
    event_definitions: Vec<Option<EventDefinition<'a>>>,
    parameters: Parameters<'a>,
    groups: Vec<Group<'a>>,
    group_names: HashMap<String, Element<'a>>,
    trees: Vec<&'a str>,
    tree_names: HashMap<&'a str, Element<'a>>,
    notes: Vec<String>,
}

/// Most notes: whoever reads the first hundred knows.
const MOST_NOTES: usize = 100;

/// Most events that the common-cause groups of a model may make.
const MOST_COMMON_CAUSES: usize = 200_000;

impl<'s, 'a> Reader<'s, 'a> {
    fn empty(sources: &'s Sources<'a>) -> Self {
        Self {
            sources,
            options: Options::default(),
            names: Names::default(),
            gates: Vec::new(),
            gate_definitions: Vec::new(),
            events: Vec::new(),
            event_definitions: Vec::new(),
            parameters: Parameters::default(),
            groups: Vec::new(),
            group_names: HashMap::new(),
            trees: Vec::new(),
            tree_names: HashMap::new(),
            notes: Vec::new(),
        }
    }

    fn definitions(&mut self, root: Element<'a>) -> Result<(), OpenPsaError> {
        for element in root.content() {
            match element.tag() {
                "define-fault-tree" => {
                    let name = name_of(self.sources, element)?;
                    if let Some(first) = self.tree_names.insert(name, element) {
                        return Err(self.duplicate(name, element, first));
                    }
                    self.trees.push(name);
                    let container = Container::default().inner(name, element);
                    self.container(element, &container, Some(self.trees.len() - 1))?;
                }
                "model-data" => self.container(element, &Container::default(), None)?,
                "define-CCF-group" => self.group(element, &Container::default())?,
                "define-substitution" => {
                    let why = "it changes the cut sets in ways that are not part of the fault tree";
                    let problem = Problem::Unsupported { element: element.tag().to_owned(), why };
                    return Err(self.sources.error(element.at(), problem));
                }
                "define-event-tree"
                | "define-initiating-event"
                | "define-rule"
                | "define-alignment"
                | "define-sequence"
                | "define-functional-event"
                | "define-consequence"
                | "define-consequence-group"
                | "define-extern-library"
                | "define-extern-function" => {
                    self.left_out(element);
                }
                _ => return Err(self.unexpected(element)),
            }
        }
        Ok(())
    }

    fn left_out(&mut self, element: Element<'_>) {
        if self.notes.len() < MOST_NOTES {
            let place = self.sources.place(element.at());
            self.notes.push(format!("{place}: `{}` was left out: only fault trees are analysed", element.tag()));
        }
    }

    fn unexpected(&self, element: Element<'_>) -> OpenPsaError {
        self.sources.error(element.at(), Problem::Unexpected { element: element.tag().to_owned() })
    }

    fn duplicate(&self, name: &str, second: Element<'_>, first: Element<'_>) -> OpenPsaError {
        let problem = Problem::Duplicate { name: name.to_owned(), first: self.sources.place(first.at()) };
        self.sources.error(second.at(), problem)
    }

    /// What a fault tree, a component or the model data contain.
    fn container(
        &mut self,
        parent: Element<'a>,
        container: &Container,
        tree: Option<usize>,
    ) -> Result<(), OpenPsaError> {
        for element in parent.content() {
            match (element.tag(), tree) {
                ("define-gate", Some(_)) => {
                    let name = name_of(self.sources, element)?;
                    let named = Named::Gate(self.gates.len());
                    self.names.define(self.sources, container, (name, element), named)?;
                    let id = container.id(name, element);
                    // With one input, either kind passes it on.
                    self.gates.push(Gate { name: id, kind: GateKind::Or, inputs: Vec::new() });
                    self.gate_definitions.push(GateDefinition { element, base: container.path.clone(), tree });
                }
                ("define-component", Some(_)) => {
                    let name = name_of(self.sources, element)?;
                    self.container(element, &container.inner(name, element), tree)?;
                }
                ("define-CCF-group", Some(_)) => self.group(element, container)?,
                ("define-basic-event", _) => {
                    let name = name_of(self.sources, element)?;
                    let definition = EventDefinition { element, base: container.path.clone() };
                    self.event(name, element, container, Some(definition))?;
                }
                ("define-house-event", _) => {
                    let name = name_of(self.sources, element)?;
                    let value = match element.content().next() {
                        Some(constant) if constant.tag() == "constant" => boolean(self.sources, constant)?,
                        Some(other) => return Err(self.unexpected(other)),
                        None => false,
                    };
                    self.names.define(self.sources, container, (name, element), Named::House(value))?;
                }
                ("define-parameter", _) => self.parameter(element, container)?,
                _ => return Err(self.unexpected(element)),
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        name: &str,
        element: Element<'a>,
        container: &Container,
        definition: Option<EventDefinition<'a>>,
    ) -> Result<usize, OpenPsaError> {
        let place = self.events.len();
        self.names.define(self.sources, container, (name, element), Named::Event(place))?;
        self.events.push(BasicEvent { name: container.id(name, element), probability: None });
        self.event_definitions.push(definition);
        Ok(place)
    }

    fn parameter(&mut self, element: Element<'a>, container: &Container) -> Result<(), OpenPsaError> {
        let name = name_of(self.sources, element)?;
        let id = container.id(name, element);
        let place = self.parameters.defined.len();
        if let Some(first) = self.parameters.by_name.insert(id.clone(), place) {
            let first = self.parameters.defined[first].element;
            return Err(self.duplicate(&id, element, first));
        }
        self.parameters.by_path.insert(container.full(name), place);
        self.parameters.defined.push(Parameter { name: id, base: container.path.clone(), element });
        Ok(())
    }

    /// A common-cause group; its members are defined by being listed.
    fn group(&mut self, element: Element<'a>, container: &Container) -> Result<(), OpenPsaError> {
        let name = name_of(self.sources, element)?;
        let id = container.id(name, element);
        if let Some(first) = self.group_names.insert(id.clone(), element) {
            return Err(self.duplicate(&id, element, first));
        }
        let mut members = Vec::new();
        for list in element.content().filter(|part| part.tag() == "members") {
            for member in list.content() {
                if member.tag() != "basic-event" {
                    return Err(self.unexpected(member));
                }
                let name = name_of(self.sources, member)?;
                members.push(self.event(name, member, container, None)?);
            }
        }
        self.groups.push(Group { element, name, base: container.path.clone(), members });
        Ok(())
    }

    fn finish(mut self, first: Element<'a>) -> Result<Model, OpenPsaError> {
        if self.gates.is_empty() {
            return Err(self.sources.error(first.at(), Problem::Nothing));
        }
        let definitions = std::mem::take(&mut self.gate_definitions);
        let mut formulas = Formulas { sources: self.sources, names: &self.names, gates: &mut self.gates };
        for (gate, definition) in definitions.iter().enumerate() {
            formulas.define(gate, definition.element, &definition.base)?;
        }
        self.check_cycles(&definitions)?;
        let tops = self.tops(&definitions);
        self.parameters.evaluate(self.sources, self.options.mission_time)?;
        self.probabilities()?;
        self.common_causes()?;
        Ok(Model { tops, notes: self.notes, events: self.events, gates: self.gates })
    }

    fn check_cycles(&self, definitions: &[GateDefinition<'_>]) -> Result<(), OpenPsaError> {
        let next = |gate: usize, place: usize| {
            let inputs = self.gates[gate].inputs.iter().enumerate().skip(place);
            inputs.into_iter().find_map(|(at, input)| match input {
                Input::Gate(inner) => Some((at, inner.0)),
                _ => None,
            })
        };
        depth_first(self.gates.len(), 0..definitions.len(), next).map(|_| ()).map_err(|path| {
            // Nested formulas have no name that anybody knows.
            let named: Vec<usize> = path.into_iter().filter(|gate| *gate < definitions.len()).collect();
            let names: Vec<&str> = named.iter().take(20).map(|gate| self.gates[*gate].name.as_str()).collect();
            let mut path = names.join(" → ");
            if named.len() > names.len() {
                path.push_str(" → …");
            } else if named.first() != named.last() || named.len() == 1 {
                path.push_str(&format!(" → {}", names[0]));
            }
            let at = definitions[named[0]].element.at();
            self.sources.error(at, Problem::Cycle { what: "gate", path })
        })
    }

    fn tops(&self, definitions: &[GateDefinition<'_>]) -> Vec<Top> {
        // Nested gates belong to the tree of the gate that they are nested in; they come after all others, the inner
        // before the outer, so owners are found from the defined gates down.
        let mut tree_of: Vec<Option<usize>> = vec![None; self.gates.len()];
        for (gate, definition) in definitions.iter().enumerate() {
            tree_of[gate] = definition.tree;
        }
        let owners = (0..definitions.len()).chain((definitions.len()..self.gates.len()).rev());
        let mut inner = vec![false; self.gates.len()];
        for gate in owners {
            for input in &self.gates[gate].inputs {
                if let Input::Gate(child) = input {
                    if child.0 >= definitions.len() {
                        tree_of[child.0] = tree_of[gate];
                    }
                    inner[child.0] |= tree_of[child.0] == tree_of[gate];
                }
            }
        }
        let free = (0..definitions.len()).filter(|gate| !inner[*gate]);
        let top = |gate: usize| {
            let tree = definitions[gate].tree.map(|tree| self.trees[tree]);
            Top {
                fault_tree: tree.unwrap_or_default().to_owned(),
                gate: self.gates[gate].name.clone(),
                id: GateId(gate),
            }
        };
        free.map(top).collect()
    }

    fn evaluator(&self) -> Evaluator<'_, 'a> {
        Evaluator { sources: self.sources, parameters: &self.parameters, mission_time: self.options.mission_time }
    }

    fn probabilities(&mut self) -> Result<(), OpenPsaError> {
        for event in 0..self.events.len() {
            let Some(definition) = &self.event_definitions[event] else { continue };
            if definition.element.content().next().is_none() {
                continue;
            }
            let value = self.evaluator().content(definition.element, &definition.base)?;
            self.events[event].probability =
                Some(self.probability(&self.events[event].name, value, definition.element)?);
        }
        Ok(())
    }

    fn probability(&self, event: &str, value: f64, element: Element<'_>) -> Result<f64, OpenPsaError> {
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(self.sources.error(element.at(), Problem::Probability { event: event.to_owned(), value }))
    }

    fn common_causes(&mut self) -> Result<(), OpenPsaError> {
        // What each member is replaced by.
        let mut replaced: HashMap<usize, GateId> = HashMap::new();
        for group in std::mem::take(&mut self.groups) {
            let (total, split, factors) = self.group_values(&group)?;
            if !self.options.common_cause {
                group.members.iter().for_each(|member| self.events[*member].probability = Some(total));
                continue;
            }
            self.make_common_causes(&group, total, &split.shares(group.members.len(), &factors), &mut replaced)?;
        }
        for input in self.gates.iter_mut().flat_map(|gate| &mut gate.inputs) {
            if let Input::Event(event) = *input
                && let Some(gate) = replaced.get(&event.0)
            {
                *input = Input::Gate(*gate);
            }
        }
        Ok(())
    }

    /// The members' total probability, the model and its factors.
    fn group_values(&self, group: &Group<'a>) -> Result<(f64, Split, Vec<f64>), OpenPsaError> {
        let wrong = |element: Element<'_>, text: String| self.sources.error(element.at(), Problem::CommonCause(text));
        let (model, at) = required(self.sources, group.element, "model")?;
        let Some(split) = Split::named(model) else {
            let (attribute, value) = ("model".to_owned(), model.to_owned());
            let expected = "`beta-factor`, `MGL`, `alpha-factor` or `phi-factor`";
            return Err(self.sources.error(at, Problem::BadAttribute { attribute, value, expected }));
        };
        let members = group.members.len();
        if members < 2 {
            return Err(wrong(group.element, format!("the group `{}` needs at least two members", group.name)));
        }
        let evaluator = self.evaluator();
        let mut total = None;
        let mut factors = Vec::new();
        for part in group.element.content() {
            match part.tag() {
                "members" => {}
                "distribution" => total = Some(evaluator.content(part, &group.base)?),
                "factor" => factors.push(part),
                "factors" => factors.extend(part.content()),
                _ => return Err(self.unexpected(part)),
            }
        }
        let Some(total) = total else {
            return Err(wrong(group.element, format!("the group `{}` has no distribution", group.name)));
        };
        let total = self.probability(group.name, total, group.element)?;
        let mut values = Vec::new();
        for (place, factor) in factors.iter().enumerate() {
            let wanted = split.first_level(members) + place;
            if let Some((level, at)) = factor.attribute("level")
                && level.parse() != Ok(wanted)
            {
                let text = format!("this factor is of level {level}; level {wanted} is what comes here");
                return Err(self.sources.error(at, Problem::CommonCause(text)));
            }
            if wanted > members {
                return Err(wrong(*factor, format!("there are only {members} members")));
            }
            let value = evaluator.content(*factor, &group.base)?;
            values.push(self.probability("factor", value, *factor)?);
        }
        let sum: f64 = values.iter().sum();
        match split {
            _ if values.is_empty() => Err(wrong(group.element, format!("the group `{}` has no factor", group.name))),
            Split::AlphaFactor if sum <= 0.0 => Err(wrong(group.element, "the factors are all zero".to_owned())),
            Split::PhiFactor if (sum - 1.0).abs() > 1e-4 => {
                Err(wrong(group.element, format!("the factors of a phi-factor model must sum to 1, not {sum}")))
            }
            _ => Ok((total, split, values)),
        }
    }

    fn make_common_causes(
        &mut self,
        group: &Group<'a>,
        total: f64,
        shares: &[f64],
        replaced: &mut HashMap<usize, GateId>,
    ) -> Result<(), OpenPsaError> {
        let members = group.members.len();
        let mut inputs: Vec<Vec<Input>> = vec![Vec::new(); members];
        for (size, share) in shares.iter().enumerate().map(|(at, share)| (at + 1, *share)).filter(|(_, s)| *s > 0.0) {
            let count = (0..size.min(members - size)).fold(1.0, |n, at| n * (members - at) as f64 / (at + 1) as f64);
            if self.events.len() as f64 + count > MOST_COMMON_CAUSES as f64 {
                let text = format!("the group `{}` makes too many events: it has {members} members", group.name);
                return Err(self.sources.error(group.element.at(), Problem::CommonCause(text)));
            }
            let probability = self.probability(group.name, total * share, group.element)?;
            for set in subsets(members, size) {
                let names: Vec<&str> = set.iter().map(|at| self.events[group.members[*at]].name.as_str()).collect();
                let name = format!("[{}]", names.join(" "));
                let event = Input::Event(EventId(self.events.len()));
                self.events.push(BasicEvent { name, probability: Some(probability) });
                set.iter().for_each(|at| inputs[*at].push(event));
            }
        }
        for (member, inputs) in group.members.iter().zip(inputs) {
            let name = format!("{}/common", self.events[*member].name);
            replaced.insert(*member, GateId(self.gates.len()));
            self.gates.push(Gate { name, kind: GateKind::Or, inputs });
        }
        Ok(())
    }
}
