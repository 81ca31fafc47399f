//! What the agents keep inside the database: the account that replicas connect with, and a row that shows that writes
//! come through.
//!
//! The account has no password: a replica proves itself by its host's certificate, and comes from its host's address.

use std::net::IpAddr;
use std::time::Duration;

use super::Site;
use crate::probes::sql::literal;
use crate::probes::{Session, Trouble};

/// The account's name; one for each host's address.
pub(super) const REPLICA: &str = "quorate_replica";
const LIMIT: Duration = Duration::from_secs(5);

/// Makes what is missing. On the primary: it is written to its log.
pub fn provide(site: &Site) -> Result<(), Trouble> {
    let mut session = Session::open(LIMIT)?;
    let known: Vec<String> =
        session.column(&format!("SELECT Host FROM mysql.user WHERE User = {}", literal(REPLICA)))?;
    for address in site.addresses.values().filter(|a| !known.contains(&a.to_string())) {
        for statement in account(*address) {
            session.change(&statement)?;
        }
    }
    let canary =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'quorate' AND TABLE_NAME = 'canary'";
    if session.first::<u64>(canary)? != Some(1) {
        session.change("CREATE DATABASE IF NOT EXISTS quorate")?;
        session.change(
            "CREATE TABLE IF NOT EXISTS quorate.canary (id TINYINT PRIMARY KEY, host VARCHAR(255) NOT NULL, \
             beat BIGINT UNSIGNED NOT NULL, at TIMESTAMP(6) NOT NULL) ENGINE=InnoDB",
        )?;
    }
    Ok(())
}

fn account(address: IpAddr) -> [String; 2] {
    let name = format!("{}@{}", literal(REPLICA), literal(&address.to_string()));
    // One transaction each: an account without its requirement never exists.
    [format!("CREATE USER IF NOT EXISTS {name} REQUIRE X509"), format!("GRANT REPLICATION SLAVE ON *.* TO {name}")]
}

/// Writes a sign of life, and returns when it was acknowledged.
pub fn beat(session: &mut Session, host: &str) -> Result<(), Trouble> {
    // Another primary may have left a lock that its end has not taken away yet.
    session.change("SET SESSION innodb_lock_wait_timeout = 1")?;
    let host = literal(host);
    session
        .change(&format!(
            "INSERT INTO quorate.canary (id, host, beat, at) VALUES (1, {host}, 1, NOW(6)) \
             ON DUPLICATE KEY UPDATE host = {host}, beat = beat + 1, at = NOW(6)"
        ))
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_proves_itself_by_its_certificate_and_comes_from_its_address() {
        let [user, grant] = account("10.0.0.2".parse().unwrap());
        assert_eq!(user, "CREATE USER IF NOT EXISTS 'quorate_replica'@'10.0.0.2' REQUIRE X509");
        assert_eq!(grant, "GRANT REPLICATION SLAVE ON *.* TO 'quorate_replica'@'10.0.0.2'");
    }
}
