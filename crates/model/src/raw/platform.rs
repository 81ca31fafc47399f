//! The platform, its services, shared storage and availability, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::External;
use crate::capability::Capability;
use crate::platform::PlatformKind;
use crate::yaml::At;

/// The platform that runs on the control hosts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Platform {
    /// cloudpods, rainbond, rancher (1.6) or kubernetes. The first three have installers of their own: Quorate builds
    /// what they stand on, and never deploys them.
    #[schemars(with = "PlatformKind")]
    pub kind: At<String>,
    /// Its version, such as 5.1 or 5.17: what it asks of its database depends on it.
    pub version: Option<At<String>>,
}

/// A service that others run: exactly one of hosts and external.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["hosts"]}, {"required": ["external"]}]))]
pub(crate) struct Service {
    /// The service's name: lower-case letters, digits and hyphens; unique among the services.
    pub name: At<String>,
    /// The hosts that it runs on.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub hosts: Option<At<Vec<At<String>>>>,
    /// How many of the hosts suffice; 1 unless said otherwise.
    #[schemars(range(min = 1))]
    pub needs: Option<At<i64>>,
    /// Where it is, when none of these hosts runs it.
    pub external: Option<At<External>>,
    /// What does not work without it.
    #[schemars(with = "Capability")]
    pub capability: At<String>,
}

/// Where shared files are kept: exactly one of glusterfs, nfs and external.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["glusterfs"]}, {"required": ["nfs"]}, {"required": ["external"]}]))]
pub(crate) struct Storage {
    /// GlusterFS on all hosts with the role storage, two or more. Deployed by a later version.
    pub glusterfs: Option<At<Glusterfs>>,
    /// One NFS server on the only host with the role storage. Survives nothing. Deployed by a later version.
    pub nfs: Option<At<Nfs>>,
    /// Storage that somebody else keeps.
    pub external: Option<At<External>>,
}

/// GlusterFS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Glusterfs {
    /// On how many hosts each file is kept; the number of storage hosts must be a multiple. Default: 3 where that fits,
    /// otherwise 2.
    #[schemars(range(min = 2, max = 9))]
    pub replicas: Option<At<i64>>,
}

/// One NFS server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Nfs {}

/// How often something fails and how long that lasts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Availability {
    /// Mean time between failures, in hours.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub mtbf_hours: At<f64>,
    /// Mean time until repair, in hours; shorter than between failures.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub mttr_hours: At<f64>,
}

/// How often things of each kind fail and how long that lasts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Availabilities {
    /// A host; a host may say otherwise for itself.
    pub host: Option<Availability>,
    /// A component on a host.
    pub component: Option<Availability>,
    /// A failure domain with all its hosts.
    pub domain: Option<Availability>,
    /// The way to a failure domain.
    pub cut: Option<Availability>,
    /// Something that somebody else keeps.
    pub outside: Option<Availability>,
}
