//! Where everything of the cluster stands: endpoints on top, groups of cards in rows below, lines in the gutters between.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use model::{Cluster, EndpointKind, HostName};

use super::candidates;
use crate::page::svg::{at, fit, path, text, wrap};
use crate::text::Texts;

/// Lines are told apart by so many colours and patterns.
const WIRES: usize = 4;

/// Pixels.
const CARD: f64 = 180.0;
const PAD: f64 = 10.0;
const LINE: f64 = 15.0;
const WIRE: f64 = 9.0;
/// Between the ends of two lines at a card.
const STUB: f64 = 15.0;
const BROADEST: f64 = 1200.0;

/// A box with a host, or with several that are counted.
pub struct Card {
    pub title: String,
    pub lines: Vec<String>,
    /// Endpoint → how it may answer for it: its place in the order, or how many may.
    pub links: BTreeMap<usize, String>,
}

/// Cards in a frame, if it has a label.
pub struct Group {
    pub label: Option<String>,
    pub cards: Vec<Card>,
}

/// A text in lines that fit into a card.
pub fn card_lines(text: &str, most: usize) -> Vec<String> {
    wrap(text, CARD - 2.0 * PAD, 11.0, most)
}

/// Draws a cluster.
pub struct Layout<'a> {
    cluster: &'a Cluster,
    /// Hosts that are taken to be lost already.
    lost: &'a [HostName],
    /// What the cluster rests on and does not run.
    outside: &'a BTreeSet<String>,
    texts: &'a Texts,
    out: String,
    boxes: String,
}

/// A card with the place of its upper left corner.
struct Placed<'g> {
    x: f64,
    y: f64,
    card: &'g Card,
}

fn card_height(card: &Card) -> f64 {
    let stubs = card.links.keys().next_back().map_or(0.0, |last| 26.0 + *last as f64 * STUB);
    (card.lines.len() as f64 * LINE + 32.0).max(stubs)
}

impl<'a> Layout<'a> {
    pub fn new(cluster: &'a Cluster, lost: &'a [HostName], outside: &'a BTreeSet<String>, texts: &'a Texts) -> Self {
        Self { cluster, lost, outside, texts, out: String::new(), boxes: String::new() }
    }

    fn add(&mut self, markup: Markup) {
        self.out.push_str(&markup.into_string());
    }

    /// The space to the left of a column of cards, where lines come down.
    fn gutter(&self) -> f64 {
        self.cluster.endpoints.len() as f64 * WIRE + 14.0
    }

    /// The size of the drawing, and what is in it.
    pub fn draw(mut self, groups: &[Group]) -> ((f64, f64), String) {
        let gutter = self.gutter();
        let mut rows = Vec::new();
        let (mut top, mut right) = (self.endpoints(gutter), 0.0_f64);
        for row in self.rows_of(groups) {
            let (placed, size) = self.row(&row, gutter, top);
            rows.push((top, placed));
            top = size.1 + 16.0;
            right = right.max(size.0);
        }
        let ends = self.wires(&rows, gutter);
        let bottom = self.outside(gutter, top);
        let out = self.out + &self.boxes;
        let endpoints = self.cluster.endpoints.len().min(5) as f64 * (CARD + 12.0) + gutter;
        ((right.max(ends).max(endpoints).max(CARD + 2.0 * gutter) + 6.0, bottom), out)
    }

    fn group_width(&self, group: &Group) -> f64 {
        let frame = if group.label.is_some() { PAD } else { 0.0 };
        columns_of(group).len() as f64 * (CARD + self.gutter()) + frame
    }

    /// The groups in rows that are not too broad.
    fn rows_of<'g>(&self, groups: &'g [Group]) -> Vec<Vec<&'g Group>> {
        let mut rows: Vec<Vec<&Group>> = vec![vec![]];
        let mut x = self.gutter();
        for group in groups {
            let wide = self.group_width(group);
            if x > self.gutter() && x + wide > BROADEST {
                rows.push(vec![]);
                x = self.gutter();
            }
            if let Some(row) = rows.last_mut() {
                row.push(group);
            }
            x += wide + PAD;
        }
        rows
    }

    /// One row of groups from `top` down: where its cards stand, and its right and lower ends.
    fn row<'g>(&mut self, groups: &[&'g Group], gutter: f64, top: f64) -> (Vec<Placed<'g>>, (f64, f64)) {
        let mut placed = Vec::new();
        // Room for the lines that come from above, where there are any.
        let linked = groups.iter().flat_map(|g| &g.cards).any(|c| !c.links.is_empty());
        let frame_top = top + if linked { gutter } else { 0.0 };
        let (mut x, mut row_bottom) = (gutter, frame_top);
        for group in groups {
            let cards_top = frame_top + if group.label.is_some() { 30.0 } else { 0.0 };
            let mut bottom = cards_top;
            for (column, cards) in columns_of(group).into_iter().enumerate() {
                let left = x + column as f64 * (CARD + gutter) + gutter;
                let mut y = cards_top;
                for card in cards {
                    self.card(card, left, y);
                    placed.push(Placed { x: left, y, card });
                    y += card_height(card) + PAD;
                }
                bottom = bottom.max(y);
            }
            let wide = self.group_width(group);
            if let Some(label) = &group.label {
                self.add(html! {
                    rect x=(at(x)) y=(at(frame_top)) width=(at(wide)) height=(at(bottom - frame_top)) rx="6"
                        class="group" {}
                });
                let label = fit(label, wide - 2.0 * PAD - gutter, 13.0);
                self.boxes.push_str(&text(x + gutter, frame_top + 20.0, "title halo", &label).into_string());
            }
            row_bottom = row_bottom.max(bottom);
            x += wide + PAD;
        }
        (placed, (x, row_bottom))
    }

    /// The endpoints' boxes, and where they end.
    fn endpoints(&mut self, left: f64) -> f64 {
        let mut bottom = 6.0;
        for (e, endpoint) in self.cluster.endpoints.iter().enumerate() {
            let (x, y) = place_of_endpoint(e, left);
            let (class, what) = match &endpoint.kind {
                EndpointKind::Vip(vip) => ("top", format!("VIP {}", vip.address)),
                EndpointKind::External { address } => ("top dashed", address.clone()),
                EndpointKind::Dns { name } => ("top dashed", format!("DNS {name}")),
                EndpointKind::Host { host } => ("top", format!("{host}")),
            };
            let ports = endpoint.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            let through = endpoint.through.map(|t| format!(" · {}", t.word())).unwrap_or_default();
            let name = fit(&endpoint.name, CARD - 2.0 * PAD - 36.0, 13.0);
            let wire = format!("M{} {}h24", at(x + CARD - 34.0), at(y + 17.0));
            self.boxes.push_str(
                &html! { g {
                    title { (endpoint.name) ": " (endpoint.names.join(", ")) }
                    rect x=(at(x)) y=(at(y)) width=(at(CARD)) height="56" rx="8" class=(class) {}
                    (text(x + PAD, y + 21.0, "title", &name))
                    @if !candidates(endpoint).is_empty() { (path(&wire, &format!("wire wire{}", e % WIRES))) }
                    (text(x + PAD, y + 37.0, "small", &fit(&format!("{what}{through}"), CARD - 2.0 * PAD, 11.0)))
                    (text(x + PAD, y + 50.0, "dim", &fit(&format!(":{ports}"), CARD - 2.0 * PAD, 11.0)))
                } }
                .into_string(),
            );
            bottom = y + 56.0;
        }
        bottom
    }

    fn card(&mut self, card: &Card, x: f64, y: f64) {
        let lost = self.lost.iter().any(|h| h.as_str() == card.title);
        let mark =
            if lost { format!("✗ {} · {}", card.title, self.texts.plain("page-lost")) } else { card.title.clone() };
        let title = fit(&mark, CARD - 2.0 * PAD, 13.0);
        self.boxes.push_str(
            &html! { g {
                title { (card.title) }
                rect x=(at(x)) y=(at(y)) width=(at(CARD)) height=(at(card_height(card))) rx="4"
                    class=(if lost { "box dashed happened" } else { "box" }) {}
                (text(x + PAD + 3.0, y + 20.0, "title", &title))
                @for (place, line) in card.lines.iter().enumerate() {
                    @let class = if line.starts_with('▸') { "small" } else { "dim" };
                    (text(x + PAD + 3.0, y + 36.0 + place as f64 * LINE, class, line))
                }
            } }
            .into_string(),
        );
    }

    /// From every endpoint along the top of each row, down beside a column, and into the cards. Returns how far right.
    fn wires(&mut self, rows: &[(f64, Vec<Placed<'_>>)], gutter: f64) -> f64 {
        let mut right = 0.0_f64;
        for (e, _) in self.cluster.endpoints.iter().enumerate() {
            let (offset, class) = (e as f64 * WIRE, format!("wire wire{}", e % WIRES));
            let trunk = 6.0 + offset;
            let mut last_row = None;
            for (place, (top, cards)) in rows.iter().enumerate() {
                let linked: Vec<&Placed<'_>> = cards.iter().filter(|c| c.card.links.contains_key(&e)).collect();
                if linked.is_empty() {
                    continue;
                }
                let bus = top + 10.0 + offset;
                let lane = |c: &Placed<'_>| c.x - gutter + 6.0 + offset;
                let mut ends: Vec<f64> = linked.iter().map(|c| lane(c)).collect();
                if place == 0 {
                    let (x, y) = place_of_endpoint(e, gutter);
                    let drop = x + 24.0 + offset;
                    self.add(path(&format!("M{} {}V{}", at(drop), at(y + 56.0), at(bus)), &class));
                    ends.push(drop);
                }
                if place > 0 {
                    last_row = Some(bus);
                    ends.push(trunk);
                }
                let (from, to) = ends.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
                self.add(path(&format!("M{} {}H{}", at(from), at(bus), at(to)), &class));
                right = right.max(to);
                for card in linked {
                    self.stub(card, e, lane(card), bus, &class);
                }
            }
            if let Some(last) = last_row {
                let (x, y) = place_of_endpoint(e, gutter);
                let (drop, first) = (x + 24.0 + offset, rows[0].0 + 10.0 + offset);
                self.add(path(
                    &format!("M{} {}V{}H{}V{}", at(drop), at(y + 56.0), at(first), at(trunk), at(last)),
                    &class,
                ));
            }
        }
        right
    }

    fn stub(&mut self, placed: &Placed<'_>, e: usize, lane: f64, bus: f64, class: &str) {
        let y = placed.y + 14.0 + e as f64 * STUB;
        let word = placed.card.links.get(&e).cloned().unwrap_or_default();
        let wide = 6.5 + 6.5 * word.len().max(1) as f64;
        self.add(path(&format!("M{} {}V{}H{}", at(lane), at(bus), at(y), at(placed.x)), class));
        self.boxes.push_str(
            &html! { g {
                title { (self.cluster.endpoints[e].name) " " (word) }
                rect x=(at(placed.x - wide / 2.0)) y=(at(y - 6.5)) width=(at(wide)) height="13" rx="6.5"
                    class=(format!("dot{}", e % WIRES)) {}
                (text(placed.x, y + 3.2, "count middle", &word))
            } }
            .into_string(),
        );
    }

    /// What the cluster rests on and does not run.
    fn outside(&mut self, left: f64, top: f64) -> f64 {
        let outside = self.outside;
        if outside.is_empty() {
            return top;
        }
        self.boxes
            .push_str(&text(left, top + 12.0, "title", &self.texts.plain("page-architecture-outside")).into_string());
        let mut y = top + 22.0;
        for (place, what) in outside.iter().enumerate() {
            let (column, line) = ((place % 4) as f64, (place / 4) as f64);
            let (x, top) = (left + column * (CARD * 1.5 + 12.0), y + line * 36.0);
            self.boxes.push_str(
                &html! { g {
                    title { (what) }
                    rect x=(at(x)) y=(at(top)) width=(at(CARD * 1.5)) height="28" rx="4" class="box dashed" {}
                    (text(x + PAD, top + 18.0, "small", &fit(what, CARD * 1.5 - 2.0 * PAD, 11.0)))
                } }
                .into_string(),
            );
        }
        y += outside.len().div_ceil(4) as f64 * 36.0;
        y + 4.0
    }
}

/// Upper left corner.
fn place_of_endpoint(e: usize, left: f64) -> (f64, f64) {
    (left + (e % 5) as f64 * (CARD + 12.0), 6.0 + (e / 5) as f64 * 66.0)
}

/// A group with many cards stands in several columns.
fn columns_of(group: &Group) -> Vec<Vec<&Card>> {
    let high = match (&group.label, group.cards.len()) {
        (None, n) => n.div_ceil(5).max(1),
        (Some(_), 0..=4) => 4,
        (Some(_), n) => n.div_ceil(5).max(4),
    };
    group.cards.chunks(high).map(|c| c.iter().collect()).collect()
}
