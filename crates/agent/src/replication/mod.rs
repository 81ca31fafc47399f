//! The replicated database: the driver that carries out on this host what the failover protocol decides.

mod config;

pub use config::{Etcd, Replication, Vip};
