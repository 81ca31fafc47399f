//! The stochastic layer: parameters and expressions, as the point estimates that they amount to.
//!
//! A random deviate stands for its mean, which is also what SCRAM takes outside uncertainty analysis. Times are hours.

use std::collections::HashMap;

use super::error::{OpenPsaError, Problem};
use super::source::{At, Element, Sources};
use crate::fault_tree::depth_first;

/// A parameter's definition.
pub struct Parameter<'a> {
    pub name: String,
    /// The container that names are looked up in first.
    pub base: String,
    pub element: Element<'a>,
}

/// All parameters, looked up by public name or by path, and their values once they are known.
#[derive(Default)]
pub struct Parameters<'a> {
    pub defined: Vec<Parameter<'a>>,
    pub by_name: HashMap<String, usize>,
    pub by_path: HashMap<String, usize>,
    values: Vec<f64>,
}

/// What evaluation rests on.
pub struct Evaluator<'s, 'a> {
    pub sources: &'s Sources<'a>,
    pub parameters: &'s Parameters<'a>,
    /// Hours.
    pub mission_time: f64,
}

impl<'a> Parameters<'a> {
    fn find(&self, name: &str, base: &str) -> Option<usize> {
        let local = self.by_path.get(&format!("{base}.{name}"));
        local.or_else(|| self.by_name.get(name)).or_else(|| self.by_path.get(name)).copied()
    }

    /// Computes the values of all parameters, each after those that it uses.
    pub fn evaluate(&mut self, sources: &Sources<'a>, mission_time: f64) -> Result<(), OpenPsaError> {
        let mut uses = Vec::with_capacity(self.defined.len());
        for parameter in &self.defined {
            let mut used = Vec::new();
            for element in parameter.element.descendants().filter(|element| element.tag() == "parameter") {
                let (name, at) = required(sources, element, "name")?;
                let undefined = || Problem::Undefined { what: "parameter", name: name.to_owned() };
                used.push(self.find(name, &parameter.base).ok_or_else(|| sources.error(at, undefined()))?);
            }
            uses.push(used);
        }
        let next = |node: usize, place: usize| uses[node].get(place).map(|child| (place, *child));
        let order = depth_first(self.defined.len(), 0..self.defined.len(), next).map_err(|path| {
            let names: Vec<&str> = path.iter().take(20).map(|at| self.defined[*at].name.as_str()).collect();
            let at = path.first().map_or(self.defined[0].element.at(), |first| self.defined[*first].element.at());
            sources.error(at, Problem::Cycle { what: "parameter", path: names.join(" → ") })
        })?;
        self.values = vec![f64::NAN; self.defined.len()];
        for at in order {
            let parameter = &self.defined[at];
            let evaluator = Evaluator { sources, parameters: self, mission_time };
            let value = evaluator.content(parameter.element, &parameter.base)?;
            self.values[at] = value;
        }
        Ok(())
    }
}

/// The value of an attribute that must be there.
pub fn required<'a>(
    sources: &Sources<'_>,
    element: Element<'a>,
    attribute: &'static str,
) -> Result<(&'a str, At), OpenPsaError> {
    element.attribute(attribute).ok_or_else(|| {
        sources.error(element.at(), Problem::NoAttribute { element: element.tag().to_owned(), attribute })
    })
}

/// A truth value of XML Schema.
pub fn boolean(sources: &Sources<'_>, element: Element<'_>) -> Result<bool, OpenPsaError> {
    let (value, at) = required(sources, element, "value")?;
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => {
            let (attribute, value) = ("value".to_owned(), value.to_owned());
            Err(sources.error(at, Problem::BadAttribute { attribute, value, expected: "`true` or `false`" }))
        }
    }
}

/// The probability of an exponential law: 1 − e^(−rate · time), without loss of digits when it is small.
fn exponential(rate: f64, time: f64) -> f64 {
    -(-rate * time).exp_m1()
}

impl Evaluator<'_, '_> {
    /// The one expression that an element contains.
    pub fn content(&self, element: Element<'_>, base: &str) -> Result<f64, OpenPsaError> {
        let mut content = element.content();
        match (content.next(), content.count()) {
            (Some(expression), 0) => self.value(expression, base),
            (first, more) => Err(self.arity(element, "one expression", usize::from(first.is_some()) + more)),
        }
    }

    fn arity(&self, element: Element<'_>, needs: &str, has: usize) -> OpenPsaError {
        let problem = Problem::Arity { element: element.tag().to_owned(), needs: needs.to_owned(), has };
        self.sources.error(element.at(), problem)
    }

    fn number(&self, element: Element<'_>, expected: &'static str) -> Result<f64, OpenPsaError> {
        let (value, at) = required(self.sources, element, "value")?;
        let parsed = value.parse::<f64>().ok().filter(|number| number.is_finite());
        parsed.filter(|number| expected == "a number" || number.fract() == 0.0).ok_or_else(|| {
            let (attribute, value) = ("value".to_owned(), value.to_owned());
            self.sources.error(at, Problem::BadAttribute { attribute, value, expected })
        })
    }

    /// The value of an expression. Recursion ends where nesting does, which the reader limits.
    pub fn value(&self, element: Element<'_>, base: &str) -> Result<f64, OpenPsaError> {
        let truth = |value: bool| f64::from(u8::from(value));
        match element.tag() {
            "float" => return self.number(element, "a number"),
            "int" => return self.number(element, "a whole number"),
            "bool" => return boolean(self.sources, element).map(truth),
            "pi" => return Ok(std::f64::consts::PI),
            "system-mission-time" => return Ok(self.mission_time),
            "parameter" => {
                let (name, at) = required(self.sources, element, "name")?;
                let found = self.parameters.find(name, base);
                let undefined = || Problem::Undefined { what: "parameter", name: name.to_owned() };
                let found = found.ok_or_else(|| self.sources.error(at, undefined()))?;
                return Ok(self.parameters.values[found]);
            }
            "switch" => return self.switch(element, base),
            "histogram" => return self.histogram(element, base),
            "extern-function" => return Err(self.unsupported(element, "it would run code of the model's author")),
            "test-initiating-event" | "test-functional-event" => {
                return Err(self.unsupported(element, "it has a value in an event tree only"));
            }
            _ => {}
        }
        let arguments: Vec<f64> =
            element.content().map(|argument| self.value(argument, base)).collect::<Result<_, _>>()?;
        let has = arguments.len();
        let result = match (element.tag(), arguments.as_slice()) {
            ("neg", [x]) => -x,
            ("abs", [x]) => x.abs(),
            ("acos", [x]) => x.acos(),
            ("asin", [x]) => x.asin(),
            ("atan", [x]) => x.atan(),
            ("cos", [x]) => x.cos(),
            ("cosh", [x]) => x.cosh(),
            ("exp", [x]) => x.exp(),
            ("log", [x]) => x.ln(),
            ("log10", [x]) => x.log10(),
            ("sin", [x]) => x.sin(),
            ("sinh", [x]) => x.sinh(),
            ("tan", [x]) => x.tan(),
            ("tanh", [x]) => x.tanh(),
            ("sqrt", [x]) => x.sqrt(),
            ("ceil", [x]) => x.ceil(),
            ("floor", [x]) => x.floor(),
            ("mod", [x, y]) => x.trunc() % y.trunc(),
            ("pow", [x, y]) => x.powf(*y),
            ("add", [_, ..]) => arguments.iter().sum(),
            ("sub", [first, rest @ ..]) => rest.iter().fold(*first, |left, x| left - x),
            ("mul", [_, ..]) => arguments.iter().product(),
            ("div", [first, rest @ ..]) => rest.iter().fold(*first, |left, x| left / x),
            ("min", [_, ..]) => arguments.iter().copied().fold(f64::INFINITY, f64::min),
            ("max", [_, ..]) => arguments.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ("mean", [_, ..]) => arguments.iter().sum::<f64>() / has as f64,
            ("not", [x]) => truth(*x == 0.0),
            ("and", [_, ..]) => truth(arguments.iter().all(|x| *x != 0.0)),
            ("or", [_, ..]) => truth(arguments.iter().any(|x| *x != 0.0)),
            ("eq", [x, y]) => truth(x == y),
            ("df", [x, y]) => truth(x != y),
            ("lt", [x, y]) => truth(x < y),
            ("gt", [x, y]) => truth(x > y),
            ("leq", [x, y]) => truth(x <= y),
            ("geq", [x, y]) => truth(x >= y),
            ("ite", [condition, then, otherwise]) => *if *condition != 0.0 { then } else { otherwise },
            ("exponential", [rate, time]) => exponential(*rate, *time),
            ("GLM", [on_demand, failure, repair, time]) => {
                // A component that fails and is repaired, and may fail when it is asked to start.
                let both = failure + repair;
                let settled = failure / both;
                settled - (settled - on_demand) * (-both * time).exp()
            }
            ("Weibull", [scale, shape, shift, time]) => {
                if time <= shift {
                    0.0
                } else {
                    -(-((time - shift) / scale).powf(*shape)).exp_m1()
                }
            }
            ("periodic-test", [rate, between, first, time]) => periodic(*rate, f64::INFINITY, *between, *first, *time),
            ("periodic-test", [rate, repair, between, first, time]) => {
                periodic(*rate, *repair, *between, *first, *time)
            }
            ("periodic-test", [_, _, _, _, _, _, _, _, _, _, _]) => {
                return Err(self.unsupported(element, "only the forms with four and five arguments are"));
            }
            ("uniform-deviate", [low, high]) => low.midpoint(*high),
            ("normal-deviate", [mean, _]) => *mean,
            // With a mean and an error factor; with the mean and the deviation of the logarithm.
            ("lognormal-deviate", [mean, _, _]) => *mean,
            ("lognormal-deviate", [mu, sigma]) => (mu + sigma * sigma / 2.0).exp(),
            ("gamma-deviate", [shape, scale]) => shape * scale,
            ("beta-deviate", [alpha, beta]) => alpha / (alpha + beta),
            (tag, _) => {
                return Err(match expected(tag) {
                    Some(needs) => self.arity(element, needs, has),
                    None => self.sources.error(element.at(), Problem::Unexpected { element: tag.to_owned() }),
                });
            }
        };
        Ok(result)
    }

    fn unsupported(&self, element: Element<'_>, why: &'static str) -> OpenPsaError {
        self.sources.error(element.at(), Problem::Unsupported { element: element.tag().to_owned(), why })
    }

    fn switch(&self, element: Element<'_>, base: &str) -> Result<f64, OpenPsaError> {
        let mut otherwise = None;
        for part in element.content() {
            if part.tag() != "case" {
                otherwise = Some(part);
                continue;
            }
            let pair: Vec<Element<'_>> = part.content().collect();
            let [condition, value] = pair[..] else {
                return Err(self.arity(part, "a condition and a value", pair.len()));
            };
            if self.value(condition, base)? != 0.0 {
                return self.value(value, base);
            }
        }
        match otherwise {
            Some(value) => self.value(value, base),
            None => Err(self.arity(element, "a value for when no case holds", 0)),
        }
    }

    /// The mean of a density that is constant between boundaries.
    fn histogram(&self, element: Element<'_>, base: &str) -> Result<f64, OpenPsaError> {
        let mut parts = element.content();
        let Some(first) = parts.next() else { return Err(self.arity(element, "a boundary and bins", 0)) };
        let mut lower = self.value(first, base)?;
        let (mut weights, mut sum) = (0.0, 0.0);
        for bin in parts {
            let pair: Vec<Element<'_>> = bin.content().collect();
            let ("bin", [upper, weight]) = (bin.tag(), &pair[..]) else {
                return Err(self.arity(bin, "to be a bin of an upper boundary and a weight", pair.len()));
            };
            let (upper, weight) = (self.value(*upper, base)?, self.value(*weight, base)?);
            sum += weight * lower.midpoint(upper);
            weights += weight;
            lower = upper;
        }
        if weights == 0.0 { Err(self.arity(element, "bins with weights", 0)) } else { Ok(sum / weights) }
    }
}

/// The probability of being down of a component that fails with `rate`, is tested first at `first` and then after every
/// `between` hours, and whose failures that a test finds are repaired with the rate `repair` (infinite: at once).
fn periodic(rate: f64, repair: f64, between: f64, first: f64, time: f64) -> f64 {
    if time <= first {
        return exponential(rate, time);
    }
    let tests = ((time - first) / between).floor();
    let rest = time - first - tests * between;
    // Down at a time after a test at which it was working, and at which it went into repair.
    let from_working = |t: f64| exponential(rate, t);
    let from_repair = |t: f64| {
        if repair.is_infinite() {
            return exponential(rate, t);
        }
        let in_repair = (-repair * t).exp();
        let failed_again = if rate == repair {
            exponential(rate, t) - rate * t * (-rate * t).exp()
        } else {
            (rate * exponential(repair, t) - repair * exponential(rate, t)) / (rate - repair)
        };
        in_repair + failed_again
    };
    if repair.is_infinite() {
        // At the very moment of a test, what has failed since the one before is not yet repaired.
        return from_working(if rest > 0.0 { rest } else { between });
    }
    // Down at one test as a function of down at the one before: carry · down + new, summed over all tests.
    let new = from_working(between);
    let carry = from_repair(between) - new;
    let powers = carry.powf(tests);
    let sum = if carry == 1.0 { tests } else { (1.0 - powers) / (1.0 - carry) };
    let down = powers * exponential(rate, first) + new * sum;
    down * from_repair(rest) + (1.0 - down) * from_working(rest)
}

/// What a known operation needs.
fn expected(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "neg" | "abs" | "acos" | "asin" | "atan" | "cos" | "cosh" | "exp" | "log" | "log10" | "sin" | "sinh"
        | "tan" | "tanh" | "sqrt" | "ceil" | "floor" | "not" => "one argument",
        "mod" | "pow" | "eq" | "df" | "lt" | "gt" | "leq" | "geq" => "two arguments",
        "add" | "sub" | "mul" | "div" | "min" | "max" | "mean" | "and" | "or" => "an argument",
        "ite" => "a condition and two values",
        "exponential" => "a rate and a time",
        "GLM" => "four arguments: failure on demand, failure rate, repair rate, time",
        "Weibull" => "four arguments: scale, shape, time shift, time",
        "periodic-test" => "four or five arguments",
        "uniform-deviate" | "normal-deviate" | "gamma-deviate" | "beta-deviate" => "two arguments",
        "lognormal-deviate" => "two or three arguments",
        _ => return None,
    })
}
