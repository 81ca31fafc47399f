//! Keeps etcd's leader off the host of the primary: [`failover::coordination`] says when, this asks and does it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use failover::coordination::{Coordinator, successor};
use host::clock;
use host::database::Site;
use host::etcd::{Access, Client, Trouble};

use crate::{Error, worker};

/// Between two questions to the own member.
const EACH: Duration = Duration::from_secs(2);
/// After the lead was handed on, or could not be: it does not go to and fro.
const REST: Duration = Duration::from_secs(10);
/// For an answer of one member.
const ASK: Duration = Duration::from_millis(500);
/// For the lead to be handed on: etcd itself gives up after several seconds.
const HAND_ON: Duration = Duration::from_secs(6);

/// Since when this host has been a primary with a synchronous host beside it.
pub type Settled = Arc<Mutex<Option<Duration>>>;

/// Starts looking, where this host has a member of etcd.
pub fn start(access: Access, site: &Site, settled: Settled) -> Result<(), Error> {
    let own = site.addresses.get(&site.me).copied();
    let Some(place) = access.endpoints.iter().position(|e| Some(e.ip()) == own) else { return Ok(()) };
    let databases: Vec<IpAddr> = site.addresses.values().copied().collect();
    worker::start("etcd-lead", move || {
        let mut member = Members { access, place, databases, own: None };
        loop {
            std::thread::sleep(EACH);
            let since = *settled.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(since) = since else { continue };
            match member.look(clock::now().saturating_sub(since)) {
                Ok(false) => {}
                Ok(true) => std::thread::sleep(REST),
                Err(trouble) => {
                    tracing::warn!(%trouble, "etcd's lead is not handed on");
                    std::thread::sleep(REST);
                }
            }
        }
    })
}

struct Members {
    access: Access,
    /// The own one's among the endpoints.
    place: usize,
    databases: Vec<IpAddr>,
    own: Option<Client>,
}

impl Members {
    /// Hands the lead on, if that is to be done; whether it did.
    fn look(&mut self, primary_for: Duration) -> Result<bool, Trouble> {
        let Some(endpoint) = self.access.endpoints.get(self.place).copied() else { return Ok(false) };
        let client = match self.own.take() {
            Some(client) => client,
            None => self.client(endpoint)?,
        };
        // One that does not answer does not lead for long.
        let Ok(own) = self.ask(&client, endpoint) else { return Ok(false) };
        let others = if own.leader == own.id { self.others() } else { vec![] };
        let Some(to) = successor(Some(primary_for), &own, &others) else {
            self.own = Some(client);
            return Ok(false);
        };
        client.hand_on(to, Instant::now() + HAND_ON)?;
        tracing::info!(to, "etcd's lead was handed on: the host of the primary should not have it");
        Ok(true)
    }

    fn others(&self) -> Vec<Option<Coordinator>> {
        let elsewhere = self.access.endpoints.iter().enumerate().filter(|(place, _)| *place != self.place);
        elsewhere.map(|(_, e)| self.client(*e).and_then(|client| self.ask(&client, *e)).ok()).collect()
    }

    fn client(&self, endpoint: SocketAddr) -> Result<Client, Trouble> {
        Client::new(&Access { endpoints: vec![endpoint], ..self.access.clone() })
    }

    fn ask(&self, client: &Client, endpoint: SocketAddr) -> Result<Coordinator, Trouble> {
        let status = client.status(Instant::now() + ASK)?;
        Ok(Coordinator {
            id: status.member().to_owned(),
            leader: status.leader.clone(),
            index: status.raft_index.parse().unwrap_or(0),
            database: self.databases.contains(&endpoint.ip()),
        })
    }
}
