//! SLSA provenance v1 of the example's images, as GitHub's builder words it.
//!
//! cosign signs the statement and we attach it: attached by cosign, its subject would be named after the loopback registry.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::entries::{ENTRIES, Entry, HOST};
use super::{image, repository};
use crate::stack::registry::{Content, MANIFEST};
use crate::stack::{Identity, Signer, Stack};

const PREDICATE: &str = "https://slsa.dev/provenance/v1";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The base that the images with provenance are built on.
const BASE: (&str, &str) = ("base/runtime", "12");

/// Attaches provenance that the workflow signs: its own identity is the builder's, the source is what it is told.
pub(super) fn attach(stack: &Stack, entry: &Entry, by: Signer, source: &str) -> Result<()> {
    let Signer::Keyless(identity @ Identity::Workflow(workflow)) = by else {
        bail!("a builder is a workflow");
    };
    let image = image(entry);
    let top = image.top()?;
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": format!("{HOST}/{}", entry.name), "digest": {"sha256": hex_of(top)?}}],
        "predicateType": PREDICATE,
        "predicate": predicate(&identity.san(), workflow.git_ref, source)?,
    });
    let (signed, bundle) = (stack.dir().join("statement.json"), stack.dir().join("provenance.json"));
    fs::write(&signed, statement.to_string())?;
    stack.cosign().attest_statement(by, &signed, &bundle)?;

    let repository = repository(stack, entry.name);
    let bundle = Content { media_type: BUNDLE.to_owned(), bytes: fs::read(bundle)? };
    let empty = Content::of_json("application/vnd.oci.empty.v1+json", &json!({}));
    repository.put_blob(&bundle)?;
    repository.put_blob(&empty)?;
    // The manifest that cosign writes for a bundle.
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE,
        "config": empty.descriptor(), "layers": [bundle.descriptor()], "subject": top.descriptor(),
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": PREDICATE,
        },
    });
    repository.attach(&Content::of_json(MANIFEST, &manifest))
}

/// A digest without its algorithm.
fn hex_of(content: &Content) -> Result<String> {
    Ok(content.digest().strip_prefix("sha256:").context("not a SHA-256 digest")?.to_owned())
}

/// <https://slsa.dev/spec/v1.0/provenance>, of <https://actions.github.io/buildtypes/workflow/v1>.
fn predicate(builder: &str, git_ref: &str, source: &str) -> Result<Value> {
    let base = ENTRIES.iter().find(|entry| (entry.name, entry.tag) == BASE).context("no base image")?;
    Ok(json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {"repository": source, "ref": git_ref, "path": ".github/workflows/release.yml"},
            },
            "resolvedDependencies": [
                {"uri": format!("git+{source}@{git_ref}")},
                {
                    "uri": format!("docker://{HOST}/{}", base.title()),
                    "digest": {"sha256": hex_of(image(base).top()?)?},
                },
            ],
        },
        "runDetails": {"builder": {"id": builder}},
    }))
}
