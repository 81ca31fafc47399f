//! The old primary comes back at every moment of the failover that its absence set off: before anybody noticed, while
//! the lease runs out, while another host is promoted, and after. Each moment three times: it was cut off, it stood
//! still, it lost its power.

use std::time::{Duration, Instant};

use lab::Cut;

use crate::support::{Demo, HOSTS};
use crate::witness::Witness;

const EXAMPLE: &str = include_str!("../../../../examples/replication.yaml");
/// Milliseconds for which it is away. A lease lasts five seconds, and another host is promoted within the next one.
const AWAY: [u64; 7] = [500, 1000, 2000, 3000, 4000, 5000, 6000];

#[derive(Clone, Copy, Debug)]
enum Absence {
    CutOff,
    StandingStill,
    /// It comes back after this, and after it has booted.
    WithoutPower,
}

impl Absence {
    fn of(self, demo: &mut Demo, host: &str, length: Duration) {
        let cut = Cut::Host(host.to_owned());
        let begun = Instant::now();
        match self {
            Self::CutOff => demo.lab.cut(cut.clone()).unwrap(),
            Self::StandingStill => demo.lab.pause(host).unwrap(),
            Self::WithoutPower => demo.lab.kill(host).unwrap(),
        }
        std::thread::sleep(length.saturating_sub(begun.elapsed()));
        match self {
            Self::CutOff => demo.lab.heal_cut(&cut).unwrap(),
            Self::StandingStill => demo.lab.resume(host).unwrap(),
            Self::WithoutPower => demo.lab.start(host).unwrap(),
        }
    }
}

#[test]
fn the_old_primary_returns_at_every_moment_of_the_failover() {
    let mut demo = Demo::with("e2e-returning", EXAMPLE, HOSTS.len());
    demo.apply().expect(0);
    demo.whole_again("the database is whole");
    let witness = Witness::start(&demo, &demo.addresses());
    let mut trials = Vec::new();
    for away in AWAY.map(Duration::from_millis) {
        for absence in [Absence::CutOff, Absence::StandingStill, Absence::WithoutPower] {
            let (old, _) = demo.pair();
            let begun = witness.now();
            absence.of(&mut demo, &old, away);
            demo.whole_again(&format!("{absence:?} for {away:?}"));
            let (new, _) = demo.pair();
            trials.push((absence, away, old, new, begun, witness.now()));
        }
    }
    let testimony = witness.stop(&demo, &HOSTS);
    for (absence, away, old, new, begun, ended) in trials {
        let (silence, whole) = (testimony.silence(begun, ended), Duration::from_micros(ended - begun));
        println!("{absence:?} for {away:?}: {old} → {new}, writers waited {silence:.1?}, whole after {whole:.1?}");
    }
    println!("{:?}", testimony.acknowledged());
    testimony.assert_true();
}
