//! Reports as pages: one HTML file each that needs nothing else, for those who were not at the terminal.
//!
//! Pure functions from a finished survey or drill to text. The style is inside the page, the drawings are SVG inside
//! it, nothing is fetched and nothing is executed; names from files go through maud, which escapes them.

mod architecture;
pub mod drill;
pub mod numbers;
pub mod survive;
mod svg;
#[cfg(test)]
mod tests;
mod tree;
pub mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text::Texts;

const STYLE: &str = include_str!("page.css");

/// A whole page.
fn document(title: &str, content: &Markup, texts: &Texts) -> String {
    html! {
        (DOCTYPE)
        html lang=(texts.language_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (content) }
                footer { (texts.get("page-footer", &[("version", env!("CARGO_PKG_VERSION").to_owned())])) }
            }
        }
    }
    .into_string()
}

/// A section with its heading, which others can link to.
fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    let heading_id = format!("{id}-heading");
    html! { section id=(id) aria-labelledby=(heading_id) { h2 id=(heading_id) { (heading) } (content) } }
}

/// What stands above a column of a table.
struct Column {
    name: String,
    numeric: bool,
}

/// Columns by the identifiers of their texts; numbers stand on the right, and their identifiers end in `#`.
fn columns(ids: &[&str], texts: &Texts) -> Vec<Column> {
    let column = |id: &&str| Column { name: texts.plain(id.trim_end_matches('#')), numeric: id.ends_with('#') };
    ids.iter().map(column).collect()
}

/// A table that can be moved sideways where it is wider than the page.
fn table(caption: &str, columns: &[Column], rows: &[Markup]) -> Markup {
    html! {
        div class="table" role="region" tabindex="0" aria-label=(caption) {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for column in columns {
                            th scope="col" class=[column.numeric.then_some("number")] { (column.name) }
                        }
                    }
                }
                tbody { @for row in rows { tr { (row) } } }
            }
        }
    }
}

/// How something is, by sign, word and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warning,
    Bad,
    Plain,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "▲",
            Self::Bad => "✗",
            Self::Plain => "–",
        }
    }
}

/// A word with its sign.
fn badge(tone: Tone, word: &str) -> Markup {
    let class = format!("badge {}", tone.class());
    html! { span class=(class) { span class="sign" aria-hidden="true" { (tone.sign()) } " " (word) } }
}
