//! No input makes the reader panic, and every finding points into the text.

use model::{Preset, mask_secrets, parse, preset};
use proptest::prelude::*;

/// One edit of a text, positions as fractions of its length.
#[derive(Clone, Debug)]
enum Edit {
    Insert(f64, String),
    Delete(f64, usize),
    Copy(f64, f64, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let text = prop_oneof![
        "[-:{}\\[\\],&*!|>'\"%@`#?\n\t ]{1,4}",
        "\\PC{1,6}",
        Just("\n---\n".to_owned()),
        Just("<<: *a\n".to_owned()),
        Just("&a ".to_owned()),
        Just("password: x".to_owned()),
        Just("99999999999999999999".to_owned()),
    ];
    let edit = prop_oneof![
        (0.0..1.0, text).prop_map(|(at, text)| Edit::Insert(at, text)),
        (0.0..1.0, 1..40usize).prop_map(|(at, len)| Edit::Delete(at, len)),
        (0.0..1.0, 0.0..1.0, 1..80usize).prop_map(|(from, to, len)| Edit::Copy(from, to, len)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = |fraction: &f64, len: usize| (fraction * len as f64) as usize;
    for edit in edits {
        let len = chars.len();
        match edit {
            Edit::Insert(at, text) => {
                let at = place(at, len);
                chars.splice(at..at, text.chars());
            }
            Edit::Delete(at, n) => {
                let at = place(at, len);
                chars.drain(at..(at + n).min(len));
            }
            Edit::Copy(from, to, n) => {
                let from = place(from, len);
                let piece = chars[from..(from + n).min(len)].to_vec();
                let to = place(to, len);
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err(problems) = parse(text) {
        prop_assert!(!problems.0.is_empty());
        for p in &problems.0 {
            prop_assert!(text.is_char_boundary(p.span.offset), "{}", p);
            prop_assert!(text.is_char_boundary(p.span.offset + p.span.len), "{}", p);
            prop_assert!(p.span.line >= 1 && p.span.column >= 1, "{}", p);
        }
    }
    let masked = mask_secrets(text);
    prop_assert_eq!(masked.len(), text.len());
    Ok(())
}

/// Between them they use every key.
const EXAMPLES: [Result<Preset, &str>; 6] = [
    Ok(Preset::Single),
    Ok(Preset::ThreeNode),
    Ok(Preset::FiveNode),
    Err(include_str!("../../../examples/rainbond-5.1-split.yaml")),
    Err(include_str!("../../../examples/rainbond-5.17-external.yaml")),
    Err(include_str!("../../../examples/rancher-1.6.yaml")),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_examples_never_panic(edits in edits(), which in 0..EXAMPLES.len()) {
        let text = EXAMPLES[which].map_or_else(|text| text, preset);
        check(&apply(text, &edits))?;
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}|[-:{}\\[\\],&*!|>'\"a-c\n\t ]{0,200}") {
        check(&text)?;
    }
}
