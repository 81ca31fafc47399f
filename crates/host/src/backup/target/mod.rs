//! Where backups are kept: objects with names, written whole or not at all.

mod directory;
mod s3;

use std::fmt;
use std::io::{Read, Write};

use wire::Note;
use wire::backup::{BackupConfig, BackupTarget, Credentials};

use crate::error::Error;

/// An object that is being written. Dropped before [`Object::finish`], it leaves nothing behind.
pub(super) trait Object: Write {
    /// Makes it appear under its name.
    fn finish(self: Box<Self>) -> std::io::Result<()>;
}

pub(super) enum Target {
    Directory(directory::Directory),
    S3(Box<s3::Store>),
}

impl Target {
    pub fn open(config: &BackupConfig, credentials: &Credentials) -> Result<Self, Error> {
        Ok(match &config.target {
            BackupTarget::Directory { path } => Self::Directory(directory::Directory::new(path.join(&config.cluster))),
            BackupTarget::S3 { endpoint, bucket, prefix, region } => {
                let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
                let prefix = format!("{prefix}{}/", config.cluster);
                Self::S3(Box::new(s3::Store::new(endpoint, bucket, prefix, region, credentials)?))
            }
        })
    }

    /// Names of the objects that begin like this.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        match self {
            Self::Directory(d) => d.list(prefix),
            Self::S3(s) => s.list(prefix),
        }
        .map_err(|e| self.failed(&e))
    }

    pub fn read(&self, name: &str) -> Result<Box<dyn Read + '_>, Error> {
        match self {
            Self::Directory(d) => d.read(name),
            Self::S3(s) => s.read(name),
        }
        .map_err(|e| self.failed(&e))
    }

    pub fn write(&self, name: &str) -> Result<Box<dyn Object + '_>, Error> {
        match self {
            Self::Directory(d) => d.write(name),
            Self::S3(s) => s.write(name),
        }
        .map_err(|e| self.failed(&e))
    }

    /// A small object's content.
    pub fn get(&self, name: &str, longest: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.read(name)?.take(longest).read_to_end(&mut bytes).map_err(|e| self.failed(&e))?;
        Ok(bytes)
    }

    /// Writes a small object.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut object = self.write(name)?;
        object.write_all(bytes).and_then(|()| object.finish()).map_err(|e| self.failed(&e))
    }

    /// Fine when there is no such object.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        match self {
            Self::Directory(d) => d.remove(name),
            Self::S3(s) => s.remove(name),
        }
        .map_err(|e| self.failed(&e))
    }

    /// The target's failure in the operator's catalogue.
    pub fn failed(&self, error: &std::io::Error) -> Error {
        Error::Noted(Note::new("backup-target-failed").with("target", self.to_string()).with("error", error))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(d) => d.fmt(f),
            Self::S3(s) => s.fmt(f),
        }
    }
}
