//! The cluster as a drawing: its hosts in their failure domains, and lines from the endpoints to who may answer for them.
//!
//! A cluster too large for that is drawn with one box per failure domain, which counts what is inside. Here is decided
//! what is drawn and said; [`drawing`] decides where it stands.

mod drawing;

use std::collections::{BTreeMap, BTreeSet};

use components::Rule;
use maud::{Markup, html};
use model::{Cluster, Endpoint, EndpointKind, Host, HostName};

use self::drawing::{Card, Group, Layout, card_lines};
use super::svg;
use crate::text::Texts;

/// Up to so many hosts are drawn one by one.
const MOST_HOSTS: usize = 30;
/// No more failure domains than this are drawn.
const MOST_GROUPS: usize = 40;
/// The drawing, with the hosts as a table beneath it for those who do not see it. `lost` are marked.
pub fn architecture(cluster: &Cluster, lost: &[HostName], texts: &Texts) -> Markup {
    let running = components_on(cluster);
    let kind = domain_kind(cluster);
    let small = cluster.hosts.len() <= MOST_HOSTS;
    let groups = if small { groups(cluster, kind, &running, texts) } else { summaries(cluster, kind, &running, texts) };
    let (size, content) = Layout::new(cluster, lost, &outside(cluster), texts).draw(&groups);
    let numbers = [
        ("cluster", cluster.name.clone()),
        ("hosts", cluster.hosts.len().to_string()),
        ("domains", groups.iter().filter(|g| g.label.is_some() || !small).count().to_string()),
    ];
    let description = texts.get("page-architecture-words", &numbers);
    html! {
        (svg::drawing("architecture", size, &texts.get("page-architecture-title", &numbers), &description, &content))
        p class="quiet" { (texts.plain(if small { "page-architecture-note" } else { "page-architecture-note-large" })) }
        @if small { (hosts_table(cluster, &running, texts)) }
    }
}

/// The components that some capability rests on, by host.
fn components_on(cluster: &Cluster) -> BTreeMap<HostName, Vec<String>> {
    let rules = components::capabilities(cluster);
    let leaves: BTreeSet<(&str, &HostName)> = rules.iter().flat_map(|(_, rule)| rule.leaves()).collect();
    let mut found: BTreeMap<HostName, Vec<String>> = BTreeMap::new();
    for (component, host) in leaves {
        found.entry(host.clone()).or_default().push(component.to_owned());
    }
    found
}

/// What is outside the cluster's hosts and matters to some capability.
fn outside(cluster: &Cluster) -> BTreeSet<String> {
    fn collect(rule: &Rule, found: &mut BTreeSet<String>) {
        if let Rule::Outside(what) = rule {
            found.insert(what.clone());
        }
        for inner in rule.needs(components::Losses::AtOnce).map(|(_, of)| of).unwrap_or_default() {
            collect(inner, found);
        }
    }
    let mut found = BTreeSet::new();
    components::capabilities(cluster).iter().for_each(|(_, rule)| collect(rule, &mut found));
    found
}

/// The kind of failure domain that most hosts have; of several, the one with the fewest domains, if more than one.
fn domain_kind(cluster: &Cluster) -> Option<&str> {
    let mut kinds: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (kind, name) in cluster.hosts.iter().flat_map(|h| &h.failure_domain) {
        let entry = kinds.entry(kind).or_default();
        entry.0 += 1;
        entry.1.insert(name);
    }
    let rank = |(hosts, names): &(usize, BTreeSet<&str>)| (names.len() > 1, *hosts, usize::MAX - names.len());
    kinds.into_iter().max_by_key(|(_, of)| rank(of)).map(|(kind, _)| kind)
}

/// The hosts by the name of their domain, in file order; `None`: those without one.
fn by_domain<'c>(cluster: &'c Cluster, kind: Option<&str>) -> Vec<(Option<&'c str>, Vec<&'c Host>)> {
    let mut found: Vec<(Option<&str>, Vec<&Host>)> = Vec::new();
    for host in &cluster.hosts {
        let name = kind.and_then(|k| host.failure_domain.get(k)).map(String::as_str);
        match found.iter_mut().find(|(n, _)| *n == name) {
            Some((_, hosts)) => hosts.push(host),
            None => found.push((name, vec![host])),
        }
    }
    found
}

fn candidates(endpoint: &Endpoint) -> &[HostName] {
    match &endpoint.kind {
        EndpointKind::Vip(vip) => &vip.candidates,
        EndpointKind::Host { host } => std::slice::from_ref(host),
        EndpointKind::External { .. } | EndpointKind::Dns { .. } => &[],
    }
}

fn roles(host: &Host) -> String {
    host.roles.iter().map(|r| r.word()).collect::<Vec<_>>().join(", ")
}

fn groups(
    cluster: &Cluster,
    kind: Option<&str>,
    running: &BTreeMap<HostName, Vec<String>>,
    texts: &Texts,
) -> Vec<Group> {
    let card = |host: &Host| {
        let mut lines = vec![host.address.to_string()];
        let all_roles = roles(host);
        lines.extend(card_lines(&all_roles, 3));
        if let Some(components) = running.get(&host.name) {
            lines.extend(card_lines(&format!("▸ {}", components.join(" ")), 4));
        }
        let others = host.failure_domain.iter().filter(|(k, _)| Some(k.as_str()) != kind);
        lines.extend(others.map(|(k, n)| format!("{k} {n}")));
        let place = |e: &Endpoint| candidates(e).iter().position(|c| *c == host.name);
        let links = cluster
            .endpoints
            .iter()
            .enumerate()
            .filter_map(|(e, of)| Some((e, (place(of)? + 1).to_string())))
            .collect();
        Card { title: host.name.to_string(), lines, links }
    };
    let label = |name: Option<&str>| match (kind, name) {
        (Some(kind), Some(name)) => Some(format!("{kind} {name}")),
        (Some(kind), None) => Some(texts.get("page-architecture-without", &[("kind", kind.to_owned())])),
        (None, _) => None,
    };
    by_domain(cluster, kind)
        .into_iter()
        .map(|(name, hosts)| Group { label: label(name), cards: hosts.into_iter().map(card).collect() })
        .collect()
}

fn summaries(
    cluster: &Cluster,
    kind: Option<&str>,
    running: &BTreeMap<HostName, Vec<String>>,
    texts: &Texts,
) -> Vec<Group> {
    let count = |words: &mut dyn Iterator<Item = &str>| -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        words.for_each(|w| *counts.entry(w).or_default() += 1);
        counts.into_iter().map(|(w, n)| format!("{w} {n}")).collect::<Vec<_>>().join(", ")
    };
    let card = |name: Option<&str>, hosts: &[&Host]| {
        let domain = match (kind, name) {
            (Some(kind), Some(name)) => format!("{kind} {name}"),
            (Some(kind), None) => texts.get("page-architecture-without", &[("kind", kind.to_owned())]),
            (None, _) => cluster.name.clone(),
        };
        let ends = match hosts {
            [] => String::new(),
            [only] => only.name.to_string(),
            [first, .., last] => format!("{} … {}", first.name, last.name),
        };
        let mut lines = vec![texts.get("page-architecture-count", &[("hosts", hosts.len().to_string())])];
        lines.extend(card_lines(&ends, 2));
        lines.extend(card_lines(&count(&mut hosts.iter().flat_map(|h| h.roles.iter().map(|r| r.word()))), 5));
        let inside = count(&mut hosts.iter().filter_map(|h| running.get(&h.name)).flatten().map(String::as_str));
        if !inside.is_empty() {
            lines.extend(card_lines(&format!("▸ {inside}"), 5));
        }
        let of = |e: &Endpoint| candidates(e).iter().filter(|c| hosts.iter().any(|h| h.name == **c)).count();
        let links = cluster.endpoints.iter().enumerate().map(|(e, endpoint)| (e, of(endpoint)));
        Card { title: domain, lines, links: links.filter(|(_, n)| *n > 0).map(|(e, n)| (e, n.to_string())).collect() }
    };
    let domains = by_domain(cluster, kind);
    let mut groups: Vec<Group> = domains
        .iter()
        .take(MOST_GROUPS)
        .map(|(name, hosts)| Group { label: None, cards: vec![card(*name, hosts)] })
        .collect();
    if let Some(rest) = domains.len().checked_sub(MOST_GROUPS).filter(|r| *r > 0) {
        let title = texts.get("page-architecture-more", &[("count", rest.to_string())]);
        groups.push(Group { label: None, cards: vec![Card { title, lines: vec![], links: BTreeMap::new() }] });
    }
    groups
}

fn hosts_table(cluster: &Cluster, running: &BTreeMap<HostName, Vec<String>>, texts: &Texts) -> Markup {
    let ids = ["page-host", "page-address", "page-domains", "page-roles", "page-components", "page-answers"];
    let rows: Vec<Markup> = cluster
        .hosts
        .iter()
        .map(|host| {
            let domains: Vec<_> = host.failure_domain.iter().map(|(k, n)| format!("{k} {n}")).collect();
            let answers: Vec<_> = cluster
                .endpoints
                .iter()
                .filter_map(|e| {
                    let place = candidates(e).iter().position(|c| *c == host.name)? + 1;
                    Some(format!("{} ({place})", e.name))
                })
                .collect();
            html! {
                th scope="row" { (host.name) }
                td { (host.address) }
                td { (domains.join(", ")) }
                td { (roles(host)) }
                td { (running.get(&host.name).map(|c| c.join(", ")).unwrap_or_default()) }
                td { (answers.join(", ")) }
            }
        })
        .collect();
    html! {
        details { summary { (texts.plain("page-hosts-table")) }
            (super::table(&texts.plain("page-hosts-table"), &super::columns(&ids, texts), &rows))
        }
    }
}
