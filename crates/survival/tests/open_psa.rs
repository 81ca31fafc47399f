//! Reading Open-PSA models: names, expressions, common causes, what is broken; and writing them back.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use survival::diagram::{Analysis, Limits};
use survival::fault_tree::{Builder, FaultTree, GateKind, Input};
use survival::open_psa::{Model, OpenPsaError, Options, Problem, Source, read, write};

fn model(text: &str) -> Result<Model, OpenPsaError> {
    read(&[Source { name: "model.xml", text }], Options::default())
}

/// A fault tree of these definitions.
fn tree(definitions: &str) -> String {
    format!("<opsa-mef><define-fault-tree name=\"t\">{definitions}</define-fault-tree></opsa-mef>")
}

/// Three basic events.
const EVENTS: &str = r#"
    <define-basic-event name="a"><float value="0.1"/></define-basic-event>
    <define-basic-event name="b"><float value="0.2"/></define-basic-event>
    <define-basic-event name="c"><float value="0.3"/></define-basic-event>"#;

fn only(model: &Model) -> FaultTree {
    assert_eq!(model.tops.len(), 1, "{:?}", model.tops);
    model.fault_tree(&model.tops[0])
}

fn probability(tree: &FaultTree) -> f64 {
    Analysis::new(tree, Limits::default()).unwrap().probability().unwrap()
}

fn counts(tree: &FaultTree) -> Vec<u128> {
    Analysis::new(tree, Limits::default()).unwrap().cut_set_counts(None).unwrap().by_order
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[test]
fn every_connective_is_read() {
    let (a, b, c) = (r#"<event name="a"/>"#, r#"<basic-event name="b"/>"#, r#"<event name="c" type="basic-event"/>"#);
    let cases = [
        (format!("<and>{a}{b}{c}</and>"), 0.006),
        (format!("<or>{a}{b}</or>"), 0.28),
        (format!("<not>{a}</not>"), 0.9),
        (format!("<xor>{a}{b}</xor>"), 0.26),
        (format!("<nand>{a}{b}</nand>"), 0.98),
        (format!("<nor>{a}{b}</nor>"), 0.72),
        (format!("<iff>{a}{b}</iff>"), 0.74),
        (format!("<imply>{a}{b}</imply>"), 0.92),
        (format!("<atleast min=\"2\">{a}{b}{c}</atleast>"), 0.098),
        (format!("<cardinality min=\"1\" max=\"1\">{a}{b}{c}</cardinality>"), 0.398),
        (format!("<and>{a}<or>{b}<not>{c}</not></or></and>"), 0.1 * (1.0 - 0.8 * 0.3)),
        (format!("<and>{a}<constant value=\"true\"/></and>"), 0.1),
        (a.to_owned(), 0.1),
        ("<constant value=\"false\"/>".to_owned(), 0.0),
    ];
    for (formula, expected) in cases {
        let text = tree(&format!("<define-gate name=\"top\"><label>the top</label>{formula}</define-gate>{EVENTS}"));
        let found = probability(&only(&model(&text).unwrap()));
        assert!(close(found, expected), "{formula}: {found} instead of {expected}");
    }
}

#[test]
fn every_expression_has_its_value() {
    let two = |tag: &str, x: f64, y: f64| format!("<{tag}><float value=\"{x}\"/><float value=\"{y}\"/></{tag}>");
    let one = |tag: &str, x: f64| format!("<{tag}><float value=\"{x}\"/></{tag}>");
    let many = |tag: &str, values: &[f64]| {
        let values: String = values.iter().map(|x| format!("<float value=\"{x}\"/>")).collect();
        format!("<{tag}>{values}</{tag}>")
    };
    let e = |x: f64| -(-x).exp_m1();
    let cases = [
        ("<float value=\"1e-3\"/>".to_owned(), 1e-3),
        ("<int value=\"1\"/>".to_owned(), 1.0),
        ("<bool value=\"true\"/>".to_owned(), 1.0),
        ("<parameter name=\"p\"/>".to_owned(), 0.025),
        ("<div><int value=\"876\"/><system-mission-time/></div>".to_owned(), 0.1),
        (format!("<mul><pi/>{}</mul>", one("neg", -0.1)), 0.1 * std::f64::consts::PI),
        (many("add", &[0.1, 0.2, 0.3]), 0.6),
        (many("sub", &[0.9, 0.2, 0.3]), 0.4),
        (many("mul", &[0.5, 0.5]), 0.25),
        (many("min", &[0.5, 0.25]), 0.25),
        (many("max", &[0.5, 0.25]), 0.5),
        (many("mean", &[0.5, 0.25]), 0.375),
        (two("pow", 0.5, 3.0), 0.125),
        (two("mod", 5.0, 4.0), 1.0),
        (one("abs", -0.5), 0.5),
        (one("exp", -1.0), (-1f64).exp()),
        (one("sqrt", 0.25), 0.5),
        (one("log10", 10.0), 1.0),
        (one("ceil", 0.5), 1.0),
        (one("floor", 0.5), 0.0),
        (one("not", 0.0), 1.0),
        (two("lt", 1.0, 2.0), 1.0),
        (two("geq", 1.0, 2.0), 0.0),
        (format!("<ite>{}<float value=\"0.1\"/><float value=\"0.2\"/></ite>", two("eq", 1.0, 1.0)), 0.1),
        (
            format!(
                "<switch><case>{}<float value=\"0.1\"/></case><case>{}<float value=\"0.2\"/></case><float value=\"0.3\"/></switch>",
                two("gt", 1.0, 2.0),
                two("df", 1.0, 2.0)
            ),
            0.2,
        ),
        (two("exponential", 1e-4, 100.0), e(0.01)),
        (many("GLM", &[0.1, 1e-3, 1e-2, 100.0]), {
            let both: f64 = 1.1e-2;
            1e-3 / both - (1e-3 / both - 0.1) * (-both * 100.0).exp()
        }),
        (many("Weibull", &[100.0, 2.0, 10.0, 60.0]), e(0.25)),
        (many("Weibull", &[100.0, 2.0, 10.0, 5.0]), 0.0),
        (many("periodic-test", &[1e-3, 100.0, 50.0, 270.0]), e(0.02)),
        (many("periodic-test", &[1e-3, 100.0, 50.0, 250.0]), e(0.1)),
        (many("periodic-test", &[1e-3, 100.0, 50.0, 20.0]), e(0.02)),
        // Repaired far faster than it fails: as if at once.
        (many("periodic-test", &[1e-9, 1e9, 100.0, 50.0, 270.0]), e(2e-8)),
        (two("uniform-deviate", 0.1, 0.3), 0.2),
        (two("normal-deviate", 0.1, 0.3), 0.1),
        (many("lognormal-deviate", &[0.1, 3.0, 0.95]), 0.1),
        (two("lognormal-deviate", -3.0, 1.0), (-2.5f64).exp()),
        (two("gamma-deviate", 2.0, 0.1), 0.2),
        (two("beta-deviate", 1.0, 3.0), 0.25),
        (
            "<histogram><float value=\"0\"/><bin><float value=\"0.2\"/><int value=\"1\"/></bin><bin><float value=\"0.4\"/><int value=\"3\"/></bin></histogram>".to_owned(),
            0.25,
        ),
    ];
    for (expression, expected) in cases {
        let text = tree(&format!(
            "<define-gate name=\"top\"><event name=\"x\"/></define-gate>
            <define-basic-event name=\"x\">{expression}</define-basic-event>
            <define-parameter name=\"p\"><div><parameter name=\"q\"/><int value=\"2\"/></div></define-parameter>
            <define-parameter name=\"q\"><float value=\"0.05\"/></define-parameter>"
        ));
        let found = only(&model(&text).unwrap()).events[0].probability.unwrap();
        assert!(close(found, expected), "{expression}: {found} instead of {expected}");
    }
}

#[test]
fn a_model_may_be_spread_over_files() {
    let gates = "<opsa-mef><define-fault-tree name=\"t\"><define-gate name=\"top\"><and><event name=\"a\"/><event name=\"h\"/></and></define-gate></define-fault-tree></opsa-mef>";
    let data = "<opsa-mef><model-data><define-basic-event name=\"a\"><float value=\"0.25\"/></define-basic-event><define-house-event name=\"h\"><constant value=\"true\"/></define-house-event></model-data></opsa-mef>";
    let (gates, data) = (Source { name: "gates", text: gates }, Source { name: "data", text: data });
    for files in [[gates, data], [data, gates]] {
        let model = read(&files, Options::default()).unwrap();
        assert!(close(probability(&only(&model)), 0.25));
    }
    let error = read(&[gates], Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "gates:1:75: the event `a` is not defined in any of the files");
}

#[test]
fn names_are_looked_up_in_their_container_first() {
    let text = tree(
        "<define-gate name=\"top\"><or><event name=\"t.inner.x\"/><event name=\"x\"/><gate name=\"g\"/></or></define-gate>
        <define-component name=\"inner\" role=\"private\">
            <define-gate name=\"g\" role=\"public\"><and><event name=\"x\"/><event name=\"y\"/></and></define-gate>
            <define-basic-event name=\"x\"><parameter name=\"p\"/></define-basic-event>
            <define-parameter name=\"p\"><float value=\"0.5\"/></define-parameter>
            <define-basic-event name=\"y\" role=\"public\"><float value=\"0.1\"/></define-basic-event>
        </define-component>
        <define-parameter name=\"p\"><float value=\"0.25\"/></define-parameter>
        <define-basic-event name=\"x\"><parameter name=\"p\"/></define-basic-event>",
    );
    let found = only(&model(&text).unwrap());
    let mut names: Vec<_> = found.events.iter().map(|e| (e.name.as_str(), e.probability.unwrap())).collect();
    names.sort_by_key(|(name, _)| *name);
    assert_eq!(names, [("t.inner.x", 0.5), ("x", 0.25), ("y", 0.1)]);
    assert_eq!(counts(&found), [0, 2]);
}

#[test]
fn every_top_of_every_tree_is_found_and_events_without_probability_are_too() {
    let text = "<opsa-mef>
        <define-fault-tree name=\"first\">
            <define-gate name=\"one\"><and><event name=\"a\"/><gate name=\"shared\"/></and></define-gate>
            <define-gate name=\"two\"><or><event name=\"a\"/><gate name=\"shared\"/></or></define-gate>
            <define-gate name=\"shared\"><or><event name=\"b\"/><event name=\"a\"/></or></define-gate>
        </define-fault-tree>
        <define-fault-tree name=\"second\">
            <define-gate name=\"three\"><or><gate name=\"one\"/><event name=\"b\"/></or></define-gate>
        </define-fault-tree>
        <define-event-tree name=\"left-out\"/>
        <model-data><define-basic-event name=\"a\"/><define-basic-event name=\"b\"/></model-data>
    </opsa-mef>";
    let model = model(text).unwrap();
    let tops: Vec<_> = model.tops.iter().map(|top| (top.fault_tree.as_str(), top.gate.as_str())).collect();
    assert_eq!(tops, [("first", "one"), ("first", "two"), ("second", "three")]);
    let sets: Vec<_> = model.tops.iter().map(|top| counts(&model.fault_tree(top))).collect();
    assert_eq!(sets, [vec![0, 1], vec![0, 2], vec![0, 2]]);
    assert!(model.notes[0].starts_with("model.xml:10:9: `define-event-tree`"), "{:?}", model.notes);
}

fn group(model: &str, members: usize, factors: &[(usize, f64)]) -> String {
    let names: Vec<String> = (0..members).map(|at| format!("<basic-event name=\"m{at}\"/>")).collect();
    let factors: String =
        factors.iter().map(|(l, f)| format!("<factor level=\"{l}\"><float value=\"{f}\"/></factor>")).collect();
    tree(&format!(
        "<define-gate name=\"top\"><and>{0}</and></define-gate>
        <define-CCF-group name=\"g\" model=\"{model}\"><members>{0}</members>
        <distribution><float value=\"0.1\"/></distribution><factors>{factors}</factors></define-CCF-group>",
        names.concat()
    ))
}

/// The probability that all three members fail, from those of the events that fail one, two and all three.
fn all_three(one: f64, two: f64, three: f64) -> f64 {
    // Without the common one: all members must be hit by singles and pairs.
    let mut sum = 0.0;
    for pairs in 0..8u32 {
        let hit = [pairs & 0b011, pairs & 0b101, pairs & 0b110].map(|pair| pair != 0);
        let chance = (0..3).map(|at| if pairs >> at & 1 == 1 { two } else { 1.0 - two }).product::<f64>();
        sum += chance * hit.iter().map(|hit| if *hit { 1.0 } else { one }).product::<f64>();
    }
    three + (1.0 - three) * sum
}

#[test]
fn common_causes_follow_their_models() {
    let q = 0.1;
    let cases = [
        ("beta-factor", vec![(3, 0.2)], (q * 0.8, 0.0, q * 0.2)),
        ("MGL", vec![(2, 0.3), (3, 0.4)], (q * 0.7, q * 0.3 * 0.6 / 2.0, q * 0.3 * 0.4)),
        ("alpha-factor", vec![(1, 0.7), (2, 0.2), (3, 0.1)], {
            let total = 0.7 + 0.4 + 0.3;
            (q * 0.7 / total, q * 2.0 / 2.0 * 0.2 / total, q * 3.0 * 0.1 / total)
        }),
        ("phi-factor", vec![(1, 0.7), (2, 0.2), (3, 0.1)], (q * 0.7, q * 0.2, q * 0.1)),
    ];
    for (name, factors, (one, two, three)) in cases {
        let text = group(name, 3, &factors);
        let files = [Source { name: "ccf", text: &text }];
        let with = read(&files, Options { common_cause: true, ..Options::default() }).unwrap();
        let found = probability(&only(&with));
        assert!(close(found, all_three(one, two, three)), "{name}: {found} {}", all_three(one, two, three));
        assert!(only(&with).events.iter().any(|event| event.name == "[m0 m1 m2]"));
        let without = read(&files, Options::default()).unwrap();
        assert!(close(probability(&only(&without)), 1e-3));
    }
}

#[test]
fn what_is_broken_is_said_with_its_place() {
    let gate = |formula: &str| tree(&format!("<define-gate name=\"top\">\n{formula}</define-gate>{EVENTS}"));
    let event = |expression: &str| {
        tree(&format!(
            "<define-gate name=\"top\"><event name=\"x\"/></define-gate>\n<define-basic-event name=\"x\">{expression}</define-basic-event>"
        ))
    };
    let deep = format!("{}<event name=\"a\"/>{}", "<not>".repeat(100_000), "</not>".repeat(100_000));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><opsa-mef>&b;</opsa-mef>";
    let long = format!("<opsa-mef {}/>", (0..10_000).map(|at| format!("a{at}=\"\" ")).collect::<String>());
    let cases: [(String, (u32, u32), &str); 36] = [
        (String::new(), (1, 1), "no well-formed XML"),
        ("<opsa-mef>\n  <oops".to_owned(), (1, 1), "no well-formed XML"),
        ("<opsa-mef></wrong>".to_owned(), (1, 11), "no well-formed XML"),
        (bomb.to_owned(), (1, 1), "no well-formed XML"),
        (long, (1, 1), "longer than"),
        (gate(&deep), (2, 986), "nested deeper"),
        ("<fault-tree/>".to_owned(), (1, 1), "not `fault-tree`"),
        ("<opsa-mef/>".to_owned(), (1, 1), "no gate is defined"),
        ("<opsa-mef><nonsense/></opsa-mef>".to_owned(), (1, 11), "no element `nonsense`"),
        ("<opsa-mef><define-substitution name=\"s\"/></opsa-mef>".to_owned(), (1, 11), "not supported"),
        (gate("<event name=\"zz\"/>"), (2, 8), "`zz` is not defined"),
        (gate("<gate name=\"a\"/>"), (2, 7), "`a` is a basic-event, not a gate"),
        (gate("<event/>"), (2, 1), "no attribute `name`"),
        (gate("<maybe><event name=\"a\"/></maybe>"), (2, 1), "no element `maybe`"),
        (gate("<not><event name=\"a\"/><event name=\"b\"/></not>"), (2, 1), "exactly 1"),
        (gate("<xor><event name=\"a\"/><event name=\"b\"/><event name=\"c\"/></xor>"), (2, 1), "exactly 2"),
        (gate("<and/>"), (2, 1), "at least 1"),
        (gate("<atleast min=\"3\"><event name=\"a\"/><event name=\"b\"/></atleast>"), (2, 1), "at least 3"),
        (gate("<atleast min=\"-1\"><event name=\"a\"/></atleast>"), (2, 10), "a whole number"),
        (gate("<atleast><event name=\"a\"/></atleast>"), (2, 1), "no attribute `min`"),
        (gate("<event name=\"a\"/><event name=\"b\"/>"), (1, 39), "one formula"),
        (gate("<constant value=\"yes\"/>"), (2, 11), "`true` or `false`"),
        (gate("<gate name=\"top\"/>"), (1, 39), "depends on itself: top → top"),
        (gate("<not><and><event name=\"a\"/><gate name=\"top\"/></and></not>"), (1, 39), "top → top"),
        (event("<float value=\"1.5\"/>"), (2, 1), "probability 1.5"),
        (event("<float value=\"-0.1\"/>"), (2, 1), "probability -0.1"),
        (event("<float value=\"NaN\"/>"), (2, 37), "a number"),
        (event("<int value=\"0.5\"/>"), (2, 35), "a whole number"),
        (event("<div><int value=\"0\"/><int value=\"0\"/></div>"), (2, 1), "probability NaN"),
        (event("<parameter name=\"p\"/>"), (2, 41), "parameter `p` is not defined"),
        (event("<exponential><int value=\"1\"/></exponential>"), (2, 30), "a rate and a time"),
        (event("<extern-function name=\"f\"/>"), (2, 30), "not supported"),
        (event("<mystery/>"), (2, 30), "no element `mystery`"),
        (tree(&format!("{EVENTS}\n<define-basic-event name=\"a\"/>")), (5, 1), "already defined at model.xml:2:5"),
        (tree("<define-gate name=\"a.b\"><constant value=\"true\"/></define-gate>"), (1, 52), "is not a name"),
        (
            tree(
                "<define-gate name=\"top\"><constant value=\"true\"/></define-gate><define-parameter name=\"p\"><parameter name=\"q\"/></define-parameter><define-parameter name=\"q\"><parameter name=\"p\"/></define-parameter>",
            ),
            (1, 101),
            "parameter depends on itself: p → q → p",
        ),
    ];
    for (text, (line, column), words) in cases {
        let error = model(&text).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(words), "{shown}");
        assert_eq!((error.line, error.column), (line, column), "{shown}");
    }
}

#[test]
fn broken_common_causes_are_refused() {
    let cases = [
        (group("beta-factor", 1, &[(1, 0.2)]), "two members"),
        (group("beta-factor", 3, &[(2, 0.2)]), "level 3 is what comes"),
        (group("beta-factor", 3, &[]), "no factor"),
        (group("gamma", 3, &[(1, 0.2)]), "`beta-factor`"),
        (group("phi-factor", 3, &[(1, 0.2)]), "sum to 1"),
        (group("alpha-factor", 3, &[(1, 1.2)]), "probability 1.2"),
        (group("alpha-factor", 40, &(1..=40).map(|level| (level, 0.02)).collect::<Vec<_>>()), "too many events"),
    ];
    for (text, words) in cases {
        let options = Options { common_cause: true, ..Options::default() };
        let error = read(&[Source { name: "ccf", text: &text }], options).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A chain of parameters and one of gates that the program's own stack would not survive.
#[test]
fn long_chains_are_read() {
    let mut text = String::new();
    for at in 0..30_000 {
        let next = at + 1;
        text +=
            &format!("<define-gate name=\"g{at}\"><or><event name=\"a\"/><gate name=\"g{next}\"/></or></define-gate>");
        text += &format!("<define-parameter name=\"p{at}\"><parameter name=\"p{next}\"/></define-parameter>");
    }
    text += "<define-gate name=\"g30000\"><event name=\"a\"/></define-gate>";
    text += "<define-parameter name=\"p30000\"><float value=\"0.5\"/></define-parameter>";
    text += "<define-basic-event name=\"a\"><parameter name=\"p0\"/></define-basic-event>";
    assert!(close(probability(&only(&model(&tree(&text)).unwrap())), 0.5));
    let circle = text.replace(
        "<define-gate name=\"g30000\"><event name=\"a\"/>",
        "<define-gate name=\"g30000\"><gate name=\"g0\"/>",
    );
    let error = model(&tree(&circle)).unwrap_err();
    assert!(matches!(&error.problem, Problem::Cycle { path, .. } if path.len() < 300), "{error}");
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let mut made = Builder::new("a tree <with> names & more");
    let events: Vec<Input> = ["host db1 down", "host-db1-down", "host_db1_down", "-", "2 & \"3\" <4>", "日本"]
        .iter()
        .zip([0.1, 0.2, 0.3, 1e-300, 0.1 + 0.2, 0.6])
        .map(|(name, p)| made.event(*name, p))
        .collect();
    let kinds = [
        GateKind::And,
        GateKind::Or,
        GateKind::AtLeast(2),
        GateKind::AtLeast(1),
        GateKind::AtLeast(0),
        GateKind::AtLeast(9),
        GateKind::Cardinality { min: 1, max: 2 },
        GateKind::Xor,
        GateKind::Nand,
        GateKind::Nor,
    ];
    let mut gates: Vec<Input> =
        kinds.iter().map(|kind| made.gate(format!("{kind:?}"), *kind, events.clone())).collect();
    gates.push(made.gate("not", GateKind::Not, [events[0]]));
    gates.push(made.gate("iff", GateKind::Iff, [events[0], events[1]]));
    gates.push(made.gate("imply", GateKind::Imply, [events[0], events[1]]));
    gates.push(made.gate("twice", GateKind::AtLeast(3), [events[0], events[0], events[1], events[2], events[0]]));
    gates.push(made.gate("single", GateKind::And, [events[5]]));
    gates.push(made.gate("none", GateKind::Or, []));
    gates.push(made.gate("house", GateKind::Or, [Input::Constant(true), events[1]]));
    let top = made.gate("top", GateKind::Xor, gates);
    let made = made.finish(top).unwrap();
    let read = only(&model(&write(&[&made])).unwrap());
    let mut probabilities =
        [&made, &read].map(|tree| tree.events.iter().filter_map(|e| e.probability).collect::<Vec<_>>());
    probabilities.iter_mut().for_each(|list| list.sort_by(f64::total_cmp));
    assert_eq!(probabilities[0], probabilities[1]);
    assert!(close(probability(&made), probability(&read)));
    assert_eq!(counts(&made), counts(&read));
    let names: Vec<&str> = read.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names.len(), 6);
    assert!(names.contains(&"host_db1_down") && names.contains(&"host_db1_down_2") && names.contains(&"host-db1-down"));
}

/// SCRAM's own examples, where the Debian package is installed: its figures, which its program prints.
#[test]
fn the_models_of_scram_have_the_figures_of_scram() {
    let folder = Path::new("/usr/share/scram/input");
    let cases: [(&[&str], f64, &[u128]); 5] = [
        (&["Theatre/theatre.xml"], 0.00207, &[0, 0, 2]),
        (&["TwoTrain/two_train.xml"], 0.7225, &[0, 0, 4]),
        (&["Baobab/baobab2.xml", "Baobab/baobab2-basic-events.xml"], 0.0208686, &[0, 0, 6, 121, 268, 630, 3780]),
        (
            &["Baobab/baobab1.xml", "Baobab/baobab1-basic-events.xml"],
            1.2823e-6,
            &[0, 0, 1, 1, 70, 400, 2212, 14748, 8460, 10624, 6600, 3072],
        ),
        (&["Chinese/chinese.xml", "Chinese/chinese-basic-events.xml"], 0.00456932, &[0, 0, 12, 0, 24, 188, 168]),
    ];
    for (files, expected, by_order) in cases {
        let texts: Result<Vec<String>, _> =
            files.iter().map(|file| std::fs::read_to_string(folder.join(file))).collect();
        let Ok(texts) = texts else { continue };
        let sources: Vec<Source<'_>> = files.iter().zip(&texts).map(|(name, text)| Source { name, text }).collect();
        let found = only(&read(&sources, Options::default()).unwrap());
        assert_eq!(counts(&found), by_order, "{files:?}");
        // It prints six digits.
        assert!((probability(&found) / expected - 1.0).abs() < 1e-5, "{files:?} {}", probability(&found));
    }
}
