//! Backups, what was restored from them, and what is being done meanwhile.

use std::time::Duration;

use anstream::println;
use indicatif::{ProgressBar, ProgressDrawTarget};
use model::HostName;
use wire::backup::{BinlogSpan, ListedBackup, Restored};

use super::{BOLD, DIM, GOOD, WARN, clock, table};
use crate::text::Texts;

/// A size for people.
fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (0..units.len() - 1).rev().find(|p| bytes >= 1 << (10 * p)).unwrap_or(0);
    let value = bytes as f64 / (1u64 << (10 * power)) as f64;
    if power == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[power]) }
}

fn time(at_s: i64) -> String {
    clock(at_s.saturating_mul(1000))
}

/// How long ago, in the largest unit that leaves at least two.
fn age(seconds: i64, texts: &Texts) -> String {
    let (id, value) = match seconds {
        s if s < 7200 => ("age-minutes", s / 60),
        s if s < 2 * 86_400 => ("age-hours", s / 3600),
        s => ("age-days", s / 86_400),
    };
    texts.get(id, &[("value", value.max(0).to_string())])
}

/// Every backup, oldest first.
pub fn list(backups: &[ListedBackup], binlogs: &[BinlogSpan], now_s: i64, texts: &Texts) {
    if backups.is_empty() {
        println!("{}", texts.plain("backup-list-empty"));
    } else {
        let columns = ["backup-column-name", "backup-column-age", "backup-column-size", "backup-column-verified"];
        let mut rows = vec![columns.map(|c| texts.plain(c)).to_vec()];
        for b in backups {
            let verified = match &b.verified {
                Some(v) => texts.get("backup-verified-at", &[("at", time(v.at_s)), ("rows", v.rows.to_string())]),
                None => texts.plain("backup-verified-never"),
            };
            let age = age(now_s - b.record.ended_s, texts);
            rows.push(vec![b.record.name.clone(), age, size(b.record.stored_bytes), verified]);
        }
        for (index, line) in table(&rows).iter().enumerate() {
            let unverified = index > 0 && backups.get(index - 1).is_some_and(|b| b.verified.is_none());
            match (index, unverified) {
                (0, _) => println!("{BOLD}{line}{BOLD:#}"),
                (_, true) => println!("{WARN}{line}{WARN:#}"),
                _ => println!("{line}"),
            }
        }
    }
    for span in binlogs {
        let arguments = [("host", span.host.clone()), ("from", time(span.from_s)), ("to", time(span.to_s))];
        println!("{DIM}{}{DIM:#}", texts.get("backup-binlogs", &arguments));
    }
}

/// A backup that was just made.
pub fn taken(backup: &ListedBackup, removed: &[String], texts: &Texts) {
    let record = &backup.record;
    let arguments = [
        ("backup", record.name.clone()),
        ("host", record.host.clone()),
        ("size", size(record.stored_bytes)),
        ("raw", size(record.raw_bytes)),
        ("seconds", (record.ended_s - record.begun_s).to_string()),
    ];
    println!("{GOOD}✔{GOOD:#} {}", texts.get("backup-taken", &arguments));
    if let Some(v) = &backup.verified {
        let arguments = [
            ("tables", v.tables.to_string()),
            ("rows", v.rows.to_string()),
            ("seconds", format!("{:.1}", v.took_ms as f64 / 1000.0)),
        ];
        println!("{GOOD}✔{GOOD:#} {}", texts.get("backup-verified", &arguments));
    }
    for name in removed {
        println!("{DIM}{}{DIM:#}", texts.get("backup-removed", &[("backup", name.clone())]));
    }
}

/// What was in a restored instance.
pub fn restored(restored: &Restored, texts: &Texts) {
    let mut rows = vec![
        ["restore-column-schema", "restore-column-tables", "restore-column-rows"].map(|c| texts.plain(c)).to_vec(),
    ];
    rows.extend(restored.schemas.iter().map(|s| vec![s.name.clone(), s.tables.to_string(), s.rows.to_string()]));
    for (index, line) in table(&rows).iter().enumerate() {
        if index == 0 { println!("{BOLD}{line}{BOLD:#}") } else { println!("{line}") }
    }
    let mut arguments = vec![
        ("backup", restored.backup.clone()),
        ("host", restored.host.clone()),
        ("gtid", if restored.gtid.is_empty() { "-".to_owned() } else { restored.gtid.clone() }),
        ("tables", restored.checked.to_string()),
        ("seconds", format!("{:.1}", restored.took_ms as f64 / 1000.0)),
    ];
    println!("{GOOD}✔{GOOD:#} {}", texts.get("restore-done", &arguments));
    if let Some(of) = &restored.binlogs_of {
        arguments.push(("binlogs", restored.binlogs.to_string()));
        arguments.push(("of", of.clone()));
        arguments.push(("at", restored.reached_s.map_or_else(|| "-".to_owned(), time)));
        println!("  {}", texts.get("restore-replayed", &arguments));
    }
    if let Some(saved) = &restored.saved_as {
        println!("  {}", texts.get("restore-saved", &[("backup", saved.clone())]));
    }
    if let Some(loaded) = &restored.loaded {
        println!("{GOOD}✔{GOOD:#} {}", texts.get("restore-loaded", &[("schema", loaded.clone())]));
    }
}

/// What a host is doing, on a terminal.
pub struct BackupProgress<'t> {
    bar: ProgressBar,
    texts: &'t Texts,
}

impl<'t> BackupProgress<'t> {
    pub fn new(texts: &'t Texts) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, texts }
    }

    pub fn show(&self, host: &HostName, stage: &str, bytes: u64) {
        let words = self.texts.plain(&format!("backup-stage-{stage}"));
        let bytes = if bytes > 0 { format!("  {}", size(bytes)) } else { String::new() };
        self.bar.set_message(format!("{host}: {words}{bytes}"));
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_readable() {
        assert_eq!(
            [0, 1023, 1024, 5 << 20, (3 << 30) / 2].map(size),
            ["0 B", "1023 B", "1.0 KiB", "5.0 MiB", "1.5 GiB"]
        );
        let texts = Texts::choose(Some("en"));
        assert_eq!([90, 7200, 3 * 86_400].map(|s| age(s, &texts)), ["1 min", "2 h", "3 days"]);
    }
}
