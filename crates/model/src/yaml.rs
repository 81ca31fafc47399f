//! The only place that knows the YAML library: text in, raw types with positions out, errors as problems.
//!
//! Errors of the library are mapped one by one rather than printed: its messages may quote a value of the file,
//! and a value may be a password.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Spanned, options::MergeKeyPolicy};

use crate::codes;
use crate::problem::{Problem, Span};
use crate::suggest;

/// Largest file that is read, in bytes: a hundred hosts need about 20 KiB.
pub(crate) const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The key that the file may hold only to be refused with a better reason than "unknown".
const NOT_OFFERED: &str = "password";

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub value: T,
    pub span: Span,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value, span: span(&referenced) })
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// Reads one document.
pub(crate) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Problem> {
    if text.len() > MAX_BYTES {
        return Err(codes::FILE_TOO_LARGE.at(Span::START).arg("size", text.len()).arg("limit", MAX_BYTES));
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|e| problem(&e, text))
}

fn options() -> serde_saphyr::Options {
    // Aliases are for a handful of repeated settings; anything near these limits is an attack or an accident.
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            max_documents: 2,
            // Ten thousand hosts, and some more.
            max_events: 600_000,
            max_nodes: 300_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 50_000,
            max_recorded_anchor_bytes: 4 * MAX_BYTES,
            max_merge_keys: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 50_000,
            max_replay_stack_depth: 16,
        },
        merge_keys: MergeKeyPolicy::Merge,
        with_snippet: false,
    }
}

fn span(location: &Location) -> Span {
    if *location == Location::UNKNOWN {
        return Span::START;
    }
    let bytes = location.span();
    Span {
        offset: bytes.byte_offset().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        len: bytes.byte_len().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        line: u32::try_from(location.line()).unwrap_or(u32::MAX).max(1),
        column: u32::try_from(location.column()).unwrap_or(u32::MAX).max(1),
    }
}

fn problem(error: &Error, text: &str) -> Problem {
    // Of a mistake behind an alias, the place of the alias: the text that it stands for may be fine elsewhere.
    let place = error.location().map_or(Span::START, |l| span(&l));
    let error = match error.without_snippet() {
        Error::AliasError { error, .. } => error,
        other => other,
    };
    match error {
        Error::Eof { .. } => codes::YAML_EMPTY.at(place),
        Error::MultipleDocuments { .. } => codes::YAML_DOCUMENTS.at(place),
        Error::SerdeUnknownField { field, expected, .. } => unknown_key(field, expected, place),
        Error::DuplicateMappingKey { key, .. } => {
            codes::DUPLICATE_KEY.at(place).arg("key", key.as_deref().unwrap_or("?"))
        }
        Error::SerdeMissingField { field, .. } => codes::MISSING_KEY.at(place).arg("key", field),
        Error::SerdeInvalidType { expected, .. }
        | Error::SerdeInvalidValue { expected, .. }
        | Error::SerdeInvalidLength { expected, .. } => wrong_type(expected, place),
        Error::Unexpected { expected, .. } => wrong_type(expected, place),
        Error::InvalidScalar { ty, .. } => wrong_type(ty, place),
        Error::NullIntoString { .. } | Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            wrong_type("string", place)
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => codes::YAML_LIMIT.at(place),
        Error::UnknownAnchor { .. } => codes::YAML_ALIAS.at(place),
        // The scanner's messages describe the grammar and quote nothing.
        Error::ExternalMessage { msg, .. } => {
            codes::YAML_SYNTAX.at(end_of_text(place, text)).arg("detail", msg.lines().next().unwrap_or("?"))
        }
        _ if place == Span::START => codes::YAML_SYNTAX.at(place).arg("detail", "?"),
        _ => wrong_type("value", place),
    }
}

/// A scanner that ran out of text points behind it, where no editor can show anything.
fn end_of_text(mut place: Span, text: &str) -> Span {
    place.offset = place.offset.min(text.len());
    place
}

fn unknown_key(key: &str, expected: &[&'static str], place: Span) -> Problem {
    if ["password", "passwd", "pass", "pwd", "passphrase"].contains(&key.to_ascii_lowercase().as_str()) {
        return codes::PLAIN_PASSWORD.at(place).arg("key", key);
    }
    let offered: Vec<&str> = expected.iter().copied().filter(|e| *e != NOT_OFFERED).collect();
    let nearest = suggest::nearest(key, offered.iter().copied());
    codes::UNKNOWN_KEY
        .at(place)
        .arg("key", key)
        .arg("nearest", nearest.unwrap_or("none"))
        .arg("expected", offered.join(", "))
}

/// Reduces what the library expected to a word that the texts can translate.
fn wrong_type(expected: &str, place: Span) -> Problem {
    let expected = expected.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| expected.contains(w));
    let kind = if has(&["mapping", "map", "struct", "secretsource"]) {
        "mapping"
    } else if has(&["sequence", "list", "array"]) {
        "list"
    } else if has(&["string", "str", "scalar"]) {
        "text"
    } else if has(&["bool"]) {
        "boolean"
    } else if has(&["int", "i64", "u64", "u32", "u16", "u8", "number", "float"]) {
        "number"
    } else {
        "other"
    };
    codes::WRONG_TYPE.at(place).arg("expected", kind)
}
