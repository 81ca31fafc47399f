//! The transport against a real OpenSSH server, sudo and shell.

#![allow(clippy::disallowed_methods, reason = "a real sshd is a process")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod server;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rstest::rstest;
use server::{PASSWORD, Server, keygen, password};
use ssh::{
    Auth, Connector, Error, Exit, HelperPipe, KeyFileReason, Limits, OnUnknownKey, Phase, Program, Secret, Session,
    Sudo, SudoReason, Target, Trust,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Echoes every byte, so every frame.
const ECHO: &str = "#!/bin/sh\n[ \"$1\" = helper ] || exit 64\necho 'the helper runs' >&2\nexec cat\n";

fn echo() -> Program {
    Program::new(ECHO.as_bytes())
}

/// The echo helper, made as large as a real one and as hard to compress as machine code.
fn large(megabytes: usize, seed: u64) -> Program {
    let mut bytes = ECHO.as_bytes().to_vec();
    let mut x = seed;
    while bytes.len() < megabytes * 1024 * 1024 {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let word = (x >> 33).to_le_bytes();
        bytes.extend_from_slice(&word);
    }
    Program::new(bytes)
}

async fn exchange(pipe: &mut HelperPipe, size: usize) {
    let frame: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
    pipe.send(frame.clone()).await.unwrap();
    assert!(pipe.recv().await.unwrap().unwrap() == frame, "{size} bytes came back changed");
}

async fn helper(session: &Session, server: &Server, program: &Program) -> HelperPipe {
    session.start_helper(program, &server.bin()).await.unwrap()
}

/// The mark that a helper is verified is set once it is safe on disk, a moment after it has started.
async fn settled(server: &Server, program: &Program) -> PathBuf {
    let path = PathBuf::from(server.bin()).join(format!("quorate-{}", program.sha256()));
    let marked = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for _ in 0..500 {
        if fs::metadata(&path).unwrap().modified().unwrap() == marked {
            return path;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} is never marked as verified", path.display());
}

#[rstest]
#[case("ed25519")]
#[case("rsa")]
#[case("ecdsa")]
#[tokio::test]
async fn every_kind_of_key_logs_in(#[case] key: &str) {
    let server = Server::start();
    let session = server.connector().connect(&server.target("root", server.key(key), None)).await.unwrap();
    let mut exec = session.exec("cat; echo grumble >&2; exit 7").await.unwrap();
    exec.stdin.write_all(b"hello").await.unwrap();
    exec.stdin.shutdown().await.unwrap();
    let mut text = String::new();
    exec.stdout.read_to_string(&mut text).await.unwrap();
    assert_eq!((text.as_str(), exec.wait().await, exec.stderr().as_str()), ("hello", Exit::Status(7), "grumble\n"));
}

#[tokio::test]
async fn logins_that_cannot_work_say_why() {
    let server = Server::start();
    let connector = server.connector();
    let connect = async |auth| connector.connect(&server.target("root", auth, None)).await.unwrap_err();
    let key_file = async |auth| match connect(auth).await {
        Error::KeyFile { reason, .. } => reason,
        other => panic!("{other}"),
    };

    server.key("ed25519");
    keygen(server.dir.path(), "stranger", "ed25519", "");
    keygen(server.dir.path(), "locked", "ed25519", "open sesame");
    server.authorize("locked");

    let error = connect(server.file("stranger")).await;
    assert!(
        matches!(&error, Error::AuthRefused { methods_left, partial: false, .. }
        if methods_left.contains(&"password".to_owned())),
        "{error}"
    );
    assert!(matches!(connect(password("wrong")).await, Error::AuthRefused { .. }));

    assert_eq!(key_file(server.file("ed25519.pub")).await, KeyFileReason::PublicKey);
    assert_eq!(key_file(server.file("locked")).await, KeyFileReason::Encrypted);
    assert!(matches!(key_file(server.file("nothing")).await, KeyFileReason::Unreadable(_)));
    let locked = |text: &str| Auth::Key { path: server.path("locked"), passphrase: Some(Secret::new(text.into())) };
    assert_eq!(key_file(locked("open barley")).await, KeyFileReason::WrongPassphrase);
    connector.connect(&server.target("root", locked("open sesame"), None)).await.unwrap();
}

#[tokio::test]
async fn keyboard_interactive_takes_the_password_too() {
    let server = Server::with("UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n", None);
    let connector = server.connector();
    connector.connect(&server.target("ops", password(PASSWORD), None)).await.unwrap();
    let error = connector.connect(&server.target("ops", password("wrong"), None)).await.unwrap_err();
    assert!(matches!(error, Error::AuthRefused { .. }), "{error}");
}

#[tokio::test]
async fn unknown_key_is_shown_then_pinned_and_a_changed_one_is_refused() {
    let mut server = Server::start();
    let connector = server.connector_with(OnUnknownKey::Refuse);
    let error = connector.connect(&server.root()).await.unwrap_err();
    let key = error.unknown_host_key().expect("the key is shown").clone();
    assert!(key.fingerprint.starts_with("SHA256:"), "{error}");

    connector.trust().pin(std::slice::from_ref(&key)).unwrap();
    connector.connect(&server.root()).await.unwrap();
    // What is pinned is read again, and the server's second key, of another kind, is no change.
    server.connector_with(OnUnknownKey::Refuse).connect(&server.root()).await.unwrap();

    let old = server.port;
    let other = Server::start();
    server.port = other.port;
    let moved = Trust::open(server.path("moved"), OnUnknownKey::AcceptNew).unwrap();
    let text = fs::read_to_string(server.path("state/known_hosts")).unwrap();
    fs::write(server.path("moved"), text.replace(&old.to_string(), &other.port.to_string())).unwrap();
    drop(moved);
    let moved = Trust::open(server.path("moved"), OnUnknownKey::AcceptNew).unwrap();
    let error = Connector::new(Arc::new(moved), Limits::default()).connect(&server.root()).await.unwrap_err();
    match &error {
        Error::HostKeyChanged { offered, pinned, .. } => {
            assert_eq!(pinned.as_slice(), [key.fingerprint]);
            assert!(!pinned.contains(&offered.fingerprint));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn nobody_there_is_found_out_within_the_limit() {
    let server = Server::start();
    let trust = Arc::new(Trust::open(server.path("state/known_hosts"), OnUnknownKey::AcceptNew).unwrap());
    let limits = Limits { connect: Duration::from_millis(500), ..Limits::default() };
    let connector = Connector::new(trust, limits);
    let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let at = |address: [u8; 4], port| Target { address: IpAddr::from(address), port, ..server.root() };

    for target in [
        // TEST-NET-1 (RFC 5737): packets vanish, or there is no route.
        at([192, 0, 2, 1], 22),
        // A frozen host: the kernel takes the connection and nobody greets.
        at([127, 0, 0, 1], mute.local_addr().unwrap().port()),
        at([127, 0, 0, 1], closed),
    ] {
        let started = Instant::now();
        let error = connector.connect(&target).await.unwrap_err();
        assert!(error.is_absent(), "{error}");
        assert!(started.elapsed() < Duration::from_millis(900), "{error} after {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn helper_is_uploaded_once_and_replaced_when_damaged() {
    let server = Server::start();
    let session = server.connector().connect(&server.root()).await.unwrap();
    let program = large(2, 1);
    let mut pipe = helper(&session, &server, &program).await;
    assert_eq!(pipe.uploaded(), Some(program.bytes().len() as u64));
    for size in [0, 1, 3, 70_000, 5_000_000] {
        exchange(&mut pipe, size).await;
    }
    assert_eq!(pipe.traffic().sent, pipe.traffic().received);
    assert_eq!(pipe.stderr(), "the helper runs\n");
    pipe.finish().await.unwrap();

    let path = settled(&server, &program).await;
    let again = async || {
        let mut pipe = helper(&session, &server, &program).await;
        exchange(&mut pipe, 100).await;
        pipe.uploaded().is_some()
    };
    assert!(!again().await, "the second start uploads nothing");

    let damages: [(&str, &dyn Fn()); 4] = [
        ("cut short", &|| fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap()),
        ("changed", &|| fs::write(&path, vec![b'x'; program.bytes().len()]).unwrap()),
        ("writable by all", &|| fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap()),
        ("gone", &|| fs::remove_file(&path).unwrap()),
    ];
    for (what, damage) in damages {
        damage();
        assert!(again().await, "{what}: uploaded again");
        settled(&server, &program).await;
        assert!(fs::read(&path).unwrap() == *program.bytes(), "{what}: whole again");
        assert!(!again().await, "{what}: settled");
    }
    let left: Vec<_> = fs::read_dir(server.bin()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn a_talkative_profile_is_skipped() {
    let server =
        Server::with("", Some("echo welcome to $HOSTNAME; printf 'no line end: '; seq 20000; echo oops >&2\n"));
    let session = server.connector().connect(&server.root()).await.unwrap();
    let mut pipe = helper(&session, &server, &echo()).await;
    exchange(&mut pipe, 1000).await;
}

#[rstest]
#[case::ends("echo go away; exit 3\n", "go away")]
#[case::endless("yes talk\n", "talk")]
#[tokio::test]
async fn a_shell_that_does_not_obey_is_quoted(#[case] bashrc: &str, #[case] said: &str) {
    let server = Server::with("", Some(bashrc));
    let session = server.connector().connect(&server.root()).await.unwrap();
    let error = session.start_helper(&echo(), &server.bin()).await.err().unwrap();
    assert!(matches!(&error, Error::Shell { output, .. } if output.contains(said)), "{error}");
}

#[tokio::test]
async fn a_helper_that_fails_is_quoted() {
    let server = Server::start();
    let session = server.connector().connect(&server.root()).await.unwrap();
    let program = Program::new(b"#!/bin/sh\necho 'no such luck' >&2\nexit 9\n".as_slice());
    let mut pipe = helper(&session, &server, &program).await;
    let error = pipe.recv().await.unwrap_err();
    assert!(
        matches!(&error, Error::Helper { exit: Exit::Status(9), output, .. } if output == "no such luck"),
        "{error}"
    );
    // More than the channel's window, to nobody: an error and no wait for ever.
    let sending = tokio::time::timeout(Duration::from_secs(5), pipe.send(vec![0; 8 << 20])).await.expect("it hangs");
    assert!(matches!(sending, Err(Error::Helper { exit: Exit::Status(9), .. })));

    let chatter = Program::new(b"#!/bin/sh\necho Segmentation fault, or so\nsleep 1\n".as_slice());
    let error = helper(&session, &server, &chatter).await.recv().await.unwrap_err();
    assert!(matches!(&error, Error::Frame { reason, .. } if reason.contains("Segmentation")), "{error}");
}

#[tokio::test]
async fn the_program_must_fit_the_machine_and_the_directory() {
    let server = Server::start();
    let session = server.connector().connect(&server.root()).await.unwrap();
    let mut elf = vec![0; 64];
    elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
    elf[18] = if cfg!(target_arch = "x86_64") { 183 } else { 62 };
    let error = session.start_helper(&Program::new(elf), &server.bin()).await.err().unwrap();
    assert!(matches!(error, Error::Architecture { .. }), "{error}");
    assert!(!PathBuf::from(server.bin()).exists(), "nothing was made before the refusal");

    let error = session.start_helper(&echo(), "/proc/nowhere").await.err().unwrap();
    assert!(matches!(&error, Error::Upload { output, .. } if output.contains("/proc/nowhere")), "{error}");
    // The host runs out of space while the program is still being sent.
    let full = server.path("full").display().to_string();
    let mut exec = session.exec(&format!("mkdir {full}; mount -t tmpfs -o size=1m tmpfs {full}")).await.unwrap();
    assert_eq!(exec.wait().await, Exit::Status(0));
    let error = session.start_helper(&large(8, 2), &format!("{full}/bin")).await.err().unwrap();
    assert!(matches!(&error, Error::Upload { output, .. } if output.contains("No space left")), "{error}");
}

#[tokio::test]
async fn dropping_the_pipe_ends_the_helper() {
    let server = Server::start();
    let session = server.connector().connect(&server.root()).await.unwrap();
    let mark = server.path("ended");
    let program = format!("#!/bin/sh\ncat\ntouch {}\n", mark.display());
    drop(helper(&session, &server, &Program::new(program.into_bytes())).await);
    for _ in 0..300 {
        if mark.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the helper still runs");
}

#[tokio::test]
async fn sudo_with_and_without_a_password() {
    let server = Server::start();
    let connector = server.connector();
    let with = |text: &str| Some(Sudo::Password(Secret::new(text.into())));
    let start = async |user: &str, sudo| {
        let session = connector.connect(&server.target(user, password(PASSWORD), sudo)).await.unwrap();
        let mut pipe = session.start_helper(&echo(), &server.bin()).await?;
        exchange(&mut pipe, 10_000).await;
        Ok::<_, Error>(pipe)
    };
    let refused = async |user: &str, sudo| match start(user, sudo).await.err().unwrap() {
        Error::Sudo { reason, .. } => reason,
        other => panic!("{other}"),
    };

    start("ops", with(PASSWORD)).await.unwrap();
    start("free", Some(Sudo::NoPassword)).await.unwrap();
    // Given but not asked for: it must not end up in front of the frames.
    start("free", with(PASSWORD)).await.unwrap();

    assert_eq!(refused("ops", with("wrong")).await, SudoReason::PasswordWrong);
    assert_eq!(refused("ops", Some(Sudo::NoPassword)).await, SudoReason::PasswordNeeded);
    assert!(matches!(refused("guest", with(PASSWORD)).await, SudoReason::NotAllowed(_)));
    assert_eq!(refused("terminal", Some(Sudo::NoPassword)).await, SudoReason::NeedsTty);
    assert!(matches!(start("ops", None).await, Err(Error::NotRoot { .. })));
}

#[tokio::test]
async fn secrets_are_in_no_command_line() {
    let server = Server::start();
    let sudo = Some(Sudo::Password(Secret::new(PASSWORD.into())));
    let session = server.connector().connect(&server.target("ops", password(PASSWORD), sudo)).await.unwrap();
    let _pipe = helper(&session, &server, &echo()).await;
    let mut looked = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        if let Ok(line) = fs::read(entry.path().join("cmdline")) {
            looked += 1;
            let line = String::from_utf8_lossy(&line);
            assert!(!line.contains(PASSWORD), "{line}");
        }
    }
    assert!(looked > 3);
}

#[tokio::test]
async fn through_a_bastion() {
    let (bastion, server) = (Server::start(), Server::start());
    let connector = server.connector();
    let door = Target { host: "door".into(), ..bastion.root() };
    let behind = Target { bastion: Some(Box::new(door.clone())), ..server.root() };
    let (one, two) = tokio::join!(connector.connect(&behind), connector.connect(&behind));
    let (one, _two) = (one.unwrap(), two.unwrap());
    // Behind a bastion the way is taken for a slow one: this is the compressed upload.
    let program = large(1, 3);
    let mut pipe = helper(&one, &server, &program).await;
    assert!(pipe.uploaded().is_some_and(|sent| sent < program.bytes().len() as u64));
    exchange(&mut pipe, 3_000_000).await;

    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let error = connector.connect(&Target { port: closed, ..behind.clone() }).await.unwrap_err();
    assert!(matches!(&error, Error::Bastion { bastion, .. } if bastion == "door") && error.is_absent(), "{error}");
    let strange = Target { auth: password("wrong"), user: "ops".into(), ..door };
    let error = connector.connect(&Target { bastion: Some(Box::new(strange)), ..behind }).await.unwrap_err();
    assert!(
        matches!(&error, Error::Bastion { source, .. } if matches!(**source, Error::AuthRefused { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn a_helper_that_never_ends_does_not_hold_us() {
    let server = Server::start();
    let trust = Arc::new(Trust::open(server.path("state/known_hosts"), OnUnknownKey::AcceptNew).unwrap());
    let limits = Limits { start: Duration::from_secs(1), ..Limits::default() };
    let session = Connector::new(trust, limits).connect(&server.root()).await.unwrap();
    let program = Program::new(b"#!/bin/sh\nexec sleep 4\n".as_slice());
    let pipe = helper(&session, &server, &program).await;
    let error = pipe.finish().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { phase: Phase::Finish, .. }), "{error}");
}

#[tokio::test]
async fn a_host_that_freezes_is_given_up() {
    let server = Server::start();
    let trust = Arc::new(Trust::open(server.path("state/known_hosts"), OnUnknownKey::AcceptNew).unwrap());
    let limits = Limits { keepalive: Duration::from_millis(200), keepalive_max: 2, ..Limits::default() };
    let session = Connector::new(trust, limits).connect(&server.root()).await.unwrap();
    // It stops the sshd that serves it, and lets it go on once we have had time to notice.
    let program = Program::new(b"#!/bin/sh\nsleep 0.5; kill -STOP $PPID; sleep 3; kill -CONT $PPID\n".as_slice());
    let mut pipe = helper(&session, &server, &program).await;
    let started = Instant::now();
    let error = pipe.recv().await.unwrap_err();
    assert!(matches!(&error, Error::Lost { .. }) && error.is_absent(), "{error}");
    assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
    assert!(!session.is_open());
}

#[tokio::test]
async fn two_operators_upload_at_once() {
    let server = Server::start();
    let connector = server.connector();
    let program = large(4, 6);
    let one = async || {
        let session = connector.connect(&server.root()).await.unwrap();
        exchange(&mut helper(&session, &server, &program).await, 1000).await;
    };
    tokio::join!(one(), one(), one());
    assert!(fs::read(settled(&server, &program).await).unwrap() == *program.bytes());
}
