//! What a long work is doing, for whoever asks in between. One work at a time runs on a host, so there is one of these.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static STAGE: Mutex<&'static str> = Mutex::new("");
static BYTES: AtomicU64 = AtomicU64::new(0);

/// A new stage begins; its code.
pub(super) fn stage(name: &'static str) {
    *STAGE.lock().unwrap_or_else(PoisonError::into_inner) = name;
    BYTES.store(0, Ordering::Relaxed);
}

pub(super) fn read() -> (String, u64) {
    (STAGE.lock().unwrap_or_else(PoisonError::into_inner).to_string(), BYTES.load(Ordering::Relaxed))
}

/// Counts what is written through it.
pub(super) struct Counted<W>(pub W);

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        BYTES.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
