//! Writes fault trees as Open-PSA MEF, such that SCRAM accepts it.
//!
//! Names of the format are stricter than ours, so they are changed where needed, and the original is kept as the label.
//! SCRAM knows fewer connectives than the format and wants at least two different arguments; the others are said with
//! those it has.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::fault_tree::{FaultTree, GateKind, Input};

/// One model with these fault trees. Each must be one that [`FaultTree::check`] accepts; basic events of the same name
/// are the same event, which the first tree defines.
pub fn write(trees: &[&FaultTree]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opsa-mef>\n");
    let (mut taken, mut known) = (HashSet::new(), HashMap::new());
    for tree in trees {
        text = write_tree(text, tree, &mut taken, &mut known);
    }
    text.push_str("</opsa-mef>\n");
    text
}

/// `known` maps the events of the trees before to their names in the file.
fn write_tree(
    text: String,
    tree: &FaultTree,
    names: &mut HashSet<String>,
    known: &mut HashMap<String, String>,
) -> String {
    let mut taken = std::mem::take(names);
    let mut new = HashSet::new();
    let gates = tree.gates.iter().map(|gate| unique(&gate.name, "gate", &mut taken)).collect();
    let events = tree.events.iter().map(|event| match known.get(&event.name) {
        Some(name) => name.clone(),
        None => {
            let name = unique(&event.name, "event", &mut taken);
            known.insert(event.name.clone(), name.clone());
            new.insert(name.clone());
            name
        }
    });
    let events = events.collect();
    let mut writer = Writer { text, gates, events, taken, aliases: Vec::new() };
    let _ = writeln!(writer.text, "  <define-fault-tree name=\"{}\">", mangled(&tree.name, "tree"));
    label(&mut writer.text, "    ", &tree.name);
    match tree.top {
        // The top is the gate that no other depends on.
        Input::Gate(_) => {}
        input => {
            let name = unique("top", "gate", &mut writer.taken);
            let _ = writeln!(writer.text, "    <define-gate name=\"{name}\">");
            writer.input(6, input);
            writer.text.push_str("    </define-gate>\n");
        }
    }
    // Whoever reads it analyses every gate that no other needs, so only those below the top are written.
    let start = match tree.top {
        Input::Gate(gate) => Some(gate),
        _ => None,
    };
    let mut below: Vec<usize> =
        tree.evaluation_order(start.into_iter()).unwrap_or_default().into_iter().map(|gate| gate.0).collect();
    below.sort_unstable();
    for at in below {
        let (gate, name) = (&tree.gates[at], writer.gates[at].clone());
        let _ = writeln!(writer.text, "    <define-gate name=\"{name}\">");
        label(&mut writer.text, "      ", &gate.name);
        writer.formula(6, gate.kind, &gate.inputs);
        writer.text.push_str("    </define-gate>\n");
    }
    for (name, input) in std::mem::take(&mut writer.aliases) {
        let _ = writeln!(writer.text, "    <define-gate name=\"{name}\">");
        writer.input(6, input);
        writer.text.push_str("    </define-gate>\n");
    }
    for (event, name) in tree.events.iter().zip(writer.events.clone()).filter(|(_, name)| new.contains(name)) {
        let _ = writeln!(writer.text, "    <define-basic-event name=\"{name}\">");
        label(&mut writer.text, "      ", &event.name);
        if let Some(probability) = event.probability {
            // As many digits as it takes to read back the same number.
            let _ = writeln!(writer.text, "      <float value=\"{probability:?}\"/>");
        }
        writer.text.push_str("    </define-basic-event>\n");
    }
    writer.text.push_str("  </define-fault-tree>\n");
    *names = writer.taken;
    writer.text
}

struct Writer {
    text: String,
    gates: Vec<String>,
    events: Vec<String>,
    taken: HashSet<String>,
    aliases: Vec<(String, Input)>,
}

impl Writer {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn input(&mut self, indent: usize, input: Input) {
        let text = match input {
            Input::Constant(value) => format!("<constant value=\"{value}\"/>"),
            Input::Gate(gate) => format!("<gate name=\"{}\"/>", self.gates[gate.0]),
            Input::Event(event) => format!("<basic-event name=\"{}\"/>", self.events[event.0]),
        };
        self.line(indent, &text);
    }

    /// What counts twice in a K/N gate needs a second name: SCRAM takes no argument twice.
    fn alias(&mut self, indent: usize, input: Input) {
        let name = unique("again", "gate", &mut self.taken);
        self.line(indent, &format!("<gate name=\"{name}\"/>"));
        self.aliases.push((name, input));
    }

    fn formula(&mut self, indent: usize, kind: GateKind, inputs: &[Input]) {
        let within = |writer: &mut Self, tag: &str, body: &dyn Fn(&mut Self, usize)| {
            writer.line(indent, &format!("<{tag}>"));
            body(writer, indent + 2);
            writer.line(indent, &format!("</{}>", tag.split(' ').next().unwrap_or(tag)));
        };
        let constant = |writer: &mut Self, value: bool| writer.input(indent, Input::Constant(value));
        match kind {
            GateKind::And | GateKind::Or => {
                let distinct = distinct(inputs);
                match distinct[..] {
                    [] => constant(self, kind == GateKind::And),
                    [only] => self.input(indent, only),
                    _ => within(self, kind.word(), &|writer, indent| {
                        distinct.iter().for_each(|input| writer.input(indent, *input));
                    }),
                }
            }
            GateKind::Nand => within(self, "not", &|writer, indent| writer.formula(indent, GateKind::And, inputs)),
            GateKind::Nor | GateKind::Not => {
                within(self, "not", &|writer, indent| writer.formula(indent, GateKind::Or, inputs));
            }
            GateKind::AtLeast(k) => match k {
                0 => constant(self, true),
                _ if k > inputs.len() => constant(self, false),
                1 => self.formula(indent, GateKind::Or, inputs),
                _ if k == inputs.len() => self.formula(indent, GateKind::And, inputs),
                _ => {
                    self.line(indent, &format!("<atleast min=\"{k}\">"));
                    let mut seen = HashSet::new();
                    for input in inputs {
                        if seen.insert(*input) {
                            self.input(indent + 2, *input)
                        } else {
                            self.alias(indent + 2, *input)
                        }
                    }
                    self.line(indent, "</atleast>");
                }
            },
            GateKind::Cardinality { min, max } => within(self, "and", &|writer, indent| {
                writer.formula(indent, GateKind::AtLeast(min), inputs);
                writer.line(indent, "<not>");
                writer.formula(indent + 2, GateKind::AtLeast(max.saturating_add(1)), inputs);
                writer.line(indent, "</not>");
            }),
            GateKind::Xor => match inputs {
                [] => constant(self, false),
                [only] => self.input(indent, *only),
                [a, b] if a == b => constant(self, false),
                [rest @ .., last] => within(self, "xor", &|writer, indent| {
                    writer.formula(indent, GateKind::Xor, rest);
                    writer.input(indent, *last);
                }),
            },
            GateKind::Iff => within(self, "not", &|writer, indent| writer.formula(indent, GateKind::Xor, inputs)),
            GateKind::Imply => within(self, "or", &|writer, indent| {
                writer.line(indent, "<not>");
                inputs.first().into_iter().for_each(|premise| writer.input(indent + 2, *premise));
                writer.line(indent, "</not>");
                inputs.last().into_iter().for_each(|conclusion| writer.input(indent, *conclusion));
            }),
        }
    }
}

fn distinct(inputs: &[Input]) -> Vec<Input> {
    let mut seen = HashSet::new();
    inputs.iter().copied().filter(|input| seen.insert(*input)).collect()
}

fn label(text: &mut String, indent: &str, original: &str) {
    let shown: String = original.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let shown = shown.trim();
    if !shown.is_empty() {
        let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(text, "{indent}<label>{escaped}</label>");
    }
}

/// A name of the format: letters, digits and underscores, with single hyphens inside.
fn mangled(name: &str, otherwise: &str) -> String {
    let mut result = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' if !result.is_empty() && !result.ends_with('-') => result.push('-'),
            c if c.is_ascii_alphanumeric() || c == '_' => result.push(c),
            _ => result.push('_'),
        }
    }
    while result.ends_with('-') {
        result.pop();
    }
    if result.is_empty() {
        return otherwise.to_owned();
    }
    if result.starts_with(|c: char| c.is_ascii_digit()) {
        result.insert(0, '_');
    }
    result
}

/// A mangled name that nobody has yet.
fn unique(name: &str, otherwise: &str, taken: &mut HashSet<String>) -> String {
    let plain = mangled(name, otherwise);
    let mut candidate = plain.clone();
    let mut number = 1;
    while !taken.insert(candidate.clone()) {
        number += 1;
        candidate = format!("{plain}_{number}");
    }
    candidate
}
