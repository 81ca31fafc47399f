//! How many cut sets there are of each order, without writing out any.

use super::build::Leaf;
use super::cut_sets::ModuleSets;
use super::zbdd::{NONE, UNIT};

/// More numbers than allowed would have to be held at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Numbers of sets by order, from the lowest order that has any.
#[derive(Clone, Debug, Default)]
struct Counts {
    lowest: usize,
    counts: Vec<u128>,
}

impl Counts {
    fn one() -> Self {
        Self { lowest: 0, counts: vec![1] }
    }

    fn add(&mut self, other: &Self, shift: usize) {
        if other.counts.is_empty() {
            return;
        }
        let from = other.lowest + shift;
        if self.counts.is_empty() {
            self.lowest = from;
        }
        if from < self.lowest {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.lowest - from));
            self.lowest = from;
        }
        let start = from - self.lowest;
        let end = start + other.counts.len();
        if self.counts.len() < end {
            self.counts.resize(end, 0);
        }
        for (mine, theirs) in self.counts[start..end].iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Every set of one joined with every set of the other; they share no event.
    fn times(&self, other: &Self) -> Self {
        let mut product = Self::default();
        for (at, count) in self.counts.iter().enumerate() {
            let counts = other.counts.iter().map(|theirs| count.saturating_mul(*theirs)).collect();
            product.add(&Self { lowest: other.lowest, counts }, self.lowest + at);
        }
        product
    }

    fn cut(&mut self, order: Option<usize>) {
        if let Some(order) = order {
            self.counts.truncate((order + 1).saturating_sub(self.lowest));
        }
    }
}

/// By order, up to `order` at most; the last module is the top. A number at `u128::MAX` means "at least".
pub fn counts(modules: &[ModuleSets], order: Option<usize>, most: usize) -> Result<Vec<u128>, TooMany> {
    let mut of_modules: Vec<Counts> = Vec::with_capacity(modules.len());
    for module in modules {
        let nodes = &module.family.nodes;
        // A node's numbers are dropped when the last parent has used them.
        let mut uses = vec![0u32; nodes.len()];
        for node in nodes.iter().skip(2) {
            uses[node.high as usize] += 1;
            uses[node.low as usize] += 1;
        }
        uses[module.family.root as usize] += 1;
        let mut of: Vec<Counts> = vec![Counts::default(); nodes.len()];
        of[UNIT as usize] = Counts::one();
        let mut held = 0;
        for (at, node) in nodes.iter().enumerate().skip(2) {
            let (high, low) = (node.high as usize, node.low as usize);
            let mut sum = match module.leaves[node.level as usize] {
                Leaf::Event(_) => {
                    let mut sum = Counts::default();
                    sum.add(&of[high], 1);
                    sum
                }
                Leaf::Module(inner) => of_modules[inner].times(&of[high]),
            };
            sum.add(&of[low], 0);
            sum.cut(order);
            held += sum.counts.len();
            of[at] = sum;
            for child in [high, low] {
                uses[child] -= 1;
                if uses[child] == 0 {
                    held -= of[child].counts.len().min(held);
                    of[child] = Counts::default();
                }
            }
            if held > most {
                return Err(TooMany);
            }
        }
        of_modules.push(std::mem::take(&mut of[module.family.root as usize]));
    }
    let Some(top) = of_modules.pop() else { return Ok(Vec::new()) };
    let mut counts = vec![0; top.lowest];
    counts.extend(top.counts);
    debug_assert_eq!(NONE, 0);
    Ok(counts)
}
