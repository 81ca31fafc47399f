//! Where the nodes of a diagram live: every node once, and what was computed of them remembered.
//!
//! Shared by the binary and the zero-suppressed diagrams, which differ in what a node means only. Nodes are never
//! collected: a store lives as long as one construction, and what is kept of it is copied out. Children are always made
//! before their parents, so walking the nodes by number is walking them from below, without recursion.

/// The limit of nodes is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A decision on a variable; `level` says where in the order. What `high` and `low` are is up to the kind of diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub level: u32,
    pub high: u32,
    pub low: u32,
}

/// Below every variable.
pub const BOTTOM: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Remembered {
    a: u32,
    b: u32,
    operation: u32,
    result: u32,
}

const NOTHING: Remembered = Remembered { a: u32::MAX, b: u32::MAX, operation: u32::MAX, result: 0 };

/// The cache has a slot for every two nodes up to so many slots: more no longer fit into a processor's caches.
const MOST_REMEMBERED: usize = 1 << 22;

pub struct Store {
    pub nodes: Vec<Node>,
    limit: usize,
    /// Open addressing with linear probing; 0 is free, as no terminal is looked up.
    index: Vec<u32>,
    remembered: Vec<Remembered>,
}

fn mixed(a: u32, b: u32, c: u32) -> usize {
    let mut hash = u64::from(a).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ u64::from(b)).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    hash = (hash ^ u64::from(c)).wrapping_mul(0x1656_67B1_9E37_79F9);
    (hash ^ (hash >> 29)) as usize
}

impl Store {
    /// With so many terminals, and room for `limit` nodes.
    pub fn new(terminals: usize, limit: usize) -> Self {
        let terminal = Node { level: BOTTOM, high: 0, low: 0 };
        Self {
            nodes: vec![terminal; terminals],
            limit: limit.min(1 << 30),
            index: vec![0; 256],
            remembered: vec![NOTHING; 256],
        }
    }

    /// The node with these contents, made if it is new.
    pub fn node(&mut self, level: u32, high: u32, low: u32) -> Result<u32, Full> {
        let wanted = Node { level, high, low };
        let mask = self.index.len() - 1;
        let mut slot = mixed(level, high, low) & mask;
        loop {
            match self.index[slot] {
                0 => break,
                found if self.nodes[found as usize] == wanted => return Ok(found),
                _ => slot = (slot + 1) & mask,
            }
        }
        if self.nodes.len() >= self.limit {
            return Err(Full);
        }
        let made = self.nodes.len() as u32;
        self.nodes.push(wanted);
        self.index[slot] = made;
        if self.nodes.len() * 4 > self.index.len() * 3 {
            self.grow();
        }
        Ok(made)
    }

    fn grow(&mut self) {
        let size = self.index.len() * 2;
        self.index = vec![0; size];
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.level != BOTTOM) {
            let mut slot = mixed(node.level, node.high, node.low) & (size - 1);
            while self.index[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.index[slot] = at as u32;
        }
        if self.remembered.len() < MOST_REMEMBERED.min(size / 2) {
            let old = std::mem::replace(&mut self.remembered, vec![NOTHING; size / 2]);
            for entry in old.into_iter().filter(|entry| entry.operation != NOTHING.operation) {
                let slot = self.slot(entry.operation, entry.a, entry.b);
                self.remembered[slot] = entry;
            }
        }
    }

    fn slot(&self, operation: u32, a: u32, b: u32) -> usize {
        mixed(a, b, operation) & (self.remembered.len() - 1)
    }

    /// What [`Store::remember`] was told, unless it was forgotten.
    pub fn recall(&self, operation: u32, a: u32, b: u32) -> Option<u32> {
        let entry = self.remembered[self.slot(operation, a, b)];
        (entry.a == a && entry.b == b && entry.operation == operation).then_some(entry.result)
    }

    pub fn remember(&mut self, operation: u32, a: u32, b: u32, result: u32) {
        let slot = self.slot(operation, a, b);
        self.remembered[slot] = Remembered { a, b, operation, result };
    }
}
