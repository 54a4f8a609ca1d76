//! The keys of every file of a policy: one table, from which the loader checks and the JSON Schema is made.

mod check;
pub(crate) mod files;
mod json;
pub(crate) mod policy;
pub(crate) mod value;
mod view;

pub(crate) use check::parse;
pub use json::{allowlist_schema, json_schema};
pub use value::span as parse_span;
pub(crate) use view::{Item, Text, View};

/// Entries of a policy, listed registries, and exceptions: each is looked at for every image.
pub(crate) const MAX_ENTRIES: usize = 2000;
/// Rows of a digest list, and denied digests.
pub(crate) const MAX_ROWS: usize = 20_000;
/// Names that the user chooses in one table: signers.
pub(crate) const MAX_NAMES: usize = 1000;
/// Items of one list.
pub(crate) const MAX_ITEMS: usize = 1000;
/// Candidates that one suggestion lists.
const MAX_CANDIDATES: usize = 24;
/// Characters of a word that may be a slip of the pen.
const MAX_SLIP: usize = 64;

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A string that is not empty.
    Text,
    /// `true` or `false`.
    Flag,
    /// An integer.
    Whole,
    /// A date without quotes, such as `2027-06-30`: UTC, to the end of that day.
    Date,
    /// A date, or a date and time with offset.
    Moment,
    /// Bytes: an integer, or a string such as `64MiB`.
    Bytes,
    /// A duration such as `20s`, `10m`, `12h`, `7d` or `2w`.
    Span,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any scalar.
    Scalar,
    /// A list.
    List(&'static Kind),
    /// A table of known keys.
    Table(&'static Table),
    /// `[[…]]`, at most so many.
    Rows(&'static Table, usize),
    /// A table whose keys are names that the user chooses.
    Named(&'static Kind),
    /// A table whose keys are certificate extensions, with text.
    Extensions,
    /// One of several kinds.
    Either(&'static [Kind]),
}

/// A table and its keys.
#[derive(Debug)]
pub(crate) struct Table {
    /// What it is, for the JSON Schema.
    pub(crate) doc: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) doc: &'static str,
}

/// A key that must be there.
pub(crate) const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}

/// A key that may be there.
pub(crate) const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}

/// The candidate that was most likely meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(MAX_SLIP + 1).count();
    if length > MAX_SLIP {
        return None;
    }
    let allowed = (length / 4 + 1).min(length / 2);
    let shape = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&shape(word), &shape(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// ``did you mean `x`?``, or the list of what there is.
pub(crate) fn suggestion(word: &str, candidates: &[&str], none: &str) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => none.to_owned(),
        None if candidates.len() > MAX_CANDIDATES => {
            format!("one of: {}, …", candidates.get(..MAX_CANDIDATES).unwrap_or_default().join(", "))
        }
        None => format!("one of: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn did_you_mean() {
        let keys = ["issuer", "identity", "signed-by", "key"];
        assert_eq!(nearest("isuer", keys), Some("issuer"));
        assert_eq!(nearest("signed_by", keys), Some("signed-by"));
        assert_eq!(nearest("Identity", keys), Some("identity"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("c", ["a"]), None);
        assert_eq!(nearest(&"a".repeat(65), [format!("{}b", "a".repeat(64)).as_str()]), None);
        assert_eq!(suggestion("x", &["yyyy"; 25], "").matches("yyyy").count(), 24);
        assert_eq!(suggestion("x", &[], "write one"), "write one");
    }
}
