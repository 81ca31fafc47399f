//! Each host's own certificate, by which the others know it, and Quorate's directories.

use model::{Cluster, Host};
use wire::resource::Certificate;
use wire::{Resource, Touch};

use crate::component::{At, Component};

pub struct Identity;

/// Where the host's certificate lies; root only.
pub const DIR: &str = "/etc/quorate/pki";

impl Component for Identity {
    fn id(&self) -> &'static str {
        "identity"
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.hosts.iter().collect()
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        vec![
            directory(wire::CONFIG_DIR, "root", "root", 0o755),
            directory(DIR, "root", "root", 0o755),
            Resource::Certificate(Certificate {
                dir: DIR.into(),
                name: "host".to_owned(),
                owner: "root".to_owned(),
                common_name: format!("{}.{}", at.host.name, at.cluster.name),
                subjects: subjects(at),
                touches: vec![],
                issued: None,
                root: String::new(),
            }),
        ]
    }
}

/// The names and addresses by which others reach the host.
pub fn subjects(at: At<'_>) -> Vec<String> {
    let mut subjects = vec![
        at.host.name.to_string(),
        format!("{}.{}", at.host.name, at.cluster.name),
        "localhost".to_owned(),
        at.host.address.to_string(),
        "127.0.0.1".to_owned(),
    ];
    subjects.extend(at.host.external_address.map(|a| a.to_string()));
    subjects
}

/// A file that everybody may read and root alone may change.
pub fn plain_file(path: &str, content: String, touches: Vec<Touch>) -> Resource {
    Resource::File {
        path: path.into(),
        content,
        owner: "root".to_owned(),
        group: "root".to_owned(),
        mode: 0o644,
        touches,
    }
}

/// A directory resource.
pub fn directory(path: &str, owner: &str, group: &str, mode: u32) -> Resource {
    Resource::Directory { path: path.into(), owner: owner.to_owned(), group: group.to_owned(), mode }
}
