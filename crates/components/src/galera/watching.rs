//! What tells a group that is about to fail from one that is well, while every member still answers.
//!
//! A member's own probe says whether it serves. Here is what it cannot say by itself: whether all members are of one
//! group, whether what the writer writes arrives everywhere, and whether a member holds the others up. The writer's
//! beat, a row that it changes each second, is the canary: every agent reads it back from its own member.

use std::collections::BTreeMap;

use model::{Host, HostName};
use wire::{Note, ProbeReport};

use crate::component::Watch;

/// How many beats a member may be behind the most advanced one: the writer beats once a second, and the hosts are not
/// asked in one moment.
const BEATS: u64 = 5;

/// Members that are not of one group, or do not get what the writer writes.
pub fn compare(members: &[&Host], reports: &BTreeMap<HostName, Vec<ProbeReport>>) -> Vec<(HostName, Note)> {
    let seen: Vec<_> = members
        .iter()
        .filter_map(|h| Some((&h.name, reports.get(&h.name)?.iter().find(|r| r.component == super::ID && r.ok)?)))
        .collect();
    let mut notes = one_group(&seen);
    notes.extend(canary(&seen));
    notes
}

type Seen<'a> = [(&'a HostName, &'a ProbeReport)];

/// All members that say they are in the primary component must mean the same one.
fn one_group(seen: &Seen<'_>) -> Vec<(HostName, Note)> {
    let mut groups: BTreeMap<(&str, &str), Vec<&HostName>> = BTreeMap::new();
    for (host, report) in seen {
        let reading = |name: &str| report.readings.get(name).map_or("", String::as_str);
        groups.entry((reading("uuid"), reading("confId"))).or_default().push(host);
    }
    let Some(largest) = groups.values().max_by_key(|hosts| hosts.len()).cloned() else { return vec![] };
    let uuids = groups.keys().map(|(uuid, _)| uuid).collect::<std::collections::BTreeSet<_>>().len();
    // Of one cluster and yet of different views: a member has not seen the last change, or there are two components.
    let note = if uuids > 1 { Note::new("galera-other-cluster") } else { Note::new("galera-other-view") };
    let apart = groups.values().filter(|hosts| **hosts != largest).flatten();
    let names: Vec<_> = largest.iter().map(|h| h.as_str()).collect();
    apart.map(|host| ((*host).clone(), note.clone().with("others", names.join(", ")))).collect()
}

fn canary(seen: &Seen<'_>) -> Vec<(HostName, Note)> {
    let beats: Vec<(&HostName, u64)> =
        seen.iter().filter_map(|(h, r)| Some((*h, r.readings.get("writerBeat")?.parse().ok()?))).collect();
    let newest = beats.iter().map(|(_, beat)| *beat).max().unwrap_or(0);
    beats
        .into_iter()
        .filter(|(_, beat)| newest - beat > BEATS)
        .map(|(host, beat)| (host.clone(), Note::new("galera-canary-behind").with("beats", newest - beat)))
        .collect()
}

/// Sources of the bounds: a beat comes each second and a failover takes about four; flow control pauses all writers
/// for the sake of one member; a queue of 100 write sets is beyond the provider's own limit of 16 (`gcs.fc_limit`) for
/// each member but a joining one.
pub fn watches(votes: usize, members: usize) -> Vec<Watch> {
    let watch = |name, hold_s, expression: String| Watch { name, expression, hold_s };
    vec![
        watch("size", 60, format!("quorate_galera_cluster_size != {votes}")),
        watch("not-primary", 15, "quorate_galera_primary == 0".to_owned()),
        watch("not-ready", 15, "quorate_galera_ready == 0".to_owned()),
        watch("not-synced", 60, "quorate_galera_local_state != 4".to_owned()),
        watch("several-clusters", 5, "count(count by (uuid) (quorate_galera_group)) > 1".to_owned()),
        watch(
            "several-views",
            15,
            "max(quorate_galera_conf_id and quorate_galera_primary == 1) \
             != min(quorate_galera_conf_id and quorate_galera_primary == 1)"
                .to_owned(),
        ),
        watch("paused", 60, "rate(quorate_galera_flow_control_paused_nanoseconds_total[1m]) / 1e9 > 0.1".to_owned()),
        watch("receive-queue", 60, "quorate_galera_receive_queue > 100".to_owned()),
        watch("canary", 15, "quorate_canary_age_milliseconds > 10000".to_owned()),
        // What no agent exports raises no alarm of its own: so many must be heard, with a canary each.
        watch("unwatched", 30, format!("(count(quorate_canary_age_milliseconds) or vector(0)) < {members}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(uuid: &str, conf: &str, beat: &str) -> Vec<ProbeReport> {
        let readings = [("uuid", uuid), ("confId", conf), ("writerBeat", beat)];
        vec![ProbeReport {
            component: super::super::ID.to_owned(),
            name: "member".to_owned(),
            ok: true,
            note: None,
            readings: readings.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            took_ms: 1,
        }]
    }

    fn notes(reports: [(&str, &str, &str); 3]) -> Vec<String> {
        let cluster = model::parse(model::preset(model::Preset::ThreeNode)).unwrap();
        let hosts: Vec<&Host> = cluster.hosts.iter().collect();
        let reports = hosts.iter().zip(reports).map(|(h, (u, c, b))| (h.name.clone(), report(u, c, b))).collect();
        compare(&hosts, &reports).into_iter().map(|(host, note)| format!("{host} {note}")).collect()
    }

    #[test]
    fn members_must_be_of_one_group() {
        assert!(notes([("u", "3", "9"), ("u", "3", "9"), ("u", "3", "9")]).is_empty());
        assert_eq!(
            notes([("u", "3", "9"), ("v", "3", "9"), ("u", "3", "9")]),
            ["node2 galera-other-cluster others=node1, node3"]
        );
        assert_eq!(
            notes([("u", "4", "9"), ("u", "4", "9"), ("u", "2", "9")]),
            ["node3 galera-other-view others=node1, node2"]
        );
    }

    #[test]
    fn the_writers_beat_must_arrive_on_every_member() {
        assert!(notes([("u", "3", "105"), ("u", "3", "100"), ("u", "3", "104")]).is_empty());
        assert_eq!(
            notes([("u", "3", "105"), ("u", "3", "99"), ("u", "3", "")]),
            ["node2 galera-canary-behind beats=6"]
        );
    }

    #[test]
    fn a_member_that_does_not_serve_speaks_for_itself() {
        let cluster = model::parse(model::preset(model::Preset::ThreeNode)).unwrap();
        let hosts: Vec<&Host> = cluster.hosts.iter().collect();
        let mut reports: BTreeMap<_, _> = hosts.iter().map(|h| (h.name.clone(), report("u", "3", "9"))).collect();
        let ill = &mut reports.get_mut(&HostName::from("node2")).unwrap()[0];
        ill.ok = false;
        ill.readings.insert("uuid".to_owned(), "v".to_owned());
        assert!(compare(&hosts, &reports).is_empty());
    }
}
