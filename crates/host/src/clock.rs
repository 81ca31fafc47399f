//! The clock by which answers grow old and leases end.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since the host booted, including time in which it was suspended: never set, never stopped.
pub fn now() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
