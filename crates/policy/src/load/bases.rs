//! `allowlists/base-images.toml`: base images by the layers that they have on each platform.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Origin, Platform};

use super::digests::platforms;
use super::rows::digest;
use crate::ApprovedBase;
use crate::error::{Code, Errors};
use crate::schema::files::BASES;
use crate::schema::{self, Text, View};
use crate::source::Source;

/// Characters of a name: it stands in every report.
const MAX_NAME: usize = 200;

pub(super) fn read(source: &Source, errors: &mut Errors) -> Vec<ApprovedBase> {
    schema::parse(source, &BASES, errors, |view, errors| {
        let rows: Vec<ApprovedBase> =
            view.rows("base").iter().filter_map(|row| approved(row, errors)).collect();
        check_twice(&rows, errors);
        rows
    })
}

fn approved(row: &View<'_>, errors: &mut Errors) -> Option<ApprovedBase> {
    let name = row.text("name").filter(|text| is_name(text, errors));
    let digests = digest_list(row, "digests", errors);
    let platforms = platforms(row, "name the platforms on which it has these layers", errors)
        .filter(|list| !list.is_empty());
    let diff_ids = digest_list(row, "diff-ids", errors);
    let not_after = row.end_of_day("not-after");
    // A reason that is wrong must not look like a base that is not revoked.
    let revoked = if row.has("revoked") { Some(row.text("revoked")?.value) } else { None };
    Some(ApprovedBase {
        name: name?.value,
        digests: digests?,
        platforms: platforms?,
        diff_ids: diff_ids?,
        not_after: not_after.ok()?.map(|(end, _)| end),
        revoked,
        added_by: row.text("added-by")?.value,
        why: row.text("why")?.value,
        origin: row.key("name"),
    })
}

fn is_name(text: &Text, errors: &mut Errors) -> bool {
    let ok = text.value.chars().count() <= MAX_NAME && !text.value.chars().any(char::is_control);
    if !ok {
        let message = format!("a base's name has at most {MAX_NAME} characters, and no control characters");
        errors.push(Code::BadValue, &text.origin, message, "write a short name, such as debian-12");
    }
    ok
}

/// "never the empty list": every image begins with it.
fn digest_list(row: &View<'_>, key: &str, errors: &mut Errors) -> Option<Vec<Digest>> {
    let item = row.item(key)?;
    let texts = item.texts()?;
    if item.list()?.is_empty() {
        let message = format!("{key} is empty");
        errors.push(Code::EmptyList, &item.origin(), message, "write the base's digests, or remove the row");
        return None;
    }
    // Every one is looked at, so that all errors are told.
    let digests: Vec<Option<Digest>> = texts.iter().map(|text| digest(text, errors)).collect();
    digests.into_iter().collect()
}

/// One row for each name and platform, and one for the same layers on a platform: two could disagree.
fn check_twice(rows: &[ApprovedBase], errors: &mut Errors) {
    let mut names: BTreeMap<(&str, Platform), &Origin> = BTreeMap::new();
    let mut layers: BTreeMap<(&[Digest], Platform), &ApprovedBase> = BTreeMap::new();
    for row in rows {
        for platform in row.platforms.iter().map(Platform::normalised) {
            if let Some(first) = names.get(&(row.name.as_str(), platform.clone())) {
                let message = format!(
                    "base `{}` has a row for {platform} already, in line {}",
                    row.name, first.start.line
                );
                let help = "give each release of a base a name of its own";
                errors.push(Code::DuplicateRow, &row.origin, message, help);
            } else if let Some(first) = layers.get(&(row.diff_ids.as_slice(), platform.clone())) {
                let message = format!(
                    "base `{}`, in line {}, has the same layers on {platform}",
                    first.name, first.origin.start.line
                );
                let help = "keep one row, with the digests of both";
                errors.push(Code::DuplicateRow, &row.origin, message, help);
            }
            names.entry((row.name.as_str(), platform.clone())).or_insert(&row.origin);
            layers.entry((row.diff_ids.as_slice(), platform)).or_insert(row);
        }
    }
}
