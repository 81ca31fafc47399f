//! The files as XML, and where in them something is.
//!
//! The XML is read with roxmltree: a whole document with the place of every element and attribute, no recursion, no
//! entities of the file's own (so none that blow up), and a limit of nodes. Places are kept as offsets; lines are only
//! counted when there is an error to report.

use roxmltree::{Attribute, Document, Node, ParsingOptions};

use super::error::{OpenPsaError, Problem};

/// A file's name, for messages, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// Most bytes of all files.
const MOST_BYTES: usize = 64 << 20;
/// Most nodes of one file, each of about 100 bytes.
const MOST_NODES: u32 = 4_000_000;
/// Longest tag: the attributes of one are compared pair by pair.
const LONGEST_TAG: usize = 16 << 10;
/// Deepest nesting of elements, also what is walked by recursion.
pub const DEEPEST: usize = 200;

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    file: usize,
    offset: usize,
}

/// An element and the file that it is in.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    file: usize,
    node: Node<'a, 'a>,
}

/// All files.
pub struct Sources<'a> {
    pub files: &'a [Source<'a>],
}

impl<'a> Sources<'a> {
    /// Reads one file's XML.
    pub fn parse(&self, file: usize) -> Result<Document<'a>, OpenPsaError> {
        let text = self.files[file].text;
        let bytes: usize = self.files.iter().map(|file| file.text.len()).sum();
        if bytes > MOST_BYTES {
            return Err(self.error(At { file, offset: 0 }, Problem::TooLarge { bytes: text.len(), limit: MOST_BYTES }));
        }
        self.check_shape(file)?;
        let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        Document::parse_with_options(text, options).map_err(|error| {
            let pos = error.pos();
            let problem = Problem::Xml(error.to_string());
            OpenPsaError { file: self.files[file].name.to_owned(), line: pos.row, column: pos.col, problem }
        })
    }

    /// Refuses tags that are too long or nested too deeply before the parser sees them.
    fn check_shape(&self, file: usize) -> Result<(), OpenPsaError> {
        let text = self.files[file].text.as_bytes();
        let mut depth = 0usize;
        let mut at = 0;
        while let Some(start) = find(text, at, b"<") {
            // Comments and character data may contain anything; what is malformed is for the parser to say.
            let skipped: &[(&[u8], &[u8])] = &[(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];
            if let Some((open, close)) = skipped.iter().find(|(open, _)| text[start..].starts_with(open)) {
                let Some(end) = find(text, start + open.len(), close) else { return Ok(()) };
                at = end + close.len();
                continue;
            }
            let mut quote = None;
            let body = text[start..].iter().position(|byte| {
                match (quote, *byte) {
                    (None, b'"' | b'\'') => quote = Some(*byte),
                    (Some(open), byte) if open == byte => quote = None,
                    _ => {}
                }
                quote.is_none() && *byte == b'>'
            });
            let length = body.unwrap_or(text.len() - start);
            let here = At { file, offset: start };
            if length > LONGEST_TAG {
                return Err(self.error(here, Problem::TagTooLong { limit: LONGEST_TAG }));
            }
            let tag = &text[start..start + length];
            match tag.get(1) {
                Some(b'/') => depth = depth.saturating_sub(1),
                _ if tag.last() != Some(&b'/') => depth += 1,
                _ => {}
            }
            if depth > DEEPEST {
                return Err(self.error(here, Problem::TooDeep { limit: DEEPEST }));
            }
            at = start + length + 1;
        }
        Ok(())
    }

    /// A problem at its place.
    pub fn error(&self, at: At, problem: Problem) -> OpenPsaError {
        let source = &self.files[at.file];
        let before = &source.text[..at.offset.min(source.text.len())];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        OpenPsaError { file: source.name.to_owned(), line, column, problem }
    }

    /// A place in words.
    pub fn place(&self, at: At) -> String {
        let found = self.error(at, Problem::Nothing);
        format!("{}:{}:{}", found.file, found.line, found.column)
    }
}

fn find(text: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

impl<'a> Element<'a> {
    pub fn root(file: usize, document: &'a Document<'a>) -> Self {
        Self { file, node: document.root_element() }
    }

    pub fn tag(self) -> &'a str {
        self.node.tag_name().name()
    }

    pub fn at(self) -> At {
        At { file: self.file, offset: self.node.range().start }
    }

    pub fn children(self) -> impl Iterator<Item = Self> {
        self.node.children().filter(Node::is_element).map(move |node| Self { node, ..self })
    }

    /// Its child elements without what only describes it.
    pub fn content(self) -> impl Iterator<Item = Self> {
        self.children().filter(|child| !matches!(child.tag(), "label" | "attributes"))
    }

    /// All elements below it.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        self.node.descendants().skip(1).filter(Node::is_element).map(move |node| Self { node, ..self })
    }

    /// The value of an attribute, and where it is.
    pub fn attribute(self, name: &str) -> Option<(&'a str, At)> {
        let found: Attribute<'a, 'a> = self.node.attribute_node(name)?;
        Some((found.value().trim(), At { file: self.file, offset: found.range().start }))
    }
}
