//! A directory of this host, most likely another machine's disk mounted there.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Object;

/// What is not yet whole has a name that no listing shows.
const PARTIAL: &str = ".partial-";

pub struct Directory {
    root: PathBuf,
}

impl Directory {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        // Whoever unmounted it must not be told that there are no backups.
        self.root.parent().map_or(Ok(()), |p| fs::metadata(p).map(|_| ()))?;
        let mut names = Vec::new();
        let mut open = vec![self.root.join(prefix.trim_end_matches('/'))];
        while let Some(directory) = open.pop() {
            let entries = match fs::read_dir(&directory) {
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
                if path.is_dir() {
                    open.push(path);
                } else if !hidden && let Ok(name) = path.strip_prefix(&self.root) {
                    names.push(name.to_string_lossy().into_owned());
                }
            }
        }
        names.sort();
        Ok(names)
    }

    pub fn read(&self, name: &str) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(self.root.join(name))?))
    }

    pub fn write(&self, name: &str) -> io::Result<Box<dyn Object>> {
        let path = self.root.join(name);
        let parent = path.parent().unwrap_or(&self.root);
        // The directory itself is the operator's or another resource's; only what is below it is made here.
        self.root.parent().map_or(Ok(()), |p| fs::metadata(p).map(|_| ()))?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let partial = parent.join(format!("{PARTIAL}{name}"));
        let file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        Ok(Box::new(Writing { file, partial, path, finished: false }))
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.root.join(name)) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.display().fmt(f)
    }
}

struct Writing {
    file: fs::File,
    partial: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Object for Writing {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.finished = true;
        fs::File::open(self.path.parent().unwrap_or(Path::new("/")))?.sync_all()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_there_whole_or_not_at_all() {
        let root = std::env::temp_dir().join(format!("quorate-directory-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let directory = Directory::new(root.join("demo"));
        assert!(directory.list("base/").unwrap().is_empty());
        let mut object = directory.write("base/one.age").unwrap();
        object.write_all(b"half").unwrap();
        assert!(directory.list("base/").unwrap().is_empty());
        drop(object);
        assert_eq!(fs::read_dir(root.join("demo/base")).unwrap().count(), 0, "nothing is left");
        let mut object = directory.write("base/one.age").unwrap();
        object.write_all(b"whole").unwrap();
        object.finish().unwrap();
        assert_eq!(directory.list("base/").unwrap(), ["base/one.age"]);
        let mut content = String::new();
        directory.read("base/one.age").unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "whole");
        directory.remove("base/one.age").unwrap();
        directory.remove("base/one.age").unwrap();
        fs::remove_dir_all(&root).unwrap();
        // A share that is not mounted is not an empty one.
        assert!(directory.list("base/").is_err() && directory.write("base/two.age").is_err());
    }
}
