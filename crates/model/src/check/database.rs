//! The database: one mode, the hosts that it needs, and the schemas in it.

use std::collections::BTreeMap;

use super::hosts::Checked;
use super::{Findings, accounts, backup, names, platform, quorum, ssh};
use crate::charset::Charset;
use crate::problem::Problem;
use crate::types::{
    DATABASE_PORT, Database, DatabaseMode, Galera, HostName, OnReplicaLoss, Replication, Role, Schema, Timing,
    server_id,
};
use crate::yaml::At;
use crate::{codes, raw, suggest};

const BUFFER_POOL_MIB: u32 = 256;
const GCACHE_MIB: u32 = 128;
const MAX_CONNECTIONS: u32 = 500;
/// What an agent allows that is not told.
const MAX_LAG_S: u32 = 10;
/// MariaDB's limits for identifiers and account names, in bytes of the characters allowed here.
const MAX_NAME: usize = 64;
pub(super) const MAX_USER: usize = 80;
/// What MariaDB keeps for itself, and Quorate.
pub(super) const SYSTEM_SCHEMAS: [&str; 6] =
    ["mysql", "sys", "information_schema", "performance_schema", "test", "quorate"];
pub(super) const SYSTEM_USERS: [&str; 6] = ["root", "mysql", "mariadb", "public", "quorate", "quorate-maxscale"];

pub(super) fn check(at: &At<raw::Database>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<Database> {
    let raw = &at.value;
    let mode = mode(at, hosts, found);
    names::unique("schema", raw.schemas.iter().map(|s| &s.name), found);
    let owners = raw.schemas.iter().map(|s| s.user.as_ref().unwrap_or(&s.name));
    names::unique("databaseUser", owners.chain(raw.accounts.iter().map(|a| &a.value.user)), found);
    let schemas: Vec<Schema> = raw.schemas.iter().map(|s| schema(s, found)).collect();
    let accounts = accounts::check(&raw.accounts, &schemas, found);
    if let (Some(_), Some(account)) = (&raw.external, raw.accounts.first()) {
        found.add(codes::ACCOUNTS_EXTERNAL.at(account.span));
    }
    let backup = raw.backup.as_ref().and_then(|b| {
        if raw.external.is_some() {
            found.add(codes::BACKUP_EXTERNAL.at(b.span));
        }
        backup::check(&b.value, hosts, found)
    });
    Some(Database { mode: mode?, schemas, accounts, backup })
}

fn mode(at: &At<raw::Database>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<DatabaseMode> {
    let raw = &at.value;
    let given: Vec<&str> = [
        ("single", raw.single.is_some()),
        ("galera", raw.galera.is_some()),
        ("external", raw.external.is_some()),
        ("replication", raw.replication.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, there)| there.then_some(key))
    .collect();
    if given.len() > 1 {
        found.add(codes::DATABASE_MODE_SEVERAL.at(at.span).arg("modes", given.join(", ")));
        return None;
    }
    if let Some(replication) = &raw.replication {
        // The primary waits for one replica; a third member stands by. More would only follow.
        let few_or_many = |count| !(2..=3).contains(&count);
        count(hosts, found, |count| few_or_many(count).then(|| codes::REPLICATION_COUNT.at(replication.span)));
        server_ids(hosts, found);
        Some(DatabaseMode::Replication(self::replication(&replication.value, found)))
    } else if let Some(single) = &raw.single {
        count(hosts, found, |count| (count != 1).then(|| codes::SINGLE_COUNT.at(single.span)));
        Some(DatabaseMode::Single)
    } else if let Some(galera) = &raw.galera {
        let arbitrator = galera.value.arbitrator.as_ref();
        count(hosts, found, |count| match arbitrator {
            _ if count < 2 => Some(codes::GALERA_FEW.at(galera.span)),
            None if count.is_multiple_of(2) => {
                let finding = codes::GALERA_EVEN.at(galera.span).arg("need", quorum::majority(count));
                let finding = finding.arg("survives", quorum::survives(count));
                Some(finding.arg("fewer", count - 1).arg("more", count + 1))
            }
            Some(at) if !count.is_multiple_of(2) => {
                let votes = count + 1;
                let finding = codes::ARBITRATOR_ODD.at(at.span).arg("votes", votes);
                let finding = finding.arg("need", quorum::majority(votes)).arg("survives", quorum::survives(votes));
                Some(finding.arg("without", quorum::survives(count)))
            }
            _ => None,
        });
        let arbitrator = arbitrator.and_then(|at| self::arbitrator(at, hosts, found));
        Some(DatabaseMode::Galera(Galera { arbitrator, ..self::galera(&galera.value, found) }))
    } else if let Some(external) = &raw.external {
        Some(self::external(&external.value, found))
    } else {
        found.add(codes::DATABASE_MODE_NONE.at(at.span));
        None
    }
}

/// Holds the number of database hosts against what the mode needs.
fn count(hosts: &[Checked<'_>], found: &mut Findings, judge: impl Fn(usize) -> Option<Problem>) {
    if hosts.iter().any(|h| h.roles_unclear) {
        return;
    }
    let members: Vec<_> = hosts.iter().filter(|h| h.roles.contains(&Role::Database)).collect();
    if let Some(mut finding) = judge(members.len()) {
        for member in &members {
            finding = finding.related(member.raw.roles.span, member.name());
        }
        found.add(finding.arg("count", members.len()));
    }
}

/// The host of the arbitrator: one of the file's, and none that has the data.
fn arbitrator(at: &At<String>, hosts: &[Checked<'_>], found: &mut Findings) -> Option<HostName> {
    let Some(host) = hosts.iter().find(|h| h.name() == at.value) else {
        let without = hosts.iter().filter(|h| !h.roles.contains(&Role::Database));
        let names: Vec<&str> = without.map(Checked::name).collect();
        let finding = codes::ARBITRATOR_HOST.at(at.span).arg("name", &at.value);
        let nearest = suggest::nearest(&at.value, names.iter().copied()).unwrap_or("none");
        let expected = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        found.add(finding.arg("nearest", nearest).arg("expected", expected));
        return None;
    };
    if host.roles.contains(&Role::Database) {
        let finding = codes::ARBITRATOR_DATA.at(at.span).related(host.raw.roles.span, host.name());
        found.add(finding.arg("name", &at.value));
        return None;
    }
    Some(HostName(at.value.clone()))
}

/// Servers that could not be told apart in the replicated log; only addresses of IPv6 can have the same last 32 bits.
fn server_ids(hosts: &[Checked<'_>], found: &mut Findings) {
    let mut seen: BTreeMap<u32, &Checked<'_>> = BTreeMap::new();
    for host in hosts.iter().filter(|h| h.roles.contains(&Role::Database)) {
        let Some(address) = host.address else { continue };
        if let Some(other) = seen.insert(server_id(address), host)
            && other.address != host.address
        {
            let finding = codes::REPLICATION_SERVER_IDS.at(host.raw.address.span);
            let finding = finding.related(other.raw.address.span, other.name());
            found.add(finding.arg("host", host.name()).arg("other", other.name()));
        }
    }
}

fn replication(raw: &raw::Replication, found: &mut Findings) -> Replication {
    let mut number = |key, at: Option<&At<i64>>, default, min, max| {
        at.map_or(default, |at| found.number(key, at, min, max).unwrap_or(default))
    };
    let (buffer_pool_mib, max_connections, max_lag_s) = (
        number("bufferPoolMib", raw.buffer_pool_mib.as_ref(), BUFFER_POOL_MIB, 32, 1 << 20),
        number("maxConnections", raw.max_connections.as_ref(), MAX_CONNECTIONS, 10, 100_000),
        number("maxLagSeconds", raw.max_lag_seconds.as_ref(), MAX_LAG_S, 1, 86_400),
    );
    let timing = choice("timing", raw.timing.as_ref(), &Timing::ALL, Timing::word, found);
    let on_replica_loss =
        choice("onReplicaLoss", raw.on_replica_loss.as_ref(), &OnReplicaLoss::ALL, OnReplicaLoss::word, found);
    Replication { buffer_pool_mib, max_connections, timing, on_replica_loss, max_lag_s }
}

/// One of a few words; the default where none is given.
fn choice<T: Copy + Default>(
    key: &str,
    at: Option<&At<String>>,
    all: &[T],
    word: fn(T) -> &'static str,
    found: &mut Findings,
) -> T {
    let Some(at) = at else { return T::default() };
    all.iter().copied().find(|c| word(*c) == at.value).unwrap_or_else(|| {
        let words: Vec<_> = all.iter().map(|c| word(*c)).collect();
        let finding = codes::UNKNOWN_CHOICE.at(at.span).arg("key", key).arg("value", &at.value);
        let nearest = suggest::nearest(&at.value, words.iter().copied()).unwrap_or("none");
        found.add(finding.arg("nearest", nearest).arg("expected", words.join(", ")));
        T::default()
    })
}

fn galera(raw: &raw::Galera, found: &mut Findings) -> Galera {
    let mut number = |key, at: Option<&At<i64>>, default, min, max| {
        at.map_or(default, |at| found.number(key, at, min, max).unwrap_or(default))
    };
    Galera {
        buffer_pool_mib: number("bufferPoolMib", raw.buffer_pool_mib.as_ref(), BUFFER_POOL_MIB, 32, 1 << 20),
        gcache_mib: number("gcacheMib", raw.gcache_mib.as_ref(), GCACHE_MIB, 16, 1 << 20),
        max_connections: number("maxConnections", raw.max_connections.as_ref(), MAX_CONNECTIONS, 10, 100_000),
        arbitrator: None,
    }
}

fn external(raw: &raw::ExternalDatabase, found: &mut Findings) -> DatabaseMode {
    names::server(&raw.host, found);
    // Somebody else's naming rules apply here, so only what cannot be a name is refused.
    if raw.user.value.is_empty() || raw.user.value.chars().any(char::is_control) {
        found.add(codes::BAD_DATABASE_USER.at(raw.user.span).arg("name", &raw.user.value));
    }
    ssh::hidden(raw.password.as_ref(), found);
    DatabaseMode::External {
        host: raw.host.value.clone(),
        port: raw.port.as_ref().and_then(|p| found.port(p)).unwrap_or(DATABASE_PORT),
        user: raw.user.value.clone(),
        password_from: raw.password_from.as_ref().and_then(|p| ssh::secret(p, found)),
    }
}

fn schema(raw: &raw::Schema, found: &mut Findings) -> Schema {
    names::identifier(codes::BAD_DATABASE_NAME, &raw.name, MAX_NAME, found);
    if let Some(user) = &raw.user {
        names::identifier(codes::BAD_DATABASE_USER, user, MAX_USER, found);
    }
    let user = raw.user.as_ref().unwrap_or(&raw.name);
    let reserved = |at: &At<String>, names: &[&str]| names.contains(&at.value.to_ascii_lowercase().as_str());
    if reserved(&raw.name, &SYSTEM_SCHEMAS) {
        found.add(codes::RESERVED_DATABASE_NAME.at(raw.name.span).arg("name", &raw.name.value));
    } else if reserved(user, &SYSTEM_USERS) {
        found.add(codes::RESERVED_DATABASE_NAME.at(user.span).arg("name", &user.value));
    }
    ssh::hidden(raw.password.as_ref(), found);
    let charset = raw.charset.as_ref().map_or(Some(Charset::default()), |at| charset(at, found));
    if let (Some(charset), Some(at)) = (charset, &raw.collation)
        && !charset.has_collation(&at.value)
    {
        found.add(codes::BAD_COLLATION.at(at.span).arg("collation", &at.value).arg("charset", charset.word()));
    }
    Schema {
        name: raw.name.value.clone(),
        charset: charset.unwrap_or_default(),
        collation: raw.collation.as_ref().map(|c| c.value.clone()),
        user: user.value.clone(),
        password_from: raw.password_from.as_ref().and_then(|p| ssh::secret(p, found)),
    }
}

fn charset(at: &At<String>, found: &mut Findings) -> Option<Charset> {
    // Servers have two names for it.
    let word = if at.value == "utf8mb3" { "utf8" } else { &at.value };
    let charset = Charset::from_word(word);
    if charset.is_none() {
        let words: Vec<&str> = Charset::ALL.into_iter().map(Charset::word).collect();
        platform::unknown(codes::UNKNOWN_CHARSET, "charset", at, &words, found);
    }
    charset
}
