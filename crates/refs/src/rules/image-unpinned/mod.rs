//! `image-unpinned`: every reference names a digest.

use proofmark_core::{Finding, ImageRef, RuleMeta, RuleStatus, Severity};

use crate::found::{Edit, Found, Place};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-unpinned",
    summary: "Every reference to an image names its digest.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.1"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// A finding for a reference without a digest.
pub(crate) fn check(found: &Found, image: &ImageRef) -> Option<Finding> {
    if image.digest().is_some() || !is_pinnable(found.place) {
        return None;
    }
    let message = match image.tag() {
        Some(tag) => format!("the tag `{tag}` is all that names the image, and a tag can be moved"),
        None => "neither tag nor digest: whatever `latest` is at the time".to_owned(),
    };
    let help = match &found.edit {
        Edit::Refused(why) => format!("write the digest behind the tag by hand, TAG@sha256:…: {why}"),
        _ => format!("proofmark image pin {}", found.origin.file),
    };
    Some(super::row(&META, found, message, help))
}

/// Whether a digest may stand there: the name of what is built here is given to the result, and no digest is known before.
pub(crate) const fn is_pinnable(place: Place) -> bool {
    !matches!(place, Place::ComposeBuiltImage)
}
