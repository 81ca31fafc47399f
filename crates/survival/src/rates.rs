//! How often things fail and how long that lasts, where the file does not say.
//!
//! The figures are for comparing plans, not for promising minutes: a site's own records are better than anybody's
//! average, and the file takes them (`availability`, per host and for all).

use model::Cluster;
use serde::Serialize;

use crate::loss::Loss;

/// Mean time between failures, and until repair. Hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    pub mtbf_hours: f64,
    pub mttr_hours: f64,
}

impl Rate {
    /// The share of time in which it is down: MTTR / (MTBF + MTTR), the steady state of a repairable item (IEC 61078,
    /// with MTBF counted from repair to failure).
    pub fn unavailability(self) -> f64 {
        self.mttr_hours / (self.mtbf_hours + self.mttr_hours)
    }
}

/// A host, with its disk, power supply and network card: an assumption, 4.3 months between failures, of the order that
/// Ford et al. report for nodes of a large fleet ("Availability in Globally Distributed Storage Systems", OSDI 2010);
/// four hours are a working day's repair.
pub const HOST: Rate = Rate { mtbf_hours: 3139.0, mttr_hours: 4.0 };

/// A process that systemd starts again when it ends; what stays down needs a person. An assumption of ours: twice a year
/// for half an hour.
pub const COMPONENT: Rate = Rate { mtbf_hours: 4380.0, mttr_hours: 0.5 };

/// A rack with its power and switch: an assumption, 10.2 years between failures, of the order that the same paper
/// reports for racks (see [`HOST`]); four hours until repair.
pub const DOMAIN: Rate = Rate { mtbf_hours: 89_352.0, mttr_hours: 4.0 };

/// The way to a failure domain. An assumption of ours: once in five years for an hour.
pub const CUT: Rate = Rate { mtbf_hours: 43_800.0, mttr_hours: 1.0 };

/// Something that somebody else keeps. An assumption of ours: 99.9 %, an hour at a time.
pub const OUTSIDE: Rate = Rate { mtbf_hours: 999.0, mttr_hours: 1.0 };

/// The rate of a loss in this cluster: the host's own, the cluster's, or the defaults above.
pub fn of(cluster: &Cluster, loss: &Loss) -> Rate {
    let said = &cluster.availability;
    let (own, general, default) = match loss {
        Loss::Host(name) => (cluster.host(name).and_then(|h| h.availability), said.host, HOST),
        Loss::Component { .. } => (None, said.component, COMPONENT),
        Loss::Domain { .. } => (None, said.domain, DOMAIN),
        Loss::Cut { .. } => (None, said.cut, CUT),
        Loss::Outside(_) => (None, said.outside, OUTSIDE),
    };
    let said = own.or(general);
    said.map_or(default, |a| Rate { mtbf_hours: a.mtbf_hours, mttr_hours: a.mttr_hours })
}

/// Minutes of a year, in the mean over leap years.
const YEAR_MINUTES: f64 = 365.2425 * 24.0 * 60.0;

/// What an unavailability means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    /// The share of time in which it works.
    pub availability: f64,
    /// −log₁₀ of the unavailability; `None` when nothing can take it down.
    pub nines: Option<f64>,
    pub minutes_per_year: f64,
}

impl Availability {
    /// From the share of time in which it is down.
    pub fn new(unavailability: f64) -> Self {
        Self {
            availability: 1.0 - unavailability,
            nines: (unavailability > 0.0).then(|| -unavailability.log10()),
            minutes_per_year: unavailability * YEAR_MINUTES,
        }
    }
}
