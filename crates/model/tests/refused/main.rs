//! What is refused, where the finding points, and that no finding repeats a secret.

mod databases;
mod endpoints;
mod file;
mod hosts;
mod reckoned;
mod votes;

use model::{CODES, mask_secrets, parse};

/// A file without problems; each case changes a little of it. Lines are numbered for the cases below.
const BASE: &str = "\
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: demo }
spec:
  ssh: { user: root }
  networks: [{ name: lan, cidr: 10.88.0.0/24 }]
  hosts:
    - { name: node1, address: 10.88.0.11, roles: [control, gateway, database] }
    - { name: node2, address: 10.88.0.12, roles: [control, gateway, database] }
    - { name: node3, address: 10.88.0.13, roles: [control, gateway, database] }
  endpoints:
    - { name: platform, vip: 10.88.0.100 }
    - { name: database, vip: 10.88.0.101 }
  database: { galera: {} }
";

fn findings(text: &str) -> Vec<String> {
    let Err(problems) = parse(text) else { return Vec::new() };
    for p in &problems.0 {
        let code = CODES.iter().find(|c| c.id == p.code).expect("a known code");
        let (mut have, mut want): (Vec<&str>, Vec<&str>) = (p.args.keys().copied().collect(), code.args.to_vec());
        have.sort_unstable();
        want.sort_unstable();
        assert_eq!(have, want, "arguments of {}", p.code);
        assert!(text.is_char_boundary(p.span.offset) && p.span.offset + p.span.len <= text.len(), "span of {p}");
        assert!(!p.to_string().contains("hunter2"), "a secret is shown by {p}");
    }
    assert!(!problems.0.is_empty());
    problems.0.iter().map(ToString::to_string).collect()
}

/// Applies the changes (each must match exactly once) and compares what is found.
#[track_caller]
fn case(changes: &[(&str, &str)], expected: &[&str]) {
    let mut text = BASE.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from:?} must occur once");
        text = text.replacen(from, to, 1);
    }
    let found = findings(&text);
    assert_eq!(found, expected, "{text}");
    let shown = mask_secrets(&text);
    assert_eq!(shown.len(), text.len());
    // A misplaced word behind `env:` is a word like any other; everything else that stands for a password is hidden.
    assert!(!shown.contains("hunter2") || shown.contains("env: 'hunter2!'"), "a secret would be shown: {shown}");
}

const NODE1: &str = "{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }";
const NODE3: &str = "    - { name: node3, address: 10.88.0.13, roles: [control, gateway, database] }\n";
const PLATFORM: &str = "{ name: platform, vip: 10.88.0.100 }";
const DATABASE: &str = "{ name: database, vip: 10.88.0.101 }";

#[test]
fn the_base_is_fine() {
    case(&[], &[]);
}

#[test]
fn every_kind_of_problem_has_a_case_here() {
    let cases = concat!(
        include_str!("databases.rs"),
        include_str!("endpoints.rs"),
        include_str!("file.rs"),
        include_str!("hosts.rs"),
        include_str!("reckoned.rs"),
        include_str!("votes.rs"),
    );
    for code in CODES {
        assert!(cases.contains(code.id), "no case for {}", code.id);
    }
}
