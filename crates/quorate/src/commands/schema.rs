//! `quorate schema`: the JSON Schema of cluster files.

use std::process::ExitCode;

use crate::failure::Failure;

pub fn run() -> Result<ExitCode, Failure> {
    println!("{:#}", model::schema());
    Ok(ExitCode::SUCCESS)
}
