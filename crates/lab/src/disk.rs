//! What distinguishes one host's disk from another's: its name, address, machine-id, keys.
//!
//! A host's disk is an overlay whose upper directory is an ordinary directory on the machine's disk: an fsync in a
//! host is an fsync of the machine, and a killed host finds its files again. The overlay is mounted in the host's own
//! mount namespace, so it ends with the host and no crash can leave a mount behind; these files are therefore written
//! into the upper directory before the host starts. A directory with a filesystem of limited size is an ext4 image
//! beside it, mounted in the same namespace.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::distr::Alphanumeric;

use crate::command::run;
use crate::error::IoContext;
use crate::site::make_dir;
use crate::state::{HostState, State, key_file, password_file};
use crate::{Result, names};

/// The user with a password, as the root's recipe makes it.
pub const OPS_USER: &str = "ops";
const OPS_ID: u32 = 1000;

/// The directories behind one host's disk.
#[derive(Clone, Debug)]
pub struct Disk {
    pub upper: PathBuf,
    pub work: PathBuf,
    /// Where the overlay appears, in the host's own mount namespace only.
    pub mount: PathBuf,
    pub console: PathBuf,
}

impl Disk {
    /// The disk of the host with this index.
    pub fn of(lab_dir: &Path, index: usize) -> Self {
        let dir = names::host_dir(lab_dir, index);
        let [upper, work, mount, console] = ["upper", "work", "root", "console.log"].map(|n| dir.join(n));
        Self { upper, work, mount, console }
    }

    /// For the filesystem with this number: its image, and where that is mounted in the host's own mount namespace
    /// before it appears in its directory.
    pub fn filesystem(&self, number: usize) -> (PathBuf, PathBuf) {
        (self.mount.with_file_name(format!("fs{number}.img")), self.mount.with_file_name(format!("fs{number}")))
    }
}

/// What all hosts of a lab share: who may log in.
pub struct Logins {
    /// What every `authorized_keys` holds.
    public_keys: String,
    /// The root's /etc/shadow with the lab's password for ops in it.
    shadow: String,
}

impl Logins {
    /// Makes the lab's key and password, and keeps them in its directory, readable by root only. `further` are public
    /// keys that may log in too.
    pub fn create(lab_dir: &Path, root: &Path, further: &[String]) -> Result<Self> {
        let mut public_keys = keygen(&key_file(lab_dir), "quorate-lab")?;
        public_keys.extend(further.iter().map(|k| format!("{}\n", k.trim())));
        let password: String = rand::rng().sample_iter(Alphanumeric).take(20).map(char::from).collect();
        write(&password_file(lab_dir), 0o600, format!("{password}\n").as_bytes())?;
        let root_path = root.to_string_lossy();
        let openssl = [&*root_path, "openssl", "passwd", "-6", "-stdin"];
        let hash = run("hashing the password of the lab's user", "chroot", &openssl, password.as_bytes())?.stdout;
        let path = root.join("etc/shadow");
        let shadow = fs::read_to_string(&path).doing("cannot read", &path)?;
        Ok(Self { public_keys, shadow: with_password(&shadow, OPS_USER, hash.trim()) })
    }
}

/// `/etc/shadow` with a user's password replaced.
fn with_password(shadow: &str, user: &str, hash: &str) -> String {
    let line = |l: &str| match l.split(':').collect::<Vec<_>>().as_mut_slice() {
        [name, password, ..] if *name == user => {
            let rest = &l[name.len() + password.len() + 2..];
            format!("{name}:{hash}:{rest}\n")
        }
        _ => format!("{l}\n"),
    };
    shadow.lines().map(line).collect()
}

/// Writes a new host's own files.
pub fn prepare(lab_dir: &Path, state: &State, host: &HostState, logins: &Logins) -> Result<()> {
    let disk = Disk::of(lab_dir, host.index);
    for dir in [&disk.upper, &disk.work, &disk.mount] {
        make_dir(dir, 0o755)?;
    }
    for (number, filesystem) in state.filesystems.iter().enumerate() {
        let (image, at) = disk.filesystem(number);
        make_dir(&at, 0o755)?;
        let file = fs::File::create_new(&image).doing("cannot write", &image)?;
        // Takes space on the machine's disk only as it is written to.
        file.set_len(filesystem.mib << 20).doing("cannot write", &image)?;
        run("making a host's filesystem", "mkfs.ext4", &["-q", "-F", &image.to_string_lossy()], &[])?;
    }
    // Directories must look as the root's do: an overlay shows the upper one's owner and mode.
    let dirs = ["etc", "etc/ssh", "home", "home/ops", "root", "root/.ssh", "home/ops/.ssh"];
    for (dir, mode) in dirs.into_iter().zip([0o755, 0o755, 0o755, 0o755, 0o700, 0o700, 0o700]) {
        make_dir(&disk.upper.join(dir), mode)?;
    }
    let etc = disk.upper.join("etc");
    let HostState { name, address, .. } = host;
    let machine_id: String = rand::random::<[u8; 16]>().iter().map(|b| format!("{b:02x}")).collect();
    let prefix = state.subnet.prefix_len();
    let files = [
        ("hostname", 0o644, format!("{name}\n")),
        // As Debian's installer writes it.
        (
            "hosts",
            0o644,
            format!("127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"),
        ),
        ("machine-id", 0o444, format!("{machine_id}\n")),
        ("lab-network", 0o644, format!("ADDRESS={address}/{prefix}\nGATEWAY={}\n", state.operator)),
        ("shadow", 0o640, logins.shadow.clone()),
    ];
    for (file, mode, text) in files {
        write(&etc.join(file), mode, text.as_bytes())?;
    }
    let shadow = etc.join("shadow");
    // The group shadow has this id on every Debian.
    chown(&shadow, Some(0), Some(42)).doing("cannot change the owner of", &shadow)?;
    keygen(&etc.join("ssh/ssh_host_ed25519_key"), name)?;
    for home in ["root", "home/ops"] {
        write(&disk.upper.join(home).join(".ssh/authorized_keys"), 0o600, logins.public_keys.as_bytes())?;
    }
    for path in ["home/ops", "home/ops/.ssh", "home/ops/.ssh/authorized_keys"] {
        let path = disk.upper.join(path);
        chown(&path, Some(OPS_ID), Some(OPS_ID)).doing("cannot change the owner of", &path)?;
    }
    Ok(())
}

/// Makes an ed25519 key pair and returns its public half.
fn keygen(key: &Path, comment: &str) -> Result<String> {
    let path = key.to_string_lossy();
    run("making an SSH key", "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", &path], &[])?;
    let public = key.with_extension("pub");
    fs::read_to_string(&public).doing("cannot read", &public)
}

/// Writes a new file with exactly this mode.
fn write(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    let open = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    open.and_then(|mut f| f.write_all(bytes)).doing("cannot write", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_users_password_changes() {
        let shadow = "root:*:19000:0:99999:7:::\nops:!:19000:0:99999:7:::\nopsy:!:1::::::\n";
        let expected = "root:*:19000:0:99999:7:::\nops:$6$x$y:19000:0:99999:7:::\nopsy:!:1::::::\n";
        assert_eq!(with_password(shadow, "ops", "$6$x$y"), expected);
    }
}
