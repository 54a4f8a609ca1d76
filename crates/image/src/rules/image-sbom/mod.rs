//! `image-sbom`: a signed software bill of materials is there and lists what the image holds (`[image.attestation.sbom]`).

use std::collections::BTreeSet;

use proofmark_core::{Reason, RuleMeta, RuleStatus, Severity};
use proofmark_policy::{SbomFormat, SbomRule};
use proofmark_sigstore::Statement;
use serde_json::Value;

use crate::attest::json;
use crate::attest::rule::{Reading, Unmet};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-sbom",
    summary: "A signed software bill of materials lists what the image holds.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.1"],
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

/// `CycloneDX` (<https://cyclonedx.org/specification/overview/>) as in-toto and cosign name it; `/vX.Y` may follow.
const CYCLONEDX: &str = "https://cyclonedx.org/bom";
/// SPDX (<https://spdx.dev/Document>) as in-toto and cosign name it; `/vX.Y` may follow.
const SPDX: &str = "https://spdx.dev/Document";
/// Versions that have a JSON form and are read.
const CYCLONEDX_VERSIONS: &[&str] = &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];
const SPDX_VERSIONS: &[&str] = &["2.2", "2.3", "3.0", "3.0.1"];

/// Whether a statement of this type is an SBOM.
pub(crate) fn reads(predicate_type: &str) -> bool {
    declared(predicate_type).is_some()
}

/// The format that a predicate type names, and the version, where it names one.
fn declared(predicate_type: &str) -> Option<(SbomFormat, Option<&str>)> {
    [(SbomFormat::CycloneDx, CYCLONEDX), (SbomFormat::Spdx, SPDX)].into_iter().find_map(|(format, base)| {
        match predicate_type.strip_prefix(base)? {
            "" => Some((format, None)),
            rest => {
                let version = rest.strip_prefix("/v")?;
                let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                version.split('.').all(digits).then_some((format, Some(version)))
            }
        }
    })
}

/// What an SBOM says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said<'a> {
    /// The version of the format that the document names.
    version: Option<&'a str>,
    /// When it was made, as it says: shown alone.
    created: Option<&'a str>,
    /// Components or packages, the image itself left out.
    listed: u64,
    /// Those of them that have a name and a version.
    counted: u64,
}

/// Holds a verified SBOM against the demands.
pub(crate) fn read(rule: &SbomRule, statement: &Statement) -> Reading {
    let mut reading = Reading::default();
    // `Rule::reads` has asked this before.
    let Some((format, version)) = declared(statement.predicate_type()) else { return reading };
    let document = statement.predicate();
    let said = match format {
        SbomFormat::CycloneDx => cyclonedx(document),
        SbomFormat::Spdx => spdx(document),
    };
    if !rule.formats.is_empty() && !rule.formats.iter().any(|one| one.value == format) {
        let wanted: Vec<&str> = rule.formats.iter().map(|one| one.value.as_str()).collect();
        let origin = rule.formats.first().map_or(&rule.origin, |one| &one.origin);
        reading.unmet(Unmet {
            reason: Reason::Condition,
            expected: format!("an SBOM as {}", wanted.join(" or ")),
            observed: format!("it is one as {}", format.as_str()),
            origin: origin.clone(),
        });
    }
    match said {
        Err(observed) => reading.unmet(Unmet {
            reason: Reason::Condition,
            expected: format!("a predicate of type {}", json::short(statement.predicate_type())),
            observed,
            origin: rule.signed_by.origin.clone(),
        }),
        Ok(said) => held(rule, format, version, &said, &mut reading),
    }
    reading
}

fn held(rule: &SbomRule, format: SbomFormat, typed: Option<&str>, said: &Said<'_>, reading: &mut Reading) {
    let version = said.version.map_or_else(|| "no version".to_owned(), json::short);
    let known = match format {
        SbomFormat::CycloneDx => CYCLONEDX_VERSIONS,
        SbomFormat::Spdx => SPDX_VERSIONS,
    };
    if !said.version.is_some_and(|version| known.contains(&version)) {
        reading.unmet(Unmet {
            reason: Reason::Condition,
            expected: format!("{} of a version among {}", format.as_str(), known.join(", ")),
            observed: format!("it is of {version}"),
            origin: rule.signed_by.origin.clone(),
        });
    }
    // ATT-08: a predicate type that names a version is of that version: `/v3` is of 3.0.1, `/v2.3` is not of 2.2.
    if let Some(typed) = typed
        && !said.version.is_some_and(|version| is_version(version, typed))
    {
        reading.unmet(Unmet {
            reason: Reason::Condition,
            expected: format!("version {typed}, as its predicate type says"),
            observed: format!("the document is of {version}"),
            origin: rule.signed_by.origin.clone(),
        });
    }
    let least = &rule.min_components;
    if said.counted < least.value {
        let observed =
            format!("it lists {} with a name and a version, of {} in all", said.counted, said.listed);
        let expected = format!("{} components or more, each with name and version", least.value);
        reading.unmet(Unmet::condition(least, expected, observed));
    }
    reading.facts.push(("format", format!("{} {version}", format.as_str())));
    reading.facts.push(("components", format!("{} of {}", said.counted, said.listed)));
    if let Some(created) = said.created {
        reading.facts.push(("created", json::short(created)));
    }
}

/// The same version, or one below it: `3` has `3.0.1` below it, and `2.3` not `2.30`.
fn is_version(version: &str, typed: &str) -> bool {
    version.strip_prefix(typed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `components`, with those inside others (`CycloneDX` 1.6, "Components"). `metadata.component` is the image.
fn cyclonedx(document: &Value) -> Result<Said<'_>, String> {
    if json::text(document, "/bomFormat") != Some("CycloneDX") {
        return Err(format!("bomFormat is {}", json::shown(document.pointer("/bomFormat"))));
    }
    let (mut listed, mut counted) = (0, 0);
    let mut open = vec![array(document, "components")?];
    while let Some(list) = open.pop() {
        for component in list {
            listed += 1;
            counted += u64::from(named(component, "name", "version"));
            open.push(array(component, "components")?);
        }
    }
    Ok(Said {
        version: json::text(document, "/specVersion"),
        created: json::text(document, "/metadata/timestamp"),
        listed,
        counted,
    })
}

fn spdx(document: &Value) -> Result<Said<'_>, String> {
    match document.get("spdxVersion").map(Value::as_str) {
        Some(Some(version)) => spdx_2(document, version),
        Some(None) => Err(format!("spdxVersion is {}", json::shown(document.get("spdxVersion")))),
        None if document.get("@graph").is_some() => spdx_3(document),
        None => Err("it has neither spdxVersion nor @graph: no SPDX in JSON".to_owned()),
    }
}

/// `packages` (SPDX 2.3, section 7). What the document describes is the image, not what is in it.
fn spdx_2<'a>(document: &'a Value, version: &'a str) -> Result<Said<'a>, String> {
    let mut described: BTreeSet<&str> =
        json::list(document, "/documentDescribes").iter().filter_map(Value::as_str).collect();
    for relation in array(document, "relationships")? {
        let is = |key: &str, text: &str| relation.get(key).and_then(Value::as_str) == Some(text);
        if is("relationshipType", "DESCRIBES") && is("spdxElementId", "SPDXRef-DOCUMENT") {
            described.extend(relation.get("relatedSpdxElement").and_then(Value::as_str));
        }
    }
    let packages = array(document, "packages")?.iter().filter(|package| {
        !package.get("SPDXID").and_then(Value::as_str).is_some_and(|id| described.contains(id))
    });
    let (listed, counted) = count(packages, "name", "versionInfo");
    let version = version.strip_prefix("SPDX-");
    Ok(Said { version, created: json::text(document, "/creationInfo/created"), listed, counted })
}

/// Elements of type `software_Package` (SPDX 3.0.1, JSON-LD). What the document's root names is the image.
fn spdx_3(document: &Value) -> Result<Said<'_>, String> {
    let graph = array(document, "@graph")?;
    let is = |element: &Value, kind: &str| {
        ["type", "@type"].into_iter().any(|key| element.get(key).and_then(Value::as_str) == Some(kind))
    };
    let roots: BTreeSet<&str> = graph
        .iter()
        .filter(|element| is(element, "SpdxDocument") || is(element, "software_Sbom"))
        .flat_map(|element| json::list(element, "/rootElement"))
        .filter_map(Value::as_str)
        .collect();
    let id = |element: &Value| element.get("spdxId").or_else(|| element.get("@id")).cloned();
    let packages = graph.iter().filter(|element| {
        is(element, "software_Package")
            && !id(element).as_ref().and_then(Value::as_str).is_some_and(|id| roots.contains(id))
    });
    let (listed, counted) = count(packages, "name", "software_packageVersion");
    let creation = graph.iter().find(|element| is(element, "CreationInfo"));
    let of_creation = |key: &str| creation.and_then(|info| info.get(key)).and_then(Value::as_str);
    Ok(Said { version: of_creation("specVersion"), created: of_creation("created"), listed, counted })
}

fn count<'a>(all: impl Iterator<Item = &'a Value>, name: &str, version: &str) -> (u64, u64) {
    all.fold((0, 0), |(listed, counted), one| (listed + 1, counted + u64::from(named(one, name, version))))
}

/// Both texts are there and say something.
fn named(element: &Value, name: &str, version: &str) -> bool {
    let says = |key: &str| {
        let text = element.get(key).and_then(Value::as_str).unwrap_or_default().trim();
        !text.is_empty() && !["NOASSERTION", "NONE"].contains(&text)
    };
    says(name) && says(version)
}

/// The array of this name; none is empty, and what is no array is an error.
fn array<'a>(value: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match value.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(format!("{key} is {}", json::shown(Some(other)))),
    }
}

#[cfg(test)]
mod tests;
