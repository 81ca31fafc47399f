//! Clusters and hosts as the tests need them: the example files, and facts of hosts that were just installed.

#![allow(dead_code, reason = "each test file uses its part")]

use model::{Cluster, Host, Preset};
use wire::{Facts, Interface};

/// The cluster of an example file.
pub fn cluster(preset: Preset) -> Cluster {
    model::parse(model::preset(preset)).unwrap()
}

/// A host whose address is on `ens3`: no component may assume the name of an interface.
pub fn facts(host: &Host) -> Facts {
    let interface = |name: &str, address: std::net::IpAddr, prefix| Interface {
        name: name.to_owned(),
        addresses: vec![(address, prefix)],
    };
    Facts {
        hostname: host.name.to_string(),
        interfaces: vec![
            interface("lo", "127.0.0.1".parse().unwrap(), 8),
            interface("ens3", host.address, 24),
            interface("docker0", "172.17.0.1".parse().unwrap(), 16),
        ],
        ..Facts::default()
    }
}
