//! The database that somebody else keeps, from the side of those who need it: its schemas are made where they are
//! missing, and every control host looks whether it can use it.
//!
//! What rests on it is said by [`crate::outside`], as an event outside the cluster; these looks are how that event is
//! seen.

use model::{Cluster, DatabaseMode, Host, Role};
use wire::{ExternalServer, Look, Probe, ProbeKind, Resource};

use crate::component::{Component, Once, View};
use crate::galera::AGENT_ACCOUNT;

pub struct External;

pub(crate) const ID: &str = "external";
/// Read by the probe, as root and as the agent.
const PASSWORD_FILE: &str = "/etc/quorate/external-database.password";

/// The server and its account, without the password; `None` where Quorate keeps the database itself.
fn server(cluster: &Cluster) -> Option<ExternalServer> {
    match cluster.database.as_ref().map(|d| &d.mode) {
        Some(DatabaseMode::External { host, port, user, .. }) => {
            Some(ExternalServer { host: host.clone(), port: *port, user: user.clone(), password: None })
        }
        _ => None,
    }
}

/// What preflight must see of an external database, from each host that needs it.
pub(crate) fn look(cluster: &Cluster, host: &Host) -> Option<Look> {
    let server = server(cluster)?;
    let here = External.hosts(cluster).iter().any(|h| h.name == host.name);
    let schemas = || cluster.database.iter().flat_map(|d| &d.schemas).map(|s| s.name.clone()).collect();
    here.then(|| Look::External { server, schemas: schemas() })
}

/// The password for the probe, as the agent and root may read it.
pub(crate) fn password_file(cluster: &Cluster, host: &Host) -> Option<Resource> {
    let server = server(cluster)?;
    External.hosts(cluster).iter().any(|h| h.name == host.name).then(|| Resource::SecretFile {
        path: PASSWORD_FILE.into(),
        owner: "root".to_owned(),
        group: AGENT_ACCOUNT.to_owned(),
        mode: 0o640,
        secret: server.user,
        around: None,
        touches: vec![],
        value: None,
    })
}

impl Component for External {
    fn id(&self) -> &'static str {
        ID
    }

    /// The hosts that need it: the control plane's, or all where there is none.
    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        if server(cluster).is_none() {
            return vec![];
        }
        let control = cluster.with_role(Role::Control);
        if control.is_empty() { cluster.hosts.iter().collect() } else { control }
    }

    fn once(&self, view: View<'_>) -> Option<Once> {
        let server = server(view.cluster)?;
        let database = view.cluster.database.as_ref()?;
        let through = self.hosts(view.cluster).into_iter().find(|h| view.facts.contains_key(&h.name))?;
        let resources = database.schemas.iter().map(|schema| Resource::ExternalSchema {
            server: server.clone(),
            name: schema.name.clone(),
            charset: schema.charset.word().to_owned(),
            collation: schema.collation.clone(),
        });
        Some(Once { through: through.name.clone(), resources: resources.collect() })
    }

    fn probes(&self, cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        let kind = |server| ProbeKind::External { server, password_file: PASSWORD_FILE.into() };
        let probe = |server| Probe { component: ID.to_owned(), name: "writable".to_owned(), kind: kind(server) };
        server(cluster).map(probe).into_iter().collect()
    }
}
