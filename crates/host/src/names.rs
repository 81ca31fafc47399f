//! Names of local accounts and groups, from /etc/passwd and /etc/group themselves.
//!
//! The C library's own functions load the host's NSS modules into this static program, where they crash: they were
//! built for another C library, and even the same one is not fully there. The accounts of engines are always local.

use std::fs;

/// Where local accounts are listed.
pub const ACCOUNTS: &str = "/etc/passwd";
/// Where local groups are listed.
pub const GROUPS: &str = "/etc/group";

/// The name that a list has for a number.
pub fn name(list: &str, number: u32) -> Option<String> {
    entry(&fs::read_to_string(list).ok()?, |_, found| found == number).map(|(name, _)| name)
}

/// The number that a list has for a name.
pub fn number(list: &str, name: &str) -> Option<u32> {
    entry(&fs::read_to_string(list).ok()?, |found, _| found == name).map(|(_, number)| number)
}

/// The first entry that is wanted: both lists have the name first and the number third.
fn entry(text: &str, wanted: impl Fn(&str, u32) -> bool) -> Option<(String, u32)> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number = fields.nth(1)?.parse().ok()?;
        wanted(name, number).then(|| (name.to_owned(), number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found_in_either_direction() {
        assert_eq!(name(ACCOUNTS, 0).as_deref(), Some("root"));
        assert_eq!(number(GROUPS, "root"), Some(0));
        assert_eq!(number(ACCOUNTS, "nobody-of-that-name"), None);
        let text = "# a comment\nroot:x:0:0::/root:/bin/sh\nbroken:x\n+nis\netcd:x:107:\n";
        assert_eq!(entry(text, |n, _| n == "etcd"), Some(("etcd".to_owned(), 107)));
        assert_eq!(entry(text, |n, _| n == "broken"), None);
    }
}
