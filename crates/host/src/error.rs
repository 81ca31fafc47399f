//! Why something on a host did not work.

use std::path::PathBuf;

use wire::Note;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what} {}: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("`{program}` {outcome}: {message}")]
    Command { program: String, outcome: String, message: String },
    #[error("the database refused: {0}")]
    Sql(String),
    #[error("{0}")]
    Damaged(String),
    #[error("{0}")]
    Noted(Note),
}

impl Error {
    /// An I/O error with what was being done to which path.
    pub fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }

    /// The error as the operator's program receives it.
    pub fn note(&self) -> Note {
        match self {
            Self::Noted(note) => note.clone(),
            other => Note::new("host-error").with("error", other),
        }
    }
}
