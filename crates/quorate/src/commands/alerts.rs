//! `quorate alerts`: Prometheus alerting rules with the sizes of this very cluster.

use std::process::ExitCode;

use serde_json::json;
use survival::alerts::{Alert, Level, alerts};

use crate::args::AlertsArgs;
use crate::context;
use crate::failure::Failure;
use crate::text::Texts;

pub fn run(args: &AlertsArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let (cluster, _) = context::read(&args.file, texts)?;
    let rules: Vec<_> = alerts(&cluster).iter().map(|a| rule(a, &cluster.name, texts)).collect();
    // JSON is YAML: Prometheus reads it as it is, and so does every tool that checks it.
    let document = json!({ "groups": [{ "name": format!("quorate-{}", cluster.name), "rules": rules }] });
    println!("{}", serde_json::to_string_pretty(&document).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn rule(alert: &Alert, cluster: &str, texts: &Texts) -> serde_json::Value {
    let id = match alert.level {
        Level::Reduced => "alert-reduced",
        Level::NoMargin => "alert-no-margin",
        Level::Lost => "alert-lost",
    };
    let arguments = [
        ("component", texts.plain(&format!("component-{}", alert.component))),
        ("below", alert.below.to_string()),
        ("total", alert.total.to_string()),
    ];
    let severity = match alert.level {
        Level::Reduced => "info",
        Level::NoMargin => "warning",
        Level::Lost => "critical",
    };
    json!({
        "alert": alert.name(), "expr": alert.expression(), "for": format!("{}s", alert.hold_s),
        "labels": { "cluster": cluster, "severity": severity },
        "annotations": { "summary": texts.get(id, &arguments) },
    })
}
