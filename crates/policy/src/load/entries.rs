//! The first matching entry decides: one that an earlier entry shadows is a rule that someone believes in, and that is not in force.

use std::collections::BTreeMap;

use proofmark_core::Origin;
use proofmark_core::pattern::Glob;
use proofmark_core::registry::RegistryEntry;

use super::draft::DraftImage;
use crate::ImageEntry;
use crate::error::{Code, Errors};

/// Steps that comparing all patterns may take: some tens of milliseconds. Two thousand entries of everyday shapes take a
/// fraction; patterns that are made to be slow do not get further.
const MAX_STEPS: u64 = 50_000_000;
/// Steps that it costs to look at a pair at all.
const PAIR: u64 = 8;

/// Tells entries that can never match because of an earlier one.
pub(super) fn check_reachable(images: &[DraftImage], errors: &mut Errors) {
    // A pattern without wildcards covers its own text alone, and so is found by it.
    let mut literal: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wild: Vec<usize> = Vec::new();
    let mut budget = MAX_STEPS;
    for (index, image) in images.iter().enumerate() {
        let Ok(first) = first_covering(images, &wild, &image.pattern, &mut budget) else {
            return too_many(&image.origin, errors);
        };
        let same = literal.get(image.pattern.as_str()).copied();
        if let Some(earlier) = first.into_iter().chain(same).min().and_then(|first| images.get(first)) {
            let message = format!(
                "`{}` never decides: `{}` in line {} matches all of it first",
                image.pattern.as_str(),
                earlier.pattern.as_str(),
                earlier.origin.start.line
            );
            errors.push(Code::EntryUnreachable, &image.origin, message, "put the narrower entry first");
        }
        if image.pattern.is_literal() {
            literal.entry(image.pattern.as_str()).or_insert(index);
        } else {
            wild.push(index);
        }
    }
}

/// Tells entries for a pull-through cache that can never match because an earlier one matches all of its upstream.
pub(super) fn check_upstream(images: &[ImageEntry], registries: &[RegistryEntry], errors: &mut Errors) {
    let mut budget = MAX_STEPS;
    for (index, image) in images.iter().enumerate() {
        for upstream in registries.iter().filter_map(|registry| upstream(&image.pattern, registry)) {
            for earlier in images.iter().take(index) {
                match earlier.pattern.covers_within(&upstream, &mut budget) {
                    Some(true) => never_decides(image, &upstream, earlier, errors),
                    Some(false) => continue,
                    None => too_many(&image.origin, errors),
                }
                break;
            }
        }
    }
}

fn never_decides(image: &ImageEntry, upstream: &Glob, earlier: &ImageEntry, errors: &mut Errors) {
    let message = format!(
        "`{}` never decides: it is `{}` upstream, and `{}` in line {} matches all of that first",
        image.pattern.as_str(),
        upstream.as_str(),
        earlier.pattern.as_str(),
        earlier.origin.start.line
    );
    errors.push(Code::EntryUnreachable, &image.origin, message, "put the narrower entry first");
}

fn too_many(origin: &Origin, errors: &mut Errors) {
    let message = "the patterns before this entry are too many and too much alike to be compared with it";
    errors.push(Code::Limit, origin, message, "use fewer wildcards, or join entries");
}

/// What a pattern of names at a pull-through cache is upstream.
fn upstream(pattern: &Glob, registry: &RegistryEntry) -> Option<Glob> {
    let proxy = registry.proxy_of.as_ref()?;
    let below = pattern.as_str().strip_prefix(&registry.host.to_string())?.strip_prefix('/')?;
    let rest = match proxy.path.as_str() {
        "" => below,
        path => below.strip_prefix(path)?.strip_prefix('/')?,
    };
    Glob::parse(&format!("{}/{rest}", proxy.upstream)).ok()
}

/// The budget was not enough.
struct Spent;

fn first_covering(
    images: &[DraftImage],
    wild: &[usize],
    pattern: &Glob,
    budget: &mut u64,
) -> Result<Option<usize>, Spent> {
    // Every name has a host and a path: of what `**` matches, only names of two segments and more are asked about.
    let names = if pattern.as_str() == "**" { Glob::parse("*/**").ok() } else { None };
    let narrow = names.as_ref().unwrap_or(pattern);
    for &index in wild {
        *budget = budget.checked_sub(PAIR).ok_or(Spent)?;
        let Some(earlier) = images.get(index) else { continue };
        if earlier.pattern.covers_within(narrow, budget).ok_or(Spent)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}
