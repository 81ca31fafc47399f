//! The door of the primary: its gate and its virtual IP, in the order in which the protocol asks, with nothing slow
//! beside them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use failover::Event;
use host::clock;
use host::database::{Gate, Site, Vip, announce};

use super::Inbox;

/// When, after the address was taken, it is announced again: a switch may have been busy, and a host that was cut off
/// may have announced it last.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// Before what failed is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// What is asked of the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Open(Duration),
    /// Without the virtual IP.
    Read(Duration),
    Shut,
    Withdraw,
    Admit(BTreeSet<String>),
}

/// The door of this host.
pub struct Door {
    pub gate: Gate,
    pub vip: Option<Vip>,
    pub site: Site,
    pub inbox: Inbox,
}

#[derive(Default)]
struct State {
    /// When the address was taken, and how often it was announced since.
    held: Option<(Duration, usize)>,
    /// Who is to be admitted and is not yet.
    owed: Option<BTreeSet<String>>,
    /// Who was admitted last.
    admitted: Option<BTreeSet<String>>,
    /// Whether it could not be shut.
    ajar: bool,
}

impl Door {
    /// Works until the driver is gone.
    pub fn run(&self, asks: &Receiver<Ask>) {
        let mut state = State::default();
        loop {
            let next = state.next(clock::now());
            match asks.recv_timeout(next) {
                Ok(ask) => self.carry_out(ask, &mut state),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if state.ajar {
                self.shut(&mut state);
            }
            if let Some(hosts) = state.owed.take() {
                self.admit(hosts, &mut state);
            }
            self.announce(&mut state);
        }
    }

    fn carry_out(&self, ask: Ask, state: &mut State) {
        match ask {
            Ask::Open(until) => self.open(until, state),
            Ask::Read(until) => {
                self.let_in(|gate| gate.lend(until), state);
            }
            Ask::Shut => self.shut(state),
            Ask::Withdraw => {
                state.held = None;
                if let Some(Err(error)) = self.vip.as_ref().map(|vip| vip.withdraw(&self.gate)) {
                    tracing::warn!(%error, "the virtual IP is not given up; it ends by itself");
                }
            }
            Ask::Admit(hosts) => state.owed = Some(hosts),
        }
    }

    /// Whether clients are in now.
    fn let_in(&self, how: impl Fn(&Gate) -> Result<bool, host::Error>, state: &mut State) -> bool {
        state.ajar = false;
        let done = how(&self.gate).or_else(|error| {
            self.build_again(&error, state)?;
            how(&self.gate)
        });
        match done {
            Ok(true) => return true,
            Ok(false) => tracing::warn!("what let clients in ended before the door was open"),
            Err(error) => tracing::error!(%error, "the door cannot be opened"),
        }
        false
    }

    fn open(&self, until: Duration, state: &mut State) {
        if !self.let_in(|gate| gate.open(until), state) {
            return;
        }
        let Some(vip) = &self.vip else { return };
        match vip.hold(until) {
            Ok(()) => state.held = state.held.or(Some((clock::now(), 0))),
            Err(error) => tracing::error!(%error, "the virtual IP cannot be taken"),
        }
    }

    /// Somebody may have loaded other rules into the packet filter, and thrown everything away before. Whoever could copy the
    /// log can do so again, and everybody else is shut out.
    fn build_again(&self, error: &host::Error, state: &mut State) -> Result<(), host::Error> {
        tracing::warn!(%error, "the gate is built again");
        self.gate.prepare()?;
        state.owed = state.owed.take().or_else(|| state.admitted.clone());
        Ok(())
    }

    fn shut(&self, state: &mut State) {
        state.ajar = false;
        if let Err(error) = self.gate.shut() {
            tracing::error!(%error, "the door cannot be shut; it shuts by itself");
            state.ajar = true;
        }
    }

    fn admit(&self, hosts: BTreeSet<String>, state: &mut State) {
        let addresses: Vec<IpAddr> = hosts.iter().filter_map(|h| self.site.addresses.get(h)).copied().collect();
        match self.gate.admit(&addresses) {
            Ok(()) => {
                state.admitted = Some(hosts.clone());
                self.inbox.event(Event::Admitted(hosts));
            }
            Err(error) => {
                tracing::error!(%error, "replicas cannot be admitted");
                state.owed = Some(hosts);
                if let Err(error) = self.build_again(&error, state) {
                    tracing::error!(%error, "the gate cannot be built");
                }
            }
        }
    }

    fn announce(&self, state: &mut State) {
        let (Some(vip), Some((since, times))) = (&self.vip, &mut state.held) else { return };
        let due = times.checked_sub(1).map_or(Some(Duration::ZERO), |t| AGAIN.get(t).copied());
        if due.is_some_and(|due| clock::now().saturating_sub(*since) >= due) {
            *times += 1;
            if let Err(error) = announce(vip) {
                tracing::warn!(%error, "the virtual IP is not announced");
            }
        }
    }
}

impl State {
    /// How long there is nothing to do.
    fn next(&self, now: Duration) -> Duration {
        if self.owed.is_some() || self.ajar {
            return RETRY;
        }
        let announcement = self.held.and_then(|(since, times)| Some(since + *AGAIN.get(times.checked_sub(1)?)?));
        announcement.map_or(Duration::from_secs(60), |at| at.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_announced_for_some_seconds_and_then_no_more() {
        let state = |times| State { held: Some((Duration::from_secs(10), times)), ..State::default() };
        let next = |times, ms| state(times).next(Duration::from_millis(ms)).as_millis();
        assert_eq!(next(1, 10_050), 150);
        assert_eq!(next(5, 12_500), 1500);
        assert_eq!(next(6, 15_000), 60_000);
        assert_eq!(State { ajar: true, ..state(6) }.next(Duration::ZERO), RETRY);
    }
}
