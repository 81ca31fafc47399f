//! Who holds the virtual IPs, several times a second, as far as hosts can be asked. A host that does not answer holds
//! nothing that anybody could reach; one that comes back is asked as soon as it is connected to.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{Cluster, HostName};
use runner::Fleet;
use runner::link::Link;
use tokio::runtime::Runtime;
use wire::{Probe, ProbeKind, Reply, Request};

use super::seen::Moments;
use crate::verdict::HolderObservation;

const EVERY: Duration = Duration::from_millis(150);
/// An answer that comes later tells of another moment.
const LIMIT: Duration = Duration::from_millis(400);

/// At one moment, by the clients' clock: address → how many hosts hold it.
#[derive(Clone, Debug)]
struct Sample {
    at: u64,
    holders: BTreeMap<IpAddr, usize>,
}

pub(super) struct Holders {
    samples: Arc<Mutex<Vec<Sample>>>,
    task: tokio::task::JoinHandle<()>,
    begun: Instant,
    zero: u64,
}

/// What was sampled.
pub(super) struct Sampled(Vec<Sample>);

impl Holders {
    /// Begins to sample; `now` is the clients' clock.
    pub fn start(runtime: &Runtime, cluster: &Cluster, fleet: &Fleet, now: u64) -> Self {
        let samples: Arc<Mutex<Vec<Sample>>> = Arc::default();
        let (into, links, probes, begun) = (Arc::clone(&samples), fleet.links.clone(), probes(cluster), Instant::now());
        let task = runtime.spawn(async move {
            loop {
                let sample = sample(&links, &probes, now, begun).await;
                into.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                tokio::time::sleep(EVERY).await;
            }
        });
        Self { samples, task, begun, zero: now }
    }

    /// One sample over other connections, such as those to a host that has come back.
    pub fn look(&self, runtime: &Runtime, cluster: &Cluster, fleet: &Fleet) {
        let taken = runtime.block_on(sample(&fleet.links, &probes(cluster), self.zero, self.begun));
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
    }

    pub fn stop(self) -> Sampled {
        self.task.abort();
        let mut samples = std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner));
        samples.sort_by_key(|s| s.at);
        Sampled(samples)
    }
}

impl Sampled {
    pub fn observation(&self, span: &Moments) -> HolderObservation {
        let apart = |s: &Sample| s.at >= span.injected && s.at < span.undone;
        HolderObservation {
            samples: self.0.len() as u64,
            two_ms: self.longest(|s| !apart(s)),
            two_apart_ms: self.longest(apart),
        }
    }

    /// The longest time between the first and the last of consecutive samples that saw two holders of one address. A
    /// single one counts nothing: hosts answer within some milliseconds of each other, and an address may move between.
    fn longest(&self, counts: impl Fn(&Sample) -> bool) -> u64 {
        let mut longest = 0;
        let mut since: BTreeMap<IpAddr, u64> = BTreeMap::new();
        for sample in &self.0 {
            for (address, holders) in &sample.holders {
                if *holders > 1 && counts(sample) {
                    let from = *since.entry(*address).or_insert(sample.at);
                    longest = longest.max(sample.at - from);
                } else {
                    since.remove(address);
                }
            }
        }
        longest / 1000
    }
}

fn probes(cluster: &Cluster) -> BTreeMap<HostName, Vec<Probe>> {
    let of = |host: &model::Host| {
        let vips = cluster.vips().filter(|(_, v)| v.candidates.contains(&host.name));
        vips.map(|(endpoint, vip)| Probe {
            component: "vip".to_owned(),
            name: endpoint.name.clone(),
            kind: ProbeKind::Holds { address: vip.address },
        })
        .collect()
    };
    cluster.hosts.iter().map(|h| (h.name.clone(), of(h))).collect()
}

async fn sample(
    links: &BTreeMap<HostName, Link>,
    probes: &BTreeMap<HostName, Vec<Probe>>,
    zero: u64,
    begun: Instant,
) -> Sample {
    let at = zero + u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let answers = runner::fleet::ask(links, LIMIT, |host| {
        let probes = probes.get(host).filter(|p| !p.is_empty())?.clone();
        Some(Request::Probe { probes })
    })
    .await;
    let mut holders: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for (host, answer) in answers {
        let Ok(Reply::Probed(reports)) = answer else { continue };
        for report in reports.iter().filter(|r| r.readings.get("holds").is_some_and(|h| h == "yes")) {
            let address = probes.get(&host).into_iter().flatten().find(|p| p.name == report.name);
            if let Some(ProbeKind::Holds { address }) = address.map(|p| &p.kind) {
                *holders.entry(*address).or_default() += 1;
            }
        }
    }
    Sample { at, holders }
}
