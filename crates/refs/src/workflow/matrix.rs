//! Values of a job's matrix, where an expression names one and says nothing else.
//!
//! Source: GitHub Docs, "Running variations of jobs in a workflow" (`include`), "Evaluate expressions": properties go by their names
//! in whatever case.

use crate::found::{NoEdit, Place};
use crate::yaml::{Emitter, Id, Tree, has_prefix};

/// Values that a text with parts of a matrix may have.
const MAX_VALUES: usize = 256;

/// The values that a matrix has at a path.
#[derive(Default)]
struct Values {
    known: Vec<Id>,
    /// Expressions, whose value may be one or hold one.
    open: Vec<Id>,
    /// Whether these are all.
    all: bool,
}

impl Values {
    /// Those of a job at a path.
    fn of(tree: &Tree<'_>, job: Id, path: &[String]) -> Self {
        let mut values = Self::default();
        let matrix = tree.last(job, "strategy").and_then(|strategy| tree.last(strategy, "matrix"));
        let (Some(matrix), Some((axis, below))) = (matrix, path.split_first()) else { return values };
        values.all =
            tree.is_mapping(matrix) && !tree.pairs(matrix).iter().any(|(key, _)| is_inserted(tree, *key));
        for axis in tree.get_folded(matrix, axis) {
            values.all &= tree.scalar(axis).is_none();
            for value in tree.items(axis) {
                values.reach(tree, *value, below);
            }
        }
        for include in tree.get_folded(matrix, "include") {
            values.all &= tree.scalar(include).is_none();
            for row in tree.items(include) {
                values.reach(tree, *row, path);
            }
        }
        values
    }

    fn reach(&mut self, tree: &Tree<'_>, id: Id, path: &[String]) {
        let Some((key, below)) = path.split_first() else {
            return self.known.push(id);
        };
        if tree.scalar(id).is_some_and(|text| text.contains("${{")) {
            return self.open.push(id);
        }
        for value in tree.get_folded(id, key) {
            self.reach(tree, value, below);
        }
        self.open.extend(inserted(tree, id));
    }

    /// Whether they are told, so that the place itself need not be.
    fn are_told(&self) -> bool {
        self.all && !(self.known.is_empty() && self.open.is_empty())
    }
}

/// `${{ insert }}`: the pairs of a mapping that an expression gives.
fn is_inserted(tree: &Tree<'_>, key: Id) -> bool {
    tree.scalar(key).is_some_and(|key| key.contains("${{"))
}

/// What an expression inserts into a mapping.
pub(super) fn inserted(tree: &Tree<'_>, id: Id) -> Vec<Id> {
    let pairs = tree.pairs(id).into_iter();
    pairs.filter(|(key, _)| is_inserted(tree, *key)).map(|(_, value)| value).collect()
}

/// `image` of a container, and what an expression inserts beside it.
pub(super) fn images(tree: &Tree<'_>, id: Id) -> Vec<Id> {
    let pairs = tree.pairs(id).into_iter();
    let named = |key: Id| tree.scalar(key).is_some_and(|key| key.eq_ignore_ascii_case("image"));
    pairs.filter(|(key, _)| named(*key) || is_inserted(tree, *key)).map(|(_, value)| value).collect()
}

/// `${{ matrix.a.b }}` and nothing else: the values that the job's matrix has there. `false` if these may not be all.
pub(super) fn from_matrix(emitter: &mut Emitter<'_>, place: Place, text: &str, job: Id) -> bool {
    let tree = emitter.tree;
    let Some(path) = matrix_path(text.trim()) else { return false };
    let name = format!("matrix.{}", path.join("."));
    // Thousands of steps may name the same thousands of values.
    let key = (job, place, name.to_ascii_lowercase());
    if let Some(told) = emitter.matrices.get(&key) {
        return *told;
    }
    let values = Values::of(tree, job, &path);
    let before = emitter.hits.len();
    for value in &values.known {
        for image in if tree.is_mapping(*value) { images(tree, *value) } else { vec![*value] } {
            emitter.image(place, image);
        }
    }
    // A value that is also used for something else, such as the name of an artifact, is not ours to change.
    if !tree.spend(tree.source.len() / 16) || tree.source.matches(&name).nth(1).is_some() {
        for hit in &mut emitter.hits[before..] {
            hit.refuse(NoEdit::Shared(name.clone()));
        }
    }
    for open in &values.open {
        emitter.image(place, *open);
    }
    emitter.matrices.insert(key, values.are_told());
    values.are_told()
}

/// What a text becomes with the values of the matrix in it, in every combination; and whether all of these are used, as they are of
/// a single value. `None`: it has other expressions, or these may not be all.
pub(super) fn with_matrix(tree: &Tree<'_>, text: &str, job: Id) -> Option<(Vec<String>, bool)> {
    let mut texts = vec![String::new()];
    let (mut rest, mut parts) = (text, 0_usize);
    while let Some((before, after)) = rest.split_once("${{") {
        let (inner, after) = after.split_once("}}")?;
        let values = Values::of(tree, job, &matrix_path(&format!("${{{{{inner}}}}}"))?);
        let text_of = |id: &Id| tree.scalar(*id).filter(|_| !tree.is_ambiguous(*id));
        let known: Vec<&str> = values.known.iter().map(text_of).collect::<Option<_>>()?;
        let written =
            values.are_told() && values.open.is_empty() && !known.iter().any(|one| one.contains("${{"));
        let count = known.len().saturating_mul(texts.len());
        if !written || count > MAX_VALUES || !tree.spend(count.saturating_mul(text.len())) {
            return None;
        }
        let with =
            |text: &String| known.iter().map(|value| format!("{text}{before}{value}")).collect::<Vec<_>>();
        texts = texts.iter().flat_map(with).collect();
        (rest, parts) = (after, parts + 1);
    }
    for text in &mut texts {
        text.push_str(rest);
    }
    Some((texts, parts < 2))
}

/// The path of an expression that is one context access and nothing else.
fn matrix_path(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("${{")?.strip_suffix("}}")?.trim();
    let inner = inner.get("matrix.".len()..).filter(|_| has_prefix(inner, "matrix."))?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let path: Vec<String> = inner.split('.').map(str::to_owned).collect();
    path.iter().all(|key| !key.is_empty() && key.chars().all(word)).then_some(path)
}
