//! This host's part of the run lock: one grant at a time, fencing tokens that only grow.

use serde::{Deserialize, Serialize};
use wire::lock::LOCK_TTL_MS;
use wire::{LockGrant, LockHolder, LockRequest, Note};

use crate::error::Error;
use crate::journal::now_ms;
use crate::store::Store;

const NAME: &str = "lock.json";

/// What is kept of the lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// The highest token ever seen here.
    token: u64,
    grant: Option<Grant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Grant {
    token: u64,
    holder: String,
    run: String,
    since_ms: i64,
    /// On the clock that never jumps and counts suspended time; void after a reboot.
    renewed_ms: u64,
    boot_id: String,
}

/// A time that only goes forward, and the boot it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub ms: u64,
    pub boot_id: String,
}

impl Moment {
    pub fn now() -> Self {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let ms = u64::try_from(t.tv_sec).unwrap_or(0) * 1000 + u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
        Self { ms, boot_id }
    }
}

impl Grant {
    fn left_ms(&self, now: &Moment) -> i64 {
        if self.boot_id != now.boot_id {
            return 0;
        }
        let end = self.renewed_ms.saturating_add(LOCK_TTL_MS);
        i64::try_from(end).unwrap_or(i64::MAX) - i64::try_from(now.ms).unwrap_or(i64::MAX)
    }

    fn shown(&self, now: &Moment) -> LockHolder {
        LockHolder {
            token: self.token,
            holder: self.holder.clone(),
            run: self.run.clone(),
            since_ms: self.since_ms,
            left_ms: self.left_ms(now),
        }
    }
}

/// The highest token seen and the present holder, for the facts.
pub fn look(store: &Store) -> Result<(u64, Option<LockHolder>), Error> {
    let kept: Kept = store.read(NAME)?.unwrap_or_default();
    let now = Moment::now();
    Ok((kept.token, kept.grant.map(|g| g.shown(&now)).filter(|h| h.left_ms > 0)))
}

/// Carries a lock request out.
pub fn request(store: &Store, request: &LockRequest) -> Result<LockGrant, Error> {
    let _turn = store.turn();
    let mut kept: Kept = store.read(NAME)?.unwrap_or_default();
    let before = kept.clone();
    let grant = decide(&mut kept, request, &Moment::now(), now_ms());
    if kept != before {
        store.write(NAME, &kept)?;
    }
    Ok(grant)
}

/// Refuses an action that carries a token older than one this host has seen; a newer one ends what older runs may do
/// here, even where this host had not granted it the lock.
pub fn admit(store: &Store, token: u64) -> Result<(), Error> {
    let _turn = store.turn();
    let mut kept: Kept = store.read(NAME)?.unwrap_or_default();
    if kept.token == 0 {
        // Every run leaves its token here before it acts: this host has been taken back since.
        return Err(Error::Noted(Note::new("lock-lost").with("token", token).with("seen", 0).with("holder", "-")));
    }
    if token > kept.token {
        kept.token = token;
        return store.write(NAME, &kept);
    }
    if token == kept.token {
        return Ok(());
    }
    let holder = kept.grant.map_or_else(String::new, |g| g.holder);
    Err(Error::Noted(Note::new("lock-lost").with("token", token).with("seen", kept.token).with("holder", holder)))
}

fn decide(kept: &mut Kept, request: &LockRequest, now: &Moment, clock_ms: i64) -> LockGrant {
    match request {
        LockRequest::Acquire { token, holder, run, control } => {
            if let Some(grant) = &kept.grant
                && grant.run != *run
                && grant.left_ms(now) > 0
            {
                return LockGrant::Refused(grant.shown(now));
            }
            if *token <= kept.token && kept.grant.as_ref().is_none_or(|g| g.run != *run) {
                return LockGrant::Refused(LockHolder {
                    token: kept.token,
                    holder: String::new(),
                    run: String::new(),
                    since_ms: clock_ms,
                    left_ms: 0,
                });
            }
            kept.token = kept.token.max(*token);
            kept.grant = control.then(|| Grant {
                token: *token,
                holder: holder.clone(),
                run: run.clone(),
                since_ms: clock_ms,
                renewed_ms: now.ms,
                boot_id: now.boot_id.clone(),
            });
            LockGrant::Granted
        }
        LockRequest::Renew { token } => match &mut kept.grant {
            Some(grant) if grant.token == *token && kept.token == *token => {
                grant.renewed_ms = now.ms;
                grant.boot_id.clone_from(&now.boot_id);
                LockGrant::Granted
            }
            // Every run leaves its token before it renews: this host was taken back since, and nothing of the run
            // is to come back with a late renewal.
            _ if kept.token == 0 => LockGrant::Granted,
            // A host that is no control host, or was rebooted: what counts is that no higher token was seen.
            _ if kept.token <= *token => {
                kept.token = *token;
                LockGrant::Granted
            }
            grant => LockGrant::Refused(grant.as_ref().map_or(
                LockHolder {
                    token: kept.token,
                    holder: String::new(),
                    run: String::new(),
                    since_ms: clock_ms,
                    left_ms: 0,
                },
                |g| g.shown(now),
            )),
        },
        LockRequest::Release { token } => {
            if kept.grant.as_ref().is_some_and(|g| g.token == *token) {
                kept.grant = None;
            }
            LockGrant::Granted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment { ms, boot_id: "b".into() }
    }

    fn acquire(token: u64, run: &str) -> LockRequest {
        LockRequest::Acquire { token, holder: format!("holder of {run}"), run: run.into(), control: true }
    }

    #[test]
    fn a_second_run_is_refused_until_the_first_expires() {
        let mut kept = Kept::default();
        assert_eq!(decide(&mut kept, &acquire(1, "one"), &at(0), 0), LockGrant::Granted);
        assert!(matches!(decide(&mut kept, &acquire(2, "two"), &at(1000), 0), LockGrant::Refused(h) if h.run == "one"));
        assert_eq!(decide(&mut kept, &LockRequest::Renew { token: 1 }, &at(15_000), 0), LockGrant::Granted);
        assert!(matches!(decide(&mut kept, &acquire(2, "two"), &at(30_000), 0), LockGrant::Refused(_)));
        assert_eq!(decide(&mut kept, &acquire(2, "two"), &at(35_001), 0), LockGrant::Granted);
        assert!(matches!(decide(&mut kept, &LockRequest::Renew { token: 1 }, &at(35_002), 0), LockGrant::Refused(_)));
        assert_eq!(kept.token, 2);
    }

    #[test]
    fn a_reboot_voids_a_grant_but_not_the_token() {
        let mut kept = Kept::default();
        decide(&mut kept, &acquire(5, "one"), &at(0), 0);
        let rebooted = Moment { ms: 10, boot_id: "c".into() };
        assert!(matches!(decide(&mut kept, &acquire(5, "two"), &rebooted, 0), LockGrant::Refused(_)));
        assert_eq!(decide(&mut kept, &acquire(6, "two"), &rebooted, 0), LockGrant::Granted);
    }

    #[test]
    fn a_newer_runs_action_ends_what_older_ones_may_do() {
        let dir = std::env::temp_dir().join(format!("quorate-lock-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let store = Store::new(&dir);
        assert_eq!(request(&store, &acquire(5, "one")).unwrap(), LockGrant::Granted);
        assert!(matches!(request(&store, &acquire(6, "two")).unwrap(), LockGrant::Refused(h) if h.run == "one"));
        admit(&store, 5).unwrap();
        // The majority of the other hosts gave it to the second run.
        admit(&store, 6).unwrap();
        assert!(admit(&store, 5).is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_late_renewal_leaves_nothing_on_a_host_that_was_taken_back() {
        let mut kept = Kept::default();
        assert_eq!(decide(&mut kept, &LockRequest::Renew { token: 7 }, &at(0), 0), LockGrant::Granted);
        assert_eq!(kept, Kept::default());
    }

    #[test]
    fn releasing_lets_the_next_run_in_at_once() {
        let mut kept = Kept::default();
        decide(&mut kept, &acquire(1, "one"), &at(0), 0);
        decide(&mut kept, &LockRequest::Release { token: 1 }, &at(1), 0);
        assert_eq!(decide(&mut kept, &acquire(2, "two"), &at(2), 0), LockGrant::Granted);
    }
}
