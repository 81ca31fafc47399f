//! Which database server this is, told from what it says of itself, and whether a platform's documents allow it.
//!
//! Sources: Rainbond 5.1's guide for high availability (MySQL 5.6 and 5.7), Rainbond 5.17's (MySQL 5.7 and 8.0),
//! Rancher 1.6's (MySQL or MariaDB 10.2; its driver is older than MySQL 8.0's way to log in), Cloudpods' (the
//! distribution's MariaDB, on CentOS 7 version 5.5).

use model::{Platform, PlatformKind};

/// Who made a server, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// MySQL, and what is built from it: Percona Server, Aurora, and the like.
    MySql,
    MariaDb,
    /// Speaks MySQL's protocol and is something else.
    Lookalike(&'static str),
}

/// A server by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    pub family: Family,
    pub version: (u32, u32),
}

/// What a platform's documents say of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// They do not say: these are the servers that they name.
    Unnamed(&'static str),
    /// They name others, and this one is known not to do, or is not among those that they limit themselves to.
    Refused(&'static str),
    /// The answer depends on the platform's version, which the file does not say.
    Depends,
}

/// Servers that tell MySQL's version and are not MySQL, by what their version contains.
const LOOKALIKES: [(&str, &str); 5] = [
    ("tidb", "TiDB"),
    ("oceanbase", "OceanBase"),
    ("vitess", "Vitess"),
    ("singlestore", "SingleStore"),
    ("doris", "Doris"),
];
/// MariaDB before 11 puts this in front of its version where clients of replication would take 10 for older than 5.
const MARIADB_PREFIX: &str = "5.5.5-";

impl Server {
    /// Reads `@@version` and `@@version_comment`; `None` where the version does not begin with numbers.
    pub fn of(version: &str, comment: &str) -> Option<Self> {
        let words = format!("{version} {comment}").to_ascii_lowercase();
        let family = match LOOKALIKES.iter().find(|(sign, _)| words.contains(sign)) {
            Some((_, name)) => Family::Lookalike(name),
            None if version.to_ascii_lowercase().contains("mariadb") => Family::MariaDb,
            None if version.starts_with(MARIADB_PREFIX) || comment.to_ascii_lowercase().contains("mariadb") => {
                Family::MariaDb
            }
            None => Family::MySql,
        };
        let rest = match version.strip_prefix(MARIADB_PREFIX) {
            Some(rest) if family == Family::MariaDb => rest,
            _ => version,
        };
        let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(Self { family, version: (major, minor) }),
            _ => None,
        }
    }
}

/// Whether the platform's documents allow the server.
pub fn verdict(platform: Option<Platform>, server: Server) -> Verdict {
    use Family::{Lookalike, MariaDb, MySql};
    use Verdict::{Allowed, Depends, Refused, Unnamed};
    /// Without a name in anybody's documents: what has utf8mb4 and is not out of all care.
    const ANY: &str = "MySQL 5.6+, MariaDB 10+";
    const OLD: &str = "MySQL 5.6, 5.7";
    const NEW: &str = "MySQL 5.7, 8.0";
    const RANCHER: &str = "MySQL 5.6, 5.7, MariaDB 10";
    const CLOUDPODS: &str = "MariaDB 5.5+, MySQL 5.7, 8.0";
    let Server { family, version } = server;
    let kind = platform.map(|p| p.kind);
    let profile = platform.and_then(|p| p.version);
    match (kind, family) {
        (Some(PlatformKind::Rainbond), MySql) => {
            // Between the two guides nobody says which of them holds.
            let (old, new) = (profile == Some((5, 1)), profile.is_some_and(|v| v >= (5, 17)));
            match version {
                (5, 7) => Allowed,
                (5, 6) if old => Allowed,
                (8, 0) if new => Allowed,
                (5, 6) | (8, 0) if !old && !new => Depends,
                _ if old => Refused(OLD),
                _ if new => Refused(NEW),
                _ => Refused("MySQL 5.6, 5.7, 8.0"),
            }
        }
        (Some(PlatformKind::Rainbond), MariaDb | Lookalike(_)) => {
            Unnamed(if profile == Some((5, 1)) { OLD } else { NEW })
        }
        (Some(PlatformKind::Rancher), MySql) if version.0 >= 8 => Refused(RANCHER),
        (Some(PlatformKind::Rancher), MySql) if version >= (5, 6) => Allowed,
        (Some(PlatformKind::Rancher), MariaDb) if version.0 == 10 => Allowed,
        (Some(PlatformKind::Rancher), MySql) => Refused(RANCHER),
        (Some(PlatformKind::Rancher), _) => Unnamed(RANCHER),
        (Some(PlatformKind::Cloudpods), MariaDb) if version >= (5, 5) => Allowed,
        (Some(PlatformKind::Cloudpods), MySql) if [(5, 7), (8, 0)].contains(&version) => Allowed,
        (Some(PlatformKind::Cloudpods), _) => Unnamed(CLOUDPODS),
        (Some(PlatformKind::Kubernetes) | None, MySql) if version >= (5, 6) => Allowed,
        (Some(PlatformKind::Kubernetes) | None, MariaDb) if version.0 >= 10 => Allowed,
        (Some(PlatformKind::Kubernetes) | None, MySql | MariaDb) => Refused(ANY),
        (Some(PlatformKind::Kubernetes) | None, Lookalike(_)) => Unnamed(ANY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_by_what_they_say() {
        use Family::{Lookalike, MariaDb, MySql};
        let told = [
            ("5.5.5-10.11.6-MariaDB-0+deb12u1", "Debian 12", MariaDb, (10, 11)),
            ("10.11.6-MariaDB-log", "mariadb.org binary distribution", MariaDb, (10, 11)),
            ("11.4.2-MariaDB", "", MariaDb, (11, 4)),
            ("5.5.68-MariaDB", "MariaDB Server", MariaDb, (5, 5)),
            ("8.0.36", "MySQL Community Server - GPL", MySql, (8, 0)),
            ("8.0.36-0ubuntu0.22.04.1", "(Ubuntu)", MySql, (8, 0)),
            ("5.7.44-log", "MySQL Community Server (GPL)", MySql, (5, 7)),
            ("5.7.44-48-57-log", "Percona XtraDB Cluster (GPL)", MySql, (5, 7)),
            ("8.0.36-28", "Percona Server (GPL), Release 28", MySql, (8, 0)),
            ("8.0.mysql_aurora.3.04.0", "", MySql, (8, 0)),
            ("5.6.16-log", "Source distribution", MySql, (5, 6)),
            ("8.4.0", "MySQL Community Server - GPL", MySql, (8, 4)),
            ("5.7.25-TiDB-v6.5.0", "TiDB Server", Lookalike("TiDB"), (5, 7)),
            ("8.0.11-TiDB-v7.5.0", "TiDB Server", Lookalike("TiDB"), (8, 0)),
            ("5.7.25-OceanBase-v4.2.1.0", "OceanBase", Lookalike("OceanBase"), (5, 7)),
            ("8.0.30-Vitess", "", Lookalike("Vitess"), (8, 0)),
        ];
        for (version, comment, family, numbers) in told {
            assert_eq!(Server::of(version, comment), Some(Server { family, version: numbers }), "{version}");
        }
        assert_eq!(Server::of("", ""), None);
        assert_eq!(Server::of("unknown", "x"), None);
    }

    #[test]
    fn each_platform_has_its_servers() {
        use PlatformKind::{Cloudpods, Kubernetes, Rainbond, Rancher};
        let of = |platform: Option<(PlatformKind, Option<(u32, u32)>)>, version: &str| {
            let platform = platform.map(|(kind, version)| Platform { kind, version });
            match verdict(platform, Server::of(version, "").unwrap()) {
                Verdict::Allowed => "allowed",
                Verdict::Unnamed(_) => "unnamed",
                Verdict::Refused(_) => "refused",
                Verdict::Depends => "depends",
            }
        };
        let servers = [
            "5.5.60",
            "5.6.50",
            "5.7.44",
            "8.0.36",
            "8.4.0",
            "5.5.68-MariaDB",
            "10.11.6-MariaDB",
            "11.4.2-MariaDB",
            "8.0.11-TiDB-v7",
        ];
        let row = |platform| servers.map(|s| of(platform, s)).join(" ");
        let expected = [
            (Some((Rainbond, Some((5, 1)))), "refused allowed allowed refused refused unnamed unnamed unnamed unnamed"),
            (
                Some((Rainbond, Some((5, 17)))),
                "refused refused allowed allowed refused unnamed unnamed unnamed unnamed",
            ),
            (Some((Rainbond, None)), "refused depends allowed depends refused unnamed unnamed unnamed unnamed"),
            (Some((Rainbond, Some((5, 8)))), "refused depends allowed depends refused unnamed unnamed unnamed unnamed"),
            (Some((Rancher, Some((1, 6)))), "refused allowed allowed refused refused unnamed allowed unnamed unnamed"),
            (Some((Cloudpods, None)), "unnamed unnamed allowed allowed unnamed allowed allowed allowed unnamed"),
            (Some((Kubernetes, None)), "refused allowed allowed allowed allowed refused allowed allowed unnamed"),
            (None, "refused allowed allowed allowed allowed refused allowed allowed unnamed"),
        ];
        for (platform, verdicts) in expected {
            assert_eq!(row(platform), verdicts, "{platform:?}");
        }
    }
}
