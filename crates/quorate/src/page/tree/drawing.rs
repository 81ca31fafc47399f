//! Where everything of a fault tree stands: the top event with its inputs beside each other as far as the page is wide,
//! and everything below hung under each other, which stays legible where a tree is broad.

use maud::html;
use survival::fault_tree::GateKind;

use super::shape::{Node, Shape, Sign, gate_word};
use crate::page::svg::{at, fit, path, text, width, wrap};

/// Pixels.
const BOX: f64 = 196.0;
const INDENT: f64 = 34.0;
const GAP: f64 = 10.0;
const LINE: f64 = 15.0;
const SIZE: f64 = 12.0;
/// Room for a gate's sign below its box.
const GATE: f64 = 34.0;
const LEAF: f64 = 30.0;
/// How wide the inputs of the top event may stand beside each other.
const BROADEST: f64 = 1180.0;

/// The size of the drawing, and what is in it.
pub fn draw(shape: &Shape) -> ((f64, f64), String) {
    let mut pen = Pen { shape, out: String::new() };
    let margin = 6.0;
    let wide: f64 = shape.top.inputs.iter().map(|n| extent(n).0 + GAP).sum();
    let size = if shape.top.inputs.len() > 1 && wide <= BROADEST {
        pen.spread(&shape.top, margin, margin, wide - GAP)
    } else if shape.top.inputs.len() > 1 {
        pen.columns(&shape.top, margin, margin)
    } else {
        pen.hang(&shape.top, margin, margin, true);
        extent(&shape.top)
    };
    ((size.0 + 2.0 * margin, size.1 + 2.0 * margin), pen.out)
}

fn lines(node: &Node) -> Vec<String> {
    wrap(&node.label, BOX - 16.0, SIZE, 3)
}

fn box_height(node: &Node) -> f64 {
    lines(node).len() as f64 * LINE + 10.0
}

/// Width and height of a node with everything that hangs below it.
fn extent(node: &Node) -> (f64, f64) {
    match node.sign {
        Sign::Gate { .. } => {
            let below: Vec<(f64, f64)> = node.inputs.iter().map(extent).collect();
            let wide = below.iter().map(|(w, _)| INDENT + w).fold(BOX, f64::max);
            (wide, box_height(node) + GATE + below.iter().map(|(_, h)| h + GAP).sum::<f64>())
        }
        _ => (BOX, leaf_height(node)),
    }
}

fn leaf_height(node: &Node) -> f64 {
    (leaf_lines(node).len() as f64 * LINE).max(LEAF - 6.0)
}

fn leaf_lines(node: &Node) -> Vec<String> {
    wrap(&node.label, BOX - 30.0, SIZE, 3)
}

/// Nodes in as many columns as the page is wide, each about as high as the others, in their order.
fn in_columns(nodes: &[Node]) -> Vec<Vec<&Node>> {
    let wide = nodes.iter().map(|n| extent(n).0).fold(BOX, f64::max) + INDENT + GAP;
    let most = ((BROADEST / wide) as usize).clamp(1, nodes.len().max(1));
    let highest = nodes.iter().map(|n| extent(n).1).fold(0.0, f64::max);
    let total: f64 = nodes.iter().map(|n| extent(n).1 + GAP).sum();
    let mut limit = (total / most as f64).max(highest + GAP);
    loop {
        let mut columns: Vec<(f64, Vec<&Node>)> = vec![(0.0, vec![])];
        for node in nodes {
            let high = extent(node).1 + GAP;
            if columns.last().is_some_and(|(filled, of)| !of.is_empty() && filled + high > limit) {
                columns.push((0.0, vec![]));
            }
            if let Some((filled, of)) = columns.last_mut() {
                *filled += high;
                of.push(node);
            }
        }
        if columns.len() <= most {
            return columns.into_iter().map(|(_, of)| of).collect();
        }
        limit *= 1.05;
    }
}

struct Pen<'a> {
    shape: &'a Shape,
    out: String,
}

impl Pen<'_> {
    fn add(&mut self, markup: maud::Markup) {
        self.out.push_str(&markup.into_string());
    }

    /// The top event in the middle above its inputs.
    fn spread(&mut self, top: &Node, x: f64, y: f64, wide: f64) -> (f64, f64) {
        let wide = wide.max(BOX);
        let middle = x + wide / 2.0;
        self.gate_box(top, middle - BOX / 2.0, y, true);
        self.sign(top, middle, y + box_height(top) + 6.0);
        let bus = y + box_height(top) + GATE + 4.0;
        let inputs = bus + 14.0;
        self.add(path(&format!("M{} {}V{}", at(middle), at(bus - 5.0), at(bus)), "line"));
        let (mut place, mut deepest) = (x, 0.0_f64);
        let (mut first, mut last) = (None, middle);
        for node in &top.inputs {
            let (w, h) = extent(node);
            // A line enters a box from above, a leaf's sign too.
            let entry = if matches!(node.sign, Sign::Gate { .. }) { place + BOX / 2.0 } else { place + 12.0 };
            self.add(path(&format!("M{} {}V{}", at(entry), at(bus), at(inputs)), "line"));
            self.hang(node, place, inputs, false);
            first = first.or(Some(entry));
            last = entry;
            deepest = deepest.max(h);
            place += w + GAP;
        }
        let from = first.unwrap_or(middle).min(middle);
        self.add(path(&format!("M{} {}H{}", at(from), at(bus), at(last.max(middle))), "line"));
        (wide, inputs + deepest - y)
    }

    /// The top event above several columns, in each of which some of its inputs hang.
    fn columns(&mut self, top: &Node, x: f64, y: f64) -> (f64, f64) {
        let columns = in_columns(&top.inputs);
        let wide = top.inputs.iter().map(|n| extent(n).0).fold(BOX, f64::max) + INDENT + GAP;
        self.gate_box(top, x, y, true);
        self.sign(top, x + 18.0, y + box_height(top) + 6.0);
        let bus = y + box_height(top) + GATE + 4.0;
        let last = x + 18.0 + (columns.len() as f64 - 1.0) * wide;
        self.add(path(&format!("M{} {}V{}H{}", at(x + 18.0), at(bus - 5.0), at(bus), at(last)), "line"));
        let mut deepest = 0.0_f64;
        for (place, nodes) in columns.iter().enumerate() {
            let left = x + place as f64 * wide;
            let (mut under, mut end) = (bus + 14.0, bus);
            for node in nodes {
                end = self.branch(node, left, under);
                under += extent(node).1 + GAP;
            }
            self.add(path(&format!("M{} {}V{}", at(left + 18.0), at(bus), at(end)), "line"));
            deepest = deepest.max(under);
        }
        (columns.len() as f64 * wide - GAP, deepest - y)
    }

    /// A node to the right of a stem, with the line to it. Returns where on the stem that is.
    fn branch(&mut self, node: &Node, x: f64, y: f64) -> f64 {
        let entry = match node.sign {
            Sign::Gate { .. } => y + box_height(node) / 2.0,
            _ => y + leaf_height(node) / 2.0,
        };
        self.add(path(&format!("M{} {}H{}", at(x + 18.0), at(entry), at(x + INDENT)), "line"));
        self.hang(node, x + INDENT, y, false);
        entry
    }

    /// A node with everything below it under each other.
    fn hang(&mut self, node: &Node, x: f64, y: f64, top: bool) {
        if !matches!(node.sign, Sign::Gate { .. }) {
            return self.leaf(node, x, y);
        }
        let stem = x + 18.0;
        let mut place = y + box_height(node) + GATE;
        let start = place - 5.0;
        let mut end = start;
        for input in &node.inputs {
            end = self.branch(input, x, place);
            place += extent(input).1 + GAP;
        }
        self.add(path(&format!("M{} {}V{}", at(stem), at(start), at(end)), "line"));
        self.gate_box(node, x, y, top);
        self.sign(node, stem, y + box_height(node) + 6.0);
    }

    fn gate_box(&mut self, node: &Node, x: f64, y: f64, top: bool) {
        let class = if top { "top" } else { "box" };
        let reference = match node.sign {
            Sign::Gate { gate, .. } => self.shape.references.get(&gate).map(|n| format!("T{n}")),
            _ => None,
        };
        let high = box_height(node);
        self.add(html! {
            g {
                title { (node.label) }
                rect x=(at(x)) y=(at(y)) width=(at(BOX)) height=(at(high)) rx="2" class=(class) {}
                @for (place, line) in lines(node).iter().enumerate() {
                    @let class = if top { "title middle" } else { "middle" };
                    (text(x + BOX / 2.0, y + 5.0 + SIZE + place as f64 * LINE, class, line))
                }
            }
        });
        if let Some(reference) = reference {
            // The triangle at the side of what is referred to.
            let (right, middle) = (x + BOX, y + high + 14.0);
            self.add(html! { g {
                (path(&format!("M{} {}l8 13h-16z", at(right - 14.0), at(middle - 9.0)), "box"))
                (text(right - 26.0, middle + 3.0, "small end", &reference))
            } });
        }
    }

    /// The sign of a gate below its box, with its word beside it.
    fn sign(&mut self, node: &Node, x: f64, y: f64) {
        let Sign::Gate { kind, of, .. } = node.sign else { return };
        self.add(path(&format!("M{} {}v6", at(x), at(y - 6.0)), "line"));
        let word = gate_word(kind, of);
        self.out.push_str(&match kind {
            GateKind::And => and_gate(x - 13.0, y),
            GateKind::Or => or_gate(x - 13.0, y),
            GateKind::AtLeast(k) => vote_gate(x, y, &format!("{k}/{of}")),
            _ => vote_gate(x, y, ""),
        });
        self.add(text(x + 22.0, y + 15.0, "dim", &word));
    }

    fn leaf(&mut self, node: &Node, x: f64, y: f64) {
        let (x, middle) = (x + 12.0, y + leaf_height(node) / 2.0);
        let sign = match &node.sign {
            Sign::Event { again } => circle(x, middle, if *again { "event dashed" } else { "event" }),
            Sign::Transfer(_) => triangle(x, middle),
            Sign::House(happened) => house(x, middle, *happened),
            Sign::Gate { .. } | Sign::Undeveloped => diamond(x, middle),
        };
        let reference = match node.sign {
            Sign::Transfer(gate) => self.shape.references.get(&gate).map(|n| format!("T{n}")),
            _ => None,
        };
        let lines = leaf_lines(node);
        let first = middle - (lines.len() as f64 - 1.0) * LINE / 2.0 + 4.0;
        self.add(html! {
            g {
                title { (node.label) }
                (maud::PreEscaped(sign))
                @for (place, line) in lines.iter().enumerate() {
                    @let first_line = reference.as_ref().filter(|_| place == 0);
                    @let prefix = first_line.map(|r| format!("{r} · ")).unwrap_or_default();
                    @let line = fit(&format!("{prefix}{line}"), BOX - 30.0 + width(&prefix, SIZE), SIZE);
                    (text(x + 16.0, first + place as f64 * LINE, "", &line))
                }
            }
        });
    }
}

pub fn and_gate(x: f64, y: f64) -> String {
    path(&format!("M{} {}v-11a13 12 0 0 1 26 0v11z", at(x), at(y + 23.0)), "gate").into_string()
}

pub fn or_gate(x: f64, y: f64) -> String {
    path(&format!("M{} {}q1 -16 13 -23q12 7 13 23q-13 -7 -26 0z", at(x), at(y + 23.0)), "gate").into_string()
}

pub fn vote_gate(x: f64, y: f64, word: &str) -> String {
    let shape = path(&format!("M{} {}l7 -11.5h16l7 11.5l-7 11.5h-16z", at(x - 15.0), at(y + 11.5)), "gate");
    html! { (shape) (text(x, y + 15.5, "small middle", word)) }.into_string()
}

pub fn circle(x: f64, y: f64, class: &str) -> String {
    html! { circle cx=(at(x)) cy=(at(y)) r="9" class=(class) {} }.into_string()
}

pub fn triangle(x: f64, y: f64) -> String {
    path(&format!("M{} {}l10 18h-20z", at(x), at(y - 10.0)), "event").into_string()
}

pub fn diamond(x: f64, y: f64) -> String {
    path(&format!("M{} {}l11 10l-11 10l-11 -10z", at(x), at(y - 10.0)), "event").into_string()
}

pub fn house(x: f64, y: f64, happened: bool) -> String {
    let class = if happened { "event happened" } else { "event" };
    path(&format!("M{} {}v-9l9 -8l9 8v9z", at(x - 9.0), at(y + 9.0)), class).into_string()
}
