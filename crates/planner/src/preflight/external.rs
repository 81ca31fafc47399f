//! A database that somebody else keeps: whether the hosts that need it can use it as it is.
//!
//! Every one of these hosts looks by itself: which account may come from where, and how far away the server is, differ
//! from host to host.

use components::external_look;
use model::{Cluster, DatabaseMode, Host, Schema};
use wire::{ExternalFacts, ExternalTrouble, Grant, Looked, Note, SchemaFacts};

use super::server::{Server, Verdict, verdict};
use super::{Check, Severity};

/// Microseconds for a statement that does nothing. One page of a console, or one change by a controller, is tens of
/// statements one after another: a hundred of them take half a second at the first bound and two seconds at the second.
/// Hosts of one local network are below a millisecond apart, sites of one city at about two.
const ROUND_TRIP_US: (u64, u64) = (5_000, 20_000);

pub(super) fn check(check: &mut Check<'_>) {
    let cluster = check.cluster;
    for (host, facts) in check.hosts() {
        let Some(look) = external_look(cluster, host) else { continue };
        match facts.looks.get(&look.key()) {
            Some(Looked::External(Ok(seen))) => server(check, host, seen),
            Some(Looked::External(Err(trouble))) => check.on(Severity::Error, host, described(cluster, trouble)),
            _ => {}
        }
    }
}

/// A note about the database, which names it.
fn about(cluster: &Cluster, code: &str) -> Note {
    let (place, user) = match cluster.database.as_ref().map(|d| &d.mode) {
        Some(DatabaseMode::External { host, port, user, .. }) => (format!("{host}:{port}"), user.as_str()),
        _ => (String::new(), ""),
    };
    Note::new(code).with("database", place).with("user", user)
}

fn described(cluster: &Cluster, trouble: &ExternalTrouble) -> Note {
    let (code, error) = match trouble {
        ExternalTrouble::Unreachable(error) => ("preflight-external-unreachable", error),
        ExternalTrouble::Denied(error) => (super::EXTERNAL_DENIED, error),
        ExternalTrouble::NotFromHere(error) => ("preflight-external-not-from-here", error),
        ExternalTrouble::Refused(error) => ("preflight-external-refuses", error),
    };
    about(cluster, code).with("error", error)
}

fn server(check: &mut Check<'_>, host: &Host, seen: &ExternalFacts) {
    let cluster = check.cluster;
    let tenths = (seen.round_trip_us + 50) / 100;
    let note = |code: &str, limit: u64| {
        about(cluster, code).with("took", format!("{}.{}", tenths / 10, tenths % 10)).with("limit", limit / 1000)
    };
    match seen.round_trip_us {
        far if far > ROUND_TRIP_US.1 => {
            check.on(Severity::Error, host, note("preflight-external-far", ROUND_TRIP_US.1));
        }
        far if far > ROUND_TRIP_US.0 => {
            check.on(Severity::Warning, host, note("preflight-external-distant", ROUND_TRIP_US.0));
        }
        _ => {}
    }
    if !seen.encrypted {
        check.once(Severity::Info, about(cluster, "preflight-external-plain"));
    }
    if seen.read_only {
        check.once(Severity::Error, about(cluster, "preflight-external-read-only"));
    }
    version(check, seen);
    for wanted in cluster.database.iter().flat_map(|d| &d.schemas) {
        schema(check, seen, wanted);
    }
}

fn version(check: &mut Check<'_>, seen: &ExternalFacts) {
    let cluster = check.cluster;
    let platform = cluster.platform;
    let note = |code: &str| {
        let kind = platform.map_or("none", |p| p.kind.word());
        let version = platform.and_then(|p| p.version).map(|(major, minor)| format!("{major}.{minor}"));
        let note = about(cluster, code).with("version", &seen.version).with("platform", kind);
        note.with("platform-version", version.unwrap_or_default())
    };
    let judged = Server::of(&seen.version, &seen.comment).map(|server| verdict(platform, server));
    match judged {
        Some(Verdict::Allowed) => {}
        Some(Verdict::Refused(named)) => {
            check.once(Severity::Error, note("preflight-external-version").with("named", named));
        }
        Some(Verdict::Unnamed(named)) => {
            check.once(Severity::Warning, note("preflight-external-unnamed").with("named", named));
        }
        Some(Verdict::Depends) => check.once(Severity::Warning, note("preflight-external-depends")),
        None => check.once(Severity::Warning, note("preflight-external-unknown")),
    }
}

fn schema(check: &mut Check<'_>, seen: &ExternalFacts, wanted: &Schema) {
    let cluster = check.cluster;
    let note = |code: &str| {
        let note = about(cluster, code).with("schema", &wanted.name).with("charset", wanted.charset.word());
        note.with("collate", wanted.collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default())
    };
    match seen.schemas.get(&wanted.name) {
        None if !may(seen, &wanted.name, "CREATE") => {
            check.once(Severity::Error, note("preflight-external-schema-missing"));
        }
        None => check.once(Severity::Info, note("preflight-external-schema-created")),
        Some(found) => {
            if !fits(found, wanted) {
                let note = note("preflight-external-charset");
                let note = note.with("found", &found.charset).with("collation", &found.collation);
                check.once(Severity::Error, note);
            }
            if !["CREATE", "INSERT"].iter().all(|p| may(seen, &wanted.name, p)) {
                check.once(Severity::Error, note("preflight-external-schema-denied"));
            }
        }
    }
}

/// Whether a schema has the character set that the file wants, and the collation where it wants one.
fn fits(found: &SchemaFacts, wanted: &Schema) -> bool {
    // Servers call Unicode's first plane by two names.
    let one_name = |text: &str| text.strip_prefix("utf8mb3").map_or_else(|| text.to_owned(), |r| format!("utf8{r}"));
    one_name(&found.charset) == wanted.charset.word()
        && wanted.collation.as_ref().is_none_or(|c| one_name(c) == one_name(&found.collation))
}

/// Whether the account may do this everywhere in a schema. Roles may let it, and are not looked into.
fn may(seen: &ExternalFacts, schema: &str, privilege: &str) -> bool {
    let allows = |grant: &Grant| {
        grant.privileges.split(',').map(str::trim).any(|p| p == privilege || p == "ALL PRIVILEGES" || p == "ALL")
    };
    let covers = |grant: &Grant| match grant.on.split_once('.') {
        Some(("*", "*")) => true,
        Some((pattern, "*")) => like(pattern, &schema.to_lowercase()),
        _ => false,
    };
    seen.roles || seen.grants.iter().any(|g| allows(g) && covers(g))
}

/// SQL's LIKE: `%` stands for any text; `_` is compared as itself, for the grants come without the backslashes that
/// would tell it from the one that stands for any character.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('%') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|left| (0..=left.len()).any(|at| left.is_char_boundary(at) && like(rest, &left[at..]))),
    }
}
