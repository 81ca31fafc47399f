//! A history as JSON lines: who the clients are, then one line for each operation and each mark, then the end. A file
//! that was cut off lacks its end and is refused, for a verdict on half a history would be no verdict.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::{Client, History, Mark, Operation};

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("the history cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("line {line} of the history is damaged: {reason}; run the drill again, or restore the file")]
    Line { line: usize, reason: String },
    #[error("the history is not complete: it ends without saying so; run the drill again, or restore the file")]
    Cut,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Operation(Operation),
    Mark(Mark),
    Head(Head),
    End(End),
}

#[derive(Serialize, Deserialize)]
struct Head {
    drill: String,
    clients: Vec<Client>,
}

#[derive(Serialize, Deserialize)]
struct End {
    ended: u64,
}

impl History {
    /// Writes the history, one JSON value on each line.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn save(&self, mut to: impl Write) -> io::Result<()> {
        put(&mut to, &Head { drill: self.drill.clone(), clients: self.clients.clone() })?;
        for operation in &self.operations {
            put(&mut to, operation)?;
        }
        for mark in &self.marks {
            put(&mut to, mark)?;
        }
        put(&mut to, &End { ended: self.ended })?;
        to.flush()
    }

    /// Reads what [`History::save`] wrote.
    ///
    /// # Errors
    /// When it cannot be read, a line is not what it should be, or the end is missing.
    pub fn load(from: impl BufRead) -> Result<Self, Damaged> {
        let mut history = Self::default();
        let mut complete = false;
        for (index, text) in from.lines().enumerate() {
            let damaged = |reason: String| Damaged::Line { line: index + 1, reason };
            let line = serde_json::from_str(&text?).map_err(|e| damaged(e.to_string()))?;
            if complete {
                return Err(damaged("it stands after the end".to_owned()));
            }
            if matches!(line, Line::Head(_)) != (index == 0) {
                return Err(damaged("the clients are told in the first line, and only there".to_owned()));
            }
            match line {
                Line::Head(head) => (history.drill, history.clients) = (head.drill, head.clients),
                Line::Operation(operation) if history.client(&operation).is_none() => {
                    return Err(damaged(format!("there is no client {}", operation.client)));
                }
                Line::Operation(operation) => history.operations.push(operation),
                Line::Mark(mark) => history.marks.push(mark),
                Line::End(end) => (history.ended, complete) = (end.ended, true),
            }
        }
        if complete { Ok(history) } else { Err(Damaged::Cut) }
    }
}

fn put(to: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, line)?;
    to.write_all(b"\n")
}
