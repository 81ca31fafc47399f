//! The plan: per host and component what changes, with the difference of every file.

use anstream::println;
use model::Cluster;
use planner::{ChangeKind, Plan, PlannedChange};
use similar::{ChangeTag, TextDiff};

use super::{BAD, BOLD, DIM, GOOD, WARN};
use crate::text::Texts;

pub fn show(cluster: &Cluster, plan: &Plan, texts: &Texts) {
    for (host, note) in &plan.absent {
        println!("{BAD}✘{BAD:#} {host}: {}", texts.note(note));
    }
    if plan.is_empty() {
        let hosts = cluster.hosts.len() - plan.absent.len();
        println!("{GOOD}✔{GOOD:#} {}", texts.get("plan-empty", &[("hosts", hosts.to_string())]));
    }
    let mut number = 0;
    // By component, as `-j` numbers them; the order of the work is a graph that no list shows.
    let mut steps: Vec<_> = plan.steps.iter().collect();
    steps.sort_by_key(|s| s.number);
    for step in steps {
        if step.number != number {
            number = step.number;
            println!("{BOLD}{number:>2}  {}{BOLD:#}", texts.plain(&format!("component-{}", step.component)));
        }
        let stage = texts.plain(&format!("stage-{}", step.stage.id()));
        println!("    {BOLD}{}{BOLD:#} · {stage}  {DIM}{}{DIM:#}", step.host, step.id);
        if let Some(note) = &step.blocked {
            println!("      {BAD}✘ {}{BAD:#}", texts.note(note));
        }
        for change in &step.changes {
            show_change(change, texts);
        }
    }
    for (host, keys) in &plan.leftovers {
        let arguments = [("host", host.to_string()), ("keys", keys.join(", "))];
        println!("{WARN}!{WARN:#} {}", texts.get("plan-leftovers", &arguments));
    }
    if !plan.is_empty() {
        let blocked = plan.steps.iter().filter(|s| s.blocked.is_some()).count();
        let arguments = [
            ("steps", plan.steps.len().to_string()),
            ("hosts", plan.hosts().len().to_string()),
            ("blocked", blocked.to_string()),
        ];
        println!("{}", texts.get("plan-summary", &arguments));
    }
}

fn show_change(change: &PlannedChange, texts: &Texts) {
    let (style, sign, word) = match change.kind {
        ChangeKind::Create => (GOOD, '+', "change-create"),
        ChangeKind::Change => (WARN, '~', "change-change"),
        ChangeKind::Start => (GOOD, '▶', "change-start"),
        ChangeKind::Stop => (BAD, '■', "change-stop"),
        ChangeKind::Restart => (WARN, '↻', "change-restart"),
        ChangeKind::Reload => (GOOD, '↻', "change-reload"),
        ChangeKind::Enable => (GOOD, '+', "change-enable"),
    };
    let drift = if change.drift && change.kind == ChangeKind::Change {
        format!("  {WARN}{}{WARN:#}", texts.plain("change-drift"))
    } else {
        String::new()
    };
    println!("      {style}{sign}{style:#} {} {DIM}({}){DIM:#}{drift}", change.key, texts.plain(word));
    for aspect in &change.changes {
        if aspect.aspect == "content" {
            let diff = TextDiff::from_lines(&aspect.before, &aspect.after);
            for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
                for line in hunk.iter_changes() {
                    let text = line.value().trim_end_matches('\n');
                    match line.tag() {
                        ChangeTag::Delete => println!("          {BAD}-{text}{BAD:#}"),
                        ChangeTag::Insert => println!("          {GOOD}+{text}{GOOD:#}"),
                        ChangeTag::Equal => println!("          {DIM} {text}{DIM:#}"),
                    }
                }
            }
        } else if !aspect.after.is_empty() {
            println!("          {}: {} → {}", aspect.aspect, aspect.before, aspect.after);
        } else if aspect.aspect == "unknown" {
            println!("          {}", aspect.before);
        }
    }
}
