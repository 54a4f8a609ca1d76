//! `[[image]]` entries: the first that matches decides, so order and overlap count as much as what an entry asks for.

use std::collections::BTreeMap;

use proofmark_core::pattern::Glob;
use proofmark_core::{Digest, Origin, Platform, Repository, Threshold};

use super::attestation::{attestations, equal};
use super::{Budget, Changes, Way};
use crate::{Also, DigestList, ImageEntry, ListedDigest, RepositoryRule};

/// Something of an entry that is otherwise.
pub(super) struct Delta {
    pub(super) way: Way,
    pub(super) text: String,
    /// Where, if that is elsewhere than the entry.
    pub(super) origin: Option<Origin>,
}

impl Delta {
    pub(super) fn new(way: Way, text: impl Into<String>) -> Self {
        Self { way, text: text.into(), origin: None }
    }
}

/// What is asked of a pair of entries.
struct Pairs<'a> {
    /// An image of a pull-through cache is matched by two names: patterns of different hosts may then both match it.
    proxies: bool,
    budget: &'a Budget,
}

impl Pairs<'_> {
    /// Whether some name may match both: never a wrong no.
    fn may_overlap(&self, a: &ImageEntry, b: &ImageEntry) -> bool {
        let fixed = |glob: &Glob| glob.as_str().find('*').unwrap_or(glob.as_str().len());
        let (a, b) = (&a.pattern, &b.pattern);
        self.proxies
            || match (a.is_literal(), b.is_literal()) {
                (true, _) => b.matches(a.as_str()),
                (_, true) => a.matches(b.as_str()),
                _ => {
                    let common = fixed(a).min(fixed(b));
                    a.as_str().as_bytes().get(..common) == b.as_str().as_bytes().get(..common)
                }
            }
    }

    /// Whether all that `is` accepts, `was` accepts: never a wrong yes.
    fn is_tighter(&self, was: &ImageEntry, is: &ImageEntry) -> bool {
        deltas(was, is, self.budget).iter().all(|delta| delta.way != Way::Loosens)
    }

    /// Whether an image that `was` decided on may be decided on by `is`, which accepts something else.
    fn may_loosen(&self, was: &ImageEntry, is: &ImageEntry) -> bool {
        !self.budget.spend(1) || (self.may_overlap(was, is) && !self.is_tighter(was, is))
    }
}

pub(super) fn entries(
    before: &[ImageEntry],
    after: &[ImageEntry],
    proxies: bool,
    budget: &Budget,
    changes: &mut Changes,
) {
    let pairs = Pairs { proxies, budget };
    let by_pattern = |entries: &[ImageEntry]| -> BTreeMap<String, usize> {
        entries.iter().enumerate().map(|(at, entry)| (entry.pattern.as_str().to_owned(), at)).collect()
    };
    let (known, kept) = (by_pattern(before), by_pattern(after));
    let was_of = |is: &ImageEntry| known.get(is.pattern.as_str()).copied();
    for is in after {
        match was_of(is).and_then(|at| before.get(at)) {
            Some(was) => {
                for delta in deltas(was, is, budget) {
                    let origin = delta.origin.as_ref().unwrap_or(&is.origin);
                    changes.push(delta.way, origin, format!("{}: {}", shown(is), delta.text));
                }
            }
            None => added(before, is, &pairs, changes),
        }
    }
    for was in before.iter().filter(|was| !kept.contains_key(was.pattern.as_str())) {
        match after.iter().find(|is| pairs.may_loosen(was, is)) {
            Some(is) => {
                let text = format!("{} is removed, and {} may decide in its place", shown(was), shown(is));
                changes.loosens(&was.origin, text);
            }
            None => changes.tightens(&was.origin, format!("{} is removed", shown(was))),
        }
    }
    let places = after.iter().filter_map(|is| was_of(is).map(|at| (at, is))).collect::<Vec<_>>();
    reordered(before, &places, &pairs, changes);
}

/// A new entry is no loosening where some entry decided on all that it matches, and it asks for more than each that did.
fn added(before: &[ImageEntry], is: &ImageEntry, pairs: &Pairs<'_>, changes: &mut Changes) {
    let mut steps = pairs.budget.0.get();
    let covered = before.iter().any(|was| was.pattern.covers_within(&is.pattern, &mut steps) == Some(true));
    pairs.budget.0.set(steps);
    match before.iter().find(|was| pairs.may_loosen(was, is)) {
        None if covered => changes.tightens(&is.origin, format!("{} is new, and asks for more", shown(is))),
        None => changes.loosens(&is.origin, format!("{} is new: no entry let these images pass", shown(is))),
        Some(was) => {
            let text = format!("{} is new, and does not ask for all that {} asks for", shown(is), shown(was));
            changes.loosens(&is.origin, text);
        }
    }
}

/// Of two entries that both match an image the other is now the first. `places`: where each entry of the request stood.
fn reordered(
    before: &[ImageEntry],
    places: &[(usize, &ImageEntry)],
    pairs: &Pairs<'_>,
    changes: &mut Changes,
) {
    if places.is_sorted_by_key(|(at, _)| *at) {
        return;
    }
    for (at, (first, is)) in places.iter().enumerate() {
        let later = places.get(at + 1..).unwrap_or_default();
        if !pairs.budget.spend(later.len()) {
            return changes.loosens(&is.origin, "the entries are too many in another order to be compared");
        }
        let passed = later
            .iter()
            .find(|(then, _)| then < first && before.get(*then).is_none_or(|was| pairs.may_loosen(was, is)));
        if let Some((_, other)) = passed {
            changes.loosens(&is.origin, format!("{} now comes before {}", shown(is), shown(other)));
        }
    }
}

fn shown(entry: &ImageEntry) -> String {
    format!("[[image]] match = \"{}\"", entry.pattern.as_str())
}

/// What an entry asks for otherwise. The pattern is the caller's.
fn deltas(was: &ImageEntry, is: &ImageEntry, budget: &Budget) -> Vec<Delta> {
    let ImageEntry {
        pattern: _,
        signed_by,
        digests,
        repository,
        also,
        tag_from,
        base,
        attestation,
        origin: _,
    } = is;
    let mut deltas = Vec::new();
    deltas.extend(optional("signed-by", was.signed_by.as_ref(), signed_by.as_ref(), |was, is| {
        threshold(was, is).map(|way| Delta::new(way, threshold_text("signed-by", way))).into_iter().collect()
    }));
    deltas
        .extend(optional("digests", was.digests.as_ref(), digests.as_ref(), |was, is| rows(was, is, budget)));
    let rank = |rule: RepositoryRule| match rule {
        RepositoryRule::Any => 0,
        RepositoryRule::NotOther => 1,
        RepositoryRule::Bound => 2,
    };
    deltas.extend(ordered("repository", rank(was.repository), rank(*repository)));
    deltas.extend(mapped(&was.also, also));
    deltas.extend(optional("tag-from", was.tag_from.as_ref(), tag_from.as_ref(), |was, is| {
        equal("tag-from", was, is)
    }));
    deltas.extend(optional("base", was.base.as_ref(), base.as_ref(), |was, is| {
        ordered("base", i32::from(!was.scratch), i32::from(!is.scratch)).into_iter().collect()
    }));
    deltas.extend(attestations(&was.attestation, attestation));
    deltas
}

/// Requirements are joined by AND: one more tightens, one less loosens.
pub(super) fn optional<T>(
    name: &str,
    was: Option<&T>,
    is: Option<&T>,
    both: impl FnOnce(&T, &T) -> Vec<Delta>,
) -> Vec<Delta> {
    match (was, is) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![Delta::new(Way::Tightens, format!("{name} is new"))],
        (Some(_), None) => vec![Delta::new(Way::Loosens, format!("{name} is removed"))],
        (Some(was), Some(is)) => both(was, is),
    }
}

/// A value of which the greater asks for more.
pub(super) fn ordered<T: Ord>(name: &str, was: T, is: T) -> Option<Delta> {
    match is.cmp(&was) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Delta::new(Way::Tightens, format!("{name} asks for more"))),
        std::cmp::Ordering::Less => Some(Delta::new(Way::Loosens, format!("{name} asks for less"))),
    }
}

pub(super) fn threshold_text(name: &str, way: Way) -> String {
    let how = if way == Way::Loosens { "less, or others" } else { "more" };
    format!("{name} asks for {how}")
}

/// Whoever satisfies `is` has so many of its signers; all but those that are new are signers of `was`.
pub(super) fn threshold(was: &Threshold, is: &Threshold) -> Option<Way> {
    let Threshold { at_least, of, origin: _ } = is;
    let new = of.iter().filter(|name| !was.of.contains(name)).count();
    if new == 0 && of.len() == was.of.len() && *at_least == was.at_least {
        return None;
    }
    Some(if at_least.saturating_sub(new) >= was.at_least { Way::Tightens } else { Way::Loosens })
}

/// A mapping more makes a claim count that did not.
fn mapped(was: &[Also], is: &[Also]) -> Option<Delta> {
    let holds = |all: &[Also], one: &Also| {
        all.iter().any(|other| (&other.claimed, &other.here) == (&one.claimed, &one.here))
    };
    if is.iter().any(|one| !holds(was, one)) {
        return Some(Delta::new(Way::Loosens, "also has a mapping more"));
    }
    let fewer = was.iter().any(|one| !holds(is, one));
    fewer.then(|| Delta::new(Way::Tightens, "also has a mapping less"))
}

/// The rows of a digest list.
fn rows(was: &DigestList, is: &DigestList, budget: &Budget) -> Vec<Delta> {
    if !budget.spend(was.rows.len() + is.rows.len()) {
        return vec![Delta::new(Way::Loosens, "digests: there are too many rows to be compared")];
    }
    let (known, kept) = (by_digest(&was.rows), by_digest(&is.rows));
    let mut deltas = Vec::new();
    let mut tell = |way, row: &ListedDigest, how: &str| {
        let text = format!("{}@{} in {} {how}", row.repository, row.digest, is.name);
        deltas.push(Delta { way, text, origin: Some(row.origin.clone()) });
    };
    for row in is.rows.iter() {
        match known.get(&key(row)) {
            None => tell(Way::Loosens, row, "is new"),
            Some(others) => match others.iter().filter_map(|other| listed(other, row)).min() {
                Some(Way::Neutral) => {}
                Some(_) => tell(Way::Tightens, row, "holds for less"),
                None => tell(Way::Loosens, row, "holds for longer, or for more platforms"),
            },
        }
    }
    for row in was.rows.iter().filter(|row| !kept.contains_key(&key(row))) {
        tell(Way::Tightens, row, "is removed");
    }
    deltas
}

type Key<'a> = (&'a Repository, &'a Digest);

const fn key(row: &ListedDigest) -> Key<'_> {
    (&row.repository, &row.digest)
}

fn by_digest(rows: &[ListedDigest]) -> BTreeMap<Key<'_>, Vec<&ListedDigest>> {
    let mut map: BTreeMap<Key<'_>, Vec<&ListedDigest>> = BTreeMap::new();
    for row in rows {
        map.entry(key(row)).or_default().push(row);
    }
    map
}

/// How a row that says no more than another stands to it; `None` if it says more.
fn listed(was: &ListedDigest, is: &ListedDigest) -> Option<Way> {
    let ListedDigest { repository: _, digest: _, platforms, why: _, by: _, not_after, origin: _ } = is;
    let ends = match (was.not_after, *not_after) {
        (was, is) if was == is => Way::Neutral,
        (None, Some(_)) => Way::Tightens,
        (Some(was), Some(is)) if is < was => Way::Tightens,
        _ => return None,
    };
    let all_of =
        |some: &[Platform], others: &[Platform]| some.iter().all(|platform| others.contains(platform));
    let on = match (was.platforms.as_slice(), platforms.as_slice()) {
        (was, is) if all_of(was, is) && all_of(is, was) => Way::Neutral,
        ([], _) => Way::Tightens,
        (_, []) => return None,
        (was, is) if all_of(is, was) => Way::Tightens,
        _ => return None,
    };
    Some(ends.max(on))
}
