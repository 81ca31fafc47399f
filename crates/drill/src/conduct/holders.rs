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
use crate::prediction::Holding;
use crate::verdict::HolderObservation;

const EVERY: Duration = Duration::from_millis(150);
/// An answer that comes later tells of another moment.
const LIMIT: Duration = Duration::from_millis(400);

/// At one moment, by the clients' clock.
#[derive(Clone, Debug)]
struct Sample {
    at: u64,
    holders: Holding,
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
            at_fault: self.before(span.injected),
        }
    }

    /// Who was last seen with each address before that.
    fn before(&self, at: u64) -> Holding {
        self.0.iter().filter(|s| s.at < at).flat_map(|s| s.holders.clone()).collect()
    }

    /// The longest time between the first and the last of consecutive samples that saw two holders of one address. A
    /// single one counts nothing: hosts answer within some milliseconds of each other, and an address may move between.
    fn longest(&self, counts: impl Fn(&Sample) -> bool) -> u64 {
        let mut longest = 0;
        let mut since: BTreeMap<IpAddr, u64> = BTreeMap::new();
        for sample in &self.0 {
            let several = |address: &IpAddr| counts(sample) && sample.holders.get(address).is_some_and(|h| h.len() > 1);
            // An address that nobody holds is not in the sample at all.
            since.retain(|address, _| several(address));
            for address in sample.holders.keys().filter(|a| several(a)) {
                let from = *since.entry(*address).or_insert(sample.at);
                longest = longest.max(sample.at - from);
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
    let mut holders = Holding::new();
    for (host, answer) in answers {
        let Ok(Reply::Probed(reports)) = answer else { continue };
        for report in reports.iter().filter(|r| r.readings.get("holds").is_some_and(|h| h == "yes")) {
            let address = probes.get(&host).into_iter().flatten().find(|p| p.name == report.name);
            if let Some(ProbeKind::Holds { address }) = address.map(|p| &p.kind) {
                holders.entry(*address).or_default().insert(host.clone());
            }
        }
    }
    Sample { at, holders }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));
    const SPAN: Moments = Moments { injected: 1_000_000, judged: 1_500_000, undone: 2_000_000 };

    fn host(number: usize) -> HostName {
        format!("node{number}").as_str().into()
    }

    /// Samples by their milliseconds; an address that nobody holds is not in a sample.
    fn sampled(samples: &[(u64, &[(IpAddr, usize)])]) -> Sampled {
        let sample = |(ms, holders): &(u64, &[(IpAddr, usize)])| Sample {
            at: ms * 1000,
            holders: holders.iter().map(|(address, count)| (*address, (0..*count).map(host).collect())).collect(),
        };
        Sampled(samples.iter().map(sample).collect())
    }

    /// Milliseconds with two holders: while they heard each other, and while they did not.
    fn two(samples: &[(u64, &[(IpAddr, usize)])]) -> (u64, u64) {
        let seen = sampled(samples).observation(&SPAN);
        assert_eq!(seen.samples, samples.len() as u64);
        (seen.two_ms, seen.two_apart_ms)
    }

    #[test]
    fn one_holder_at_a_time_counts_nothing() {
        assert_eq!(two(&[]), (0, 0));
        assert_eq!(two(&[(0, &[(A, 1), (B, 1)]), (150, &[]), (300, &[(A, 1)])]), (0, 0));
    }

    #[test]
    fn a_single_sample_of_two_counts_nothing() {
        assert_eq!(two(&[(0, &[(A, 1)]), (150, &[(A, 2)]), (300, &[(A, 1)])]), (0, 0));
    }

    #[test]
    fn consecutive_samples_count_from_the_first_to_the_last() {
        assert_eq!(two(&[(0, &[(A, 2)]), (150, &[(A, 2)]), (310, &[(A, 3)]), (450, &[(A, 1)])]), (310, 0));
    }

    #[test]
    fn what_is_interrupted_begins_anew() {
        for between in [&[(A, 1)][..], &[]] {
            assert_eq!(two(&[(0, &[(A, 2)]), (150, between), (300, &[(A, 2)]), (400, &[(A, 2)])]), (100, 0));
        }
    }

    #[test]
    fn each_address_counts_for_itself() {
        assert_eq!(two(&[(0, &[(A, 2)]), (150, &[(B, 2)]), (300, &[(A, 2)])]), (0, 0));
        assert_eq!(two(&[(0, &[(A, 2), (B, 2)]), (150, &[(A, 2), (B, 1)]), (300, &[(A, 2)])]), (300, 0));
    }

    #[test]
    fn who_held_an_address_when_the_fault_came() {
        let seen = sampled(&[(800, &[(A, 1), (B, 1)]), (900, &[(A, 1)]), (1000, &[(A, 2)]), (1100, &[(B, 2)])]);
        let one = std::collections::BTreeSet::from([host(0)]);
        assert_eq!(seen.observation(&SPAN).at_fault, [(A, one.clone()), (B, one)].into());
    }

    #[test]
    fn apart_is_from_the_fault_until_it_is_undone() {
        let both: &[(IpAddr, usize)] = &[(A, 2)];
        assert_eq!(two(&[(1000, both), (1400, both), (1999, both)]), (0, 999));
        assert_eq!(two(&[(900, both), (999, both), (1000, both), (2000, both), (2300, both)]), (300, 0));
        assert_eq!(two(&[(1100, both), (1900, both), (2000, both), (2150, both), (2300, both)]), (300, 800));
    }
}
