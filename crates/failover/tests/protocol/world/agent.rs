//! The process around a state machine: it hands events over one at a time, carries out what comes back in order, and can
//! stand still or die between any two of these.

use std::collections::VecDeque;

use failover::{Action, Event, Node, Task};

use super::store::Request;
use super::{What, World, settings};
use crate::mutants;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    pub node: Node,
    /// Grows when it is started anew: nothing of an earlier life reaches it.
    pub life: u32,
    pub alive: bool,
    pub paused: bool,
    inbox: VecDeque<Event>,
    outbox: VecDeque<Action>,
    /// Under way on the server.
    pub task: Option<Task>,
    /// A server that was started and is not up yet.
    pub starting: Option<Task>,
    /// Asked of a server that does not answer.
    pub unanswered: Vec<Task>,
    pub reading: bool,
    pub looking: bool,
}

impl Agent {
    pub fn new(node: Node) -> Self {
        Self {
            node,
            life: 0,
            alive: true,
            paused: false,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            task: None,
            starting: None,
            unanswered: vec![],
            reading: false,
            looking: false,
        }
    }

    /// What it is about to do.
    pub fn wanted(&self) -> impl Iterator<Item = &Action> {
        self.outbox.iter()
    }

    /// The work on the server that its end has ended.
    pub fn interrupted(&mut self) -> Vec<Task> {
        std::mem::take(&mut self.unanswered).into_iter().chain(self.starting.take()).collect()
    }
}

impl World {
    fn runs(&self, host: usize, life: u32) -> bool {
        let h = &self.hosts[host];
        h.powered && h.agent.alive && h.agent.life == life
    }

    pub(super) fn turn(&mut self, host: usize, life: u32) {
        if !self.runs(host, life) {
            return;
        }
        let sent = self.now;
        let agent = &mut self.hosts[host].agent;
        let (read, look) = (!agent.reading, !agent.looking);
        agent.reading = true;
        agent.looking = true;
        let again = agent.node.look_again().min(agent.node.read_again());
        if read {
            self.ask(What::Request { host, life, sent, request: Request::Read, answered: true });
        }
        if look {
            self.ask(What::Look { host, life, asked: sent });
        }
        self.hear(host, Event::Tick);
        self.ask_after(What::Turn { host, life }, again);
    }

    pub(super) fn deliver(&mut self, host: usize, life: u32, event: Event) {
        if !self.runs(host, life) {
            return;
        }
        let agent = &mut self.hosts[host].agent;
        match &event {
            Event::Viewed { .. } => agent.reading = false,
            Event::Seen { .. } => agent.looking = false,
            Event::Served { .. } => agent.task = None,
            _ => {}
        }
        self.hear(host, event);
    }

    fn hear(&mut self, host: usize, event: Event) {
        self.hosts[host].agent.inbox.push_back(event);
        self.think(host);
    }

    /// Hands events over until one asks for something.
    fn think(&mut self, host: usize) {
        let (now, broken) = (self.now, self.setup.broken);
        let agent = &mut self.hosts[host].agent;
        while agent.outbox.is_empty()
            && let Some(mut event) = agent.inbox.pop_front()
        {
            if let Some(broken) = broken {
                mutants::hears(broken, now, &super::name(host), &agent.node, &mut event);
            }
            let mut actions = agent.node.step(now, event);
            if let Some(broken) = broken {
                mutants::does(broken, &agent.node, &mut actions);
            }
            agent.outbox.extend(actions);
        }
        if !agent.outbox.is_empty() {
            let life = agent.life;
            self.ask(What::Carry { host, life });
        }
    }

    /// Usually all at once; where it can stand still in between, one by one.
    pub(super) fn carry(&mut self, host: usize, life: u32, dice: u32) {
        if !self.runs(host, life) {
            return;
        }
        while let Some(action) = self.hosts[host].agent.outbox.pop_front() {
            self.perform(host, life, action);
            if dice.is_multiple_of(8) {
                break;
            }
        }
        if self.hosts[host].agent.outbox.is_empty() {
            self.think(host);
        } else {
            self.ask(What::Carry { host, life });
        }
    }

    /// The agent's process ends; one that replaces it comes later.
    pub fn end_agent(&mut self, host: usize) {
        // What it only wanted to do is gone with it.
        self.ops.retain(|op| !(op.held && op.what.begun_by() == Some(host)));
        let agent = &mut self.hosts[host].agent;
        agent.life += 1;
        agent.alive = false;
        agent.paused = false;
        let life = agent.life;
        if self.hosts[host].powered {
            self.ask(What::Revive { host, life });
        }
    }

    pub(super) fn revive(&mut self, host: usize, life: u32) {
        let setup = self.setup;
        let h = &mut self.hosts[host];
        if !h.powered || h.agent.life != life || h.agent.alive {
            return;
        }
        h.agent = Agent { life, ..Agent::new(Node::new(settings(setup, host), h.kept)) };
        self.ask(What::Turn { host, life });
    }
}
