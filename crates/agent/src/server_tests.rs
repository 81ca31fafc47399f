//! The server, asked over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream as Client;
use std::time::Instant;

use super::*;
use crate::board::{Answer, Board};
use crate::router;

/// A server on a free loopback port with this board; it lives as long as the runtime that is returned.
fn server(board: &Arc<Board>, places: usize) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    runtime.spawn(door(free, router(Arc::clone(board)), Arc::new(Semaphore::new(places))));
    let deadline = Instant::now() + Duration::from_secs(5);
    while Client::connect(free).is_err() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    (runtime, free)
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut client = Client::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.0\r\n\r\n"))
}

#[test]
fn verdicts_are_answered_from_the_board() {
    let board = Arc::new(Board::new("node1"));
    let (_runtime, address) = server(&board, 8);
    let starting = get(address, "/verdict/database");
    assert!(starting.starts_with("HTTP/1.0 503") && starting.contains("agent-starting"), "{starting}");

    board.publish("database", Answer { ok: true, ..Answer::default() });
    assert!(get(address, "/verdict/database").starts_with("HTTP/1.0 200"));
    let note = Some(wire::Note::new("agent-other-writes").with("host", "node2"));
    board.publish("database", Answer { note, ..Answer::default() });
    let no = get(address, "/verdict/database");
    assert!(no.starts_with("HTTP/1.0 503"), "{no}");
    assert!(no.contains(r#""note":{"code":"agent-other-writes","args":{"host":"node2"}}"#), "{no}");

    let old = clock_before(Duration::from_secs(3));
    board.publish_at("gateway", Answer { ok: true, ..Answer::default() }, old);
    let stale = get(address, "/verdict/gateway");
    assert!(stale.starts_with("HTTP/1.0 503") && stale.contains("agent-stale"), "{stale}");
}

fn clock_before(age: Duration) -> Duration {
    crate::clock::now().saturating_sub(age)
}

#[test]
fn health_and_metrics_are_answered_and_nothing_else() {
    let (_runtime, address) = server(&Arc::new(Board::new("node1")), 8);
    let health = get(address, "/healthz");
    assert!(health.starts_with("HTTP/1.0 200") && health.contains(r#""host":"node1""#), "{health}");
    assert!(get(address, "/metrics").contains("quorate_agent_info{host=\"node1\""));
    assert!(get(address, "/").starts_with("HTTP/1.0 404"));
    assert!(get(address, "/verdict/etcd").starts_with("HTTP/1.0 404"));
    assert!(ask(address, "POST /verdict/database HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 405"));
    assert!(ask(address, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
}

#[test]
fn slow_clients_lose_their_places() {
    let (_runtime, address) = server(&Arc::new(Board::new("node1")), 4);
    let mut slow: Vec<_> = (0..4).map(|_| Client::connect(address).unwrap()).collect();
    for client in &mut slow {
        client.write_all(b"GET /heal").unwrap();
    }
    // All places are taken; the question waits for the first slow one to be thrown out.
    let since = Instant::now();
    assert!(get(address, "/healthz").contains("200"));
    assert!(since.elapsed() < Duration::from_millis(2500), "{:?}", since.elapsed());
}

#[test]
fn an_address_that_is_not_there_yet_is_waited_for() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let bound = runtime.spawn(bind(address));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!bound.is_finished());
    drop(taken);
    let listener = runtime.block_on(async { timeout(Duration::from_secs(5), bound).await }).unwrap().unwrap();
    assert_eq!(listener.local_addr().unwrap(), address);
}
