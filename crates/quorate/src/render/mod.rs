//! How things look on a terminal. Colour only where the terminal takes it; every word comes from the catalogue.

pub mod backup;
pub mod drill;
pub mod plan;
pub mod progress;
pub mod report;
pub mod status;
pub mod survive;

use std::path::Path;

use anstream::{eprint, eprintln, println};
use anstyle::{AnsiColor, Style};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};
use model::{Cluster, Problems};
use planner::preflight::{Finding, Severity};

use crate::text::Texts;

pub use backup::BackupProgress;

pub const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
pub const WARN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();
pub const DIM: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();

/// Every problem of a cluster file, with the lines that it is about. Secrets in those lines are masked.
pub fn problems(path: &Path, text: &str, problems: &Problems, texts: &Texts) {
    let masked = model::mask_secrets(text);
    let theme = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme);
    for problem in &problems.0 {
        let mut labels = vec![LabeledSpan::at(
            problem.span.offset..problem.span.offset + problem.span.len.max(1),
            texts.problem(problem, Some("reason")),
        )];
        labels.extend(
            problem
                .related
                .iter()
                .map(|(span, what)| LabeledSpan::at(span.offset..span.offset + span.len.max(1), what.clone())),
        );
        let diagnostic = MietteDiagnostic::new(texts.problem(problem, None))
            .with_help(texts.problem(problem, Some("hint")))
            .with_labels(labels);
        let source = NamedSource::new(path.display().to_string(), masked.clone());
        let report = miette::Report::new(diagnostic).with_source_code(source);
        let mut shown = String::new();
        if handler.render_report(&mut shown, report.as_ref()).is_ok() {
            eprintln!("{shown}");
        } else {
            eprintln!(
                "{}:{}:{}: {}",
                path.display(),
                problem.span.line,
                problem.span.column,
                texts.problem(problem, None)
            );
        }
    }
    let count = problems.0.len().to_string();
    eprintln!("{}", texts.get("file-problems", &[("count", count), ("path", path.display().to_string())]));
}

/// The file is right: what it describes, in one line each.
pub fn file_is_right(cluster: &Cluster, texts: &Texts) {
    let arguments = [("cluster", cluster.name.clone()), ("hosts", cluster.hosts.len().to_string())];
    println!("{GOOD}✔{GOOD:#} {}", texts.get("file-right", &arguments));
}

/// What turns the operator's file into the cluster's latest.
pub fn file_difference(mine: &str, latest: &str) {
    let diff = similar::TextDiff::from_lines(mine, latest);
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        eprint!("{hunk}");
    }
}

/// The preflight's findings, gravest first.
pub fn findings(cluster: &Cluster, findings: &[Finding], texts: &Texts) {
    for finding in findings {
        let (style, label) = match finding.severity {
            Severity::Error => (BAD, "label-error"),
            Severity::Warning => (WARN, "label-warning"),
            Severity::Info => (DIM, "label-info"),
        };
        let host = finding.host.as_ref().map(|h| format!("{h}: ")).unwrap_or_default();
        println!("{style}{}{style:#} {BOLD}{host}{BOLD:#}{}", texts.plain(label), texts.note(&finding.note));
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count().to_string();
    let arguments = [
        ("hosts", cluster.hosts.len().to_string()),
        ("errors", count(Severity::Error)),
        ("warnings", count(Severity::Warning)),
    ];
    println!("{}", texts.get("preflight-summary", &arguments));
}

pub fn findings_json(findings: &[Finding], texts: &Texts) -> String {
    let list: Vec<_> = findings
        .iter()
        .map(|f| {
            serde_json::json!({
                "severity": format!("{:?}", f.severity).to_lowercase(), "host": f.host,
                "code": f.note.code, "args": f.note.args, "message": texts.note(&f.note),
            })
        })
        .collect();
    serde_json::to_string_pretty(&list).unwrap_or_default()
}

/// Seconds since 1970.
pub fn now_s() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// A time of day in UTC from milliseconds since 1970.
pub fn clock(ms: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(ms / 1000)
        .map(|t| {
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second()
            )
        })
        .unwrap_or_default()
}

/// Columns as wide as their widest cell; `widths` counts what the terminal shows, not bytes.
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let width = |s: &str| s.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum::<usize>();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|s| width(s)).max().unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (cell, wide) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(wide - width(cell) + 2));
            }
            line.trim_end().to_owned()
        })
        .collect()
}
