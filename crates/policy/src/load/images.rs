//! `[[image]]`: what must be shown, and by whom. An entry that asks for no evidence is an error.

use proofmark_core::pattern::Glob;

use super::attestation;
use super::draft::{DraftImage, DraftThreshold};
use super::signers::Signers;
use super::{entries, pattern, threshold};
use crate::error::{Code, Errors};
use crate::schema::{Item, Text, View};
use crate::{Also, BaseRule, RepositoryRule, TagFrom};

pub(super) fn read(view: &View<'_>, signers: &Signers, errors: &mut Errors) -> Vec<DraftImage> {
    let rows = view.rows("image");
    let images: Vec<DraftImage> = rows.iter().filter_map(|row| image(row, signers, errors)).collect();
    entries::check_reachable(&images, errors);
    images
}

fn image(view: &View<'_>, signers: &Signers, errors: &mut Errors) -> Option<DraftImage> {
    let pattern = view.text("match").and_then(|text| pattern::repository(&text, errors));
    let signed_by = threshold::read(view, "signed-by", signers, errors);
    let attestation = attestation::read(view, signers, errors);
    if proves_something(view, errors) {
        binds_something(view, errors);
    }
    let tag_from = tag_from(view, signed_by.as_ref(), signers, errors);
    not_for_images(signed_by.as_ref(), signers, errors);
    Some(DraftImage {
        pattern: pattern?,
        signed_by,
        digests: view.text("digests"),
        repository: repository_rule(view),
        also: also(view, errors),
        tag_from,
        base: base(view),
        attestation,
        origin: view.key("match"),
    })
}

/// "`base` or `repository` alone proves nothing"
fn proves_something(view: &View<'_>, errors: &mut Errors) -> bool {
    if view.has("signed-by") || view.has("digests") || attestation::is_signed(view) {
        return true;
    }
    let message = "this entry asks for no signature, no listed digest and no signed attestation";
    errors.push(
        Code::EntryProvesNothing,
        &view.origin(),
        message,
        "add signed-by = [\"…\"] or digests = \"images.toml\"",
    );
    false
}

/// Only what somebody signed can claim a repository: without it these keys would be believed in, and not evaluated. What an
/// attestation claims may be another repository's, but does not bind the image to this one: that is for `signed-by`.
fn binds_something(view: &View<'_>, errors: &mut Errors) {
    if view.has("signed-by") {
        return;
    }
    let attested = attestation::is_signed(view);
    let bound = view.text("repository").is_some_and(|text| text.value == "bound");
    for key in ["repository", "also"].into_iter().filter(|key| view.has(key)) {
        if attested && !(bound && key == "repository") {
            continue;
        }
        let message = format!(
            "`{key}` has no meaning without signed-by: no signature is asked for that could claim a name"
        );
        errors.push(Code::BadValue, &view.key(key), message, "remove it, or add signed-by = [\"…\"]");
    }
}

/// A word that has no meaning was told when the file was checked.
fn base(view: &View<'_>) -> Option<BaseRule> {
    let text = view.text("base")?;
    let scratch = BaseRule::WORDS.iter().position(|word| *word == text.value)? == 1;
    Some(BaseRule { scratch, origin: text.origin })
}

fn repository_rule(view: &View<'_>) -> RepositoryRule {
    match view.text("repository").as_ref().map(|text| text.value.as_str()) {
        Some("bound") => RepositoryRule::Bound,
        Some("any") => RepositoryRule::Any,
        _ => RepositoryRule::NotOther,
    }
}

/// The tag is read from a certificate: a key has none.
fn tag_from(
    view: &View<'_>,
    signed_by: Option<&DraftThreshold>,
    signers: &Signers,
    errors: &mut Errors,
) -> Option<TagFrom> {
    let text = view.text("tag-from")?;
    if text.value != TagFrom::SourceRepositoryRef.as_str() {
        return None;
    }
    let certificate = |name: &Text| {
        signers
            .get(&name.value)
            .is_none_or(|signer| matches!(signer.kind, super::draft::DraftKind::Certificate { .. }))
    };
    if signed_by.is_none() && !view.has("signed-by")
        || signed_by.is_some_and(|threshold| !threshold.of.iter().all(certificate))
    {
        let message = "tag-from needs signers with certificates: a key's signature names no ref";
        errors.push(Code::BadValue, &text.origin, message, "remove tag-from, or sign with a certificate");
    }
    Some(TagFrom::SourceRepositoryRef)
}

/// Signatures by vendors' keys on images are not evaluated, and so never accepted silently.
pub(super) fn not_for_images(signed_by: Option<&DraftThreshold>, signers: &Signers, errors: &mut Errors) {
    for name in signed_by.iter().flat_map(|threshold| &threshold.of) {
        let vendor = signers.get(&name.value).and_then(|signer| match &signer.kind {
            super::draft::DraftKind::Vendor { kind, .. } => Some(kind.words()),
            _ => None,
        });
        if let Some(words) = vendor {
            let message = format!(
                "signer `{}` is {words}, which is not evaluated for images by this build",
                name.value
            );
            errors.push(
                Code::NotEvaluated,
                &name.origin,
                message,
                "name a signer with a key or a certificate identity",
            );
        }
    }
}

fn also(view: &View<'_>, errors: &mut Errors) -> Vec<Also> {
    let texts = view.item("also").and_then(Item::texts).unwrap_or_default();
    texts.iter().filter_map(|text| mapping(text, errors)).collect()
}

fn mapping(text: &Text, errors: &mut Errors) -> Option<Also> {
    let help = "write \"registry.k8s.io/** = mirror.corp/k8s/**\": what is claimed = what it is called here";
    let Some((claimed, here)) = text.value.split_once('=') else {
        errors.push(Code::BadValue, &text.origin, "a mapping has two sides", help);
        return None;
    };
    let side = |side: &str| Text { value: side.trim().to_owned(), origin: text.origin.clone() };
    let claimed = pattern::repository(&side(claimed), errors)?;
    let here = pattern::repository(&side(here), errors)?;
    if shape(&claimed).is_none() || shape(&claimed) != shape(&here) {
        let message =
            "the sides of a mapping are both names, or both end in `/**` and have no other wildcard";
        errors.push(Code::BadValue, &text.origin, message, help);
        return None;
    }
    Some(Also { claimed, here, origin: text.origin.clone() })
}

/// Whether a side of a mapping is a prefix; `None` for any other pattern.
fn shape(glob: &Glob) -> Option<bool> {
    if glob.is_literal() {
        return Some(false);
    }
    let prefix = glob.as_str().strip_suffix("/**")?;
    (!prefix.contains('*')).then_some(true)
}
