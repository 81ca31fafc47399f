//! From the cluster file's SSH settings to what the transport needs, with secrets read where the file says.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use model::{Cluster, Host, SecretSource, SshAuth};
use secret::Secret;
use ssh::{Auth, Sudo, Target};
use wire::Note;

/// Reads a secret from where the file says it is; called once per distinct source.
pub type ReadSecret<'a> = dyn FnMut(&SecretSource) -> Result<Secret, Note> + 'a;

/// The targets of all hosts, in file order.
pub fn targets(cluster: &Cluster, home: &Path, read: &mut ReadSecret<'_>) -> Result<Vec<Target>, Note> {
    let mut known: Vec<(SecretSource, Secret)> = Vec::new();
    let mut read_once = |source: &SecretSource| -> Result<Secret, Note> {
        if let Some((_, secret)) = known.iter().find(|(s, _)| s == source) {
            return Ok(secret.clone());
        }
        let secret = read(source)?;
        known.push((source.clone(), secret.clone()));
        Ok(secret)
    };
    cluster.hosts.iter().map(|host| target(host, home, &mut read_once)).collect()
}

fn target(
    host: &Host,
    home: &Path,
    read: &mut impl FnMut(&SecretSource) -> Result<Secret, Note>,
) -> Result<Target, Note> {
    let sudo = match &host.ssh.sudo {
        None => None,
        Some(sudo) => Some(match &sudo.password {
            None => Sudo::NoPassword,
            Some(source) => Sudo::Password(read(source)?),
        }),
    };
    let bastion = match &host.ssh.bastion {
        None => None,
        Some(bastion) => {
            let address: IpAddr = bastion
                .address
                .parse()
                .map_err(|_| Note::new("bastion-address").with("host", &host.name).with("address", &bastion.address))?;
            Some(Box::new(Target {
                host: format!("bastion {}", bastion.address),
                address,
                port: bastion.port,
                user: bastion.user.clone(),
                auth: auth(&bastion.auth, home, read)?,
                sudo: None,
                bastion: None,
            }))
        }
    };
    Ok(Target {
        host: host.name.to_string(),
        address: host.ssh_address(),
        port: host.ssh.port,
        user: host.ssh.user.clone(),
        auth: auth(&host.ssh.auth, home, read)?,
        sudo,
        bastion,
    })
}

fn auth(
    auth: &SshAuth,
    home: &Path,
    read: &mut impl FnMut(&SecretSource) -> Result<Secret, Note>,
) -> Result<Auth, Note> {
    Ok(match auth {
        SshAuth::KeyFile(path) => Auth::Key { path: expand(path, home), passphrase: None },
        SshAuth::Password(source) => Auth::Password(read(source)?),
    })
}

/// `~/` at the beginning of a path means the operator's home directory.
pub fn expand(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~").map_or_else(|_| path.to_owned(), |rest| home.join(rest))
}
