//! Hides secrets in the file's own text, for messages that show the lines around a mistake.
//!
//! A password in plain text is refused, but whoever shows the offending line would print it. This works on text, not
//! on the parsed file, because it must also work where the file cannot be parsed.

/// Keys of the mapping that says where a secret comes from.
const SOURCES: [&str; 3] = ["env", "file", "prompt"];

/// What keys begin with whose values are secrets, in lower case.
const WORDS: [&str; 4] = ["pass", "pwd", "accesskey", "secretkey"];

/// The text with everything that looks like a secret replaced by `*`, byte for byte, so that positions still hold.
#[must_use]
pub fn mask_secrets(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    // Lines that are indented deeper than this belong to a secret that began above.
    let mut block: Option<usize> = None;
    // A password key with nothing behind it: the next line decides what follows.
    let mut open: Option<usize> = None;
    let mut pem = false;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let blank = line.trim().is_empty();
        if !blank && let Some(key) = open.take() {
            let source = SOURCES.iter().any(|s| line.trim_start().starts_with(s)) || line.trim_start().starts_with('{');
            if indent > key && !source {
                block = Some(key);
            }
        }
        pem |= line.contains("-----BEGIN");
        if block.is_some_and(|b| indent <= b && !blank) {
            block = None;
        }
        if pem || block.is_some() {
            hide(line, &mut masked);
            pem &= !line.contains("-----END");
            continue;
        }
        let lower = line.to_ascii_lowercase();
        let mut done = 0;
        while let Some(start) = secret_start(&lower, done) {
            masked.push_str(&line[done..start]);
            let end = start + secret_end(&line[start..]);
            hide(&line[start..end], &mut masked);
            if end == start {
                open = Some(indent);
                done = end;
                break;
            }
            done = end;
            // A scalar may go on in the lines below, whatever it begins with.
            block = Some(indent);
        }
        masked.push_str(&line[done..]);
    }
    masked
}

/// Where the value of the next password key begins, unless it is the mapping that is asked for.
fn secret_start(lower: &str, mut from: usize) -> Option<usize> {
    while let Some(found) = WORDS.iter().filter_map(|word| lower[from..].find(word)).min() {
        let key = from + found;
        let rest = lower[key..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        from = lower.len() - rest.len();
        let Some(value) = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':') else { continue };
        let value = value.trim_start_matches([' ', '\t']);
        let inside = value.strip_prefix('{').map(|v| v.trim_start_matches([' ', '"', '\'']).trim_end());
        let source =
            inside.is_some_and(|v| v.is_empty() || v.starts_with('}') || SOURCES.iter().any(|s| v.starts_with(s)));
        if !source && !value.starts_with(['#', '*']) {
            return Some(lower.len() - value.len());
        }
    }
    None
}

/// Where a value on one line ends: at its closing quote, or at what ends a plain value inside braces.
fn secret_end(value: &str) -> usize {
    let bytes = value.as_bytes();
    let line_end = value.trim_end_matches(['\r', '\n']).len();
    match bytes.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let close = value[1..].bytes().position(|b| b == *quote);
            close.map_or(line_end, |at| at + 2)
        }
        // Too much hidden is harmless: a password may hold commas and braces.
        _ => line_end,
    }
}

fn hide(text: &str, into: &mut String) {
    for c in text.chars() {
        if c == '\n' || c == '\r' || c == ' ' {
            into.push(c);
        } else {
            into.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mask_secrets;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_kept() {
        for (text, shown) in [
            ("password: hunter2\nname: a\n", "password: *******\nname: a\n"),
            ("  passwordFrom: hunter2\n", "  passwordFrom: *******\n"),
            ("{ password: \"h, u\", name: a }\n", "{ password: *** **, name: a }\n"),
            ("{ user: a, \"password\" : h, name: a }\n", "{ user: a, \"password\" : ** ***** * *\n"),
            ("passwordFrom: { env: DB }\n", "passwordFrom: { env: DB }\n"),
            ("passwordFrom:\n  env: DB\n", "passwordFrom:\n  env: DB\n"),
            ("- password: |\n    one\n    two\n  name: a\n", "- password: *\n    ***\n    ***\n  name: a\n"),
            ("password: \"one\n  two\"\nname: a\n", "password: ****\n  ****\nname: a\n"),
            ("s3: { secretKeyFrom: hunter2 }\n", "s3: { secretKeyFrom: ******* *\n"),
            ("accessKeyFrom: { env: A }\nsecretKey: b\n", "accessKeyFrom: { env: A }\nsecretKey: *\n"),
            ("Passwd: é\n", "Passwd: **\n"),
            (
                "keyFile: |\n  -----BEGIN X\n  abc\n  -----END X\nb: 1\n",
                "keyFile: |\n  ********** *\n  ***\n  ******** *\nb: 1\n",
            ),
            ("password:\n  hunter2\nb: 1\n", "password:\n  *******\nb: 1\n"),
            ("pwd: a1\npass: b2\n", "pwd: **\npass: **\n"),
            ("{ pwd: 'a b', pass: \"c\" }\n", "{ pwd: ** **, pass: *** }\n"),
            ("# passwords come from files\n", "# passwords come from files\n"),
        ] {
            assert_eq!(mask_secrets(text), shown);
            assert_eq!(mask_secrets(text).len(), text.len());
        }
    }
}
