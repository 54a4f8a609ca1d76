//! `allowlists/envrc.toml`: where an `.envrc` may be approved at all, and what may run before it.

use std::collections::BTreeMap;

use proofmark_core::Origin;

use crate::error::{Code, Errors};
use crate::schema::files::ENVRC;
use crate::schema::{self, Text, View};
use crate::source::Source;
use crate::{EnvrcDirectory, EnvrcList, EnvrcStartup};

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
        Some(EnvrcList { directories, startup, origin: source.top() })
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
    let sha256 = row.text("sha256")?;
    let is_hash = sha256.value.len() == 64
        && sha256.value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        let message = "this is no SHA-256";
        errors.push(Code::BadValue, &sha256.origin, message, "write what `sha256sum FILE` prints: 64 digits");
        return None;
    }
    Some(EnvrcStartup {
        path: path?,
        sha256: sha256.value,
        why: row.text("why")?.value,
        by: row.text("by")?.value,
        origin: row.key("path"),
    })
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
