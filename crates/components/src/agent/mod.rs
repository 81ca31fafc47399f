//! Quorate's agent: a small daemon on every host that answers what only the host itself can say — may this host's
//! database be written, is its gateway serving — for HAProxy and keepalived.

mod recovery;

use std::net::SocketAddr;
use std::path::PathBuf;

use minijinja::context;
use model::{Cluster, Host};
use serde_json::json;
use wire::resource::Certificate;
use wire::{AGENT_PORT, Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Membership, Rollout, View, unit_failures};
use crate::galera::{AGENT_ACCOUNT, DATA_DIR};
use crate::identity::{self, directory, plain_file};
use crate::render::render;
use crate::replication::{self as replicated, membership as replication};

pub struct Agent;

pub(crate) const ID: &str = "agent";
const UNIT: &str = "quorate-agent.service";
/// The agent's own certificate, with which it asks etcd.
const CERTIFICATES: &str = "/etc/quorate/agent";
/// Seconds in which the host's systemd must have done something, where it drives a database and has a watchdog. Long after
/// its lease is over, and longer than a host under load keeps its first process waiting.
const RESET_S: u32 = 20;

impl Component for Agent {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.hosts.iter().collect()
    }

    fn membership(&self, view: View<'_>) -> Membership {
        // Where a server holds data of somebody else, no agent may begin to care for it.
        let foreign = |host: &Host| replication::foreign(replication::facts(view, &host.name)?);
        let refused = |host: &&Host| Some((host.name.clone(), replication::refusal(&host.name, &foreign(host)?)));
        let starts = self.hosts(view.cluster).iter().filter_map(refused).collect();
        Membership { starts, ..Membership::default() }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let restart = || vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }];
        let file = |path: &str, content: String| plain_file(path, content, restart());
        let recovers = recovery::runs(at.cluster, at.host);
        let mut program = restart();
        program.extend(recovers.then(recovery::touch));
        let mut resources = vec![
            Resource::User { name: AGENT_ACCOUNT.to_owned() },
            directory(CERTIFICATES, "root", AGENT_ACCOUNT, 0o750),
            Resource::Certificate(Certificate {
                dir: CERTIFICATES.into(),
                name: "agent".to_owned(),
                owner: AGENT_ACCOUNT.to_owned(),
                common_name: format!("agent.{}.{}", at.host.name, at.cluster.name),
                subjects: identity::subjects(at),
                touches: restart(),
                issued: None,
                root: String::new(),
            }),
            Resource::Program { touches: program },
            file("/etc/quorate/agent.json", configuration(at)),
            file(
                "/etc/systemd/system/quorate-agent.service",
                render(
                    include_str!("quorate-agent.service.j2"),
                    context! {
                        replicated => replicated::of_agent(at, CERTIFICATES).is_some(), data_dir => DATA_DIR,
                        reset_s => RESET_S,
                    },
                ),
            ),
        ];
        // The file is given to the agent's account, so it follows that account in this list.
        resources.extend(crate::external::password_file(at.cluster, at.host));
        resources.push(Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true });
        if recovers {
            resources.extend(recovery::desired(at));
        }
        resources
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity"]
    }

    fn after_configuring(&self) -> &'static [&'static str] {
        // It drives the server of a replicated database, which must be there, and not be started by its package.
        &[replicated::ID]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, _cluster: &Cluster, host: &Host) -> Vec<Probe> {
        vec![Probe {
            component: ID.to_owned(),
            name: "answers".to_owned(),
            kind: ProbeKind::Agent { address: SocketAddr::new(host.address, AGENT_PORT) },
        }]
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        vec![AGENT_PORT]
    }
}

fn file_in(directory: &str, name: &str) -> PathBuf {
    PathBuf::from(directory).join(name)
}

/// The agent's configuration: the very probes that `status` uses, under the names of its verdicts.
fn configuration(at: At<'_>) -> String {
    let probes_of = |id: &str| {
        crate::by_id(id)
            .filter(|c| c.hosts(at.cluster).iter().any(|h| h.name == at.host.name))
            .map(|c| c.probes(at.cluster, at.host))
            .unwrap_or_default()
    };
    let mut others: Vec<Probe> = [
        crate::etcd::ID,
        crate::vip::ID,
        replicated::ID,
        crate::external::ID,
        crate::backup::ID,
        crate::arbitrator::ID,
    ]
    .into_iter()
    .flat_map(probes_of)
    .collect();
    others.retain(|p| p.component != "endpoint");
    for probe in &mut others {
        // The member's own certificate is for etcd alone to read.
        if let ProbeKind::Etcd { ca, certificate, key, .. } = &mut probe.kind {
            (*ca, *certificate, *key) = (
                file_in(CERTIFICATES, "ca.crt"),
                file_in(CERTIFICATES, "agent.crt"),
                file_in(CERTIFICATES, "agent.key"),
            );
        }
    }
    let mut database = probes_of(crate::galera::ID);
    database.extend(probes_of("mariadb"));
    let members: Vec<_> = crate::by_id(crate::galera::ID)
        .map(|c| c.hosts(at.cluster))
        .unwrap_or_default()
        .iter()
        .map(|h| json!({ "name": h.name, "address": h.address }))
        .collect();
    let mut balancer = crate::balancer::alive(at.cluster, at.host);
    balancer.extend(crate::maxscale::alive(at.cluster, at.host));
    let mut configuration = json!({
        "host": at.host.name,
        "listen": SocketAddr::new(at.host.address, AGENT_PORT),
        "database": database,
        "writers": members,
        "gateway": probes_of("gateway"),
        "balancer": balancer,
        "others": others,
    });
    if let (Some(part), Some(whole)) = (replicated::of_agent(at, CERTIFICATES), configuration.as_object_mut()) {
        whole.insert("replication".to_owned(), part);
    }
    let text = serde_json::to_string_pretty(&configuration);
    text.map_or_else(
        |error| error.to_string(),
        |mut text| {
            text.push('\n');
            text
        },
    )
}
