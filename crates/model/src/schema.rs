//! The JSON Schema of the file, from the same types that read it.

use crate::raw;

/// The JSON Schema (draft 2020-12) of the cluster file, for completion and checks in editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(raw::File).to_value()
}
