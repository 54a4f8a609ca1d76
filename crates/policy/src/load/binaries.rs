//! `allowlists/binaries.toml`: executables that may be pinned.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{Platform, Threshold};

use super::digests::platforms;
use super::signers::Signers;
use super::threshold;
use crate::error::{Code, Errors};
use crate::schema::files::BINARIES;
use crate::schema::{self, Text, View};
use crate::source::Source;
use crate::{BinaryDemand, BinaryEntry, BinaryList};

/// Characters of a tool's name or version, as in the lock.
const MAX_NAME: usize = 64;

/// More operators than that publish lists of checksums of no tool.
const MAX_SOURCES: i64 = 16;

pub(super) fn read(source: &Source, signers: &Signers, errors: &mut Errors) -> Option<BinaryList> {
    schema::parse(source, &BINARIES, errors, |view, errors| {
        let rows: Vec<BinaryEntry> =
            view.rows("binary").iter().filter_map(|row| binary(row, signers, errors)).collect();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for row in &rows {
            if let Some(first) = seen.get(row.tool.as_str()) {
                let message = format!("`{}` has a row already, in line {first}", row.tool);
                errors.push(Code::DuplicateRow, &row.origin, message, "keep one row: two could disagree");
            }
            seen.entry(&row.tool).or_insert(row.origin.start.line);
        }
        Some(BinaryList { rows, origin: source.top() })
    })
}

fn binary(row: &View<'_>, signers: &Signers, errors: &mut Errors) -> Option<BinaryEntry> {
    let tool = row.text("tool").filter(|text| is_tool(text, errors));
    let versions = versions(row, errors);
    let platforms = platforms(row, "name the platforms on which it must be pinned", errors);
    let demand = demand(row, signers, errors);
    let sources = sources(row, errors);
    let environment = environment(row, errors);
    Some(BinaryEntry {
        tool: tool?.value,
        versions: versions?,
        platforms: platforms?.iter().map(Platform::normalised).collect(),
        demand: demand?,
        sources: sources?,
        environment: environment?,
        why: row.text("why")?.value,
        by: row.text("by")?.value,
        origin: row.key("tool"),
    })
}

/// What the lock can have.
fn is_tool(text: &Text, errors: &mut Errors) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let bytes = text.value.as_bytes();
    let good = bytes.len() <= MAX_NAME
        && bytes.iter().all(|byte| inner(*byte))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    if !good {
        let help = "write it in lower case, such as op or cilium-cli";
        errors.push(Code::BadValue, &text.origin, "this is not the name of a tool", help);
    }
    good
}

fn versions(row: &View<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    let item = row.item("versions")?;
    let texts = item.texts()?;
    if item.list()?.is_empty() {
        let help = "name the versions that may be pinned, or remove the row";
        errors.push(Code::EmptyList, &item.origin(), "versions is empty", help);
        return None;
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut good = true;
    for text in &texts {
        good &= is_version(text, errors);
        if !seen.insert(&text.value) {
            let message = format!("version {} is named twice", text.value);
            errors.push(Code::DuplicateRow, &text.origin, message, "remove one");
        }
    }
    good.then(|| texts.iter().map(|text| text.value.clone()).collect())
}

fn is_version(text: &Text, errors: &mut Errors) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~-".contains(&byte);
    let bytes = text.value.as_bytes();
    let good = bytes.len() <= MAX_NAME
        && bytes.iter().all(|byte| inner(*byte))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    if !good {
        let help =
            "write one version as its vendor does, such as 2.39.0: no range, no wildcard, no leading =";
        errors.push(Code::BadValue, &text.origin, "this is not a version", help);
    }
    good
}

/// "exactly one of signed-by and unsigned": an entry with neither would accept whatever the lock says.
fn demand(row: &View<'_>, signers: &Signers, errors: &mut Errors) -> Option<BinaryDemand> {
    match (row.has("signed-by"), row.has("unsigned")) {
        (true, false) => {
            let draft = threshold::read(row, "signed-by", signers, errors)?;
            let of = draft.of.into_iter().map(|name| name.value).collect();
            Some(BinaryDemand::Signed(Threshold { at_least: draft.at_least, of, origin: draft.origin }))
        }
        (false, true) => row.text("unsigned").map(|text| BinaryDemand::Unsigned(text.value)),
        (false, false) => {
            let message = "this row does not say who must have signed the tool";
            let help = "add signed-by = [\"…\"]; or, if its vendor signs nothing, unsigned = \"why that is accepted\"";
            errors.push(Code::EntryProvesNothing, &row.origin(), message, help);
            None
        }
        (true, true) => {
            let message = "this row asks for a signature and accepts that there is none";
            errors.push(Code::BadValue, &row.key("unsigned"), message, "keep one of the two");
            None
        }
    }
}

fn sources(row: &View<'_>, errors: &mut Errors) -> Option<usize> {
    let Some(item) = row.item("sources") else { return Some(0) };
    let count = item.whole()?;
    if !(0..=MAX_SOURCES).contains(&count) {
        let message = format!("sources is not from 0 to {MAX_SOURCES}");
        errors.push(
            Code::BadValue,
            &item.origin(),
            message,
            "write how many other operators must agree, such as 1",
        );
        return None;
    }
    usize::try_from(count).ok()
}

/// Names of variables, whole: a pattern would keep what nobody thought of.
fn environment(row: &View<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    let Some(item) = row.item("environment") else { return Some(Vec::new()) };
    let texts = item.texts()?;
    let mut good = true;
    for text in &texts {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.value.is_empty() || !text.value.bytes().all(inner) {
            let help = "write whole names, such as NODE_OPTIONS: no pattern and no value";
            errors.push(Code::BadValue, &text.origin, "this is not the name of a variable", help);
            good = false;
        }
    }
    good.then(|| texts.iter().map(|text| text.value.clone()).collect())
}
