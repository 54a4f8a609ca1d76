//! `[image.attestation.*]`: checked in full, and refused, because this build does not evaluate them.

use super::signers::Signers;
use super::threshold;
use crate::error::{Code, Errors};
use crate::schema::View;

const TABLES: &[&str] = &["provenance", "vulnerabilities", "vsa", "sbom", "custom"];

/// Whether the entry has an attestation rule with signers.
pub(super) fn is_signed(image: &View<'_>) -> bool {
    let Some(attestation) = image.table("attestation") else { return false };
    TABLES.iter().filter_map(|name| attestation.table(name)).any(|table| table.has("signed-by"))
}

pub(super) fn read(image: &View<'_>, signers: &Signers, errors: &mut Errors) {
    let Some(attestation) = image.table("attestation") else { return };
    let mut any = false;
    for name in TABLES {
        let Some(table) = attestation.table(name) else { continue };
        any = true;
        if table.has("signed-by") {
            threshold::read(&table, "signed-by", signers, errors);
        } else {
            let message = format!("attestation.{name} does not say who must have signed it: anyone could");
            errors.push(
                Code::AttestationUnsigned,
                &attestation.key(name),
                message,
                "add signed-by = [\"…\"]",
            );
        }
        if table.has("vex-signed-by") {
            threshold::read(&table, "vex-signed-by", signers, errors);
        }
        lists(&table, errors);
        let message = format!("attestation.{name} is not evaluated by this build");
        let help = "remove it; this version of proofmark does not judge attestations";
        errors.push(Code::NotEvaluated, &attestation.key(name), message, help);
    }
    if !any {
        errors.push(
            Code::AttestationUnsigned,
            &attestation.origin(),
            "attestation names no rule",
            "remove it",
        );
    }
}

/// Lists that must name something.
fn lists(table: &View<'_>, errors: &mut Errors) {
    for key in ["levels", "formats", "where"] {
        if let Some(item) = table.item(key)
            && item.list().is_some_and(|list| list.is_empty())
        {
            errors.push(
                Code::EmptyList,
                &item.origin(),
                format!("`{key}` is empty"),
                "name something, or remove it",
            );
        }
    }
}
