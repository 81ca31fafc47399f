//! Probes through the platform's endpoint: a page and a bare connection, each anew and each at its time, whatever
//! became of those before. One thread for all of them, for many may hang at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use components::Capability;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::pace::{bound, micros};
use super::recorder::Recorder;
use super::{Error, Ingress, Pace, Work};
use crate::history::{Act, Client, Kind, Operation, Outcome};

/// No page that a probe reads is longer.
const LONGEST: u64 = 64 * 1024;

pub(super) fn clients(recorder: &Arc<Recorder>, target: &Ingress, pace: &Pace) -> Result<Work, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    let client = |name: &str, kind| {
        recorder.client(Client {
            name: name.to_owned(),
            capability: Capability::Ingress,
            kind,
            member: None,
            interval: micros(pace.probe),
            patience: micros(pace.patience),
        })
    };
    let page = client("platform-page", Kind::Http);
    let connection = client("platform-connection", Kind::Connect);
    let (recorder, target, interval, patience) =
        (Arc::clone(recorder), Arc::new(target.clone()), pace.probe, pace.patience);
    Ok(Box::new(move || {
        let address = target.address;
        let ask = {
            let recorder = Arc::clone(&recorder);
            async move {
                each(&recorder, page, interval, patience, || {
                    let target = Arc::clone(&target);
                    async move { ask(&target).await }
                })
                .await;
            }
        };
        let connect = each(&recorder, connection, interval, patience, || connect(address));
        runtime.block_on(async { tokio::join!(ask, connect) });
    }))
}

/// Sends one probe after the other until the workload stops, and waits for the last ones.
async fn each<F>(recorder: &Arc<Recorder>, client: u16, interval: Duration, patience: Duration, probe: impl Fn() -> F)
where
    F: Future<Output = Result<Option<String>, String>> + Send + 'static,
{
    let most = bound(interval, patience, 1) + 8;
    let mut on_their_way = JoinSet::new();
    let mut due = Instant::now();
    while !recorder.stopped() {
        due += interval;
        sleep_until(due).await;
        while on_their_way.try_join_next().is_some() {}
        let late = micros(due.elapsed());
        let sent = recorder.now();
        if on_their_way.len() >= most {
            let (act, outcome) = (Act::Probe, Outcome::Unsent);
            recorder.record(Operation { client, sent, ended: sent, late, act, outcome });
            continue;
        }
        let (recorder, probe) = (Arc::clone(recorder), probe());
        on_their_way.spawn(async move {
            let outcome = match timeout(patience, probe).await {
                Ok(Ok(by)) => Outcome::Acknowledged { by },
                Ok(Err(words)) => Outcome::Refused(words),
                Err(_) => Outcome::Unknown("no answer in time".to_owned()),
            };
            recorder.record(Operation { client, sent, ended: recorder.now(), late, act: Act::Probe, outcome });
        });
    }
    while on_their_way.join_next().await.is_some() {}
}

async fn connect(address: SocketAddr) -> Result<Option<String>, String> {
    TcpStream::connect(address).await.map(|_| None).map_err(|e| e.to_string())
}

/// Asks for the page; the host that answered, if the page says.
async fn ask(target: &Ingress) -> Result<Option<String>, String> {
    let page = page(target).await.map_err(|e| e.to_string())?;
    let page = String::from_utf8_lossy(&page);
    let status = page.strip_prefix("HTTP/1.").and_then(|p| p.split(' ').nth(1)).unwrap_or("no status");
    let body = page.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    if status != "200" {
        return Err(format!("answered with {status}"));
    }
    let rest = body.split_once(&target.expected).map(|(_, rest)| rest);
    let rest = rest.ok_or_else(|| format!("answered with a page without {:?}", target.expected))?;
    Ok(rest.strip_prefix(' ').and_then(|r| r.split_whitespace().next()).map(str::to_owned))
}

async fn page(target: &Ingress) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(target.address).await?;
    let Ingress { host, path, .. } = target;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: quorate\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = Vec::new();
    stream.take(LONGEST).read_to_end(&mut page).await?;
    Ok(page)
}
