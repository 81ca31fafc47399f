//! A string that cannot be printed by accident: passwords and passphrases live in it from where they are read to where
//! they are used, so that no log line, error, plan or panic message can carry one.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A password, passphrase or token.
///
/// `Debug` and `Display` show asterisks, the memory is overwritten on drop, and the text is read only through
/// [`Secret::expose`], which is what a review looks for.
///
/// It serializes as the plain text: only frames inside an encrypted connection and files of mode 0600 may carry it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`; no copy of it remains with the caller.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The plain text. Never format, log or pass it as an argument of a process.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** Secret(***) Some(Secret(***))");
    }

    #[test]
    fn travels_in_frames() {
        let text = serde_json::to_string(&Secret::new("hunter2".into())).unwrap();
        assert_eq!(text, "\"hunter2\"");
        assert_eq!(serde_json::from_str::<Secret>(&text).unwrap().expose(), "hunter2");
    }
}
