//! Others who give a download the same SHA-256: from another operator, and from another place than the download itself.

use std::collections::BTreeSet;

use proofmark_core::Digest;
use proofmark_lock::SourceOf;

use super::error::AddError;
use super::outside::{Fetch, MAX_LISTING};
use crate::recipe::{List, Listed, Recipe, listed, origin};

/// What the lists said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Agreed {
    /// Those that count, sorted.
    pub(super) sources: Vec<SourceOf>,
    /// Why the others do not, a sentence each.
    pub(super) silent: Vec<String>,
}

/// Asks every list until `wanted` agree, and at least those that are named by hand. One that gives another SHA-256 ends it: two who
/// disagree are no reason to believe either.
pub(super) fn agreed<F: Fetch>(
    fetch: &mut F,
    recipe: &Recipe,
    lists: &[List],
    before: &[SourceOf],
    download: (&str, &str, &Digest),
    wanted: usize,
) -> Result<Agreed, AddError> {
    let (url, version, sha256) = download;
    let mut agreed = Agreed { sources: before.to_vec(), silent: Vec::new() };
    for (at, list) in lists.iter().chain(&recipe.lists).enumerate() {
        let named = at < lists.len();
        if !named && counted(&agreed.sources, &recipe.vendor, url) >= wanted {
            break;
        }
        if let Some(why) = same_hand(list, &recipe.vendor, url) {
            agreed.silent.push(why);
            continue;
        }
        let text = match fetch.small(&list.at, MAX_LISTING) {
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(None) => {
                agreed.silent.push(format!("{} is not there", list.at));
                continue;
            }
            // A list that cannot be had is one source less, and is told.
            Err(error) => {
                agreed.silent.push(error.to_string());
                continue;
            }
        };
        match listed(&text, url, version) {
            Listed::Sum(sum) if sum == *sha256 => {
                let source = SourceOf { operator: list.operator.clone(), at: list.at.clone() };
                if !agreed.sources.contains(&source) {
                    agreed.sources.push(source);
                }
            }
            Listed::Nothing => agreed.silent.push(format!("{} says nothing of it", list.at)),
            other => {
                return Err(AddError::Disagree {
                    operator: list.operator.clone(),
                    at: list.at.clone(),
                    url: url.to_owned(),
                    listed: match other {
                        Listed::Sum(sum) => vec![sum],
                        Listed::Several(sums) => sums,
                        Listed::Nothing => Vec::new(),
                    },
                    found: sha256.clone(),
                });
            }
        }
    }
    agreed.sources.sort();
    Ok(agreed)
}

/// Why a list is no other's: the vendor keeps it, or it lies where the download lies.
fn same_hand(list: &List, vendor: &str, url: &str) -> Option<String> {
    if list.operator.eq_ignore_ascii_case(vendor) {
        return Some(format!("{} is the vendor's own list", list.at));
    }
    (origin(&list.at) == origin(url)).then(|| format!("{} lies where the download lies", list.at))
}

/// How many count: operators other than the vendor, with lists at as many places, none of them the download's.
pub(super) fn counted(sources: &[SourceOf], vendor: &str, url: &str) -> usize {
    let others: Vec<&SourceOf> = sources
        .iter()
        .filter(|one| {
            same_hand(&List { operator: one.operator.clone(), at: one.at.clone() }, vendor, url).is_none()
        })
        .collect();
    let operators: BTreeSet<String> = others.iter().map(|one| one.operator.to_ascii_lowercase()).collect();
    let places: BTreeSet<String> = others.iter().map(|one| origin(&one.at)).collect();
    operators.len().min(places.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_operator_and_one_place_count_once() {
        let of = |rows: &[(&str, &str)]| {
            let sources: Vec<SourceOf> = rows
                .iter()
                .map(|(operator, at)| SourceOf { operator: (*operator).to_owned(), at: (*at).to_owned() })
                .collect();
            counted(&sources, "acme", "https://github.com/acme/tool/releases/download/v1/tool")
        };
        let (hermit, brew) = ("https://raw.githubusercontent.com/cashapp/x", "https://formulae.brew.sh/y");
        for (rows, count) in [
            (&[][..], 0),
            (&[("cashapp", hermit)], 1),
            (&[("cashapp", hermit), ("homebrew", brew)], 2),
            (&[("cashapp", hermit), ("Cashapp", brew)], 1),
            (&[("cashapp", hermit), ("another", "https://raw.githubusercontent.com/cashapp/z")], 1),
            (&[("ACME", brew)], 0),
            (&[("friend", "https://raw.githubusercontent.com/acme/list")], 0),
        ] {
            assert_eq!(of(rows), count, "{rows:?}");
        }
    }
}
