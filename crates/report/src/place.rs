//! Where in the user's files a row is shown.
//!
//! A SARIF result without a location makes GitHub refuse the whole upload, so every row has one: the cause, else the
//! policy line that asks, else the first line of the policy.

use std::fmt::Write as _;
use std::path::{Component, PathBuf};

use proofmark_core::{Finding, Origin};

use crate::model::Report;

/// The policy file's usual name, for runs that found none.
const POLICY_FILE: &str = "proofmark.toml";

/// A place on one line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Path below the repository's root: never absolute, never leaving it.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: u32,
    /// First column, from 1, in characters.
    pub(crate) column: u32,
    /// One past the last column; never before `column`.
    pub(crate) end_column: u32,
    /// The text between the columns, if the line is known.
    pub(crate) snippet: Option<String>,
}

/// The place of a row.
pub(crate) fn place(report: &Report, row: &Finding) -> Place {
    let expected = row.expected.as_ref().and_then(|expected| expected.origin.as_ref());
    if let Some(origin) = row.location.as_ref().or(expected) {
        return of_origin(origin, report);
    }
    Place { file: policy_file(report), line: 1, column: 1, end_column: 1, snippet: None }
}

/// Where the user's files name the subject of a verdict, or where a finding stands beside an expectation of the policy:
/// `None` where the row's place is the line of the policy that asks.
pub(crate) fn own_place(row: &Finding) -> Option<&Origin> {
    let asked = row.expected.as_ref().and_then(|expected| expected.origin.as_ref());
    let named = row.subject.kind == proofmark_core::SubjectKind::Image;
    row.location.as_ref().filter(|place| named && Some(*place) != asked)
}

/// A span of several lines is shown on its first: GitHub hides an alert of which one line is not in the diff.
pub(crate) fn of_origin(origin: &Origin, report: &Report) -> Place {
    let length = u32::try_from(origin.line_text.chars().count()).unwrap_or(u32::MAX - 1);
    let column = origin.start.column.max(1);
    let end = if origin.end.line > origin.start.line { length.saturating_add(1) } else { origin.end.column };
    let end_column = end.max(column);
    let snippet = (end_column > column && end_column <= length.saturating_add(1)).then(|| {
        let start = usize::try_from(column - 1).unwrap_or(usize::MAX);
        let count = usize::try_from(end_column - column).unwrap_or(0);
        origin.line_text.chars().skip(start).take(count).collect()
    });
    Place {
        file: from_root(&origin.file, report).unwrap_or_else(|| policy_file(report)),
        line: origin.start.line.max(1),
        column,
        end_column,
        snippet,
    }
}

fn policy_file(report: &Report) -> String {
    report
        .run
        .policy
        .as_ref()
        .and_then(|policy| from_root(&policy.path, report))
        .unwrap_or_else(|| POLICY_FILE.to_owned())
}

/// The path from the root of the tree; of what does not lie below it, [`relative`].
fn from_root(path: &str, report: &Report) -> Option<String> {
    let below = report.base.as_ref().and_then(|base| {
        let mut whole = PathBuf::new();
        for part in base.directory.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => drop(whole.pop()),
                part => whole.push(part),
            }
        }
        whole.strip_prefix(&base.root).ok().map(|below| below.to_string_lossy().into_owned())
    });
    relative(below.as_deref().filter(|below| !below.is_empty()).unwrap_or(path))
}

/// The path without root, drive, `.` and `..`; `None` if nothing is left.
fn relative(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            drive if parts.is_empty() && is_drive(drive) => {}
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn is_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// The path as a relative URI reference (RFC 3986 section 4.2): everything but unreserved characters and `/` is
/// percent-encoded, the colon too, as the first segment would read as a scheme.
pub(crate) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_never_leave_the_repository() {
        for (path, shown) in [
            ("proofmark.toml", Some("proofmark.toml")),
            ("./a//b/../c.toml", Some("a/c.toml")),
            ("../../etc/passwd", Some("etc/passwd")),
            ("/etc/proofmark/proofmark.toml", Some("etc/proofmark/proofmark.toml")),
            ("C:\\policy\\p.toml", Some("policy/p.toml")),
            ("", None),
            ("/..", None),
        ] {
            assert_eq!(relative(path).as_deref(), shown, "{path}");
        }
    }

    #[test]
    fn uris_are_relative_references() {
        assert_eq!(uri("a b/ä:c#?%.toml"), "a%20b/%C3%A4%3Ac%23%3F%25.toml");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
    }
}
