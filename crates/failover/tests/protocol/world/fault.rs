//! What goes wrong, and how it is mended.

use failover::Order;

use super::{Fate, Op, What, World};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The server's process ends.
    KillServer(usize),
    /// It stands still; it goes on.
    Freeze(usize),
    Thaw(usize),
    /// It takes no writes, and answers looks.
    Stick(usize),
    /// A client's transaction keeps its applying thread waiting.
    Lock(usize),
    PowerOff(usize),
    PowerOn(usize),
    /// The agent ends; with it, as its unit says, the server.
    CrashAgent {
        host: usize,
        server: bool,
    },
    Pause(usize),
    Resume(usize),
    Cut(usize, usize),
    Join(usize, usize),
    EtcdDown,
    /// With an election: the lease has its full life again.
    EtcdUp,
    /// etcd ends the lease early, as if its clock ran ahead: nothing may be lost by it.
    LoseLease,
    /// The applying thread stops.
    BreakApplier(usize),
    Order(usize, Order),
}

impl World {
    pub fn strike(&mut self, fault: &Fault, dice: u32) {
        match fault.clone() {
            Fault::KillServer(host) => {
                self.end_process(host, dice);
                let life = self.hosts[host].agent.life;
                for task in self.hosts[host].agent.interrupted() {
                    let event = failover::Event::Served { task, done: false };
                    self.ask(What::Deliver { host, life, event: Box::new(event) });
                }
            }
            Fault::Freeze(host) => self.with_server(host, |p| p.frozen = true),
            Fault::Thaw(host) => self.thaw(host),
            Fault::Stick(host) => self.with_server(host, |p| p.stuck = true),
            Fault::Lock(host) => self.with_server(host, |p| p.locked = true),
            Fault::PowerOff(host) => {
                self.end_process(host, dice);
                self.hosts[host].powered = false;
                self.end_agent(host);
                let h = &mut self.hosts[host];
                h.door = None;
                h.kept = None;
                h.admitted.clear();
            }
            Fault::PowerOn(host) => {
                if !self.hosts[host].powered {
                    self.hosts[host].powered = true;
                    let life = self.hosts[host].agent.life;
                    self.ask(What::Revive { host, life });
                }
            }
            Fault::CrashAgent { host, server } => {
                if self.hosts[host].powered {
                    self.end_agent(host);
                    if server {
                        self.end_process(host, dice);
                    }
                }
            }
            Fault::Pause(host) => {
                if self.hosts[host].agent.alive && !self.hosts[host].agent.paused {
                    self.hosts[host].agent.paused = true;
                    // What has left the agent goes on, what it only wanted to do waits.
                    let mut dice = dice;
                    for op in self.ops.iter_mut().filter(|op| op.what.begun_by() == Some(host)) {
                        let left = !matches!(op.what, What::Turn { .. } | What::Carry { .. } | What::Deliver { .. });
                        dice = dice.rotate_left(1);
                        op.held = !(left && dice.is_multiple_of(2));
                    }
                }
            }
            Fault::Resume(host) => {
                self.hosts[host].agent.paused = false;
                let now = self.now;
                for op in self.ops.iter_mut().filter(|op| op.held && op.what.begun_by() == Some(host)) {
                    op.held = false;
                    op.due = op.due.max(now);
                }
            }
            Fault::Cut(from, to) => {
                self.cuts.insert((from, to));
            }
            Fault::Join(from, to) => {
                self.cuts.remove(&(from, to));
            }
            Fault::EtcdDown => self.store.quorum = false,
            Fault::EtcdUp => {
                self.store.quorum = true;
                self.store.expires = self.now + self.setup.timing.ttl;
            }
            Fault::LoseLease => {
                self.clocks = false;
                if self.store.quorum && self.store.leader.take().is_some() {
                    self.store.revision += 1;
                }
            }
            Fault::BreakApplier(host) => self.with_server(host, |p| {
                if let Some(copy) = &mut p.copy {
                    copy.sql = false;
                }
            }),
            Fault::Order(host, order) => self.order(host, order),
        }
        self.arm();
    }

    fn with_server(&mut self, host: usize, change: impl FnOnce(&mut super::Process)) {
        if let Some(process) = &mut self.hosts[host].process {
            change(process);
        }
    }

    /// Everything that lasts is mended.
    pub fn mend(&mut self) {
        for host in 0..self.hosts.len() {
            self.strike(&Fault::Thaw(host), 0);
            self.strike(&Fault::Resume(host), 0);
            self.strike(&Fault::PowerOn(host), 0);
        }
        self.cuts.clear();
        if !self.store.quorum {
            self.strike(&Fault::EtcdUp, 0);
        }
        self.arm();
    }

    /// A thing that was asked for, with its time.
    pub fn schedule(&mut self, what: What, due: std::time::Duration, dice: u32, fate: Fate) {
        let held = what.begun_by().is_some_and(|h| {
            self.hosts[h].agent.paused && matches!(what, What::Turn { .. } | What::Carry { .. } | What::Deliver { .. })
        });
        self.ops.push(Op { what, due, dice, fate, held });
    }
}
