//! What the clients use, and where the cluster file and the cluster's secrets say it is.

use std::net::{IpAddr, SocketAddr};

use model::{Cluster, DATABASE_PORT, EndpointKind};
use secret::Secret;
use time::{Duration, OffsetDateTime};
use wire::ProbeKind;
use wire::state::ClusterSecrets;

use super::Error;

/// For longer than any drill, and not much.
const CERTIFICATE_LIFE: Duration = Duration::hours(24);

/// What there is to be used; what is `None` is not.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    pub database: Option<Database>,
    pub coordination: Option<Coordination>,
    pub ingress: Option<Ingress>,
}

/// MariaDB, with an account that may make and drop tables in a schema.
#[derive(Clone, Debug)]
pub struct Database {
    /// The stable endpoint.
    pub address: SocketAddr,
    pub schema: String,
    pub user: String,
    pub password: Secret,
    /// Each server by its host's name, to read its own copy in the end.
    pub members: Vec<(String, SocketAddr)>,
}

/// etcd, with mutual TLS.
#[derive(Clone, Debug)]
pub struct Coordination {
    /// Each member's client port by its host's name.
    pub members: Vec<(String, SocketAddr)>,
    /// The authority that the members' certificates chain to, PEM.
    pub ca: String,
    /// The client's certificate with what it chains to the authority by, PEM.
    pub certificate: String,
    /// PKCS#8, PEM.
    pub key: Secret,
}

/// A page that is served over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// The stable endpoint.
    pub address: SocketAddr,
    /// What stands in the header `Host`.
    pub host: String,
    pub path: String,
    /// Text in the page; the word after it, if any, names the host that answered.
    pub expected: String,
}

impl Targets {
    /// What a cluster offers. For etcd a client certificate is issued that is valid for a day and exists only in memory.
    ///
    /// # Errors
    /// When the account of the database has no password, or no certificate can be issued.
    pub fn of(cluster: &Cluster, secrets: &ClusterSecrets, now: OffsetDateTime) -> Result<Self, Error> {
        Ok(Self {
            database: database(cluster, secrets)?,
            coordination: coordination(cluster, secrets, now)?,
            ingress: ingress(cluster),
        })
    }
}

fn database(cluster: &Cluster, secrets: &ClusterSecrets) -> Result<Option<Database>, Error> {
    let members: Vec<_> = cluster
        .database_members()
        .iter()
        .map(|h| (h.name.to_string(), SocketAddr::new(h.address, DATABASE_PORT)))
        .collect();
    let schema = cluster.database.as_ref().and_then(|d| d.schemas.first());
    let port = cluster.endpoint(model::DATABASE).and_then(|e| e.ports.first()).copied().unwrap_or(DATABASE_PORT);
    let endpoint = address_of(cluster, model::DATABASE).map(|a| SocketAddr::new(a, port));
    let (Some(schema), Some(address)) = (schema, endpoint.or(members.first().map(|(_, a)| *a))) else {
        return Ok(None);
    };
    let password = secrets.passwords.get(&schema.user).cloned();
    Ok(Some(Database {
        address,
        schema: schema.name.clone(),
        user: schema.user.clone(),
        password: password.ok_or_else(|| Error::NoPassword(schema.user.clone()))?,
        members,
    }))
}

fn coordination(
    cluster: &Cluster,
    secrets: &ClusterSecrets,
    now: OffsetDateTime,
) -> Result<Option<Coordination>, Error> {
    let address = |host| {
        components::by_id("etcd")?.probes(cluster, host).into_iter().find_map(|p| match p.kind {
            ProbeKind::Etcd { address, .. } => Some((host.name.to_string(), address)),
            _ => None,
        })
    };
    let members: Vec<_> = cluster.etcd_members().into_iter().filter_map(address).collect();
    if members.is_empty() {
        return Ok(None);
    }
    let intermediate = pki::Intermediate {
        certificate: secrets.intermediate_certificate.clone(),
        key: secrets.intermediate_key.clone(),
    };
    let issued = pki::issue_client(&intermediate, &format!("drill.{}", cluster.name), CERTIFICATE_LIFE, now)?;
    let ca = secrets.root_certificate.clone();
    Ok(Some(Coordination { members, ca, certificate: issued.chain, key: issued.key }))
}

fn ingress(cluster: &Cluster) -> Option<Ingress> {
    let gateway = *cluster.gateways().first()?;
    let (address, path) =
        components::by_id("gateway")?.probes(cluster, gateway).into_iter().find_map(|p| match p.kind {
            ProbeKind::Http { address, path, .. } => Some((address, path)),
            _ => None,
        })?;
    Some(Ingress {
        address: address_of(cluster, model::PLATFORM).map_or(address, |a| SocketAddr::new(a, address.port())),
        host: cluster.endpoint(model::PLATFORM).and_then(|e| e.names.first()).unwrap_or(&cluster.name).clone(),
        path,
        // What every gateway's page begins with; the host's name follows.
        expected: cluster.name.clone(),
    })
}

/// Where an endpoint is, if the file says it as an address.
fn address_of(cluster: &Cluster, endpoint: &str) -> Option<IpAddr> {
    match &cluster.endpoint(endpoint)?.kind {
        EndpointKind::Vip(vip) => Some(vip.address),
        EndpointKind::External { address } => address.parse().ok(),
        EndpointKind::Host { host } => cluster.host(host).map(|h| h.address),
        EndpointKind::Dns { .. } => None,
    }
}
