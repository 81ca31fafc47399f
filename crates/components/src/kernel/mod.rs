//! Kernel settings that the other components rely on.

use model::{Cluster, Host};
use wire::Resource;

use crate::component::{At, Component};

pub struct Kernel;

impl Component for Kernel {
    fn id(&self) -> &'static str {
        "kernel"
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.hosts.iter().collect()
    }

    fn desired(&self, _at: At<'_>) -> Vec<Resource> {
        vec![
            Resource::File {
                path: "/etc/sysctl.d/90-quorate.conf".into(),
                content: include_str!("90-quorate.conf").to_owned(),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: vec![],
            },
            Resource::Sysctl { key: "net.ipv4.ip_nonlocal_bind".to_owned(), value: "1".to_owned() },
        ]
    }
}
