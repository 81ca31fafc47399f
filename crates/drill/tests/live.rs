//! The probes against a server of the test's own that stops and comes back. Databases and etcd are real ones only, in
//! the drills on lab hosts.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use components::Capability;
use drill::checker::{Gap, check, tally};
use drill::history::{History, Kind};
use drill::workload::{Error, Ingress, Pace, Targets, Traces, Workload};

const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\ndemo node7";

fn listen(address: &str) -> TcpListener {
    let socket = TcpListener::bind(address).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// Serves a page until `stop`; connections that come while `mute` are kept and never answered.
fn serve(socket: TcpListener, stop: Arc<AtomicBool>, mute: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let Ok((mut stream, _)) = socket.accept() else {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            if mute.load(Ordering::Relaxed) {
                kept.push(stream);
                continue;
            }
            stream.set_nonblocking(false).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(PAGE.as_bytes());
        }
    })
}

fn targets(address: SocketAddr) -> Targets {
    let page = Ingress { address, host: "demo".into(), path: "/healthz".into(), expected: "demo".into() };
    Targets { ingress: Some(page), ..Targets::default() }
}

fn pace() -> Pace {
    Pace { patience: Duration::from_millis(300), ..Pace::default() }
}

/// The longest gap of the pages: a busy machine may make short ones of its own.
fn gap(history: &History) -> Gap {
    let findings = check(history, None);
    let service = findings.service(Capability::Ingress).unwrap();
    *service.longest().unwrap()
}

fn until(what: &str, so: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(10);
    while !so() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_is_gone_for_a_while_shows_as_a_gap() {
    let (stop, mute) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let socket = listen("127.0.0.1:0");
    let address = socket.local_addr().unwrap();
    let server = serve(socket, Arc::clone(&stop), Arc::clone(&mute));
    let workload = Workload::start("d-1", &targets(address), &pace()).unwrap();
    until("it serves", || workload.serves(Capability::Ingress, Duration::from_millis(100)));

    let gone = workload.mark("going");
    stop.store(true, Ordering::Relaxed);
    server.join().unwrap();
    until("it does not serve", || !workload.serves(Capability::Ingress, Duration::from_millis(400)));
    stop.store(false, Ordering::Relaxed);
    let server = serve(listen(&address.to_string()), Arc::clone(&stop), mute);
    let back = workload.mark("back");
    until("it serves again", || workload.last_good(Capability::Ingress).is_some_and(|at| at > back));
    let history = workload.stop();
    stop.store(true, Ordering::Relaxed);
    server.join().unwrap();

    let gap = gap(&history);
    let outage = back - gone;
    assert!(outage >= 300_000 && gap.at_least <= outage, "{outage} {gap:?}");
    assert!(gap.observed.abs_diff(outage) < 150_000, "{outage} {gap:?}");
    assert_eq!(tally(&history, Capability::Ingress, gone + 50_000, back - 50_000).good, 0);
    assert!(history.operations.iter().any(|o| o.by() == Some("node7")));
    // Both kinds of probes saw it.
    assert!(check(&history, None).services.iter().all(|s| !s.gaps.is_empty()));
    assert_eq!(history.marks.len(), 2);
}

#[test]
fn a_server_that_hangs_delays_no_other_probe() {
    let (stop, mute) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    let socket = listen("127.0.0.1:0");
    let address = socket.local_addr().unwrap();
    let server = serve(socket, Arc::clone(&stop), Arc::clone(&mute));
    let workload = Workload::start("d-2", &targets(address), &pace()).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    mute.store(false, Ordering::Relaxed);
    let back = workload.mark("answers");
    until("it serves", || workload.last_good(Capability::Ingress).is_some());
    let history = workload.stop();
    stop.store(true, Ordering::Relaxed);
    server.join().unwrap();

    // As many as were due, though each took its whole patience.
    let pages = check(&history, None).services.into_iter().find(|s| s.kind == Kind::Http).unwrap();
    assert!(pages.failed >= 15, "{pages:?}");
    assert_eq!(history.operations.iter().filter(|o| o.outcome == drill::history::Outcome::Unsent).count(), 0);
    let connections = check(&history, None).services.into_iter().find(|s| s.kind == Kind::Connect).unwrap();
    assert_eq!(connections.failed, 0, "its port was open all the time");
    assert!(gap(&history).observed.abs_diff(back) < 200_000);
}

#[test]
fn names_that_cannot_name_a_table_are_refused() {
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    for name in ["", "D", "a b", "a'b", "a/b", &"a".repeat(41)] {
        assert!(matches!(Traces::new(name, &targets(address)), Err(Error::Name(_))), "{name}");
    }
    assert!(matches!(Traces::new("d", &Targets::default()), Err(Error::NoTargets)));
    let traces = Traces::new("d", &targets(address)).unwrap();
    assert!(traces.residue().unwrap().is_empty() && traces.read_back().copies.is_empty() && traces.clean_up().is_ok());
}
