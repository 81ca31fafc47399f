//! What is wrong with a model, and where.

use thiserror::Error;

/// A problem at its place. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct OpenPsaError {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Problem {
    #[error("this is no well-formed XML: {0}")]
    Xml(String),
    #[error("the file has {bytes} bytes, the models together more than {limit}: too large to read")]
    TooLarge { bytes: usize, limit: usize },
    #[error("this tag is longer than {limit} bytes")]
    TagTooLong { limit: usize },
    #[error("nested deeper than {limit} levels: give the inner parts names of their own")]
    TooDeep { limit: usize },
    #[error("the model is an element `opsa-mef`, not `{found}`")]
    NoModel { found: String },
    #[error("no element `{element}` is expected here")]
    Unexpected { element: String },
    #[error("`{element}` is not supported{}", if .why.is_empty() { String::new() } else { format!(": {}", .why) })]
    Unsupported { element: String, why: &'static str },
    #[error("`{element}` has no attribute `{attribute}`")]
    NoAttribute { element: String, attribute: &'static str },
    #[error("the attribute `{attribute}` is `{value}`; it must be {expected}")]
    BadAttribute { attribute: String, value: String, expected: &'static str },
    #[error("`{name}` is not a name: names have no dots, no spaces and do not begin or end with a hyphen")]
    BadName { name: String },
    #[error("`{name}` is already defined at {first}")]
    Duplicate { name: String, first: String },
    #[error("the {what} `{name}` is not defined in any of the files")]
    Undefined { what: &'static str, name: String },
    #[error("`{name}` is a {is}, not a {wanted}")]
    WrongKind { name: String, is: &'static str, wanted: &'static str },
    #[error("the {what} depends on itself: {path}")]
    Cycle { what: &'static str, path: String },
    #[error("`{element}` needs {needs}, but has {has}")]
    Arity { element: String, needs: String, has: usize },
    #[error("`{event}` has the probability {value}; it must be from 0 to 1")]
    Probability { event: String, value: f64 },
    #[error("{0}")]
    CommonCause(String),
    #[error("no gate is defined in any of the files, so there is nothing to analyse")]
    Nothing,
}
