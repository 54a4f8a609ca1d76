//! `--key` or `--identity` with `--issuer`: options that stand for a policy of one entry.

use std::path::{Path, PathBuf};

use proofmark_core::{Origin, Position, Timestamp, Transparency};
use proofmark_image::Request;
use proofmark_policy::{
    Code, LoadFailure, OwnerRule, Policy, PolicyError, SingleEntry, SingleSigner, render_failure,
};
use proofmark_report::inert;

use crate::cli::{SingleEntryArgs, TransparencyArg};
use crate::failure::Failure;
use crate::files::read_bounded;
use crate::policy_source::{errors, with_options};

/// Bytes of a key file, and of a trusted root.
const MAX_KEY: u64 = 64 * 1024;
const MAX_ROOT: u64 = 4 * 1024 * 1024;

/// `--key` or `--identity`: a policy of one entry over the repositories asked about.
pub(crate) fn policy(
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
    with_options(OwnerRule::Any, None, now, |options| Policy::single_entry(&entry, options))
        .map(Some)
        .map_err(|failure| wrong_options(failure, single))
}

/// The user wrote options and no policy: errors name the option and its file, not a line of the text that was made of them.
fn wrong_options(mut failure: LoadFailure, single: &SingleEntryArgs) -> Failure {
    for error in &mut failure.errors {
        if let Some(option) = option_of(error, single) {
            error.origin = Origin { file: option, ..nowhere() };
        }
        if error.message.contains("private key") {
            let file = single.key.as_deref().map(shown).unwrap_or_default();
            error.help = format!("cosign public-key --key {file} > signer.pub, then --key signer.pub");
        }
    }
    let help = match failure.errors.as_slice() {
        [one] => one.help.clone(),
        _ => "mend every option shown".to_owned(),
    };
    Failure::usage("policy-invalid", "the options that say who must have signed cannot be used", help)
        .with_picture(render_failure(&failure))
        .with_errors(errors(&failure))
}

/// The option that an error is about, with what was given.
fn option_of(error: &PolicyError, single: &SingleEntryArgs) -> Option<String> {
    let file =
        |name: &str, path: &Option<PathBuf>| path.as_ref().map(|path| format!("{name} {}", shown(path)));
    let key = || file("--key", &single.key);
    let root = || file("--trusted-root", &single.trusted_root);
    let line = error.origin.line_text.as_str();
    match error.code {
        Code::UnusableKey => key(),
        Code::UnusableRoot | Code::UnknownRoot => root(),
        Code::Transparency => root().or_else(key),
        _ if line.starts_with("issuer") => Some(format!("--issuer {}", single.issuer.as_deref()?)),
        _ if line.starts_with("identity") || single.identity.is_some() => {
            Some(format!("--identity {}", single.identity.as_deref()?))
        }
        _ => key(),
    }
}

fn shown(path: &Path) -> String {
    inert(&path.display().to_string())
}

const fn nowhere() -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: String::new(), start, end: start, line_text: String::new() }
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
