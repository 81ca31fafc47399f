//! The board in Prometheus' text format.

use std::fmt::Write;

use wire::ProbeReport;

use crate::board::{Answer, Board, Verdict};

/// What was seen longer ago than this, in milliseconds, says nothing any more: several times what the slowest look takes.
const STALE_MS: u64 = 10_000;

/// Name, help and type of a metric whose value comes with an answer.
const GAUGES: [(&str, &str, &str); 17] = [
    ("quorate_galera_cluster_size", "Members in this member's view of the group.", "gauge"),
    ("quorate_galera_arbitrators", "Votes without data in this member's view of the group.", "gauge"),
    ("quorate_galera_primary", "Whether this member is in the primary component.", "gauge"),
    ("quorate_galera_ready", "Whether this member takes statements.", "gauge"),
    ("quorate_galera_local_state", "What this member does with the group's data; 4 is synced.", "gauge"),
    ("quorate_galera_conf_id", "Number of this member's view of the group, the same on all members.", "gauge"),
    ("quorate_galera_receive_queue", "Write sets that wait to be applied here.", "gauge"),
    (
        "quorate_galera_flow_control_paused_nanoseconds_total",
        "Time for which a member that fell behind held up all writes.",
        "counter",
    ),
    ("quorate_canary_age_milliseconds", "Time since this member last got something new from the writer.", "gauge"),
    ("quorate_writer_epoch", "How often the writer has been claimed since the cluster was made.", "gauge"),
    ("quorate_writer_here", "Whether the members' agreement names this host.", "gauge"),
    ("quorate_writer_changes_total", "Changes of the writer that this agent has seen.", "counter"),
    ("quorate_replication_primary", "Whether this host is the open primary of a replicated database.", "gauge"),
    (
        "quorate_replication_following",
        "Whether this host follows the present primary, receiving and applying.",
        "gauge",
    ),
    ("quorate_replication_epoch", "The epoch of the last primary; it grows with every change of the primary.", "gauge"),
    ("quorate_replication_synchronous", "Hosts that hold every acknowledged write, as the primary keeps it.", "gauge"),
    ("quorate_replication_lag_milliseconds", "How far this replica is behind its source, where it knows.", "gauge"),
];

/// Everything on the board.
pub fn render(board: &Board) -> String {
    let all = board.all();
    let mut text = String::new();
    head(&mut text, "quorate_agent_info", "The agent on this host.", "gauge");
    let labels = [("host", board.host()), ("version", env!("CARGO_PKG_VERSION"))];
    sample(&mut text, "quorate_agent_info", &labels, 1);
    head(&mut text, "quorate_verdict", "Whether this host may serve, by verdict.", "gauge");
    for (name, verdict, _) in &all {
        sample(&mut text, "quorate_verdict", &[("name", name)], u64::from(verdict.ok));
    }
    head(&mut text, "quorate_verdict_age_milliseconds", "Age of the look that a verdict rests on.", "gauge");
    for (name, verdict, _) in &all {
        sample(&mut text, "quorate_verdict_age_milliseconds", &[("name", name)], verdict.age_ms);
    }
    for (metric, help) in [
        ("quorate_probe_ok", "Whether a probe saw its function performed."),
        ("quorate_probe_milliseconds", "How long a probe took."),
    ] {
        head(&mut text, metric, help, "gauge");
        for (_, verdict, answer) in &all {
            for report in &answer.reports {
                // What nobody renews is not known to work: silence must not look like health.
                let works = report.ok && verdict.age_ms <= STALE_MS;
                let value = if metric == "quorate_probe_ok" { u64::from(works) } else { report.took_ms };
                sample(&mut text, metric, &[("component", &report.component), ("name", &report.name)], value);
            }
        }
        // Whoever reads this has seen the agent answer.
        if metric == "quorate_probe_ok" {
            sample(&mut text, metric, &[("component", "agent"), ("name", "answers")], 1);
        }
    }
    for (metric, help, kind) in GAUGES {
        let fresh = all.iter().filter(|(_, verdict, _)| verdict.age_ms <= STALE_MS);
        let Some(value) = fresh.clone().find_map(|(_, _, answer)| answer.gauges.get(metric)) else { continue };
        head(&mut text, metric, help, kind);
        sample(&mut text, metric, &[], *value);
    }
    groups(&mut text, &all);
    text
}

/// To which group a member belongs: a label, so that two of them in one cluster can be counted.
fn groups(text: &mut String, all: &[(&'static str, Verdict, Answer)]) {
    let fresh = all.iter().filter(|(_, verdict, _)| verdict.age_ms <= STALE_MS);
    let uuid = |report: &ProbeReport| report.readings.get("uuid").cloned();
    if let Some(uuid) = fresh.flat_map(|(_, _, answer)| &answer.reports).find_map(uuid) {
        let metric = "quorate_galera_group";
        head(text, metric, "The Galera group that this member belongs to.", "gauge");
        sample(text, metric, &[("uuid", &uuid)], 1);
    }
}

fn head(text: &mut String, metric: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} {kind}");
}

fn sample(text: &mut String, metric: &str, labels: &[(&str, &str)], value: u64) {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{metric}{labels} {value}");
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[test]
    fn the_board_is_written_as_prometheus_reads_it() {
        let board = Board::new("node1");
        let report = ProbeReport {
            component: "galera".into(),
            name: "mem\"ber".into(),
            ok: true,
            note: None,
            readings: [].into(),
            took_ms: 7,
        };
        let gauges = [("quorate_galera_cluster_size", 3)].into();
        board.publish("database", Answer { ok: true, reports: vec![report], gauges, ..Answer::default() });
        let text = render(&board);
        assert!(text.contains("\nquorate_verdict{name=\"database\"} 1\n"), "{text}");
        assert!(text.contains("\nquorate_probe_ok{component=\"galera\",name=\"mem\\\"ber\"} 1\n"));
        assert!(text.contains("\nquorate_probe_milliseconds{component=\"galera\",name=\"mem\\\"ber\"} 7\n"));
        assert!(text.contains("\nquorate_galera_cluster_size 3\n"));
        assert!(!text.contains("quorate_writer_epoch"));
    }

    #[test]
    fn what_nobody_renews_does_not_look_well() {
        let board = Board::new("node1");
        let report = ProbeReport {
            component: "galera".into(),
            name: "member".into(),
            ok: true,
            note: None,
            readings: [("uuid".to_owned(), "u".to_owned())].into(),
            took_ms: 7,
        };
        let answer =
            Answer { reports: vec![report], gauges: [("quorate_galera_primary", 1)].into(), ..Answer::default() };
        board.publish("database", answer.clone());
        let ok = "quorate_probe_ok{component=\"galera\",name=\"member\"}";
        let group = "quorate_galera_group{uuid=\"u\"} 1";
        let text = render(&board);
        assert!(text.contains(&format!("{ok} 1\n")) && text.contains(group), "{text}");
        board.publish_at("database", answer, clock::now().saturating_sub(Duration::from_secs(11)));
        let text = render(&board);
        assert!(text.contains(&format!("{ok} 0\n")), "{text}");
        assert!(!text.contains(group) && !text.contains("quorate_galera_primary"), "{text}");
    }
}
