//! Which cluster this is: the state that the control hosts keep against the file in the operator's hand.
//!
//! Decided without I/O. The hosts' word counts: empty local memory beside populated hosts is a new operator's
//! machine, never a new cluster; a file that was not derived from the hosts' latest generation is refused.

use std::collections::BTreeMap;

use model::{Cluster, HostName};
use serde::{Deserialize, Serialize};
use wire::{ClusterState, Facts, Note};

/// What the operator's machine remembers of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The generation that this machine applied or adopted last.
    pub generation: u64,
}

/// How the file relates to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// No host knows anything: a new cluster of generation 1.
    New,
    /// The file is the hosts' latest.
    Same(ClusterState),
    /// The file is to become the next generation.
    Next(ClusterState),
}

/// Compares the file with what the control hosts keep.
///
/// `from_generation` is the operator's word that the file was derived from that generation.
pub fn relate(
    cluster: &Cluster,
    text: &str,
    facts: &BTreeMap<HostName, Facts>,
    memory: Option<&Memory>,
    from_generation: Option<u64>,
) -> Result<Relation, Note> {
    if let Some((host, other)) =
        facts.iter().find_map(|(h, f)| f.cluster.as_ref().filter(|c| **c != cluster.name).map(|c| (h, c)))
    {
        return Err(Note::new("host-of-other-cluster").with("host", host).with("cluster", other));
    }
    let Some(state) = latest(facts) else {
        return match facts.iter().find(|(_, f)| f.cluster.is_some()) {
            // A control host that was not reached may hold it; without it the cluster's certificates are lost too.
            Some((host, _)) => Err(Note::new("state-missing").with("host", host)),
            None => Ok(Relation::New),
        };
    };
    if state.file == text {
        return Ok(Relation::Same(state));
    }
    let known = from_generation.or(memory.map(|m| m.generation));
    if known == Some(state.generation) {
        return Ok(Relation::Next(state));
    }
    Err(Note::new("file-stale")
        .with("generation", state.generation)
        .with("known", known.map_or_else(|| "-".to_owned(), |k| k.to_string()))
        .with("diff", state.file))
}

/// The newest state; among several of one generation the one that most hosts keep.
fn latest(facts: &BTreeMap<HostName, Facts>) -> Option<ClusterState> {
    let states: Vec<&ClusterState> = facts.values().filter_map(|f| f.state.as_ref()).collect();
    let newest = states.iter().map(|s| s.generation).max()?;
    states
        .iter()
        .filter(|s| s.generation == newest)
        .max_by_key(|s| states.iter().filter(|o| o == s).count())
        .map(|s| (*s).clone())
}

/// Hosts that keep the state and the lock: the control hosts, or all where the file names none.
pub fn keepers(cluster: &Cluster) -> Vec<HostName> {
    let control = cluster.with_role(model::Role::Control);
    let hosts = if control.is_empty() { cluster.hosts.iter().collect() } else { control };
    hosts.into_iter().map(|h| h.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secret::Secret;
    use wire::state::ClusterSecrets;

    fn cluster() -> Cluster {
        model::parse(model::preset(model::Preset::ThreeNode)).unwrap()
    }

    fn state(generation: u64, file: &str) -> ClusterState {
        ClusterState {
            cluster: cluster().name,
            generation,
            file: file.into(),
            secrets: ClusterSecrets {
                root_certificate: String::new(),
                intermediate_certificate: String::new(),
                intermediate_key: Secret::new(String::new()),
                passwords: BTreeMap::new(),
                backup: None,
            },
        }
    }

    fn facts(states: &[Option<ClusterState>]) -> BTreeMap<HostName, Facts> {
        states
            .iter()
            .enumerate()
            .map(|(i, s)| {
                let cluster = s.as_ref().map(|s| s.cluster.clone());
                (HostName(format!("node{}", i + 1)), Facts { state: s.clone(), cluster, ..Facts::default() })
            })
            .collect()
    }

    #[test]
    fn hosts_that_know_nothing_make_a_new_cluster() {
        assert_eq!(relate(&cluster(), "f", &facts(&[None, None]), None, None), Ok(Relation::New));
    }

    #[test]
    fn empty_memory_beside_populated_hosts_is_no_new_cluster() {
        let seen = facts(&[Some(state(3, "theirs")), None]);
        assert_eq!(relate(&cluster(), "mine", &seen, None, None).unwrap_err().code, "file-stale");
        assert!(matches!(relate(&cluster(), "theirs", &seen, None, None), Ok(Relation::Same(_))));
        assert!(matches!(relate(&cluster(), "mine", &seen, None, Some(3)), Ok(Relation::Next(_))));
    }

    #[test]
    fn a_file_of_an_older_generation_is_refused() {
        let seen = facts(&[Some(state(3, "new")), Some(state(2, "old"))]);
        let stale = relate(&cluster(), "mine", &seen, Some(&Memory { generation: 2 }), None).unwrap_err();
        assert_eq!((stale.code.as_str(), stale.args["generation"].as_str()), ("file-stale", "3"));
        assert!(matches!(
            relate(&cluster(), "mine", &seen, Some(&Memory { generation: 3 }), None),
            Ok(Relation::Next(_))
        ));
    }

    #[test]
    fn a_host_of_another_cluster_is_refused() {
        let mut seen = facts(&[None]);
        seen.get_mut(&HostName::from("node1")).unwrap().cluster = Some("other".into());
        assert_eq!(relate(&cluster(), "f", &seen, None, None).unwrap_err().code, "host-of-other-cluster");
    }
}
