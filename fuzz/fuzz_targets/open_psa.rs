//! Any text as an Open-PSA model: fault trees or an error at a place of the text, never a panic; and what was read says
//! the same after it was written.

#![no_main]

use survival::diagram::{Analysis, Limits};
use survival::open_psa::{Options, Source, read, write};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let options = Options { common_cause: true, ..Options::default() };
    let limits = Limits { nodes: 20_000, counts: 20_000 };
    let model = match read(&[Source { name: "fuzz", text }], options) {
        Ok(model) => model,
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1, "{error}");
            assert!(error.line as usize <= text.split('\n').count(), "{error}");
            return;
        }
    };
    for top in model.tops.iter().take(4) {
        let tree = model.fault_tree(top);
        assert_eq!(tree.check(), Ok(()));
        let written = write(&[&tree]);
        let again = read(&[Source { name: "again", text: &written }], Options::default());
        let again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
        let count = |tree| Analysis::new(tree, limits).and_then(|mut analysis| analysis.cut_set_counts(Some(3))).ok();
        let again = again.fault_tree(&again.tops[0]);
        if let (Some(first), Some(second)) = (count(&tree), count(&again)) {
            assert_eq!(first.by_order, second.by_order, "{written}");
        }
        if let Ok(mut analysis) = Analysis::new(&tree, limits) {
            let _ = analysis.cut_sets(None, 100);
            if let Ok(probability) = analysis.probability() {
                assert!((-1e-9..=1.0 + 1e-9).contains(&probability), "{probability}");
            }
            let _ = analysis.importance();
        }
    }
});
