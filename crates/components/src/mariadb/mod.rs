//! MariaDB on a single host: for trials and for plans that say openly that the database survives nothing.

use minijinja::context;
use model::{Cluster, DatabaseMode, Host};
use wire::{Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Once, Rollout, View, unit_failures};
use crate::galera;
use crate::identity::directory;
use crate::render::render;
use crate::rule::{Capability, Rule};

pub struct Mariadb;

const ID: &str = "mariadb";

impl Component for Mariadb {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        match cluster.database.as_ref().map(|d| &d.mode) {
            Some(DatabaseMode::Single) => cluster.database_members(),
            _ => vec![],
        }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let mut resources = vec![
            Resource::Package { name: "mariadb-server".to_owned() },
            directory("/etc/quorate/mariadb", "root", "mysql", 0o750),
            galera::certificate(at),
        ];
        resources.push(Resource::File {
            path: "/etc/mysql/mariadb.conf.d/90-quorate.cnf".into(),
            content: render(
                include_str!("90-quorate.cnf.j2"),
                context! {
                    address => at.host.address.to_string(), port => galera::PORT,
                    binlogs => crate::backup::wants_binlogs(at.cluster),
                },
            ),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            mode: 0o644,
            touches: vec![Touch { unit: galera::UNIT.to_owned(), effect: UnitEffect::Restart }],
        });
        resources.extend(galera::units());
        resources
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity"]
    }

    fn once(&self, view: View<'_>) -> Option<Once> {
        self.hosts(view.cluster).first()?;
        let through = galera::only_member(view.cluster)?;
        view.facts.contains_key(&through).then(|| {
            let mut resources = vec![galera::agent_account(vec![])];
            resources.extend(galera::application_accounts(view.cluster));
            Once { through, resources }
        })
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn rules(&self, cluster: &Cluster) -> Vec<(Capability, Rule)> {
        let hosts = self.hosts(cluster);
        // HAProxy sends writes where the agent says so; without one, clients come straight to the server.
        let asked = !cluster.balancers().is_empty();
        let rule = |h: &&Host| {
            let up = Rule::up(ID, &h.name);
            if asked { Rule::All(vec![up, Rule::up("agent", &h.name)]) } else { up }
        };
        hosts.first().map(|h| vec![(Capability::Database, rule(h))]).unwrap_or_default()
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(galera::UNIT, Some(galera::DATA_DIR))
    }

    fn probes(&self, _cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        vec![Probe { component: ID.to_owned(), name: "server".to_owned(), kind: ProbeKind::Mariadb }]
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        vec![galera::PORT]
    }
}
