//! Files among the allowlists that nothing reads: a mistyped name would be a list that is not in effect, and nobody told.

use proofmark_core::Severity;

use crate::LintFinding;
use crate::lint::rules;
use crate::schema::nearest;
use crate::source::nowhere;

use super::reader::Reader;

const DIRECTORY: &str = "allowlists";
const SUFFIX: &str = ".toml";
/// So many are told.
const MAX_TOLD: usize = 16;

/// A finding for each list that was not read; `known` are the lists that are read where they are, as paths.
pub(super) fn findings(reader: &Reader<'_>, known: &[&str]) -> Vec<LintFinding> {
    let absent: Vec<&str> =
        known.iter().filter(|path| !reader.has_read(path)).filter_map(|path| stem(path)).collect();
    let mut names = reader.files().names(DIRECTORY);
    names.sort();
    let paths = names.into_iter().map(|name| format!("{DIRECTORY}/{name}"));
    let unread = paths.filter(|path| path.ends_with(SUFFIX) && !reader.has_read(path));
    unread.take(MAX_TOLD).map(|path| finding(&reader.files().display(&path), meant(&path, &absent))).collect()
}

/// The list that a path may have been meant for.
fn meant<'a>(path: &str, absent: &[&'a str]) -> Option<&'a str> {
    stem(path).and_then(|word| nearest(word, absent.iter().copied()))
}

fn stem(path: &str) -> Option<&str> {
    path.strip_prefix(DIRECTORY)?.strip_prefix('/')?.strip_suffix(SUFFIX)
}

fn finding(path: &str, meant: Option<&str>) -> LintFinding {
    let (severity, help) = match meant {
        Some(name) => (Severity::Medium, format!("did you mean {name}{SUFFIX}? rename it")),
        None => (Severity::Low, "name it in an entry (`digests = …`), or move it elsewhere".to_owned()),
    };
    let message = format!("nothing reads {path}: what it says is not in effect");
    LintFinding { rule: rules::UNREAD, severity, message, origin: nowhere(path.to_owned()), help }
}
