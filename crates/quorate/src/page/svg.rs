//! What drawings have in common: measured text, and a frame that tells its content in words too.

use maud::{Markup, PreEscaped, html};

/// A coordinate, to a tenth of a pixel.
pub fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// How wide a text is at this size, in pixels: an estimate for a sans-serif face, on the generous side.
pub fn width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            c if u32::from(c) >= 0x1100 => 1.0,
            'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | ':' | '\'' | '|' | ' ' | '(' | ')' | '-' => 0.36,
            'm' | 'w' | 'M' | 'W' | '@' => 0.9,
            c if c.is_ascii_uppercase() => 0.7,
            _ => 0.58,
        })
        .sum();
    em * size
}

/// The text, shortened to this width.
pub fn fit(text: &str, wide: f64, size: f64) -> String {
    if width(text, size) <= wide {
        return text.to_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        shown.push(c);
        if width(&shown, size) + size > wide {
            break;
        }
    }
    shown + "…"
}

/// The text in lines of this width, of which the last one is shortened where there are more than `most`.
pub fn wrap(text: &str, wide: f64, size: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && width(&line, size) + width(piece.trim_end(), size) > wide {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(&piece);
    }
    lines.push(line);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).concat();
        lines.push(rest);
    }
    lines.into_iter().map(|l| fit(l.trim_end(), wide, size)).filter(|l| !l.is_empty()).collect()
}

/// Where lines may break: after spaces, and after every ideograph.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
        if c == ' ' || u32::from(c) >= 0x2e80 {
            pieces.push(String::new());
        }
    }
    pieces
}

/// One line of text.
pub fn text(x: f64, y: f64, class: &str, content: &str) -> Markup {
    html! { text x=(at(x)) y=(at(y)) class=(class) { (content) } }
}

/// A line, or several that meet, with or without corners.
pub fn path(d: &str, class: &str) -> Markup {
    html! { path d=(d) class=(class) {} }
}

/// A drawing that is told to those who do not see it, and can be moved with the keyboard where it is wider than the page.
pub fn drawing(id: &str, (wide, high): (f64, f64), title: &str, description: &str, content: &str) -> Markup {
    let view = format!("0 0 {} {}", at(wide), at(high));
    html! {
        div class="drawing" role="region" tabindex="0" aria-label=(title) {
            svg id=(id) xmlns="http://www.w3.org/2000/svg" viewBox=(view) width=(at(wide)) height=(at(high)) role="img"
                aria-labelledby=(format!("{id}-title {id}-text")) {
                title id=(format!("{id}-title")) { (title) }
                desc id=(format!("{id}-text")) { (description) }
                (PreEscaped(content))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shortened_and_wrapped() {
        assert_eq!(fit("node1", 100.0, 12.0), "node1");
        assert!(fit(&"n".repeat(63), 100.0, 12.0).ends_with('…'));
        let lines = wrap("etcd galera agent haproxy keepalived nginx", 90.0, 11.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|l| width(l, 11.0) <= 90.0 + 11.0), "{lines:?}");
        assert_eq!(wrap("数据库已丢失", 40.0, 12.0, 9).len(), 2);
    }
}
