//! The program that is put on the hosts: its bytes, its name by content, and its compressed form, made at most once for
//! all hosts.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

/// An executable for the hosts; cheap to clone.
#[derive(Clone)]
pub struct Program(Arc<Inner>);

struct Inner {
    bytes: Bytes,
    sha256: String,
    gzip: OnceCell<Bytes>,
}

impl Program {
    /// Takes an executable's content. Hashing costs about 1 ms per MB.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(&bytes) {
            let _ = write!(sha256, "{byte:02x}");
        }
        Self(Arc::new(Inner { bytes, sha256, gzip: OnceCell::new() }))
    }

    /// The running program itself.
    pub fn current() -> std::io::Result<Self> {
        // Not current_exe(): that path may hold another version by now.
        std::fs::read("/proc/self/exe").map(Self::new)
    }

    /// The hash that names it on the hosts, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Its content.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// What `uname -m` says on machines that run it, if it is an ELF executable of a known kind.
    pub fn architecture(&self) -> Option<&'static str> {
        let header = self.0.bytes.get(..20)?;
        let (magic, rest) = header.split_at(4);
        if magic != b"\x7fELF" {
            return None;
        }
        let machine = [*rest.get(14)?, *rest.get(15)?];
        // e_ident[EI_DATA] (ELF specification): 1 is little-endian; e_machine follows at byte 18.
        let machine = if rest.get(1) == Some(&2) { u16::from_be_bytes(machine) } else { u16::from_le_bytes(machine) };
        match machine {
            62 => Some("x86_64"),
            183 => Some("aarch64"),
            243 => Some("riscv64"),
            22 => Some("s390x"),
            _ => None,
        }
    }

    /// The compressed form. The fastest level: the gain of slower ones is less than the time they take.
    pub(crate) async fn gzip(&self) -> Bytes {
        let compress = || async {
            let bytes = self.0.bytes.clone();
            tokio::task::spawn_blocking(move || {
                let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
                encoder.write_all(&bytes)?;
                encoder.finish().map(Bytes::from)
            })
            .await
            .map_err(std::io::Error::other)?
        };
        // Writing into memory cannot fail; should the task be cancelled, an empty body fails the checksum over there.
        self.0.gzip.get_or_try_init(compress).await.cloned().unwrap_or_default()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("sha256", &self.0.sha256).field("bytes", &self.0.bytes.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_name_and_machine() {
        let script = Program::new(b"#!/bin/sh\n".as_slice());
        assert_eq!(script.sha256().len(), 64);
        assert_eq!(script.architecture(), None);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(Program::current().unwrap().architecture(), Some("x86_64"));
    }
}
