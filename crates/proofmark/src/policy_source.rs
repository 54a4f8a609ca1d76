//! Which policy is in effect: options, a named file, or the nearest one upward.

use std::path::Path;

use proofmark_core::registry::MirrorAt;
use proofmark_core::{Timestamp, Transparency};
use proofmark_image::{Request, key_facts, root_facts};
use proofmark_policy::{
    Code, LoadFailure, LoadOptions, Location, OwnerRule, Policy, PolicyError, SingleEntry, SingleSigner,
    locate, render_failure,
};

use crate::cli::{PolicySource, SingleEntryArgs, TransparencyArg};
use crate::failure::Failure;
use crate::files::read_bounded;

/// Bytes of a key file, and of a trusted root.
const MAX_KEY: u64 = 64 * 1024;
const MAX_ROOT: u64 = 4 * 1024 * 1024;

/// The policies in effect: the user's, and the machine's where there is one. The worse verdict wins.
pub(crate) struct Policies {
    /// The one that was named, found or made of options.
    pub(crate) user: Policy,
    /// `/etc/proofmark`.
    pub(crate) machine: Option<Policy>,
}

/// Loads what `image verify` judges by.
pub(crate) fn load(
    source: &PolicySource,
    single: &SingleEntryArgs,
    requests: &[Request],
    now: Timestamp,
) -> Result<Policies, Failure> {
    let user = match from_options(single, requests, now)? {
        Some(policy) => policy,
        None if source.policy.is_none() => required(source, now).map_err(without_policy)?,
        None => required(source, now)?,
    };
    let machine = match Location::machine() {
        Some(location) => Some(load_at(&location, OwnerRule::Root, now)?),
        None => None,
    };
    Ok(Policies { user, machine })
}

/// The policy that is named, or the nearest one upward.
pub(crate) fn required(source: &PolicySource, now: Timestamp) -> Result<Policy, Failure> {
    if let Some(path) = &source.policy {
        let location = Location::at(path).map_err(|error| not_found(&error))?;
        return load_at(&location, OwnerRule::DirectoryOwner, now);
    }
    let location = locate(Path::new(".")).map_err(|error| not_found(&error))?;
    load_at(&location, caller(), now)
}

/// As [`required`], but none is no error where none was named.
pub(crate) fn optional(source: &PolicySource, now: Timestamp) -> Result<Option<Policy>, Failure> {
    if source.policy.is_none() && locate(Path::new(".")).is_err() {
        return Ok(None);
    }
    required(source, now).map(Some)
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
}

/// Layouts below the working directory are named relative to it: what is shown holds no path of the machine without need.
fn shown_relative(mut policy: Policy) -> Policy {
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
fn with_options(
    owner_rule: OwnerRule,
    display_base: Option<&Path>,
    now: Timestamp,
    load: impl FnOnce(&LoadOptions<'_>) -> Result<Policy, LoadFailure>,
) -> Result<Policy, Failure> {
    let exception_rules = proofmark_engine::exception_rules();
    let options = LoadOptions {
        now,
        owner_rule,
        display_base,
        key_check: &key_facts,
        root_check: &|name, bytes| root_facts(name, bytes, now),
        exception_rules: &exception_rules,
    };
    load(&options).map_err(|failure| broken(&failure))
}

/// Who has no policy yet can verify one image without.
fn without_policy(failure: Failure) -> Failure {
    let help = "write a proofmark.toml (docs/guide.md), name one with --policy, or verify without one: \
                --key cosign.pub, or --identity IDENTITY --issuer URL";
    if failure.code == Code::NotFound.as_str() {
        Failure { help: help.to_owned(), ..failure }
    } else {
        failure
    }
}

fn not_found(error: &PolicyError) -> Failure {
    Failure::usage(error.code.as_str(), error.message.clone(), error.help.clone())
}

/// Every error at once, each with a picture of its line.
fn broken(failure: &LoadFailure) -> Failure {
    Failure::usage(
        "policy-invalid",
        failure.to_string(),
        "mend every line shown, then: proofmark policy lint",
    )
    .with_picture(render_failure(failure))
}

/// `--key` or `--identity`: a policy of one entry over the repositories asked about.
fn from_options(
    single: &SingleEntryArgs,
    requests: &[Request],
    now: Timestamp,
) -> Result<Option<Policy>, Failure> {
    let signer = match (&single.key, &single.identity, &single.issuer) {
        (Some(file), _, _) => SingleSigner::Key {
            file: file.display().to_string(),
            pem: read_text(file, MAX_KEY)?,
            transparency: single.transparency.map_or(Transparency::Required, TransparencyArg::value),
        },
        (None, Some(identity), Some(issuer)) => {
            SingleSigner::Identity { identity: identity.clone(), issuer: issuer.clone() }
        }
        _ if single.trusted_root.is_some() => {
            return Err(Failure::usage(
                "signer-missing",
                "--trusted-root alone says nothing of who must have signed",
                "add --key FILE, or --identity IDENTITY --issuer URL",
            ));
        }
        _ => return Ok(None),
    };
    let trusted_root = match &single.trusted_root {
        Some(file) => Some(read_bounded(file, MAX_ROOT).map_err(|error| unreadable(file, &error))?),
        None => None,
    };
    let repositories = requests.iter().map(|request| request.target.repository().clone()).collect();
    let entry = SingleEntry { signer: Some(signer), trusted_root, repositories };
    with_options(OwnerRule::Any, None, now, |options| Policy::single_entry(&entry, options)).map(Some)
}

fn read_text(file: &Path, max: u64) -> Result<String, Failure> {
    let bytes = read_bounded(file, max).map_err(|error| unreadable(file, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::usage(
            "file-unreadable",
            format!("{} is not text", file.display()),
            "give a public key in PEM: cosign public-key --key KEY",
        )
    })
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(
        "file-unreadable",
        format!("{} cannot be read: {error}", file.display()),
        "check the path and its permissions",
    )
}
