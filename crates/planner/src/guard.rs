//! The quorum guard: whether a disruptive step may happen now, decided from what the probes see now.

use components::Losses;
use model::HostName;
use wire::Note;

use crate::health::Seen;

/// Refuses a step that would take away a capability that works now: the component on this host would be down for a
/// while, and everything that is already down stays down.
///
/// Where the file provides no other host that could stand in even when all is well, waiting would change nothing: then
/// the step is agreed to, and the interruption is the plan's.
pub fn guard(seen: Seen<'_>, component: &str, host: &HostName) -> Result<(), Note> {
    for (capability, rule) in components::capabilities(seen.cluster) {
        let now = |c: &str, h: &HostName| seen.up(c, h);
        let then = |c: &str, h: &HostName| seen.up(c, h) && !(c == component && h == host);
        let at_best = |c: &str, h: &HostName| !(c == component && h == host);
        let settled = rule.as_settled(&now);
        let holds = |up: &dyn Fn(&str, &HostName) -> bool| settled.holds(Losses::AtOnce, up);
        if holds(&now) && !holds(&then) && rule.holds(Losses::AtOnce, &at_best) {
            let down: Vec<String> = seen
                .cluster
                .hosts
                .iter()
                .filter(|h| h.name != *host && rule.leaves().iter().any(|(c, l)| **l == h.name && !seen.up(c, &h.name)))
                .map(|h| h.name.to_string())
                .collect();
            return Err(Note::new("guard-refused")
                .with("component", component)
                .with("host", host)
                .with("capability", capability.id())
                .with("down", if down.is_empty() { "-".to_owned() } else { down.join(", ") }));
        }
    }
    Ok(())
}
