//! What a member does next, from what all of them last said. Pure: the agent's recovery reads, decides and carries out,
//! again and again.

use std::collections::BTreeMap;

use wire::Note;

use super::{Report, State, candidates};

/// What a member does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Nothing,
    /// Tells the operator why it does nothing.
    Say(Note),
    /// Ends its server, which serves nobody, and forgets its saved view: from here it can only join or lead.
    Hold,
    /// Takes the lock, if no report has changed meanwhile, and starts as the first of the group.
    Lead,
    /// Starts, to join the others.
    Join,
    /// Ends its server and starts it anew: it fell out of the group and does not come back by itself.
    Rejoin,
}

/// The next act of `me`, which has a report of its own among `reports`; `members` in the file's order. `locked`: a
/// member has been told to lead lately, and may be on its way.
pub fn decide(me: &str, members: &[String], reports: &BTreeMap<String, Report>, locked: bool) -> Act {
    let Some(own) = reports.get(me) else { return Act::Nothing };
    if reports.values().any(|r| r.state == State::Primary) {
        return beside_a_group(me, own, members, reports);
    }
    // Stopped by hand, or about to be something else: others are no business of this one.
    let in_trouble = match own.state {
        State::Held => true,
        State::Waiting | State::Outside | State::Failed => own.lasting,
        State::Primary | State::Busy | State::Stopped => false,
    };
    if !in_trouble {
        return Act::Nothing;
    }
    let absent: Vec<_> = members.iter().filter(|m| !reports.contains_key(*m)).map(String::as_str).collect();
    if !absent.is_empty() {
        return Act::Say(Note::new("galera-recovery-needs-all").with("absent", absent.join(", ")));
    }
    // Founding belongs to the operator's program.
    if reports.values().all(|r| !r.position.formed) {
        return Act::Nothing;
    }
    let still = |r: &Report| matches!(r.state, State::Held | State::Stopped);
    if reports.values().any(|r| !still(r) && (!r.lasting || r.state == State::Busy)) {
        return Act::Nothing;
    }
    let positions: Vec<_> = members.iter().filter_map(|m| Some((m.as_str(), &reports.get(m)?.position))).collect();
    let all_still = reports.values().all(still);
    let chosen = match candidates(&positions) {
        Ok(chosen) => chosen,
        // A position that is not known yet may be once the member stands still; anything else will not change.
        Err(note) if all_still || note.code != "galera-position-unknown" => return Act::Say(note),
        Err(_) => vec![],
    };
    if own.state != State::Held {
        return Act::Hold;
    }
    if !all_still {
        return Act::Nothing;
    }
    let stopped = |m: &str| reports.get(m).is_none_or(|r| r.state == State::Stopped);
    match chosen.iter().find(|m| !stopped(m)) {
        None => Act::Say(Note::new("galera-recovery-latest-stopped").with("hosts", chosen.join(", "))),
        Some(leader) if *leader == me && !locked => Act::Lead,
        Some(leader) => Act::Say(Note::new("galera-recovery-under-way").with("leader", leader)),
    }
}

/// There is a group: whoever is not in it joins it, one after another. A view that changes while a member catches up can
/// make Galera give that member up ("IST didn't contain all write sets"), and it stays running, outside.
fn beside_a_group(me: &str, own: &Report, members: &[String], reports: &BTreeMap<String, Report>) -> Act {
    let state = |m: &String| reports.get(m).map(|r| r.state);
    match own.state {
        State::Outside if own.lasting => Act::Rejoin,
        State::Failed if own.lasting => Act::Join,
        State::Held => {
            let first = members.iter().find(|m| state(m) == Some(State::Held));
            // One that takes long copies everything; the others do not wait for that.
            let joining = reports
                .values()
                .any(|r| matches!(r.state, State::Waiting | State::Busy | State::Outside) && !r.lasting);
            if first.is_some_and(|m| m == me) && !joining { Act::Join } else { Act::Nothing }
        }
        _ => Act::Nothing,
    }
}
