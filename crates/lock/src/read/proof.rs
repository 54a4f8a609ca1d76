//! What a pin says of its evidence: signatures, lists of checksums, sources, or why there is none.

use super::table::{Row, Told};
use super::values::{bytes, choice};
use crate::error::Code;
use crate::model::SourceOf;
use crate::{Checksums, Evidence, EvidenceKind, Over};

/// Signatures of one pin, and sources.
const MAX_LIST: usize = 64;

const SOURCE: &[&str] = &["operator", "at"];
const EVIDENCE: &[&str] = &["kind", "over", "signature"];

/// The list of checksums, and every signature. Either needs the other.
pub(super) fn evidence(row: &mut Row<'_, '_>) -> (Result<Option<Checksums>, Told>, Option<Vec<Evidence>>) {
    let checksums = bytes(row, "checksums", false).map(|bytes| bytes.map(Checksums));
    let mut all = Some(Vec::new());
    for (table, span) in row.rows("evidence", MAX_LIST) {
        let one = signature(&mut row.inner(table, span, "a signature"));
        all = all.zip(one).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    let Some(list) = &mut all else { return (checksums, None) };
    list.sort();
    let over = list.iter().any(|one| one.over == Over::Checksums);
    match &checksums {
        Ok(None) if over => {
            row.missing("checksums");
            (Err(Told), all)
        }
        Ok(Some(_)) if !over => {
            let span = row.span("checksums");
            row.error(
                Code::BadValue,
                span,
                "nobody signed this list of checksums",
                "add its signature, or remove it",
            );
            (Err(Told), all)
        }
        _ => (checksums, all),
    }
}

fn signature(row: &mut Row<'_, '_>) -> Option<Evidence> {
    row.known(EVIDENCE);
    let kind = choice(row, "kind", &EvidenceKind::ALL);
    let over = choice(row, "over", &Over::ALL);
    let signature = bytes(row, "signature", true);
    Some(Evidence { kind: kind?, over: over?, signature: signature.ok()?? })
}

/// A pin without evidence says why it is one, and no other does.
pub(super) fn unsigned(row: &mut Row<'_, '_>, evidence: Option<&[Evidence]>) -> Result<Option<String>, Told> {
    let reason = row.text("unsigned", false).map(|(text, span)| (text.to_owned(), span));
    match (reason, evidence) {
        (None, Some([])) => {
            let message = "this pin has no signature, and no reason for it";
            let span = row.span("tool");
            row.error(
                Code::MissingKey,
                span,
                message,
                "add its evidence, or unsigned = \"why it is trusted\"",
            );
            Err(Told)
        }
        (Some((_, span)), Some([_, ..])) => {
            row.error(Code::BadValue, span, "this pin is signed", "remove `unsigned`");
            Err(Told)
        }
        (Some((text, _)), _) => Ok(Some(text)),
        (None, _) => row.absent("unsigned", false),
    }
}

pub(super) fn sources(row: &mut Row<'_, '_>) -> Option<Vec<SourceOf>> {
    let mut all = Some(Vec::new());
    for (table, span) in row.rows("source", MAX_LIST) {
        let mut inner = row.inner(table, span, "a source");
        inner.known(SOURCE);
        let operator = inner.checked("operator", |text| !text.is_empty(), "who keeps the list");
        let at = inner.checked("at", |text| !text.is_empty(), "where the list is");
        all = all.zip(operator.zip(at)).map(|(mut all, (operator, at))| {
            all.push(SourceOf { operator, at });
            all
        });
    }
    all.map(|mut all| {
        all.sort();
        all
    })
}
