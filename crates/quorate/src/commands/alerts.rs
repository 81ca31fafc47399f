//! `quorate alerts`: Prometheus alerting rules with the sizes of this very cluster.

use std::process::ExitCode;

use components::Watch;
use serde_json::json;
use survival::alerts::{Alert, Level, alerts};

use crate::args::AlertsArgs;
use crate::context;
use crate::failure::Failure;
use crate::text::Texts;

pub fn run(args: &AlertsArgs, texts: &Texts) -> Result<ExitCode, Failure> {
    let (cluster, _) = context::read(&args.file, texts)?;
    let mut rules: Vec<_> = alerts(&cluster).iter().map(|a| rule(a, &cluster.name, texts)).collect();
    for component in components::all() {
        rules.extend(component.watches(&cluster).iter().map(|w| watch(component.id(), w, &cluster.name, texts)));
    }
    // JSON is YAML: Prometheus reads it as it is, and so does every tool that checks it.
    let document = json!({ "groups": [{ "name": format!("quorate-{}", cluster.name), "rules": rules }] });
    println!("{}", serde_json::to_string_pretty(&document).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn rule(alert: &Alert, cluster: &str, texts: &Texts) -> serde_json::Value {
    let id = match alert.level {
        Level::Reduced => "alert-reduced",
        Level::NoMargin => "alert-no-margin",
        Level::Lost => "alert-lost",
    };
    let arguments = [
        ("component", texts.plain(&format!("component-{}", alert.component))),
        ("below", alert.below.to_string()),
        ("total", alert.total.to_string()),
    ];
    let severity = match alert.level {
        Level::Reduced => "info",
        Level::NoMargin => "warning",
        Level::Lost => "critical",
    };
    json!({
        "alert": alert.name(), "expr": alert.expression(), "for": format!("{}s", alert.hold_s),
        "labels": { "cluster": cluster, "severity": severity },
        "annotations": { "summary": texts.get(id, &arguments) },
    })
}

fn watch(component: &str, watch: &Watch, cluster: &str, texts: &Texts) -> serde_json::Value {
    let words: String = [component].into_iter().chain(watch.name.split('-')).map(capital).collect();
    json!({
        "alert": format!("Quorate{words}"), "expr": watch.expression, "for": format!("{}s", watch.hold_s),
        "labels": { "cluster": cluster, "severity": "warning" },
        "annotations": { "summary": texts.plain(&format!("watch-{component}-{}", watch.name)) },
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_watch_has_words_and_a_name_of_its_own() {
        let cluster = model::parse(model::preset(model::Preset::ThreeNode)).unwrap();
        let mut names: Vec<_> = alerts(&cluster).iter().map(Alert::name).collect();
        for language in ["en", "zh-CN"] {
            let texts = Texts::choose(Some(language));
            for component in components::all() {
                for reading in component.watches(&cluster) {
                    let rule = watch(component.id(), &reading, "demo", &texts);
                    assert!(!rule["annotations"]["summary"].as_str().unwrap().starts_with("watch-"), "{rule}");
                    names.push(format!("{language} {}", rule["alert"]));
                }
            }
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
