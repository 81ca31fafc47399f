//! Taking a lab down completely, whatever state it is in, and finding what a crash left.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::cgroup::Cgroup;
use crate::error::IoContext;
use crate::names::Names;
use crate::site::lock_dir;
use crate::{Result, Site, faults, names, network};

/// Takes a lab down by its name: its processes, network, rules, disks and keys. Needs no readable state, and may be
/// repeated. Returns whether there was a lab of this name.
pub fn down(site: &Site, name: &str) -> Result<bool> {
    names::check("lab", name, 32)?;
    let dir = site.lab_dir(name);
    let held = match lock_dir(&dir) {
        Err(_) if !dir.exists() => None,
        other => Some(other?),
    };
    sweep(&Names::new(&site.state, name))?;
    // Last: as long as the directory is there, the lab can be taken down by name.
    match fs::remove_dir_all(&dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        other => other.doing("cannot remove", &dir)?,
    }
    Ok(held.is_some())
}

/// Takes all labs of this site down, and whatever labs left on this machine that no lab directory stands for any more.
/// Returns the names of what was removed. Goes on after an error and returns the first.
pub fn down_all(site: &Site) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    let mut failed = None;
    let mut note = |name: String, result: Result<()>| match result {
        Ok(()) => removed.push(name),
        Err(e) => _ = failed.get_or_insert(e),
    };
    for name in site.lab_names() {
        note(name.clone(), down(site, &name).map(drop));
    }
    for bridge in leftovers() {
        if let Some(names) = Names::of_leftover(&bridge) {
            note(bridge, sweep(&names));
        }
    }
    failed.map_or(Ok(removed), Err)
}

/// Bridges' names of labs that are on this machine without a lab directory. A lab of another site has one: its bridge
/// says where.
fn leftovers() -> BTreeSet<String> {
    let of_links =
        network::interfaces().into_iter().map(|i| match i.strip_prefix("vb-").and_then(|m| m.rsplit_once('-')) {
            Some((bridge, _)) => bridge.to_owned(),
            None => i,
        });
    let found = of_links.chain(Cgroup::labs()).chain(faults::tables());
    let alive = |bridge: &String| network::owner(bridge).is_some_and(|dir| Path::new(&dir).exists());
    found.filter(|b| Names::of_leftover(b).is_some() && !alive(b)).collect()
}

/// Removes everything of a lab that is not in its directory. The network goes first: nobody says goodbye.
fn sweep(names: &Names) -> Result<()> {
    network::remove(names)?;
    let cgroup = Cgroup::of_lab(&names.bridge())?;
    cgroup.kill()?;
    cgroup.remove()?;
    cgroup.remove_parent_if_empty();
    // Once more: a host that was just starting may have plugged in again.
    network::remove(names)?;
    faults::remove(names)
}
