//! Seeding a new Galera cluster without a first node and without copying any state.
//!
//! Every member is told, before its first start, the cluster's identity (`grastate.dat`, position 0) and the full list
//! of members (`gvwstate.dat`). Galera's primary-component recovery then forms the cluster only when *all* listed
//! members are connected: a missing host means waiting, never a second cluster. All members start from the pristine
//! data directory of the same package, so there is nothing to transfer.

use std::fs;
use std::path::Path;

use wire::{GaleraSeed, Note};

use super::unit;
use crate::error::Error;
use crate::looks;
use crate::store;

/// Where Debian's MariaDB keeps its data.
pub const DATA: &str = "/var/lib/mysql";
const UNIT: &str = "mariadb.service";
/// Directories of a pristine server.
const SYSTEM: [&str; 5] = ["mysql", "performance_schema", "sys", "test", "lost+found"];

/// Whether this data directory has ever been part of a primary component: Galera's own tables are made in the first.
pub fn formed() -> bool {
    ["wsrep_cluster.ibd", "wsrep_cluster.frm"].iter().any(|f| Path::new(DATA).join("mysql").join(f).exists())
}

/// Databases that are not the server's own (nor ours), as directories.
pub fn foreign_schemas() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(DATA)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| !SYSTEM.contains(&n.as_str()) && !n.starts_with('.') && !n.starts_with('#'))
        .collect();
    found.sort();
    found
}

/// Marks this stopped member as one that a cluster may be led from.
pub fn lead() -> Result<(), Error> {
    if runs(&looks::unit(UNIT).active) {
        // It came up meanwhile, with a cluster or without: it founds nothing.
        return Ok(());
    }
    let path = Path::new(DATA).join("grastate.dat");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // Without the file Galera asks for no mark.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::file("cannot read", &path)(e)),
    };
    store::replace_with(&path, marked(&text).as_bytes(), 0o660, |f| super::set_owner(f, "mysql", "mysql"))
}

fn runs(active: &str) -> bool {
    !matches!(active, "inactive" | "failed" | "")
}

fn marked(text: &str) -> String {
    let line = |l: &str| if l.starts_with("safe_to_bootstrap:") { "safe_to_bootstrap: 1\n" } else { l }.to_owned();
    text.split_inclusive('\n').map(line).collect()
}

/// Writes the seed into a pristine data directory; refuses any other.
pub fn seed(member: &str, members: &[String], seed: Option<&GaleraSeed>) -> Result<(), Error> {
    let Some(seed) = seed else {
        return Err(Error::Damaged("the step came without the identities that it seeds".to_owned()));
    };
    if formed() {
        return Err(Error::Noted(Note::new("galera-already-formed").with("host", member)));
    }
    let foreign = foreign_schemas();
    if !foreign.is_empty() {
        return Err(Error::Noted(
            Note::new("galera-foreign-data").with("hosts", member).with("schemas", foreign.join(", ")),
        ));
    }
    let state = looks::unit(UNIT).active;
    if state != "inactive" {
        if state == "active" {
            // The package's own server, started by the distribution: it closes its data cleanly.
            unit::systemctl("stop", UNIT)?;
        } else {
            // Waiting for peers with an older seed: it has no data open and hears no polite request.
            unit::kill(UNIT)?;
        }
        if formed() {
            return Err(Error::Noted(Note::new("galera-already-formed").with("host", member)));
        }
    }
    let Some(own) = seed.members.get(member) else {
        return Err(Error::Damaged(format!("the seed does not name {member}")));
    };
    let data = Path::new(DATA);
    for name in ["galera.cache", "gvwstate.dat", "grastate.dat"] {
        let _ = fs::remove_file(data.join(name));
    }
    let views: Vec<String> =
        members.iter().filter_map(|m| seed.members.get(m)).map(|uuid| format!("member: {uuid} 0\n")).collect();
    let first = members.iter().filter_map(|m| seed.members.get(m)).min().map_or("", String::as_str);
    let view = format!("my_uuid: {own}\n#vwbeg\nview_id: 3 {first} 1\nbootstrap: 0\n{}#vwend\n", views.concat());
    let state =
        format!("# GALERA saved state\nversion: 2.1\nuuid:    {}\nseqno:   0\nsafe_to_bootstrap: 0\n", seed.cluster);
    for (name, content) in [("gvwstate.dat", view), ("grastate.dat", state)] {
        store::replace_with(&data.join(name), content.as_bytes(), 0o660, |f| super::set_owner(f, "mysql", "mysql"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_changes_nothing_else() {
        let state = "# GALERA saved state\nversion: 2.1\nuuid:    u\nseqno:   29\nsafe_to_bootstrap: 0\n";
        assert_eq!(marked(state), state.replace("bootstrap: 0", "bootstrap: 1"));
        assert_eq!(marked(&marked(state)), marked(state));
    }
}
