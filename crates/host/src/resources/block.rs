//! A marked block in a file that others write too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use wire::Difference;

use super::{change, differs};
use crate::error::Error;
use crate::store::{self, Before, Store};

fn begin(marker: &str) -> String {
    format!("# quorate {marker}: begin. Changes between these two lines are put back.")
}

fn end(marker: &str) -> String {
    format!("# quorate {marker}: end.")
}

/// The file without the block, and the block's content if there is one.
fn split(text: &str, marker: &str) -> (String, Option<String>) {
    let (mut rest, mut block, mut inside) = (String::new(), None::<String>, false);
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            l if l == begin(marker) => {
                inside = true;
                block.get_or_insert_default();
            }
            l if inside && l == end(marker) => inside = false,
            _ if inside => block.get_or_insert_default().push_str(line),
            _ => rest.push_str(line),
        }
    }
    (rest, block)
}

fn joined(rest: &str, marker: &str, content: &str) -> String {
    let gap = if rest.is_empty() || rest.ends_with('\n') { "" } else { "\n" };
    format!("{rest}{gap}{}\n{content}{}\n", begin(marker), end(marker))
}

fn read(path: &Path) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Error::file("cannot read", path)(e)),
    }
}

pub fn observe(path: &Path, marker: &str, content: &str) -> Result<Difference, Error> {
    Ok(match split(&read(path)?, marker).1 {
        None => Difference::Missing,
        Some(block) if block == content => Difference::None,
        Some(block) => differs(vec![change("content", block, content)]),
    })
}

pub fn apply(store: &Store, cluster: &str, path: &Path, marker: &str, content: &str) -> Result<(), Error> {
    store.own(cluster, &format!("block:{}:{marker}", path.display()), || Ok(Before::Nothing))?;
    let (rest, _) = split(&read(path)?, marker);
    write(path, &joined(&rest, marker, content))
}

/// Takes the block out and leaves the rest as it is.
pub fn remove(path: &Path, marker: &str) -> Result<(), Error> {
    let (rest, block) = split(&read(path)?, marker);
    if block.is_some() { write(path, &rest) } else { Ok(()) }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let (owner, group, mode) = fs::metadata(path).map_or(("root".to_owned(), "root".to_owned(), 0o644), |m| {
        let (owner, group) = super::owner_of(&m);
        (owner, group, m.mode() & 0o7777)
    });
    store::replace_with(path, text.as_bytes(), mode, |file| super::set_owner(file, &owner, &group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays() {
        let theirs = "127.0.0.1 localhost\n";
        let with = joined(theirs, "demo", "10.0.0.1 a\n");
        assert_eq!(split(&with, "demo"), (theirs.to_owned(), Some("10.0.0.1 a\n".to_owned())));
        let again = joined(&split(&with, "demo").0, "demo", "10.0.0.2 b\n");
        assert_eq!(split(&again, "demo").1.unwrap(), "10.0.0.2 b\n");
        assert_eq!(split(&again, "other"), (again.clone(), None));
    }

    #[test]
    fn a_file_without_a_last_newline_is_not_glued_to_the_block() {
        assert!(joined("a", "m", "b\n").starts_with("a\n# quorate m: begin"));
    }
}
