//! What every command that touches a cluster begins with: the file, this machine's directory for the cluster, the
//! operator's secrets, and the connections.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::{eprint, eprintln};
use model::{Cluster, SecretSource, SshAuth};
use runner::Fleet;
use runner::fleet::Connected;
use runner::secrets::{S3_ACCESS_KEY, S3_SECRET_KEY};
use secret::Secret;
use ssh::{Limits, OnUnknownKey, Program, Trust};
use wire::Note;

use crate::args::FileArgs;
use crate::failure::Failure;
use crate::text::Texts;
use crate::{exit, render};

/// A cluster file that was read and found right.
pub struct Context {
    pub cluster: Cluster,
    pub text: String,
    /// Where this machine keeps what it knows of the cluster.
    pub directory: PathBuf,
}

impl Context {
    /// Reads and checks the file; problems are shown with their places in it.
    pub fn load(path: &Path, texts: &Texts) -> Result<Self, Failure> {
        let (cluster, text) = read(path, texts)?;
        let directory = state_home().join("quorate").join(&cluster.name);
        Ok(Self { cluster, text, directory })
    }

    /// Connects to every host. Unknown host keys are shown and pinned after a yes.
    pub fn connect(
        &self,
        file: &FileArgs,
        limits: Limits,
        texts: &Texts,
    ) -> Result<(tokio::runtime::Runtime, Fleet), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
        self.refuse_public_keys(texts)?;
        let mut read = |source: &SecretSource| read_secret(source, &self.home());
        let targets = runner::targets::targets(&self.cluster, &self.home(), &mut read)?;
        let program = Program::current().map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
        let policy = if file.accept_new_host_keys { OnUnknownKey::AcceptNew } else { OnUnknownKey::Refuse };
        let known = self.directory.join("known_hosts");
        let mut asked = false;
        loop {
            let trust = Arc::new(Trust::open(&known, policy).map_err(runner::Error::from)?);
            let connected =
                runtime.block_on(runner::fleet::connect(targets.clone(), Arc::clone(&trust), limits, &program))?;
            match connected {
                Connected::Fleet(fleet) => return Ok((runtime, fleet)),
                Connected::UnknownKeys(keys) if !asked && std::io::stdin().is_terminal() => {
                    asked = true;
                    eprintln!("{}", texts.plain("host-keys-new"));
                    for key in &keys {
                        eprintln!("  {:<16} {} {} {}", key.host, key.location(), key.algorithm, key.fingerprint);
                    }
                    if !ask_yes(&texts.plain("host-keys-question")) {
                        return Err(Failure::note(exit::USAGE, Note::new("host-keys-declined")));
                    }
                    trust.pin(&keys).map_err(runner::Error::from)?;
                }
                Connected::UnknownKeys(keys) => {
                    let listed: Vec<_> =
                        keys.iter().map(|k| format!("{} {} {}", k.host, k.algorithm, k.fingerprint)).collect();
                    return Err(Failure::note(
                        exit::USAGE,
                        Note::new("host-keys-unknown").with("keys", listed.join(", ")),
                    ));
                }
            }
        }
    }

    /// Passwords of database accounts, and keys of the store for backups, that the file says where to find.
    pub fn passwords(&self) -> Result<BTreeMap<String, Secret>, Failure> {
        let mut passwords = BTreeMap::new();
        for (user, source) in self.cluster.database.iter().flat_map(|d| d.logins()) {
            if let Some(source) = source {
                passwords.insert(user.to_owned(), read_secret(source, &self.home())?);
            }
        }
        let backup = self.cluster.database.as_ref().and_then(|d| d.backup.as_ref());
        if let Some(model::BackupTo::S3 { access_key_from, secret_key_from, .. }) = backup.map(|b| &b.to) {
            let keys = [(S3_ACCESS_KEY, access_key_from), (S3_SECRET_KEY, secret_key_from)];
            for (name, source) in keys {
                passwords.insert(name.to_owned(), read_secret(source, &self.home())?);
            }
        }
        Ok(passwords)
    }

    fn home(&self) -> PathBuf {
        home()
    }

    /// A key file that holds a public key is found out before any host is bothered (the private one is needed).
    fn refuse_public_keys(&self, _texts: &Texts) -> Result<(), Failure> {
        for host in &self.cluster.hosts {
            if let SshAuth::KeyFile(path) = &host.ssh.auth {
                let path = runner::targets::expand(path, &self.home());
                let content = std::fs::read(&path).unwrap_or_default();
                if content.starts_with(b"ssh-") || content.starts_with(b"ecdsa-") {
                    let note = Note::new("key-is-public").with("path", path.display()).with("host", &host.name);
                    return Err(Failure::note(exit::USAGE, note));
                }
            }
        }
        Ok(())
    }
}

/// Reads a cluster file; its problems are printed here.
pub fn read(path: &Path, texts: &Texts) -> Result<(Cluster, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::note(exit::USAGE, Note::new("file-unreadable").with("path", path.display()).with("error", e))
    })?;
    match model::parse(&text) {
        Ok(cluster) => Ok((cluster, text)),
        Err(problems) => {
            render::problems(path, &text, &problems, texts);
            Err(Failure::shown(exit::USAGE))
        }
    }
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("/root"), PathBuf::from)
}

fn state_home() -> PathBuf {
    std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .unwrap_or_else(|| home().join(".local/state"))
}

fn read_secret(source: &SecretSource, home: &Path) -> Result<Secret, Note> {
    match source {
        SecretSource::Env(name) => {
            std::env::var(name).map(Secret::new).map_err(|_| Note::new("secret-env-missing").with("name", name))
        }
        SecretSource::File(path) => {
            let path = runner::targets::expand(path, home);
            let text = std::fs::read_to_string(&path)
                .map_err(|e| Note::new("secret-file-unreadable").with("path", path.display()).with("error", e))?;
            Ok(Secret::new(text.lines().next().unwrap_or_default().to_owned()))
        }
        SecretSource::Prompt(question) => rpassword::prompt_password(format!("{question}: "))
            .map(Secret::new)
            .map_err(|e| Note::new("secret-prompt-failed").with("question", question).with("error", e)),
    }
}

/// Asks at the terminal; anything but a yes is a no.
pub fn ask_yes(question: &str) -> bool {
    matches!(ask(question).trim().to_lowercase().as_str(), "y" | "yes" | "是")
}

/// Asks at the terminal for a line.
pub fn ask(question: &str) -> String {
    eprint!("{question} ");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    line.trim_end_matches(['\n', '\r']).to_owned()
}

/// Who runs this, for others who find the lock taken.
pub fn holder() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "root".to_owned());
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{user}@{} (pid {})", machine.trim(), std::process::id())
}
