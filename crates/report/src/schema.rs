//! The JSON Schema of the JSON report (draft 2020-12).
//!
//! Within version 1 it only grows: new members may appear and must be ignored by readers that do not know them.

use proofmark_core::{Outcome, Reason, Severity, SubjectKind};
use serde_json::{Map, Value, json};

use crate::tally::RunVerdict;

/// The value of a report's `schema` member.
pub const SCHEMA_ID: &str = "proofmark-report/1";

/// The schema, for `docs/schema/report-1.schema.json`. The closed lists in it are taken from the code.
pub fn report_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}/blob/main/docs/schema/report-1.schema.json", env!("CARGO_PKG_REPOSITORY")),
        "title": "proofmark report, version 1",
        "description": "Additive within version 1: readers ignore members that they do not know.",
        "type": "object",
        "required": ["schema", "tool", "run", "summary", "results", "errors"],
        "properties": {
            "schema": { "const": SCHEMA_ID },
            "tool": reference("tool"),
            "run": reference("run"),
            "summary": reference("summary"),
            "results": list(reference("result"), "One row for a rule and a subject, in the order of the request."),
            "errors": list(reference("error"), "What went wrong with the run itself."),
            "notes": list(text("One sentence."), "What was left out or not asked; absent if there is nothing to say."),
        },
        "$defs": definitions(),
    })
}

fn definitions() -> Value {
    let mut all = Map::new();
    for (name, schema) in conditions().into_iter().chain(rows()).chain(places()) {
        all.insert(name.to_owned(), schema);
    }
    Value::Object(all)
}

/// What the verdicts rested on, and how they were counted.
fn conditions() -> Vec<(&'static str, Value)> {
    let tool = [("name", text("proofmark")), ("version", text("Semantic version of the program."))];
    let run = [
        ("policy", or_null(reference("policy"))),
        ("trust_roots", list(reference("trustRoot"), "Trusted roots and keys that the run relied on.")),
        ("time", time("Evaluation time: validity, age and expiry were judged at this moment.")),
        ("limits", json!({ "type": "object", "description": "The caps that were in force, by name." })),
    ];
    let policy = [
        ("path", text("The policy file.")),
        ("digest", reference("digest")),
        ("from", text("How the policy was found.")),
    ];
    let root = [
        ("name", text("The name in the policy.")),
        ("digest", reference("digest")),
        ("source", text("Where it came from.")),
        (
            "age_days",
            or_null(json!({ "type": "integer", "description": "Whole days since it was fetched." })),
        ),
    ];
    let error = [
        ("code", text("A stable code.")),
        ("message", text("One sentence.")),
        ("help", text("One command or line that would fix it; may be empty.")),
        ("see", text("A command that prints its page, or the page itself; may be empty.")),
        ("location", reference("origin")),
    ];
    vec![
        ("tool", object(tool, &[])),
        ("run", object(run, &[])),
        ("policy", object(policy, &[])),
        ("trustRoot", object(root, &[])),
        ("summary", summary()),
        ("error", object(error, &["location"])),
        ("digest", json!({ "type": "string", "pattern": "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$" })),
    ]
}

fn summary() -> Value {
    let verdicts = RunVerdict::ALL.map(RunVerdict::as_str);
    let expiry = "Whole days until the next used exception expires.";
    object(
        [
            ("verdict", json!({ "enum": verdicts, "description": "Never `pass` unless `exit` is 0." })),
            ("requested", count("Distinct subjects asked for.")),
            ("verified", count("Subjects that passed every rule.")),
            ("failed", count("Subjects with a Fail.")),
            ("unverifiable", count("Subjects whose question could not be answered.")),
            ("allowed", count("Subjects whose Fail an exception allows; never counted as verified.")),
            ("findings", count("Rows that are no verdicts.")),
            ("next_expiry_days", or_null(json!({ "type": "integer", "description": expiry }))),
            ("exit", json!({ "type": "integer", "minimum": 0, "maximum": 255 })),
        ],
        &[],
    )
}

/// One row, and what it is made of.
fn rows() -> Vec<(&'static str, Value)> {
    let severities = Severity::ALL.map(Severity::as_str);
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let result = [
        ("rule", text("The rule's identifier.")),
        ("reason", or_null(reference("reason"))),
        ("severity", json!({ "enum": severities })),
        ("verdict", json!({ "enum": outcomes(), "description": "`finding` is no verdict." })),
        ("subject", reference("subject")),
        ("message", text("One sentence.")),
        ("expected", or_null(reference("expectation"))),
        ("observed", list(reference("observation"), "What was found, the nearest miss first.")),
        ("evidence", list(reference("evidence"), "What a pass rests on.")),
        ("location", reference("origin")),
        ("help", text("One command or policy line that would fix it; empty after a pass.")),
        ("docs", text("The page that helps most, from the repository's root.")),
    ];
    let evidence = [
        ("kind", text("A fixed kind, such as `signature`.")),
        ("summary", text("One line for people.")),
        ("facts", list(reference("fact"), "Named facts, in a fixed order.")),
    ];
    let fact = [("name", text("A fixed name.")), ("value", text("The value."))];
    let observation = [
        ("text", text("What was found, and how it differs.")),
        ("place", text("Where: a discovery path.")),
        ("reason", reference("reason")),
        ("time", text("When it was signed or logged, RFC 3339, if that is verified.")),
    ];
    vec![
        ("reason", json!({ "enum": reasons })),
        ("result", object(result, &["location"])),
        ("evidence", object(evidence, &[])),
        ("fact", object(fact, &[])),
        (
            "expectation",
            object([("text", text("The requirement.")), ("origin", reference("origin"))], &["origin"]),
        ),
        ("observation", object(observation, &["place", "reason", "time"])),
    ]
}

/// Subjects and places in files.
fn places() -> Vec<(&'static str, Value)> {
    let kinds = [SubjectKind::Image, SubjectKind::Policy, SubjectKind::Envrc, SubjectKind::Binary]
        .map(|kind| json!(kind));
    let subject = [
        ("kind", json!({ "enum": kinds })),
        ("name", text("What was asked for, as written.")),
        ("reference", text("An image's normalised reference.")),
        ("digest", reference("digest")),
        ("pinned", text("What may be run: `host/repository@digest`. Only after a pass.")),
        ("platform", reference("platform")),
        (
            "mirror",
            text("The mirror that gave the image, where it did not come from the registry of its name."),
        ),
    ];
    let platform = [
        ("os", text("Operating system.")),
        ("architecture", text("Architecture.")),
        ("variant", text("Variant of the architecture.")),
        ("os.version", text("Windows build.")),
        ("os.features", list(json!({ "type": "string" }), "Windows features.")),
    ];
    let origin = [
        ("file", text("The file, as the user would write it.")),
        ("start", reference("position")),
        ("end", reference("position")),
        ("line_text", text("The text of the first line.")),
    ];
    let number = |what: &str| json!({ "type": "integer", "minimum": 0, "description": what });
    let position = [("line", number("Line, from 1.")), ("column", number("Column, from 1, in characters."))];
    vec![
        ("subject", object(subject, &["reference", "digest", "pinned", "platform", "mirror"])),
        ("platform", object(platform, &["variant", "os.version", "os.features"])),
        ("origin", object(origin, &[])),
        ("position", object(position, &[])),
    ]
}

fn outcomes() -> [Value; 5] {
    [Outcome::Pass, Outcome::Fail, Outcome::Unverifiable, Outcome::Allowed, Outcome::Finding]
        .map(|outcome| json!(outcome))
}

/// An object whose members are all required but the `optional` ones.
fn object<const N: usize>(members: [(&'static str, Value); N], optional: &[&str]) -> Value {
    let required: Vec<&str> =
        members.iter().map(|(name, _)| *name).filter(|name| !optional.contains(name)).collect();
    let properties: Map<String, Value> =
        members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn time(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn count(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn list(items: Value, description: &str) -> Value {
    json!({ "type": "array", "items": items, "description": description })
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}
