//! `quorate db`: everything that is done to the database by hand. One file per subcommand.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::text::Texts;

#[derive(Debug, Args)]
pub struct DbArgs {
    #[command(subcommand)]
    pub action: DbAction,
}

#[derive(Debug, Subcommand)]
pub enum DbAction {}

pub fn run(args: DbArgs, _texts: &Texts) -> Result<ExitCode, Failure> {
    match args.action {}
}
