//! Distribution packages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use wire::Difference;

use crate::command;
use crate::error::Error;
use crate::store::{Before, Store};

/// A download over a slow line takes its time.
const INSTALL: Duration = Duration::from_secs(900);

pub fn observe(name: &str) -> Result<Difference, Error> {
    // The database itself, not `dpkg-query`: a dozen packages per host in one look.
    let status =
        fs::read_to_string("/var/lib/dpkg/status").map_err(Error::file("cannot read", "/var/lib/dpkg/status"))?;
    Ok(if installed(&status, name) { Difference::None } else { Difference::Missing })
}

fn installed(status: &str, name: &str) -> bool {
    status.split("\n\n").any(|paragraph| {
        paragraph.lines().next() == Some(&format!("Package: {name}"))
            && paragraph.lines().any(|l| l == "Status: install ok installed" || l == "Status: hold ok installed")
    })
}

pub fn apply(store: &Store, cluster: &str, name: &str) -> Result<(), Error> {
    store.own(cluster, &format!("package:{name}"), || Ok(Before::Nothing))?;
    // Debian starts what it installs; an etcd or MariaDB started with the distribution's defaults would leave data
    // that is not the cluster's.
    let policy = Path::new("/usr/sbin/policy-rc.d");
    let ours = !policy.exists();
    if ours {
        fs::write(policy, "#!/bin/sh\nexit 101\n").map_err(Error::file("cannot write", policy))?;
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755))
            .map_err(Error::file("cannot protect", policy))?;
    }
    let args = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "install", "--", name];
    let outcome = command::succeed("apt-get", &args, INSTALL);
    if ours {
        let _ = fs::remove_file(policy);
    }
    outcome.map(|_| ())
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
    }
}
