//! Facts in, plan out.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

mod common;

use common::{World, changed, edited, line, owes, stopped, was_at};
use model::Preset;
use planner::select::{Selection, select};
use planner::{Plan, Stage};
use wire::facts::GaleraPosition;
use wire::{Difference, Look, Looked, Resource};

const ETCD_ENV: &str = "file:/etc/quorate/etcd/etcd.env";

fn position(plan: &Plan, id: &str) -> usize {
    plan.steps.iter().position(|s| s.id == id).unwrap_or_else(|| panic!("no step {id}"))
}

fn needs<'p>(plan: &'p Plan, id: &str) -> Vec<&'p str> {
    plan.step(id).unwrap_or_else(|| panic!("no step {id}")).needs.iter().map(String::as_str).collect()
}

#[test]
fn nothing_is_planned_where_all_is_as_it_must_be() {
    for preset in [Preset::Single, Preset::ThreeNode, Preset::FiveNode] {
        let plan = World::settled(preset).plan();
        assert_eq!(plan.steps, [], "{preset:?}");
        assert!(plan.leftovers.is_empty());
    }
}

#[test]
fn a_fresh_cluster_does_everything_everywhere() {
    let plan = World::fresh(Preset::ThreeNode).plan();
    let of = |host: &str, stage| -> Vec<&str> {
        let steps = plan.steps.iter().filter(|s| s.host.as_str() == host && s.stage == stage);
        steps.map(|s| s.component.as_str()).collect()
    };
    for host in ["node1", "node2", "node3"] {
        // Identity first: whatever else is configured may want a certificate.
        let all = ["identity", "names", "kernel", "etcd", "galera", "agent", "balancer", "gateway", "vip"];
        assert_eq!(of(host, Stage::Configure), all, "{host}");
        assert_eq!(of(host, Stage::Run), all[3..], "{host}");
    }
    let once: Vec<_> = plan.steps.iter().filter(|s| s.stage == Stage::Once).map(|s| s.component.as_str()).collect();
    assert_eq!(once, ["galera"], "state that exists once is made through one host");
    assert!(plan.steps.iter().all(|s| s.blocked.is_none() && !s.disturbs), "nothing serves yet");
}

#[test]
fn the_order_of_a_fresh_cluster() {
    let plan = World::fresh(Preset::ThreeNode).plan();
    assert_eq!(needs(&plan, "identity/node2/configure"), [""; 0]);
    assert_eq!(needs(&plan, "etcd/node2/configure"), ["identity/node2/configure"]);
    // Founders of etcd wait for each other inside etcd: the plan must not put them in a row, but all must be ready.
    assert_eq!(
        needs(&plan, "etcd/node2/run"),
        [
            "etcd/node1/configure",
            "etcd/node2/configure",
            "etcd/node3/configure",
            "identity/node2/configure",
            "names/node2/configure",
        ]
    );
    assert_eq!(needs(&plan, "gateway/node2/run"), ["gateway/node2/configure", "kernel/node2/configure"]);
    // A virtual IP comes last, when what stands behind it runs.
    assert_eq!(
        needs(&plan, "vip/node2/run"),
        [
            "agent/node2/configure",
            "agent/node2/run",
            "balancer/node2/configure",
            "balancer/node2/run",
            "gateway/node2/configure",
            "gateway/node2/run",
            "vip/node2/configure",
        ]
    );
    let all_known = plan.steps.iter().flat_map(|s| &s.needs).all(|n| plan.step(n).is_some());
    assert!(all_known);
    for step in &plan.steps {
        for need in &step.needs {
            assert!(position(&plan, need) < position(&plan, &step.id), "{need} before {}", step.id);
        }
    }
}

/// All members of both groups begin together, when all are ready: none may wait for another's start.
#[test]
fn every_member_founds() {
    let plan = World::fresh(Preset::FiveNode).plan();
    let flagged = |component: &str| -> Vec<String> {
        let steps = plan.steps.iter().filter(|s| s.component == component);
        let flagged = steps
            .filter(|s| s.resources.iter().any(|r| matches!(r, Resource::Flag { .. } | Resource::GaleraSeed { .. })));
        flagged.map(|s| s.host.to_string()).collect()
    };
    assert_eq!(flagged("etcd"), ["node1", "node2", "node3"]);
    assert_eq!(flagged("galera"), ["node3", "node4", "node5"]);
    for step in plan.steps.iter().filter(|s| s.stage == Stage::Run) {
        let in_a_row = |n: &String| !n.contains(step.host.as_str()) && n.ends_with("/run");
        assert!(!step.needs.iter().any(in_a_row), "{}", line(step));
    }
    assert_eq!(needs(&plan, "galera/node3/once"), ["galera/node3/run"]);
}

#[test]
fn what_differs_is_repaired_and_nothing_else() {
    let settled = || World::settled(Preset::ThreeNode);
    let cases: &[(&str, World, &[&str])] = &[
        (
            "a file that a unit reads at its start",
            settled().with("node2", ETCD_ENV, edited()),
            &[
                "etcd/node2/configure: Change file:/etc/quorate/etcd/etcd.env (drift)",
                "etcd/node2/run: Restart unit:etcd.service <- etcd/node2/configure",
            ],
        ),
        (
            "a file that a unit can read again",
            settled().with("node3", "file:/etc/haproxy/haproxy.cfg", edited()),
            &[
                "balancer/node3/configure: Change file:/etc/haproxy/haproxy.cfg (drift)",
                "balancer/node3/run: Reload unit:haproxy.service <- balancer/node3/configure",
            ],
        ),
        (
            "two files, of which one wants a restart",
            settled().with("node1", "file:/etc/keepalived/keepalived.conf", edited()).with(
                "node1",
                "file:/etc/systemd/system/keepalived.service.d/quorate.conf",
                Difference::Missing,
            ),
            &[
                "vip/node1/configure: Change file:/etc/keepalived/keepalived.conf (drift) Create \
                 file:/etc/systemd/system/keepalived.service.d/quorate.conf (drift)",
                "vip/node1/run: Restart unit:keepalived.service <- vip/node1/configure",
            ],
        ),
        (
            "a file that no unit reads",
            settled().with("node1", "block:/etc/hosts:demo", edited()),
            &["names/node1/configure: Change block:/etc/hosts:demo (drift)"],
        ),
        (
            "a restart that is owed since an earlier run",
            settled().with("node1", "unit:etcd.service", owes("restart")),
            &["etcd/node1/run: Restart unit:etcd.service (drift)"],
        ),
        (
            "a reload that is owed, and a change that wants a restart",
            settled().with("node1", "unit:keepalived.service", owes("reload")).with(
                "node1",
                "file:/etc/systemd/system/keepalived.service.d/quorate.conf",
                edited(),
            ),
            &[
                "vip/node1/configure: Change file:/etc/systemd/system/keepalived.service.d/quorate.conf (drift)",
                "vip/node1/run: Restart unit:keepalived.service (drift) <- vip/node1/configure",
            ],
        ),
        (
            "a restart that is owed, and a change that wants a reload",
            settled().with("node1", "unit:keepalived.service", owes("restart")).with(
                "node1",
                "file:/etc/keepalived/keepalived.conf",
                edited(),
            ),
            &[
                "vip/node1/configure: Change file:/etc/keepalived/keepalived.conf (drift)",
                "vip/node1/run: Restart unit:keepalived.service (drift) <- vip/node1/configure",
            ],
        ),
        (
            "a unit that somebody stopped",
            settled().with("node1", "unit:nginx.service", stopped()),
            &["gateway/node1/run: Start unit:nginx.service (drift)"],
        ),
        (
            "a stopped unit whose file differs is only started",
            settled().with("node1", "unit:nginx.service", stopped()).with(
                "node1",
                "file:/etc/nginx/conf.d/quorate.conf",
                edited(),
            ),
            &[
                "gateway/node1/configure: Change file:/etc/nginx/conf.d/quorate.conf (drift)",
                "gateway/node1/run: Start unit:nginx.service (drift) <- gateway/node1/configure",
            ],
        ),
        (
            "a unit that would not start at boot",
            settled().with("node1", "unit:nginx.service", changed("enabled", "false", "true")),
            &["gateway/node1/run: Enable unit:nginx.service (drift)"],
        ),
        (
            "a unit that must not run",
            settled().with("node1", "unit:mariadb.socket", changed("active", "active", "inactive")),
            &["galera/node1/run: Stop unit:mariadb.socket (drift)"],
        ),
        (
            "something that could not be looked at",
            settled().with("node1", ETCD_ENV, Difference::Unknown("Input/output error".to_owned())),
            &[
                "etcd/node1/configure: Change file:/etc/quorate/etcd/etcd.env (drift)",
                "etcd/node1/run: Restart unit:etcd.service <- etcd/node1/configure",
            ],
        ),
        (
            "restarts on two hosts take turns",
            settled().with("node1", "unit:etcd.service", owes("restart")).with(
                "node3",
                "unit:etcd.service",
                owes("restart"),
            ),
            &[
                "etcd/node1/run: Restart unit:etcd.service (drift)",
                "etcd/node3/run: Restart unit:etcd.service (drift) <- etcd/node1/run",
            ],
        ),
        (
            "reloads do not take turns",
            settled().with("node1", "unit:haproxy.service", owes("reload")).with(
                "node3",
                "unit:haproxy.service",
                owes("reload"),
            ),
            &[
                "balancer/node1/run: Reload unit:haproxy.service (drift)",
                "balancer/node3/run: Reload unit:haproxy.service (drift)",
            ],
        ),
        (
            "the account that two components share",
            settled().with("node2", "user:quorate", Difference::Missing),
            &[
                "agent/node2/configure: Create user:quorate (drift)",
                "balancer/node2/configure: Create user:quorate (drift)",
            ],
        ),
        (
            "the schema of an application",
            settled().with("node1", "schema:platform", Difference::Missing),
            &["galera/node1/once: Create schema:platform (drift)"],
        ),
    ];
    for (case, world, expected) in cases {
        assert_eq!(world.lines(), *expected, "{case}");
    }
}

#[test]
fn a_restart_is_a_disturbance_and_a_start_is_none() {
    let disturbs = |difference| {
        let plan = World::settled(Preset::ThreeNode).with("node2", "unit:etcd.service", difference).plan();
        plan.steps[0].disturbs
    };
    assert!(disturbs(owes("restart")));
    assert!(!disturbs(owes("reload")));
    assert!(!disturbs(stopped()));
    assert!(!disturbs(changed("enabled", "false", "true")));
}

#[test]
fn a_step_is_done_when_the_component_is_seen_to_work() {
    let plan = World::settled(Preset::ThreeNode).with("node2", "unit:etcd.service", stopped()).plan();
    let awaited: Vec<_> = plan.steps[0].awaits.iter().map(|p| (p.component.as_str(), p.name.as_str())).collect();
    assert_eq!(awaited, [("etcd", "member")]);
}

#[test]
fn nothing_is_planned_for_a_host_that_was_not_reached() {
    let plan = World::fresh(Preset::ThreeNode).without("node3").plan();
    assert!(plan.steps.iter().all(|s| s.host.as_str() != "node3"));
    assert_eq!(plan.absent.keys().map(|h| h.as_str()).collect::<Vec<_>>(), ["node3"]);
    // Everything else is done meanwhile; only who needs all members to begin waits for the third.
    let blocked: Vec<_> =
        plan.steps.iter().filter_map(|s| s.blocked.as_ref().map(|b| (s.id.as_str(), &*b.code))).collect();
    assert_eq!(
        blocked,
        [
            ("etcd/node1/run", "etcd-bootstrap-needs-all"),
            ("etcd/node2/run", "etcd-bootstrap-needs-all"),
            ("galera/node1/run", "galera-bootstrap-needs-all"),
            ("galera/node2/run", "galera-bootstrap-needs-all"),
        ]
    );
    let without = World::settled(Preset::ThreeNode).without("node1").with("node2", ETCD_ENV, edited());
    assert_eq!(
        without.lines(),
        [
            "etcd/node2/configure: Change file:/etc/quorate/etcd/etcd.env (drift)",
            "etcd/node2/run: Restart unit:etcd.service <- etcd/node2/configure",
        ]
    );
}

#[test]
fn a_stopped_member_of_a_known_group_just_starts() {
    let world = World::settled(Preset::ThreeNode)
        .with("node2", "unit:etcd.service", stopped())
        .with("node3", "unit:mariadb.service", stopped())
        .looking("node3", &Look::Galera, Looked::Galera(GaleraPosition::default()));
    assert_eq!(
        world.lines(),
        ["etcd/node2/run: Start unit:etcd.service (drift)", "galera/node3/run: Start unit:mariadb.service (drift)"]
    );
}

#[test]
fn after_a_power_cut_the_member_with_the_last_word_leads() {
    let mut world = World::settled(Preset::ThreeNode);
    for (host, seqno) in [("node1", 7), ("node2", 9), ("node3", 9)] {
        world = world.with(host, "unit:mariadb.service", stopped()).looking(host, &Look::Galera, was_at(seqno));
    }
    let start = "Start unit:mariadb.service (drift)";
    assert_eq!(
        world.lines(),
        [
            format!("galera/node2/run: {start} [galeraLead:node2] [flag:/run/quorate/galera-bootstrap.env]"),
            format!("galera/node1/run: {start} <- galera/node2/run"),
            format!("galera/node3/run: {start} <- galera/node1/run, galera/node2/run"),
        ]
    );
    let blocked: Vec<_> = world.without("node1").plan().steps.into_iter().filter_map(|s| s.blocked).collect();
    assert_eq!(blocked.len(), 2, "the one that was not reached may know more");
}

/// An arbitrator that is connected while its members found their group would hold them up.
#[test]
fn an_arbitrator_comes_after_its_members() {
    let cluster = model::parse(include_str!("../../../examples/galera-arbitrator.yaml")).unwrap();
    let plan = World::of(cluster.clone(), false).plan();
    let needed = needs(&plan, "arbitrator/node3/run");
    assert!(needed.contains(&"galera/node1/run") && needed.contains(&"galera/node2/run"), "{needed:?}");
    let stopped = World::of(cluster, true).with("node3", "unit:quorate-arbitrator.service", stopped());
    assert_eq!(stopped.lines(), ["arbitrator/node3/run: Start unit:quorate-arbitrator.service (drift)"]);
}

#[test]
fn nobody_leads_beside_an_empty_disk_but_by_the_operators_word() {
    let mut world = World::settled(Preset::ThreeNode);
    for host in ["node1", "node2", "node3"] {
        let seen = if host == "node2" { Looked::Galera(GaleraPosition::default()) } else { was_at(7) };
        world = world.with(host, "unit:mariadb.service", stopped()).looking(host, &Look::Galera, seen);
        world.facts.get_mut(&host.into()).unwrap().came_up.push("mariadb.service".to_owned());
    }
    let blocked = |world: &World| -> Vec<_> {
        world.plan().steps.into_iter().filter_map(|s| s.blocked).map(|n| n.to_string()).collect()
    };
    assert_eq!(blocked(&world), vec!["galera-member-empty hosts=node2"; 3]);
    world.recover_with = Some("node2".into());
    assert_eq!(blocked(&world), vec!["galera-recover-with-unfit host=node2"; 3]);
    world.recover_with = Some("node3".into());
    let world = world.without("node1");
    let start = "Start unit:mariadb.service (drift)";
    assert_eq!(
        world.lines(),
        [
            format!("galera/node3/run: {start} [galeraLead:node3] [flag:/run/quorate/galera-bootstrap.env]"),
            format!("galera/node2/run: {start} <- galera/node3/run"),
        ]
    );
}

/// Debian starts an engine when its package is installed: then the restart is the first start in the group.
#[test]
fn engines_that_the_distribution_has_started_found_too() {
    let mut world = World::fresh(Preset::ThreeNode);
    for host in ["node1", "node2", "node3"] {
        for unit in ["unit:etcd.service", "unit:mariadb.service"] {
            world = world.with(host, unit, Difference::None);
        }
        let standalone = GaleraPosition { running: true, unit_active: true, initialised: true, ..Default::default() };
        world = world.looking(host, &Look::Galera, Looked::Galera(standalone));
    }
    let plan = world.plan();
    for host in ["node1", "node2", "node3"] {
        let run = plan.step(&format!("etcd/{host}/run")).unwrap();
        assert!(
            line(run).contains("Restart unit:etcd.service [flag:/run/quorate/etcd-bootstrap.env]"),
            "{}",
            line(run)
        );
        let in_a_row = |n: &String| !n.contains(host) && n.ends_with("/run");
        assert!(!run.disturbs && !run.needs.iter().any(in_a_row), "founders must not wait in a row");
    }
    let seeded = plan.steps.iter().filter(|s| s.component == "galera" && line(s).contains("[galeraSeed:")).count();
    assert_eq!(seeded, 3);
    let absent = world.without("node3").plan();
    assert_eq!(absent.step("etcd/node1/run").unwrap().blocked.as_ref().unwrap().code, "etcd-bootstrap-needs-all");
}

#[test]
fn what_the_file_no_longer_asks_for_is_named() {
    let mut world = World::settled(Preset::FiveNode);
    let wanted: Vec<_> = world.observed[&"node4".into()].iter().map(|o| o.key.clone()).collect();
    let owned = &mut world.facts.get_mut(&"node4".into()).unwrap().owned;
    owned.extend(wanted);
    owned.extend(
        [
            "file:/etc/haproxy/haproxy.cfg",
            "unit:haproxy.service",
            "file:/etc/quorate/pki/host.key",
            "package:haproxy",
            "schema:platform",
        ]
        .map(str::to_owned),
    );
    let plan = world.plan();
    assert!(plan.is_empty());
    let left: Vec<_> = plan.leftovers.iter().map(|(h, keys)| (h.as_str(), keys.join(" "))).collect();
    assert_eq!(left, [("node4", "file:/etc/haproxy/haproxy.cfg unit:haproxy.service".to_owned())]);
}

#[test]
fn a_selection_keeps_the_turns() {
    let mut world = World::settled(Preset::ThreeNode);
    for host in ["node1", "node2", "node3"] {
        world = world.with(host, ETCD_ENV, edited());
    }
    let only = |words: &[&str], numbers: &[(usize, usize)]| {
        let only = words.iter().map(|w| (*w).to_owned()).collect();
        let plan = select(world.plan(), &Selection { only, numbers: numbers.to_vec() });
        assert_eq!(planner::check::check(&plan), []);
        plan.steps.iter().map(line).collect::<Vec<_>>()
    };
    let run = |host: &str, needs: &str| format!("etcd/{host}/run: Restart unit:etcd.service{needs}");
    assert_eq!(
        only(&["etcd/node1/run", "etcd/node3/run"], &[]),
        [run("node1", ""), run("node3", " <- etcd/node1/run")]
    );
    assert_eq!(only(&["node2"], &[])[1], run("node2", " <- etcd/node2/configure"));
    assert_eq!(only(&["galera"], &[]), [""; 0]);
    assert_eq!(only(&["etcd"], &[(1, 3)]), [""; 0]);
    assert_eq!(only(&["etcd"], &[(4, 4)]).len(), 6);
}
