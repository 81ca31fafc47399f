//! Carrying out a part of a plan: `--only etcd`, `--only node2`, `--only etcd/node2/run`, `-j 1,2`, `-j 3+`.

use std::collections::BTreeMap;

use crate::plan::{Plan, Step};

/// Which steps are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Components, hosts or step identifiers; empty means all.
    pub only: Vec<String>,
    /// Inclusive ranges of component numbers; empty means all.
    pub numbers: Vec<(usize, usize)>,
}

/// Why a selection was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a selection of steps: write numbers as 3, ranges as 2-4 or 3+, several with commas")]
pub struct SelectionError(pub String);

/// Reads what `-j` was given, such as `1,2`, `3` or `3+`.
pub fn parse_numbers(text: &str) -> Result<Vec<(usize, usize)>, SelectionError> {
    let error = || SelectionError(text.to_owned());
    text.split(',')
        .map(|part| {
            let part = part.trim();
            let number = |s: &str| s.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(error);
            if let Some(from) = part.strip_suffix('+') {
                return Ok((number(from)?, usize::MAX));
            }
            match part.split_once('-') {
                Some((from, to)) => {
                    let (from, to) = (number(from)?, number(to)?);
                    if from <= to { Ok((from, to)) } else { Err(error()) }
                }
                None => Ok((number(part)?, number(part)?)),
            }
        })
        .collect()
}

/// The plan with the wanted steps alone. What a wanted step needs and is not wanted is taken as done; what that one
/// needs in its turn still comes before, so that hosts which take turns do so without the one between them.
pub fn select(mut plan: Plan, selection: &Selection) -> Plan {
    let mut inherited: BTreeMap<String, Vec<String>> = BTreeMap::new();
    plan.steps.retain_mut(|step| {
        let mut needs: Vec<String> = Vec::new();
        for need in std::mem::take(&mut step.needs) {
            match inherited.get(&need) {
                Some(further) => needs.extend(further.iter().cloned()),
                None => needs.push(need),
            }
        }
        needs.sort_unstable();
        needs.dedup();
        if wants(selection, step) {
            step.needs = needs;
            return true;
        }
        inherited.insert(step.id.clone(), needs);
        false
    });
    plan
}

fn wants(selection: &Selection, step: &Step) -> bool {
    let named = selection.only.is_empty()
        || selection.only.iter().any(|o| *o == step.component || *o == step.host.as_str() || *o == step.id);
    let numbered =
        selection.numbers.is_empty() || selection.numbers.iter().any(|(a, b)| (*a..=*b).contains(&step.number));
    named && numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_dce_users_write_them() {
        assert_eq!(parse_numbers("1,2").unwrap(), vec![(1, 1), (2, 2)]);
        assert_eq!(parse_numbers("3+").unwrap(), vec![(3, usize::MAX)]);
        assert_eq!(parse_numbers("2-4, 7").unwrap(), vec![(2, 4), (7, 7)]);
        for wrong in ["", "0", "x", "3++", "1,,2", "-", "4-2"] {
            assert!(parse_numbers(wrong).is_err(), "{wrong}");
        }
    }
}
