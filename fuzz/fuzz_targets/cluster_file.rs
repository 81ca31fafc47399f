//! Any text as a cluster file: a cluster or problems that point into the text, never a panic.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(problems) = model::parse(text) {
        assert!(!problems.0.is_empty());
        for problem in &problems.0 {
            assert!(text.is_char_boundary(problem.span.offset), "{problem}");
            assert!(text.is_char_boundary(problem.span.offset + problem.span.len), "{problem}");
        }
    }
    assert_eq!(model::mask_secrets(text).len(), text.len());
});
