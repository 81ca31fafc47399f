//! Whether the pages are whole: for the examples, for hostile names, for very large clusters, in both languages.

use std::collections::{BTreeMap, BTreeSet};

use components::{Capability, Losses};
use drill::{
    CapabilityObservation, DataObservation, Expected, HolderObservation, Holders, How, NotTested, Observation,
    Observed, Outcome, Prediction, Promise, Reads, Report, Settings, Span, Strike, Timeline, Trial, TrialReport,
};
use model::{Cluster, HostName};
use survival::survey::{Question, survey};
use survival::{Grain, Loss};
use wire::Note;

use super::{drill as drill_page, survive};
use crate::text::Texts;

const LANGUAGES: [&str; 2] = ["en", "zh-CN"];
const HOSTILE: &str = "<script>alert(1)</script>\"'&]]>";

fn example(name: &str) -> Cluster {
    let path = format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"));
    model::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn examples() -> Vec<(String, Cluster)> {
    let folder = format!("{}/../../examples", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.ends_with(".yaml"))
        .collect();
    names.sort();
    names.into_iter().map(|n| (n.trim_end_matches(".yaml").to_owned(), example(&n))).collect()
}

/// As many hosts as asked for, in 20 racks, with what a host of the five-host example does.
fn large(hosts: usize) -> Cluster {
    let mut cluster = example("five-node.yaml");
    let model = cluster.hosts[1].clone();
    for number in cluster.hosts.len()..hosts {
        let mut host = model.clone();
        host.name = HostName(format!("node{number:04}"));
        host.address = format!("10.88.{}.{}", number / 250 + 1, number % 250 + 1).parse().unwrap();
        host.roles = BTreeSet::from([if number % 10 == 0 { model::Role::Gateway } else { model::Role::Compute }]);
        host.failure_domain = BTreeMap::from([("rack".to_owned(), format!("r{:02}", number % 20))]);
        cluster.hosts.push(host);
    }
    let gateways: Vec<HostName> = cluster.gateways().into_iter().map(|h| h.name.clone()).collect();
    for endpoint in &mut cluster.endpoints {
        if let (model::PLATFORM, model::EndpointKind::Vip(vip)) = (endpoint.name.as_str(), &mut endpoint.kind) {
            vip.candidates.clone_from(&gateways);
        }
    }
    cluster
}

fn survive_page(cluster: &Cluster, without: &[HostName], language: &str) -> String {
    let question = Question { without: without.to_vec(), ..Question::default() };
    let survey = survey(cluster, &question).unwrap();
    let trees: Vec<_> = components::capabilities(cluster)
        .into_iter()
        .map(|(capability, rule)| {
            let tree =
                survival::capability_tree(cluster, capability.id(), &rule, without, Losses::AtOnce, Grain::Everything);
            (capability, tree.unwrap())
        })
        .collect();
    survive::page(cluster, &survey, &trees, &Texts::choose(Some(language)))
}

/// A trial of the database and of what is in front of it; `wrong`: the database does not come back, and loses writes.
fn trial(round: usize, host: &str, wrong: bool) -> TrialReport {
    let promise =
        |capability, serves| Promise { capability, expected: if serves { Expected::Serves } else { Expected::Lost } };
    let seen = |capability, observed, gap: Option<f64>| CapabilityObservation {
        capability,
        observed,
        gap_ms: gap,
        gap_at_most_ms: gap.map(|g| g + 22.0),
    };
    let gap = |from_ms: f64, long: f64| {
        vec![
            Span { from_ms: 0.0, to_ms: from_ms, good: true },
            Span { from_ms, to_ms: from_ms + long, good: false },
            Span { from_ms: from_ms + long, to_ms: 41_000.0, good: true },
        ]
    };
    let long = if wrong { 20_400.0 } else { 1260.0 };
    let database = if wrong { Observed::Lost } else { Observed::Served };
    let observation = Observation {
        capabilities: vec![
            seen(Capability::Coordination, Observed::Served, None),
            seen(Capability::Database, database, Some(long)),
            seen(Capability::Ingress, Observed::Served, Some(640.0)),
        ],
        data: DataObservation {
            acknowledged: 15_204,
            lost: if wrong { (0..30).map(|n| format!("w-{host}-{n}")).collect() } else { vec![] },
            unknown_written: 3,
            unknown_not_written: 1,
            ..DataObservation::default()
        },
        holders: HolderObservation {
            samples: 2100,
            two_ms: if wrong { 4200 } else { 0 },
            two_apart_ms: 0,
            ..Default::default()
        },
        whole_after_ms: (!wrong).then_some(8400),
        not_well: if wrong { vec![(host.to_string(), Note::new("etcd-no-leader"))] } else { vec![] },
        residue: if wrong { vec![format!("nftables table of {host}")] } else { vec![] },
    };
    let prediction = Prediction {
        trial: Trial {
            name: format!("kill host {host}"),
            strikes: vec![Strike { host: host.into(), how: How::Kill }],
            losses: vec![Loss::Host(host.into())],
            partition: None,
        },
        capabilities: vec![
            promise(Capability::Coordination, true),
            promise(Capability::Database, true),
            promise(Capability::Ingress, true),
        ],
        holders: Holders::One,
        reads: Reads::Current,
    };
    let differences = drill::differences(&prediction, &observation);
    TrialReport {
        round,
        outcome: if differences.is_empty() { Outcome::Passed } else { Outcome::Failed },
        prediction,
        observation: Some(observation),
        differences,
        timeline: Timeline {
            ended_ms: 41_000.0,
            marks: vec![(5000.0, "inject".to_owned()), (25_000.0, "undo".to_owned()), (33_400.0, "whole".to_owned())],
            capabilities: vec![
                (Capability::Coordination, vec![Span { from_ms: 0.0, to_ms: 41_000.0, good: true }]),
                (Capability::Database, gap(5040.0, long)),
                (Capability::Ingress, gap(5020.0, 640.0)),
            ],
        },
    }
}

fn report(trials: Vec<TrialReport>) -> Report {
    Report {
        cluster: "demo".to_owned(),
        program: "0.1.0".to_owned(),
        started: "2026-11-20T14:00:00Z".to_owned(),
        settings: Settings { rounds: 1, hold_ms: 20_000, judged_ms: 5000, patience_ms: 120_000, undo_after_ms: 90_000 },
        versions: ["node1", "node2", "node3"]
            .map(|h| (h.to_owned(), vec!["Debian 12".to_owned(), "Linux 6.1".to_owned(), "MariaDB 10.11.6".to_owned()]))
            .into(),
        trials,
        not_tested: vec![NotTested { what: "rack a cut off".to_owned(), why: Note::new("preflight-no-systemd") }],
    }
}

fn failed_report() -> Report {
    let mut skipped = trial(1, "node3", false);
    skipped.outcome = Outcome::NotRun(Note::new("preflight-no-systemd"));
    skipped.observation = None;
    skipped.timeline = Timeline::default();
    report(vec![trial(1, "node1", false), trial(1, "node2", true), skipped])
}

/// The parts between `open` and `close`, both included.
fn parts<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let found = text
        .split(open)
        .skip(1)
        .map(|rest| rest.find(close).map(|end| rest.as_ptr() as usize - text.as_ptr() as usize + end));
    let starts: Vec<usize> = text.match_indices(open).map(|(at, _)| at).collect();
    starts.into_iter().zip(found).filter_map(|(start, end)| Some(&text[start..end? + close.len()])).collect()
}

fn assert_whole(name: &str, page: &str) {
    let drawings = parts(page, "<svg", "</svg>");
    assert!(!drawings.is_empty(), "{name}: no drawing");
    for drawing in drawings {
        if let Err(error) = roxmltree::Document::parse(drawing) {
            panic!("{name}: {error}\n{drawing}");
        }
    }
    let without_namespace = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for foreign in ["http://", "https://", "src=", "url(", "@import", "<script", "<link"] {
        assert!(!without_namespace.contains(foreign), "{name} refers to something outside: {foreign}");
    }
    for untranslated in ["page-", "capability-", "component-"] {
        let at = page.find(untranslated).map(|at| &page[at..(at + 60).min(page.len())]);
        assert_eq!(at, None, "{name}: a text is missing");
    }
    for number in ["NaN", "inf"] {
        assert!(!parts(page, "<svg", "</svg>").iter().any(|d| d.contains(&format!("\"{number}"))), "{name}: {number}");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|r| r.split('"').next()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{name}: an id stands twice");
    for link in page.split(" href=\"#").skip(1).filter_map(|r| r.split('"').next()) {
        assert!(ids.contains(&link), "{name}: a link leads nowhere: {link}");
    }
}

#[test]
fn every_example_has_a_whole_page_in_both_languages() {
    for (name, cluster) in examples() {
        for language in LANGUAGES {
            assert_whole(&name, &survive_page(&cluster, &[], language));
        }
        let first = cluster.hosts[0].name.clone();
        assert_whole(&name, &survive_page(&cluster, &[first], "en"));
    }
}

#[test]
fn drills_have_whole_pages_in_both_languages() {
    for language in LANGUAGES {
        let texts = Texts::choose(Some(language));
        let failed = drill_page::page(&failed_report(), &texts);
        assert_whole("failed", &failed);
        assert!(failed.contains("verdict bad") && failed.contains(&texts.plain("page-drill-failed")));
        let passed = drill_page::page(&report(vec![trial(1, "node1", false)]), &texts);
        assert_whole("passed", &passed);
        assert!(passed.contains("verdict good"));
        let nothing = drill_page::page(&report(vec![]), &texts);
        assert!(nothing.contains("verdict warning") && nothing.contains(&texts.plain("page-drill-incomplete")));
    }
}

#[test]
fn both_languages_have_the_same_texts() {
    let keys = |text: &str| -> BTreeSet<String> {
        text.lines().filter_map(|l| l.split_once(" = ")).map(|(key, _)| key.to_owned()).collect()
    };
    assert_eq!(keys(include_str!("../../locales/en/page.ftl")), keys(include_str!("../../locales/zh-CN/page.ftl")));
}

#[test]
fn names_from_files_cannot_break_out() {
    let mut cluster = example("five-node.yaml");
    cluster.name = HOSTILE.to_owned();
    let renamed = cluster.hosts[0].name.clone();
    cluster.hosts[0].name = HostName(HOSTILE.to_owned());
    cluster.hosts[0].failure_domain.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
    for endpoint in &mut cluster.endpoints {
        endpoint.name = format!("{}{HOSTILE}", endpoint.name);
        endpoint.names = vec![HOSTILE.to_owned()];
        if let model::EndpointKind::Vip(vip) = &mut endpoint.kind {
            vip.candidates.iter_mut().filter(|c| **c == renamed).for_each(|c| c.0 = HOSTILE.to_owned());
        }
    }
    assert_whole("hostile", &survive_page(&cluster, &[], "en"));

    let mut report = report(vec![trial(1, HOSTILE, true)]);
    report.cluster = HOSTILE.to_owned();
    report.versions.insert(HOSTILE.to_owned(), vec![HOSTILE.to_owned()]);
    report.not_tested[0].what = HOSTILE.to_owned();
    report.trials[0].timeline.marks.push((7000.0, HOSTILE.to_owned()));
    assert_whole("hostile drill", &drill_page::page(&report, &Texts::choose(Some("en"))));
}

#[test]
fn a_thousand_hosts_stay_readable() {
    let page = survive_page(&large(1000), &[], "en");
    assert_whole("large", &page);
    assert!(page.len() < 600_000, "{} bytes", page.len());
}

#[test]
fn long_drills_stay_bounded() {
    let mut one = trial(1, "node1", true);
    let flicker = |n: usize| Span { from_ms: n as f64, to_ms: n as f64 + 1.0, good: n.is_multiple_of(2) };
    one.timeline.capabilities[0].1 = (0..40_000).map(flicker).collect();
    let page = drill_page::page(&report(vec![one]), &Texts::choose(Some("en")));
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[test]
#[ignore = "writes the pages into the folder that $QUORATE_PAGES names, to be looked at"]
fn pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("QUORATE_PAGES").unwrap());
    let write = |name: String, page: String| std::fs::write(folder.join(name + ".html"), page).unwrap();
    for language in LANGUAGES {
        for (name, cluster) in examples() {
            write(format!("survive-{name}-{language}"), survive_page(&cluster, &[], language));
        }
        let five = example("five-node.yaml");
        write(format!("survive-without-{language}"), survive_page(&five, &["node1".into()], language));
        write(format!("survive-large-{language}"), survive_page(&large(1000), &[], language));
        write(format!("survive-thirty-{language}"), survive_page(&large(30), &[], language));
        let texts = Texts::choose(Some(language));
        write(format!("drill-failed-{language}"), drill_page::page(&failed_report(), &texts));
        let passed = ["node1", "node2", "node3"].map(|h| trial(1, h, false));
        write(format!("drill-passed-{language}"), drill_page::page(&report(passed.into()), &texts));
    }
}
