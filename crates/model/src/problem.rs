//! What is wrong with a cluster file: codes, facts and positions, but no prose.
//!
//! The texts live once per language in `crates/quorate/locales/*/problems.ftl`, so that English and Chinese
//! cannot drift apart from the checks. A problem carries only what those texts need.

use std::collections::BTreeMap;
use std::fmt;

/// A place in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Bytes from the start of the file.
    pub offset: usize,
    /// Bytes covered; 0 where only a point is known.
    pub len: usize,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Span {
    /// The start of the file: where nothing better is known.
    pub const START: Self = Self { offset: 0, len: 0, line: 1, column: 1 };
}

/// Values of the file that are shown are cut to this many characters: a message is no place for a megabyte.
const MAX_ARG_CHARS: usize = 120;

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The part of the texts' identifiers behind `problem-`.
    pub id: &'static str,
    /// The arguments that its problems carry and its texts may use.
    pub args: &'static [&'static str],
}

impl Code {
    /// A problem of this kind, still without arguments.
    pub(crate) fn at(&self, span: Span) -> Problem {
        Problem { code: self.id, args: BTreeMap::new(), span, related: Vec::new() }
    }
}

/// One thing that the operator must change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which texts to show: `problem-<code>` with its attributes `.reason` and `.hint`.
    pub code: &'static str,
    /// The values that the texts name. Never holds a secret.
    pub args: BTreeMap<&'static str, String>,
    /// Where to point.
    pub span: Span,
    /// Other places that belong to it, such as the first use of a name; with what stands there.
    pub related: Vec<(Span, String)>,
}

impl Problem {
    pub(crate) fn arg(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.args.insert(key, printable(&value.to_string()));
        self
    }

    pub(crate) fn related(mut self, span: Span, what: impl fmt::Display) -> Self {
        self.related.push((span, printable(&what.to_string())));
        self
    }
}

/// The file may hold anything, and a terminal obeys control characters.
fn printable(text: &str) -> String {
    let mut shown: String =
        text.chars().take(MAX_ARG_CHARS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MAX_ARG_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.span.line, self.span.column, self.code)?;
        for (key, value) in &self.args {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

/// Everything found wrong in one reading, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
