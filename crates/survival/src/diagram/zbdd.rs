//! Zero-suppressed decision diagrams (Minato 1993) of minimal families of sets: no set contains another.
//!
//! `high` are the sets with the variable, without it; `low` those that never had it. Since a family is minimal, one that
//! has the empty set has nothing else. All operations keep families minimal, and leave out sets above the wanted order
//! while they work, not after. They run on a stack of their own: families may be deeper than the program's.

use super::store::{Full, Node, Store};

/// No set at all.
pub const NONE: u32 = 0;
/// The empty set.
pub const UNIT: u32 = 1;

const WITHOUT: u32 = 0;
const UNION: u32 = 1;
/// The product with an order limit: the limit is added.
const PRODUCT: u32 = 16;

/// No limit of the order.
pub const ANY_ORDER: u32 = u32::MAX - PRODUCT;

/// What is still to do; results lie on a stack of values.
#[derive(Clone, Copy)]
enum Task {
    Without(u32, u32),
    Union(u32, u32),
    Product(u32, u32, u32),
    /// Takes a value and subtracts what contains a set of the family.
    ThenWithout(u32),
    /// Takes two values and unites them.
    ThenUnion,
    /// Takes the low and then the high value, drops what of the high is not minimal.
    ThenMinimal {
        level: u32,
    },
    /// Takes the high and then the low value.
    ThenNode {
        level: u32,
    },
    /// Keeps the value on top.
    ThenRemember {
        operation: u32,
        a: u32,
        b: u32,
    },
}

#[derive(Clone, Copy)]
struct Sizes {
    least: u32,
    most: u32,
}

pub struct Zbdd {
    pub store: Store,
    /// Per node, the sizes of its smallest and its largest sets.
    sizes: Vec<Sizes>,
    tasks: Vec<Task>,
    values: Vec<u32>,
}

impl Zbdd {
    pub fn new(limit: usize) -> Self {
        let sizes = vec![Sizes { least: u32::MAX, most: 0 }, Sizes { least: 0, most: 0 }];
        Self { store: Store::new(2, limit), sizes, tasks: Vec::new(), values: Vec::new() }
    }

    fn sizes(&self, family: u32) -> Sizes {
        self.sizes[family as usize]
    }

    pub fn node(&mut self, level: u32, high: u32, low: u32) -> Result<u32, Full> {
        if high == NONE {
            return Ok(low);
        }
        let node = self.store.node(level, high, low)?;
        if node as usize == self.sizes.len() {
            let (with, without) = (self.sizes(high), self.sizes(low));
            let (least, most) = (without.least.min(with.least + 1), without.most.max(with.most + 1));
            self.sizes.push(Sizes { least, most });
        }
        Ok(node)
    }

    /// The sets of `p` that contain no set of `q`.
    pub fn without(&mut self, p: u32, q: u32) -> Result<u32, Full> {
        self.run(Task::Without(p, q))
    }

    /// The minimal sets of both.
    pub fn union(&mut self, p: u32, q: u32) -> Result<u32, Full> {
        self.run(Task::Union(p, q))
    }

    /// The minimal unions of a set of `p` and one of `q`, of at most `order` elements.
    pub fn product(&mut self, p: u32, q: u32, order: u32) -> Result<u32, Full> {
        self.run(Task::Product(p, q, order))
    }

    fn run(&mut self, task: Task) -> Result<u32, Full> {
        self.tasks.clear();
        self.values.clear();
        self.tasks.push(task);
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Without(p, q) => self.start_without(p, q),
                Task::Union(p, q) => self.start_union(p, q),
                Task::Product(p, q, order) => self.start_product(p, q, order),
                Task::ThenWithout(q) => {
                    let p = self.take();
                    self.start_without(p, q);
                }
                Task::ThenUnion => {
                    let (p, q) = (self.take(), self.take());
                    self.start_union(p, q);
                }
                Task::ThenMinimal { level } => {
                    let (low, high) = (self.take(), self.take());
                    self.values.push(low);
                    self.tasks.push(Task::ThenNode { level });
                    self.start_without(high, low);
                }
                Task::ThenNode { level } => {
                    let (high, low) = (self.take(), self.take());
                    let node = self.node(level, high, low)?;
                    self.values.push(node);
                }
                Task::ThenRemember { operation, a, b } => {
                    let result = self.values.last().copied().unwrap_or(NONE);
                    self.store.remember(operation, a, b, result);
                }
            }
        }
        Ok(self.take())
    }

    fn take(&mut self) -> u32 {
        self.values.pop().unwrap_or(NONE)
    }

    /// Whether it is remembered; if not, the result of the tasks that follow will be.
    fn known(&mut self, operation: u32, a: u32, b: u32) -> bool {
        if let Some(result) = self.store.recall(operation, a, b) {
            self.values.push(result);
            return true;
        }
        self.tasks.push(Task::ThenRemember { operation, a, b });
        false
    }

    fn start_without(&mut self, p: u32, q: u32) {
        if q == NONE || p == NONE {
            return self.values.push(p);
        }
        if q == UNIT || p == q {
            return self.values.push(NONE);
        }
        // A set contains none that is larger.
        if p == UNIT || self.sizes(p).most < self.sizes(q).least {
            return self.values.push(p);
        }
        let a = self.store.nodes[p as usize];
        let (mut q, mut b) = (q, self.store.nodes[q as usize]);
        while b.level < a.level {
            // Nothing in `p` has the variable.
            q = b.low;
            b = self.store.nodes[q as usize];
        }
        if q == NONE || q == p {
            return self.values.push(if q == NONE { p } else { NONE });
        }
        if self.known(WITHOUT, p, q) {
            return;
        }
        // The last task pushed is done first: low, then high.
        self.tasks.push(Task::ThenNode { level: a.level });
        if a.level < b.level {
            self.tasks.push(Task::Without(a.high, q));
            self.tasks.push(Task::Without(a.low, q));
        } else {
            self.tasks.push(Task::ThenWithout(b.low));
            self.tasks.push(Task::Without(a.high, b.high));
            self.tasks.push(Task::Without(a.low, b.low));
        }
    }

    fn start_union(&mut self, p: u32, q: u32) {
        if p == NONE || p == q {
            return self.values.push(q);
        }
        if q == NONE {
            return self.values.push(p);
        }
        if p == UNIT || q == UNIT {
            return self.values.push(UNIT);
        }
        let (p, q) = (p.min(q), p.max(q));
        if self.known(UNION, p, q) {
            return;
        }
        let (a, b) = (self.store.nodes[p as usize], self.store.nodes[q as usize]);
        let level = a.level.min(b.level);
        let (a_high, a_low) = if a.level == level { (a.high, a.low) } else { (NONE, p) };
        let (b_high, b_low) = if b.level == level { (b.high, b.low) } else { (NONE, q) };
        self.tasks.push(Task::ThenMinimal { level });
        self.tasks.push(Task::Union(a_low, b_low));
        self.tasks.push(Task::Union(a_high, b_high));
    }

    fn start_product(&mut self, p: u32, q: u32, order: u32) {
        // What is given may be of any order up to the limit of the whole, which may be above this one's.
        if p == NONE || q == NONE || self.sizes(p).least.max(self.sizes(q).least) > order {
            return self.values.push(NONE);
        }
        let (p, q) = (p.min(q), p.max(q));
        if p == UNIT && self.sizes(q).most <= order {
            return self.values.push(q);
        }
        if self.known(PRODUCT + order, p, q) {
            return;
        }
        let less = if order == ANY_ORDER { order } else { order - 1 };
        let (a, b) = (self.store.nodes[p as usize], self.store.nodes[q as usize]);
        let level = a.level.min(b.level);
        self.tasks.push(Task::ThenMinimal { level });
        match (a.level == level, b.level == level) {
            (true, true) => {
                self.tasks.push(Task::Product(a.low, b.low, order));
                self.tasks.push(Task::ThenUnion);
                self.tasks.push(Task::Product(a.low, b.high, less));
                self.tasks.push(Task::ThenUnion);
                self.tasks.push(Task::Product(a.high, b.low, less));
                self.tasks.push(Task::Product(a.high, b.high, less));
            }
            (true, false) => {
                self.tasks.push(Task::Product(a.low, q, order));
                self.tasks.push(Task::Product(a.high, q, less));
            }
            _ => {
                self.tasks.push(Task::Product(p, b.low, order));
                self.tasks.push(Task::Product(p, b.high, less));
            }
        }
    }
}

/// The reachable part of a family.
#[derive(Clone, Debug)]
pub struct Family {
    /// Nodes 0 and 1 are [`NONE`] and [`UNIT`]; children come before parents.
    pub nodes: Vec<Node>,
    pub root: u32,
}

impl Zbdd {
    pub fn extract(&self, root: u32) -> Family {
        let mut new = vec![u32::MAX; (root as usize + 1).max(2)];
        new[root as usize] = 0;
        for at in (2..new.len()).rev() {
            if new[at] != u32::MAX {
                let node = self.store.nodes[at];
                new[node.high as usize] = 0;
                new[node.low as usize] = 0;
            }
        }
        let mut nodes = self.store.nodes[..2].to_vec();
        (new[0], new[1]) = (NONE, UNIT);
        for at in 2..new.len() {
            if new[at] != u32::MAX {
                let old = self.store.nodes[at];
                new[at] = nodes.len() as u32;
                nodes.push(Node { level: old.level, high: new[old.high as usize], low: new[old.low as usize] });
            }
        }
        Family { nodes, root: new[root as usize] }
    }
}
