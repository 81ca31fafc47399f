//! What of a fault tree is drawn: names for its gates, what is drawn once and referred to, and where it is cut short.

use std::collections::{BTreeSet, HashMap, HashSet};

use components::Capability;
use survival::fault_tree::{EventId, FaultTree, GateId, GateKind, Input};
use survival::{CapabilityTree, Loss};

use crate::page::words;
use crate::text::Texts;

/// More than this is not read by anybody.
const MOST_NODES: usize = 80;
/// Of a gate with more inputs than this, so many are drawn, and the rest is counted.
const MOST_INPUTS: usize = 9;
/// Deeper than any rule is nested.
const DEEPEST: usize = 12;

/// The gate of a top event that is no gate in the tree.
const NONE: GateId = GateId(usize::MAX);

/// The sign of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Sign {
    Gate {
        gate: GateId,
        kind: GateKind,
        /// How many inputs it has, whether all of them are drawn or not.
        of: usize,
    },
    /// A basic event; `again`: it stands elsewhere in the drawing too.
    Event { again: bool },
    /// A gate that is drawn elsewhere.
    Transfer(GateId),
    /// A gate that is not drawn, or several inputs of one that are not.
    Undeveloped,
    /// Something that is known: it has happened, or it cannot.
    House(bool),
}

/// Something in the drawing, with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub label: String,
    pub sign: Sign,
    pub inputs: Vec<Node>,
}

pub struct Shape {
    pub top: Node,
    /// The gates that other places refer to, numbered from 1.
    pub references: HashMap<GateId, usize>,
    /// The whole in words, for those who do not see it.
    pub words: String,
    pub cut_short: bool,
}

/// What is drawn of a tree.
pub fn shape(capability: Capability, tree: &CapabilityTree, texts: &Texts) -> Shape {
    let mut asked = HashMap::new();
    for input in tree.tree.gates.iter().flat_map(|g| &g.inputs) {
        if let Input::Gate(gate) = input {
            *asked.entry(*gate).or_insert(0) += 1;
        }
    }
    let make = |deepest| {
        let mut making = Making {
            of: tree,
            texts,
            deepest,
            asked: &asked,
            drawn: HashSet::new(),
            seen: HashSet::new(),
            nodes: 0,
            cut: false,
        };
        let mut top = making.node(tree.tree.top, 0);
        let label = texts.get("page-tree-top", &[("capability", words::capability(texts, capability))]);
        top = match top.sign {
            Sign::Gate { .. } => Node { label, ..top },
            // A single event is a cause of the top event, not the top event itself.
            _ => Node { label, sign: Sign::Gate { gate: NONE, kind: GateKind::Or, of: 1 }, inputs: vec![top] },
        };
        (top, making.nodes, making.cut)
    };
    // The deepest drawing that is small enough.
    let mut chosen = make(1);
    for deepest in 2..=DEEPEST {
        if !chosen.2 {
            break;
        }
        let next = make(deepest);
        if next.1 > MOST_NODES {
            break;
        }
        chosen = next;
    }
    let (top, _, cut_short) = chosen;
    let mut references = HashMap::new();
    number_transfers(&top, &mut references);
    Shape { words: in_words(&top), top, references, cut_short }
}

struct Making<'a> {
    of: &'a CapabilityTree,
    texts: &'a Texts,
    deepest: usize,
    /// How many gates ask each gate.
    asked: &'a HashMap<GateId, usize>,
    drawn: HashSet<GateId>,
    seen: HashSet<EventId>,
    nodes: usize,
    /// Whether something was left out.
    cut: bool,
}

impl Making<'_> {
    fn node(&mut self, input: Input, depth: usize) -> Node {
        self.nodes += 1;
        let leaf = |label, sign| Node { label, sign, inputs: vec![] };
        match input {
            Input::Event(event) => {
                let again = !self.seen.insert(event);
                leaf(words::loss(self.texts, &self.of.losses[event.0]), Sign::Event { again })
            }
            Input::Constant(happened) => {
                let word = if happened { "page-tree-happened" } else { "page-tree-impossible" };
                leaf(self.texts.plain(word), Sign::House(happened))
            }
            Input::Gate(gate) => {
                let label = self.label(gate);
                if self.drawn.contains(&gate) {
                    return leaf(label, Sign::Transfer(gate));
                }
                if depth >= self.deepest {
                    self.cut = true;
                    let events = events_below(&self.of.tree, gate).len().to_string();
                    let label = self.texts.get("page-tree-below", &[("what", label), ("count", events)]);
                    return leaf(label, Sign::Undeveloped);
                }
                self.drawn.insert(gate);
                self.gate(gate, label, depth)
            }
        }
    }

    fn gate(&mut self, gate: GateId, label: String, depth: usize) -> Node {
        let kind = self.of.tree.gates[gate.0].kind;
        let all = self.inputs(gate);
        let shown = if all.len() > MOST_INPUTS { MOST_INPUTS - 1 } else { all.len() };
        let mut inputs: Vec<Node> = all.iter().take(shown).map(|i| self.node(*i, depth + 1)).collect();
        if shown < all.len() {
            self.cut = true;
            self.nodes += 1;
            let rest = (all.len() - shown).to_string();
            let label = self.texts.get("page-tree-more", &[("count", rest)]);
            inputs.push(Node { label, sign: Sign::Undeveloped, inputs: vec![] });
        }
        Node { label, sign: Sign::Gate { gate, kind, of: all.len() }, inputs }
    }

    /// A gate's inputs, with those of a gate of the same kind (and, or) in its place where that one has no name of its
    /// own, or is not asked by any other: the same question, in fewer boxes.
    fn inputs(&self, gate: GateId) -> Vec<Input> {
        let of = &self.of.tree.gates[gate.0];
        if !matches!(of.kind, GateKind::And | GateKind::Or) {
            return of.inputs.clone();
        }
        let mut found: Vec<Input> = Vec::new();
        for input in &of.inputs {
            let inner = match input {
                Input::Gate(inner) if self.of.tree.gates[inner.0].kind == of.kind && self.may_merge(*inner) => {
                    self.inputs(*inner)
                }
                other => vec![*other],
            };
            for input in inner {
                if !found.contains(&input) {
                    found.push(input);
                }
            }
        }
        // What another input says already is not said again: a or (a or b) is a or b, and so for and.
        let said: HashSet<Input> = found
            .iter()
            .filter_map(|i| match i {
                Input::Gate(inner) if self.of.tree.gates[inner.0].kind == of.kind => Some(*inner),
                _ => None,
            })
            .flat_map(|inner| self.of.tree.gates[inner.0].inputs.iter().copied())
            .collect();
        found.retain(|i| !said.contains(i));
        found
    }

    fn may_merge(&self, gate: GateId) -> bool {
        self.host_down(gate).is_none() && self.asked.get(&gate).is_some_and(|n| *n == 1)
    }

    /// What a gate stands for, read from its form: trees that are made from rules have few forms.
    fn label(&self, gate: GateId) -> String {
        let texts = self.texts;
        let of = &self.of.tree.gates[gate.0];
        if let Some(host) = self.host_down(gate) {
            return texts.get("page-tree-host", &[("host", host)]);
        }
        if let Some((component, host)) = self.component_down(Input::Gate(gate)) {
            return texts.get("page-tree-component", &[("component", component), ("host", host)]);
        }
        let total = of.inputs.len().to_string();
        let components: Option<BTreeSet<String>> =
            of.inputs.iter().map(|i| self.component_down(*i).map(|(component, _)| component)).collect();
        let hosts: Option<BTreeSet<String>> =
            of.inputs.iter().map(|i| self.component_down(*i).map(|(_, host)| host)).collect();
        let only = |set: Option<BTreeSet<String>>| set.filter(|s| s.len() == 1).and_then(|s| s.into_iter().next());
        if let (GateKind::And, Some(components)) = (of.kind, self.same_on_each(&of.inputs)) {
            let components = words::list(texts, &components, 4);
            return texts.get("page-tree-nowhere", &[("components", components), ("total", total)]);
        }
        match (of.kind, only(components), only(hosts)) {
            (GateKind::And, Some(component), _) => {
                texts.get("page-tree-all-of", &[("component", component), ("total", total)])
            }
            (GateKind::AtLeast(k), Some(component), _) => {
                texts.get("page-tree-some-of", &[("component", component), ("total", total), ("k", k.to_string())])
            }
            (GateKind::Or, _, Some(host)) => texts.get("page-tree-on-host", &[("host", host)]),
            (GateKind::And, ..) => texts.get("page-tree-all", &[("total", total)]),
            (GateKind::Or, ..) => texts.get("page-tree-any", &[("total", total)]),
            (GateKind::AtLeast(k), ..) => texts.get("page-tree-some", &[("total", total), ("k", k.to_string())]),
            _ => of.name.clone(),
        }
    }

    /// The components, where each input says that one of the same set of them is down on a host.
    fn same_on_each(&self, inputs: &[Input]) -> Option<Vec<String>> {
        let set = |input: &Input| -> Option<BTreeSet<String>> {
            let Input::Gate(gate) = input else { return None };
            let of = &self.of.tree.gates[gate.0];
            let found = of.inputs.iter().map(|i| self.component_down(*i).map(|(component, _)| component));
            (of.kind == GateKind::Or).then(|| found.collect()).flatten()
        };
        let first = set(inputs.first()?)?;
        inputs.iter().all(|i| set(i).as_ref() == Some(&first)).then(|| first.into_iter().collect())
    }

    /// The host, where the gate says that it is lost for whatever reason.
    fn host_down(&self, gate: GateId) -> Option<String> {
        let of = &self.of.tree.gates[gate.0];
        let [Input::Event(first), rest @ ..] = of.inputs.as_slice() else { return None };
        let Loss::Host(host) = &self.of.losses[first.0] else { return None };
        let is_cause = |loss: &Loss| matches!(loss, Loss::Domain { .. } | Loss::Cut { .. });
        let cause = |i: &Input| matches!(i, Input::Event(e) if is_cause(&self.of.losses[e.0]));
        (of.kind == GateKind::Or && rest.iter().all(cause)).then(|| host.to_string())
    }

    /// The component and its host, where the input says that it is down for whatever reason.
    fn component_down(&self, input: Input) -> Option<(String, String)> {
        let event = match input {
            Input::Event(event) => event,
            Input::Gate(gate) => {
                let of = &self.of.tree.gates[gate.0];
                let [Input::Event(own), host] = of.inputs.as_slice() else { return None };
                let is_host = match host {
                    Input::Event(e) => matches!(self.of.losses[e.0], Loss::Host(_)),
                    Input::Gate(g) => self.host_down(*g).is_some(),
                    Input::Constant(_) => true,
                };
                if of.kind != GateKind::Or || !is_host {
                    return None;
                }
                *own
            }
            Input::Constant(_) => return None,
        };
        match &self.of.losses[event.0] {
            Loss::Component { component, host } => Some((component.clone(), host.to_string())),
            _ => None,
        }
    }
}

fn events_below(tree: &FaultTree, gate: GateId) -> HashSet<EventId> {
    let (mut events, mut gates, mut open) = (HashSet::new(), HashSet::from([gate]), vec![gate]);
    while let Some(gate) = open.pop() {
        for input in &tree.gates[gate.0].inputs {
            match input {
                Input::Event(event) => _ = events.insert(*event),
                Input::Gate(next) if gates.insert(*next) => open.push(*next),
                _ => {}
            }
        }
    }
    events
}

/// Numbers the gates that are referred to, in the order of the references.
fn number_transfers(node: &Node, numbers: &mut HashMap<GateId, usize>) {
    if let Sign::Transfer(gate) = node.sign {
        let next = numbers.len() + 1;
        numbers.entry(gate).or_insert(next);
    }
    node.inputs.iter().for_each(|n| number_transfers(n, numbers));
}

/// "A: at least 2 of 3 (B; C: any of 2 (D; E))".
fn in_words(node: &Node) -> String {
    let Sign::Gate { kind, of, .. } = node.sign else { return node.label.clone() };
    let inputs: Vec<String> = node.inputs.iter().map(in_words).collect();
    format!("{}: {} ({})", node.label, gate_word(kind, of), inputs.join("; "))
}

/// The word beside a gate's sign; the same in every language, as in the standard.
pub fn gate_word(kind: GateKind, of: usize) -> String {
    match kind {
        GateKind::And => "AND".to_owned(),
        GateKind::Or => "OR".to_owned(),
        GateKind::AtLeast(k) => format!("≥ {k}/{of}"),
        GateKind::Cardinality { min, max } => format!("{min}–{max}/{of}"),
        other => other.word().to_uppercase(),
    }
}
