//! The board in Prometheus' text format.

use std::fmt::Write;

use crate::board::Board;

/// Name, help and type of a metric whose value comes with an answer.
const GAUGES: [(&str, &str, &str); 5] = [
    ("quorate_galera_cluster_size", "Members in this member's view of the group.", "gauge"),
    ("quorate_galera_primary", "Whether this member is in the primary component.", "gauge"),
    ("quorate_writer_epoch", "How often the writer has been claimed since the cluster was made.", "gauge"),
    ("quorate_writer_here", "Whether the members' agreement names this host.", "gauge"),
    ("quorate_writer_changes_total", "Changes of the writer that this agent has seen.", "counter"),
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
        for report in all.iter().flat_map(|(_, _, answer)| &answer.reports) {
            let value = if metric == "quorate_probe_ok" { u64::from(report.ok) } else { report.took_ms };
            sample(&mut text, metric, &[("component", &report.component), ("name", &report.name)], value);
        }
        // Whoever reads this has seen the agent answer.
        if metric == "quorate_probe_ok" {
            sample(&mut text, metric, &[("component", "agent"), ("name", "answers")], 1);
        }
    }
    for (metric, help, kind) in GAUGES {
        let Some(value) = all.iter().find_map(|(_, _, answer)| answer.gauges.get(metric)) else { continue };
        head(&mut text, metric, help, kind);
        sample(&mut text, metric, &[], *value);
    }
    text
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
    use wire::ProbeReport;

    use super::*;
    use crate::board::Answer;

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
}
