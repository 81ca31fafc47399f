//! Changes that depend on nothing having changed: etcd's transactions, with one branch.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What must still be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The key was created at this revision; 0: there is no such key.
    Created { key: String, revision: u64 },
    /// The key was last changed at this revision; 0: there is no such key.
    Modified { key: String, revision: u64 },
    /// The key has this value.
    Value { key: String, value: Vec<u8> },
}

/// What is then done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// With a lease, the key goes when the lease ends.
    Put {
        key: String,
        value: Vec<u8>,
        lease: Option<u64>,
    },
    Delete {
        key: String,
    },
}

/// All of the changes if all of the comparisons hold, none otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txn {
    pub compares: Vec<Compare>,
    pub changes: Vec<Change>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// Done, at this revision.
    Done(u64),
    /// Something was not as compared; nothing was done.
    Changed,
}

impl Txn {
    /// The gateway's form.
    pub(super) fn body(&self) -> Value {
        json!({
            "compare": self.compares.iter().map(Compare::body).collect::<Vec<_>>(),
            "success": self.changes.iter().map(Change::body).collect::<Vec<_>>(),
        })
    }
}

impl Compare {
    fn body(&self) -> Value {
        match self {
            Self::Created { key, revision } => {
                json!({ "key": b64(key), "target": "CREATE", "createRevision": revision.to_string() })
            }
            Self::Modified { key, revision } => {
                json!({ "key": b64(key), "target": "MOD", "modRevision": revision.to_string() })
            }
            Self::Value { key, value } => json!({ "key": b64(key), "target": "VALUE", "value": b64(value) }),
        }
    }
}

impl Change {
    fn body(&self) -> Value {
        match self {
            Self::Put { key, value, lease } => json!({ "requestPut": {
                "key": b64(key), "value": b64(value), "lease": lease.unwrap_or(0).to_string()
            } }),
            Self::Delete { key } => json!({ "requestDeleteRange": { "key": b64(key) } }),
        }
    }
}

pub(super) fn b64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_written_as_the_gateway_reads_it() {
        let txn = Txn {
            compares: vec![
                Compare::Created { key: "foo".into(), revision: 0 },
                Compare::Modified { key: "foo".into(), revision: 7 },
                Compare::Value { key: "foo".into(), value: b"bar".to_vec() },
            ],
            changes: vec![
                Change::Put { key: "foo".into(), value: b"bar".to_vec(), lease: Some(9) },
                Change::Delete { key: "foo".into() },
            ],
        };
        assert_eq!(
            txn.body(),
            json!({
                "compare": [
                    { "key": "Zm9v", "target": "CREATE", "createRevision": "0" },
                    { "key": "Zm9v", "target": "MOD", "modRevision": "7" },
                    { "key": "Zm9v", "target": "VALUE", "value": "YmFy" },
                ],
                "success": [
                    { "requestPut": { "key": "Zm9v", "value": "YmFy", "lease": "9" } },
                    { "requestDeleteRange": { "key": "Zm9v" } },
                ],
            })
        );
    }
}
