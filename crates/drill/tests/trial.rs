//! What an operator may write after `--fault`, as data: every form, everything that is misunderstood, and which trials a
//! drill makes by itself.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests, not only the tests themselves

use drill::{How, Means, Misunderstood, Trial, parse, trials};
use model::{Cluster, HostName, Preset, preset};
use proptest::prelude::*;
use survival::Loss;
use wire::Fault;
use wire::fault::Direction;

const NOTHING: Means = Means { lab: false, power: false };
const LAB: Means = Means { lab: true, power: false };
const ALL: Means = Means { lab: true, power: true };

fn cluster(which: Preset) -> Cluster {
    model::parse(preset(which)).unwrap()
}

fn three() -> Cluster {
    cluster(Preset::ThreeNode)
}

/// A trial in one line: strikes, then what is lost, then the groups of a cut.
fn words(trial: &Trial) -> String {
    let how = |how: &How| match how {
        How::Kill => "kill".to_owned(),
        How::Pause => "pause".to_owned(),
        How::Fault(Fault::Reset) => "reset".to_owned(),
        How::Fault(Fault::Kill { unit }) => format!("kill {unit}"),
        How::Fault(Fault::Freeze { unit }) => format!("freeze {unit}"),
        How::Fault(Fault::Stop { unit }) => format!("stop {unit}"),
        How::Fault(Fault::Fill { directory }) => format!("fill {}", directory.display()),
        How::Fault(Fault::Cut(cut)) => {
            assert_eq!((&cut.from[..], cut.except_ssh_of), (&[][..], None));
            let direction = match cut.direction {
                Direction::Both => "both",
                Direction::In => "in",
                Direction::Out => "out",
            };
            format!("cut {direction}")
        }
    };
    let strikes = trial.strikes.iter().map(|s| format!("{}: {}", s.host, how(&s.how))).collect::<Vec<_>>().join(", ");
    let losses = trial.losses.iter().map(Loss::to_string).collect::<Vec<_>>().join(", ");
    let names = |hosts: &[HostName]| hosts.iter().map(HostName::as_str).collect::<Vec<_>>().join("+");
    let groups = trial.partition.as_ref().map(|p| format!("{} | {}", names(&p.near), names(&p.far)));
    [strikes, losses, groups.unwrap_or_default()].join("; ")
}

/// What each form means.
const FORMS: [(&str, &str); 16] = [
    ("kill host node2", "node2: kill; host node2; "),
    ("pause host node2", "node2: pause; host node2; "),
    ("reset host node2", "node2: reset; host node2; "),
    ("cut host node2", "node2: cut both; host node2; "),
    ("cut host node2 in", "node2: cut in; host node2; "),
    ("cut host node2 out", "node2: cut out; host node2; "),
    ("cut node1 from node2,node3", "; host node1; node1 | node2+node3"),
    ("cut node1,node2 from node3", "; host node1, host node2; node1+node2 | node3"),
    ("stop etcd node2", "node2: stop etcd.service; etcd node2; "),
    ("freeze vip node1", "node1: freeze keepalived.service; vip node1; "),
    ("stop galera node3", "node3: stop mariadb.service; galera node3; "),
    ("fill galera node3", "node3: fill /var/lib/mysql; galera node3; "),
    ("kill galera node2", "node2: kill mariadb.service; ; "),
    ("kill host node1 + kill host node2", "node1: kill, node2: kill; host node1, host node2; "),
    (
        "stop etcd node1 + freeze vip node1",
        "node1: stop etcd.service, node1: freeze keepalived.service; etcd node1, vip node1; ",
    ),
    (
        "cut node1 from node2,node3 + stop etcd node2",
        "node2: stop etcd.service; host node1, etcd node2; node1 | node2+node3",
    ),
];

#[test]
fn every_form_is_understood() {
    for (text, expected) in FORMS {
        let trial = parse(text, &three(), ALL).unwrap();
        assert_eq!(words(&trial), expected, "{text}");
        assert_eq!(trial.name, text);
    }
}

#[test]
fn spaces_make_no_difference_to_what_is_broken() {
    let cluster = three();
    let spaced = parse("  stop   etcd node1+cut  host node2 ", &cluster, NOTHING).unwrap();
    assert_eq!(words(&spaced), words(&parse("stop etcd node1 + cut host node2", &cluster, NOTHING).unwrap()));
}

#[test]
fn what_needs_no_test_hosts_is_understood_without_them() {
    for (text, expected) in FORMS.iter().filter(|(t, _)| !["kill host", "pause", "reset"].iter().any(|f| t.contains(f)))
    {
        assert_eq!(words(&parse(text, &three(), NOTHING).unwrap()), *expected, "{text}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_its_reason() {
    use Misunderstood::{Component, Grammar, Host, Itself, LabOnly, Power, Twice, TwoCuts, Verb};
    let grammar = |text: &str| Grammar(text.to_owned());
    let host = |name: &str| Host { name: name.to_owned(), hosts: "node1, node2, node3".to_owned() };
    let component = |component: &str| Component {
        component: component.to_owned(),
        host: "node1".to_owned(),
        running: "etcd, galera, agent, balancer, gateway, vip".to_owned(),
    };
    let verb = |verb: &str, component: &str| Verb {
        component: component.to_owned(),
        host: "node1".to_owned(),
        verb: verb.to_owned(),
    };
    let cases: Vec<(&str, Means, Misunderstood)> = vec![
        ("", ALL, grammar("")),
        ("kill", ALL, grammar("kill")),
        ("kill node1", ALL, grammar("kill node1")),
        ("kill host", ALL, grammar("kill host")),
        ("kill host node1 now", ALL, grammar("kill host node1 now")),
        ("freeze host node1", ALL, grammar("freeze host node1")),
        ("cut host node1 sideways", ALL, grammar("cut host node1 sideways")),
        ("cut host node1 in out", ALL, grammar("cut host node1 in out")),
        // The third word is a host, after any verb but those above.
        ("cut node1 from", ALL, host("from")),
        ("kill host node1 +", ALL, grammar("")),
        ("+ kill host node1", ALL, grammar("")),
        ("kill host node9", ALL, host("node9")),
        ("stop etcd node9", ALL, host("node9")),
        ("cut node1 from node2,node9", ALL, host("node9")),
        ("cut node1, from node2", ALL, host("")),
        ("stop mariadb node1", ALL, component("mariadb")),
        ("stop names node1", ALL, component("names")),
        ("stop nonsense node1", ALL, component("nonsense")),
        ("fill vip node1", ALL, verb("fill", "vip")),
        ("cut etcd node1", ALL, verb("cut", "etcd")),
        ("dance etcd node1", ALL, verb("dance", "etcd")),
        ("kill host node1", NOTHING, LabOnly("kill host".to_owned())),
        ("pause host node1", NOTHING, LabOnly("pause host".to_owned())),
        ("reset host node1", NOTHING, Power),
        ("reset host node1", LAB, Power),
        ("cut node1 from node1", ALL, Itself("node1".to_owned())),
        ("cut node1,node2 from node3,node2", ALL, Itself("node2".to_owned())),
        ("cut node1 from node3 + cut node2 from node3", ALL, TwoCuts),
        ("kill host node1 + kill host node1", ALL, Twice("node1".to_owned())),
        ("stop etcd node1 + reset host node1", ALL, Twice("node1".to_owned())),
        ("stop etcd node1 + stop etcd node1", ALL, Twice("node1".to_owned())),
    ];
    for (text, means, expected) in cases {
        assert_eq!(parse(text, &three(), means), Err(expected), "{text:?}");
    }
}

#[test]
fn the_grammars_own_examples_are_understood() {
    let message = Misunderstood::Grammar(String::new()).to_string();
    let examples = message.split("for instance: ").nth(1).unwrap().split(';').next().unwrap();
    for part in examples.trim().split(", ") {
        // An option in brackets is left out.
        let text = part.split(" [").next().unwrap();
        assert!(parse(text, &three(), ALL).is_ok(), "{text}");
    }
}

#[test]
fn a_component_is_known_only_where_it_runs() {
    let five = cluster(Preset::FiveNode);
    assert!(parse("stop galera node4", &five, ALL).is_ok());
    let refused = parse("stop galera node1", &five, ALL);
    assert!(
        matches!(&refused, Err(Misunderstood::Component { running, .. }) if !running.contains("galera")),
        "{refused:?}"
    );
    let single = cluster(Preset::Single);
    assert!(parse("stop mariadb node1", &single, ALL).is_ok());
    assert!(matches!(parse("stop galera node1", &single, ALL), Err(Misunderstood::Component { .. })));
}

/// How many trials there are: hosts, components on hosts, pairs of hosts.
#[test]
fn every_loss_of_order_one_is_tried_and_every_pair_on_request() {
    let cases = [
        (Preset::Single, 1, 6, 0),
        // etcd, galera, agent, balancer, gateway and vip on each of three.
        (Preset::ThreeNode, 3, 18, 3),
        // etcd, galera, gateway and vip on three each, the balancer on the two that may hold its address, the agent on all.
        (Preset::FiveNode, 5, 19, 10),
    ];
    for (which, hosts, components, pairs) in cases {
        let cluster = cluster(which);
        let count = |order, with| trials(&cluster, order, with, LAB).len();
        let found = [count(1, false), count(1, true), count(2, false), count(2, true)];
        assert_eq!(found, [hosts, hosts + components, hosts + pairs, hosts + components + pairs], "{which:?}");
    }
}

#[test]
fn hosts_are_lost_by_the_hardest_means_there_are() {
    let verbs = |means| {
        let all = trials(&three(), 2, false, means);
        all.iter().map(|t| t.name.split(' ').next().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    for (means, verb) in [(ALL, "kill"), (LAB, "kill"), (Means { lab: false, power: true }, "reset"), (NOTHING, "cut")]
    {
        assert_eq!(Vec::from_iter(verbs(means)), [verb], "{means:?}");
    }
}

#[test]
fn names_of_trials_parse_back_to_the_same_trial() {
    for which in [Preset::Single, Preset::ThreeNode, Preset::FiveNode] {
        let cluster = cluster(which);
        for means in [NOTHING, LAB, Means { lab: false, power: true }, ALL] {
            for trial in trials(&cluster, 2, true, means) {
                assert_eq!(parse(&trial.name, &cluster, means).as_ref(), Ok(&trial), "{}", trial.name);
            }
        }
    }
    for (text, _) in FORMS {
        let trial = parse(text, &three(), ALL).unwrap();
        assert_eq!(parse(&trial.name, &three(), ALL), Ok(trial));
    }
}

#[test]
fn two_may_hold_an_address_only_where_somebody_falls_silent() {
    for (text, _) in FORMS {
        let silent = ["pause", "cut", "freeze"].iter().any(|verb| text.contains(verb));
        assert_eq!(parse(text, &three(), ALL).unwrap().may_double_holders(), silent, "{text}");
    }
}

/// Words of the grammar in any order, and anything else.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "kill",
            "pause",
            "reset",
            "cut",
            "stop",
            "freeze",
            "fill",
            "host",
            "from",
            "in",
            "out",
            "+",
            ",",
            "node1",
            "node2",
            "node1,node3",
            "etcd",
            "galera",
            "vip",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(word, 0..9).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn nothing_that_is_written_panics(text in prop_oneof![any::<String>(), texts()], lab: bool, power: bool) {
        let (cluster, means) = (three(), Means { lab, power });
        match parse(&text, &cluster, means) {
            // Whatever is understood breaks something, and says so again by its name.
            Ok(trial) => {
                prop_assert!(!trial.strikes.is_empty() || trial.partition.is_some());
                prop_assert_eq!(parse(&trial.name, &cluster, means), Ok(trial));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
