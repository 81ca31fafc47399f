//! The replicated database: the driver that carries out on this host what the failover protocol decides.
//!
//! One thread runs the protocol: events come in over its [`Inbox`], actions go out to lanes that do one thing at a time
//! each: the store, the lease, reports, the door, the server. A kill waits for no lane. `watch` looks at etcd and at
//! the server, `canary` writes, `coordination` keeps etcd's leader elsewhere, `socket` takes orders and questions,
//! `show` puts what is known into words.

mod canary;
mod config;
mod coordination;
mod door;
mod driver;
mod lease;
mod show;
mod socket;
mod store;
mod watch;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::time::Duration;

use failover::{Event, Node};
use host::database::{Gate, Site, Tasks, Trust};
use host::etcd::Access;
use wire::replication::{Ask, Told};

pub use config::{Replication, Vip};

use crate::board::Board;
use crate::config::Config;
use crate::{Error, worker};

/// The server's own certificate, with which a replica proves itself.
const SERVER_CERTIFICATES: &str = "/etc/quorate/mariadb";
/// Before what has to be there at the start is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What reaches the protocol's thread.
enum Input {
    Event(Event),
    /// A claim ended; the lease that it has if it succeeded.
    Claimed {
        event: Event,
        lease: u64,
    },
    /// A look, with how far the server is behind its source.
    Seen {
        event: Event,
        lag: Option<Duration>,
    },
    Asked {
        ask: Ask,
        answer: SyncSender<Told>,
    },
}

/// The protocol's ear.
#[derive(Clone)]
struct Inbox(Sender<Input>);

impl Inbox {
    fn event(&self, event: Event) {
        self.put(Input::Event(event));
    }

    fn put(&self, input: Input) {
        // Whoever would hear it is gone only when the process ends.
        let _ = self.0.send(input);
    }
}

/// Starts this host's part, if it has one.
pub fn start(config: &Arc<Config>, board: &Arc<Board>) -> Result<(), Error> {
    let Some(replication) = config.replication.clone() else { return Ok(()) };
    let board = Arc::clone(board);
    worker::start("failover", move || run(&replication, &board))
}

fn run(config: &Replication, board: &Arc<Board>) {
    let (sender, inputs) = channel();
    let inbox = Inbox(sender);
    let site = config.site();
    let gate = Gate { port: config.port, replication_port: config.replication_port };
    // Nothing is decided before the gate stands.
    while let Err(error) = gate.prepare() {
        tracing::error!(%error, "the gate cannot be set up");
        std::thread::sleep(AGAIN);
    }
    let kept = lease::kept();
    let node = Node::new(config.settings.clone(), kept.map(|held| held.lease));
    let parts = driver::Parts { config, site, gate, inbox, board };
    match driver::Driver::start(parts, node, kept) {
        Ok(mut driver) => driver.run(&inputs),
        // Without its threads the agent is of no use; systemd starts it anew.
        Err(error) => {
            tracing::error!(%error, "the agent cannot start its part in the replication");
            std::process::abort();
        }
    }
}

impl Replication {
    fn site(&self) -> Site {
        Site {
            me: self.settings.me.clone(),
            addresses: self.addresses.clone(),
            port: self.port,
            replication_port: self.replication_port,
            unit: self.unit.clone(),
            data_dir: self.data_dir.clone(),
        }
    }

    fn access(&self) -> Access {
        self.etcd.clone()
    }

    fn trust(&self) -> Trust {
        let Access { ca, certificate, key, .. } = self.etcd.clone();
        Trust { ca, certificate, key }
    }

    fn tasks(&self, site: Site, gate: Gate) -> Tasks {
        let certificates = PathBuf::from(SERVER_CERTIFICATES);
        // Where the configuration names none, the first one is as good: nobody else is told it.
        let server_id = self.server_ids.get(&self.settings.me).copied().unwrap_or(1);
        Tasks { site, gate, server_id, certificates, copy_port: self.copy_port, trust: self.trust() }
    }

    fn address(&self) -> Option<host::database::Vip> {
        let Vip { address, prefix, interface } = self.vip.clone()?;
        Some(host::database::Vip { address, prefix, interface })
    }
}

/// Gives copies of the data to the other database hosts, for ever.
fn give(config: &Replication, site: Site) -> Result<(), Error> {
    let trust = config.trust();
    let Some(own) = config.addresses.get(&site.me).copied() else { return Ok(()) };
    let port = config.copy_port;
    worker::start("copies", move || {
        let listener = loop {
            match TcpListener::bind((own, port)) {
                Ok(listener) => break listener,
                Err(error) => {
                    tracing::warn!(%error, port, "cannot listen for hosts that need a copy yet");
                    std::thread::sleep(AGAIN);
                }
            }
        };
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                std::thread::sleep(AGAIN);
                continue;
            };
            let (trust, site) = (trust.clone(), site.clone());
            let giving = std::thread::Builder::new().name("copy".to_owned()).spawn(move || {
                if let Err(error) = host::database::give(stream, &trust, &site) {
                    tracing::warn!(%error, "a copy was not given");
                }
            });
            if let Err(error) = giving {
                tracing::warn!(%error, "a copy was not given");
            }
        }
    })
}
