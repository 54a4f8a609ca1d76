//! What is signed: cosign's simple-signing payload, in-toto statements.

use std::collections::BTreeMap;

use proofmark_core::Digest;
use serde_json::Value;

use crate::fields::Fields;
use crate::json;
use crate::rejection::Rejection;

/// The type of cosign's simple-signing payload (cosign `specs/SIGNATURE_SPEC.md`).
const SIMPLE_SIGNING: &str = "cosign container image signature";
/// Subjects of one statement, and digests of one subject (sigstore-go's caps, CVE-2024-45395; SIG-11).
const MAX_SUBJECTS: usize = 1024;
const MAX_DIGESTS: usize = 32;
const STATEMENTS: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// cosign's legacy payload, `application/vnd.dev.cosign.simplesigning.v1+json`.
#[derive(Debug, Clone, PartialEq)]
pub struct SimpleSigning {
    /// `critical.identity.docker-reference`: a claim about the repository.
    pub docker_reference: String,
    /// `critical.image.docker-manifest-digest`.
    pub digest: Digest,
    /// `optional`: the annotations given at signing.
    pub optional: BTreeMap<String, Value>,
}

/// A subject of a statement (in-toto `ResourceDescriptor`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The name; empty where absent, as in cosign v3's signatures.
    pub name: String,
    /// Algorithm to hexadecimal digest, as written.
    pub digests: BTreeMap<String, String>,
}

impl Subject {
    /// Whether this subject is `digest`.
    pub fn is(&self, digest: &Digest) -> bool {
        self.digests.get(digest.algorithm().as_str()).is_some_and(|hex| hex == digest.hex())
    }
}

/// An in-toto statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    predicate_type: String,
    subjects: Vec<Subject>,
    document: Value,
}

impl Statement {
    /// `predicateType`.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// `subject`.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// `predicate`; an absent one is `null`.
    pub fn predicate(&self) -> &Value {
        self.document.get("predicate").unwrap_or(&Value::Null)
    }

    /// The whole statement, for JSON pointers such as `/predicate/builder/id`.
    pub fn document(&self) -> &Value {
        &self.document
    }
}

/// Reads a simple-signing payload. Go's decoder is blind to case and lets the last duplicate win: both are refused
/// here, so that no other reader can see another digest (SIG-10).
///
/// `Ok(Err(type))` for another type than cosign's.
pub(crate) fn simple_signing(bytes: &[u8]) -> Result<Result<SimpleSigning, String>, Rejection> {
    let value = json::parse(bytes, json::SMALL)
        .map_err(|error| Rejection::malformed(format!("not a simple-signing payload: {error}")))?;
    let mut fields = Fields::new("", value)?;
    let mut critical = fields.required_object("critical")?;
    let mut identity = critical.required_object("identity")?;
    let docker_reference = identity.string("docker-reference", 4096)?.unwrap_or_default();
    identity.finish()?;
    let mut image = critical.required_object("image")?;
    let digest = image.required_string("docker-manifest-digest", 256)?;
    image.finish()?;
    let kind = critical.required_string("type", 256)?;
    critical.finish()?;
    let optional = match fields.optional("optional") {
        None => BTreeMap::new(),
        Some(Value::Object(members)) => members.into_iter().collect(),
        Some(_) => return Err(Rejection::malformed("optional is not an object")),
    };
    fields.finish()?;
    if kind != SIMPLE_SIGNING {
        return Ok(Err(kind));
    }
    let digest = Digest::parse(&digest)
        .map_err(|error| Rejection::malformed(format!("critical.image.docker-manifest-digest: {error}")))?;
    Ok(Ok(SimpleSigning { docker_reference, digest, optional }))
}

/// Reads an in-toto statement. Unknown fields are ignored, as its specification demands; duplicate keys are not.
pub(crate) fn statement(bytes: &[u8]) -> Result<Statement, Rejection> {
    let bad = |detail: String| Rejection::malformed(format!("not an in-toto statement: {detail}"));
    let document = json::parse(bytes, json::PAYLOAD).map_err(|error| bad(error.to_string()))?;
    let kind = document.get("_type").and_then(Value::as_str);
    if !kind.is_some_and(|kind| STATEMENTS.contains(&kind)) {
        return Err(bad("its _type is neither Statement/v1 nor Statement/v0.1".to_owned()));
    }
    let predicate_type = match document.get("predicateType").and_then(Value::as_str) {
        Some(text) if !text.is_empty() && text.len() <= 1024 => text.to_owned(),
        _ => return Err(bad("it has no predicateType".to_owned())),
    };
    let subjects = match document.get("subject") {
        Some(Value::Array(items)) if items.is_empty() => return Err(bad("it has no subject".to_owned())),
        Some(Value::Array(items)) if items.len() > MAX_SUBJECTS => {
            return Err(bad(format!("it has {} subjects, more than {MAX_SUBJECTS}", items.len())));
        }
        Some(Value::Array(items)) => {
            items.iter().map(|item| subject(item).map_err(bad)).collect::<Result<_, _>>()?
        }
        _ => return Err(bad("it has no subject".to_owned())),
    };
    Ok(Statement { predicate_type, subjects, document })
}

fn subject(value: &Value) -> Result<Subject, String> {
    let name = match value.get("name") {
        None => String::new(),
        Some(Value::String(name)) => name.clone(),
        Some(_) => return Err("a subject's name is not a string".to_owned()),
    };
    let Some(Value::Object(members)) = value.get("digest") else {
        return Err("a subject has no digest".to_owned());
    };
    if members.is_empty() || members.len() > MAX_DIGESTS {
        return Err(format!("a subject has {} digests, not 1 to {MAX_DIGESTS}", members.len()));
    }
    let mut digests = BTreeMap::new();
    for (algorithm, digest) in members {
        let Value::String(hex) = digest else { return Err("a subject's digest is not a string".to_owned()) };
        if matches!(algorithm.as_str(), "sha256" | "sha512") {
            Digest::parse(&format!("{algorithm}:{hex}")).map_err(|error| format!("a subject's {error}"))?;
        }
        digests.insert(algorithm.clone(), hex.clone());
    }
    Ok(Subject { name, digests })
}
