//! The `.envrc` files of both sides of a change, and what each was before.

use std::collections::BTreeMap;

use proofmark_core::pattern::Glob;

use crate::git::{Node, Revision, Trouble};

/// Directories in directories.
const MAX_DEPTH: usize = 128;
/// Bytes of a file whose lines are compared to find what it was called before.
const MAX_COMPARED: u64 = 256 * 1024;
/// The name that direnv looks for.
const NAME: &[u8] = b".envrc";

/// Files by their path from the root, with their object.
pub(super) type Found = BTreeMap<String, String>;

/// Where is looked.
pub(super) struct Reach<'a> {
    /// Paths from the root: files or directories; an empty one is everything.
    pub(super) below: &'a [String],
    pub(super) excludes: &'a [Glob],
}

impl Reach<'_> {
    fn has(&self, path: &str) -> bool {
        let inside = |below: &String| {
            below.is_empty()
                || path == below
                || path.strip_prefix(below.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.below.iter().any(inside) && !self.excludes.iter().any(|glob| glob.matches(path))
    }

    /// Something that is looked at may lie below this directory.
    fn enters(&self, directory: &str) -> bool {
        directory.is_empty()
            || self.has(directory)
            || self
                .below
                .iter()
                .any(|below| below.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// Every file of a revision, be it a link to one. All of them are looked at, also where nothing beside them changed: a link may
/// lead to what did.
pub(super) fn every(revision: &Revision, reach: &Reach<'_>) -> Result<Found, Trouble> {
    let mut found = Found::new();
    let mut open = vec![(String::new(), revision.node("")?, 0)];
    while let Some((path, node, depth)) = open.pop() {
        let Node::Directory(tree) = node else { continue };
        if depth > MAX_DEPTH || !reach.enters(&path) {
            continue;
        }
        for entry in revision.list(&tree)? {
            let below = join(&path, &entry.name);
            match entry.node {
                Node::File(id) | Node::Link(id) if entry.name == NAME && reach.has(&below) => {
                    found.insert(below, id);
                }
                Node::Directory(_) => open.push((below, entry.node, depth + 1)),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Names that are no UTF-8 are shown with replacements; nothing is read by them but what was listed.
fn join(path: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") }
}

/// What a new file was called before: the one of those that are gone with the same bytes, else with most of the same lines.
/// Half of all lines must be the same. `bytes` are those of the new file.
pub(super) fn called_before(
    bytes: &[u8],
    gone: &Found,
    before: &Revision,
) -> Result<Option<String>, Trouble> {
    let mut best: Option<(usize, String)> = None;
    for (path, id) in gone {
        let old = match before.blob(id, MAX_COMPARED) {
            Ok(old) => old,
            Err(Trouble::TooLarge(_)) => continue,
            Err(trouble) => return Err(trouble),
        };
        let score = if old == bytes { 1000 } else { likeness(&old, bytes) };
        if score >= 500 && best.as_ref().is_none_or(|(other, _)| score > *other) {
            best = Some((score, path.clone()));
        }
    }
    Ok(best.map(|(_, path)| path))
}

/// Thousandths of the lines that both have.
fn likeness(one: &[u8], other: &[u8]) -> usize {
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let trimmed = |line: &[u8]| line.trim_ascii().to_vec();
        bytes.split(|byte| *byte == b'\n').map(trimmed).filter(|line| !line.is_empty()).collect()
    };
    let (one, mut other) = (lines(one), lines(other));
    let all = one.len() + other.len();
    let mut same = 0;
    for line in one {
        if let Some(at) = other.iter().position(|candidate| *candidate == line) {
            other.swap_remove(at);
            same += 1;
        }
    }
    (2000_usize * same).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_of_lines() {
        assert_eq!(likeness(b"a\nb\n", b"b\na\n"), 1000);
        assert_eq!(likeness(b"a\nb\n", b"a\nc\n"), 500);
        assert_eq!(likeness(b"a\n", b"b\n"), 0);
        assert_eq!(likeness(b"", b"\n"), 0);
    }

    #[test]
    fn what_is_looked_at() {
        let below = ["services/api".to_owned()];
        let excludes = [Glob::parse("services/api/vendor/**").unwrap()];
        let reach = Reach { below: &below, excludes: &excludes };
        assert!(reach.has("services/api/.envrc") && reach.has("services/api"));
        assert!(!reach.has("services/apix/.envrc") && !reach.has("services/api/vendor/x/.envrc"));
        assert!(reach.enters("") && reach.enters("services") && reach.enters("services/api/x"));
        assert!(!reach.enters("other") && !reach.enters("serv"));
    }
}
