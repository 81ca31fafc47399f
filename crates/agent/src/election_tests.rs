//! The election: single decisions as data, and laws over simulated clusters that are cut, frozen and restarted.

use proptest::prelude::*;

use super::*;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn hosts() -> Vec<String> {
    ["a", "b", "c"].map(str::to_owned).to_vec()
}

fn view(hosts: &str) -> View {
    View { hosts: hosts.chars().map(String::from).collect(), strangers: 0 }
}

fn sight(now: u64, view_of: &str, host: &str, epoch: u64, beat: u64) -> Sight {
    Sight {
        now: ms(now),
        fitness: Fitness::Synced,
        view: view(view_of),
        row: Some(Row { host: host.to_owned(), epoch, beat }),
    }
}

fn election(me: &str) -> Election {
    Election::new(me, hosts())
}

/// An election in which `me` has won `epoch` at this time.
fn winner(me: &str, epoch: u64, at: u64) -> Election {
    let mut election = election(me);
    let decision = election.look(&sight(at, me, "", epoch - 1, 0));
    assert_eq!(decision.action, Some(Action::Claim { seen: epoch - 1, beat: 0 }));
    election.done(Outcome::Done);
    election
}

#[test]
fn the_first_present_host_claims_a_vacant_row_at_once_and_the_others_wait() {
    assert_eq!(election("a").look(&sight(0, "abc", "", 0, 0)).action, Some(Action::Claim { seen: 0, beat: 0 }));
    assert_eq!(election("b").look(&sight(0, "bc", "", 0, 0)).action, Some(Action::Claim { seen: 0, beat: 0 }));
    let mut second = election("b");
    assert_eq!(second.look(&sight(0, "abc", "", 0, 0)).action, None);
    assert_eq!(second.look(&sight(200, "abc", "", 0, 0)).action, None);
    assert_eq!(second.look(&sight(400, "abc", "", 0, 0)).action, Some(Action::Claim { seen: 0, beat: 0 }));
    let mut third = election("c");
    assert_eq!(third.look(&sight(0, "abc", "", 0, 0)).action, None);
    assert_eq!(third.look(&sight(600, "abc", "", 0, 0)).action, None);
    assert_eq!(third.look(&sight(800, "abc", "", 0, 0)).action, Some(Action::Claim { seen: 0, beat: 0 }));
}

#[test]
fn a_claim_says_yes_only_after_it_was_acknowledged_and_read_back() {
    let mut a = election("a");
    assert!(!a.look(&sight(0, "abc", "", 4, 9)).yes());
    // The row already names it, the acknowledgement is still under way.
    assert_eq!(a.look(&sight(10, "abc", "a", 5, 10)).reason, Reason::Unconfirmed);
    a.done(Outcome::Done);
    assert!(a.look(&sight(20, "abc", "a", 5, 10)).yes());
    // Acknowledged, and the row names somebody who was faster still.
    assert_eq!(a.look(&sight(30, "abc", "b", 6, 11)).reason, Reason::Other("b".into()));
    assert_eq!(a.look(&sight(40, "abc", "a", 7, 12)).reason, Reason::Unconfirmed);
}

#[test]
fn a_lost_claim_is_not_a_win() {
    for outcome in [Outcome::Refused, Outcome::Unknown] {
        let mut a = election("a");
        assert!(a.look(&sight(0, "abc", "", 0, 0)).action.is_some());
        a.done(outcome);
        assert!(!a.look(&sight(200, "abc", "b", 1, 1)).yes());
        // A claim whose answer was lost may have been done: then a beat of its epoch proves it.
        let decision = a.look(&sight(400, "abc", "a", 1, 1));
        assert_eq!((decision.yes(), decision.action), (false, Some(Action::Beat { epoch: 1 })));
        a.done(Outcome::Done);
        assert!(a.look(&sight(420, "abc", "a", 1, 2)).yes());
    }
}

#[test]
fn the_writer_beats_each_second_and_one_write_is_under_way_at_most() {
    let mut a = winner("a", 1, 0);
    assert_eq!(a.look(&sight(200, "abc", "a", 1, 1)).action, None);
    assert_eq!(a.look(&sight(1000, "abc", "a", 1, 1)).action, Some(Action::Beat { epoch: 1 }));
    assert_eq!(a.look(&sight(2100, "abc", "a", 1, 1)).action, None);
    a.done(Outcome::Done);
    assert_eq!(a.look(&sight(2200, "abc", "a", 1, 2)).action, Some(Action::Beat { epoch: 1 }));
}

#[test]
fn the_lease_counts_from_when_the_acknowledged_beat_was_sent() {
    let mut a = winner("a", 1, 0);
    assert_eq!(a.look(&sight(900, "abc", "a", 1, 1)).until, Some(ms(2500)));
    assert!(a.look(&sight(1800, "abc", "a", 1, 1)).action.is_some()); // sent at 1800, answered late
    assert!(a.look(&sight(2400, "abc", "a", 1, 1)).yes());
    assert!(!a.look(&sight(2500, "abc", "a", 1, 1)).yes());
    a.done(Outcome::Done);
    assert!(a.look(&sight(3300, "abc", "a", 1, 2)).yes());
    assert!(!a.look(&sight(4300, "abc", "a", 1, 2)).yes());
}

#[test]
fn a_writer_that_is_unfit_says_no_at_once_and_must_prove_itself_again() {
    let mut a = winner("a", 1, 0);
    assert!(a.look(&sight(200, "abc", "a", 1, 1)).yes());
    let mut cut = sight(400, "a", "a", 1, 1);
    cut.fitness = Fitness::Unfit;
    assert_eq!(a.look(&cut), Decision::no(Reason::Unfit));
    let back = a.look(&sight(600, "abc", "a", 1, 1));
    assert_eq!((back.reason.clone(), back.action), (Reason::Unconfirmed, Some(Action::Beat { epoch: 1 })));
}

#[test]
fn a_row_that_cannot_be_read_is_a_no() {
    let mut a = winner("a", 1, 0);
    let mut blind = sight(200, "abc", "a", 1, 1);
    blind.row = None;
    assert_eq!(a.look(&blind).reason, Reason::NoRow);
}

#[test]
fn a_host_that_returns_does_not_take_over() {
    let mut a = election("a");
    for now in (0..20_000).step_by(200) {
        // b writes and beats each second.
        let decision = a.look(&sight(now, "abc", "b", 7, now / 1000));
        assert_eq!(decision, Decision::no(Reason::Other("b".into())));
    }
}

#[test]
fn a_writer_that_left_the_view_is_replaced_at_once() {
    let mut b = election("b");
    assert_eq!(b.look(&sight(0, "abc", "a", 1, 5)).action, None);
    assert_eq!(b.look(&sight(200, "bc", "a", 1, 5)).action, Some(Action::Claim { seen: 1, beat: 5 }));
    // One that is no longer configured counts as gone.
    assert_eq!(election("a").look(&sight(0, "abc", "old", 3, 5)).action, Some(Action::Claim { seen: 3, beat: 5 }));
}

#[test]
fn a_view_that_makes_no_sense_takes_nobodys_word_away() {
    let mut b = election("b");
    let mut odd = sight(0, "bc", "a", 1, 5);
    odd.view.strangers = 1;
    assert_eq!(b.look(&odd).reason, Reason::Other("a".into()));
    assert_eq!(b.look(&sight(200, "", "a", 1, 5)).reason, Reason::Other("a".into()));
}

#[test]
fn a_silent_writer_in_the_view_is_replaced_after_its_lease() {
    let mut b = election("b");
    let mut claimed = None;
    for now in (0..6000).step_by(200) {
        let decision = b.look(&sight(now, "abc", "a", 1, 5));
        if decision.action.is_some() {
            claimed = Some(now);
            break;
        }
    }
    // a itself is before b in the order, and does not count: it is the one to be replaced.
    assert_eq!(claimed, Some(3000));
}

#[test]
fn an_observer_that_was_away_proves_nothing() {
    let mut b = election("b");
    assert!(b.look(&sight(0, "abc", "a", 1, 5)).action.is_none());
    // Frozen for ten seconds: the old row is still what this member shows.
    assert_eq!(b.look(&sight(10_000, "abc", "a", 1, 5)).reason, Reason::Other("a".into()));
    assert_eq!(b.look(&sight(10_900, "abc", "a", 1, 5)).reason, Reason::Other("a".into()));
}

#[test]
fn a_donor_stays_the_writer_and_claims_last() {
    let mut a = winner("a", 1, 0);
    let mut busy = sight(200, "abc", "a", 1, 1);
    busy.fitness = Fitness::Donor;
    assert!(a.look(&busy).yes());
    let mut a = election("a");
    let at = |now| Sight { fitness: Fitness::Donor, ..sight(now, "abc", "", 0, 0) };
    assert_eq!(a.look(&at(0)).action, None);
    assert_eq!(a.look(&at(900)).action, None);
    assert_eq!(a.look(&at(1000)).action, Some(Action::Claim { seen: 0, beat: 0 }));
}

/// What happens to a simulated host.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Cut off from the others.
    Cut(usize),
    /// Together again.
    Heal(usize),
    /// The agent stands still; its last answer grows old.
    Freeze(usize),
    Thaw(usize),
    /// The agent starts anew, remembering nothing.
    Restart(usize),
}

/// A simulated host: its member's view of the group and its agent.
struct Host {
    election: Election,
    reachable: bool,
    frozen: bool,
    /// When its member notices that it is cut off or back; the group's timers.
    settles: u64,
    primary: bool,
    /// How much of the log its member has applied.
    applied: usize,
    /// Until when its last answer is a "yes".
    yes_until: u64,
    won: Vec<u64>,
    in_flight: Option<(Action, u64)>,
}

const STEP: u64 = 50;
const LOOK: u64 = 200;
const SETTLE: u64 = 1500;
/// The group's log is applied elsewhere this much later.
const LAG: u64 = 100;
const STALE: u64 = 2000;

struct Simulation {
    hosts: Vec<Host>,
    log: Vec<(Row, u64)>,
    now: u64,
}

impl Simulation {
    fn new() -> Self {
        let host = |name: &String| Host {
            election: Election::new(name.clone(), hosts()),
            reachable: true,
            frozen: false,
            settles: 0,
            primary: true,
            applied: 1,
            yes_until: 0,
            won: vec![],
            in_flight: None,
        };
        Self { hosts: hosts().iter().map(host).collect(), log: vec![(Row::default(), 0)], now: 0 }
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Cut(h) if self.hosts.iter().filter(|h| h.reachable).count() == 3 => {
                self.hosts[h].reachable = false;
                self.hosts.iter_mut().for_each(|h| h.settles = now + SETTLE);
            }
            Event::Heal(h) if !self.hosts[h].reachable => {
                self.hosts[h].reachable = true;
                self.hosts.iter_mut().for_each(|h| h.settles = now + SETTLE);
            }
            Event::Freeze(h) => self.hosts[h].frozen = true,
            Event::Thaw(h) => self.hosts[h].frozen = false,
            Event::Restart(h) => {
                let name = hosts()[h].clone();
                // Its write may still be done by the server.
                self.hosts[h].election = Election::new(name, hosts());
                self.hosts[h].yes_until = 0;
            }
            _ => {}
        }
    }

    /// The view that host `h`'s member has: the old one until the group's timers have run out.
    fn view(&self, h: usize) -> Vec<String> {
        let together =
            |o: &usize| self.hosts[*o].reachable == self.hosts[h].reachable && (self.hosts[h].reachable || *o == h);
        let settled = self.now >= self.hosts[h].settles;
        (0..3).filter(|o| !settled || together(o)).map(|o| hosts()[o].clone()).collect()
    }

    fn step(&mut self) {
        self.now += STEP;
        for h in 0..3 {
            let settled = self.now >= self.hosts[h].settles;
            if settled {
                self.hosts[h].primary = self.hosts[h].reachable;
            }
            if self.hosts[h].reachable && settled {
                let visible = self.log.iter().take_while(|(_, at)| at + LAG <= self.now).count();
                self.hosts[h].applied = self.hosts[h].applied.max(visible);
            }
            self.carry_out(h, settled);
            if self.hosts[h].frozen || !(self.now + h as u64 * STEP).is_multiple_of(LOOK) {
                continue;
            }
            let sight = Sight {
                now: ms(self.now),
                fitness: if self.hosts[h].primary { Fitness::Synced } else { Fitness::Unfit },
                view: View { hosts: self.view(h), strangers: 0 },
                row: Some(self.log[self.hosts[h].applied - 1].0.clone()),
            };
            let decision = self.hosts[h].election.look(&sight);
            let until = decision.until.map_or(0, |until| u64::try_from(until.as_millis()).unwrap());
            self.hosts[h].yes_until = until.min(self.now + STALE);
            if let Some(action) = decision.action {
                self.hosts[h].in_flight = Some((action, self.now));
            }
        }
    }

    /// The group certifies writes in one order; while it settles on a view, writes wait.
    fn carry_out(&mut self, h: usize, settled: bool) {
        let Some((action, sent)) = self.hosts[h].in_flight else { return };
        let outcome = if !settled {
            if self.now < sent + STALE {
                return;
            }
            Outcome::Unknown
        } else if !self.hosts[h].primary || self.hosts[h].applied < self.log.len() {
            // No quorum, or somebody's write came first.
            Outcome::Refused
        } else {
            let Some((row, _)) = self.log.last().cloned() else { return };
            let me = hosts()[h].clone();
            let next = match action {
                Action::Claim { seen, beat } if row.epoch == seen && row.beat == beat => {
                    self.hosts[h].won.push(seen + 1);
                    Some(Row { host: me, epoch: seen + 1, beat: row.beat + 1 })
                }
                Action::Beat { epoch } if row.epoch == epoch && row.host == me => {
                    Some(Row { beat: row.beat + 1, ..row })
                }
                _ => None,
            };
            match next {
                Some(next) => {
                    self.log.push((next, self.now));
                    self.hosts[h].applied = self.log.len();
                    Outcome::Done
                }
                None => Outcome::Refused,
            }
        };
        self.hosts[h].in_flight = None;
        self.hosts[h].election.done(outcome);
    }

    /// The hosts whose agent answers "yes" now; an agent that stands still answers nothing.
    fn yes(&self) -> Vec<usize> {
        (0..3).filter(|h| !self.hosts[*h].frozen && self.now < self.hosts[*h].yes_until).collect()
    }

    /// Whether the host's member acknowledges writes: it has the quorum, and its group is not settling on a view.
    fn acknowledges(&self, h: usize) -> bool {
        self.hosts[h].primary && self.now >= self.hosts[h].settles
    }
}

fn event() -> impl Strategy<Value = Event> {
    (0..5u8, 0..3usize).prop_map(|(kind, h)| match kind {
        0 => Event::Cut(h),
        1 => Event::Heal(h),
        2 => Event::Freeze(h),
        3 => Event::Thaw(h),
        _ => Event::Restart(h),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever happens: an epoch has one winner, no two hosts both say yes and acknowledge writes, and once all is
    /// well again there is exactly one writer, which stays.
    #[test]
    fn there_is_one_writer(events in prop::collection::vec((event(), 0..80u64), 0..25)) {
        let mut simulation = Simulation::new();
        let check = |s: &Simulation| -> Result<(), TestCaseError> {
            let writable: Vec<_> = s.yes().into_iter().filter(|h| s.acknowledges(*h)).collect();
            prop_assert!(writable.len() <= 1, "at {} ms all of {writable:?} can be written: {:?}", s.now, s.log);
            Ok(())
        };
        for (event, pause) in events {
            simulation.happen(event);
            for _ in 0..pause {
                simulation.step();
                check(&simulation)?;
            }
        }
        let mut won: Vec<_> = simulation.hosts.iter().flat_map(|h| h.won.clone()).collect();
        won.sort_unstable();
        let all = won.len();
        won.dedup();
        prop_assert_eq!(won.len(), all, "an epoch was won twice");

        for h in 0..3 {
            simulation.happen(Event::Heal(h));
            simulation.happen(Event::Thaw(h));
        }
        for _ in 0..(9000 / STEP) {
            simulation.step();
            check(&simulation)?;
        }
        let settled = simulation.yes();
        prop_assert_eq!(settled.len(), 1, "nobody writes after nine quiet seconds: {:?}", simulation.log.last());
        for _ in 0..(5000 / STEP) {
            simulation.step();
            prop_assert_eq!(simulation.yes(), settled.clone(), "a quiet cluster changed its writer");
        }
    }

    /// A cut-off writer stops within the lease and a poll, and the others have a new one soon after the group's timers.
    #[test]
    fn a_cut_is_one_short_interruption(victim in 0..3usize, quiet in 60..160u64) {
        let mut simulation = Simulation::new();
        for _ in 0..quiet {
            simulation.step();
        }
        let writer = simulation.yes();
        prop_assert_eq!(writer.len(), 1);
        simulation.happen(Event::Cut(victim));
        let mut gap = 0;
        for _ in 0..(6000 / STEP) {
            simulation.step();
            if !simulation.yes().iter().any(|h| simulation.hosts[*h].reachable) {
                gap += STEP;
            }
        }
        let after = simulation.yes();
        prop_assert_eq!(after.len(), 1);
        prop_assert!(simulation.hosts[after[0]].reachable);
        if writer[0] != victim {
            prop_assert_eq!(&after, &writer, "the writer was not the one who left");
        }
        prop_assert!(gap <= SETTLE + 1000, "no writer for {gap} ms");
    }
}
