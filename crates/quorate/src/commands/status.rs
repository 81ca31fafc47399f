//! `quorate status`: what works, what more may fail, and what is wrong.

use std::process::ExitCode;
use std::time::Duration;

use planner::health::State;
use ssh::Limits;

use crate::args::StatusArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::Texts;
use crate::{exit, render};

/// A dead host must not keep the answer about the others: a host on the same network connects in milliseconds.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(1000),
    login: Duration::from_millis(1000),
    start: Duration::from_secs(5),
    keepalive: Duration::from_secs(5),
    keepalive_max: 2,
};
/// Probes bound themselves to about a second.
const PROBES: Duration = Duration::from_millis(3000);
const PAUSE: Duration = Duration::from_secs(2);

pub fn run(args: &StatusArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let context = Context::load(&args.file.file, texts)?;
    let watching = args.watch && !args.json;
    loop {
        let (runtime, mut fleet) = context.connect(&args.file, LIMITS, texts)?;
        let health = runtime.block_on(runner::status::status(&context.cluster, &mut fleet, PROBES));
        if args.json {
            println!("{}", render::status::json(&health, texts));
        } else {
            if watching {
                // Home and clear: the next picture replaces the last.
                print!("\x1b[H\x1b[2J");
            }
            render::status::show(&health, texts);
        }
        if !args.watch {
            return Ok(ExitCode::from(match health.state {
                State::Healthy => exit::DONE,
                State::Degraded => exit::DEGRADED,
                State::Lost => exit::LOST,
            }));
        }
        drop((fleet, runtime));
        std::thread::sleep(PAUSE);
    }
}
