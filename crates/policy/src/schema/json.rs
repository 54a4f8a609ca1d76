//! JSON Schema for editors, from the same tables that the loader checks with.

use proofmark_core::Extension;
use serde_json::{Map, Value, json};

use super::{Kind, MAX_ITEMS, MAX_NAMES, Table, files, policy};

/// The schema of `proofmark.toml` (JSON Schema 2020-12, as editors' TOML plug-ins read it).
pub fn json_schema() -> Value {
    document("proofmark.toml", &policy::POLICY)
}

/// The schemas of the other files, by the name of the schema file: `registries`, `images`, `denied`, `base-images`,
/// `envrc`, `binaries`, `exceptions`, `trust-root`.
pub fn allowlist_schema() -> Vec<(&'static str, Value)> {
    vec![
        ("registries", document("allowlists/registries.toml", &files::REGISTRIES)),
        ("images", document("allowlists/images.toml", &files::DIGESTS)),
        ("denied", document("allowlists/denied.toml", &files::DENIED)),
        ("base-images", document("allowlists/base-images.toml", &files::BASES)),
        ("envrc", document("allowlists/envrc.toml", &files::ENVRC)),
        ("binaries", document("allowlists/binaries.toml", &files::BINARIES)),
        ("exceptions", document("allowlists/exceptions.toml", &files::EXCEPTIONS)),
        ("trust-root", document("trust-roots/NAME.toml", &files::META)),
    ]
}

fn document(title: &str, spec: &Table) -> Value {
    let mut schema = table(spec);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".to_owned(), json!(title));
    }
    schema
}

fn table(spec: &Table) -> Value {
    let mut properties = Map::new();
    for key in spec.keys {
        let mut value = kind(&key.kind);
        if let Value::Object(map) = &mut value {
            map.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = spec.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "description": spec.doc,
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn kind(kind_of: &Kind) -> Value {
    match kind_of {
        Kind::Text => json!({ "type": "string", "minLength": 1, "maxLength": 4096 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole => json!({ "type": "integer" }),
        // Editors' plug-ins give TOML dates to JSON Schema as strings with a format.
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Moment => {
            json!({ "type": "string", "anyOf": [{ "format": "date" }, { "format": "date-time" }] })
        }
        Kind::Bytes => {
            json!({ "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": "^[1-9][0-9]*(B|KiB|MiB|GiB)$" }] })
        }
        Kind::Span => json!({ "type": "string", "pattern": "^[1-9][0-9]*[smhdw]$" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Scalar => json!({ "type": ["string", "integer", "boolean"] }),
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner), "maxItems": MAX_ITEMS }),
        Kind::Table(spec) => table(spec),
        Kind::Rows(spec, most) => json!({ "type": "array", "items": table(spec), "maxItems": most }),
        Kind::Named(inner) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" },
            "additionalProperties": kind(inner),
            "maxProperties": MAX_NAMES,
        }),
        Kind::Extensions => {
            let names: Map<String, Value> =
                Extension::ALL.iter().map(|e| (e.as_str().to_owned(), kind(&Kind::Text))).collect();
            json!({ "type": "object", "additionalProperties": false, "properties": names })
        }
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(kind).collect::<Vec<_>>() }),
    }
}
