//! The Debian tree that all hosts share: its recipe, and the cache of what was built from it.
//!
//! The recipe is `packages.txt` and `customize.sh`; a change of either gives another root. Roots are built beside the
//! cache's finished ones and renamed into place, under a lock: labs that start at once build once, and a crash leaves
//! no half of a root under a finished one's name.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::command::{program, run};
use crate::error::IoContext;
use crate::site::{lock_dir, make_dir};
use crate::{Error, Result, Site, state};

/// The Debian release of the hosts.
pub const SUITE: &str = "bookworm";
const PACKAGES: &str = include_str!("packages.txt");
const CUSTOMIZE: &str = include_str!("customize.sh");
/// Raise it when the way of building changes the result in a way that neither file shows.
const EDITION: &str = "1";
/// Finished roots to keep, the most recently used first: a branch with another recipe should not cost a rebuild.
const KEEP: usize = 2;
/// What test hosts never read, left out to keep the root small.
const EXCLUDED: [&str; 4] = ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*"];

/// Identifies a recipe.
pub fn recipe_hash(packages: &str, customize: &str) -> String {
    let mut hash = Sha256::new();
    for part in [EDITION, SUITE, packages, customize] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    for part in EXCLUDED {
        hash.update(part);
    }
    hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}

fn path(site: &Site) -> PathBuf {
    site.cache.join(format!("root-{}", recipe_hash(PACKAGES, CUSTOMIZE)))
}

/// Whether [`ensure`] would return at once. If not, somebody who waits should be told why: about a minute, once.
pub fn is_built(site: &Site) -> bool {
    path(site).is_dir()
}

/// The root for this program's recipe, built now if it is not in the cache.
pub fn ensure(site: &Site) -> Result<PathBuf> {
    make_dir(&site.cache, 0o755)?;
    let held = lock_dir(&site.cache)?;
    let root = path(site);
    if !root.is_dir() {
        build(site, &root)?;
    }
    mark_used(&root)?;
    prune(site, &root);
    drop(held);
    Ok(root)
}

fn build(site: &Site, root: &Path) -> Result<()> {
    let started = SystemTime::now();
    let work = site.cache.join("building");
    if work.exists() {
        fs::remove_dir_all(&work).doing("cannot remove the remains of an interrupted build", &work)?;
    }
    make_dir(&work, 0o755)?;
    tracing::info!(root = %root.display(), "building the lab's root, once per recipe: about a minute");

    let sources = sources(&work)?;
    let customize = script(&work, "customize.sh", CUSTOMIZE)?;
    let tree = work.join("tree");
    let packages = PACKAGES.split_whitespace().collect::<Vec<_>>().join(",");
    let mut args = vec!["--variant=minbase".to_owned(), format!("--include={packages}")];
    // The result is renamed when it is complete; until then nothing needs to survive a power cut.
    args.push("--dpkgopt=force-unsafe-io".to_owned());
    args.extend(EXCLUDED.map(|path| format!("--dpkgopt=path-exclude={path}")));
    args.extend(acquire_options().into_iter().map(|o| format!("--aptopt={o}")));
    args.push(format!("--customize-hook={}", customize.display()));
    args.extend([SUITE.to_owned(), tree.display().to_string(), sources.display().to_string()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run("building the lab's root", "mmdebstrap", &args, &[])?;

    fs::set_permissions(&tree, fs::Permissions::from_mode(0o755)).doing("cannot change the mode of", &tree)?;
    fs::rename(&tree, root).doing("cannot move the finished root to", root)?;
    fs::remove_dir_all(&work).doing("cannot remove", &work)?;
    tracing::info!(seconds = started.elapsed().unwrap_or_default().as_secs(), "the lab's root is built");
    Ok(())
}

/// Writes the file with the sources that packages are taken from.
pub(crate) fn sources(work: &Path) -> Result<PathBuf> {
    let sources = work.join("lab.sources");
    fs::write(&sources, debian_sources()?).doing("cannot write", &sources)?;
    Ok(sources)
}

/// Writes a script that mmdebstrap is to run.
pub(crate) fn script(work: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = work.join(name);
    let file = File::options().write(true).create_new(true).mode(0o755).open(&path);
    file.and_then(|mut f| f.write_all(text.as_bytes())).doing("cannot write", &path)?;
    Ok(path)
}

/// How this machine reaches its package sources (proxies, checks), as options for building.
pub(crate) fn acquire_options() -> Vec<String> {
    let Ok(output) = program("apt-config").arg("dump").output() else { return Vec::new() };
    let wanted = |l: &&str| {
        let key = l.split(' ').next().unwrap_or_default();
        key.starts_with("Acquire::")
            && [
                "Proxy",
                "Check-Date",
                "Check-Valid-Until",
                "Verify-Peer",
                "Verify-Host",
                "CaInfo",
                "Retries",
                "Timeout",
            ]
            .iter()
            .any(|end| key.ends_with(&format!("::{end}")))
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(wanted).map(|l| l.trim_end_matches(';').to_owned()).collect()
}

/// This machine's own Debian sources, and no others: third-party repositories have no business in a lab.
fn debian_sources() -> Result<String> {
    let dir = Path::new("/etc/apt/sources.list.d");
    let mut files: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    files.insert(0, "/etc/apt/sources.list".into());
    let mut found = String::new();
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        match path.extension().and_then(|e| e.to_str()) {
            Some("list") => found.push_str(&one_line_sources(&text)),
            Some("sources") => found.push_str(&stanza_sources(&text)),
            _ => {}
        }
    }
    if found.is_empty() { Err(Error::NoSources { suite: SUITE }) } else { Ok(found) }
}

fn is_debian(suite: &str) -> bool {
    suite.strip_prefix(SUITE).is_some_and(|rest| ["", "-updates", "-security"].contains(&rest.trim_end_matches('/')))
}

/// The Debian stanzas of a deb822 file, with only the suites that are meant.
fn stanza_sources(text: &str) -> String {
    let mut found = String::new();
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    for stanza in lines.split(|l| l.trim().is_empty()) {
        let field =
            |name: &str| stanza.iter().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
        let has = |name: &str, value: &str| field(name).split_whitespace().any(|v| v == value);
        let suites: Vec<&str> = field("Suites").split_whitespace().filter(|s| is_debian(s)).collect();
        if suites.is_empty() || !has("Types", "deb") || !has("Components", "main") || has("Enabled", "no") {
            continue;
        }
        for line in stanza {
            match line.split(':').next() {
                Some("Suites") => found.push_str(&format!("Suites: {}\n", suites.join(" "))),
                Some("Types") => found.push_str("Types: deb\n"),
                Some("Components") => found.push_str("Components: main\n"),
                _ => found.push_str(&format!("{line}\n")),
            }
        }
        found.push('\n');
    }
    found
}

/// The Debian lines of a one-line file, as stanzas: the two formats do not mix in one file.
fn one_line_sources(text: &str) -> String {
    let mut found = String::new();
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("deb ") else { continue };
        let (options, rest) = match rest.trim().strip_prefix('[').and_then(|r| r.split_once(']')) {
            Some((options, rest)) => (options, rest),
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let (Some(uri), Some(suite)) = (words.next(), words.next()) else { continue };
        if !is_debian(suite) || !words.any(|c| c == "main") {
            continue;
        }
        let key = options.split_whitespace().find_map(|o| o.strip_prefix("signed-by="));
        let key = key.map(|k| format!("Signed-By: {k}\n")).unwrap_or_default();
        found.push_str(&format!("Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{key}\n"));
    }
    found
}

fn marker(root: &Path) -> PathBuf {
    root.with_extension("used")
}

fn mark_used(root: &Path) -> Result<()> {
    let marker = marker(root);
    fs::write(&marker, "").doing("cannot write", &marker)
}

/// Removes roots that nobody needs: not those of labs here, not the most recently used ones.
fn prune(site: &Site, current: &Path) {
    let Ok(entries) = fs::read_dir(&site.cache) else { return };
    let is_root =
        |p: &PathBuf| p.is_dir() && p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("root-"));
    let mut roots: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(is_root).collect();
    let used = |root: &PathBuf| fs::metadata(marker(root)).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    roots.sort_by_key(|r| std::cmp::Reverse(used(r)));
    let in_use = state::roots_in_use(site);
    for root in roots.into_iter().skip(KEEP).filter(|r| r != current && !in_use.contains(r)) {
        let _ = fs::remove_file(marker(&root));
        if let Err(error) = fs::remove_dir_all(&root) {
            tracing::warn!(root = %root.display(), %error, "cannot remove an old root of the lab");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_recipe_counts() {
        let base = recipe_hash("a b", "c");
        assert_eq!(base.len(), 12);
        assert_eq!(base, recipe_hash("a b", "c"));
        for other in [recipe_hash("a", "c"), recipe_hash("a b", "d"), recipe_hash("a bc", "")] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn only_debian_stanzas_are_taken() {
        let text = "\
Types: deb deb-src
# a comment
URIs: mirror-a
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: mirror-b
Suites: nodistro
Components: main

Types: deb
URIs: mirror-c
Suites: bookworm-pgdg
Components: main

Types: deb
URIs: mirror-d
Suites: bookworm
Components: stable

Enabled: no
Types: deb
URIs: mirror-e
Suites: bookworm
Components: main
";
        let expected = "\
Types: deb
URIs: mirror-a
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

";
        assert_eq!(stanza_sources(text), expected);
    }

    #[test]
    fn only_debian_lines_are_taken() {
        let text = "\
# deb mirror-x bookworm main
deb mirror-a bookworm main contrib
deb [arch=amd64 signed-by=/k.gpg] mirror-b bookworm-security main
deb-src mirror-a bookworm main
deb mirror-c trixie main
";
        let expected = "\
Types: deb
URIs: mirror-a
Suites: bookworm
Components: main

Types: deb
URIs: mirror-b
Suites: bookworm-security
Components: main
Signed-By: /k.gpg

";
        assert_eq!(one_line_sources(text), expected);
    }
}
