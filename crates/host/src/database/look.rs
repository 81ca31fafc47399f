//! One look at the local server, over a session that stays open.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use failover::{Position, Server, Sight, Source, Up};

use super::{Site, instance, place, server};
use crate::probes::{Session, Trouble};

/// For each answer of the server.
const LIMIT: Duration = Duration::from_millis(500);
/// MariaDB's "the source cannot give what this replica asks for".
const NOT_THERE: &str = "1236";

/// What a look shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub sight: Sight,
    /// How far a replica is behind its source, in seconds as MariaDB counts them; `None` where that is not known, as
    /// when the source has been silent.
    pub lag: Option<Duration>,
}

/// Looks at the data, the process and the server. `session` is opened when needed and given up when it breaks; `anew`: not
/// over one that is open.
pub fn look(site: &Site, session: &mut Option<Session>, anew: bool) -> Look {
    let data = place::identity(&site.data_dir);
    let server = if server::runs(&site.unit) {
        if let Some(open) = session
            && anew
            && open.renew(LIMIT).is_err()
        {
            *session = None;
        }
        // A session that somebody ended, as an end of all clients' sessions does, says nothing of the server.
        let again = session.is_some();
        let mut up = up(site, session);
        if up.is_err() && again {
            up = self::up(site, session);
        }
        up.map_or((Server::Silent, None), |(up, lag)| (Server::Up(Box::new(up)), lag))
    } else {
        *session = None;
        (Server::Stopped, None)
    };
    Look { sight: Sight { data, server: server.0 }, lag: server.1 }
}

fn up(site: &Site, session: &mut Option<Session>) -> Result<(Up, Option<Duration>), Trouble> {
    let before = instance::now(&site.unit);
    let looked = read(session);
    if looked.is_err() {
        *session = None;
    }
    let read = looked?;
    let unsure = || Trouble::Silent("the server was started anew under the look".to_owned());
    let instance = instance::now(&site.unit).filter(|i| before.as_ref() == Some(i)).ok_or_else(unsure)?;
    let up = read.judge(site, instance).ok_or_else(|| Trouble::Silent("its answers are not understood".to_owned()))?;
    let lag = read.lag(&up);
    Ok((up, lag))
}

/// What the server says, as it says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Read {
    variables: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
    /// The connection to a source, if one is set.
    source: Option<BTreeMap<String, String>>,
}

const VARIABLES: &str = "SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.gtid_binlog_pos AS gtid_binlog_pos, \
    @@GLOBAL.gtid_slave_pos AS gtid_slave_pos, @@GLOBAL.rpl_semi_sync_master_enabled AS semi_primary, \
    @@GLOBAL.rpl_semi_sync_slave_enabled AS semi_replica";

fn read(session: &mut Option<Session>) -> Result<Read, Trouble> {
    let session = Session::kept(session, LIMIT)?;
    // The threads first: what they had received then, and more, is what the log holds afterwards.
    let source = session.named("SHOW ALL SLAVES STATUS")?.into_iter().next();
    let variables = session.named(VARIABLES)?.into_iter().next().unwrap_or_default();
    let status = session.status("Rpl_semi_sync_%")?;
    Ok(Read { variables, status, source })
}

impl Read {
    fn lag(&self, up: &Up) -> Option<Duration> {
        let status = self.source.as_ref()?;
        let source = up.source.as_ref()?;
        // Connected, it heard of the source within its `slave_net_timeout`.
        if status.get("slave_io_running").map(String::as_str) != Some("Yes") || !source.sql {
            return None;
        }
        if up.written.covers(&source.received) {
            return Some(Duration::ZERO);
        }
        status.get("seconds_behind_master")?.parse().ok().map(Duration::from_secs)
    }

    fn judge(&self, site: &Site, instance: String) -> Option<Up> {
        let variable = |name: &str| self.variables.get(name).map(String::as_str);
        let position = |text: Option<&str>| text.unwrap_or_default().parse::<Position>().ok();
        let status = |name: &str| self.status.get(&format!("rpl_semi_sync_{name}")).map(String::as_str);
        let count = |name: &str| status(name).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
        let on = |value: Option<&str>| value == Some("1") || value == Some("ON");
        // A copy's own log is empty until it applies something; what it holds it knows from its table of positions.
        let written = position(variable("gtid_binlog_pos"))?.or_further(&position(variable("gtid_slave_pos"))?);
        Some(Up {
            instance,
            writable: variable("read_only") == Some("0"),
            source: self.source.as_ref().and_then(|s| source(site, s)),
            written,
            semi_primary: on(variable("semi_primary")) && on(status("master_status")),
            // Switched off, it goes on acknowledging until it connects anew.
            semi_replica: on(variable("semi_replica")) || on(status("slave_status")),
            acknowledging: u32::try_from(count("master_clients")).unwrap_or(u32::MAX),
            waiting: u32::try_from(count("master_wait_sessions")).unwrap_or(u32::MAX),
            acknowledged: count("master_yes_tx"),
            canary: None,
        })
    }
}

fn source(site: &Site, status: &BTreeMap<String, String>) -> Option<Source> {
    let field = |name: &str| status.get(name).map_or("", String::as_str);
    let address = field("master_host");
    if address.is_empty() {
        return None;
    }
    let host = address.parse::<IpAddr>().ok().and_then(|a| site.host_at(a));
    Some(Source {
        // A stranger is nobody's name.
        host: host.unwrap_or(address).to_owned(),
        io: field("slave_io_running") != "No",
        sql: field("slave_sql_running") == "Yes",
        received: field("gtid_io_pos").parse().ok()?,
        diverged: field("last_io_errno") == NOT_THERE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn site() -> Site {
        Site {
            me: "a".into(),
            addresses: [("a".into(), "10.0.0.1".parse().unwrap()), ("b".into(), "10.0.0.2".parse().unwrap())].into(),
            port: 3306,
            replication_port: 3307,
            unit: "mariadb.service".into(),
            data_dir: "/var/lib/mysql".into(),
        }
    }

    fn variables(binlog: &str, slave: &str) -> BTreeMap<String, String> {
        map(&[
            ("read_only", "1"),
            ("gtid_binlog_pos", binlog),
            ("gtid_slave_pos", slave),
            ("semi_primary", "0"),
            ("semi_replica", "0"),
        ])
    }

    #[test]
    fn a_replica_is_read_as_mariadb_10_11_tells_it() {
        let source = map(&[
            ("master_host", "10.0.0.2"),
            ("slave_io_running", "Connecting"),
            ("slave_sql_running", "Yes"),
            ("gtid_io_pos", "0-2-12"),
            ("last_io_errno", "2003"),
        ]);
        let status = map(&[("rpl_semi_sync_slave_status", "ON"), ("rpl_semi_sync_master_clients", "0")]);
        let read = Read { variables: variables("0-2-11", "0-2-11"), status, source: Some(source) };
        let up = read.judge(&site(), "i".into()).unwrap();
        let source = up.source.unwrap();
        assert_eq!((source.host.as_str(), source.io, source.sql, source.diverged), ("b", true, true, false));
        assert_eq!(source.received, Position::at(2, 12));
        assert_eq!(up.written, Position::at(2, 11));
        // It is not known how much it misses.
        assert_eq!(read.lag(&read.judge(&site(), "i".into()).unwrap()), None);
        // The variable is off already, the connection acknowledges still.
        assert!(up.semi_replica && !up.writable && !up.semi_primary);
    }

    #[test]
    fn a_source_that_lacks_what_is_asked_for_has_another_history() {
        let source = map(&[("master_host", "10.0.0.9"), ("slave_io_running", "No"), ("last_io_errno", "1236")]);
        let read = Read { variables: variables("", "0-1-10"), status: map(&[]), source: Some(source) };
        let up = read.judge(&site(), "i".into()).unwrap();
        let source = up.source.unwrap();
        assert!(source.diverged && !source.io);
        assert_eq!(source.host, "10.0.0.9");
        // A copy that has not applied anything yet.
        assert_eq!(up.written, Position::at(1, 10));
    }

    #[test]
    fn a_primary_waits_for_acknowledgements_once_it_says_so_itself() {
        let mut read = Read { variables: variables("0-1-5", ""), ..Read::default() };
        read.variables.insert("semi_primary".into(), "1".into());
        read.variables.insert("read_only".into(), "0".into());
        read.status = map(&[("rpl_semi_sync_master_status", "OFF"), ("rpl_semi_sync_master_wait_sessions", "2")]);
        let up = read.judge(&site(), "i".into()).unwrap();
        assert!(!up.semi_primary && up.writable);
        assert_eq!((up.waiting, up.source), (2, None));
        read.status.insert("rpl_semi_sync_master_status".into(), "ON".into());
        assert!(read.judge(&site(), "i".into()).unwrap().semi_primary);
        read.variables.insert("gtid_binlog_pos".into(), "garbage".into());
        assert_eq!(read.judge(&site(), "i".into()), None);
    }
}
