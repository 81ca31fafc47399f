//! Formulas: from nested elements to gates.

use super::error::{OpenPsaError, Problem};
use super::expression::{boolean, required};
use super::names::{Named, Names};
use super::source::{Element, Sources};
use crate::fault_tree::{EventId, Gate, GateId, GateKind, Input};

/// Turns formulas into gates of the arena.
pub struct Formulas<'s, 'a> {
    pub sources: &'s Sources<'a>,
    pub names: &'s Names,
    pub gates: &'s mut Vec<Gate>,
}

impl<'a> Formulas<'_, 'a> {
    /// The gate `gate`, whose place in the arena is kept, by the formula of its definition.
    pub fn define(&mut self, gate: usize, definition: Element<'a>, base: &str) -> Result<(), OpenPsaError> {
        let mut content = definition.content();
        let (Some(formula), 0) = (content.next(), content.count()) else {
            let has = definition.content().count();
            return Err(self.arity(definition, "one formula", has));
        };
        if let Some(kind) = self.connective(formula)? {
            let inputs = self.inputs(formula, kind, base, gate)?;
            self.gates[gate].kind = kind;
            self.gates[gate].inputs = inputs;
        } else {
            let input = self.input(formula, base, gate)?;
            self.gates[gate].inputs = vec![input];
        }
        Ok(())
    }

    fn arity(&self, element: Element<'_>, needs: &str, has: usize) -> OpenPsaError {
        let problem = Problem::Arity { element: element.tag().to_owned(), needs: needs.to_owned(), has };
        self.sources.error(element.at(), problem)
    }

    fn connective(&self, element: Element<'a>) -> Result<Option<GateKind>, OpenPsaError> {
        let number = |attribute: &'static str| {
            let (value, at) = required(self.sources, element, attribute)?;
            value.parse::<usize>().map_err(|_| {
                let (attribute, value) = (attribute.to_owned(), value.to_owned());
                self.sources.error(at, Problem::BadAttribute { attribute, value, expected: "a whole number" })
            })
        };
        Ok(Some(match element.tag() {
            "and" => GateKind::And,
            "or" => GateKind::Or,
            "not" => GateKind::Not,
            "xor" => GateKind::Xor,
            "nand" => GateKind::Nand,
            "nor" => GateKind::Nor,
            "iff" => GateKind::Iff,
            "imply" => GateKind::Imply,
            "atleast" => GateKind::AtLeast(number("min")?),
            "cardinality" => GateKind::Cardinality { min: number("min")?, max: number("max")? },
            _ => return Ok(None),
        }))
    }

    fn inputs(
        &mut self,
        formula: Element<'a>,
        kind: GateKind,
        base: &str,
        gate: usize,
    ) -> Result<Vec<Input>, OpenPsaError> {
        let inputs: Vec<Input> =
            formula.content().map(|input| self.input(input, base, gate)).collect::<Result<_, _>>()?;
        let has = inputs.len();
        // An exclusive or of three: the format leaves open whether it means one or an odd number of them.
        let exact = if kind == GateKind::Xor { Some(2) } else { kind.arity() };
        if let Some(needs) = exact.filter(|needs| *needs != has) {
            return Err(self.arity(formula, &format!("exactly {needs} argument(s)"), has));
        }
        let enough = match kind {
            GateKind::AtLeast(min) | GateKind::Cardinality { min, .. } => min.max(1),
            _ => 1,
        };
        if has < enough {
            return Err(self.arity(formula, &format!("at least {enough} argument(s)"), has));
        }
        Ok(inputs)
    }

    /// What a formula inside the gate `gate` is; nested ones become gates with names below that gate's.
    fn input(&mut self, formula: Element<'a>, base: &str, gate: usize) -> Result<Input, OpenPsaError> {
        let wanted = match formula.tag() {
            "constant" => return boolean(self.sources, formula).map(Input::Constant),
            "event" => formula.attribute("type").map(|(kind, _)| kind),
            kind @ ("gate" | "basic-event" | "house-event") => Some(kind),
            _ => {
                let Some(kind) = self.connective(formula)? else {
                    let element = formula.tag().to_owned();
                    return Err(self.sources.error(formula.at(), Problem::Unexpected { element }));
                };
                let inputs = self.inputs(formula, kind, base, gate)?;
                // A slash is in no name of the format.
                let name = format!("{}/{}", self.gates[gate].name, self.gates.len());
                self.gates.push(Gate { name, kind, inputs });
                return Ok(Input::Gate(GateId(self.gates.len() - 1)));
            }
        };
        let (name, at) = required(self.sources, formula, "name")?;
        let wanted = match wanted {
            None => None,
            Some("gate") => Some("gate"),
            Some("basic-event") => Some("basic-event"),
            Some("house-event") => Some("house-event"),
            Some(other) => {
                let (attribute, value) = ("type".to_owned(), other.to_owned());
                let expected = "`gate`, `basic-event` or `house-event`";
                return Err(self.sources.error(at, Problem::BadAttribute { attribute, value, expected }));
            }
        };
        let Some(named) = self.names.find(name, base) else {
            let what = wanted.unwrap_or("event");
            return Err(self.sources.error(at, Problem::Undefined { what, name: name.to_owned() }));
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != named.kind()) {
            let problem = Problem::WrongKind { name: name.to_owned(), is: named.kind(), wanted };
            return Err(self.sources.error(at, problem));
        }
        Ok(match named {
            Named::Gate(gate) => Input::Gate(GateId(gate)),
            Named::Event(event) => Input::Event(EventId(event)),
            Named::House(value) => Input::Constant(value),
        })
    }
}
