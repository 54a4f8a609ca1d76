//! `allowlists/envrc.toml`: where an `.envrc` may be approved at all, and what may run before it.

use std::collections::BTreeMap;

use proofmark_core::{MEMBER_KINDS, Origin, closure_digest, is_member_content};

use crate::error::{Code, Errors};
use crate::schema::files::ENVRC;
use crate::schema::{self, Text, View};
use crate::source::Source;
use crate::{EnvrcClosure, EnvrcDirectory, EnvrcList, EnvrcMember, EnvrcStartup};

pub(super) fn read(source: &Source, errors: &mut Errors) -> Option<EnvrcList> {
    schema::parse(source, &ENVRC, errors, |view, errors| {
        let mut seen = BTreeMap::new();
        let directories: Vec<EnvrcDirectory> =
            view.rows("directory").iter().filter_map(|row| directory(row, errors)).collect();
        for row in &directories {
            once(&mut seen, row.path.clone(), &row.origin, errors);
        }
        let startup: Vec<EnvrcStartup> =
            view.rows("startup").iter().filter_map(|row| startup(row, errors)).collect();
        for row in &startup {
            once(&mut seen, format!("{} {}", row.path, row.sha256), &row.origin, errors);
        }
        let closures: Vec<EnvrcClosure> =
            view.rows("closure").iter().filter_map(|row| closure(row, errors)).collect();
        for row in &closures {
            once(&mut seen, format!("{} {}", row.file, row.sha256), &row.origin, errors);
        }
        Some(EnvrcList { directories, startup, closures, origin: source.top() })
    })
}

fn once(seen: &mut BTreeMap<String, u32>, key: String, origin: &Origin, errors: &mut Errors) {
    match seen.get(&key) {
        Some(first) => {
            let message = format!("the same row stands in line {first}");
            errors.push(Code::DuplicateRow, origin, message, "keep one of the two");
        }
        None => drop(seen.insert(key, origin.start.line)),
    }
}

fn directory(row: &View<'_>, errors: &mut Errors) -> Option<EnvrcDirectory> {
    let path = row.text("path").and_then(|path| checked(&path, errors));
    Some(EnvrcDirectory {
        path: path?,
        why: row.text("why")?.value,
        by: row.text("by")?.value,
        origin: row.key("path"),
    })
}

fn startup(row: &View<'_>, errors: &mut Errors) -> Option<EnvrcStartup> {
    let path = row.text("path").and_then(|path| checked(&path, errors));
    let sha256 = row.text("sha256").filter(|text| is_hash(text, errors))?;
    Some(EnvrcStartup {
        path: path?,
        sha256: sha256.value,
        why: row.text("why")?.value,
        by: row.text("by")?.value,
        origin: row.key("path"),
    })
}

fn is_hash(text: &Text, errors: &mut Errors) -> bool {
    let is_hash =
        text.value.len() == 64 && text.value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        let message = "this is no SHA-256";
        errors.push(Code::BadValue, &text.origin, message, "write what `sha256sum FILE` prints: 64 digits");
    }
    is_hash
}

/// A lock says twice what it locks: by its members, and by the hash of them all. Where the two differ it was edited.
fn closure(row: &View<'_>, errors: &mut Errors) -> Option<EnvrcClosure> {
    let file = row.text("file").filter(|text| is_below(text, errors));
    let sha256 = row.text("sha256").filter(|text| is_hash(text, errors));
    let mut members: Vec<EnvrcMember> =
        row.item("members")?.list()?.into_iter().filter_map(|item| member(&item.table()?, errors)).collect();
    let order =
        |one: &EnvrcMember| (one.path.clone(), MEMBER_KINDS.iter().position(|kind| *kind == one.kind));
    members.sort_by_cached_key(order);
    if let Some(pair) = members.windows(2).find(|pair| order(&pair[0]) == order(&pair[1])) {
        let message = format!("the member {} ({}) stands twice", pair[0].path, pair[0].kind);
        errors.push(Code::DuplicateRow, &row.key("members"), message, "keep one of the two");
        return None;
    }
    let (file, sha256) = (file?, sha256?);
    let computed = closure_digest(
        members.iter().map(|one| [one.path.as_str(), one.kind.as_str(), one.content.as_str()]),
    );
    if computed.hex() != sha256.value {
        let message = "this is not the hash of the members: the row was edited";
        let help =
            format!("read what it locks, then let it be written: proofmark envrc allow {}", file.value);
        errors.push(Code::BadValue, &sha256.origin, message, help);
        return None;
    }
    let by = row.text("by")?.value;
    Some(EnvrcClosure { file: file.value, sha256: computed, members, by, origin: row.key("file") })
}

fn member(row: &View<'_>, errors: &mut Errors) -> Option<EnvrcMember> {
    let content = row.text("content")?;
    if !is_member_content(&content.value) {
        let message = "this says nothing of a file";
        let help = "write absent, sha256: and 64 digits, or the integrity of a download: sha256-…";
        errors.push(Code::BadValue, &content.origin, message, help);
        return None;
    }
    Some(EnvrcMember { path: row.text("path")?.value, kind: row.text("kind")?.value, content: content.value })
}

/// A path below the root of the repository, in one form.
pub(super) fn is_below(text: &Text, errors: &mut Errors) -> bool {
    let plain =
        text.value.split('/').all(|part| !matches!(part, "" | "." | "..")) && !text.value.contains('\0');
    if !plain {
        let message = "this is no path below the root of the repository";
        errors.push(
            Code::BadValue,
            &text.origin,
            message,
            "write it without a leading `/`, and without `.`, `..` and `//`",
        );
    }
    plain
}

/// A path that means one place: absolute or from the home directory, without steps that lead back. A slash at the end says
/// nothing, and is taken off.
fn checked(path: &Text, errors: &mut Errors) -> Option<String> {
    let text = path.value.trim_end_matches('/');
    let segments = match text.strip_prefix('~') {
        Some(rest) => rest,
        None => text,
    };
    let rooted = segments.is_empty() || segments.starts_with('/');
    let plain = segments.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | ".."));
    if rooted && plain && !path.value.contains('\0') {
        return Some(if text.is_empty() { "/".to_owned() } else { text.to_owned() });
    }
    let message = "this is no path that means one place";
    errors.push(Code::BadValue, &path.origin, message, "write it from / or ~/, without `.`, `..` and `//`");
    None
}
