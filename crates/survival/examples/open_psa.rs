//! Analyses an Open-PSA model and prints what it found as JSON, or writes its first tree back: for measuring the
//! engine without the rest.
//!
//! `open_psa [--order K] [--list N] [--importance] [--no-probability] [--common-cause] [--nodes N] [--write] FILE…`

use std::process::ExitCode;

use serde_json::{Value, json};
use survival::diagram::{Analysis, AnalysisError, Limits};
use survival::fault_tree::FaultTree;
use survival::open_psa::{Options, Source, read, write};

#[derive(Default)]
struct Asked {
    order: Option<usize>,
    list: usize,
    importance: bool,
    no_probability: bool,
    common_cause: bool,
    nodes: Option<usize>,
    write: bool,
    files: Vec<String>,
}

fn arguments() -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().and_then(|n| n.parse().ok()).ok_or_else(|| format!("{argument} needs a number"));
        match argument.as_str() {
            "--order" => asked.order = Some(number()?),
            "--list" => asked.list = number()?,
            "--nodes" => asked.nodes = Some(number()?),
            "--write" => asked.write = true,
            "--importance" => asked.importance = true,
            "--no-probability" => asked.no_probability = true,
            "--common-cause" => asked.common_cause = true,
            _ => asked.files.push(argument),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    match arguments().and_then(|asked| answer(&asked)) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn answer(asked: &Asked) -> Result<String, String> {
    let texts = asked.files.iter().map(|file| std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}")));
    let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
    let sources: Vec<Source<'_>> = asked.files.iter().zip(&texts).map(|(name, text)| Source { name, text }).collect();
    let options = Options { common_cause: asked.common_cause, ..Options::default() };
    let model = read(&sources, options).map_err(|e| e.to_string())?;
    if let (true, Some(top)) = (asked.write, model.tops.first()) {
        return Ok(write(&model.fault_tree(top)));
    }
    let mut tops = Vec::new();
    for top in &model.tops {
        let mut found = analysed(asked, &model.fault_tree(top)).map_err(|e| e.to_string())?;
        found["faultTree"] = json!(top.fault_tree);
        found["gate"] = json!(top.gate);
        tops.push(found);
    }
    Ok(json!({ "tops": tops, "notes": model.notes }).to_string())
}

fn analysed(asked: &Asked, tree: &FaultTree) -> Result<Value, AnalysisError> {
    let limits = Limits::default();
    let mut analysis = Analysis::new(tree, Limits { nodes: asked.nodes.unwrap_or(limits.nodes), ..limits })?;
    let counts = analysis.cut_set_counts(asked.order)?;
    let by_order: Vec<String> = counts.by_order.iter().map(ToString::to_string).collect();
    let mut found = json!({ "cutSets": { "byOrder": by_order, "limited": counts.limited } });
    if asked.list > 0 {
        let named = |set: Vec<_>| {
            set.into_iter().map(|event: survival::fault_tree::EventId| &tree.events[event.0].name).collect()
        };
        let sets: Vec<Vec<&String>> = analysis.cut_sets(asked.order, asked.list)?.into_iter().map(named).collect();
        found["smallest"] = json!(sets);
    }
    if !asked.no_probability {
        found["probability"] = json!(analysis.probability()?);
        found["diagramSize"] = json!(analysis.diagram_size()?);
    }
    if asked.importance {
        let row = |i: survival::diagram::Importance| json!({ "event": tree.events[i.event.0].name, "mif": i.birnbaum, "cif": i.fussell_vesely, "dif": i.diagnosis, "raw": i.raw, "rrw": i.rrw });
        found["importance"] = analysis.importance()?.into_iter().map(row).collect();
    }
    Ok(found)
}
