//! The daemon that brings Galera back after a full outage, on each member: apart from the agent, since it needs root's
//! power over the server and its files. Where there is no etcd to agree through, only `quorate apply` recovers.

use std::net::SocketAddr;

use minijinja::context;
use model::{Cluster, Host};
use serde_json::json;
use wire::{Resource, Touch, UnitEffect};

use super::{CERTIFICATES, file_in};
use crate::component::{At, Component};
use crate::identity::plain_file;
use crate::render::render;
use crate::{etcd, galera};

const UNIT: &str = "quorate-galera-recover.service";

/// Whether it runs on this host.
pub fn runs(cluster: &Cluster, host: &Host) -> bool {
    let member = galera::Galera.hosts(cluster).iter().any(|h| h.name == host.name);
    member && !cluster.etcd_members().is_empty()
}

/// What must take up a new program.
pub fn touch() -> Touch {
    Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }
}

/// The daemon with its configuration.
pub fn desired(at: At<'_>) -> Vec<Resource> {
    let file = |path: &str, content: String| plain_file(path, content, vec![touch()]);
    vec![
        file("/etc/quorate/galera-recover.json", configuration(at)),
        file(
            "/etc/systemd/system/quorate-galera-recover.service",
            render(include_str!("quorate-galera-recover.service"), context! {}),
        ),
        Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
    ]
}

fn configuration(at: At<'_>) -> String {
    let members: Vec<_> = galera::Galera.hosts(at.cluster).iter().map(|h| h.name.clone()).collect();
    let endpoints: Vec<_> =
        at.cluster.etcd_members().iter().map(|h| SocketAddr::new(h.address, etcd::CLIENT_PORT)).collect();
    let text = serde_json::to_string_pretty(&json!({
        "host": at.host.name,
        "members": members,
        "etcd": {
            "endpoints": endpoints,
            "ca": file_in(CERTIFICATES, "ca.crt"),
            "certificate": file_in(CERTIFICATES, "agent.crt"),
            "key": file_in(CERTIFICATES, "agent.key"),
        },
        "flag": galera::FLAG,
        "lead": galera::LEAD,
    }));
    text.map_or_else(|error| error.to_string(), |text| text + "\n")
}
