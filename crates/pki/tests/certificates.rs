//! What is issued, when it must be renewed, and that it is accepted by a TLS library that knows only the root.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use std::io::{Read, Write};
use std::sync::Arc;

use pki::{
    Error, Intermediate, Reason, Root, fits, intermediate_needs_renewal, issue, issue_client, needs_renewal,
    new_intermediate, new_root,
};
use proptest::prelude::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use secret::Secret;
use time::{Duration, OffsetDateTime};
use wire::resource::Issued;

const NAME: &str = "node1.demo";

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn authorities(now: OffsetDateTime) -> (Root, Intermediate) {
    let root = new_root("demo", now).unwrap();
    let intermediate = new_intermediate("demo", &root, now).unwrap();
    (root, intermediate)
}

fn subjects() -> Vec<String> {
    ["node1", "node1.demo", "localhost", "10.88.0.11", "127.0.0.1", "fd00::11"].map(str::to_owned).to_vec()
}

fn first_block(pem: &str) -> String {
    let end = "-----END CERTIFICATE-----\n";
    pem.split_inclusive(end).next().unwrap().to_owned()
}

#[test]
fn a_clients_certificate_is_short_and_serves_nobody() {
    let now = now();
    let (_, intermediate) = authorities(now);
    let issued = issue_client(&intermediate, "drill.demo", Duration::hours(24), now).unwrap();
    let blocks: Vec<_> = x509_parser::pem::Pem::iter_from_buffer(issued.chain.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(blocks.len(), 2, "leaf and intermediate, without the root");
    let leaf = blocks[0].parse_x509().unwrap();
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any && !leaf.is_ca());
    assert_eq!(leaf.validity().not_after.timestamp(), (now + Duration::hours(24)).unix_timestamp());
    // Never longer than its authority.
    let issued = issue_client(&intermediate, "drill.demo", Duration::MAX, now).unwrap();
    let blocks: Vec<_> = x509_parser::pem::Pem::iter_from_buffer(issued.chain.as_bytes()).map(Result::unwrap).collect();
    let until = |at: usize| blocks[at].parse_x509().unwrap().validity().not_after;
    assert!(until(0) <= until(1));
    assert!(issue_client(&intermediate, "Drill", Duration::hours(1), now).is_err());
}

#[test]
fn a_leaf_says_what_it_may_be_used_for() {
    let now = now();
    let (_, intermediate) = authorities(now);
    let issued = issue(&intermediate, NAME, &subjects(), now).unwrap();
    let blocks: Vec<_> = x509_parser::pem::Pem::iter_from_buffer(issued.chain.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(blocks.len(), 2, "leaf and intermediate, without the root");
    let (leaf, above) = (blocks[0].parse_x509().unwrap(), blocks[1].parse_x509().unwrap());
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.server_auth && usage.client_auth && !usage.any);
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    assert!(!leaf.is_ca() && above.is_ca());
    assert_eq!(above.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
    let validity = leaf.validity();
    assert_eq!(validity.not_before.timestamp(), (now - Duration::minutes(5)).unix_timestamp());
    assert_eq!(validity.not_after.timestamp(), (now + Duration::days(365)).unix_timestamp());
    assert!(leaf.raw_serial().len() == 16 && leaf.raw_serial()[0] & 0x80 == 0);
    assert!(issued.key.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8, as every engine reads it");
    let again = issue(&intermediate, NAME, &subjects(), now).unwrap();
    assert!(again.key != issued.key && again.chain != issued.chain);
}

#[test]
fn an_issued_certificate_needs_no_renewal() {
    let now = now();
    let (root, intermediate) = authorities(now);
    let issued = issue(&intermediate, NAME, &subjects(), now).unwrap();
    let mut shuffled = subjects();
    shuffled.reverse();
    shuffled.push("FD00:0::11".to_owned());
    for subjects in [subjects(), shuffled] {
        assert_eq!(needs_renewal(&issued.chain, true, &root.certificate, NAME, &subjects, now), None);
    }
    assert!(fits(&issued.chain, &issued.key));
    assert_eq!(intermediate_needs_renewal(&intermediate, &root.certificate, now), None);
}

#[test]
fn each_reason_to_renew() {
    let now = now();
    let (root, intermediate) = authorities(now);
    let (other_root, other_intermediate) = authorities(now);
    let issued = issue(&intermediate, NAME, &subjects(), now).unwrap();
    let elsewhere = issue(&other_intermediate, NAME, &subjects(), now).unwrap();
    let leaf = first_block(&issued.chain);
    let check = |chain: &str, root: &str, days: i64| {
        needs_renewal(chain, true, root, NAME, &subjects(), now + Duration::days(days))
    };
    let damaged = Some(Reason::Damaged);
    let cases = [
        ("no chain", check("", &root.certificate, 0), Some(Reason::Missing)),
        ("no PEM", check("hello", &root.certificate, 0), damaged),
        ("cut short", check(&issued.chain[..200], &root.certificate, 0), damaged),
        ("the leaf alone", check(&leaf, &root.certificate, 0), damaged),
        ("the wrong way round", check(&(intermediate.certificate.clone() + &leaf), &root.certificate, 0), damaged),
        (
            "another's intermediate",
            check(&(leaf.clone() + &other_intermediate.certificate), &root.certificate, 0),
            damaged,
        ),
        ("a key in the chain", check(issued.key.expose(), &root.certificate, 0), damaged),
        ("another root of the same name", check(&elsewhere.chain, &root.certificate, 0), Some(Reason::OtherRoot)),
        ("no root", check(&issued.chain, "", 0), Some(Reason::OtherRoot)),
        ("the clock that made it was ahead", check(&issued.chain, &root.certificate, -1), Some(Reason::NotYetValid)),
        ("more than a third left", check(&issued.chain, &root.certificate, 243), None),
        ("less than a third left", check(&issued.chain, &root.certificate, 244), Some(Reason::Expiring)),
        ("expired", check(&issued.chain, &root.certificate, 366), Some(Reason::Expiring)),
    ];
    for (case, found, expected) in cases {
        assert_eq!(found, expected, "{case}");
    }
    let with = |name: &str, subjects: &[String], key: bool| {
        needs_renewal(&issued.chain, key, &root.certificate, name, subjects, now)
    };
    assert_eq!(with(NAME, &subjects(), false), Some(Reason::Missing));
    assert_eq!(with("node2.demo", &subjects(), true), Some(Reason::OtherSubjects));
    assert_eq!(with(NAME, &subjects()[1..], true), Some(Reason::OtherSubjects));
    assert_eq!(with(NAME, &[subjects(), vec!["10.88.0.12".to_owned()]].concat(), true), Some(Reason::OtherSubjects));
    assert!(
        !fits(&issued.chain, &elsewhere.key)
            && !fits("", &issued.key)
            && !fits(&issued.chain, &Secret::new(String::new()))
    );
    let late = now + Duration::days(1826 * 2 / 3 + 1);
    assert_eq!(intermediate_needs_renewal(&intermediate, &root.certificate, late), Some(Reason::Expiring));
    assert_eq!(intermediate_needs_renewal(&intermediate, &other_root.certificate, now), Some(Reason::OtherRoot));
    let mixed = Intermediate { key: other_intermediate.key, ..intermediate };
    assert_eq!(intermediate_needs_renewal(&mixed, &root.certificate, now), Some(Reason::Damaged));
}

#[test]
fn nothing_outlives_what_signed_it() {
    let start = now();
    let (root, _) = authorities(start);
    let late = start + Duration::days(3652 - 100);
    let intermediate = new_intermediate("demo", &root, late).unwrap();
    let issued = issue(&intermediate, NAME, &subjects(), late).unwrap();
    for block in x509_parser::pem::Pem::iter_from_buffer(issued.chain.as_bytes()) {
        let until = block.unwrap().parse_x509().unwrap().validity().not_after.timestamp();
        assert_eq!(until, (start + Duration::days(3652)).unix_timestamp());
    }
    // Renewing again would gain nothing, so a short life alone is no reason for it.
    assert_eq!(needs_renewal(&issued.chain, true, &root.certificate, NAME, &subjects(), late), None);
}

#[test]
fn an_authority_that_cannot_sign_says_why() {
    let now = now();
    let (root, intermediate) = authorities(now);
    let (other, _) = authorities(now);
    let mixed = Root { certificate: root.certificate.clone(), key: other.key };
    let error = new_intermediate("demo", &mixed, now).unwrap_err().to_string();
    assert!(error.contains("the root authority cannot sign: its key is not the key of its certificate"), "{error}");
    let damaged = Intermediate { certificate: "x".to_owned(), key: intermediate.key.clone() };
    assert!(matches!(issue(&damaged, NAME, &subjects(), now), Err(Error::Authority { authority: "intermediate", .. })));
    let late = now + Duration::days(1827);
    assert!(matches!(issue(&intermediate, NAME, &subjects(), late), Err(Error::NotValid { .. })));
    assert!(matches!(issue(&intermediate, NAME, &[], now), Err(Error::NoSubjects { .. })));
    assert!(matches!(issue(&intermediate, NAME, &["*.demo".to_owned()], now), Err(Error::Name { .. })));
    assert!(matches!(new_root("../demo", now), Err(Error::Name { .. })));
    for text in [error, format!("{root:?} {intermediate:?}")] {
        assert!(!text.contains("PRIVATE KEY"), "{text}");
    }
}

fn chain(issued: &Issued) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificates = CertificateDer::pem_slice_iter(issued.chain.as_bytes()).map(Result::unwrap).collect();
    (certificates, PrivateKeyDer::from_pem_slice(issued.key.expose().as_bytes()).unwrap())
}

/// One word each way over mutual TLS, both sides trusting the root alone.
fn handshake(trusted: &Root, server: &Issued, client: &Issued, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.certificate.as_bytes())?)?;
    let roots = Arc::new(roots);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build()?;
    let (certificates, key) = chain(server);
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, key)?;
    let (certificates, key) = chain(client);
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates, key)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from(name.to_owned())?)?;
    client.writer().write_all(b"ping")?;
    let mut pipe = Vec::new();
    for _ in 0..8 {
        client.write_tls(&mut pipe)?;
        server.read_tls(&mut std::mem::take(&mut pipe).as_slice())?;
        server.process_new_packets()?;
        server.write_tls(&mut pipe)?;
        client.read_tls(&mut std::mem::take(&mut pipe).as_slice())?;
        client.process_new_packets()?;
    }
    let mut word = [0; 4];
    server.reader().read_exact(&mut word)?;
    assert_eq!(&word, b"ping");
    Ok(())
}

#[test]
fn peers_that_know_only_the_root_accept_each_other() {
    let now = now();
    let (root, intermediate) = authorities(now);
    let (other_root, other_intermediate) = authorities(now);
    // A host that is named by a number, beside proper names, must not spoil the certificate.
    let names = [subjects(), vec!["1".to_owned(), "1.demo".to_owned()]].concat();
    let server = issue(&intermediate, NAME, &names, now).unwrap();
    let client = issue(&intermediate, "node2.demo", &["node2".to_owned()], now).unwrap();
    for name in ["node1", "node1.demo", "1.demo", "10.88.0.11", "fd00::11"] {
        handshake(&root, &server, &client, name).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    assert!(handshake(&root, &server, &client, "node2").is_err(), "a name that it does not carry");
    assert!(handshake(&root, &server, &client, "10.88.0.12").is_err(), "an address that it does not carry");
    assert!(handshake(&other_root, &server, &client, "node1").is_err(), "another cluster's root");
    let stranger = issue(&other_intermediate, "node2.demo", &["node2".to_owned()], now).unwrap();
    assert!(handshake(&root, &server, &stranger, "node1").is_err(), "another cluster's client");
    // A new intermediate beside the old one: nobody has to be told.
    let renewed = new_intermediate("demo", &root, now).unwrap();
    let renewed = issue(&renewed, "node2.demo", &["node2".to_owned()], now).unwrap();
    handshake(&root, &server, &renewed, "node1").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_issued_is_what_was_asked_for(
        names in proptest::collection::vec("[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z][a-z0-9]{0,10}){0,3}", 1..6),
        addresses in proptest::collection::vec(any::<std::net::IpAddr>(), 0..4),
        seconds in 946_684_800_i64..4_102_444_800,
        common_name in "[a-z][a-z0-9]{0,62}\\.[a-z][a-z0-9]{0,62}",
        drop in any::<prop::sample::Index>(),
    ) {
        let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let (root, intermediate) = authorities(now);
        let mut subjects: Vec<String> = names;
        subjects.extend(addresses.iter().map(ToString::to_string));
        let issued = issue(&intermediate, &common_name, &subjects, now).unwrap();
        prop_assert_eq!(needs_renewal(&issued.chain, true, &root.certificate, &common_name, &subjects, now), None);
        let dropped = subjects.remove(drop.index(subjects.len()));
        if !subjects.contains(&dropped) {
            let found = needs_renewal(&issued.chain, true, &root.certificate, &common_name, &subjects, now);
            prop_assert_eq!(found, Some(Reason::OtherSubjects));
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in "\\PC{0,200}", cut in 0..1500_usize, byte in any::<u8>()) {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let (root, intermediate) = authorities(now);
        prop_assert_eq!(needs_renewal(&format!("x{text}"), true, &text, NAME, &subjects(), now), Some(Reason::Damaged));
        let mut chain = issue(&intermediate, NAME, &subjects(), now).unwrap().chain.into_bytes();
        let at = cut.min(chain.len() - 1);
        chain[at] = byte;
        let _ = needs_renewal(&String::from_utf8_lossy(&chain), true, &root.certificate, NAME, &subjects(), now);
        let odd = format!("{text} ");
        prop_assert!(issue(&intermediate, &odd, &subjects(), now).is_err());
        prop_assert!(issue(&intermediate, NAME, &[odd], now).is_err());
    }
}
