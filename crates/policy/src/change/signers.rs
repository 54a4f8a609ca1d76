//! Signers, and the roots that vouch for them. One that no entry names lets nothing pass; entries are compared by themselves.

use std::collections::BTreeMap;

use proofmark_core::{CertificateConstraint, KeyConstraint, Signer, SignerKind, Transparency};

use super::{Changes, Way};
use crate::{NamedRoot, RootOrigin, VendorSigner};

pub(super) fn signers(
    before: &BTreeMap<String, Signer>,
    after: &BTreeMap<String, Signer>,
    changes: &mut Changes,
) {
    for (name, is) in after {
        let Some(was) = before.get(name) else {
            changes.neutral(&is.origin, format!("[signers.{name}] is new"));
            continue;
        };
        if let Some(way) = signer(was, is) {
            let text = if way == Way::Tightens {
                "is asked for more"
            } else {
                "is somebody else, or is asked for less"
            };
            changes.push(way, &is.origin, format!("[signers.{name}] {text}"));
        }
    }
    for (name, was) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        changes.neutral(&was.origin, format!("[signers.{name}] is removed"));
    }
}

/// Which way a signer changed; `None` if it is the same.
fn signer(was: &Signer, is: &Signer) -> Option<Way> {
    let Signer { name: _, kind, transparency, origin: _ } = is;
    let witness = witness(was.transparency, *transparency);
    let kind = match (&was.kind, kind) {
        (SignerKind::Certificate(was), SignerKind::Certificate(is)) => certificate(was, is),
        (SignerKind::Key(was), SignerKind::Key(is)) => key(was, is),
        _ => Some(Way::Loosens),
    };
    witness.max(kind)
}

fn witness(was: Transparency, is: Transparency) -> Option<Way> {
    match (was, is) {
        _ if was == is => None,
        // What a log witnessed is accepted by both.
        (Transparency::Optional, Transparency::Required) => Some(Way::Tightens),
        _ => Some(Way::Loosens),
    }
}

fn certificate(was: &CertificateConstraint, is: &CertificateConstraint) -> Option<Way> {
    let CertificateConstraint { issuer, identity, san, extensions, trusted_root } = is;
    let same = *issuer == was.issuer
        && *identity == was.identity
        && *san == was.san
        && *trusted_root == was.trusted_root
        && was.extensions.iter().all(|(extension, value)| extensions.get(extension) == Some(value));
    match (same, extensions.len() > was.extensions.len()) {
        (true, false) => None,
        (true, true) => Some(Way::Tightens),
        (false, _) => Some(Way::Loosens),
    }
}

fn key(was: &KeyConstraint, is: &KeyConstraint) -> Option<Way> {
    // The transparency is the signer's; a file of another name with the same key is the same key.
    let KeyConstraint { file: _, pem, transparency: _, valid_until, trusted_root } = is;
    if *pem != was.pem || *trusted_root != was.trusted_root {
        return Some(Way::Loosens);
    }
    match (was.valid_until, valid_until) {
        (was, is) if was == *is => None,
        (None, Some(_)) => Some(Way::Tightens),
        (Some(was), Some(is)) if *is < was => Some(Way::Tightens),
        _ => Some(Way::Loosens),
    }
}

pub(super) fn vendors(
    before: &BTreeMap<String, VendorSigner>,
    after: &BTreeMap<String, VendorSigner>,
    changes: &mut Changes,
) {
    for (name, is) in after {
        match before.get(name) {
            None => changes.neutral(&is.origin, format!("[signers.{name}] is new")),
            Some(was) if (&was.kind, &was.bytes) == (&is.kind, &is.bytes) => {}
            Some(_) => changes.loosens(&is.origin, format!("[signers.{name}] has another key")),
        }
    }
    for (name, was) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        changes.neutral(&was.origin, format!("[signers.{name}] is removed"));
    }
}

/// A root of another content vouches for others. One that comes or goes does so with the signers that name it.
pub(super) fn roots(before: &[NamedRoot], after: &[NamedRoot], changes: &mut Changes) {
    for is in after {
        let Some(was) = before.iter().find(|was| was.name == is.name) else { continue };
        let built_in = |root: &NamedRoot| matches!(root.source, RootOrigin::BuiltIn);
        if was.facts.digest != is.facts.digest || built_in(was) != built_in(is) {
            changes.loosens(&is.origin, format!("trusted root `{}` has another content", is.name));
        } else if is.fetched() > was.fetched() {
            // Its age is a finding; a day that is moved hides it.
            changes.loosens(&is.origin, format!("trusted root `{}` says that it is newer", is.name));
        }
    }
}
