//! Galera: the database on three or more hosts, every member holding all data; one of them is written to. Of an even
//! number of members, an arbitrator has the vote that decides.

pub(crate) mod group;
mod membership;
mod watching;

use std::collections::BTreeMap;

use minijinja::context;
use model::{AccountGrant, Charset, Cluster, DatabaseMode, Host, HostName};
use wire::resource::Certificate;
use wire::{Fault, Grant, Look, Note, Probe, ProbeKind, ProbeReport, Resource, SqlAuth, Touch, UnitEffect};

use crate::component::{At, Component, Membership, Once, Rollout, View, Watch, unit_failures};
use crate::identity::{self, directory};
use crate::render::render;
use crate::rule::{Capability, Rule};
use crate::{arbitrator, maxscale};

pub struct Galera;

pub(crate) const ID: &str = "galera";
pub(crate) const UNIT: &str = "mariadb.service";
/// Debian's socket activation holds the port that Galera's server must bind itself.
pub(crate) const SOCKET_UNIT: &str = "mariadb.socket";
pub(crate) const PORT: u16 = model::DATABASE_PORT;
pub(crate) const DATA_DIR: &str = "/var/lib/mysql";
/// Quorate's own schema inside the database.
const ADMIN_SCHEMA: &str = "quorate";
/// In which the members agree on one writer.
const WRITER_TABLE: &str = "writer";
/// The operating system's and the database's account of the agent.
pub(crate) const AGENT_ACCOUNT: &str = "quorate";
pub(crate) const CERTIFICATES: &str = "/etc/quorate/mariadb";
const CERTIFICATE: &str = "server";
/// Tells one start of the unit something, and what tells it to lead.
pub(crate) const FLAG: &str = "/run/quorate/galera-bootstrap.env";
pub(crate) const LEAD: &str = "_WSREP_NEW_CLUSTER=--wsrep-new-cluster\n";

pub(crate) fn settings(cluster: &Cluster) -> Option<&model::Galera> {
    match cluster.database.as_ref().map(|d| &d.mode) {
        Some(DatabaseMode::Galera(settings)) => Some(settings),
        _ => None,
    }
}

/// Whether a host's server, once it goes on after it stood still or hears the others again, answers reads for a moment
/// as it was before; `unit`: what stood still alone, and not the whole host. A Galera member does until it notices that the group went on without it, and nothing shuts it
/// meanwhile, as the door of a replicated database does; `wsrep_sync_wait` makes a session's reads wait for the group.
pub fn answers_late(cluster: &Cluster, host: &HostName, unit: Option<&str>) -> bool {
    unit.is_none_or(|u| u == UNIT) && Galera.hosts(cluster).iter().any(|h| h.name == *host)
}

impl Component for Galera {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if settings(cluster).is_some() { cluster.database_members() } else { vec![] }
    }

    fn looks(&self, _cluster: &Cluster, _host: &Host) -> Vec<Look> {
        vec![Look::Galera]
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let Some(settings) = settings(at.cluster) else { return vec![] };
        let restart = || vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }];
        let votes: Vec<_> = group::votes(at.cluster).iter().map(|h| h.address.to_string()).collect();
        let mut resources = packages();
        resources.push(directory(CERTIFICATES, "root", "mysql", 0o750));
        resources.push(certificate(at));
        resources.push(Resource::File {
            path: "/etc/mysql/mariadb.conf.d/90-quorate-galera.cnf".into(),
            content: render(
                include_str!("90-quorate-galera.cnf.j2"),
                context! {
                    cluster => at.cluster.name.as_str(), name => at.host.name.as_str(),
                    address => at.host.address.to_string(), port => PORT, votes => votes.join(","),
                    certificates => CERTIFICATES, buffer_pool => settings.buffer_pool_mib,
                    gcache => settings.gcache_mib, max_connections => settings.max_connections,
                    binlogs => binlogs(at), times => group::TIMES,
                    encryption => group::encryption(CERTIFICATES, CERTIFICATE),
                },
            ),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            mode: 0o644,
            touches: restart(),
        });
        resources.push(directory("/etc/systemd/system/mariadb.service.d", "root", "root", 0o755));
        resources.push(Resource::File {
            path: "/etc/systemd/system/mariadb.service.d/quorate.conf".into(),
            content: render(include_str!("mariadb.service.j2"), context! { flag => FLAG }),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            mode: 0o644,
            touches: restart(),
        });
        resources.extend(units());
        resources
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity"]
    }

    fn membership(&self, view: View<'_>) -> Membership {
        membership::decide(view)
    }

    fn once(&self, view: View<'_>) -> Option<Once> {
        let through = membership::spokesman(view)?;
        let mut resources = vec![
            Resource::SqlSchema {
                name: ADMIN_SCHEMA.to_owned(),
                charset: Charset::default().word().to_owned(),
                collation: None,
            },
            Resource::SqlWriterTable,
            agent_account(vec![Grant {
                privileges: "SELECT, UPDATE".to_owned(),
                on: format!("{ADMIN_SCHEMA}.{WRITER_TABLE}"),
            }]),
        ];
        resources.extend(maxscale::account(view.cluster));
        resources.extend(application_accounts(view.cluster));
        Some(Once { through, resources })
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let members = self.hosts(cluster);
        if members.is_empty() {
            return vec![];
        }
        let mut of: Vec<Rule> = members.iter().map(|h| Rule::up(ID, &h.name)).collect();
        of.extend(cluster.arbitrator().map(|h| Rule::up(arbitrator::ID, &h.name)));
        let quorum = Rule::Quorum { recounts: true, of };
        // MaxScale looks at the members itself, and any member of the quorum takes writes.
        if maxscale::chosen(cluster) {
            return vec![(Capability::Database, quorum)];
        }
        // HAProxy sends writes where an agent says so: a member without its agent counts as a vote, not as a writer.
        let writer = Rule::Any(
            members.iter().map(|h| Rule::All(vec![Rule::up(ID, &h.name), Rule::up("agent", &h.name)])).collect(),
        );
        vec![(Capability::Database, Rule::All(vec![quorum, writer]))]
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, Some(DATA_DIR))
    }

    fn probes(&self, cluster: &Cluster, host: &Host) -> Vec<Probe> {
        let _ = host;
        vec![Probe {
            component: ID.to_owned(),
            name: "member".to_owned(),
            kind: ProbeKind::Galera { members: group::votes(cluster).len() },
        }]
    }

    fn together(&self, cluster: &Cluster, reports: &BTreeMap<HostName, Vec<ProbeReport>>) -> Vec<(HostName, Note)> {
        watching::compare(&self.hosts(cluster), reports)
    }

    fn watches(&self, cluster: &Cluster) -> Vec<Watch> {
        watching::watches(group::votes(cluster).len(), self.hosts(cluster).len())
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        // Clients, group traffic, incremental and full state transfer.
        vec![PORT, group::GROUP_PORT, 4568, 4444]
    }
}

/// The domains of transaction numbers, where binary logs are written: the group's, and this member's own for what it does
/// not replicate. `None`: no logs.
fn binlogs(at: At<'_>) -> Option<minijinja::Value> {
    const GROUP: usize = 100;
    let members = at.cluster.database_members();
    let position = members.iter().position(|h| h.name == at.host.name)?;
    crate::backup::wants_binlogs(at.cluster)
        .then(|| context! { group_domain => GROUP, own_domain => GROUP + 1 + position })
}

pub(crate) fn packages() -> Vec<Resource> {
    ["mariadb-server", "mariadb-backup", "galera-4", "socat"]
        .map(|name| Resource::Package { name: name.to_owned() })
        .to_vec()
}

pub(crate) fn units() -> Vec<Resource> {
    vec![
        Resource::Unit { name: SOCKET_UNIT.to_owned(), enabled: false, active: false },
        Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
    ]
}

pub(crate) fn certificate(at: At<'_>) -> Resource {
    Resource::Certificate(Certificate {
        dir: CERTIFICATES.into(),
        name: CERTIFICATE.to_owned(),
        owner: "mysql".to_owned(),
        common_name: format!("{}.{}", at.host.name, at.cluster.name),
        subjects: {
            let mut subjects = identity::subjects(at);
            subjects.push(crate::names::endpoint_name(at.cluster, model::DATABASE));
            let read = at.cluster.endpoint(model::DATABASE_READ);
            subjects.extend(read.map(|e| crate::names::endpoint_name(at.cluster, &e.name)));
            subjects
        },
        touches: vec![Touch { unit: UNIT.to_owned(), effect: UnitEffect::Restart }],
        issued: None,
        root: String::new(),
    })
}

/// The account with which the agent on a database host looks at its server: known by the operating system's user.
pub(crate) fn agent_account(grants: Vec<Grant>) -> Resource {
    Resource::SqlAccount { user: AGENT_ACCOUNT.to_owned(), host: "localhost".to_owned(), auth: SqlAuth::Socket, grants }
}

/// Schemas and accounts of the applications: each owner of a schema reaches nothing else, and further accounts what the
/// file says.
pub(crate) fn application_accounts(cluster: &Cluster) -> Vec<Resource> {
    let Some(database) = &cluster.database else { return vec![] };
    let mut resources = Vec::new();
    for schema in &database.schemas {
        resources.push(Resource::SqlSchema {
            name: schema.name.clone(),
            charset: schema.charset.word().to_owned(),
            collation: schema.collation.clone(),
        });
        resources.push(Resource::SqlAccount {
            user: schema.user.clone(),
            host: "%".to_owned(),
            auth: SqlAuth::Password { name: schema.user.clone(), value: None },
            grants: vec![Grant { privileges: "ALL PRIVILEGES".to_owned(), on: format!("{}.*", schema.name) }],
        });
    }
    for account in &database.accounts {
        let grant = |g: &AccountGrant| Grant { privileges: g.privileges.join(", "), on: g.on.clone() };
        resources.extend(account.hosts.iter().map(|host| Resource::SqlAccount {
            user: account.user.clone(),
            host: host.clone(),
            auth: SqlAuth::Password { name: account.user.clone(), value: None },
            grants: account.grants.iter().map(grant).collect(),
        }));
    }
    resources
}

/// The host through which database-wide state is made, for a database without a group.
pub(crate) fn only_member(cluster: &Cluster) -> Option<HostName> {
    cluster.database_members().first().map(|h| h.name.clone())
}
