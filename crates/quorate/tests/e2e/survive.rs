//! What is reckoned from a file alone, as an operator asks for it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Ended;

fn run(directory: &Path, words: &[&str]) -> Ended {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(words)
        .current_dir(directory)
        .env("LANG", "C")
        .output()
        .unwrap()
        .into()
}

/// A directory with the example of Cloudpods on four hosts.
fn with_example() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("c.yaml"), include_str!("../../../../examples/cloudpods-4.yaml")).unwrap();
    directory
}

#[test]
fn single_points_are_named_with_what_to_do() {
    let directory = with_example();
    let said = run(directory.path(), &["survive", "c.yaml"]).expect(0).stdout;
    assert!(said.contains("host node4: its loss ends control plane, database"), "{said}");
    assert!(said.contains("write galera"), "{said}");
    let page = directory.path().join("page.html");
    run(directory.path(), &["survive", "c.yaml", "--lang", "zh-CN", "--html", page.to_str().unwrap()]).expect(0);
    assert!(std::fs::read_to_string(page).unwrap().starts_with("<!DOCTYPE html>"));

    let what_if = run(directory.path(), &["survive", "c.yaml", "--without", "node4", "--json"]).expect(4).json();
    let works = |c: &Value| (c["capability"].as_str().unwrap().to_owned(), c["works"].as_bool().unwrap());
    let works: Vec<_> = what_if["capabilities"].as_array().unwrap().iter().map(works).collect();
    assert!(works.contains(&("database".into(), false)) && works.contains(&("ingress".into(), true)), "{works:?}");
    let unknown = run(directory.path(), &["survive", "c.yaml", "--without", "node9"]).expect(2).stderr;
    assert!(unknown.contains("node9") && unknown.contains("node1"), "{unknown}");
}

/// What other tools are given is what was reckoned.
#[test]
fn trees_come_back_from_the_open_psa_format() {
    let directory = with_example();
    let survey = run(directory.path(), &["survive", "c.yaml", "--json"]).expect(0).json();
    let model = run(directory.path(), &["survive", "c.yaml", "--open-psa"]).expect(0).stdout;
    std::fs::write(directory.path().join("trees.xml"), &model).unwrap();
    let read = run(directory.path(), &["survive", "--open-psa", "trees.xml", "--json"]).expect(0).json();
    let capabilities = survey["capabilities"].as_array().unwrap();
    assert_eq!(read.as_array().unwrap().len(), capabilities.len());
    for capability in capabilities {
        let name = &capability["capability"];
        let top = read.as_array().unwrap().iter().find(|t| t["faultTree"] == *name).unwrap();
        let (theirs, ours) =
            (top["probability"].as_f64().unwrap(), capability["availability"]["availability"].as_f64().unwrap());
        assert!((1.0 - theirs - ours).abs() < 1e-12, "{name}: {theirs} {ours}");
        let singles = |count: &Value| count.as_str().unwrap_or("0").to_owned();
        assert_eq!(singles(&top["cutSets"][1]), singles(&capability["cutSets"][0]), "{name}");
    }
}

#[test]
fn a_wrong_model_is_refused_with_the_place() {
    let directory = tempfile::tempdir().unwrap();
    let gate =
        |name: &str, input: &str| format!("<define-gate name=\"{name}\"><gate name=\"{input}\"/></define-gate>\n");
    let model = format!(
        "<opsa-mef><define-fault-tree name=\"t\">\n{}{}</define-fault-tree></opsa-mef>\n",
        gate("a", "b"),
        gate("b", "a")
    );
    std::fs::write(directory.path().join("m.xml"), model).unwrap();
    let said = run(directory.path(), &["survive", "--open-psa", "m.xml"]).expect(2).stderr;
    assert!(said.contains("m.xml:") && said.contains("a → b"), "{said}");
    let said = run(directory.path(), &["survive", "--open-psa", "nothing.xml"]).expect(2).stderr;
    assert!(said.contains("nothing.xml"), "{said}");
}
