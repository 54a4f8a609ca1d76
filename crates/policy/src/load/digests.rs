//! A digest list, such as `allowlists/images.toml`: third parties sign nothing, someone here reviewed them.

use std::collections::BTreeMap;

use proofmark_core::{Origin, Platform};

use super::rows::{digest, repository};
use crate::ListedDigest;
use crate::error::{Code, Errors};
use crate::schema::files::DIGESTS;
use crate::schema::{self, Text, View};
use crate::source::Source;

pub(super) fn read(source: &Source, errors: &mut Errors) -> Vec<ListedDigest> {
    schema::parse(source, &DIGESTS, errors, |view, errors| {
        let mut seen: BTreeMap<(String, String), Origin> = BTreeMap::new();
        let mut list = Vec::new();
        for row in view.rows("image") {
            let Some(row) = listed(&row, errors) else { continue };
            let key = (row.repository.to_string(), row.digest.to_string());
            if let Some(first) = seen.get(&key) {
                let message = format!(
                    "{}@{} is listed already, in line {}",
                    key.0,
                    row.digest.short(),
                    first.start.line
                );
                errors.push(Code::DuplicateRow, &row.origin, message, "keep one row: two could disagree");
            }
            seen.entry(key).or_insert_with(|| row.origin.clone());
            list.push(row);
        }
        list
    })
}

fn listed(row: &View<'_>, errors: &mut Errors) -> Option<ListedDigest> {
    let repository = row.text("repository").and_then(|text| repository(&text, errors));
    let digest = row.text("digest").and_then(|text| digest(&text, errors));
    let platforms = platforms(row, "name platforms, or remove it to mean all", errors);
    let not_after = row.end_of_day("not-after");
    Some(ListedDigest {
        repository: repository?,
        digest: digest?,
        platforms: platforms?,
        why: row.text("why")?.value,
        by: row.text("by")?.value,
        not_after: not_after.ok()?.map(|(end, _)| end),
        origin: row.key("digest"),
    })
}

/// The platforms of a row; none if it names none. `help` is for an empty list.
pub(super) fn platforms(row: &View<'_>, help: &str, errors: &mut Errors) -> Option<Vec<Platform>> {
    let Some(item) = row.item("platforms") else { return Some(Vec::new()) };
    let texts = item.texts()?;
    if texts.is_empty() {
        errors.push(Code::EmptyList, &item.origin(), "platforms is empty", help);
        return None;
    }
    // Every one is looked at, so that all errors are told.
    let platforms: Vec<_> = texts.iter().map(|text| platform(text, errors)).collect();
    platforms.into_iter().collect()
}

fn platform(text: &Text, errors: &mut Errors) -> Option<Platform> {
    let platform = Platform::parse(&text.value);
    if platform.is_none() {
        let message = format!("`{}` is not a platform", text.value);
        errors.push(Code::BadValue, &text.origin, message, "write os/arch[/variant], such as linux/arm64");
    }
    platform
}
