//! Which policy is in effect: options, a named file, or the nearest one upward.

use std::path::Path;

use proofmark_core::Timestamp;
use proofmark_core::registry::MirrorAt;
use proofmark_engine::pins::vendor_facts;
use proofmark_image::{Request, key_facts, root_facts};
use proofmark_policy::{
    Code, LoadFailure, LoadOptions, Location, MACHINE_DIRECTORY, OwnerRule, Policy, PolicyError, locate,
    render_failure,
};
use proofmark_report::ReportError;

use crate::cli::{PolicySource, SingleEntryArgs};
use crate::failure::{Failure, page};
use crate::git::Revision;
use crate::{machine, revision, single};

/// Loads what `image verify` judges by, the user's policy first.
pub(crate) fn load(
    source: &PolicySource,
    single: &SingleEntryArgs,
    requests: &[Request],
    now: Timestamp,
) -> Result<Vec<Policy>, Failure> {
    let user = match single::policy(single, requests, now)? {
        Some(policy) => Ok(policy),
        None if !source.is_named() => required(source, now).map_err(without_policy),
        None => required(source, now),
    };
    machine::beside(user, source.is_named(), of_machine(now)?)
}

/// Every policy in effect: the one that is named or found, and the machine's.
pub(crate) fn all(source: &PolicySource, now: Timestamp) -> Result<Vec<Policy>, Failure> {
    all_from(Path::new("."), source, now)
}

/// As [`all`], with the nearest one upward of `start`.
pub(crate) fn all_from(start: &Path, source: &PolicySource, now: Timestamp) -> Result<Vec<Policy>, Failure> {
    all_under(revision::open(start, source)?.as_ref(), start, source, now)
}

/// As [`all_from`], where the revision of `--policy-from` is open already.
pub(crate) fn all_under(
    revision: Option<&Revision>,
    start: &Path,
    source: &PolicySource,
    now: Timestamp,
) -> Result<Vec<Policy>, Failure> {
    let user = match revision {
        Some(revision) => revision::load(revision, start, source, now),
        None => required_from(start, source, now),
    };
    machine::beside(user, source.is_named(), of_machine(now)?)
}

/// `/etc/proofmark`.
pub(crate) fn of_machine(now: Timestamp) -> Result<Option<Policy>, Failure> {
    let location = machine::location(Path::new(MACHINE_DIRECTORY))?;
    location.map(|location| load_at(&location, OwnerRule::Root, now)).transpose()
}

/// The policy that is named, or the nearest one upward.
pub(crate) fn required(source: &PolicySource, now: Timestamp) -> Result<Policy, Failure> {
    let start = Path::new(".");
    match revision::open(start, source)? {
        Some(revision) => revision::load(&revision, start, source, now),
        None => required_from(start, source, now),
    }
}

/// For commands that write: a revision cannot be written to.
pub(crate) fn on_disk(source: &PolicySource) -> Result<(), Failure> {
    let Some(name) = &source.policy_from else { return Ok(()) };
    Err(Failure::usage(
        "revision-read-only",
        format!(
            "this command works with the policy that is on disk, and not with that of the revision {name}"
        ),
        "leave --policy-from out",
    ))
}

fn required_from(start: &Path, source: &PolicySource, now: Timestamp) -> Result<Policy, Failure> {
    if let Some(path) = &source.policy {
        let location = Location::at(path).map_err(|error| not_found(&error))?;
        return load_at(&location, OwnerRule::DirectoryOwner, now);
    }
    let location = locate(directory_of(start)).map_err(|error| no_policy_yet(not_found(&error)))?;
    load_at(&location, caller(), now)
}

/// Of a file, the directory that holds it.
pub(crate) fn directory_of(start: &Path) -> &Path {
    let parent = || start.parent().filter(|parent| !parent.as_os_str().is_empty());
    if start.is_file() { parent().unwrap_or(Path::new(".")) } else { start }
}

/// As [`required`], but none is no error where none was named.
pub(crate) fn optional(source: &PolicySource, now: Timestamp) -> Result<Option<Policy>, Failure> {
    optional_from(Path::new("."), source, now)
}

/// As [`optional`], with the nearest one upward of `start`.
pub(crate) fn optional_from(
    start: &Path,
    source: &PolicySource,
    now: Timestamp,
) -> Result<Option<Policy>, Failure> {
    if !source.is_named() && locate(directory_of(start)).is_err() {
        return Ok(None);
    }
    match revision::open(start, source)? {
        Some(revision) => revision::load(&revision, start, source, now).map(Some),
        None => required_from(start, source, now).map(Some),
    }
}

/// A policy that was found belongs to the caller or to root.
fn caller() -> OwnerRule {
    #[cfg(unix)]
    return OwnerRule::CallerOrRoot { uid: rustix::process::geteuid().as_raw() };
    #[cfg(not(unix))]
    return OwnerRule::DirectoryOwner;
}

fn load_at(location: &Location, owner_rule: OwnerRule, now: Timestamp) -> Result<Policy, Failure> {
    let base = std::path::absolute(".").ok();
    with_options(owner_rule, base.as_deref(), now, |options| Policy::load(location, options))
        .map(shown_relative)
        .map_err(|failure| broken(&failure))
}

/// Layouts below the working directory are named relative to it: what is shown holds no path of the machine without need.
pub(crate) fn shown_relative(mut policy: Policy) -> Policy {
    let Ok(here) = std::path::absolute(".").and_then(std::fs::canonicalize) else { return policy };
    for mirror in policy.registries.iter_mut().flat_map(|entry| &mut entry.mirrors) {
        if let MirrorAt::Layout(dir) = &mut mirror.at
            && let Ok(relative) = dir.strip_prefix(&here)
            && !relative.as_os_str().is_empty()
        {
            *dir = relative.to_owned();
        }
    }
    policy
}

/// Calls `load` with what loading needs from the verifier.
pub(crate) fn with_options(
    owner_rule: OwnerRule,
    display_base: Option<&Path>,
    now: Timestamp,
    load: impl FnOnce(&LoadOptions<'_>) -> Result<Policy, LoadFailure>,
) -> Result<Policy, LoadFailure> {
    let exception_rules = proofmark_engine::exception_rules();
    let options = LoadOptions {
        now,
        owner_rule,
        display_base,
        ca_check: &|pem| proofmark_net::CaBundle::from_pem(pem).map(drop),
        key_check: &key_facts,
        vendor_check: &|kind, bytes| vendor_facts(kind, bytes, now),
        root_check: &|name, bytes| root_facts(name, bytes, now),
        exception_rules: &exception_rules,
    };
    load(&options)
}

/// Who has no policy yet can verify one image without.
fn without_policy(failure: Failure) -> Failure {
    let help = "write a proofmark.toml: proofmark init, name one with --policy, or verify without one: \
                --key cosign.pub, or --identity IDENTITY --issuer URL";
    if failure.code == Code::NotFound.as_str() {
        Failure { help: help.to_owned(), ..failure }
    } else {
        failure
    }
}

/// None was named and none is there: the first one need not be written by hand.
fn no_policy_yet(failure: Failure) -> Failure {
    if failure.code == Code::NotFound.as_str() {
        Failure { help: "write a first one: proofmark init, or name one with --policy".to_owned(), ..failure }
    } else {
        failure
    }
}

fn not_found(error: &PolicyError) -> Failure {
    Failure::usage(error.code.as_str(), error.message.clone(), error.help.clone())
}

/// Every error at once, each with a picture of its line.
pub(crate) fn broken(failure: &LoadFailure) -> Failure {
    Failure::usage(
        "policy-invalid",
        failure.to_string(),
        "mend every line shown, then: proofmark policy lint",
    )
    .with_picture(render_failure(failure))
    .with_errors(errors(failure))
}

/// The errors of a policy as a report holds them.
pub(crate) fn errors(failure: &LoadFailure) -> Vec<ReportError> {
    let one = |error: &PolicyError| ReportError {
        code: error.code.as_str().to_owned(),
        message: error.message.clone(),
        help: error.help.clone(),
        see: page(error.code.as_str()),
        location: Some(error.origin.clone()),
    };
    let more = (failure.omitted > 0).then(|| ReportError {
        code: "policy-invalid".to_owned(),
        message: format!("{} more errors are left out", failure.omitted),
        help: "mend those that are named, then run it again".to_owned(),
        see: page("policy-invalid"),
        location: None,
    });
    failure.errors.iter().map(one).chain(more).collect()
}
