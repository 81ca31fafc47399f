//! Filling in the templates that stand beside each component.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

/// Renders a template of ours. Templates are compiled in and every one is snapshot-tested, so a failure to render is
/// a defect in the program; it then shows up as the content itself, which no engine accepts, never as a panic.
pub fn render(template: &str, context: Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Block tags stand on lines of their own in the templates and leave nothing behind.
    match SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build() {
        Ok(syntax) => environment.set_syntax(syntax),
        Err(error) => return format!("the template syntax is refused: {error:#}\n"),
    }
    environment
        .render_str(template, context)
        .unwrap_or_else(|error| format!("the template did not render: {error:#}\n"))
}
