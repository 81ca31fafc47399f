//! Reports in, acts out; and every order in which members may act, to the end.

use std::collections::BTreeMap;

use super::*;

const MEMBERS: [&str; 3] = ["a", "b", "c"];

fn at(seqno: i64) -> Position {
    Position { uuid: Some("u".to_owned()), seqno: Some(seqno), formed: true, known: true }
}

fn report(state: State, position: Position) -> Report {
    Report { state, lasting: true, position }
}

fn members() -> Vec<String> {
    MEMBERS.map(str::to_owned).to_vec()
}

/// What each member does.
fn acts(reports: [Option<Report>; 3]) -> [String; 3] {
    let known: BTreeMap<_, _> = MEMBERS.iter().zip(reports).filter_map(|(m, r)| Some(((*m).to_owned(), r?))).collect();
    MEMBERS.map(|me| match decide(me, &members(), &known, false) {
        Act::Say(note) => note.to_string(),
        act => format!("{act:?}"),
    })
}

fn of(states: [(State, i64); 3]) -> [String; 3] {
    acts(states.map(|(state, seqno)| Some(report(state, at(seqno)))))
}

#[test]
fn members_that_wait_for_each_other_stand_still_and_the_latest_leads() {
    use State::{Held, Waiting};
    assert_eq!(of([(Waiting, 7), (Waiting, 9), (Waiting, 9)]), ["Hold", "Hold", "Hold"]);
    assert_eq!(of([(Held, 7), (Waiting, 9), (Held, 9)]), ["Nothing", "Hold", "Nothing"]);
    let waits = "galera-recovery-under-way leader=b";
    assert_eq!(of([(Held, 7), (Held, 9), (Held, 9)]), [waits, "Lead", waits]);
}

#[test]
fn nobody_leads_while_another_may_be_on_its_way() {
    let reports: BTreeMap<_, _> = members().into_iter().map(|m| (m, report(State::Held, at(7)))).collect();
    assert_eq!(decide("a", &members(), &reports, false), Act::Lead);
    assert!(matches!(decide("a", &members(), &reports, true), Act::Say(_)));
}

#[test]
fn a_group_is_given_time_to_form_by_itself() {
    let waiting = |lasting| Some(Report { lasting, ..report(State::Waiting, at(7)) });
    assert_eq!(acts([waiting(true), waiting(true), waiting(false)]), ["Nothing", "Nothing", "Nothing"]);
    let busy = Some(report(State::Busy, at(7)));
    assert_eq!(acts([waiting(true), busy, waiting(true)]), ["Nothing", "Nothing", "Nothing"]);
}

#[test]
fn a_member_that_is_missing_may_know_more() {
    let held = Some(report(State::Held, at(9)));
    let refused = "galera-recovery-needs-all absent=c";
    assert_eq!(acts([held.clone(), held, None]), [refused, refused, "Nothing"]);
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let held = |position| Some(report(State::Held, position));
    let unknown = || Position { seqno: None, ..at(0) };
    let other = Position { uuid: Some("v".to_owned()), ..at(3) };
    let empty = Position { uuid: None, seqno: None, formed: false, known: true };
    assert!(acts([held(at(7)), held(unknown()), held(at(7))])[0].starts_with("galera-position-unknown hosts=b"));
    assert!(
        acts([held(at(7)), held(other), held(at(7))])[0].starts_with("galera-several-clusters uuids=a u, b v, c u")
    );
    assert!(acts([held(at(7)), held(empty), held(at(7))])[0].starts_with("galera-member-empty hosts=b"));
    // One that crashed tells its position once it stands still.
    let waiting = Some(report(State::Waiting, unknown()));
    assert_eq!(acts([waiting.clone(), waiting.clone(), waiting]), ["Hold", "Hold", "Hold"]);
}

#[test]
fn what_somebody_stopped_stays_stopped() {
    use State::{Failed, Held, Stopped};
    assert_eq!(of([(Stopped, 7), (Stopped, 8), (Stopped, 9)]), ["Nothing", "Nothing", "Nothing"]);
    let refused = "galera-recovery-latest-stopped hosts=c";
    assert_eq!(of([(Held, 7), (Held, 8), (Stopped, 9)]), [refused, refused, "Nothing"]);
    assert_eq!(of([(Failed, 9), (Failed, 8), (Stopped, 9)]), ["Hold", "Hold", "Nothing"]);
    assert_eq!(of([(Held, 9), (Held, 8), (Stopped, 9)])[0], "Lead");
}

#[test]
fn members_join_a_group_one_after_another() {
    use State::{Failed, Held, Outside, Primary, Waiting};
    assert_eq!(of([(Held, 7), (Primary, 9), (Held, 9)]), ["Join", "Nothing", "Nothing"]);
    assert_eq!(of([(Primary, 7), (Primary, 9), (Held, 9)]), ["Nothing", "Nothing", "Join"]);
    let joining = Some(Report { lasting: false, ..report(Waiting, at(7)) });
    let (held, primary) = (Some(report(Held, at(7))), Some(report(Primary, at(9))));
    assert_eq!(acts([joining, primary, held])[2], "Nothing");
    // Fell out of the group, or failed to start while the others were away: neither comes back by itself.
    assert_eq!(of([(Outside, 7), (Primary, 9), (Failed, 9)]), ["Rejoin", "Nothing", "Join"]);
}

#[test]
fn founding_is_not_the_hosts_business() {
    let fresh = || Some(report(State::Waiting, Position::default()));
    assert_eq!(acts([fresh(), fresh(), fresh()]), ["Nothing", "Nothing", "Nothing"]);
}

/// From every mixture of states that a full outage can leave: whatever member acts first, at most one leads, it has the
/// latest writes, and all end up in its group.
#[test]
fn every_order_of_acting_ends_in_one_group() {
    use State::{Failed, Held, Outside, Primary, Waiting};
    fn walk(world: &BTreeMap<String, Report>, led: Option<&str>, seen: &mut Vec<(BTreeMap<String, Report>, bool)>) {
        if seen.contains(&(world.clone(), led.is_some())) {
            return;
        }
        seen.push((world.clone(), led.is_some()));
        let latest = world.values().filter_map(|r| r.position.seqno).max();
        let mut moved = false;
        for me in MEMBERS {
            let act = decide(me, &members(), world, led.is_some());
            let mut next = world.clone();
            let own = next.get_mut(me).unwrap();
            match act {
                Act::Nothing | Act::Say(_) => continue,
                Act::Hold => own.state = Held,
                Act::Lead => {
                    assert_eq!((led, own.position.seqno), (None, latest));
                    own.state = Primary;
                }
                Act::Join | Act::Rejoin => (own.state, own.position.seqno) = (Primary, latest),
            }
            moved = true;
            walk(&next, if act == Act::Lead { Some(me) } else { led }, seen);
        }
        assert!(moved || world.values().all(|r| r.state == Primary), "stuck: {world:?}");
    }
    for states in [[Waiting; 3], [Failed; 3], [Waiting, Failed, Outside], [Outside; 3], [Held, Waiting, Failed]] {
        for seqnos in [[7, 7, 7], [7, 8, 9], [9, 8, 9]] {
            let world = MEMBERS
                .iter()
                .zip(states.into_iter().zip(seqnos))
                .map(|(m, (state, seqno))| ((*m).to_owned(), report(state, at(seqno))))
                .collect();
            walk(&world, None, &mut Vec::new());
        }
    }
}
