//! Galera's arbitrator (garbd): a vote on a host without data, so that of two members the one that is left knows whether
//! it may go on.
//!
//! It keeps its saved view, as the members do, so after a full outage all of them find each other by themselves. It can
//! neither found a group nor give anybody data; what it could do wrong is to hold on to a group that all members have
//! left in order. Whoever then comes back ends at once, since Galera takes the protocol from those that are there and an
//! arbitrator alone has none; a unit beside it ends such a group.

use std::net::SocketAddr;

use minijinja::context;
use model::{Cluster, Host};
use wire::resource::Certificate;
use wire::{AGENT_PORT, Fault, Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component, Rollout, unit_failures};
use crate::galera::{self, group};
use crate::identity::{self, directory, plain_file};
use crate::render::render;

pub struct Arbitrator;

pub(crate) const ID: &str = "arbitrator";
const UNIT: &str = "quorate-arbitrator.service";
/// Ends a group that only the arbitrator is left in.
const ALONE: &str = "quorate-arbitrator-alone";
/// Ends an arbitrator that has let go of every group without ending.
const WATCH: &str = "quorate-arbitrator-watch.service";
/// The distribution's own unit, which its package enables.
const PACKAGED: &str = "garb.service";
const ACCOUNT: &str = "quorate-arbitrator";
const CERTIFICATES: &str = "/etc/quorate/arbitrator";
const CERTIFICATE: &str = "arbitrator";
/// Under `/var/lib`: where it keeps its view of the group.
const STATE: &str = "quorate-arbitrator";

impl Component for Arbitrator {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        cluster.arbitrator().into_iter().collect()
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let again = |unit: &str| vec![Touch { unit: unit.to_owned(), effect: UnitEffect::Restart }];
        let members: Vec<_> = at.cluster.database_members().iter().map(|h| h.address.to_string()).collect();
        let listen = SocketAddr::new(at.host.address, group::GROUP_PORT).to_string();
        let configuration = render(
            include_str!("garbd.cnf.j2"),
            context! {
                cluster => at.cluster.name.as_str(), members => members.join(","), listen, times => group::TIMES,
                encryption => group::encryption(CERTIFICATES, CERTIFICATE), state => STATE,
            },
        );
        let unit = |template: &str| {
            let port = group::GROUP_PORT;
            render(template, context! { account => ACCOUNT, state => STATE, unit => UNIT, port })
        };
        let path = |name: &str| format!("/etc/systemd/system/{name}");
        let (watch, end) = (format!("{ALONE}.path"), format!("{ALONE}.service"));
        vec![
            Resource::Package { name: "galera-arbitrator-4".to_owned() },
            Resource::User { name: ACCOUNT.to_owned() },
            directory(CERTIFICATES, "root", ACCOUNT, 0o750),
            Resource::Certificate(Certificate {
                dir: CERTIFICATES.into(),
                name: CERTIFICATE.to_owned(),
                owner: ACCOUNT.to_owned(),
                common_name: format!("{}.{}", at.host.name, at.cluster.name),
                subjects: identity::subjects(at),
                touches: again(UNIT),
                issued: None,
                root: String::new(),
            }),
            plain_file(&format!("{CERTIFICATES}/garbd.cnf"), configuration, again(UNIT)),
            plain_file(&path(UNIT), unit(include_str!("quorate-arbitrator.service.j2")), again(UNIT)),
            plain_file(&path(&end), unit(include_str!("quorate-arbitrator-alone.service.j2")), vec![]),
            plain_file(&path(&watch), unit(include_str!("quorate-arbitrator-alone.path.j2")), again(&watch)),
            plain_file(&path(WATCH), unit(include_str!("quorate-arbitrator-watch.service.j2")), again(WATCH)),
            Resource::Unit { name: PACKAGED.to_owned(), enabled: false, active: false },
            Resource::Unit { name: UNIT.to_owned(), enabled: true, active: true },
            Resource::Unit { name: watch, enabled: true, active: true },
            Resource::Unit { name: WATCH.to_owned(), enabled: true, active: true },
        ]
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity"]
    }

    fn after_everywhere(&self) -> &'static [&'static str] {
        // A saved view comes back only when nobody is connected that it does not list: a founding would have to wait until
        // the arbitrator gives up.
        &[galera::ID]
    }

    fn rollout(&self) -> Rollout {
        Rollout::OneByOne
    }

    fn failures(&self, _cluster: &Cluster, _host: &Host) -> Vec<Fault> {
        unit_failures(UNIT, None)
    }

    fn probes(&self, cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        let members = galera::Galera.hosts(cluster);
        let agents = members.iter().map(|h| SocketAddr::new(h.address, AGENT_PORT)).collect();
        vec![Probe {
            component: ID.to_owned(),
            name: "vote".to_owned(),
            kind: ProbeKind::Arbitrator { unit: UNIT.to_owned(), agents },
        }]
    }

    fn awaits(&self, _cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        // Whether it is let in depends on the members, which may be founding their group only now.
        let kind = ProbeKind::Unit { unit: UNIT.to_owned() };
        vec![Probe { component: ID.to_owned(), name: "unit".to_owned(), kind }]
    }

    fn ports(&self, _cluster: &Cluster, _host: &Host) -> Vec<u16> {
        vec![group::GROUP_PORT]
    }
}
