//! The local Galera member: whether it works, and where it stands when it does not run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use wire::Note;
use wire::facts::GaleraPosition;

use super::sql::{Session, Trouble};
use super::{LIMIT, Seen, unit, writer};
use crate::command;

const UNIT: &str = "mariadb.service";
const DATA: &str = "/var/lib/mysql";
/// What Galera writes for a member that never was one, or whose data it no longer trusts.
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";
/// A recovery run replays the redo log; it is given as long as a large one may take.
const RECOVERY: Duration = Duration::from_secs(120);

/// What the member has to do with the group's data (`wsrep_local_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Synced,
    /// Gives its state to another member, and serves meanwhile.
    Donor,
    /// Joining, or not in a group.
    Other,
}

/// What the member says of itself and its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The server takes statements.
    pub ready: bool,
    pub primary: bool,
    pub standing: Standing,
    /// Members in the present view.
    pub size: usize,
    /// Where the view's members are reached, separated by commas.
    pub incoming: String,
    /// There is no room where its data are: it stays a member, and refuses what clients write.
    pub full: bool,
    values: BTreeMap<String, String>,
}

impl Status {
    /// Asks the server.
    pub fn read(session: &mut Session) -> Result<Self, Trouble> {
        let values = session.status("wsrep\\_%")?;
        Ok(Self { full: crate::database::full(Path::new(DATA)), ..Self::new(values) })
    }

    fn new(values: BTreeMap<String, String>) -> Self {
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        Self {
            ready: value("wsrep_ready") == "ON",
            primary: value("wsrep_cluster_status") == "Primary",
            standing: match value("wsrep_local_state") {
                "4" => Standing::Synced,
                "2" => Standing::Donor,
                _ => Standing::Other,
            },
            size: value("wsrep_cluster_size").parse().unwrap_or(0),
            incoming: value("wsrep_incoming_addresses").to_owned(),
            full: false,
            values,
        }
    }

    /// The probe's answer, when the group should have this many members.
    pub fn judge(&self, members: usize) -> Seen {
        let comment = self.value("wsrep_local_state_comment");
        let mut seen = if !self.primary {
            Seen::bad(crate::galera::word().unwrap_or_else(|| Note::new("galera-not-primary")))
        } else if self.standing == Standing::Other {
            Seen::bad(Note::new("galera-joining").with("state", comment))
        } else if !self.ready {
            Seen::bad(Note::new("galera-not-ready"))
        } else if self.full {
            Seen::bad(Note::new("galera-disk-full").with("path", DATA))
        } else {
            // From here it works; a member that is missing reports itself failing.
            let note = if self.size < members {
                Some(Note::new("galera-cluster-small").with("size", self.size).with("members", members))
            } else if self.size > members {
                Some(Note::new("galera-cluster-large").with("size", self.size).with("members", members))
            } else if self.standing == Standing::Donor {
                Some(Note::new("galera-donor"))
            } else {
                None
            };
            Seen { note, ..Seen::good() }
        };
        for (reading, name) in [
            ("clusterSize", "wsrep_cluster_size"),
            ("clusterStatus", "wsrep_cluster_status"),
            ("stateComment", "wsrep_local_state_comment"),
            ("uuid", "wsrep_cluster_state_uuid"),
            ("confId", "wsrep_cluster_conf_id"),
            ("incoming", "wsrep_incoming_addresses"),
            ("flowControlPaused", "wsrep_flow_control_paused"),
            ("receiveQueue", "wsrep_local_recv_queue"),
            ("localState", "wsrep_local_state"),
            ("lastCommitted", "wsrep_last_committed"),
        ] {
            if let Some(value) = self.values.get(name) {
                seen.readings.insert(reading.to_owned(), value.clone());
            }
        }
        seen
    }

    /// A status variable that is a whole number, such as `wsrep_cluster_conf_id`.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.values.get(name)?.parse().ok()
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

/// The server did not answer; what the recovery after a full outage has to say of that is worth more.
pub fn silent(trouble: &Trouble) -> Seen {
    Seen::bad(crate::galera::word().unwrap_or_else(|| trouble.note()))
}

pub(super) fn member(members: usize) -> Seen {
    let mut session = match Session::open(LIMIT) {
        Ok(session) => session,
        Err(trouble) => return silent(&trouble),
    };
    match Status::read(&mut session) {
        Err(trouble) => silent(&trouble),
        Ok(status) => {
            let mut seen = status.judge(members);
            // Only a reading: before the table exists, the member is none the worse.
            if let Ok(Some(row)) = writer::read(&mut session) {
                seen =
                    seen.reading("writer", row.host).reading("writerEpoch", row.epoch).reading("writerBeat", row.beat);
            }
            seen
        }
    }
}

/// Where the local member stands: by its own word, or by its files when it is stopped. Root only.
///
/// A member that ended without writing its position is asked by a recovery run, which writes nothing but what its
/// next start would write too; it is made only when the unit is stopped and no server runs.
pub fn galera_position() -> GaleraPosition {
    if let Ok(status) = Session::open(LIMIT).and_then(|mut session| Status::read(&mut session)) {
        return GaleraPosition {
            running: true,
            unit_active: true,
            primary: status.primary,
            cluster_size: status.size,
            uuid: Some(status.value("wsrep_cluster_state_uuid").to_owned()).filter(|u| is_uuid(u)),
            seqno: status.value("wsrep_last_committed").parse().ok().filter(|s| *s >= 0),
            initialised: true,
            ..GaleraPosition::default()
        };
    }
    let state = unit::state(UNIT).unwrap_or_default();
    let unit_active = !matches!(state.as_str(), "inactive" | "failed" | "unknown" | "");
    let data = Path::new(DATA);
    let (mut uuid, mut seqno) = saved();
    let initialised = data.join("mysql").is_dir();
    if uuid.is_some() && seqno.is_none() && initialised && !unit_active && !server_runs() {
        let recovered = recover();
        seqno = recovered.as_ref().map(|(_, seqno)| *seqno);
        uuid = recovered.map(|(uuid, _)| uuid).or(uuid);
    }
    GaleraPosition {
        running: false,
        unit_active,
        primary: false,
        cluster_size: 0,
        uuid,
        seqno,
        initialised,
        ..GaleraPosition::default()
    }
}

/// Group and position as the member last wrote them down.
pub(crate) fn saved() -> (Option<String>, Option<i64>) {
    read_saved(&fs::read_to_string(Path::new(DATA).join("grastate.dat")).unwrap_or_default())
}

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == NO_UUID.len() && text != NO_UUID
}

/// Group and position from grastate.dat; the position is -1 while the member runs or when it crashed.
fn read_saved(grastate: &str) -> (Option<String>, Option<i64>) {
    let value = |name: &str| grastate.lines().filter_map(|l| l.split_once(':')).find(|(n, _)| n.trim() == name);
    let uuid = value("uuid").map(|(_, v)| v.trim().to_owned()).filter(|u| is_uuid(u));
    let seqno = value("seqno").and_then(|(_, v)| v.trim().parse().ok()).filter(|s: &i64| *s >= 0);
    // A position without a group means nothing.
    if uuid.is_some() { (uuid, seqno) } else { (None, None) }
}

fn recover() -> Option<(String, i64)> {
    let arguments = ["--user=mysql", "--wsrep-recover", "--disable-log-error"];
    let output = command::run("/usr/sbin/mariadbd", &arguments, RECOVERY).ok()?;
    recovered(&output.stderr).or_else(|| recovered(&output.stdout))
}

/// The position that a recovery run prints as its last word: `WSREP: Recovered position: <uuid>:<seqno>`.
fn recovered(log: &str) -> Option<(String, i64)> {
    let (_, position) = log.rsplit_once("Recovered position:")?;
    // With replication's own position too, that follows after a comma.
    let (uuid, seqno) = position.split_whitespace().next()?.split(',').next()?.split_once(':')?;
    let seqno = seqno.parse().ok().filter(|s: &i64| *s >= 0)?;
    is_uuid(uuid).then(|| (uuid.to_owned(), seqno))
}

/// Whether any MariaDB server runs on this host, in whatever unit.
fn server_runs() -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    processes.flatten().any(|process| {
        fs::read_to_string(process.path().join("comm")).is_ok_and(|name| matches!(name.trim(), "mariadbd" | "mysqld"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "e7a0a1f0-0000-11ef-8000-000000000001";

    fn status(pairs: &[(&str, &str)]) -> Status {
        let mut values: BTreeMap<String, String> = [
            ("wsrep_ready", "ON"),
            ("wsrep_cluster_status", "Primary"),
            ("wsrep_local_state", "4"),
            ("wsrep_local_state_comment", "Synced"),
            ("wsrep_cluster_size", "3"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
        values.extend(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        Status::new(values)
    }

    #[test]
    fn a_member_works_when_it_is_ready_primary_and_has_the_data() {
        let judge = |pairs: &[(&str, &str)]| {
            let seen = status(pairs).judge(3);
            (seen.ok, seen.note.map(|n| n.to_string()).unwrap_or_default())
        };
        assert_eq!(judge(&[]), (true, String::new()));
        assert_eq!(judge(&[("wsrep_cluster_status", "non-Primary")]), (false, "galera-not-primary".into()));
        assert_eq!(
            judge(&[("wsrep_local_state", "1"), ("wsrep_local_state_comment", "Joining")]),
            (false, "galera-joining state=Joining".into())
        );
        assert_eq!(judge(&[("wsrep_ready", "OFF")]), (false, "galera-not-ready".into()));
        assert_eq!(judge(&[("wsrep_local_state", "2")]), (true, "galera-donor".into()));
        assert_eq!(judge(&[("wsrep_cluster_size", "2")]), (true, "galera-cluster-small members=3 size=2".into()));
        assert_eq!(judge(&[("wsrep_cluster_size", "4")]), (true, "galera-cluster-large members=3 size=4".into()));
        assert!(!Status::new(BTreeMap::new()).judge(3).ok);
        let full = Status { full: true, ..status(&[]) }.judge(3);
        assert_eq!((full.ok, full.note.unwrap().to_string()), (false, "galera-disk-full path=/var/lib/mysql".into()));
    }

    #[test]
    fn the_saved_position_is_read_as_galera_writes_it() {
        let file = |uuid: &str, seqno: &str| {
            read_saved(&format!(
                "# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: 0\n"
            ))
        };
        assert_eq!(file(UUID, "42"), (Some(UUID.to_owned()), Some(42)));
        assert_eq!(file(UUID, "-1"), (Some(UUID.to_owned()), None));
        assert_eq!(file(NO_UUID, "-1"), (None, None));
        assert_eq!(file(NO_UUID, "7"), (None, None));
        assert_eq!(read_saved(""), (None, None));
    }

    #[test]
    fn the_last_recovered_position_counts() {
        let log = format!(
            "x [Note] WSREP: Recovered position: {UUID}:7\ny [Note] WSREP: Recovered position: {UUID}:9,0-1-2\nend\n"
        );
        assert_eq!(recovered(&log), Some((UUID.to_owned(), 9)));
        assert_eq!(recovered(&format!("WSREP: Recovered position: {NO_UUID}:-1\n")), None);
        assert_eq!(recovered("[ERROR] cannot lock"), None);
    }
}
