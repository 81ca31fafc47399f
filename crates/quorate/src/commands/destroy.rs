//! `quorate destroy`: takes back everything that `apply` made.

use std::io::IsTerminal;
use std::process::ExitCode;

use anstream::println;
use ssh::Limits;
use wire::Note;

use crate::args::DestroyArgs;
use crate::context::{self, Context};
use crate::exit;
use crate::failure::Failure;
use crate::text::Texts;

pub fn run(args: &DestroyArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    let name = &context.cluster.name;
    let typed = match &args.yes {
        Some(given) => given.clone(),
        None if std::io::stdin().is_terminal() => {
            context::ask(&texts.get("destroy-question", &[("cluster", name.clone())]))
        }
        None => String::new(),
    };
    if typed != *name {
        return Err(Failure::note(exit::USAGE, Note::new("destroy-declined").with("cluster", name)));
    }
    let (runtime, mut fleet) = context.connect(&args.file, Limits::default(), texts)?;
    let run = format!("destroy-{}", std::process::id());
    let withdrawn = runtime.block_on(runner::destroy::destroy(
        &context.cluster,
        &mut fleet,
        &context::holder(),
        &run,
        args.delete_data,
    ))?;
    let mut code = if fleet.absent.is_empty() { exit::DONE } else { exit::FAILED };
    if args.json {
        let shown: std::collections::BTreeMap<_, _> = withdrawn
            .iter()
            .map(|(h, o)| {
                let value = match o {
                    Ok((removed, kept)) => serde_json::json!({ "removed": removed, "kept": kept }),
                    Err(note) => serde_json::json!({ "failed": note }),
                };
                (h.to_string(), value)
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&shown).unwrap_or_default());
    }
    for (host, outcome) in &withdrawn {
        match outcome {
            Ok((removed, kept)) if !args.json => {
                let arguments = [
                    ("host", host.to_string()),
                    ("removed", removed.len().to_string()),
                    ("kept", kept.len().to_string()),
                ];
                println!("{}", texts.get("destroy-host", &arguments));
                for key in kept.iter().filter(|k| !k.starts_with("directory:/etc/systemd")) {
                    println!("    {}", texts.get("destroy-kept", &[("key", key.clone())]));
                }
            }
            Ok(_) => {}
            Err(note) => {
                code = exit::FAILED;
                eprintln!("{host}: {}", texts.note(note));
            }
        }
    }
    for (host, note) in &fleet.absent {
        eprintln!("{host}: {}", texts.note(note));
    }
    if code == exit::DONE {
        // A cluster of the same name, made anew, must not be taken for this one; its runs and root key stay.
        for file in ["memory.json", "known_hosts"] {
            let _ = std::fs::remove_file(context.directory.join(file));
        }
    }
    Ok(ExitCode::from(code))
}
