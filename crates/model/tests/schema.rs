//! The JSON Schema for editors: everything described, nothing offered that would be refused.

use serde_json::Value;

fn walk(path: &str, value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, value);
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| walk(&format!("{path}/{k}"), v, visit)),
        Value::Array(list) => list.iter().for_each(|v| walk(&format!("{path}/-"), v, visit)),
        _ => {}
    }
}

#[test]
fn every_key_is_described_and_no_mapping_is_open() {
    let schema = model::schema();
    let mut keys = 0;
    walk("", &schema, &mut |path, value| {
        let Some(properties) = value.get("properties").and_then(Value::as_object) else { return };
        assert_eq!(value["additionalProperties"], Value::Bool(false), "{path} is open");
        for (key, property) in properties {
            keys += 1;
            assert!(property.get("description").is_some(), "{path}: {key} has no description");
            assert!(key != "password", "{path} offers {key}");
        }
    });
    assert!(keys > 50, "{keys} keys");
}

#[test]
fn alternatives_and_roles_are_spelt_out() {
    let schema = model::schema();
    assert_eq!(schema["properties"]["apiVersion"]["const"], "quorate.dev/v1alpha1");
    for (what, alternatives) in [("Endpoint", 4), ("Database", 4), ("Storage", 3), ("Service", 2)] {
        assert_eq!(schema["$defs"][what]["oneOf"].as_array().map(Vec::len), Some(alternatives), "{what}");
    }
    assert_eq!(schema["$defs"]["SecretSource"]["maxProperties"], 1);
    let roles = schema["$defs"]["Role"].to_string();
    for role in model::Role::ALL {
        assert!(roles.contains(role.word()), "{roles} lacks {}", role.word());
    }
    let all = |words: &[&str], of: &str| {
        let schema = schema["$defs"][of].to_string();
        words.iter().for_each(|w| assert!(schema.contains(&format!("\"{w}\"")), "{schema} lacks {w}"));
    };
    all(&model::PlatformKind::ALL.map(model::PlatformKind::word), "PlatformKind");
    all(&model::Capability::ALL.map(model::Capability::id), "Capability");
    all(&model::Charset::ALL.map(model::Charset::word), "Charset");
    all(&model::Through::ALL.map(model::Through::word), "Through");
}
