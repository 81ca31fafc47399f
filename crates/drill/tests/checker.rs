//! The checker, on histories with planted faults: each kind is found, and only it.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use common::*;
use components::Capability;
use drill::checker::{Contradiction, Findings, Gap, Spread, Tally, check, percentile, tally};
use drill::history::{Copy, Final, History, Kind, Outcome};

/// Three writes by one host, and one whose fate is unknown.
fn four() -> History {
    of(vec![
        write(SESSION, 1, 0, 10, ok("a")),
        write(SESSION, 2, 20, 30, ok("a")),
        write(SESSION, 3, 40, 50, unknown()),
        write(SESSION, 4, 60, 70, ok("a")),
    ])
}

fn found(history: &History, last: &Final) -> (Findings, Vec<Contradiction>) {
    let findings = check(history, Some(last));
    let faults = findings.faults();
    (findings, faults)
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for rest in [&[1, 2, 3, 4][..], &[1, 2, 4]] {
        let (findings, faults) = found(&four(), &there(&once(SESSION, rest)));
        assert_eq!((faults, findings.unread.len()), (vec![], 0));
        let guess = &findings.guesses[0];
        assert_eq!((guess.written, guess.not_written), (rest.len() - 3, 4 - rest.len()));
    }
}

#[test]
fn an_acknowledged_write_that_is_not_there_is_lost() {
    let (findings, faults) = found(&four(), &there(&once(SESSION, &[1, 4])));
    assert_eq!(faults, [Contradiction::Lost]);
    let lost = &findings.lost[0];
    assert_eq!((lost.value, lost.acknowledged, lost.by.as_deref()), (value(SESSION, 2), 30, Some("a")));
    assert_eq!(lost.missing_in, [None]);
}

#[test]
fn a_write_that_one_copy_lacks_is_lost_there() {
    let mut last = there(&once(SESSION, &[1, 2, 4]));
    let copy = |host: &str, sequences: &[u64]| Copy {
        capability: Capability::Database,
        host: Some(host.to_owned()),
        values: Ok(once(SESSION, sequences)),
    };
    last.copies.extend([copy("a", &[1, 2, 4]), copy("b", &[1, 2])]);
    let (findings, faults) = found(&four(), &last);
    assert_eq!(faults, [Contradiction::Lost]);
    assert_eq!((findings.lost.len(), &findings.lost[0].missing_in[..]), (1, &[Some("b".to_owned())][..]));
}

#[test]
fn what_nobody_sent_and_what_was_refused_must_not_be_there() {
    let mut history = four();
    history.operations.push(write(SESSION, 5, 80, 81, no()));
    let (_, faults) = found(&history, &there(&once(SESSION, &[1, 2, 4])));
    assert_eq!(faults, []);
    for (sequence, refused) in [(5, true), (6, false)] {
        let (findings, faults) = found(&history, &there(&once(SESSION, &[1, 2, 4, sequence])));
        assert_eq!(faults, [Contradiction::Stranger]);
        assert_eq!((findings.strangers[0].value.sequence, findings.strangers[0].refused), (sequence, refused));
    }
    // A value of etcd's client has no business in the database.
    history.operations.push(write(PUTTER, 1, 90, 91, unknown()));
    let (_, faults) = found(&history, &there(&[once(SESSION, &[1, 2, 4]), once(PUTTER, &[1])].concat()));
    assert_eq!(faults, [Contradiction::Stranger]);
}

#[test]
fn what_is_there_twice_was_repeated() {
    let twice = (value(SESSION, 3), 2);
    let (findings, faults) = found(&four(), &there(&[once(SESSION, &[1, 2, 4]), vec![twice]].concat()));
    assert_eq!((faults, findings.repeated[0].times), (vec![Contradiction::Repeated], 2));
    // Seen on the way, and gone in the end.
    let mut history = four();
    history.operations.push(times(100, 110, value(SESSION, 1), 2));
    let (_, faults) = found(&history, &there(&once(SESSION, &[1, 2, 4])));
    assert_eq!(faults, [Contradiction::Repeated]);
}

#[test]
fn what_was_not_read_back_is_not_known_to_be_there() {
    let (findings, faults) = found(&four(), &Final::default());
    assert_eq!((faults, findings.unread.len()), (vec![], 1));
    let unread = Copy { capability: Capability::Database, host: None, values: Err("no login".into()) };
    let (findings, faults) = found(&four(), &Final { copies: vec![unread] });
    assert_eq!((faults, findings.unread[0].reason.as_str()), (vec![], "no login"));
}

#[test]
fn reads_are_judged_by_what_was_known_when_they_were_sent() {
    let read = |reads: &[drill::history::Operation]| {
        let mut history = four();
        history.operations.extend_from_slice(reads);
        found(&history, &there(&once(SESSION, &[1, 2, 4]))).1
    };
    // What was acknowledged while the read was on its way may be seen or not.
    assert_eq!(read(&[highest(25, 65, &[(SESSION, 1)]), highest(61, 100, &[(SESSION, 4)])]), []);
    assert_eq!(read(&[highest(31, 35, &[(SESSION, 1)])]), [Contradiction::Stale]);
    assert_eq!(read(&[times(31, 35, value(SESSION, 2), 0)]), [Contradiction::Stale]);
    assert_eq!(read(&[times(29, 35, value(SESSION, 2), 0)]), []);
    // The reader had seen more, though nobody had been told.
    assert_eq!(read(&[highest(22, 25, &[(SESSION, 2)]), highest(26, 29, &[(SESSION, 1)])]), [Contradiction::WentBack]);
    assert_eq!(
        read(&[times(22, 25, value(SESSION, 2), 1), times(26, 29, value(SESSION, 2), 0)]),
        [Contradiction::WentBack]
    );
    // Both at once is told once.
    assert_eq!(read(&[highest(71, 75, &[(SESSION, 4)]), highest(76, 79, &[(SESSION, 0)])]), [Contradiction::WentBack]);
    // What comes from nowhere does not make what is right look old.
    assert_eq!(read(&[highest(71, 75, &[(SESSION, 9)]), highest(76, 79, &[(SESSION, 4)])]), [Contradiction::Phantom]);
    assert_eq!(read(&[times(10, 15, value(SESSION, 2), 1)]), [Contradiction::Phantom]);
}

#[test]
fn what_fell_once_is_told_once() {
    let mut history = four();
    history.operations.extend((0..5).map(|n| highest(21 + n, 22 + n, &[(SESSION, if n == 0 { 2 } else { 1 })])));
    let (findings, _) = found(&history, &there(&once(SESSION, &[1, 2, 4])));
    assert_eq!((findings.went_back.len(), findings.stale.len()), (1, 0));
}

#[test]
fn a_read_that_misses_a_lost_write_is_part_of_the_loss() {
    let mut history = four();
    history.operations.push(highest(71, 75, &[(SESSION, 2)]));
    assert_eq!(found(&history, &there(&once(SESSION, &[1, 2]))).1, [Contradiction::Lost]);
}

/// One write each 20 ms, of two clients in turn, by these hosts.
fn by(hosts: &str) -> History {
    let writes = hosts.chars().enumerate().filter(|(_, h)| *h != '.').map(|(n, host)| {
        let (client, at) = ([SESSION, VISITOR][n % 2], n as u64 * 20_000);
        write(client, n as u64 + 1, at, at + 5_000, ok(&host.to_string()))
    });
    of(writes.collect())
}

#[test]
fn two_hosts_that_acknowledge_in_turn_are_two_writers() {
    let second = ".".repeat(55);
    let cases = [
        ("aaaabbbb".to_owned(), 0),
        ("aaaa....bbbb".to_owned(), 0),
        // There and back again, each as fast as a failover can be.
        (format!("aaa{second}bb{second}aaa"), 0),
        ("abababab".to_owned(), 6),
        // One late acknowledgement of the old primary.
        ("aaaabbbabbb".to_owned(), 4),
        (format!("aaa{second}bbb{second}babb"), 1),
    ];
    for (hosts, writes) in cases {
        let findings = check(&by(&hosts), None);
        assert_eq!(findings.overlaps.first().map_or(0, |o| o.writes), writes, "{hosts}");
        assert_eq!(findings.faults().is_empty(), writes == 0, "{hosts}");
    }
    let overlap = &check(&by("aabab"), None).overlaps[0];
    assert_eq!((overlap.hosts.0.as_str(), overlap.hosts.1.as_str()), ("a", "b"));
    assert_eq!((overlap.from, overlap.until), (40_000, 65_000));
}

#[test]
fn an_acknowledgement_that_took_long_says_not_when_it_was() {
    let history = of(vec![
        write(SESSION, 1, 0, 10, ok("a")),
        write(VISITOR, 1, 5, 900_000, ok("b")),
        write(SESSION, 2, 20, 900_001, ok("a")),
    ]);
    assert_eq!(check(&history, None).faults(), []);
}

/// The page's gaps, of probes that were sent and ended at these milliseconds, failed ones marked by `false`.
fn gaps(probes: &[(u64, u64, bool)]) -> Vec<Gap> {
    let probes = probes
        .iter()
        .map(|(sent, ended, good)| probe(sent * 1000, ended * 1000, if *good { ok("") } else { unknown() }));
    check(&of(probes.collect()), None).service(Capability::Ingress).unwrap().gaps.clone()
}

fn ms(gap: &Gap) -> (u64, u64, u64, u64, usize) {
    assert!(gap.at_least <= gap.observed && gap.observed <= gap.at_most, "{gap:?}");
    (gap.start / 1000, gap.observed / 1000, gap.at_least / 1000, gap.at_most / 1000, gap.failed)
}

#[test]
fn a_gap_is_from_the_first_failure_to_the_next_success() {
    assert!(gaps(&[(0, 1, true), (20, 21, true)]).is_empty());
    let gap = gaps(&[(0, 1, true), (20, 21, false), (40, 41, false), (60, 62, true), (80, 81, true)]);
    // The last failed one was sent at 40, the first one should have been served by 22: usual is 2 ms here.
    assert_eq!(gap.iter().map(ms).collect::<Vec<_>>(), [(20, 42, 19, 62, 2)]);
    // That the failed ones waited out their patience says nothing of the service.
    let gap = gaps(&[(0, 1, true), (20, 1020, false), (40, 1040, false), (60, 61, true)]);
    assert_eq!(gap.iter().map(ms).collect::<Vec<_>>(), [(20, 41, 19, 61, 2)]);
    // One that was sent before and ended first, for it was sent to a service that was back.
    let gap = gaps(&[(0, 1, true), (20, 1020, false), (40, 95, true), (60, 61, true), (61, 62, true)]);
    assert_eq!(gap.iter().map(ms).collect::<Vec<_>>(), [(20, 41, 0, 61, 1)]);
    let two = gaps(&[(0, 1, true), (20, 21, false), (40, 41, true), (60, 61, false), (80, 81, true)]);
    assert_eq!(two.iter().map(ms).collect::<Vec<_>>(), [(20, 21, 0, 41, 1), (60, 21, 0, 41, 1)]);
}

#[test]
fn a_gap_may_have_no_beginning_and_no_end() {
    let gap = gaps(&[(20, 21, false), (40, 41, true)]);
    assert_eq!((ms(&gap[0]), gap[0].end), ((20, 21, 0, 41, 1), Some(41_000)));
    let gap = gaps(&[(0, 1, true), (20, 21, false), (40, 100, false)]);
    assert_eq!((ms(&gap[0]), gap[0].end), ((20, 80, 19, 100, 2), None));
    // A success in no time at the moment of the failure.
    assert_eq!(gaps(&[(20, 20, false), (20, 20, true), (20, 30, false)]).len(), 2);
}

#[test]
fn clients_of_one_member_say_nothing_of_the_service() {
    let history = of(vec![
        write(PUTTER, 1, 0, 10, ok("node1")),
        write(MEMBER, 1, 0, 10, no()),
        write(PUTTER, 2, 20, 30, ok("node1")),
        write(MEMBER, 2, 20, 30, no()),
    ]);
    let findings = check(&history, None);
    let service = findings.service(Capability::Coordination).unwrap();
    assert_eq!((service.good, service.failed, service.gaps.len(), service.kind), (2, 0, 0, Kind::Write));
    assert_eq!(tally(&history, Capability::Coordination, 20, 40), Tally { good: 1, failed: 0 });
    assert_eq!(tally(&history, Capability::Ingress, 0, 40), Tally::default());
}

#[test]
fn one_silence_is_one_failure_and_a_refusal_always_is() {
    let failed = |operations: &[(u64, u64)]| {
        let history = of(operations.iter().map(|(sent, ended)| probe(*sent, *ended, no())).collect());
        tally(&history, Capability::Ingress, 0, 10_000).failed
    };
    // Three asked in the same second; a fourth after the first one knew.
    assert_eq!(failed(&[(0, 1000), (50, 1050), (950, 1950)]), 1);
    assert_eq!(failed(&[(0, 1000), (50, 1050), (1000, 2000), (1050, 2050)]), 2);
    assert_eq!(failed(&[(0, 1), (50, 51), (100, 101)]), 3);
}

#[test]
fn an_operation_that_was_not_sent_is_a_lag_and_no_failure() {
    let mut history = of(vec![probe(0, 1, ok("")), probe(20, 20, Outcome::Unsent), probe(90_000, 90_001, ok(""))]);
    history.operations[2].late = 50_000;
    let findings = check(&history, None);
    assert_eq!(findings.service(Capability::Ingress).unwrap().gaps, []);
    let lag = &findings.lags[0];
    assert_eq!((findings.lags.len(), lag.client, lag.late, lag.worst, lag.unsent), (1, PAGE, 1, 50_000, 1));
    assert_eq!(findings.faults(), []);
}

#[test]
fn the_middle_and_the_worst_of_rounds() {
    assert_eq!(Spread::of(&[]), None);
    assert_eq!(Spread::of(&[7]), Some(Spread { p50: 7, max: 7, rounds: 1 }));
    assert_eq!(Spread::of(&[4, 1, 3, 2]), Some(Spread { p50: 2, max: 4, rounds: 4 }));
    let hundred: Vec<u64> = (1..=100).rev().collect();
    assert_eq!([0, 1, 50, 99, 100].map(|p| percentile(&hundred, p)), [1, 1, 50, 99, 100].map(Some));
}

#[test]
fn a_history_is_kept_as_lines_and_a_cut_one_is_refused() {
    let mut history = by("aab");
    history.operations.push(probe(1, 2, Outcome::Unsent));
    history.operations.push(times(1, 2, value(SESSION, 1), 1));
    history.operations.push(highest(1, 2, &[(SESSION, 1), (VISITOR, 0)]));
    history.operations.push(write(PUTTER, 1, 3, 4, no()));
    history.operations[0].late = 5;
    history.marks.push(drill::history::Mark { at: 3, what: "killed".into() });
    let mut text = Vec::new();
    history.save(&mut text).unwrap();
    assert_eq!(History::load(&text[..]).unwrap(), history);
    let lines = String::from_utf8(text).unwrap();
    assert_eq!(lines.lines().nth(1).unwrap(), r#"{"c":0,"s":0,"e":5000,"l":5,"a":{"w":[0,1]},"o":{"ok":{"by":"a"}}}"#);
    let cut = lines.rsplit_once("{\"ended\"").unwrap().0;
    assert_eq!(
        History::load(cut.as_bytes()).unwrap_err().to_string().split(':').next().unwrap(),
        "the history is not complete"
    );
    let broken = lines.replacen("\"c\":0", "\"c\":77", 1);
    assert!(History::load(broken.as_bytes()).unwrap_err().to_string().contains("line 2 of the history is damaged"));
    assert!(History::load(&b"nonsense"[..]).is_err());
}
