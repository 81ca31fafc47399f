//! The agent's small HTTP server: many short questions, none of which may hold it up.
//!
//! One request for each connection, a bounded number of connections for each address, and a bounded time for each: a
//! client that reads or writes slowly costs itself only. The loopback address has its own bound, so that nobody
//! outside can keep keepalived's script from its answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

const CONNECTIONS: u32 = 512;
/// For a request's head to arrive.
const HEAD: Duration = Duration::from_secs(1);
/// For the whole connection.
const WHOLE: Duration = Duration::from_secs(3);
/// Between attempts to bind an address that is not there yet.
const AGAIN: Duration = Duration::from_millis(200);
/// For answers under way when the agent is told to stop.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves on `listen` and on the loopback address until SIGTERM or SIGINT.
pub async fn serve(listen: SocketAddr, router: Router) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut addresses = vec![listen];
    if !(listen.ip().is_loopback() || listen.ip().is_unspecified()) {
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())));
    }
    let doors: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
            (tokio::spawn(door(address, router.clone(), Arc::clone(&places))), places)
        })
        .collect();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("told to stop");
    for (door, _) in &doors {
        door.abort();
    }
    let _ = timeout(LAST_WORDS, async {
        for (_, places) in &doors {
            let _ = places.acquire_many(CONNECTIONS).await;
        }
    })
    .await;
    Ok(())
}

/// Accepts on one address, for ever.
async fn door(address: SocketAddr, router: Router, places: Arc<Semaphore>) {
    let listener = bind(address).await;
    loop {
        // The place comes first: without one, clients wait in the kernel's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    let _ = timeout(WHOLE, answer(stream, router)).await;
                    drop(place);
                });
            }
            // Such as too many open files: it passes, or it does not; no hurry either way.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn bind(address: SocketAddr) -> TcpListener {
    let mut told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!(%address, "listening");
                return listener;
            }
            Err(error) => {
                if !told {
                    tracing::warn!(%address, %error, "cannot listen yet");
                    told = true;
                }
                sleep(AGAIN).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router) -> Result<(), hyper::Error> {
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
