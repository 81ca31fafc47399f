//! Debian's kernel for emulated hosts, and the layer that it needs over the lab's root: cached beside the roots.
//!
//! Containers need neither, so the root's recipe knows nothing of it and it is fetched only for labs with such a host.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::run;
use crate::error::IoContext;
use crate::root::{self, SUITE};
use crate::site::{lock_dir, make_dir};
use crate::{Result, Site};

const UNPACK: &str = include_str!("kernel.sh");

/// A kernel, and the directory to lay over the root.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub image: PathBuf,
    pub layer: PathBuf,
}

/// The kernel for this program's recipe, fetched now if it is not in the cache.
pub fn ensure(site: &Site, root: &Path) -> Result<Kernel> {
    make_dir(&site.cache, 0o755)?;
    let held = lock_dir(&site.cache)?;
    let made = site.cache.join(format!("kernel-{}", root::recipe_hash("", UNPACK)));
    if !made.is_dir() {
        fetch(site, root, &made)?;
    }
    drop(held);
    Ok(Kernel { image: made.join("vmlinuz"), layer: made.join("layer") })
}

/// Under the cache's lock, like the building of a root, and renamed into place when it is complete.
fn fetch(site: &Site, root: &Path, made: &Path) -> Result<()> {
    let work = site.cache.join("fetching");
    if work.exists() {
        fs::remove_dir_all(&work).doing("cannot remove the remains of an interrupted build", &work)?;
    }
    make_dir(&work, 0o755)?;
    tracing::info!(kernel = %made.display(), "fetching the kernel of emulated hosts, once");
    let sources = root::sources(&work)?;
    let script = root::script(&work, "kernel.sh", UNPACK)?;
    let fresh = work.join("made");
    let quoted = |path: &Path| format!("'{}'", path.display());
    let hook = format!("--customize-hook={} \"$1\" {} {}", quoted(&script), quoted(root), quoted(&fresh));
    let mut args = vec!["--variant=custom".to_owned(), hook];
    args.extend(root::acquire_options().into_iter().map(|o| format!("--aptopt={o}")));
    args.extend([SUITE.to_owned(), work.join("tree").display().to_string(), sources.display().to_string()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run("fetching the kernel of emulated hosts", "mmdebstrap", &args, &[])?;
    fs::rename(&fresh, made).doing("cannot move the kernel to", made)?;
    fs::remove_dir_all(&work).doing("cannot remove", &work)
}
