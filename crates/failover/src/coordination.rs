//! Where etcd's own leader should be: not on the host of the database's primary, whose loss would then cost an election
//! of etcd's leader first, and the lease its full length once more.
//!
//! Whoever is the primary hands etcd's lead on, and nobody ever takes it; so it is moved once and stays where it is. That
//! is done only while the cluster is whole and has been so for a while: a lead that moves holds up etcd for a moment.

use std::time::Duration;

/// So long a primary must have been one, with a synchronous host beside it.
const SETTLED: Duration = Duration::from_secs(4);
/// Entries of its log that a member may lack; more, and etcd would wait for it.
const BEHIND: u64 = 100;

/// What a member of etcd says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinator {
    pub id: String,
    /// Whom it follows; its own number where it leads.
    pub leader: String,
    /// How far its log goes.
    pub index: u64,
    /// Whether it shares its host with a server of the database.
    pub database: bool,
}

/// To which member this host's one should hand etcd's lead on. `primary_for`: how long this host has been a primary with
/// a synchronous host; `others`: every other member of the configuration, `None` for one that does not answer.
pub fn successor<'o>(
    primary_for: Option<Duration>,
    own: &Coordinator,
    others: &'o [Option<Coordinator>],
) -> Option<&'o str> {
    if own.id != own.leader || primary_for.is_none_or(|since| since < SETTLED) {
        return None;
    }
    let others: Vec<&Coordinator> = others.iter().map(Option::as_ref).collect::<Option<_>>()?;
    if others.iter().any(|other| other.leader != own.id) {
        return None;
    }
    let ready = others.into_iter().filter(|other| other.index + BEHIND >= own.index);
    // A host that may become the primary would have to hand it on again; among equals the first in the file.
    ready.min_by_key(|other| other.database).map(|other| other.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, index: u64, database: bool) -> Coordinator {
        Coordinator { id: id.into(), leader: "1".into(), index, database }
    }

    const LONG: Option<Duration> = Some(SETTLED);

    #[test]
    fn a_settled_primary_hands_the_lead_of_etcd_to_a_host_without_a_database() {
        let own = member("1", 500, true);
        let of = |others: &[Option<Coordinator>]| successor(LONG, &own, others).map(str::to_owned);
        let (database, other) = (|| Some(member("2", 500, true)), || Some(member("3", 500, false)));
        assert_eq!(of(&[database(), other()]).as_deref(), Some("3"));
        assert_eq!(of(&[database(), Some(member("4", 500, true))]).as_deref(), Some("2"));
        // One that lags behind would be waited for.
        assert_eq!(of(&[database(), Some(member("3", 399, false))]).as_deref(), Some("2"));
        assert_eq!(of(&[Some(member("2", 399, true))]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn nothing_moves_in_a_cluster_that_is_not_whole_or_not_settled() {
        let own = member("1", 500, true);
        let others = [Some(member("2", 500, true)), Some(member("3", 500, false))];
        assert_eq!(successor(None, &own, &others), None);
        assert_eq!(successor(Some(SETTLED / 2), &own, &others), None);
        assert_eq!(successor(LONG, &own, &[others[0].clone(), None]), None);
        // In the middle of an election they do not agree.
        let elsewhere = Coordinator { leader: "3".into(), ..member("3", 500, false) };
        assert_eq!(successor(LONG, &own, &[others[0].clone(), Some(elsewhere)]), None);
    }

    #[test]
    fn who_does_not_lead_etcd_has_nothing_to_hand_on() {
        let others = [Some(member("1", 500, false)), Some(member("3", 500, false))];
        assert_eq!(successor(LONG, &member("2", 500, true), &others), None);
        assert_eq!(successor(LONG, &Coordinator::default(), &[]), None);
    }
}
