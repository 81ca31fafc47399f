//! What the agent is told of a replicated database, as the component `replication` renders it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use failover::Settings;
use host::etcd::Access;
use serde::{Deserialize, Serialize};

/// A database host's part in the replication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replication {
    /// The protocol's own settings.
    pub settings: Settings,
    /// Each database host's `server_id`.
    pub server_ids: BTreeMap<String, u32>,
    /// Where each database host's server and agent are reached by the others.
    pub addresses: BTreeMap<String, IpAddr>,
    pub etcd: Access,
    /// The address that the primary holds; `None` where clients find it in another way.
    #[serde(default)]
    pub vip: Option<Vip>,
    /// Where clients reach the server.
    pub port: u16,
    /// Where replicas reach it.
    pub replication_port: u16,
    /// Where the agents give copies of the data to each other.
    pub copy_port: u16,
    /// The server's unit.
    pub unit: String,
    pub data_dir: PathBuf,
}

/// A virtual IP of the primary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vip {
    pub address: IpAddr,
    pub prefix: u8,
    pub interface: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rendered_form_is_read() {
        let text = r#"{
            "settings": {
                "me": "db1", "hosts": ["db1", "db2"], "onReplicaLoss": "degrade",
                "timing": {
                    "ttl": {"secs": 5, "nanos": 0}, "renew": {"secs": 1, "nanos": 0},
                    "fence": {"secs": 3, "nanos": 500000000}, "patience": {"secs": 1, "nanos": 500000000},
                    "silence": {"secs": 2, "nanos": 0}, "courtesy": {"secs": 4, "nanos": 0},
                    "report": {"secs": 5, "nanos": 0}
                }
            },
            "serverIds": {"db1": 1, "db2": 2},
            "addresses": {"db1": "10.88.0.11", "db2": "10.88.0.12"},
            "etcd": {
                "endpoints": ["10.88.0.11:2379"], "ca": "/etc/quorate/agent/ca.crt",
                "certificate": "/etc/quorate/agent/agent.crt", "key": "/etc/quorate/agent/agent.key"
            },
            "vip": {"address": "10.88.0.101", "prefix": 24, "interface": "host0"},
            "port": 3306, "replicationPort": 3307, "copyPort": 9347,
            "unit": "mariadb.service", "dataDir": "/var/lib/mysql"
        }"#;
        let read: Replication = serde_json::from_str(text).unwrap();
        assert_eq!(read.settings.timing, failover::Timing::SAFE);
        let again: Replication = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }
}
