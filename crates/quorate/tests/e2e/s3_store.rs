//! A store that speaks S3 (moto's), on the operator's address of a lab, with a certificate of an authority of its own,
//! and Amazon's client to see what is in it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lab::Site;
use tempfile::TempDir;

use crate::support::eventually;

/// From PyPI: what the store needs for S3 alone.
const PACKAGES: [&str; 5] =
    ["moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "py-partiql-parser==0.6.3", "PyYAML==6.0.4"];
const PORT: u16 = 9000;
pub const BUCKET: &str = "db-backups";

pub struct Store {
    address: Ipv4Addr,
    directory: TempDir,
    server: Option<Child>,
}

impl Store {
    /// With nothing in it, and no bucket.
    pub fn start(address: Ipv4Addr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        certify(directory.path(), address);
        let mut store = Self { address, directory, server: None };
        store.restart();
        store
    }

    /// What it held is gone.
    pub fn restart(&mut self) {
        let log = std::fs::File::create(self.directory.path().join("log")).unwrap();
        let server = Command::new(installed().join("bin/moto_server"))
            .args(["-H", &self.address.to_string(), "-p", &PORT.to_string(), "-c", "store.crt", "-k", "store.key"])
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.server = Some(server);
        eventually("the store listens", Duration::from_secs(20), || {
            std::net::TcpStream::connect((self.address, PORT)).is_ok()
        });
    }

    pub fn make_bucket(&self) {
        self.python("s3.create_bucket(Bucket=bucket)");
    }

    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    pub fn endpoint(&self) -> String {
        format!("https://{}:{PORT}", self.address)
    }

    /// The authority that its certificate is of, as PEM.
    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.directory.path().join("ca.crt")).unwrap()
    }

    /// The names in the bucket.
    pub fn names(&self) -> Vec<String> {
        let print = "for o in s3.list_objects_v2(Bucket=bucket).get('Contents', []): print(o['Key'])";
        self.python(print).lines().map(str::to_owned).collect()
    }

    /// What lines of Python print that find the client as `s3`.
    #[track_caller]
    pub fn python(&self, lines: &str) -> String {
        let script = format!(
            "import boto3\nbucket = '{BUCKET}'\ns3 = boto3.client('s3', endpoint_url='{}', verify='ca.crt', \
             region_name='us-east-1', aws_access_key_id='a', aws_secret_access_key='b')\n{lines}",
            self.endpoint()
        );
        run(Command::new(installed().join("bin/python3")).args(["-c", &script]).current_dir(self.directory.path()))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The packages, beside the roots of the lab's hosts: made where they are to stay, for programs there know their place.
fn installed() -> PathBuf {
    let place = Site::from_env().cache.join(PACKAGES[0]);
    if !place.join("complete").exists() {
        std::fs::create_dir_all(&place).unwrap();
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
        run(Command::new(place.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES));
        std::fs::write(place.join("complete"), "").unwrap();
    }
    place
}

/// An authority, and a certificate of it for an address.
fn certify(directory: &Path, address: Ipv4Addr) {
    std::fs::write(
        directory.join("store.ext"),
        format!("subjectAltName = IP:{address}\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n"),
    )
    .unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let openssl = |words: &[&str]| run(Command::new("openssl").args(words).current_dir(directory));
    let root = ["req", "-x509", "-subj", "/CN=store authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt"];
    openssl(&[&root[..], &key].concat());
    let request = ["req", "-subj", "/CN=store", "-keyout", "store.key", "-out", "store.csr"];
    openssl(&[&request[..], &key].concat());
    let sign =
        "x509 -req -in store.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile store.ext -out store.crt";
    openssl(&sign.split(' ').collect::<Vec<_>>());
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
