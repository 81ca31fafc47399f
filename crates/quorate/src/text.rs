//! The words: every text that an operator reads, in English and Chinese, from the catalogues under `locales`.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};
use wire::Note;

static_loader! {
    static CATALOGUE = {
        locales: "./locales",
        fallback_language: "en",
        // The marks that isolate arguments for right-to-left scripts would end up in terminals and copied commands.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

const ENGLISH: LanguageIdentifier = langid!("en");
const CHINESE: LanguageIdentifier = langid!("zh-CN");

/// The texts in one language.
pub struct Texts {
    language: LanguageIdentifier,
}

impl Texts {
    /// The language that was asked for, or that the environment suggests.
    pub fn choose(asked: Option<&str>) -> Self {
        let from_environment = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
            .unwrap_or_default();
        let wanted = asked.map_or(from_environment, str::to_owned).to_lowercase();
        Self { language: if wanted.starts_with("zh") { CHINESE } else { ENGLISH } }
    }

    /// A text with its arguments. A text that the catalogue lacks shows its identifier: seen in tests, never fatal.
    pub fn get(&self, id: &str, arguments: &[(&'static str, String)]) -> String {
        let values: HashMap<Cow<'static, str>, FluentValue<'_>> =
            arguments.iter().map(|(k, v)| (Cow::Borrowed(*k), FluentValue::from(v.as_str()))).collect();
        CATALOGUE.try_lookup_with_args(&self.language, id, &values).unwrap_or_else(|| id.to_owned())
    }

    /// A text without arguments.
    pub fn plain(&self, id: &str) -> String {
        self.get(id, &[])
    }

    /// What a host or a decision had to say.
    pub fn note(&self, note: &Note) -> String {
        let values: HashMap<Cow<'static, str>, FluentValue<'_>> =
            note.args.iter().map(|(k, v)| (Cow::Owned(k.clone()), FluentValue::from(v.as_str()))).collect();
        CATALOGUE
            .try_lookup_with_args(&self.language, &format!("note-{}", note.code), &values)
            .unwrap_or_else(|| note.to_string())
    }

    /// For whoever renders on another thread.
    pub fn language_tag(&self) -> String {
        self.language.to_string()
    }

    /// One of the three texts of a problem in a cluster file: the message, `reason` or `hint`.
    pub fn problem(&self, problem: &model::Problem, part: Option<&str>) -> String {
        let id = format!("problem-{}{}", problem.code, part.map(|p| format!(".{p}")).unwrap_or_default());
        let arguments: Vec<_> = problem.args.iter().map(|(k, v)| (*k, v.clone())).collect();
        self.get(&id, &arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_worded_in_both_languages() {
        let problem = model::parse("apiVersion: x\n").unwrap_err().0.remove(0);
        for language in ["en", "zh_CN.UTF-8"] {
            let texts = Texts::choose(Some(language));
            for part in [None, Some("reason"), Some("hint")] {
                assert!(!texts.problem(&problem, part).contains("problem-"), "{language} {part:?}");
            }
        }
    }

    /// Every code that the source names with `Note::new("…")` has a text in both languages.
    #[test]
    fn every_note_has_a_text() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let (mut open, mut missing) = (vec![root], Vec::new());
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() && !path.ends_with("tests") && !path.ends_with("target") {
                    open.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let text = text.split("#[cfg(test)]").next().unwrap();
                    for code in text.split("Note::new(\"").skip(1).filter_map(|r| r.split('"').next()) {
                        for (language, catalogue) in [
                            ("en", include_str!("../locales/en/notes.ftl")),
                            ("zh-CN", include_str!("../locales/zh-CN/notes.ftl")),
                        ] {
                            if !catalogue.lines().any(|l| l.starts_with(&format!("note-{code} ="))) {
                                missing.push(format!("{language}: note-{code} ({})", path.display()));
                            }
                        }
                    }
                }
            }
        }
        missing.sort();
        missing.dedup();
        assert!(missing.is_empty(), "no text for:\n{}", missing.join("\n"));
    }
}
