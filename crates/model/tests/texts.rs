//! Every kind of problem has its three texts in both languages, and no text names an argument that is never given.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use model::CODES;

const LANGUAGES: [(&str, &str); 2] = [
    ("en", include_str!("../../quorate/locales/en/problems.ftl")),
    ("zh-CN", include_str!("../../quorate/locales/zh-CN/problems.ftl")),
];

/// The arguments of each text, by its identifier (`problem-x`, `problem-x.reason`).
fn texts(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = fluent_syntax::parser::parse(source).map_err(|(_, errors)| errors).expect("valid Fluent");
    let mut texts = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name.to_owned();
        let parts = message.value.iter().map(|v| (id.clone(), v));
        let parts = parts.chain(message.attributes.iter().map(|a| (format!("{id}.{}", a.id.name), &a.value)));
        for (name, pattern) in parts {
            let mut arguments = BTreeSet::new();
            collect(pattern, &mut arguments);
            assert!(texts.insert(name.clone(), arguments).is_none(), "{name} is there twice");
        }
    }
    texts
}

fn collect(pattern: &Pattern<&str>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => variable(inline, into),
                Expression::Select { selector, variants } => {
                    variable(selector, into);
                    for v in variants {
                        collect(&v.value, into);
                    }
                }
            }
        }
    }
}

fn variable(expression: &InlineExpression<&str>, into: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = expression {
        into.insert(id.name.to_owned());
    }
}

#[test]
fn every_problem_is_explained_in_every_language() {
    for (language, source) in LANGUAGES {
        let mut texts = texts(source);
        for code in CODES {
            for part in ["", ".reason", ".hint"] {
                let id = format!("problem-{}{part}", code.id);
                let named = texts.remove(&id).unwrap_or_else(|| panic!("{language} lacks {id}"));
                for argument in named {
                    assert!(code.args.contains(&argument.as_str()), "{language}: {id} names ${argument}");
                }
            }
        }
        assert!(texts.is_empty(), "{language} explains what no check finds: {:?}", texts.keys());
    }
}

#[test]
fn both_languages_name_the_same_facts() {
    let [(_, en), (_, zh)] = LANGUAGES;
    assert_eq!(texts(en), texts(zh));
}
