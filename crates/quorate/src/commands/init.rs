//! `quorate init`: a cluster file to begin with.

use std::io::Write;
use std::process::ExitCode;

use wire::Note;

use crate::args::{InitArgs, PresetName};
use crate::exit;
use crate::failure::Failure;
use crate::text::Texts;

pub fn run(args: &InitArgs, _texts: &Texts) -> Result<ExitCode, Failure> {
    let preset = match args.preset {
        PresetName::Single => model::Preset::Single,
        PresetName::ThreeNode => model::Preset::ThreeNode,
        PresetName::FiveNode => model::Preset::FiveNode,
    };
    let text = model::preset(preset);
    let Some(path) = &args.output else {
        print!("{text}");
        return Ok(ExitCode::SUCCESS);
    };
    let mut file = std::fs::File::create_new(path).map_err(|e| {
        Failure::note(exit::USAGE, Note::new("file-not-written").with("path", path.display()).with("error", e))
    })?;
    file.write_all(text.as_bytes()).map_err(|e| Failure::plain(exit::FAILED, e.to_string()))?;
    Ok(ExitCode::SUCCESS)
}
