//! `image-provenance`: SLSA provenance says that the image was built as the policy asks (`[image.attestation.provenance]`).

use proofmark_core::{Digest, Reason, RuleMeta, RuleStatus, Severity};
use proofmark_policy::{ProvenanceRule, source_uri};
use proofmark_sigstore::Statement;
use serde_json::Value;

use crate::attest::json;
use crate::attest::rule::{Reading, Unmet};
use crate::base::Material;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-provenance",
    summary: "Signed SLSA provenance says that the image was built as the policy asks.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1", "T1.2"],
    reasons: &[
        Reason::Missing,
        Reason::Condition,
        Reason::Threshold,
        Reason::WrongRepository,
        Reason::Unreachable,
        Reason::Unauthorized,
        Reason::NotFound,
        Reason::Offline,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// SLSA provenance v1 (<https://slsa.dev/spec/v1.0/provenance>) and v0.2 (<https://slsa.dev/spec/v0.2/provenance>).
const V1: &str = "https://slsa.dev/provenance/v1";
const V02: &str = "https://slsa.dev/provenance/v0.2";
/// The predicate types that are read: those that say the same in another shape.
pub(crate) const TYPES: &[&str] = &[V1, V02];
/// Build types that name the source as `externalParameters.workflow` (GitHub's and slsa-framework's `workflow/v1`).
const WORKFLOW_TYPES: &[&str] = &[
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
];
/// Materials that are kept of one provenance: builds of large graphs list thousands.
const MAX_MATERIALS: usize = 8192;

/// What a provenance says, from either version, with nothing chosen where it says several things.
struct Provenance<'a> {
    builder: Option<&'a str>,
    build_type: Option<&'a str>,
    /// Every place that names the source; all must be the demanded one.
    sources: Vec<&'a str>,
    source_ref: Option<&'a str>,
    workflow: Option<&'a str>,
    parameters: Option<&'a Value>,
    materials: &'a [Value],
}

impl<'a> Provenance<'a> {
    fn of(statement: &'a Statement) -> Self {
        let predicate = statement.predicate();
        if statement.predicate_type() == V02 { Self::v02(predicate) } else { Self::v1(predicate) }
    }

    fn v1(predicate: &'a Value) -> Self {
        const PARAMETERS: &str = "/buildDefinition/externalParameters";
        let text = |pointer: &str| json::text(predicate, pointer);
        let parameter = |name: &str| json::text(predicate, &format!("{PARAMETERS}{name}"));
        let build_type = text("/buildDefinition/buildType");
        let workflow = build_type.is_some_and(|kind| WORKFLOW_TYPES.contains(&kind));
        let sources: Vec<&str> = if workflow {
            parameter("/workflow/repository").into_iter().collect()
        } else {
            let places = ["/source", "/source/uri", "/configSource/uri"];
            places.into_iter().filter_map(parameter).collect()
        };
        let source_ref = if workflow { parameter("/workflow/ref") } else { common_ref(&sources) };
        Self {
            builder: text("/runDetails/builder/id"),
            build_type,
            source_ref,
            workflow: if workflow { parameter("/workflow/path") } else { parameter("/configSource/path") },
            parameters: predicate.pointer(PARAMETERS),
            materials: json::list(predicate, "/buildDefinition/resolvedDependencies"),
            sources,
        }
    }

    fn v02(predicate: &'a Value) -> Self {
        let text = |pointer: &str| json::text(predicate, pointer);
        let sources: Vec<&str> = text("/invocation/configSource/uri").into_iter().collect();
        Self {
            builder: text("/builder/id"),
            build_type: text("/buildType"),
            source_ref: common_ref(&sources),
            workflow: text("/invocation/configSource/entryPoint"),
            parameters: predicate.pointer("/invocation/parameters"),
            materials: json::list(predicate, "/materials"),
            sources,
        }
    }
}

/// The ref that every source names behind its `@` or `#`; none where they differ.
fn common_ref<'a>(sources: &[&'a str]) -> Option<&'a str> {
    let mut refs = sources.iter().map(|source| uri_ref(source));
    let first = refs.next()??;
    refs.all(|other| other == Some(first)).then_some(first)
}

/// What stands behind the `@` or `#` that [`source_uri`] cuts at; none where there are both, which name two.
fn uri_ref(uri: &str) -> Option<&str> {
    let bare = source_uri(uri);
    let after = uri.find(bare).map(|at| at + bare.len()).and_then(|at| uri.get(at..))?;
    let after = after.strip_prefix(".git").unwrap_or(after);
    let after = after.strip_prefix('/').unwrap_or(after);
    let name = after.strip_prefix(['@', '#'])?;
    (!name.is_empty() && !name.contains(['@', '#'])).then_some(name)
}

/// Holds a verified provenance against every demand.
pub(crate) fn read(rule: &ProvenanceRule, statement: &Statement) -> Reading {
    let said = Provenance::of(statement);
    let materials_cut = said.materials.len() > MAX_MATERIALS;
    let mut reading = Reading { materials: materials(said.materials), materials_cut, ..Reading::default() };
    form(rule, statement, &mut reading);
    let facts = [
        ("builder", said.builder),
        ("source", said.sources.first().copied()),
        ("source-ref", said.source_ref),
        ("workflow", said.workflow),
        ("build-type", said.build_type),
    ];
    reading.facts = facts.into_iter().filter_map(|(name, text)| Some((name, json::short(text?)))).collect();
    if let Some(demand) = &rule.builder
        && !said.builder.is_some_and(|id| demand.value.matches(id))
    {
        reading.unmet(differs(demand, "builder", demand.value.as_str(), said.builder));
    }
    if let Some(demand) = &rule.source {
        let other = said.sources.iter().find(|source| source_uri(source) != demand.value).copied();
        if said.sources.is_empty() || other.is_some() {
            reading.unmet(differs(demand, "source", &demand.value, other));
        }
    }
    if let Some(demand) = &rule.source_ref
        && !said.source_ref.is_some_and(|name| demand.value.matches(name))
    {
        reading.unmet(differs(demand, "source-ref", demand.value.as_str(), said.source_ref));
    }
    let exact =
        [("workflow", &rule.workflow, said.workflow), ("build-type", &rule.build_type, said.build_type)];
    for (name, demand, found) in exact {
        if let Some(demand) = demand
            && found != Some(demand.value.as_str())
        {
            reading.unmet(differs(demand, name, &demand.value, found));
        }
    }
    parameters(rule, &said, &mut reading);
    used(rule, &said, &mut reading);
    reading
}

/// What each version requires (SLSA v1 "Schema", v0.2 "Schema"), and nothing of the other: a demand that something be absent
/// must not be met by looking where nothing is. "A verified but unparsable predicate does not satisfy" (verdicts.md 4).
fn form(rule: &ProvenanceRule, statement: &Statement, reading: &mut Reading) {
    let predicate = statement.predicate();
    let (texts, objects, foreign): (&[&str], &[&str], &[&str]) = if statement.predicate_type() == V02 {
        (&["/builder/id", "/buildType"], &[], &["/buildDefinition", "/runDetails"])
    } else {
        let texts = &["/buildDefinition/buildType", "/runDetails/builder/id"];
        (texts, &["/buildDefinition/externalParameters"], &["/invocation", "/builder"])
    };
    let mut unmet = |expected: String, observed: String| {
        let origin = rule.signed_by.origin.clone();
        reading.unmet(Unmet { reason: Reason::Condition, expected, observed, origin });
    };
    let missing = |pointer: &&&str| match predicate.pointer(pointer) {
        Some(value) if texts.contains(pointer) => !value.is_string(),
        found => !found.is_some_and(Value::is_object),
    };
    for pointer in texts.iter().chain(objects).filter(missing) {
        unmet(
            format!("a predicate of type {}", statement.predicate_type()),
            format!("{pointer} is {}", json::shown(predicate.pointer(pointer))),
        );
    }
    for pointer in foreign.iter().filter(|pointer| predicate.pointer(pointer).is_some()) {
        unmet(
            format!("a predicate of type {}", statement.predicate_type()),
            format!("{pointer}, which belongs to another version, is there"),
        );
    }
}

fn differs<T>(demand: &proofmark_policy::Demand<T>, name: &str, wanted: &str, found: Option<&str>) -> Unmet {
    let found = found.map_or_else(|| "nothing".to_owned(), json::short);
    Unmet::condition(demand, format!("{name} is {wanted}"), format!("{name} is {found}"))
}

/// External parameters that the policy forbids: `null` is a value, and what is no object may hold anything.
fn parameters(rule: &ProvenanceRule, said: &Provenance<'_>, reading: &mut Reading) {
    for demand in &rule.absent_parameters {
        let found = match said.parameters {
            None => None,
            Some(Value::Object(_)) => said.parameters.and_then(|all| all.pointer(&demand.value)),
            other => other,
        };
        if found.is_some() {
            let observed = format!("{} is {}", demand.value, json::shown(found));
            reading.unmet(Unmet::condition(demand, format!("no parameter {}", demand.value), observed));
        }
    }
}

/// "every material must match one": so does one without URI, and so must there be any.
fn used(rule: &ProvenanceRule, said: &Provenance<'_>, reading: &mut Reading) {
    let Some(first) = rule.materials.first() else { return };
    let wanted: Vec<&str> = rule.materials.iter().map(|demand| demand.value.as_str()).collect();
    let expected = format!("every material matches {}", wanted.join(" or "));
    if said.materials.is_empty() {
        reading.unmet(Unmet::condition(first, expected, "no material is listed".to_owned()));
        return;
    }
    for material in said.materials {
        let uri = json::text(material, "/uri");
        if !uri.is_some_and(|uri| rule.materials.iter().any(|demand| demand.value.matches(uri))) {
            let observed =
                format!("a material is {}", uri.map_or_else(|| "nameless".to_owned(), json::short));
            reading.unmet(Unmet::condition(first, expected.clone(), observed));
        }
    }
}

/// Those without digest tell nothing of what was used. A `ResourceDescriptor` of v1 may have a digest and no URI.
fn materials(list: &[Value]) -> Vec<Material> {
    let one = |value: &Value| {
        let uri = json::text(value, "/uri").map_or_else(String::new, json::short);
        let digests = value.get("digest").and_then(Value::as_object);
        let digests = digests
            .into_iter()
            .flatten()
            .filter_map(|(algorithm, hex)| Digest::parse(&format!("{algorithm}:{}", hex.as_str()?)).ok());
        Material { uri, digests: digests.collect() }
    };
    list.iter().take(MAX_MATERIALS).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_what_stands_behind_the_source() {
        for (uri, want) in [
            ("git+https://github.com/acme/agents@refs/tags/v1", Some("refs/tags/v1")),
            ("git+https://github.com/acme/agents.git@refs/tags/v1", Some("refs/tags/v1")),
            ("https://github.com/acme/agents.git#refs/heads/main", Some("refs/heads/main")),
            ("https://github.com/acme/agents", None),
            ("https://github.com/acme/agents@", None),
            ("https://github.com/acme/agents@a#b", None),
            ("https://user@github.com/acme/agents", None),
            ("", None),
        ] {
            assert_eq!(uri_ref(uri), want, "{uri}");
        }
        assert_eq!(common_ref(&["https://a.example/b@x", "https://a.example/b@x"]), Some("x"));
        assert_eq!(common_ref(&["https://a.example/b@x", "https://a.example/b@y"]), None);
        assert_eq!(common_ref(&["https://a.example/b@x", "https://a.example/b"]), None);
    }
}
