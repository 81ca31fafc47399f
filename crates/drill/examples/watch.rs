//! Runs the workload against a cluster for some seconds while something else breaks it, and prints the findings: for
//! looking at a fault that no drill knows.
//!
//! ```text
//! cargo run -p drill --example watch -- STATE.json SECONDS [HISTORY]
//! ```
//!
//! The state is a copy of a control host's `/var/lib/quorate/state.json`. It holds every secret of the cluster: keep it
//! where only root reads it, and delete it afterwards.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use components::Capability;
use drill::checker::check;
use drill::workload::{Pace, Targets, Traces, Workload};
use time::OffsetDateTime;
use wire::ClusterState;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [state, seconds, rest @ ..] = words.as_slice() else {
        return Err("usage: watch STATE.json SECONDS [HISTORY]".into());
    };
    let state: ClusterState = serde_json::from_reader(File::open(state)?)?;
    let cluster = model::parse(&state.file).map_err(|e| format!("the cluster file is wrong: {e:?}"))?;
    let now = OffsetDateTime::now_utc();
    let drill = format!("watch-{}", now.unix_timestamp());
    let targets = Targets::of(&cluster, &state.secrets, now)?;
    let traces = Traces::new(&drill, &targets)?;
    let workload = Workload::start(&drill, &targets, &Pace::default())?;
    for _ in 0..seconds.parse()? {
        std::thread::sleep(Duration::from_secs(1));
        let serves = |c| if workload.serves(c, Duration::from_millis(500)) { c.id() } else { "-" };
        let all = [Capability::Database, Capability::Coordination, Capability::Ingress].map(serves);
        println!("{:>5.1} s  {}", workload.now() as f64 / 1e6, all.join(" "));
    }
    let history = workload.stop();
    if let [path] = rest {
        let mut to = BufWriter::new(File::create(path)?);
        history.save(&mut to)?;
        to.flush()?;
    }
    let last = traces.read_back();
    for copy in &last.copies {
        let count = copy.values.as_ref().map_or_else(Clone::clone, |v| v.len().to_string());
        println!("{} of {}: {count}", copy.host.as_deref().unwrap_or("what applications see"), copy.capability.id());
    }
    let findings = check(&history, Some(&last));
    println!("{} operations; contradictions: {:?}", history.operations.len(), findings.faults());
    println!("{}", serde_json::to_string_pretty(&findings)?);
    traces.clean_up()?;
    println!("left: {:?}", traces.residue()?);
    Ok(())
}
