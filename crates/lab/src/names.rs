//! Every name that a lab uses on the machine, derived from where its state lives and what it is called.
//!
//! Because names derive, whatever a crash left behind can be found again without a record of it. Interface names hold
//! at most 15 characters, hence the short tag instead of the lab's name.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What every interface, table and cgroup of a lab starts with.
pub const PREFIX: &str = "qlab";

/// The names of one lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    tag: String,
}

impl Names {
    /// The names of the lab called `lab` whose state is kept under `state`.
    pub fn new(state: &Path, lab: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(state.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(lab);
        let tag = hash.finalize().iter().take(2).map(|b| format!("{b:02x}")).collect();
        Self { tag }
    }

    /// The names behind a bridge, a cgroup or a table found on the machine; `None` for what no lab made.
    pub fn of_leftover(found: &str) -> Option<Self> {
        let tag = found.strip_prefix(PREFIX)?;
        let ours = tag.len() == 4 && tag.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| Self { tag: tag.to_owned() })
    }

    /// The bridge; the nftables table and the cgroup bear the same name.
    pub fn bridge(&self) -> String {
        format!("{PREFIX}{}", self.tag)
    }

    /// The container of the host with this index, counted from 1.
    pub fn machine(&self, index: usize) -> String {
        format!("{PREFIX}{}-{index:03}", self.tag)
    }

    /// The machine's end of the host's network cable: what systemd-nspawn calls it.
    pub fn link(&self, index: usize) -> String {
        format!("vb-{}", self.machine(index))
    }

    /// The hardware address of an emulated host's network card.
    pub fn mac(&self, index: usize) -> String {
        let (a, b) = self.tag.split_at(2);
        format!("02:52:{a}:{b}:00:{index:02x}")
    }

    /// Whether an interface is a cable of this lab.
    pub fn owns_link(&self, interface: &str) -> bool {
        interface.strip_prefix("vb-").and_then(|m| m.rsplit_once('-')).is_some_and(|(lab, _)| lab == self.bridge())
    }
}

/// The directory of the host with this index inside its lab's.
pub fn host_dir(lab_dir: &Path, index: usize) -> PathBuf {
    lab_dir.join(format!("host{index:03}"))
}

/// Checks a lab's or a host's name: it becomes a directory, a hostname and part of overlay options.
pub fn check(what: &'static str, name: &str, max: usize) -> Result<()> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = !name.is_empty()
        && name.len() <= max
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if good { Ok(()) } else { Err(Error::BadName { what, name: name.to_owned(), max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_names_fit_the_kernel() {
        let names = Names::new(Path::new("/var/lib/quorate-lab"), "a-lab-with-a-rather-long-name");
        assert_eq!(names.bridge().len(), 8);
        assert_eq!(names.link(250).len(), 15);
    }

    #[test]
    fn labs_of_one_name_in_two_places_do_not_meet() {
        assert_ne!(Names::new(Path::new("/a"), "default"), Names::new(Path::new("/b"), "default"));
        assert_ne!(Names::new(Path::new("/a"), "one"), Names::new(Path::new("/a"), "two"));
    }

    #[test]
    fn only_our_names_are_leftovers() {
        let names = Names::new(Path::new("/a"), "default");
        assert_eq!(Names::of_leftover(&names.bridge()), Some(names.clone()));
        for foreign in ["qlab", "qlabtest", "qlab12345", "docker0", "br0", "qlabABCD", "virbr0"] {
            assert_eq!(Names::of_leftover(foreign), None, "{foreign}");
        }
        assert!(names.owns_link(&names.link(1)));
        assert!(!names.owns_link("vb-node1"));
        assert!(!names.owns_link(&names.bridge()));
    }

    #[test]
    fn names_are_labels() {
        for good in ["default", "a", "t-1", "node1"] {
            assert!(check("lab", good, 32).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a/b", "a,b", "a:b", "ä", &"x".repeat(33)] {
            assert!(check("lab", bad, 32).is_err(), "{bad}");
        }
    }
}
