//! `docs/policy.md` has one row for each key of the schema, in the section of its table, and says which are required.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by it")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use proofmark_policy::{allowlist_schema, json_schema};
use serde_json::Value;

/// The section, the file's schema, and the way to the table within it.
const TABLES: [(&str, &str, &str); 32] = [
    ("`proofmark.toml`", "policy", ""),
    ("`[signers.NAME]`", "policy", "signers/*"),
    ("`[[image]]`", "policy", "image/[]"),
    ("`signed-by`", "policy", "image/[]/signed-by/{}"),
    ("`[image.attestation]`", "policy", "image/[]/attestation"),
    ("`[image.attestation.provenance]`", "policy", "image/[]/attestation/provenance"),
    ("`[image.attestation.vulnerabilities]`", "policy", "image/[]/attestation/vulnerabilities"),
    (
        "`allow` of `[image.attestation.vulnerabilities]`",
        "policy",
        "image/[]/attestation/vulnerabilities/allow/[]",
    ),
    ("`[image.attestation.vsa]`", "policy", "image/[]/attestation/vsa"),
    ("`[image.attestation.sbom]`", "policy", "image/[]/attestation/sbom"),
    ("`[image.attestation.custom]`", "policy", "image/[]/attestation/custom"),
    ("`where` of `[image.attestation.custom]`", "policy", "image/[]/attestation/custom/where/[]"),
    ("`[limits]`", "policy", "limits"),
    ("`allowlists/registries.toml`", "registries", ""),
    ("`[[registry]]`", "registries", "registry/[]"),
    ("`mirrors` of `[[registry]]`", "registries", "registry/[]/mirrors/[]"),
    ("A digest list, such as `allowlists/images.toml`", "images", ""),
    ("`[[image]]` of a digest list", "images", "image/[]"),
    ("`allowlists/denied.toml`", "denied", ""),
    ("`[[deny]]`", "denied", "deny/[]"),
    ("`allowlists/base-images.toml`", "base-images", ""),
    ("`[[base]]`", "base-images", "base/[]"),
    ("`allowlists/envrc.toml`", "envrc", ""),
    ("`[[directory]]`", "envrc", "directory/[]"),
    ("`[[startup]]`", "envrc", "startup/[]"),
    ("`[[closure]]`", "envrc", "closure/[]"),
    ("`members` of `[[closure]]`", "envrc", "closure/[]/members/[]"),
    ("`allowlists/binaries.toml`", "binaries", ""),
    ("`[[binary]]`", "binaries", "binary/[]"),
    ("`allowlists/exceptions.toml`", "exceptions", ""),
    ("`[[exception]]`", "exceptions", "exception/[]"),
    ("`trust-roots/NAME.toml`", "trust-root", ""),
];

/// One row of the page: key, type, default, meaning.
type Row<'a> = Vec<&'a str>;

#[test]
fn every_key_has_a_row_and_every_row_a_key() {
    let page = page();
    for (section, file, way) in TABLES {
        let table = table(file, way);
        let keys: BTreeSet<&str> =
            table["properties"].as_object().expect(section).keys().map(String::as_str).collect();
        let rows = rows(&page, section);
        let shown: BTreeSet<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
        assert_eq!(shown, keys, "{section}");
        assert_eq!(rows.len(), keys.len(), "{section}: a key stands twice");
        assert!(rows.iter().all(|row| row.len() == 4 && !row[3].is_empty()), "{section}");
    }
}

/// What the schema requires the page must call required; more is required of some keys by what stands beside them.
#[test]
fn required_keys_are_called_so() {
    let page = page();
    for (section, file, way) in TABLES {
        let table = table(file, way);
        let rows = rows(&page, section);
        for key in table["required"].as_array().expect(section) {
            let key = key.as_str().expect(section);
            let row = rows.iter().find(|row| row[0].trim_matches('`') == key).expect(key);
            assert_eq!(row[2], "required", "{section}: {key}");
        }
    }
}

/// A table of the schema that the list above forgets would have no section.
#[test]
fn every_table_has_a_section() {
    let listed: BTreeSet<String> = TABLES.iter().map(|(_, file, way)| format!("{file}:{way}")).collect();
    let mut found = BTreeSet::new();
    for (file, schema) in schemas() {
        walk(&file, "", &schema, &mut found);
    }
    // A threshold has one section, wherever it stands.
    found.retain(|way| !way.ends_with("signed-by/{}") || way == "policy:image/[]/signed-by/{}");
    // Extensions are listed as prose.
    found.remove("policy:signers/*/extensions");
    assert_eq!(listed, found);
}

#[test]
fn every_extension_and_every_word_is_named() {
    let page = page();
    let signer = table("policy", "signers/*");
    for name in signer["properties"]["extensions"]["properties"].as_object().expect("extensions").keys() {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for (section, file, way) in TABLES {
        let table = table(file, way);
        let rows = rows(&page, section);
        for (key, schema) in table["properties"].as_object().expect(section) {
            let row = rows.iter().find(|row| row[0].trim_matches('`') == key).expect(key);
            for word in schema["enum"].as_array().into_iter().flatten() {
                let word = format!("`{}`", word.as_str().expect(key));
                assert!(row[1].contains(&word), "{section}: {key}: {word}");
            }
        }
    }
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    String::from_utf8(support::read(&path)).expect("UTF-8")
}

fn schemas() -> Vec<(String, Value)> {
    let mut schemas = vec![("policy".to_owned(), json_schema())];
    schemas.extend(allowlist_schema().into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    schemas
}

/// The schema of one table: `*` is any name, `[]` the items of a list, `{}` the table among alternatives.
fn table(file: &str, way: &str) -> Value {
    let (_, mut schema) = schemas().into_iter().find(|(name, _)| name == file).expect(file);
    for step in way.split('/').filter(|step| !step.is_empty()) {
        schema = match step {
            "*" => schema["additionalProperties"].clone(),
            "[]" => schema["items"].clone(),
            "{}" => alternatives(&schema).find(|one| one["type"] == "object").expect(way).clone(),
            key => schema["properties"][key].clone(),
        };
    }
    schema
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["anyOf"].as_array().into_iter().flatten()
}

/// The ways to all tables below a schema.
fn walk(file: &str, way: &str, schema: &Value, found: &mut BTreeSet<String>) {
    let join = |step: &str| if way.is_empty() { step.to_owned() } else { format!("{way}/{step}") };
    if let Some(properties) = schema["properties"].as_object() {
        found.insert(format!("{file}:{way}"));
        for (key, inner) in properties {
            walk(file, &join(key), inner, found);
        }
    }
    for (key, step) in [("items", "[]"), ("additionalProperties", "*")] {
        if schema[key].is_object() {
            walk(file, &join(step), &schema[key], found);
        }
    }
    for inner in alternatives(schema).filter(|one| one["type"] == "object") {
        walk(file, &join("{}"), inner, found);
    }
}

/// The rows of the table in a section.
fn rows<'a>(page: &'a str, section: &str) -> Vec<Row<'a>> {
    let heading = page
        .lines()
        .position(|line| line.trim_start_matches('#').trim_start() == section && line.starts_with("##"));
    let start = heading.unwrap_or_else(|| panic!("no section {section}"));
    page.lines()
        .skip(start + 1)
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}
