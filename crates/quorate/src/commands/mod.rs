//! One file per subcommand.

pub mod alerts;
pub mod apply;
pub mod check;
pub mod db;
pub mod destroy;
pub mod drill;
pub mod init;
pub mod lab;
pub mod plan;
pub mod schema;
pub mod secret;
pub mod status;
pub mod survive;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::text::Texts;
use crate::{context, exit};

/// `quorate lab`, with the cluster file read that it may take its hosts from.
pub fn lab_with_file(args: lab::LabArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let cluster = match args.file() {
        Some(path) => Some(context::read(path, texts)?.0),
        None => None,
    };
    lab::run(args, cluster.as_ref()).map_err(|e| Failure::plain(exit::FAILED, e.to_string()))
}
