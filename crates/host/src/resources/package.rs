//! Distribution packages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wire::{Difference, Note};

use crate::error::Error;
use crate::store::{Before, Store};
use crate::{command, store};

/// A download over a slow line takes its time.
const INSTALL: Duration = Duration::from_secs(900);

pub fn observe(name: &str) -> Result<Difference, Error> {
    // The database itself, not `dpkg-query`: a dozen packages per host in one look.
    let status =
        fs::read_to_string("/var/lib/dpkg/status").map_err(Error::file("cannot read", "/var/lib/dpkg/status"))?;
    Ok(if installed(&status, name) { Difference::None } else { Difference::Missing })
}

/// The versions of those of these packages that are installed.
pub fn versions(names: &[String]) -> BTreeMap<String, String> {
    let status = fs::read_to_string("/var/lib/dpkg/status").unwrap_or_default();
    let installed = names.iter().filter(|n| installed(&status, n));
    installed.filter_map(|name| Some((name.clone(), version(&status, name)?))).collect()
}

fn version(status: &str, name: &str) -> Option<String> {
    let first = format!("Package: {name}");
    let paragraph = status.split("\n\n").find(|p| p.lines().next() == Some(&first))?;
    paragraph.lines().find_map(|l| l.strip_prefix("Version: ")).map(str::to_owned)
}

fn installed(status: &str, name: &str) -> bool {
    status.split("\n\n").any(|paragraph| {
        paragraph.lines().next() == Some(&format!("Package: {name}"))
            && paragraph.lines().any(|l| l == "Status: install ok installed" || l == "Status: hold ok installed")
    })
}

/// Installs a package, without letting it start anything.
///
/// # Errors
/// When apt cannot find, fetch or configure it, with apt's own last words.
pub fn apply(store: &Store, cluster: &str, name: &str) -> Result<(), Error> {
    // Steps of one host run side by side; apt and the policy file are there once.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    store.own(cluster, &format!("package:{name}"), || Ok(Before::Nothing))?;
    let _quiet = Quiet::new(Path::new("/usr/sbin/policy-rc.d"))?;
    let failed = |error: Error| Error::Noted(Note::new("package-failed").with("package", name).with("error", error));
    // What a power cut left half configured keeps apt from doing anything else.
    if fs::read_dir("/var/lib/dpkg/updates").is_ok_and(|mut entries| entries.next().is_some()) {
        command::succeed("dpkg", &["--configure", "-a", "--force-confdef", "--force-confold"], INSTALL)
            .map_err(failed)?;
    }
    if install(name).is_err() {
        // A host's lists are as old as its last update: they name versions that the archive no longer has, or nothing.
        let update = command::succeed("apt-get", &["-q", "update"], INSTALL);
        install(name).map_err(|error| failed(update.err().unwrap_or(error)))?;
    }
    Ok(())
}

fn install(name: &str) -> Result<(), Error> {
    const OPTIONS: [&str; 9] = [
        "-y",
        "-q",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        "DPkg::Options::=--force-confdef",
        "-o",
        "DPkg::Options::=--force-confold",
    ];
    let args: Vec<&str> = OPTIONS.into_iter().chain(["install", "--", name]).collect();
    command::succeed("apt-get", &args, INSTALL).map(|_| ())
}

/// While it lives, no package starts a service: Debian starts what it installs, and an etcd or MariaDB that ran with
/// the distribution's defaults would leave data that are not the cluster's.
struct Quiet<'a> {
    /// `None` where the host has a policy of its own, which stays.
    ours: Option<&'a Path>,
}

const POLICY: &str = "#!/bin/sh\n# quorate: nothing starts while its packages are being installed\nexit 101\n";

impl<'a> Quiet<'a> {
    fn new(path: &'a Path) -> Result<Self, Error> {
        // One that a helper left when it was killed is ours too.
        if fs::read_to_string(path).is_ok_and(|text| text != POLICY) {
            return Ok(Self { ours: None });
        }
        store::replace(path, POLICY.as_bytes(), 0o755)?;
        Ok(Self { ours: Some(path) })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.ours {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_installed_package_counts() {
        let status = "Package: etcd-server\nStatus: deinstall ok config-files\n\nPackage: haproxy\nStatus: install ok installed\n";
        assert!(!installed(status, "etcd-server"));
        assert!(installed(status, "haproxy"));
        assert!(!installed(status, "hap"));
        let status = "Package: a\nStatus: install ok installed\nVersion: 1:2.2.7-1+b2\n\nPackage: ab\nVersion: 3\n";
        assert_eq!(version(status, "a").as_deref(), Some("1:2.2.7-1+b2"));
    }

    #[test]
    fn a_policy_of_the_host_s_own_stays_and_one_left_by_us_goes() {
        let dir = std::env::temp_dir().join(format!("quorate-policy-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("policy-rc.d");
        drop(Quiet::new(&path).unwrap());
        assert!(!path.exists());
        std::mem::forget(Quiet::new(&path).unwrap());
        drop(Quiet::new(&path).unwrap());
        assert!(!path.exists(), "left by a helper that was killed");
        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        drop(Quiet::new(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\nexit 0\n");
        fs::remove_dir_all(dir).unwrap();
    }
}
