//! A real sshd on a loopback port, in a mount namespace of its own: accounts, sudoers and home directories are made in
//! copies, so that nothing on the machine is changed. Needs root, openssh-server, sudo and util-linux.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ssh::{Auth, Connector, Limits, OnUnknownKey, Secret, Sudo, Target, Trust};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse 'battery' $taple";

const SETUP: &str = r#"
mkdir "$T/etc"
mount -t tmpfs tmpfs "$T/etc"
cp -a /etc/. "$T/etc/"
mount --bind "$T/etc" /etc
mount -t tmpfs -o mode=700 tmpfs /root
mount -t tmpfs -o mode=755 tmpfs /home
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
for user in ops free guest terminal; do
  useradd --create-home --shell /bin/bash "$user"
  printf '%s:%s\n' "$user" "$PASSWORD" | chpasswd
done
cat > /etc/sudoers <<'END'
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
Defaults:terminal requiretty
root ALL=(ALL:ALL) ALL
ops ALL=(ALL:ALL) ALL
terminal ALL=(ALL:ALL) NOPASSWD: ALL
free ALL=(ALL:ALL) NOPASSWD: ALL
END
chmod 440 /etc/sudoers
rm -rf /etc/sudoers.d /etc/nologin
[ ! -f "$T/bashrc" ] || cp "$T/bashrc" /root/.bashrc
exec /usr/sbin/sshd -D -e -f "$T/sshd_config"
"#;

pub struct Server {
    pub dir: TempDir,
    pub port: u16,
    child: Child,
}

impl Server {
    pub fn start() -> Self {
        Self::with("UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n", None)
    }

    /// `options` end up in sshd_config, `bashrc` in root's home.
    pub fn with(options: &str, bashrc: Option<&str>) -> Self {
        assert!(Path::new("/usr/sbin/sshd").exists(), "these tests need openssh-server");
        assert!(Path::new("/usr/bin/sudo").exists(), "these tests need sudo");
        let dir = tempfile::tempdir().unwrap();
        // sshd and the accounts look into it.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        keygen(dir.path(), "host", "ed25519", "");
        keygen(dir.path(), "host_other", "ecdsa", "");
        if let Some(text) = bashrc {
            fs::write(dir.path().join("bashrc"), text).unwrap();
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let t = dir.path().display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {t}/host\nHostKey {t}/host_other\nAuthorizedKeysFile {t}/authorized\n\
             StrictModes no\nPermitRootLogin yes\nMaxStartups 100\nPidFile none\nUseDNS no\nLogLevel ERROR\n{options}"
        );
        fs::write(dir.path().join("sshd_config"), config).unwrap();
        let child = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-euc", SETUP])
            .env("T", dir.path())
            .env("PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "sshd did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { dir, port, child }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where helpers go; made by the script.
    pub fn bin(&self) -> String {
        self.path("lib/bin").display().to_string()
    }

    /// A key that may log in, made when it is first asked for.
    pub fn key(&self, kind: &str) -> Auth {
        let path = self.path(kind);
        if !path.exists() {
            keygen(self.dir.path(), kind, kind, "");
            self.authorize(kind);
        }
        Auth::Key { path, passphrase: None }
    }

    pub fn authorize(&self, name: &str) {
        let public = fs::read(self.path(&format!("{name}.pub"))).unwrap();
        let mut file = OpenOptions::new().create(true).append(true).open(self.path("authorized")).unwrap();
        file.write_all(&public).unwrap();
    }

    /// A key file that is what it is.
    pub fn file(&self, name: &str) -> Auth {
        Auth::Key { path: self.path(name), passphrase: None }
    }

    pub fn target(&self, user: &str, auth: Auth, sudo: Option<Sudo>) -> Target {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Target { host: "node1".into(), address, port: self.port, user: user.into(), auth, sudo, bastion: None }
    }

    pub fn root(&self) -> Target {
        self.target("root", self.key("ed25519"), None)
    }

    pub fn connector(&self) -> Connector {
        self.connector_with(OnUnknownKey::AcceptNew)
    }

    pub fn connector_with(&self, unknown: OnUnknownKey) -> Connector {
        Connector::new(Arc::new(Trust::open(self.path("state/known_hosts"), unknown).unwrap()), Limits::default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn password(text: &str) -> Auth {
    Auth::Password(Secret::new(text.into()))
}

pub fn keygen(dir: &Path, name: &str, kind: &str, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "", "-f"])
        .arg(dir.join(name))
        .status()
        .unwrap();
    assert!(made.success());
}
