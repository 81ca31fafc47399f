//! Availability: hours that can be reckoned with.

use super::Findings;
use crate::availability::{Availabilities, Availability};
use crate::yaml::At;
use crate::{codes, raw};

/// What the file says for all things of a kind.
pub(super) fn for_all(raw: &raw::Availabilities, found: &mut Findings) -> Availabilities {
    let mut of = |raw: &Option<raw::Availability>| raw.as_ref().and_then(|a| check(a, found));
    Availabilities {
        host: of(&raw.host),
        component: of(&raw.component),
        domain: of(&raw.domain),
        cut: of(&raw.cut),
        outside: of(&raw.outside),
    }
}

pub(super) fn check(raw: &raw::Availability, found: &mut Findings) -> Option<Availability> {
    let mtbf = hours("mtbfHours", &raw.mtbf_hours, found);
    let mttr = hours("mttrHours", &raw.mttr_hours, found);
    let (mtbf_hours, mttr_hours) = (mtbf?, mttr?);
    if mttr_hours >= mtbf_hours {
        let finding = codes::REPAIR_TOO_LONG.at(raw.mttr_hours.span).related(raw.mtbf_hours.span, mtbf_hours);
        found.add(finding.arg("mtbf", mtbf_hours).arg("mttr", mttr_hours));
        return None;
    }
    Some(Availability { mtbf_hours, mttr_hours })
}

fn hours(key: &str, at: &At<f64>, found: &mut Findings) -> Option<f64> {
    if at.value.is_finite() && at.value > 0.0 {
        return Some(at.value);
    }
    found.add(codes::BAD_HOURS.at(at.span).arg("key", key).arg("value", at.value));
    None
}
