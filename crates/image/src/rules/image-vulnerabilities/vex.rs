//! `OpenVEX` documents (<https://github.com/openvex/spec>, 0.0.1 and 0.2.0) as predicates: what their signers say of an advisory in
//! this image. Unsigned ones are not looked at.

use proofmark_core::{Digest, Reason, Timestamp};
use proofmark_policy::VulnerabilityRule;
use proofmark_sigstore::Statement;
use serde_json::Value;

use super::scan::Finding;
use crate::attest::json;
use crate::attest::rule::{Reading, Unmet};
use crate::claims::percent_decode;

/// The predicate types that are read; the version of the type says nothing of the shape, so both shapes are read of either.
pub(crate) const TYPES: [&str; 2] = ["https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"];
/// "Status justifications" of the specification.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];
/// Entries of one document, and names of one advisory: more make the document unreadable.
const MAX_ENTRIES: usize = 4096;
const MAX_NAMES: usize = 64;

/// One statement of a document, about this image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The advisory's names; none stands for every advisory: the document could not be read.
    pub(super) names: Vec<String>,
    /// The subjects that it is about; none: all of the attestation's.
    products: Option<Vec<Digest>>,
    /// Package URLs of the components that it is about; none: the whole image.
    components: Option<Vec<String>>,
    /// Whether it says that the advisory does not matter here.
    pub(super) excuses: bool,
    /// What it says, for people.
    pub(super) said: String,
    /// Its own time, or the document's.
    pub(super) time: Option<Timestamp>,
}

impl Entry {
    /// Whether it is about the digest, or about the index that stands for it.
    pub(super) fn is_about(&self, digest: &Digest, index: Option<&Digest>) -> bool {
        let Some(products) = &self.products else { return true };
        products.iter().any(|one| one == digest || Some(one) == index)
    }

    /// Whether it speaks of the finding's component. What names components excuses a finding only where the scanner names the
    /// same one; what does not excuse is heard whatever it names.
    pub(super) fn concerns(&self, finding: &Finding) -> bool {
        let Some(components) = &self.components else { return true };
        let of = |found: &String| components.iter().any(|one| is_component(one, found));
        !self.excuses || finding.component.as_ref().is_some_and(of)
    }
}

/// The same package URL, qualifiers and subpath aside; without a version it is every version's.
fn is_component(named: &str, found: &str) -> bool {
    let bare = |purl: &str| purl.split(['?', '#']).next().unwrap_or_default().to_owned();
    let (named, found) = (bare(named), bare(found));
    // A scope's `@` is written `%40` in a package URL: the last one is the version's.
    let unversioned = found.rsplit_once('@').map_or(found.as_str(), |(name, _)| name);
    named.starts_with("pkg:") && (named == found || !named.contains('@') && named == unversioned)
}

/// Reads a verified document.
pub(crate) fn read(rule: &VulnerabilityRule, statement: &Statement) -> Reading {
    let mut reading = Reading::default();
    match entries(statement) {
        Ok(entries) => reading.vex = entries,
        // It may speak of any advisory, and may be the newest to do so.
        Err(observed) => {
            reading.vex = vec![Entry {
                names: Vec::new(),
                products: None,
                components: None,
                excuses: false,
                said: format!("a document that cannot be read: {observed}"),
                time: None,
            }];
            let origin = rule.vex_signed_by.as_ref().map_or(&rule.origin, |by| &by.origin).clone();
            let expected = "an OpenVEX document".to_owned();
            reading.unmet(Unmet { reason: Reason::Condition, expected, observed, origin });
        }
    }
    reading
}

fn entries(statement: &Statement) -> Result<Vec<Entry>, String> {
    let document = statement.predicate();
    let issued = json::time(document, "/timestamp")?.ok_or("the document has no timestamp")?;
    let list = match document.get("statements") {
        Some(Value::Array(list)) if list.len() <= MAX_ENTRIES => list,
        Some(Value::Array(list)) => {
            return Err(format!("{} statements, more than {MAX_ENTRIES}", list.len()));
        }
        other => return Err(format!("statements is {}", json::shown(other))),
    };
    let mut all = Vec::new();
    for one in list {
        let time = json::time(one, "/timestamp")?.unwrap_or(issued);
        let names = names(one.get("vulnerability"))?;
        let (excuses, said) = status(one)?;
        let entry = |products, components| Entry {
            names: names.clone(),
            products,
            components,
            excuses,
            said: said.clone(),
            time: Some(time),
        };
        match one.get("products") {
            // "VEX statements that don't define products are considered to be attested" (ATTESTING.md).
            None => all.push(entry(None, None)),
            // What does not excuse is heard, whatever it is about, unless that is evidently something else.
            Some(Value::Array(products)) if products.is_empty() && !excuses => all.push(entry(None, None)),
            Some(Value::Array(products)) => {
                for product in products {
                    let digests = subjects(product, statement);
                    if !digests.is_empty() {
                        all.push(entry(Some(digests), components(product)?));
                    } else if !excuses && is_any_version(product) {
                        all.push(entry(None, components(product)?));
                    }
                }
            }
            other => return Err(format!("products is {}", json::shown(other))),
        }
        if all.len() > MAX_ENTRIES {
            return Err(format!("more than {MAX_ENTRIES} products"));
        }
    }
    Ok(all)
}

/// `vulnerability`: an object with `name`, `@id` and `aliases`, or before 0.2.0 the name.
fn names(vulnerability: Option<&Value>) -> Result<Vec<String>, String> {
    let all: Vec<&str> = match vulnerability {
        Some(Value::String(name)) => vec![name],
        Some(one @ Value::Object(_)) => ["/name", "/@id"]
            .into_iter()
            .filter_map(|pointer| json::text(one, pointer))
            .chain(json::list(one, "/aliases").iter().filter_map(Value::as_str))
            .collect(),
        _ => Vec::new(),
    };
    let all: Vec<String> = all.into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if all.is_empty() || all.len() > MAX_NAMES {
        return Err(format!("vulnerability is {}, with {} names", json::shown(vulnerability), all.len()));
    }
    Ok(all)
}

/// "not_affected" needs a justification that a machine can read; "fixed" needs none.
fn status(one: &Value) -> Result<(bool, String), String> {
    let Some(status) = json::text(one, "/status") else {
        return Err(format!("status is {}", json::shown(one.get("status"))));
    };
    let justification = json::text(one, "/justification");
    Ok(match (status, justification) {
        ("fixed", _) => (true, "fixed".to_owned()),
        ("not_affected", Some(why)) if JUSTIFICATIONS.contains(&why) => {
            (true, format!("not_affected, {why}"))
        }
        ("not_affected", why) => {
            let why = why.map_or_else(|| "no justification".to_owned(), json::short);
            (false, format!("not_affected with {why}, which is no justification of OpenVEX"))
        }
        (other, _) => (false, json::short(other)),
    })
}

/// Which of the attestation's subjects a product is: "statements including one of the attestation's subjects in its `product` section are
/// to be considered only for that identifier". By the subject's name, by a hash, or by the version of an oci package URL.
fn subjects(product: &Value, statement: &Statement) -> Vec<Digest> {
    let mut called: Vec<&str> = product.as_str().into_iter().collect();
    called
        .extend(["/@id", "/identifiers/purl"].into_iter().filter_map(|pointer| json::text(product, pointer)));
    let hash = json::text(product, "/hashes/sha-256");
    let of = |subject: &proofmark_sigstore::Subject| {
        let digest = Digest::parse(&format!("sha256:{}", subject.digests.get("sha256")?)).ok()?;
        let named = called.iter().any(|name| {
            !subject.name.is_empty() && *name == subject.name || purl_digest(name).as_ref() == Some(&digest)
        });
        (named || hash == Some(digest.hex())).then_some(digest)
    };
    statement.subjects().iter().filter_map(of).collect()
}

/// An image without a version is every version of it, and which image it is only its name tells: `pkg:oci/NAME?repository_url=…`
/// (package URL specification, `oci`).
fn is_any_version(product: &Value) -> bool {
    let mut called: Vec<&str> = product.as_str().into_iter().collect();
    called
        .extend(["/@id", "/identifiers/purl"].into_iter().filter_map(|pointer| json::text(product, pointer)));
    let unversioned = |name: &&str| {
        let bare = name.split(['?', '#']).next().unwrap_or_default();
        bare.starts_with("pkg:oci/") && !bare.contains('@')
    };
    called.iter().any(unversioned) && json::text(product, "/hashes/sha-256").is_none()
}

/// The digest that is the version of `pkg:oci/NAME@sha256%3AHEX`, and of what is written like an image reference.
fn purl_digest(text: &str) -> Option<Digest> {
    let text = text.split(['?', '#']).next()?;
    let (_, version) = text.rsplit_once('@')?;
    Digest::parse(&percent_decode(version)?).ok()
}

/// The components that are named; `None` where none is, so that it is about all of the product.
fn components(product: &Value) -> Result<Option<Vec<String>>, String> {
    let list = match product.get("subcomponents") {
        None => return Ok(None),
        Some(Value::Array(list)) if list.is_empty() => return Ok(None),
        Some(Value::Array(list)) => list,
        other => return Err(format!("subcomponents is {}", json::shown(other))),
    };
    let purls = list.iter().flat_map(|one| {
        let inner = ["/@id", "/identifiers/purl"].into_iter().filter_map(|pointer| json::text(one, pointer));
        one.as_str().into_iter().chain(inner)
    });
    // Those that are no package URLs stay: a list of nothing but them is about nothing that a scanner names.
    Ok(Some(purls.map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_compared_without_qualifiers() {
        for (named, found, same) in [
            ("pkg:deb/debian/openssl@3.0", "pkg:deb/debian/openssl@3.0?arch=amd64", true),
            ("pkg:deb/debian/openssl", "pkg:deb/debian/openssl@3.0?arch=amd64", true),
            ("pkg:npm/%40acme/x", "pkg:npm/%40acme/x@1", true),
            ("pkg:deb/debian/openssl@3.1", "pkg:deb/debian/openssl@3.0", false),
            ("pkg:deb/debian/openssl@3.0", "pkg:deb/debian/openssl", false),
            ("openssl", "openssl@1", false),
        ] {
            assert_eq!(is_component(named, found), same, "{named} {found}");
        }
    }

    #[test]
    fn digests_of_package_urls() {
        let hex = "a".repeat(64);
        for text in [
            format!("pkg:oci/app@sha256%3A{hex}?repository_url=ghcr.io/acme/app"),
            format!("pkg:oci/app@sha256:{hex}"),
            format!("ghcr.io/acme/app@sha256:{hex}"),
        ] {
            assert_eq!(purl_digest(&text).map(|one| one.hex().to_owned()), Some(hex.clone()), "{text}");
        }
        for text in ["pkg:oci/app", "pkg:oci/app@1", "pkg:oci/app?x=@sha256:aa", ""] {
            assert_eq!(purl_digest(text), None, "{text}");
        }
    }
}
