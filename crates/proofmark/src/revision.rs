//! `--policy-from REV`: the policy is REV's, and so are the inline allows; what the request makes of them is told beside.

use std::collections::BTreeMap;
use std::path::Path;

use proofmark_core::registry::MirrorAt;
use proofmark_core::{Origin, Timestamp};
use proofmark_engine::Scanned;
use proofmark_policy::{
    FILE_NAME, How, LintFinding, LoadFailure, Location, OwnerRule, Policy, changes, locate, replaced,
};
use proofmark_refs::{ScanLimits, keep_allows_of, scan};

use crate::cli::PolicySource;
use crate::failure::Failure;
use crate::git::{Node, Place, Revision, RevisionFiles, Trouble};
use crate::policy_source::{broken, directory_of, shown_relative, with_options};
use crate::scanning::Source;

/// The revision that is asked for, of the repository around the policy that is named, or around `start`.
pub(crate) fn open(start: &Path, source: &PolicySource) -> Result<Option<Revision>, Failure> {
    let Some(name) = &source.policy_from else { return Ok(None) };
    let place = Place::of(source.policy.as_deref().unwrap_or(start))?;
    Revision::open(&place, name).map(Some)
}

/// The policy in the revision, with a finding for each thing that the working tree has otherwise.
pub(crate) fn load(
    revision: &Revision,
    start: &Path,
    source: &PolicySource,
    now: Timestamp,
) -> Result<Policy, Failure> {
    let (directory, name) = find(revision, start, source)?;
    let here = std::path::absolute(".").ok();
    let files = RevisionFiles::new(revision, &directory, here.as_deref());
    let how = How::Revision(revision.name().to_owned());
    let loaded =
        with_options(OwnerRule::Any, None, now, |options| Policy::load_from(&files, &name, how, options));
    let mut policy = loaded.map_err(|failure| broken(&failure))?;
    let told = told(revision, &policy, (&directory, &name), start, source, now);
    policy.findings.extend(told);
    policy.path = format!("{}@{}({})", files.plain(&name), revision.name(), revision.commit()).into();
    // What a directory of the request lacks is not absent: the request may have removed it.
    for mirror in policy.registries.iter_mut().flat_map(|entry| &mut entry.mirrors) {
        if matches!(&mirror.at, MirrorAt::Layout(dir) if dir.starts_with(revision.root())) {
            mirror.authoritative = false;
        }
    }
    Ok(shown_relative(policy))
}

/// Where the policy of a revision lies, in the working tree.
pub(crate) fn directory(
    revision: &Revision,
    start: &Path,
    source: &PolicySource,
) -> Result<std::path::PathBuf, Failure> {
    Ok(revision.root().join(find(revision, start, source)?.0))
}

/// The policy's directory and file: what is named, or the nearest upward in the revision's own tree.
fn find(revision: &Revision, start: &Path, source: &PolicySource) -> Result<(String, String), Failure> {
    let node = |path: &str| revision.node(path).map_err(|trouble| revision.unreadable(&trouble));
    let split = |path: &str| match path.rsplit_once('/') {
        Some((directory, name)) => (directory.to_owned(), name.to_owned()),
        None => (String::new(), path.to_owned()),
    };
    let join = |directory: &str| match directory {
        "" => FILE_NAME.to_owned(),
        directory => format!("{directory}/{FILE_NAME}"),
    };
    let not_found = |what: &str| {
        Failure::usage(
            "policy-not-found",
            format!("no policy in the revision {} ({}): {what}", revision.name(), revision.short()),
            "name a revision that has the policy; the working tree's is not used with --policy-from",
        )
    };
    let below = Place::of(source.policy.as_deref().unwrap_or(start))?.below;
    if source.policy.is_some() {
        let file = if matches!(node(&below)?, Node::Directory(_)) { join(&below) } else { below };
        return match node(&file)? {
            Node::Nothing | Node::Behind => Err(not_found(&format!("{file} is not there"))),
            _ => Ok(split(&file)),
        };
    }
    let mut directory = below.as_str();
    loop {
        let file = join(directory);
        if !matches!(node(&file)?, Node::Nothing | Node::Behind) {
            return Ok(split(&file));
        }
        if directory.is_empty() {
            return Err(not_found(&format!(
                "no {FILE_NAME} in {} or above it",
                if below.is_empty() { "." } else { &below }
            )));
        }
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// What the working tree's policy says otherwise. It is compared and believed in nothing, so nobody asks who owns it.
fn told(
    revision: &Revision,
    policy: &Policy,
    (directory, name): (&str, &str),
    start: &Path,
    source: &PolicySource,
    now: Timestamp,
) -> Vec<LintFinding> {
    let located = match &source.policy {
        Some(path) => Location::at(path),
        None => locate(directory_of(start)),
    };
    let location = match located {
        Ok(location) => location,
        Err(error) => return vec![replaced(policy, &format!("the policy is gone: {}", error.message), None)],
    };
    let place = Place::of(&location.file).ok();
    let place = place.filter(|place| place.root == revision.root()).map(|place| place.below);
    let expected = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
    if place.as_deref() != Some(expected.as_str()) {
        let text = format!("another policy would decide: {} and not {expected}", location.file.display());
        return vec![replaced(policy, &text, None)];
    }
    let here = std::path::absolute(".").ok();
    let loaded =
        with_options(OwnerRule::Any, here.as_deref(), now, |options| Policy::load(&location, options));
    match loaded {
        Ok(after) => changes(policy, &after),
        Err(failure) => vec![does_not_load(policy, &failure)],
    }
}

fn does_not_load(policy: &Policy, failure: &LoadFailure) -> LintFinding {
    let first: Option<&Origin> = failure.errors.first().map(|error| &error.origin);
    let cause = failure.errors.first().map(|error| format!(": {}", error.message)).unwrap_or_default();
    replaced(policy, &format!("the policy of the working tree does not load{cause}"), first)
}

/// Inline allows count that stood beside the same reference in the same file of the revision.
pub(crate) fn settle_allows(
    revision: &Revision,
    scanned: &mut Scanned,
    sources: &[Source],
) -> Result<(), Failure> {
    let limits = ScanLimits::default();
    let max = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    let mut read: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for (one, Source { path, .. }) in scanned.scans.iter_mut().zip(sources) {
        if one.allows.is_empty() {
            continue;
        }
        let Some(below) = below(revision, path) else {
            keep_allows_of(one, None);
            continue;
        };
        if !read.contains_key(&below) {
            let bytes = before(revision, &below, max).map_err(|trouble| revision.unreadable(&trouble))?;
            read.insert(below.clone(), bytes);
        }
        let bytes = read.get(&below).and_then(Option::as_ref);
        let known = bytes.map(|bytes| scan(&below, bytes, one.kind, &limits));
        keep_allows_of(one, known.as_ref());
    }
    Ok(())
}

/// The path of a file below the root, without links: the file that is read is the file that is looked up.
fn below(revision: &Revision, path: &Path) -> Option<String> {
    let real = std::fs::canonicalize(path).ok()?;
    let below = real.strip_prefix(revision.root()).ok()?;
    let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
    names.map(|names| names.join("/"))
}

/// The file as the revision has it; none if it is no file there.
fn before(revision: &Revision, path: &str, max: u64) -> Result<Option<Vec<u8>>, Trouble> {
    match revision.node(path)? {
        Node::File(id) => revision.blob(&id, max).map(Some),
        _ => Ok(None),
    }
}
