//! Puts a case's evidence on an image, genuine or not.

use std::fs;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::cases::{Case, OWN_REPOSITORY, Step};
use crate::stack::registry::{Content, Image, Repository};
use crate::stack::{Material, Signer, Stack};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"$"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}"#;

/// How a copied signature differs from the genuine one.
#[derive(Clone, Copy)]
enum Change {
    Nothing,
    SignatureByte,
    Payload,
}

/// Pushes a case's image and its evidence; gives the reference by digest.
pub(super) fn prepare(stack: &Stack, case: &Case, repository: &Repository) -> Result<String> {
    let platforms: &[&str] = if case.index { &["amd64", "arm64"] } else { &["amd64"] };
    let image = Image::new(case.id, platforms);
    image.push(repository, Some("1"))?;
    let reference = repository.reference(&image.top()?.digest());
    for step in case.evidence {
        apply(stack, *step, &image, repository).with_context(|| format!("{}: {step:?}", case.id))?;
    }
    Ok(reference)
}

fn apply(stack: &Stack, step: Step, image: &Image, repository: &Repository) -> Result<()> {
    let reference = repository.reference(&image.top()?.digest());
    let other = Image::new(&format!("another one, beside {}", repository.name), &["amd64"]);
    match step {
        Step::Sign(signer) => sign(stack, signer, repository, &reference),
        Step::Attest(signer) => {
            let predicate = stack.dir().join("predicate.json");
            fs::write(&predicate, r#"{"checked":true}"#)?;
            stack.cosign().attest(&reference, signer, "https://acme.example/checked/v1", &predicate)
        }
        Step::Transplant(signer) => copy_from(stack, signer, &other, image, repository, Change::Nothing),
        Step::Tamper(signer) => copy_from(stack, signer, image, image, repository, Change::SignatureByte),
        Step::Forge(signer) => copy_from(stack, signer, &other, image, repository, Change::Payload),
    }
}

/// Signs; a legacy signature names the repository it is in unless the case says another one.
fn sign(stack: &Stack, signer: Signer, repository: &Repository, reference: &str) -> Result<()> {
    let own = format!("{}/{}", repository.host, repository.name);
    let name = match signer {
        Signer::Key(_, Material::Legacy(OWN_REPOSITORY)) => Some(own.as_str()),
        _ => None,
    };
    stack.cosign().sign(reference, signer, name)
}

/// Signs `source` in a repository of its own, and attaches that signature to `target`, changed.
fn copy_from(
    stack: &Stack,
    signer: Signer,
    source: &Image,
    target: &Image,
    to: &Repository,
    change: Change,
) -> Result<()> {
    let from = Repository { host: to.host.clone(), name: format!("{}-source", to.name) };
    source.push(&from, Some("1"))?;
    let (original, subject) = (source.top()?.digest(), target.top()?);
    sign(stack, signer, &from, &from.reference(&original))?;
    let legacy = |digest: &str| format!("{}.sig", digest.replace(':', "-"));
    if let Signer::Key(_, Material::Legacy(_)) = signer {
        let manifest = from.manifest(&legacy(&original))?.context("cosign left no .sig tag")?;
        let mut value = manifest.json()?;
        from.copy_blobs(&value, to)?;
        if matches!(change, Change::SignatureByte) {
            change_signature(&mut value["layers"][0]["annotations"][SIGNATURE])?;
        }
        return to.put_manifest(&legacy(&subject.digest()), &Content::of_json(&manifest.media_type, &value));
    }
    let bundles = from.referrers(&original)?;
    ensure!(!bundles.is_empty(), "cosign left no bundle");
    bundles.iter().try_for_each(|bundle| {
        copy_bundle(bundle, &from, to, subject, |value| change_bundle(value, subject, change))
    })
}

fn change_bundle(bundle: &mut Value, subject: &Content, change: Change) -> Result<()> {
    match change {
        Change::Nothing => {}
        Change::SignatureByte => change_signature(&mut bundle["dsseEnvelope"]["signatures"][0]["sig"])?,
        Change::Payload => {
            let digest = subject.digest();
            let statement = STATEMENT.replace('$', digest.trim_start_matches("sha256:"));
            bundle["dsseEnvelope"]["payload"] = json!(BASE64.encode(statement));
        }
    }
    Ok(())
}

/// Attaches a bundle that another repository holds to `subject`, changed.
pub(super) fn copy_bundle(
    bundle: &Content,
    from: &Repository,
    to: &Repository,
    subject: &Content,
    change: impl FnOnce(&mut Value) -> Result<()>,
) -> Result<()> {
    let mut manifest = bundle.json()?;
    from.copy_blobs(&manifest, to)?;
    let blob = from.blob(&manifest["layers"][0])?;
    let mut value = blob.json()?;
    change(&mut value)?;
    let blob = Content::of_json(&blob.media_type, &value);
    to.put_blob(&blob)?;
    manifest["layers"][0] = blob.descriptor();
    manifest["subject"] = subject.descriptor();
    to.attach(&Content::of_json(&bundle.media_type, &manifest))
}

/// Changes one character inside the first integer of the signature, so that its encoding is
/// still well formed.
fn change_signature(signature: &mut Value) -> Result<()> {
    let text = signature.as_str().context("no signature to change")?;
    let (head, tail) = text.split_at_checked(20).context("a signature too short to change")?;
    let changed = if tail.starts_with('A') { 'B' } else { 'A' };
    *signature = json!(format!("{head}{changed}{}", &tail[1..]));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::change_signature;
    use serde_json::json;

    #[test]
    fn a_changed_signature_is_another_one_of_the_same_length() {
        for text in ["MEUCIQCqTjZOk8wPbW3iA6dZwBCp", "MEUCIQCqTjZOk8wPbW3iA"] {
            let mut value = json!(text);
            change_signature(&mut value).expect("long enough");
            let changed = value.as_str().expect("a string");
            assert!(changed != text && changed.len() == text.len());
        }
        assert!(change_signature(&mut json!("short")).is_err());
        assert!(change_signature(&mut json!(null)).is_err());
    }
}
