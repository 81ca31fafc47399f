//! Backups of the database, made by the hosts themselves on systemd's timers, and watched by their age since one was last
//! restored for a trial.
//!
//! Only the hosts that make backups have it: the one whose directory they go to, or all members where they go to a store.

use minijinja::context;
use model::{Backup as Settings, BackupTo, Cluster, Host};
use wire::backup::{BackupConfig, BackupTarget, CONFIG, CREDENTIALS, Keep, STATUS};
use wire::{Probe, ProbeKind, Resource, Touch, UnitEffect};

use crate::component::{At, Component};
use crate::identity::directory;
use crate::render::render;

pub struct Backup;

pub(crate) const ID: &str = "backup";
const DIRECTORY: &str = "/etc/quorate/backup";

/// What the file asks for.
pub(crate) fn settings(cluster: &Cluster) -> Option<&Settings> {
    cluster.database.as_ref()?.backup.as_ref()
}

/// Whether the servers must write binary logs although nobody replicates from them.
pub(crate) fn wants_binlogs(cluster: &Cluster) -> bool {
    settings(cluster).is_some()
}

impl Component for Backup {
    fn id(&self) -> &'static str {
        ID
    }

    fn hosts<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Host> {
        match settings(cluster).map(|s| &s.to) {
            Some(BackupTo::Directory { host, .. }) => cluster.host(host).into_iter().collect(),
            Some(BackupTo::S3 { .. }) => cluster.database_members(),
            None => vec![],
        }
    }

    fn desired(&self, at: At<'_>) -> Vec<Resource> {
        let Some(settings) = settings(at.cluster) else { return vec![] };
        let mut resources = vec![Resource::Package { name: "mariadb-backup".to_owned() }];
        resources.push(directory(DIRECTORY, "root", "root", 0o700));
        // A directory that backups go to is the operator's: its mount, its owner. Only what is below it is ours.
        resources.push(Resource::BackupCredentials { path: CREDENTIALS.into(), credentials: None });
        resources.push(file(CONFIG, configuration(at, settings), vec![]));
        let binlogs = match settings.binlog_every {
            minutes @ ..60 => format!("*-*-* *:00/{minutes}:00 UTC"),
            minutes => format!("*-*-* 00/{}:00:00 UTC", minutes / 60),
        };
        let works = [
            (
                Work { unit: TAKE, word: "take", what: "a backup of the database", limit: "12h" },
                settings.schedule.on_calendar(),
            ),
            (Work { unit: SHIP, word: "ship", what: "the database's binary logs, brought over", limit: "6h" }, binlogs),
        ];
        for (work, calendar) in &works {
            resources.extend(work.files(calendar));
        }
        let timer = |work: &Work| Resource::Unit { name: format!("{}.timer", work.unit), enabled: true, active: true };
        resources.extend(works.iter().map(|(work, _)| timer(work)));
        resources
    }

    fn after(&self) -> &'static [&'static str] {
        &["names", "identity", "agent", "galera", "mariadb", "replication"]
    }

    fn probes(&self, cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        settings(cluster).map(|s| probe(s.schedule.interval_s())).into_iter().collect()
    }

    fn awaits(&self, _cluster: &Cluster, _host: &Host) -> Vec<Probe> {
        // The first backup comes with the first schedule, or when the operator asks for it.
        vec![]
    }
}

fn probe(interval_s: u64) -> Probe {
    Probe {
        component: ID.to_owned(),
        name: "fresh".to_owned(),
        kind: ProbeKind::Backup { status: STATUS.into(), interval_s },
    }
}

const TAKE: &str = "quorate-backup";
const SHIP: &str = "quorate-binlogs";

/// One of the things that a timer starts.
struct Work {
    unit: &'static str,
    /// The subcommand.
    word: &'static str,
    what: &'static str,
    /// After which systemd ends it.
    limit: &'static str,
}

impl Work {
    fn files(&self, calendar: &str) -> [Resource; 2] {
        let description = format!("Quorate: {}", self.what);
        let service = context! {
            description => &description, program => wire::PROGRAM, work => self.word, limit => self.limit,
        };
        // Shipping comes again in a few minutes by itself.
        let persistent = if self.unit == TAKE { "yes" } else { "no" };
        let timer = context! { description => &description, calendar => calendar, persistent => persistent };
        let path = |kind: &str| format!("/etc/systemd/system/{}.{kind}", self.unit);
        let restart = Touch { unit: format!("{}.timer", self.unit), effect: UnitEffect::Restart };
        [
            file(&path("service"), render(include_str!("quorate-backup.service.j2"), service), vec![]),
            file(&path("timer"), render(include_str!("quorate-backup.timer.j2"), timer), vec![restart]),
        ]
    }
}

fn file(path: &str, content: String, touches: Vec<Touch>) -> Resource {
    Resource::File {
        path: path.into(),
        content,
        owner: "root".to_owned(),
        group: "root".to_owned(),
        mode: 0o644,
        touches,
    }
}

fn configuration(at: At<'_>, settings: &Settings) -> String {
    let config = BackupConfig {
        cluster: at.cluster.name.clone(),
        host: at.host.name.to_string(),
        target: match &settings.to {
            BackupTo::Directory { path, .. } => BackupTarget::Directory { path: path.clone() },
            BackupTo::S3 { endpoint, bucket, prefix, region, .. } => BackupTarget::S3 {
                endpoint: endpoint.clone(),
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                region: region.clone(),
            },
        },
        keep: Keep { daily: settings.daily, weekly: settings.weekly },
        interval_s: settings.schedule.interval_s(),
        makers: Backup.hosts(at.cluster).iter().map(|h| h.name.to_string()).collect(),
    };
    let text = serde_json::to_string_pretty(&config);
    text.map_or_else(|error| error.to_string(), |text| text + "\n")
}
