//! The daemon on each host: it answers what only the host itself can say — may this host's database be written, is
//! its gateway serving — for HAProxy and keepalived, within microseconds and failing safe.
//!
//! Background threads look (`database`, `checks`) and put what they saw on the [`board`]; the [`server`] only reads
//! the board, and an answer that has grown old is a "no". [`election`] decides, without I/O, which database may be
//! written. [`ask`] is the other end, for keepalived's scripts.

mod ask;
mod board;
mod checks;
mod config;
mod database;
pub mod election;
mod metrics;
pub mod recover;
pub mod replication;
mod routes;
mod server;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use host::clock;

pub use ask::ask;
pub use board::{Answer, Board, Verdict};
pub use config::Config;
pub use routes::router;

/// Where a host's agent finds its configuration.
pub const CONFIG: &str = "agent.json";

/// Why the agent cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the agent's configuration {}: {source}; `quorate apply` writes it", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the agent's configuration {} is damaged: {source}; `quorate apply` writes it anew", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
    #[error("the agent cannot start {what}: {source}")]
    Start { what: &'static str, source: std::io::Error },
}

/// Runs the daemon until it is told to stop (SIGTERM or SIGINT). Blocks.
pub fn run(config_path: &Path) -> Result<(), Error> {
    // A caller that has set up its own logging keeps it.
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).without_time().compact().try_init();
    let config = Arc::new(Config::load(config_path)?);
    let board = Arc::new(Board::new(&config.host));
    database::start(&config, &board)?;
    checks::start("gateway", &config.gateway, checks::VERDICT, &board)?;
    checks::start("balancer", &config.balancer, checks::VERDICT, &board)?;
    checks::start("others", &config.others, checks::METRIC, &board)?;
    // Its answers come from memory: one thread is enough, and nothing that could hang runs on it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Start { what: "its server", source })?;
    let served = runtime.block_on(server::serve(config.listen, router(board)));
    // What still hangs in a call must not keep the process.
    runtime.shutdown_background();
    served.map_err(|source| Error::Start { what: "its signal handlers", source })
}
