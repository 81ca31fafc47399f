//! etcd: coordination for the control plane, with mutual TLS for clients and peers.

mod membership;

use std::net::SocketAddr;
use std::path::PathBuf;

use minijinja::context;
use model::{Cluster, Host};
use wire::resource::Certificate;
use wire::{Fault, Look, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Membership, Rollout, View, unit_failures};
use crate::identity::{self, directory};
use crate::render::render;
use crate::rule::{Capability, Rule};

pub struct Etcd;

pub(crate) const ID: &str = "etcd";
const UNIT: &str = "etcd.service";
pub(crate) const CLIENT_PORT: u16 = 2379;
const PEER_PORT: u16 = 2380;
const DATA_DIR: &str = "/var/lib/etcd/quorate";
const CERTIFICATES: &str = "/etc/quorate/etcd";
const FLAG: &str = "/run/quorate/etcd-bootstrap.env";
const ETCD_NEW: &str = "ETCD_INITIAL_CLUSTER_STATE=new";

impl Component for Etcd {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.etcd_members()
    }

    fn looks(&self, _cluster: &Cluster, host: &Host) -> Vec<Look> {
        vec![Look::Unit(UNIT.to_owned()), data_look(), members_look(host)]
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let restart = || vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }];
        let members: Vec<_> = at.cluster.etcd_members().iter().map(|h| format!("{}={}", h.name, peer_url(h))).collect();
        vec![
            Resource::Package { name: "etcd-server".to_owned() },
            directory(CERTIFICATES, "root", "etcd", 0o750),
            Resource::Certificate(Certificate {
                dir: CERTIFICATES.into(),
                name: "member".to_owned(),
                owner: "etcd".to_owned(),
                common_name: format!("{}.{}", at.host.name, at.cluster.name),
                subjects: identity::subjects(at),
                touches: restart(),
                issued: None,
                root: String::new(),
            }),
            Resource::File {
                path: "/etc/quorate/etcd/etcd.env".into(),
                content: render(
                    include_str!("etcd.env.j2"),
                    context! {
                        name => at.host.name.as_str(), address => at.host.address.to_string(),
                        token => at.cluster.name.as_str(), members => members.join(","),
                        data_dir => DATA_DIR, certificates => CERTIFICATES,
                        client_port => CLIENT_PORT, peer_port => PEER_PORT,
                    },
                ),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: restart(),
            },
            directory("/etc/systemd/system/etcd.service.d", "root", "root", 0o755),
            Resource::File {
                path: "/etc/systemd/system/etcd.service.d/quorate.conf".into(),
                content: render(include_str!("etcd.service.j2"), context! { flag => FLAG }),
                owner: "root".to_owned(),
                group: "root".to_owned(),
                mode: 0o644,
                touches: restart(),
            },
            Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
        ]
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity"]
    }

    fn membership(&self, view: View<'_>) -> Membership {
        membership::decide(view)
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let members = cluster.etcd_members();
        if members.is_empty() {
            return vec![];
        }
        let up = members.iter().map(|h| Rule::up(ID, &h.name)).collect();
        vec![(Capability::Coordination, Rule::majority(up))]
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, Some(DATA_DIR))
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        vec![Probe {
            component: ID.to_owned(),
            name: "member".to_owned(),
            kind: ProbeKind::Etcd {
                address: SocketAddr::new(host.address, CLIENT_PORT),
                ca: certificate("ca.crt"),
                certificate: certificate("member.crt"),
                key: certificate("member.key"),
                members: cluster.etcd_members().iter().map(|h| h.name.to_string()).collect(),
            },
        }]
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        vec![CLIENT_PORT, PEER_PORT]
    }
}

fn certificate(file: &str) -> PathBuf {
    PathBuf::from(CERTIFICATES).join(file)
}

fn peer_url(host: &Host) -> String {
    format!("https://{}", SocketAddr::new(host.address, PEER_PORT))
}

fn data_look() -> Look {
    Look::Exists(PathBuf::from(DATA_DIR).join("member"))
}

fn members_look(host: &Host) -> Look {
    Look::EtcdMembers {
        address: SocketAddr::new(host.address, CLIENT_PORT),
        ca: certificate("ca.crt"),
        certificate: certificate("member.crt"),
        key: certificate("member.key"),
    }
}
