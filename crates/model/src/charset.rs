//! Character sets that a database can be made with.

use serde::{Deserialize, Serialize};

/// A character set that MariaDB and every MySQL since 5.6 have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Charset {
    /// All of Unicode.
    #[default]
    Utf8mb4,
    /// Unicode's first plane alone, at most three bytes a character; servers also call it utf8mb3.
    Utf8,
    Latin1,
    Gbk,
    Ascii,
}

impl Charset {
    /// Every character set that can be chosen.
    pub const ALL: [Self; 5] = [Self::Utf8mb4, Self::Utf8, Self::Latin1, Self::Gbk, Self::Ascii];

    /// The character set as it is written in the file, and as every server understands it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utf8mb4 => "utf8mb4",
            Self::Utf8 => "utf8",
            Self::Latin1 => "latin1",
            Self::Gbk => "gbk",
            Self::Ascii => "ascii",
        }
    }

    /// The character set that is written like this.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// Whether a collation is one of this character set: its name begins with it.
    pub fn has_collation(self, collation: &str) -> bool {
        let rest = match self {
            Self::Utf8 => collation.strip_prefix("utf8mb3").or_else(|| collation.strip_prefix("utf8")),
            _ => collation.strip_prefix(self.word()),
        };
        rest.is_some_and(|r| {
            r.len() > 1 && r.starts_with('_') && r.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    }
}
