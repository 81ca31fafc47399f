//! The status: capabilities with their margin, components, hosts, and what to do.

use anstream::println;
use planner::health::{ComponentHealth, Health, State};

use super::{BAD, BOLD, DIM, GOOD, WARN, table};
use crate::text::Texts;

fn style(state: State) -> anstyle::Style {
    match state {
        State::Healthy => GOOD,
        State::Degraded => WARN,
        State::Lost => BAD,
    }
}

fn word(state: State, texts: &Texts) -> String {
    texts.plain(match state {
        State::Healthy => "state-healthy",
        State::Degraded => "state-degraded",
        State::Lost => "state-lost",
    })
}

/// Prints a table whose rows are coloured by their state; the first row is the heading.
fn print(rows: Vec<(Option<State>, Vec<String>)>) {
    let (states, cells): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    for (state, line) in states.into_iter().zip(table(&cells)) {
        match state {
            None => println!("{BOLD}{line}{BOLD:#}"),
            Some(State::Healthy) => println!("{line}"),
            Some(state) => {
                let style = style(state);
                println!("{style}{line}{style:#}");
            }
        }
    }
}

/// The first table: what a user of the platform notices, and how much more may fail.
fn capabilities(health: &Health, texts: &Texts) {
    let mut rows = vec![(
        None,
        ["column-capability", "column-state", "column-margin", "column-message"].map(|c| texts.plain(c)).to_vec(),
    )];
    for c in &health.capabilities {
        let margin = match (c.margin, c.full_margin) {
            (Some(now), Some(full)) if now == full => now.to_string(),
            (Some(now), Some(full)) => texts.get("margin-of", &[("now", now.to_string()), ("full", full.to_string())]),
            _ => "-".to_owned(),
        };
        let notes: Vec<_> = c.notes.iter().map(|n| texts.note(n)).collect();
        let name = texts.plain(&format!("capability-{}", c.capability.id()));
        rows.push((Some(c.state), vec![name, word(c.state, texts), margin, notes.join("; ")]));
    }
    print(rows);
}

/// The second table: what does the work.
fn services<'c>(components: impl IntoIterator<Item = &'c ComponentHealth>, texts: &Texts) {
    let mut rows =
        vec![(None, ["column-service", "column-healthy", "column-message"].map(|c| texts.plain(c)).to_vec())];
    for c in components {
        let notes: Vec<_> = c.notes.iter().map(|(h, n)| format!("{h}: {}", texts.note(n))).collect();
        rows.push((
            Some(condition(c)),
            vec![
                texts.plain(&format!("component-{}", c.component)),
                format!("{}/{}", c.healthy, c.total),
                notes.join("; "),
            ],
        ));
    }
    print(rows);
}

fn condition(component: &ComponentHealth) -> State {
    match component.healthy {
        all if all == component.total && component.notes.is_empty() => State::Healthy,
        0 if component.total > 0 => State::Lost,
        _ => State::Degraded,
    }
}

/// At the end of a run: the capabilities, and of the services those that are not well, with the reason.
pub fn brief(health: &Health, texts: &Texts) {
    capabilities(health, texts);
    let unwell: Vec<_> = health.components.iter().filter(|c| condition(c) != State::Healthy).collect();
    if !unwell.is_empty() {
        println!();
        services(unwell, texts);
    }
}

pub fn show(health: &Health, texts: &Texts) {
    let s = style(health.state);
    println!("{BOLD}{}{BOLD:#}  {s}{}{s:#}\n", health.cluster, word(health.state, texts));
    capabilities(health, texts);
    println!();
    services(&health.components, texts);
    println!();

    let mut rows = vec![(
        None,
        ["column-node", "column-address", "column-roles", "column-state"].map(|c| texts.plain(c)).to_vec(),
    )];
    for h in &health.hosts {
        let roles: Vec<_> = h.roles.iter().map(|r| r.word()).collect();
        let state = if h.reached { word(h.state, texts) } else { texts.plain("state-unreachable") };
        rows.push((Some(h.state), vec![h.host.to_string(), h.address.clone(), roles.join(","), state]));
    }
    print(rows);
    for h in health.hosts.iter().filter(|h| !h.reached) {
        for note in &h.notes {
            println!("{DIM}{}: {}{DIM:#}", h.host, texts.note(note));
        }
    }
}

/// The same for programs: the notes with their codes and their words.
pub fn json(health: &Health, texts: &Texts) -> String {
    let mut value = serde_json::to_value(health).unwrap_or_default();
    add_messages(&mut value, texts);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn add_messages(value: &mut serde_json::Value, texts: &Texts) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|v| add_messages(v, texts)),
        serde_json::Value::Object(map) => {
            if let Ok(note) = serde_json::from_value::<wire::Note>(serde_json::Value::Object(map.clone())) {
                map.insert("message".to_owned(), texts.note(&note).into());
            } else {
                map.values_mut().for_each(|v| add_messages(v, texts));
            }
        }
        _ => {}
    }
}
