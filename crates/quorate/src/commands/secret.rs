//! `quorate secret show`: hands out a password that was generated for an account.

use std::process::ExitCode;

use ssh::Limits;
use wire::Note;

use crate::args::{SecretAction, SecretArgs};
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::text::Texts;

pub fn run(args: &SecretArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let SecretAction::Show { name, file } = &args.action;
    let context = Context::load(&file.file, texts)?;
    let (runtime, mut fleet) = context.connect(file, Limits::default(), texts)?;
    let secrets = runtime.block_on(runner::apply::kept_secrets(&context.cluster, &mut fleet))?;
    let Some(password) = secrets.passwords.get(name) else {
        let known = secrets.passwords.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::note(exit::USAGE, Note::new("secret-unknown").with("name", name).with("known", known)));
    };
    println!("{}", password.expose());
    Ok(ExitCode::SUCCESS)
}
