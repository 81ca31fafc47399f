//! MariaDB with a primary and one synchronous replica, failed over by the agents with a lease in etcd.
//!
//! What is here makes the hosts ready and founds the database once; who is the primary, and when its server runs, is the
//! agents' business (`crates/failover`).

pub(crate) mod membership;
mod watching;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use failover::Settings;
use minijinja::context;
use model::{Cluster, DatabaseMode, Host, HostName, OnReplicaLoss, REPLICATION_PORT, Timing};
use serde_json::{Value, json};
use wire::replication::ROLE_FILE;
use wire::{Fault, Look, Note, Probe, ProbeKind, ProbeReport, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Membership, Once, Rollout, View, Watch};
use crate::galera::{self, DATA_DIR, PORT, SOCKET_UNIT, UNIT};
use crate::identity::{directory, plain_file};
use crate::render::render;
use crate::rule::{Capability, Rule};
use crate::{etcd, vip};

pub struct Replication;

pub(crate) const ID: &str = "replication";
/// Where the agents give copies of the data to each other.
const COPY_PORT: u16 = 9347;
/// A week: a replica that was away longer copies everything.
const LOG_SECONDS: u32 = 7 * 24 * 3600;

/// What the file says of it, where the file asks for it.
pub(crate) fn settings(cluster: &Cluster) -> Option<&model::Replication> {
    match cluster.database.as_ref().map(|d| &d.mode) {
        Some(DatabaseMode::Replication(settings)) => Some(settings),
        _ => None,
    }
}

/// Whether the file asks for it.
pub(crate) fn chosen(cluster: &Cluster) -> bool {
    settings(cluster).is_some()
}

/// The endpoint whose virtual IP the primary holds itself: that of the database, unless a balancer answers there.
pub(crate) fn address(cluster: &Cluster) -> Option<(&model::Endpoint, &model::Vip)> {
    cluster.vips().find(|(e, _)| chosen(cluster) && e.name == model::DATABASE && e.through.is_none())
}

/// What its members give: writes, and reads where clients have an address for them. A replica that follows nobody is not
/// read from, so without a primary there are no reads either.
fn given(cluster: &Cluster) -> Vec<Capability> {
    if !chosen(cluster) {
        return vec![];
    }
    let reads = cluster.endpoint(model::DATABASE_READ).map(|_| Capability::Reads);
    std::iter::once(Capability::Database).chain(reads).collect()
}

impl Component for Replication {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if chosen(cluster) { cluster.database_members() } else { vec![] }
    }

    fn looks(&self, _cluster: &Cluster, _host: &Host) -> Vec<Look> {
        vec![Look::Replication]
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let Some(settings) = settings(at.cluster) else { return vec![] };
        let file = |path: &str, content: String| {
            plain_file(path, content, vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }])
        };
        let mut resources = vec![
            // Before the package, whose script would start the server.
            directory("/etc/systemd/system/mariadb.service.d", "root", "root", 0o755),
            // Says how the server is started and ended: one that runs has nothing to take up.
            plain_file(
                "/etc/systemd/system/mariadb.service.d/quorate.conf",
                render(include_str!("mariadb.service.j2"), context! { role => ROLE_FILE }),
                vec![],
            ),
        ];
        resources.extend(
            ["mariadb-server", "mariadb-backup", "nftables"].map(|name| Resource::Package { name: name.to_owned() }),
        );
        resources.push(directory(galera::CERTIFICATES, "root", "mysql", 0o750));
        resources.push(galera::certificate(at));
        resources.push(file(
            "/etc/mysql/mariadb.conf.d/90-quorate-replication.cnf",
            render(
                include_str!("90-quorate-replication.cnf.j2"),
                context! {
                    bind => if at.host.address.is_ipv4() { "0.0.0.0" } else { "::" }, port => PORT,
                    replication_port => REPLICATION_PORT, max_connections => settings.max_connections,
                    buffer_pool => settings.buffer_pool_mib, server_id => at.host.server_id(),
                    log_seconds => LOG_SECONDS, certificates => galera::CERTIFICATES,
                },
            ),
        ));
        resources.push(Resource::Unit { name: SOCKET_UNIT.to_owned(), enabled: false, active: false });
        resources.push(Resource::Piloted {
            unit: UNIT.to_owned(),
            address: address(at.cluster).map(|(_, vip)| format!("{}/{}", vip.address, vip.prefix)),
        });
        resources
    }

    fn after(&self) -> &'static [&'static str] {
        // The agent needs etcd's quorum, which it waits for: its members may be on other hosts.
        &["names", "identity", "etcd", "agent"]
    }

    fn membership(&self, view: View<'_>) -> Membership {
        membership::decide(view)
    }

    fn once(&self, view: View<'_>) -> Option<Once> {
        self.hosts(view.cluster).first()?;
        let through = membership::spokesman(view)?;
        Some(Once { through, resources: galera::application_accounts(view.cluster) })
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let Some(settings) = settings(cluster) else { return vec![] };
        // The agent renews the lease and keeps the server open: a member without it can neither be promoted nor write.
        let member = |h: &HostName| Rule::All(vec![Rule::up(ID, h), Rule::up("agent", h)]);
        let members: Vec<Rule> = self.hosts(cluster).iter().map(|h| member(&h.name)).collect();
        // Writes wait for one acknowledgement, so every acknowledged write is on the primary and on the one synchronous
        // replica. Which two of three these are changes with every failover, so the loss of any two in one moment counts.
        // One after another, the third has taken the replica's place in between, and in the end the primary degrades and
        // goes on alone; unless the file says that it must not.
        let alone = settings.on_replica_loss == OnReplicaLoss::Degrade;
        let rule = Rule::Succession { alone, of: members };
        given(cluster).into_iter().map(|capability| (capability, rule.clone())).collect()
    }

    fn rests_on(&self, cluster: &Cluster) -> Vec<(Capability, Capability)> {
        // Without etcd's quorum the primary cannot renew its lease and closes itself before the lease ends, and nobody
        // else can take it: losing nothing comes before going on.
        given(cluster).into_iter().map(|capability| (capability, Capability::Coordination)).collect()
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        // Not stopped: the agent starts a stopped server again, and what undoes the stop would start it in no role.
        let unit = || UNIT.to_owned();
        vec![Fault::Kill { unit: unit() }, Fault::Freeze { unit: unit() }, Fault::Fill { directory: DATA_DIR.into() }]
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let mut probes = self.awaits(cluster, host);
        if let Some((endpoint, vip)) = address(cluster) {
            let probe = |name: &str, kind| Probe {
                component: vip::ENDPOINT.to_owned(),
                name: format!("{name}-{}", endpoint.name),
                kind,
            };
            probes.push(probe("holds", ProbeKind::Holds { address: vip.address }));
            let address = SocketAddr::new(vip.address, PORT);
            probes.push(probe("reach", ProbeKind::SqlGreeting { address }));
        }
        probes
    }

    fn awaits(&self, _cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        vec![Probe { component: ID.to_owned(), name: "member".to_owned(), kind: ProbeKind::Replication }]
    }

    fn together(&self, cluster: &Cluster, reports: &BTreeMap<HostName, Vec<ProbeReport>>) -> Vec<(HostName, Note)> {
        watching::compare(&self.hosts(cluster), reports)
    }

    fn watches(&self, cluster: &Cluster) -> Vec<Watch> {
        let members = self.hosts(cluster).len();
        if members == 0 { vec![] } else { watching::watches(members) }
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        vec![PORT, REPLICATION_PORT, COPY_PORT]
    }
}

/// What the agent of a database host is told; `None` elsewhere. The files are the agent's own certificate.
pub(crate) fn of_agent(at: At<'_>, certificates: &str) -> Option<Value> {
    let chosen = settings(at.cluster)?;
    let members = Replication.hosts(at.cluster);
    members.iter().find(|h| h.name == at.host.name)?;
    let settings = Settings {
        me: at.host.name.to_string(),
        hosts: members.iter().map(|h| h.name.to_string()).collect(),
        timing: match chosen.timing {
            Timing::Safe => failover::Timing::SAFE,
            Timing::Fast => failover::Timing::FAST,
        },
        on_replica_loss: match chosen.on_replica_loss {
            OnReplicaLoss::Degrade => failover::OnReplicaLoss::Degrade,
            OnReplicaLoss::Block => failover::OnReplicaLoss::Block,
        },
    };
    let addresses: BTreeMap<&str, IpAddr> = members.iter().map(|h| (h.name.as_str(), h.address)).collect();
    let server_ids: BTreeMap<&str, u32> = members.iter().map(|h| (h.name.as_str(), h.server_id())).collect();
    let endpoints: Vec<SocketAddr> =
        at.cluster.etcd_members().iter().map(|h| SocketAddr::new(h.address, etcd::CLIENT_PORT)).collect();
    let vip = address(at.cluster).map(|(_, vip)| {
        json!({
            "address": vip.address, "prefix": vip.prefix, "interface": at.interface().unwrap_or("interface-not-found"),
        })
    });
    Some(json!({
        "settings": settings,
        "serverIds": server_ids,
        "addresses": addresses,
        "etcd": {
            "endpoints": endpoints,
            "ca": format!("{certificates}/ca.crt"),
            "certificate": format!("{certificates}/agent.crt"),
            "key": format!("{certificates}/agent.key"),
        },
        "vip": vip,
        "port": PORT,
        "replicationPort": REPLICATION_PORT,
        "copyPort": COPY_PORT,
        "unit": UNIT,
        "dataDir": DATA_DIR,
    }))
}
